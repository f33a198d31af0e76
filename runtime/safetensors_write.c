// Writes safetensors files so that a file is either the earlier one or the new
// one, whole, whenever the process or the machine stops:
//
// 1. The header: wider elements first, so that each tensor is aligned to its
//    element; padded until the data begin at a multiple of 64.
// 2. All goes into PATH.tmp. Its writer locks it, so that writers of one path
//    take turns; the lock goes with the process, so that what a killed one left
//    is taken over by the next.
// 3. It is brought to the disk, and read as any reader would read it.
// 4. It is moved to PATH, and the folder is brought to the disk.
#define _GNU_SOURCE
#include "dlc/safetensors.h"
#include "runtime/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Where the data begin.
#define DATA_ALIGNMENT 64

static dlc_status fail(dlc_safetensors_error *error, dlc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static dlc_status fail(dlc_safetensors_error *error, dlc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->offset = -1;
  vsnprintf(error->message, sizeof(error->message), format, arguments);
  va_end(arguments);
  return status;
}

//===----------------------------------------------------------------------===//
// Text that grows
//===----------------------------------------------------------------------===//

typedef struct text_buffer {
  const dlc_allocator *allocator;
  char *bytes;
  size_t size, capacity;
  int failed; // there was no memory
} text_buffer;

static void append(text_buffer *text, const char *bytes, size_t count) {
  if (text->failed)
    return;
  if (count > text->capacity - text->size) {
    size_t capacity = (text->size + count) * 2;
    char *larger = text->allocator->allocate(text->allocator->context, capacity, 16);
    if (!larger) {
      text->failed = 1;
      return;
    }
    if (text->bytes) {
      memcpy(larger, text->bytes, text->size);
      text->allocator->deallocate(text->allocator->context, text->bytes, text->capacity);
    }
    text->bytes = larger;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->size, bytes, count);
  text->size += count;
}

static void append_string(text_buffer *text, const char *string) { append(text, string, strlen(string)); }

static void append_whole(text_buffer *text, int64_t value) {
  char digits[24];
  snprintf(digits, sizeof(digits), "%" PRId64, value);
  append_string(text, digits);
}

// In quotation marks, as JSON wants it.
static void append_quoted(text_buffer *text, const char *string) {
  append_string(text, "\"");
  for (const char *at = string; *at; ++at) {
    unsigned char c = (unsigned char)*at;
    char escaped[8] = {'\\', (char)c, '\0'};
    if (c < 0x20)
      snprintf(escaped, sizeof(escaped), "\\u%04x", c);
    if (c < 0x20 || c == '"' || c == '\\')
      append_string(text, escaped);
    else
      append(text, at, 1);
  }
  append_string(text, "\"");
}

static void release(text_buffer *text) {
  if (text->bytes)
    text->allocator->deallocate(text->allocator->context, text->bytes, text->capacity);
}

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

static dlc_status check_tensor(const dlc_safetensors_tensor *tensor, dlc_safetensors_error *error) {
  if (!tensor->name)
    return fail(error, DLC_ERROR_ARGUMENT, "a tensor has no name");
  int64_t bits = dlc_safetensors_type_bits(tensor->type);
  if (!bits)
    return fail(error, DLC_ERROR_ARGUMENT, "'%.60s' has no type of the format", tensor->name);
  if (tensor->rank < 0 || (tensor->rank && !tensor->shape))
    return fail(error, DLC_ERROR_ARGUMENT, "'%.60s' has no shape", tensor->name);
  for (int32_t d = 0; d < tensor->rank; ++d)
    if (tensor->shape[d] < 0 || __builtin_mul_overflow(bits, tensor->shape[d], &bits))
      return fail(error, DLC_ERROR_ARGUMENT, "'%.60s' has a negative or an enormous extent", tensor->name);
  if (bits % 8 || (uint64_t)bits / 8 != tensor->bytes)
    return fail(error, DLC_ERROR_ARGUMENT, "'%.60s' takes %" PRId64 " bits by its type and shape, but has %zu bytes",
                tensor->name, bits, tensor->bytes);
  if (tensor->bytes && !tensor->data)
    return fail(error, DLC_ERROR_ARGUMENT, "'%.60s' has no data", tensor->name);
  return DLC_OK;
}

static void append_entry(text_buffer *header, const dlc_safetensors_tensor *tensor, int64_t begin, int64_t end) {
  append_quoted(header, tensor->name);
  append_string(header, ":{\"dtype\":\"");
  append_string(header, dlc_safetensors_type_name(tensor->type));
  append_string(header, "\",\"shape\":[");
  for (int32_t d = 0; d < tensor->rank; ++d) {
    append_string(header, d ? "," : "");
    append_whole(header, tensor->shape[d]);
  }
  append_string(header, "],\"data_offsets\":[");
  append_whole(header, begin);
  append_string(header, ",");
  append_whole(header, end);
  append_string(header, "]}");
}

// The tensor behind `index` in the file's order, which begins at count: by
// falling width of the elements, otherwise as given; count at the end.
static size_t next_in_file(const dlc_safetensors_tensor *tensors, size_t count, size_t index) {
  int32_t bits = index < count ? dlc_safetensors_type_bits(tensors[index].type) : 64;
  for (size_t i = index < count ? index + 1 : 0; bits > 0; --bits, i = 0)
    for (; i < count; ++i)
      if (dlc_safetensors_type_bits(tensors[i].type) == bits)
        return i;
  return count;
}

static dlc_status make_header(text_buffer *header, const dlc_safetensors_tensor *tensors, size_t count,
                              const dlc_safetensors_entry *metadata, size_t metadata_count,
                              dlc_safetensors_error *error) {
  append(header, "\0\0\0\0\0\0\0", 8); // its length, below
  append_string(header, "{");
  const char *separator = "";
  for (size_t i = 0; i < metadata_count; ++i) {
    if (!metadata[i].key || !metadata[i].value)
      return fail(error, DLC_ERROR_ARGUMENT, "an entry of the metadata lacks its key or value");
    append_string(header, i ? "," : "\"__metadata__\":{");
    append_quoted(header, metadata[i].key);
    append_string(header, ":");
    append_quoted(header, metadata[i].value);
    separator = "},";
  }
  int64_t end = 0;
  for (size_t i = next_in_file(tensors, count, count); i < count; i = next_in_file(tensors, count, i)) {
    int64_t begin = end;
    if (__builtin_add_overflow(begin, tensors[i].bytes, &end))
      return fail(error, DLC_ERROR_ARGUMENT, "the tensors take 2^63 bytes and more");
    append_string(header, separator);
    append_entry(header, &tensors[i], begin, end);
    separator = ",";
  }
  append_string(header, metadata_count && !count ? "}}" : "}");
  while (!header->failed && header->size % DATA_ALIGNMENT)
    append(header, " ", 1);
  if (header->failed)
    return fail(error, DLC_ERROR_MEMORY, "out of memory");
  for (int i = 0; i < 8; ++i)
    header->bytes[i] = (char)((uint64_t)(header->size - 8) >> (8 * i));
  return DLC_OK;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static dlc_status fail_to_write(dlc_safetensors_error *error) {
  return fail(error, DLC_ERROR_FILE, "cannot write the file: %s", strerror(errno));
}

// Locks an open file; -1 on failure.
static int lock(int descriptor) {
  while (flock(descriptor, LOCK_EX)) {
    // On a file system without locks there may be one writer at a time.
    if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS)
      return 0;
    if (errno != EINTR)
      return -1;
  }
  return 0;
}

// Opens the file beside the path, empty and for this writer alone; -1 on failure.
static int open_beside(const char *path) {
  for (;;) {
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (descriptor < 0)
      return -1;
    struct stat opened, there;
    int failed = lock(descriptor) || fstat(descriptor, &opened);
    // While this writer waited, another may have moved the file to its place.
    int moved = !failed && (lstat(path, &there) || opened.st_ino != there.st_ino || opened.st_dev != there.st_dev);
    if (!failed && !moved && !ftruncate(descriptor, 0))
      return descriptor;
    int number = errno;
    close(descriptor);
    errno = number;
    if (!moved)
      return -1;
  }
}

static int write_all(int descriptor, const void *bytes, size_t count) {
  const char *at = bytes;
  while (count) {
    // Linux writes no more at once.
    ssize_t written = write(descriptor, at, count < 0x40000000 ? count : 0x40000000);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -1;
    at += written;
    count -= (size_t)written;
  }
  return 0;
}

static dlc_status check_written(const char *path, const dlc_allocator *allocator, dlc_safetensors_error *error) {
  dlc_safetensors *file;
  dlc_status status = dlc_safetensors_open(path, allocator, &file, error);
  dlc_safetensors_close(file);
  // What the reader dislikes is what the caller gave: a name twice, text that is not UTF-8.
  return status == DLC_ERROR_WEIGHTS ? DLC_ERROR_ARGUMENT : status;
}

static int sync_folder(const char *path, char *scratch) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) + 1 : 0;
  memcpy(scratch, path, length);
  scratch[length] = '\0';
  int descriptor = open(slash ? scratch : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return -1;
  // EINVAL: this file system does not know how.
  int result = fsync(descriptor) && errno != EINVAL ? -1 : 0;
  close(descriptor);
  return result;
}

static dlc_status write_file(int descriptor, const char *beside, const char *path, const text_buffer *header,
                             const dlc_safetensors_tensor *tensors, size_t count, const dlc_allocator *allocator,
                             dlc_safetensors_error *error) {
  if (write_all(descriptor, header->bytes, header->size))
    return fail_to_write(error);
  for (size_t i = next_in_file(tensors, count, count); i < count; i = next_in_file(tensors, count, i))
    if (write_all(descriptor, tensors[i].data, tensors[i].bytes))
      return fail_to_write(error);
  if (fsync(descriptor))
    return fail_to_write(error);
  dlc_status status = check_written(beside, allocator, error);
  if (!status && rename(beside, path))
    status = fail_to_write(error);
  return status;
}

dlc_status dlc_safetensors_write(const char *path, const dlc_safetensors_tensor *tensors, size_t count,
                                 const dlc_safetensors_entry *metadata, size_t metadata_count,
                                 const dlc_allocator *allocator, dlc_safetensors_error *error) {
  dlc_safetensors_error ignored;
  error = error ? error : &ignored;
  if (!path || (count && !tensors) || (metadata_count && !metadata))
    return fail(error, DLC_ERROR_ARGUMENT, "no path, no tensors or no metadata");
  for (size_t i = 0; i < count; ++i)
    if (check_tensor(&tensors[i], error))
      return DLC_ERROR_ARGUMENT;

  text_buffer header = {0}, beside = {0};
  header.allocator = beside.allocator = allocator ? allocator : &dlc_default_allocator;
  dlc_status status = make_header(&header, tensors, count, metadata, metadata_count, error);
  append_string(&beside, path);
  append(&beside, ".tmp", sizeof(".tmp"));
  if (!status && beside.failed)
    status = fail(error, DLC_ERROR_MEMORY, "out of memory");
  if (!status) {
    int descriptor = open_beside(beside.bytes);
    if (descriptor < 0) {
      status = fail_to_write(error);
    } else {
      status = write_file(descriptor, beside.bytes, path, &header, tensors, count, header.allocator, error);
      if (status)
        unlink(beside.bytes);
      else if (sync_folder(path, beside.bytes))
        status = fail_to_write(error);
      close(descriptor);
    }
  }
  release(&header);
  release(&beside);
  return status;
}
