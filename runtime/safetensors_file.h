// An opened safetensors file, shared by the reader of the header and the
// functions that hand out what it found.
#ifndef DLC_RUNTIME_SAFETENSORS_FILE_H
#define DLC_RUNTIME_SAFETENSORS_FILE_H

#include "dlc/safetensors.h"

#pragma GCC visibility push(hidden)

// An array that grows; memory comes from the file's allocator.
typedef struct dlc_array {
  void *items;
  size_t count, capacity, item_bytes;
} dlc_array;

typedef struct dlc_metadata {
  const char *key, *value;
} dlc_metadata;

struct dlc_safetensors {
  dlc_allocator allocator;
  void *mapping; // null where the bytes are the caller's
  size_t mapping_bytes;
  const unsigned char *data;
  size_t data_bytes;
  char *text; // all strings
  size_t text_bytes;
  dlc_array tensors;  // of dlc_safetensors_tensor
  dlc_array shapes;   // of int64_t
  dlc_array metadata; // of dlc_metadata
  dlc_array order;    // of size_t: tensors by name
};

// Fills an empty file from its bytes. Returns 0, or having set the error -1
// (the file's fault) or -2 (no memory).
int dlc_safetensors_read(dlc_safetensors *file, const unsigned char *bytes, size_t size, dlc_safetensors_error *error);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_SAFETENSORS_FILE_H
