// A cursor over the subset of JSON that a safetensors header consists of:
// objects, arrays, strings and whole numbers. Nesting is up to the caller, so
// there is no recursion to overflow.
#ifndef DLC_RUNTIME_JSON_H
#define DLC_RUNTIME_JSON_H

#include "dlc/safetensors.h"

#pragma GCC visibility push(hidden)

typedef struct dlc_json {
  const unsigned char *begin; // of the file, for offsets
  const unsigned char *at, *end;
  dlc_safetensors_error *error;
} dlc_json;

// Each function below returns 0 on success and -1 on failure, having set the
// error.

// Reports a fault at `where`.
int dlc_json_fail(dlc_json *json, const unsigned char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Checks that all of the text is UTF-8.
int dlc_json_check_utf8(dlc_json *json);

// Skips white space and takes one character, which must be `wanted`.
int dlc_json_expect(dlc_json *json, char wanted);

// After an element: takes ',' (then *more is 1) or `close` (0).
int dlc_json_next(dlc_json *json, char close, int *more);

// After an opening bracket: takes `close` if it follows at once.
int dlc_json_try_close(dlc_json *json, char close);

// Takes a string and writes it, decoded and NUL-terminated, at *out, which is
// moved behind it. Never writes more bytes than the string takes in the text.
// A NUL within is an error.
int dlc_json_string(dlc_json *json, char **out, const char **string);

// Takes a whole number from 0 to 2^63 - 1.
int dlc_json_whole(dlc_json *json, int64_t *value);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_JSON_H
