// Safetensors files: opening, and what was found in them.
#define _GNU_SOURCE
#include "runtime/safetensors_file.h"
#include "runtime/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static const struct {
  const char *name;
  int32_t bits;
  dlc_type type;
} types[DLC_SAFETENSORS_TYPE_COUNT] = {
    [DLC_SAFETENSORS_BOOL] = {"BOOL", 8, DLC_TYPE_BOOL},
    [DLC_SAFETENSORS_F4] = {"F4", 4, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_F6_E2M3] = {"F6_E2M3", 6, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_F6_E3M2] = {"F6_E3M2", 6, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_U8] = {"U8", 8, DLC_TYPE_U8},
    [DLC_SAFETENSORS_I8] = {"I8", 8, DLC_TYPE_I8},
    [DLC_SAFETENSORS_F8_E5M2] = {"F8_E5M2", 8, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_F8_E4M3] = {"F8_E4M3", 8, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_F8_E8M0] = {"F8_E8M0", 8, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_I16] = {"I16", 16, DLC_TYPE_I16},
    [DLC_SAFETENSORS_U16] = {"U16", 16, DLC_TYPE_U16},
    [DLC_SAFETENSORS_F16] = {"F16", 16, DLC_TYPE_F16},
    [DLC_SAFETENSORS_BF16] = {"BF16", 16, DLC_TYPE_BF16},
    [DLC_SAFETENSORS_I32] = {"I32", 32, DLC_TYPE_I32},
    [DLC_SAFETENSORS_U32] = {"U32", 32, DLC_TYPE_U32},
    [DLC_SAFETENSORS_F32] = {"F32", 32, DLC_TYPE_F32},
    [DLC_SAFETENSORS_C64] = {"C64", 64, DLC_TYPE_INVALID},
    [DLC_SAFETENSORS_F64] = {"F64", 64, DLC_TYPE_F64},
    [DLC_SAFETENSORS_I64] = {"I64", 64, DLC_TYPE_I64},
    [DLC_SAFETENSORS_U64] = {"U64", 64, DLC_TYPE_U64},
};

static int is_type(dlc_safetensors_type type) { return (unsigned)type < DLC_SAFETENSORS_TYPE_COUNT; }

const char *dlc_safetensors_type_name(dlc_safetensors_type type) { return is_type(type) ? types[type].name : NULL; }

int32_t dlc_safetensors_type_bits(dlc_safetensors_type type) { return is_type(type) ? types[type].bits : 0; }

dlc_type dlc_safetensors_element_type(dlc_safetensors_type type) {
  return is_type(type) ? types[type].type : DLC_TYPE_INVALID;
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static dlc_status unreadable(dlc_safetensors_error *error, const char *what, int number) {
  error->offset = -1;
  snprintf(error->message, sizeof(error->message), "%s%s%s", what, number ? ": " : "", number ? strerror(number) : "");
  return DLC_ERROR_FILE;
}

// Maps a whole regular file; of an empty one, *bytes is null.
static dlc_status map(const char *path, void **bytes, size_t *size, dlc_safetensors_error *error) {
  // A FIFO would block the open for ever without O_NONBLOCK.
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return unreadable(error, "cannot open the file", errno);
  dlc_status status = DLC_OK;
  struct stat info;
  *bytes = NULL;
  *size = 0;
  if (fstat(descriptor, &info)) {
    status = unreadable(error, "cannot read the file", errno);
  } else if (!S_ISREG(info.st_mode)) {
    status = unreadable(error, S_ISDIR(info.st_mode) ? "this is a directory" : "this is not a regular file", 0);
  } else if (info.st_size > 0) {
    *size = (size_t)info.st_size;
    *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (*bytes == MAP_FAILED) {
      status = unreadable(error, "cannot map the file", errno);
      *bytes = NULL;
    }
  }
  close(descriptor);
  return status;
}

static dlc_status parse(const void *bytes, size_t size, void *mapping, const dlc_allocator *allocator,
                        dlc_safetensors **result, dlc_safetensors_error *error) {
  const dlc_allocator *from = allocator ? allocator : &dlc_default_allocator;
  dlc_safetensors *file = from->allocate(from->context, sizeof(*file), _Alignof(dlc_safetensors));
  if (!file) {
    if (mapping)
      munmap(mapping, size);
    error->offset = -1;
    snprintf(error->message, sizeof(error->message), "out of memory");
    return DLC_ERROR_MEMORY;
  }
  memset(file, 0, sizeof(*file));
  file->allocator = *from;
  file->mapping = mapping;
  file->mapping_bytes = mapping ? size : 0;
  file->tensors.item_bytes = sizeof(dlc_safetensors_tensor);
  file->shapes.item_bytes = sizeof(int64_t);
  file->metadata.item_bytes = sizeof(dlc_metadata);
  file->order.item_bytes = sizeof(size_t);
  int status = dlc_safetensors_read(file, bytes, size, error);
  if (status) {
    dlc_safetensors_close(file);
    return status == -1 ? DLC_ERROR_WEIGHTS : DLC_ERROR_MEMORY;
  }
  *result = file;
  return DLC_OK;
}

// Readers may pass a null pointer with no bytes.
static const unsigned char nothing[1];

dlc_status dlc_safetensors_parse(const void *bytes, size_t size, const dlc_allocator *allocator, dlc_safetensors **file,
                                 dlc_safetensors_error *error) {
  dlc_safetensors_error ignored;
  error = error ? error : &ignored;
  if (!file || (!bytes && size)) {
    unreadable(error, "no place for the result, or no bytes", 0);
    return DLC_ERROR_ARGUMENT;
  }
  *file = NULL;
  return parse(bytes ? bytes : nothing, size, NULL, allocator, file, error);
}

dlc_status dlc_safetensors_open(const char *path, const dlc_allocator *allocator, dlc_safetensors **file,
                                dlc_safetensors_error *error) {
  dlc_safetensors_error ignored;
  error = error ? error : &ignored;
  if (!file || !path) {
    unreadable(error, "no place for the result, or no path", 0);
    return DLC_ERROR_ARGUMENT;
  }
  *file = NULL;
  void *bytes;
  size_t size;
  dlc_status status = map(path, &bytes, &size, error);
  if (status)
    return status;
  return parse(bytes ? bytes : nothing, size, bytes, allocator, file, error);
}

static void free_array(dlc_safetensors *file, dlc_array *array) {
  if (array->items)
    file->allocator.deallocate(file->allocator.context, array->items, array->capacity * array->item_bytes);
}

void dlc_safetensors_close(dlc_safetensors *file) {
  if (!file)
    return;
  free_array(file, &file->tensors);
  free_array(file, &file->shapes);
  free_array(file, &file->metadata);
  free_array(file, &file->order);
  if (file->text)
    file->allocator.deallocate(file->allocator.context, file->text, file->text_bytes);
  if (file->mapping)
    munmap(file->mapping, file->mapping_bytes);
  dlc_allocator allocator = file->allocator;
  allocator.deallocate(allocator.context, file, sizeof(*file));
}

//===----------------------------------------------------------------------===//
// What was found
//===----------------------------------------------------------------------===//

size_t dlc_safetensors_count(const dlc_safetensors *file) { return file->tensors.count; }

const dlc_safetensors_tensor *dlc_safetensors_at(const dlc_safetensors *file, size_t index) {
  if (index >= file->tensors.count)
    return NULL;
  return (const dlc_safetensors_tensor *)file->tensors.items + index;
}

const dlc_safetensors_tensor *dlc_safetensors_find(const dlc_safetensors *file, const char *name) {
  const size_t *order = file->order.items;
  size_t low = 0, high = file->order.count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const dlc_safetensors_tensor *tensor = dlc_safetensors_at(file, order[middle]);
    int compared = strcmp(name, tensor->name);
    if (!compared)
      return tensor;
    if (compared < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

size_t dlc_safetensors_metadata_count(const dlc_safetensors *file) { return file->metadata.count; }

void dlc_safetensors_metadata_at(const dlc_safetensors *file, size_t index, const char **key, const char **value) {
  const dlc_metadata *entries = file->metadata.items;
  *key = index < file->metadata.count ? entries[index].key : NULL;
  *value = index < file->metadata.count ? entries[index].value : NULL;
}

const void *dlc_safetensors_data(const dlc_safetensors *file, size_t *bytes) {
  *bytes = file->data_bytes;
  return file->data;
}
