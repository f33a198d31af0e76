// The header of a safetensors file.
//
// 1. The length of the header, checked against the file and a limit.
// 2. The header is checked to be UTF-8 and parsed, entry by entry; each entry's
//    size must be that of its type and shape.
// 3. Offsets are sorted: the tensors must cover the data without gaps.
// 4. Names are sorted to find duplicates (and, later, tensors).
#include "runtime/json.h"
#include "runtime/safetensors_file.h"

#include <string.h>

// The limit of the format's own reader.
#define MAX_HEADER_BYTES 100000000

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

static void *allocate(dlc_safetensors *file, size_t bytes) {
  return file->allocator.allocate(file->allocator.context, bytes, 16);
}

static void deallocate(dlc_safetensors *file, void *pointer, size_t bytes) {
  if (pointer)
    file->allocator.deallocate(file->allocator.context, pointer, bytes);
}

// The failures of memory are told apart from those of the file.
static int out_of_memory(dlc_json *json) { return dlc_json_fail(json, json->at, "out of memory"), -2; }

// A new last item, zeroed, or null.
static void *append(dlc_safetensors *file, dlc_array *array) {
  if (array->count == array->capacity) {
    size_t capacity = array->capacity ? array->capacity * 2 : 16;
    void *items = allocate(file, capacity * array->item_bytes);
    if (!items)
      return NULL;
    if (array->count)
      memcpy(items, array->items, array->count * array->item_bytes);
    deallocate(file, array->items, array->capacity * array->item_bytes);
    array->items = items;
    array->capacity = capacity;
  }
  char *item = (char *)array->items + array->count++ * array->item_bytes;
  return memset(item, 0, array->item_bytes);
}

static const dlc_safetensors_tensor *tensor_at(const dlc_safetensors *file, size_t index) {
  return (const dlc_safetensors_tensor *)file->tensors.items + index;
}

// Negative, zero or positive, as strcmp; names and places break ties so that
// the order does not depend on the sort.
typedef int (*compare_function)(const dlc_safetensors_tensor *a, const dlc_safetensors_tensor *b);

static int by_name(const dlc_safetensors_tensor *a, const dlc_safetensors_tensor *b) {
  int order = strcmp(a->name, b->name);
  return order ? order : (a->header_offset > b->header_offset) - (a->header_offset < b->header_offset);
}

static int by_place(const dlc_safetensors_tensor *a, const dlc_safetensors_tensor *b) {
  if (a->data_offset != b->data_offset)
    return a->data_offset < b->data_offset ? -1 : 1;
  if (a->bytes != b->bytes)
    return a->bytes < b->bytes ? -1 : 1;
  return (a->header_offset > b->header_offset) - (a->header_offset < b->header_offset);
}

// Heapsort: in place, and no order of the input makes it slow.
static void sort(const dlc_safetensors *file, size_t *order, size_t count, compare_function compare) {
  for (size_t begin = count / 2, end = count; end > 1;) {
    size_t item;
    if (begin > 0) {
      item = order[--begin];
    } else {
      item = order[--end];
      order[end] = order[0];
    }
    size_t hole = begin;
    for (size_t child; (child = 2 * hole + 1) < end; hole = child) {
      if (child + 1 < end && compare(tensor_at(file, order[child]), tensor_at(file, order[child + 1])) < 0)
        ++child;
      if (compare(tensor_at(file, item), tensor_at(file, order[child])) >= 0)
        break;
      order[hole] = order[child];
    }
    order[hole] = item;
  }
}

//===----------------------------------------------------------------------===//
// The header. Functions return 0, -1 (the file's fault) or -2 (no memory).
//===----------------------------------------------------------------------===//

static int parse_type(dlc_json *json, char **text, dlc_safetensors_tensor *tensor) {
  const unsigned char *where = json->at;
  const char *name;
  if (dlc_json_string(json, text, &name))
    return -1;
  for (int i = 0; i < DLC_SAFETENSORS_TYPE_COUNT; ++i)
    if (!strcmp(name, dlc_safetensors_type_name((dlc_safetensors_type)i))) {
      tensor->type = (dlc_safetensors_type)i;
      return 0;
    }
  return dlc_json_fail(json, where, "unknown dtype '%.40s'", name);
}

static int parse_shape(dlc_json *json, dlc_safetensors *file, dlc_safetensors_tensor *tensor) {
  if (dlc_json_expect(json, '['))
    return -1;
  if (dlc_json_try_close(json, ']'))
    return 0;
  for (int more = 1; more;) {
    int64_t *extent = append(file, &file->shapes);
    if (!extent)
      return out_of_memory(json);
    if (dlc_json_whole(json, extent) || dlc_json_next(json, ']', &more))
      return -1;
    ++tensor->rank;
  }
  return 0;
}

static int parse_offsets(dlc_json *json, const dlc_safetensors *file, dlc_safetensors_tensor *tensor) {
  int64_t begin, end;
  if (dlc_json_expect(json, '['))
    return -1;
  const unsigned char *where = json->at;
  if (dlc_json_whole(json, &begin) || dlc_json_expect(json, ',') || dlc_json_whole(json, &end) ||
      dlc_json_expect(json, ']'))
    return -1;
  if (begin > end)
    return dlc_json_fail(json, where, "data_offsets end before they begin");
  if ((uint64_t)end > file->data_bytes)
    return dlc_json_fail(json, where,
                         "data_offsets end at %lld, but the file holds %llu "
                         "bytes of data",
                         (long long)end, (unsigned long long)file->data_bytes);
  tensor->data_offset = (size_t)begin; // from the data, for now
  tensor->bytes = (size_t)(end - begin);
  return 0;
}

// The bytes of a type and shape, or -1 where they exceed 2^63.
static int64_t size_of(const dlc_safetensors *file, dlc_safetensors_type type, int32_t rank) {
  const int64_t *shape = (const int64_t *)file->shapes.items + file->shapes.count - rank;
  int64_t size = 1;
  for (int32_t d = 0; d < rank; ++d)
    if (__builtin_mul_overflow(size, shape[d], &size))
      return -1;
  if (__builtin_mul_overflow(size, dlc_safetensors_type_bits(type), &size))
    return -1;
  return size % 8 ? -1 : size / 8;
}

// {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}
static int parse_tensor(dlc_json *json, dlc_safetensors *file, char **text, dlc_safetensors_tensor *tensor) {
  static const char *const keys[] = {"dtype", "shape", "data_offsets"};
  const unsigned char *start = json->at;
  int seen = 0;
  if (dlc_json_expect(json, '{'))
    return -1;
  int more = !dlc_json_try_close(json, '}');
  while (more) {
    const unsigned char *where = json->at;
    char *scratch = *text; // keys need not be kept
    const char *key;
    if (dlc_json_string(json, &scratch, &key))
      return -1;
    int which = 0;
    while (which < 3 && strcmp(key, keys[which]))
      ++which;
    if (which == 3)
      return dlc_json_fail(json, where, "unexpected key '%.40s' in '%.60s'", key, tensor->name);
    if (seen >> which & 1)
      return dlc_json_fail(json, where, "'%s' appears twice in '%.60s'", key, tensor->name);
    seen |= 1 << which;
    if (dlc_json_expect(json, ':'))
      return -1;
    int result = which == 0   ? parse_type(json, &scratch, tensor)
                 : which == 1 ? parse_shape(json, file, tensor)
                              : parse_offsets(json, file, tensor);
    if (result)
      return result;
    if (dlc_json_next(json, '}', &more))
      return -1;
  }
  for (int which = 0; which < 3; ++which)
    if (!(seen >> which & 1))
      return dlc_json_fail(json, start, "'%.60s' lacks '%s'", tensor->name, keys[which]);
  int64_t size = size_of(file, tensor->type, tensor->rank);
  if (size < 0)
    return dlc_json_fail(json, start,
                         "the shape of '%.60s' is no whole number of bytes "
                         "below 2^63",
                         tensor->name);
  if ((uint64_t)size != tensor->bytes)
    return dlc_json_fail(json, start,
                         "'%.60s' takes %lld bytes by its dtype and shape but "
                         "%llu by its data_offsets",
                         tensor->name, (long long)size, (unsigned long long)tensor->bytes);
  return 0;
}

// {"key": "value", ...}
static int parse_metadata(dlc_json *json, dlc_safetensors *file, char **text) {
  if (dlc_json_expect(json, '{'))
    return -1;
  int more = !dlc_json_try_close(json, '}');
  while (more) {
    dlc_metadata *entry = append(file, &file->metadata);
    if (!entry)
      return out_of_memory(json);
    if (dlc_json_string(json, text, &entry->key) || dlc_json_expect(json, ':') ||
        dlc_json_string(json, text, &entry->value) || dlc_json_next(json, '}', &more))
      return -1;
  }
  return 0;
}

static int parse_header(dlc_json *json, dlc_safetensors *file) {
  char *text = file->text;
  int has_metadata = 0;
  if (dlc_json_check_utf8(json))
    return -1;
  if (json->at >= json->end || *json->at != '{')
    return dlc_json_fail(json, json->at, "the header does not begin with '{'");
  ++json->at;
  int more = !dlc_json_try_close(json, '}');
  while (more) {
    const char *name;
    const unsigned char *where = json->at;
    if (dlc_json_string(json, &text, &name))
      return -1;
    while (*where != '"')
      ++where;
    if (dlc_json_expect(json, ':'))
      return -1;
    int result;
    if (!strcmp(name, "__metadata__")) {
      if (has_metadata++)
        return dlc_json_fail(json, where, "'__metadata__' appears twice");
      result = parse_metadata(json, file, &text);
    } else {
      dlc_safetensors_tensor *tensor = append(file, &file->tensors);
      if (!tensor)
        return out_of_memory(json);
      tensor->name = name;
      tensor->header_offset = (size_t)(where - json->begin);
      result = parse_tensor(json, file, &text, tensor);
    }
    if (result)
      return result;
    if (dlc_json_next(json, '}', &more))
      return -1;
  }
  while (json->at < json->end && *json->at == ' ')
    ++json->at;
  if (json->at < json->end)
    return dlc_json_fail(json, json->at, "only spaces may follow the header's object");
  return 0;
}

static int check_names(dlc_json *json, const dlc_safetensors *file, size_t *order, size_t count) {
  sort(file, order, count, by_name);
  for (size_t i = 1; i < count; ++i) {
    const dlc_safetensors_tensor *tensor = tensor_at(file, order[i]);
    if (!strcmp(tensor_at(file, order[i - 1])->name, tensor->name))
      return dlc_json_fail(json, json->begin + tensor->header_offset, "'%.60s' appears twice", tensor->name);
  }
  return 0;
}

// Checks that the tensors cover the data.
static int check_places(dlc_json *json, const dlc_safetensors *file, size_t *order, size_t count) {
  sort(file, order, count, by_place);
  size_t covered = 0;
  for (size_t i = 0; i < count; ++i) {
    const dlc_safetensors_tensor *tensor = tensor_at(file, order[i]);
    const unsigned char *where = json->begin + tensor->header_offset;
    if (tensor->data_offset < covered)
      return dlc_json_fail(json, where, "the data of '%.60s' overlap '%.60s'", tensor->name,
                           tensor_at(file, order[i - 1])->name);
    if (tensor->data_offset > covered)
      return dlc_json_fail(json, where, "no tensor covers the %llu bytes before '%.60s'",
                           (unsigned long long)(tensor->data_offset - covered), tensor->name);
    covered += tensor->bytes;
  }
  if (covered < file->data_bytes)
    return dlc_json_fail(json, file->data + covered, "no tensor covers the last %llu bytes",
                         (unsigned long long)(file->data_bytes - covered));
  return 0;
}

int dlc_safetensors_read(dlc_safetensors *file, const unsigned char *bytes, size_t size, dlc_safetensors_error *error) {
  dlc_json json = {bytes, bytes, bytes + size, error};
  if (size < 8)
    return dlc_json_fail(&json, json.end, "the file ends within its first 8 bytes");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | bytes[i];
  if (length > MAX_HEADER_BYTES)
    return dlc_json_fail(&json, bytes, "a header of %llu bytes is beyond the limit of %d", (unsigned long long)length,
                         MAX_HEADER_BYTES);
  if (length > size - 8)
    return dlc_json_fail(&json, bytes, "a header of %llu bytes does not fit a file of %llu", (unsigned long long)length,
                         (unsigned long long)size);
  json.at = bytes + 8;
  json.end = json.at + length;
  file->data = json.end;
  file->data_bytes = size - 8 - (size_t)length;
  // Strings shrink when decoded.
  file->text_bytes = (size_t)length + 1;
  file->text = allocate(file, file->text_bytes);
  if (!file->text)
    return out_of_memory(&json);
  int result = parse_header(&json, file);
  if (result)
    return result;

  size_t count = file->tensors.count;
  for (size_t i = 0; i < count; ++i) {
    size_t *item = append(file, &file->order);
    if (!item)
      return out_of_memory(&json);
    *item = i;
  }
  if (check_places(&json, file, file->order.items, count) || check_names(&json, file, file->order.items, count))
    return -1;

  const int64_t *shape = file->shapes.items;
  for (size_t i = 0; i < count; ++i) {
    dlc_safetensors_tensor *tensor = (dlc_safetensors_tensor *)file->tensors.items + i;
    tensor->shape = shape;
    if (shape)
      shape += tensor->rank;
    tensor->data = file->data + tensor->data_offset;
    tensor->data_offset += (size_t)(file->data - bytes);
  }
  return 0;
}
