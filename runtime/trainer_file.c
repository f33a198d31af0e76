// A trainer's variables, optimiser state and counters in a safetensors file.
#include "dlc/safetensors.h"
#include "runtime/trainer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_UPDATES "dlc.updates"
#define KEY_SEED "dlc.seed"
#define KEY_HYPER "dlc.hyper."

// Digits of a number, and NUL.
#define NUMBER_BYTES 24

// A tensor of the file: a variable (slot -1), or what the optimiser keeps for it.
typedef struct entry {
  int32_t variable, slot;
} entry;

// Goes to the next tensor, from {-1, -1} on; 0 at the end.
static int next_entry(const dlc_trainer *trainer, entry *at) {
  for (;;) {
    if (++at->variable >= dlc_trainer_variable_count(trainer)) {
      at->variable = 0;
      if (++at->slot >= dlc_trainer_slot_count(trainer) || dlc_trainer_variable_count(trainer) == 0)
        return 0;
    }
    dlc_variable_info info;
    if (at->slot < 0 || (!dlc_trainer_describe(trainer, at->variable, &info) && info.trained))
      return 1;
  }
}

static void *entry_data(const dlc_trainer *trainer, entry at, const dlc_variable_info *info) {
  return at.slot < 0 ? info->values : dlc_trainer_slot_place(trainer, at.slot, at.variable);
}

// The name in the file: its length without NUL, having written as much of it as
// there is room for.
static size_t entry_name(const dlc_trainer *trainer, entry at, const char *variable, char *text, size_t room) {
  int length = at.slot < 0 ? snprintf(text, room, "%s", variable)
                           : snprintf(text, room, "slot:%s:%s", dlc_trainer_slot_name(trainer, at.slot), variable);
  return length < 0 ? 0 : (size_t)length;
}

static dlc_status file_error(dlc_trainer *trainer, const char *path, dlc_status status,
                             const dlc_safetensors_error *error) {
  if (error->offset >= 0)
    return dlc_trainer_fail(trainer, status, "file '%.200s', byte %" PRId64 ": %s", path, error->offset,
                            error->message);
  return dlc_trainer_fail(trainer, status, "file '%.200s': %s", path, error->message);
}

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

// What is handed to the writer, and the block that it lies in.
typedef struct contents {
  char *block;
  size_t bytes;
  dlc_safetensors_tensor *tensors;
  dlc_safetensors_entry *metadata;
  char *text;
  size_t tensor_count, metadata_count, text_bytes;
} contents;

static dlc_safetensors_type file_type(dlc_type type) {
  int32_t i = 0;
  while (i < DLC_SAFETENSORS_TYPE_COUNT && dlc_safetensors_element_type((dlc_safetensors_type)i) != type)
    ++i;
  return (dlc_safetensors_type)i;
}

// Measures everything and allocates the block.
static dlc_status allocate_contents(dlc_trainer *trainer, contents *all) {
  for (entry at = {-1, -1}; next_entry(trainer, &at); ++all->tensor_count) {
    dlc_variable_info info;
    dlc_trainer_describe(trainer, at.variable, &info);
    all->text_bytes += entry_name(trainer, at, info.name, NULL, 0) + 1;
  }
  int32_t hypers = dlc_trainer_hyperparameter_count(trainer);
  all->metadata_count = (size_t)hypers + 2;
  for (int32_t i = 0; i < hypers; ++i)
    all->text_bytes += sizeof(KEY_HYPER) + strlen(dlc_trainer_hyperparameter_name(trainer, i));
  all->text_bytes += all->metadata_count * NUMBER_BYTES;

  size_t at_tensors = dlc_reserve(&all->bytes, sizeof(dlc_safetensors_tensor), (int64_t)all->tensor_count);
  size_t at_metadata = dlc_reserve(&all->bytes, sizeof(dlc_safetensors_entry), (int64_t)all->metadata_count);
  size_t at_text = dlc_reserve(&all->bytes, 1, (int64_t)all->text_bytes);
  all->block = trainer->allocator.allocate(trainer->allocator.context, all->bytes, 64);
  if (!all->block)
    return dlc_trainer_fail(trainer, DLC_ERROR_MEMORY, "no memory to save %zu tensors", all->tensor_count);
  all->tensors = (dlc_safetensors_tensor *)(void *)(all->block + at_tensors);
  all->metadata = (dlc_safetensors_entry *)(void *)(all->block + at_metadata);
  all->text = all->block + at_text;
  return DLC_OK;
}

// Takes room of the text.
static char *take_text(contents *all, size_t bytes) {
  char *begin = all->text;
  all->text += bytes;
  all->text_bytes -= bytes;
  return begin;
}

static void fill_tensors(const dlc_trainer *trainer, contents *all) {
  dlc_safetensors_tensor *tensor = all->tensors;
  for (entry at = {-1, -1}; next_entry(trainer, &at); ++tensor) {
    dlc_variable_info info;
    dlc_trainer_describe(trainer, at.variable, &info);
    size_t length = entry_name(trainer, at, info.name, all->text, all->text_bytes);
    memset(tensor, 0, sizeof(*tensor));
    tensor->name = take_text(all, length + 1);
    tensor->type = file_type(info.type);
    tensor->rank = info.rank;
    tensor->shape = dlc_record(trainer->models[DLC_PART_STEP], DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, at.variable) +
                    DLC_VARIABLE_DIMS;
    tensor->data = entry_data(trainer, at, &info);
    tensor->bytes = info.bytes;
  }
}

static void fill_metadata(const dlc_trainer *trainer, contents *all) {
  dlc_safetensors_entry *entries = all->metadata;
  char *text = take_text(all, NUMBER_BYTES);
  snprintf(text, NUMBER_BYTES, "%" PRIu64, (uint64_t)trainer->updates);
  entries[0] = (dlc_safetensors_entry){KEY_UPDATES, text};
  text = take_text(all, NUMBER_BYTES);
  snprintf(text, NUMBER_BYTES, "%" PRIu64, trainer->seed);
  entries[1] = (dlc_safetensors_entry){KEY_SEED, text};
  for (int32_t i = 0; i < dlc_trainer_hyperparameter_count(trainer); ++i) {
    const char *name = dlc_trainer_hyperparameter_name(trainer, i);
    double value = 0;
    uint64_t bits;
    dlc_trainer_get(trainer, name, &value);
    memcpy(&bits, &value, sizeof(bits));
    size_t key_bytes = sizeof(KEY_HYPER) + strlen(name);
    char *key = take_text(all, key_bytes);
    snprintf(key, key_bytes, KEY_HYPER "%s", name);
    text = take_text(all, NUMBER_BYTES);
    snprintf(text, NUMBER_BYTES, "%" PRIu64, bits);
    entries[2 + i] = (dlc_safetensors_entry){key, text};
  }
}

static dlc_status save(dlc_trainer *trainer, const char *path) {
  if (!path)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "there is no path to save to");
  contents all = {0};
  dlc_status status = dlc_trainer_pull(trainer);
  if (!status)
    status = allocate_contents(trainer, &all);
  if (status)
    return status;
  fill_tensors(trainer, &all);
  fill_metadata(trainer, &all);
  dlc_safetensors_error error;
  status = dlc_safetensors_write(path, all.tensors, all.tensor_count, all.metadata, all.metadata_count,
                                 &trainer->allocator, &error);
  if (status)
    file_error(trainer, path, status, &error);
  trainer->allocator.deallocate(trainer->allocator.context, all.block, all.bytes);
  return status;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

// A tensor's type and shape in words.
static void describe(char *text, size_t room, const char *type, int32_t rank, const int64_t *shape) {
  int used = snprintf(text, room, "%s [", type);
  for (int32_t d = 0; d < rank && used > 0 && (size_t)used < room; ++d)
    used += snprintf(text + used, room - (size_t)used, "%s%" PRId64, d ? ", " : "", shape[d]);
  if (used > 0 && (size_t)used < room)
    snprintf(text + used, room - (size_t)used, "]");
}

// The number in an entry of the metadata, which is decimal; 0 where it is none.
static int read_number(const char *text, uint64_t *number) {
  *number = 0;
  if (!text || !*text)
    return 0;
  for (; *text; ++text)
    if (*text < '0' || *text > '9' || __builtin_mul_overflow(*number, 10u, number) ||
        __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
      return 0;
  return 1;
}

// The value of `prefix` followed by `name` in the metadata, or null.
static const char *find_metadata(const dlc_safetensors *file, const char *prefix, const char *name) {
  size_t length = strlen(prefix);
  for (size_t i = 0; i < dlc_safetensors_metadata_count(file); ++i) {
    const char *key, *value;
    dlc_safetensors_metadata_at(file, i, &key, &value);
    if (!strncmp(key, prefix, length) && !strcmp(key + length, name))
      return value;
  }
  return NULL;
}

// A file in the course of being loaded.
typedef struct source {
  const dlc_safetensors *file;
  const char *path;
  int is_checkpoint;
  char *name; // room for the longest name in the file
  size_t name_bytes;
  uint64_t updates, seed;
} source;

// The tensor of the file for a variable or slot, or null where the file has none.
static const dlc_safetensors_tensor *find_entry(const dlc_trainer *trainer, const source *from, entry at,
                                                const dlc_variable_info *info) {
  if (at.slot < 0)
    return dlc_safetensors_find(from->file, info->name);
  size_t length = entry_name(trainer, at, info->name, from->name, from->name_bytes);
  return length < from->name_bytes ? dlc_safetensors_find(from->file, from->name) : NULL;
}

// That the file has this tensor with the right type and shape.
static dlc_status check_entry(dlc_trainer *trainer, const source *from, entry at) {
  dlc_variable_info info;
  dlc_trainer_describe(trainer, at.variable, &info);
  const dlc_safetensors_tensor *tensor = find_entry(trainer, from, at, &info);
  char name[160], expected[128], found[128];
  entry_name(trainer, at, info.name, name, sizeof(name));
  if (!tensor)
    return dlc_trainer_fail(trainer, DLC_ERROR_WEIGHTS, "file '%.200s' has no tensor '%s'", from->path, name);
  int fits = dlc_safetensors_element_type(tensor->type) == info.type && tensor->rank == info.rank &&
             tensor->bytes == info.bytes;
  for (int32_t d = 0; d < info.rank && fits; ++d)
    fits = tensor->shape[d] == info.shape[d];
  if (fits)
    return DLC_OK;
  dlc_type type = dlc_safetensors_element_type(tensor->type);
  describe(found, sizeof(found), type ? dlc_type_name(type) : dlc_safetensors_type_name(tensor->type), tensor->rank,
           tensor->shape);
  describe(expected, sizeof(expected), dlc_type_name(info.type), info.rank, info.shape);
  return dlc_trainer_fail(trainer, DLC_ERROR_WEIGHTS, "file '%.100s': '%.80s' is %s, but the network has %s",
                          from->path, name, found, expected);
}

// In a checkpoint: all that a saved file has, and no more.
static dlc_status check_checkpoint(dlc_trainer *trainer, source *from) {
  size_t count = 0;
  for (entry at = {-1, -1}; next_entry(trainer, &at);)
    ++count;
  if (dlc_safetensors_count(from->file) != count)
    return dlc_trainer_fail(trainer, DLC_ERROR_WEIGHTS,
                            "file '%.200s' is of another network or optimizer: it has %zu tensors instead of %zu",
                            from->path, dlc_safetensors_count(from->file), count);
  int numbers = read_number(find_metadata(from->file, KEY_UPDATES, ""), &from->updates) && from->updates < INT64_MAX &&
                read_number(find_metadata(from->file, KEY_SEED, ""), &from->seed);
  if (!numbers)
    return dlc_trainer_fail(trainer, DLC_ERROR_WEIGHTS, "file '%.200s': '" KEY_UPDATES "' or '" KEY_SEED "' is bad",
                            from->path);
  for (int32_t i = 0; i < dlc_trainer_hyperparameter_count(trainer); ++i) {
    const char *name = dlc_trainer_hyperparameter_name(trainer, i);
    uint64_t bits;
    double value;
    int good = read_number(find_metadata(from->file, KEY_HYPER, name), &bits);
    memcpy(&value, &bits, sizeof(value));
    if (!good || value != value)
      return dlc_trainer_fail(trainer, DLC_ERROR_WEIGHTS, "file '%.200s': '" KEY_HYPER "%.80s' is missing or bad",
                              from->path, name);
  }
  return DLC_OK;
}

static dlc_status check_file(dlc_trainer *trainer, source *from) {
  for (entry at = {-1, -1}; next_entry(trainer, &at) && (at.slot < 0 || from->is_checkpoint);) {
    dlc_status status = check_entry(trainer, from, at);
    if (status)
      return status;
  }
  return from->is_checkpoint ? check_checkpoint(trainer, from) : DLC_OK;
}

// Everything was found to fit.
static void take_file(dlc_trainer *trainer, const source *from) {
  for (entry at = {-1, -1}; next_entry(trainer, &at);) {
    dlc_variable_info info;
    dlc_trainer_describe(trainer, at.variable, &info);
    void *data = entry_data(trainer, at, &info);
    if (at.slot < 0 || from->is_checkpoint)
      memcpy(data, find_entry(trainer, from, at, &info)->data, info.bytes);
    else
      memset(data, 0, info.bytes);
  }
  for (int32_t i = 0; from->is_checkpoint && i < dlc_trainer_hyperparameter_count(trainer); ++i) {
    const char *name = dlc_trainer_hyperparameter_name(trainer, i);
    uint64_t bits;
    double value;
    read_number(find_metadata(from->file, KEY_HYPER, name), &bits);
    memcpy(&value, &bits, sizeof(value));
    dlc_trainer_set(trainer, name, value);
  }
  if (from->is_checkpoint)
    trainer->seed = from->seed;
  trainer->updates = from->is_checkpoint ? (int64_t)from->updates : 0;
  trainer->passes = 0;
  trainer->forward_n = 0;
  trainer->has_gradients = trainer->has_accumulated = 0;
  trainer->is_mirror_new = trainer->device != NULL;
}

static dlc_status load(dlc_trainer *trainer, const char *path) {
  if (!path)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "there is no path to load from");
  dlc_safetensors *file;
  dlc_safetensors_error error;
  dlc_status status = dlc_safetensors_open(path, &trainer->allocator, &file, &error);
  if (status)
    return file_error(trainer, path, status, &error);
  source from = {file, path, find_metadata(file, KEY_UPDATES, "") != NULL, NULL, 1, 0, 0};
  for (size_t i = 0; i < dlc_safetensors_count(file); ++i) {
    size_t bytes = strlen(dlc_safetensors_at(file, i)->name) + 1;
    from.name_bytes = bytes > from.name_bytes ? bytes : from.name_bytes;
  }
  const dlc_allocator *allocator = &trainer->allocator;
  from.name = allocator->allocate(allocator->context, from.name_bytes, 16);
  status = from.name ? check_file(trainer, &from)
                     : dlc_trainer_fail(trainer, DLC_ERROR_MEMORY, "no memory to load '%.200s'", path);
  if (!status)
    status = dlc_trainer_pull(trainer);
  if (!status)
    take_file(trainer, &from);
  if (from.name)
    allocator->deallocate(allocator->context, from.name, from.name_bytes);
  dlc_safetensors_close(file);
  return status;
}

dlc_status dlc_trainer_save(dlc_trainer *trainer, const char *path) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, save(trainer, path));
}

dlc_status dlc_trainer_load(dlc_trainer *trainer, const char *path) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, load(trainer, path));
}
