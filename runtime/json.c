// The cursor of json.h.
#include "runtime/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int dlc_json_fail(dlc_json *json, const unsigned char *where, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  json->error->offset = where - json->begin;
  vsnprintf(json->error->message, sizeof(json->error->message), format, arguments);
  va_end(arguments);
  return -1;
}

// The length of the valid UTF-8 sequence at `at`, or 0: no overlong forms, no
// surrogates, nothing above U+10FFFF.
static int utf8_length(const unsigned char *at, const unsigned char *end) {
  unsigned char first = at[0];
  if (first < 0x80)
    return 1;
  int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || end - at < length)
    return 0;
  for (int i = 1; i < length; ++i)
    if ((at[i] & 0xc0) != 0x80)
      return 0;
  if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) || (first == 0xf0 && at[1] < 0x90) ||
      (first == 0xf4 && at[1] > 0x8f))
    return 0;
  return length;
}

int dlc_json_check_utf8(dlc_json *json) {
  for (const unsigned char *at = json->at; at < json->end;) {
    int length = utf8_length(at, json->end);
    if (!length)
      return dlc_json_fail(json, at, "the header is not UTF-8 (byte 0x%02x)", *at);
    at += length;
  }
  return 0;
}

static void skip_space(dlc_json *json) {
  while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\r' || *json->at == '\n'))
    ++json->at;
}

// "expected X but found Y" at the cursor.
static int expected(dlc_json *json, const char *what) {
  if (json->at >= json->end)
    return dlc_json_fail(json, json->end, "expected %s, but the header ends here", what);
  unsigned char found = *json->at;
  if (found > ' ' && found < 0x7f)
    return dlc_json_fail(json, json->at, "expected %s, but found '%c'", what, found);
  return dlc_json_fail(json, json->at, "expected %s, but found byte 0x%02x", what, found);
}

int dlc_json_expect(dlc_json *json, char wanted) {
  skip_space(json);
  if (json->at < json->end && *json->at == (unsigned char)wanted) {
    ++json->at;
    return 0;
  }
  char what[] = {'\'', wanted, '\'', '\0'};
  return expected(json, what);
}

int dlc_json_next(dlc_json *json, char close, int *more) {
  skip_space(json);
  if (json->at < json->end && (*json->at == ',' || *json->at == (unsigned char)close)) {
    *more = *json->at++ == ',';
    return 0;
  }
  return expected(json, close == '}' ? "',' or '}'" : "',' or ']'");
}

int dlc_json_try_close(dlc_json *json, char close) {
  skip_space(json);
  if (json->at < json->end && *json->at == (unsigned char)close) {
    ++json->at;
    return 1;
  }
  return 0;
}

// Four hexadecimal digits at the cursor, or -1.
static long hex4(dlc_json *json) {
  if (json->end - json->at < 4)
    return -1;
  long value = 0;
  for (int i = 0; i < 4; ++i) {
    unsigned char c = *json->at++;
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return -1;
    value = value * 16 + digit;
  }
  return value;
}

static char *put_utf8(char *out, long code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xc0 | code >> 6);
    *out++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out++ = (char)(0xe0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    *out++ = (char)(0x80 | (code & 0x3f));
  } else {
    *out++ = (char)(0xf0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 0x3f));
    *out++ = (char)(0x80 | (code >> 6 & 0x3f));
    *out++ = (char)(0x80 | (code & 0x3f));
  }
  return out;
}

// The escape sequence behind the backslash at `start`.
static int escape(dlc_json *json, const unsigned char *start, char **out) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  unsigned char kind = json->at < json->end ? *json->at++ : 0;
  const char *simple = kind ? strchr(from, kind) : NULL;
  if (simple) {
    *(*out)++ = to[simple - from];
    return 0;
  }
  if (kind != 'u')
    return dlc_json_fail(json, start, "unknown escape sequence in a string");
  long code = hex4(json);
  if (code >= 0xd800 && code < 0xdc00 && json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u') {
    json->at += 2;
    long low = hex4(json);
    code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00) : -1;
  }
  if (code < 0 || (code >= 0xd800 && code < 0xe000))
    return dlc_json_fail(json, start, "malformed \\u escape in a string");
  if (code == 0)
    return dlc_json_fail(json, start, "a string contains a NUL character");
  *out = put_utf8(*out, code);
  return 0;
}

int dlc_json_string(dlc_json *json, char **out, const char **string) {
  skip_space(json);
  if (json->at >= json->end || *json->at != '"')
    return expected(json, "a string");
  const unsigned char *start = json->at++;
  *string = *out;
  for (;;) {
    if (json->at >= json->end)
      return dlc_json_fail(json, start, "this string does not end");
    const unsigned char *where = json->at;
    unsigned char c = *json->at++;
    if (c == '"')
      break;
    if (c < 0x20)
      return dlc_json_fail(json, where, "a string contains the control character 0x%02x", c);
    if (c != '\\')
      *(*out)++ = (char)c;
    else if (escape(json, where, out))
      return -1;
  }
  *(*out)++ = '\0';
  return 0;
}

int dlc_json_whole(dlc_json *json, int64_t *value) {
  skip_space(json);
  const unsigned char *start = json->at;
  *value = 0;
  while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
    int digit = *json->at++ - '0';
    if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, digit, value))
      return dlc_json_fail(json, start, "this number exceeds 2^63 - 1");
  }
  if (json->at == start)
    return expected(json, "a whole number that is not negative");
  if (*start == '0' && json->at - start > 1)
    return dlc_json_fail(json, start, "this number begins with a zero");
  if (json->at < json->end && (*json->at == '.' || *json->at == 'e' || *json->at == 'E'))
    return dlc_json_fail(json, start, "this number is not whole");
  return 0;
}
