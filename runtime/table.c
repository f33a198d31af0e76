// Checks a model's table: first what holds for every batch, then for one.
#include "runtime/table.h"

#include <stdarg.h>
#include <stdio.h>

dlc_status dlc_fail(dlc_message *message, dlc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message->text, sizeof(message->text), format, arguments);
  va_end(arguments);
  return status;
}

//===----------------------------------------------------------------------===//
// For every batch
//===----------------------------------------------------------------------===//

static dlc_status corrupt(dlc_message *message, const char *what, int64_t index) {
  return dlc_fail(message, DLC_ERROR_MODEL, "the model's tables are damaged: %s %lld", what, (long long)index);
}

// An array of `count` records of `length` entries lies within the table.
static int array_fits(const dlc_model *model, enum dlc_header_field count_field, enum dlc_header_field begin_field,
                      int64_t length) {
  int64_t size = dlc_header(model, DLC_HEADER_TABLE_LENGTH);
  int64_t count = dlc_header(model, count_field);
  int64_t begin = dlc_header(model, begin_field);
  if (count == 0)
    return 1;
  return count > 0 && count <= INT32_MAX && begin >= DLC_HEADER_LENGTH && begin <= size &&
         count <= (size - begin) / length;
}

static int string_fits(const dlc_model *model, int64_t offset) {
  return offset >= 0 && offset < dlc_header(model, DLC_HEADER_STRINGS_BYTES);
}

static int is_arena_size(int64_t bytes) { return bytes >= 0 && bytes % DLC_ARENA_ALIGNMENT == 0; }

static dlc_status check_header(const dlc_model *model, dlc_message *message) {
  int64_t length = dlc_header(model, DLC_HEADER_TABLE_LENGTH);
  int64_t strings = dlc_header(model, DLC_HEADER_STRINGS_BYTES);
  if (length < DLC_HEADER_LENGTH)
    return corrupt(message, "table length", length);
  if (strings < 1 || model->strings[strings - 1] != '\0')
    return corrupt(message, "string pool of bytes", strings);
  if (!string_fits(model, dlc_header(model, DLC_HEADER_NAME)) ||
      !string_fits(model, dlc_header(model, DLC_HEADER_WEIGHTS_NAME)))
    return corrupt(message, "string offset in the header, field", DLC_HEADER_NAME);
  for (int field = DLC_HEADER_ARENA_FIXED; field <= DLC_HEADER_SCRATCH; ++field)
    if (!is_arena_size(dlc_header(model, (enum dlc_header_field)field)))
      return corrupt(message, "arena size, header field", field);

  int64_t weights = dlc_header(model, DLC_HEADER_WEIGHTS_BYTES);
  int64_t external = dlc_header(model, DLC_HEADER_WEIGHTS_EXTERNAL);
  if (weights < 0 || external < 0 || external > 1 || (weights > 0 && !external && !model->weights))
    return corrupt(message, "weights of bytes", weights);
  if ((uintptr_t)model->weights % DLC_WEIGHTS_ALIGNMENT != 0)
    return corrupt(message, "weights not aligned to", DLC_WEIGHTS_ALIGNMENT);
  int64_t own = dlc_header(model, DLC_HEADER_OWN_WEIGHTS);
  int64_t own_bytes = dlc_header(model, DLC_HEADER_OWN_WEIGHTS_BYTES);
  if (own < 0 || own % DLC_WEIGHTS_ALIGNMENT != 0 || own_bytes < 0 || own_bytes > weights || own > weights - own_bytes)
    return corrupt(message, "own part of the weights, from byte", own);
  int64_t device = dlc_header(model, DLC_HEADER_DEVICE);
  if (device < DLC_DEVICE_CPU || device > DLC_DEVICE_OPENCL)
    return corrupt(message, "kind of device", device);
  if (device != DLC_DEVICE_CPU && (dlc_header(model, DLC_HEADER_SCRATCH) || dlc_header(model, DLC_HEADER_PARALLEL)))
    return corrupt(message, "threads of the model for device", device);
  if (dlc_header(model, DLC_HEADER_BATCH) < 0)
    return corrupt(message, "batch", dlc_header(model, DLC_HEADER_BATCH));

  static const struct {
    enum dlc_header_field count, begin;
    int64_t length;
  } arrays[] = {
      {DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH},
      {DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH},
      {DLC_HEADER_BUFFER_COUNT, DLC_HEADER_BUFFERS, DLC_BUFFER_LENGTH},
      {DLC_HEADER_DIMENSION_COUNT, DLC_HEADER_DIMENSIONS, DLC_DIMENSION_LENGTH},
      {DLC_HEADER_STEP_COUNT, DLC_HEADER_STEPS, DLC_STEP_LENGTH},
      {DLC_HEADER_VARIABLE_COUNT, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH},
      {DLC_HEADER_SLOT_COUNT, DLC_HEADER_SLOTS, DLC_SLOT_LENGTH},
  };
  for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); ++i)
    if (!array_fits(model, arrays[i].count, arrays[i].begin, arrays[i].length))
      return corrupt(message, "array in header field", arrays[i].count);
  return DLC_OK;
}

static dlc_status check_tensor(const dlc_model *model, const int64_t *tensor, int64_t index, dlc_message *message) {
  int64_t rank = tensor[DLC_TENSOR_RANK];
  int64_t type = tensor[DLC_TENSOR_TYPE];
  if (!string_fits(model, tensor[DLC_TENSOR_NAME]) || type <= DLC_TYPE_INVALID || type > DLC_TYPE_F64 || rank < 0 ||
      rank > DLC_MAX_RANK || tensor[DLC_TENSOR_BYTES_FIXED] < 0 || tensor[DLC_TENSOR_BYTES_PER_BATCH] < 0)
    return corrupt(message, "input or output", index);
  // The bytes that the record states are those of its shape.
  int64_t bytes = (int64_t)dlc_type_bytes((dlc_type)type);
  int batches = 0;
  for (int64_t d = 0; d < rank; ++d) {
    int64_t extent = tensor[DLC_TENSOR_DIMS + d];
    batches += extent == -1;
    if (extent < -1 || batches > 1 || __builtin_mul_overflow(bytes, extent == -1 ? 1 : extent, &bytes))
      return corrupt(message, "shape of input or output", index);
  }
  if (tensor[DLC_TENSOR_BYTES_FIXED] != (batches ? 0 : bytes) ||
      tensor[DLC_TENSOR_BYTES_PER_BATCH] != (batches ? bytes : 0))
    return corrupt(message, "size of input or output", index);
  return DLC_OK;
}

static dlc_status check_buffer(const dlc_model *model, const int64_t *buffer, int64_t index, dlc_message *message) {
  int64_t limit[] = {
      [DLC_SPACE_ARENA] = 1,
      [DLC_SPACE_WEIGHTS] = 1,
      [DLC_SPACE_INPUT] = dlc_header(model, DLC_HEADER_INPUT_COUNT),
      [DLC_SPACE_OUTPUT] = dlc_header(model, DLC_HEADER_OUTPUT_COUNT),
      [DLC_SPACE_STATE] = 1,
  };
  int64_t space = buffer[DLC_BUFFER_SPACE];
  int64_t which = buffer[DLC_BUFFER_INDEX];
  int64_t bits = buffer[DLC_BUFFER_TYPE_BITS];
  int64_t code = buffer[DLC_BUFFER_TYPE_CODE];
  int64_t rank = buffer[DLC_BUFFER_RANK];
  int64_t first = buffer[DLC_BUFFER_DIMENSION];
  int64_t dimensions = dlc_header(model, DLC_HEADER_DIMENSION_COUNT);
  if (space < 0 || space > DLC_SPACE_STATE || which < 0 || which >= limit[space])
    return corrupt(message, "space of buffer", index);
  if (code < 0 || code > 4 || (bits != 1 && bits != 8 && bits != 16 && bits != 32 && bits != 64))
    return corrupt(message, "type of buffer", index);
  if (rank < 0 || rank > INT32_MAX || first < 0 || first > dimensions || rank > dimensions - first)
    return corrupt(message, "dimensions of buffer", index);
  return DLC_OK;
}

// `bytes` from `place` on lie within the first `size` of the state.
static int state_fits(int64_t place, int64_t bytes, int64_t size) {
  return place >= 0 && place % DLC_STATE_ALIGNMENT == 0 && bytes <= size && place <= size - bytes;
}

static dlc_status check_variable(const dlc_model *model, const int64_t *variable, int64_t index, dlc_message *message) {
  int64_t rank = variable[DLC_VARIABLE_RANK];
  int64_t type = variable[DLC_VARIABLE_TYPE];
  int64_t trained = variable[DLC_VARIABLE_TRAINED];
  int64_t ready = variable[DLC_VARIABLE_READY];
  if (!string_fits(model, variable[DLC_VARIABLE_NAME]) || type <= DLC_TYPE_INVALID || type > DLC_TYPE_F64 || rank < 0 ||
      rank > DLC_MAX_RANK || trained < 0 || trained > 1 || ready < -1 ||
      ready >= (trained ? dlc_header(model, DLC_HEADER_STEP_COUNT) : 0))
    return corrupt(message, "variable", index);
  int64_t bytes = (int64_t)dlc_type_bytes((dlc_type)type);
  for (int64_t d = 0; d < rank; ++d)
    if (variable[DLC_VARIABLE_DIMS + d] < 0 || __builtin_mul_overflow(bytes, variable[DLC_VARIABLE_DIMS + d], &bytes))
      return corrupt(message, "shape of variable", index);
  if (!state_fits(variable[DLC_VARIABLE_PLACE], bytes,
                  dlc_header(model, trained ? DLC_HEADER_STATE_TRAINED : DLC_HEADER_STATE_INITIAL)))
    return corrupt(message, "place of variable", index);
  return DLC_OK;
}

// The training state: the trained part is the begin of the initial part, that is
// the begin of the state, and the gradients and slots lie within it.
static dlc_status check_state(const dlc_model *model, dlc_message *message) {
  int64_t bytes = dlc_header(model, DLC_HEADER_STATE_BYTES);
  int64_t initial = dlc_header(model, DLC_HEADER_STATE_INITIAL);
  int64_t trained = dlc_header(model, DLC_HEADER_STATE_TRAINED);
  int64_t forward = dlc_header(model, DLC_HEADER_FORWARD_STEPS);
  if (forward < 0 || forward > dlc_header(model, DLC_HEADER_STEP_COUNT))
    return corrupt(message, "steps of the forward phase:", forward);
  if (!state_fits(bytes, 0, bytes))
    return corrupt(message, "state of bytes", bytes);
  if (!state_fits(initial, 0, bytes))
    return corrupt(message, "initial part of the state:", initial);
  if (!state_fits(trained, 0, initial))
    return corrupt(message, "trained part of the state:", trained);
  if (!state_fits(dlc_header(model, DLC_HEADER_STATE_GRADIENTS), trained, bytes))
    return corrupt(message, "place of the gradients:", dlc_header(model, DLC_HEADER_STATE_GRADIENTS));
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_VARIABLE_COUNT); ++i) {
    dlc_status status =
        check_variable(model, dlc_record(model, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, i), i, message);
    if (status)
      return status;
  }
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_SLOT_COUNT); ++i) {
    const int64_t *slot = dlc_record(model, DLC_HEADER_SLOTS, DLC_SLOT_LENGTH, i);
    if (!string_fits(model, slot[DLC_SLOT_NAME]) || !state_fits(slot[DLC_SLOT_PLACE], trained, bytes))
      return corrupt(message, "slot", i);
  }
  return DLC_OK;
}

dlc_status dlc_table_check_alone(const dlc_model *model, dlc_message *message) {
  if (!model)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the model is null");
  if (!model->table || !model->strings || !model->run || model->table[DLC_HEADER_MAGIC] != DLC_MODEL_MAGIC)
    return dlc_fail(message, DLC_ERROR_MODEL, "this is not a compiled model");
  if (model->table[DLC_HEADER_ABI_VERSION] != DLC_ABI_VERSION)
    return dlc_fail(message, DLC_ERROR_ABI_VERSION,
                    "the model was compiled for version %lld of the runtime's "
                    "binary interface, but this runtime has version %d",
                    (long long)model->table[DLC_HEADER_ABI_VERSION], DLC_ABI_VERSION);
  dlc_status status = check_header(model, message);

  int64_t count = status ? 0 : dlc_header(model, DLC_HEADER_INPUT_COUNT);
  for (int64_t i = 0; i < count && !status; ++i)
    status = check_tensor(model, dlc_record(model, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, i), i, message);
  count = status ? 0 : dlc_header(model, DLC_HEADER_OUTPUT_COUNT);
  for (int64_t i = 0; i < count && !status; ++i)
    status = check_tensor(model, dlc_record(model, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, i), i, message);
  count = status ? 0 : dlc_header(model, DLC_HEADER_BUFFER_COUNT);
  for (int64_t i = 0; i < count && !status; ++i)
    status = check_buffer(model, dlc_record(model, DLC_HEADER_BUFFERS, DLC_BUFFER_LENGTH, i), i, message);
  count = status ? 0 : dlc_header(model, DLC_HEADER_STEP_COUNT);
  for (int64_t i = 0; i < count && !status; ++i) {
    const int64_t *step = dlc_record(model, DLC_HEADER_STEPS, DLC_STEP_LENGTH, i);
    if (!string_fits(model, step[DLC_STEP_NAME]) || !string_fits(model, step[DLC_STEP_KERNEL]))
      status = corrupt(message, "step", i);
  }
  return status ? status : check_state(model, message);
}

dlc_status dlc_table_check_cpu(const dlc_model *model, dlc_message *message) {
  if (dlc_header(model, DLC_HEADER_ARCHITECTURE) != dlc_cpu_architecture())
    return dlc_fail(message, DLC_ERROR_CPU, "the model was compiled for another processor family");
  uint64_t missing = (uint64_t)dlc_header(model, DLC_HEADER_FEATURES) & ~dlc_cpu_features();
  if (!missing)
    return DLC_OK;
  char list[256] = "";
  size_t used = 0;
  for (int32_t i = 0; i < 64; ++i) {
    if (!(missing >> i & 1) || used >= sizeof(list))
      continue;
    const char *name = dlc_feature_name(i);
    used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", name ? name : "(unknown)");
  }
  return dlc_fail(message, DLC_ERROR_CPU,
                  "the model needs processor features that this machine does "
                  "not have: %s",
                  list);
}

//===----------------------------------------------------------------------===//
// For one batch
//===----------------------------------------------------------------------===//

int64_t dlc_extent(int64_t extent, int64_t batch) {
  if (extent >= 0)
    return extent;
  int64_t product;
  return __builtin_mul_overflow(extent, -batch, &product) ? INT64_MAX : product;
}

int64_t dlc_scaled(int64_t fixed, int64_t per_batch, int64_t batch) {
  int64_t product, sum;
  if (__builtin_mul_overflow(per_batch, batch, &product) || __builtin_add_overflow(fixed, product, &sum))
    return -1;
  return sum < 0 ? -1 : sum;
}

dlc_status dlc_table_batch(const dlc_model *model, int64_t *batch, dlc_message *message) {
  int64_t fixed = dlc_header(model, DLC_HEADER_BATCH);
  if (*batch == 0)
    *batch = fixed ? fixed : 1;
  if (*batch < 0)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the batch must be positive, not %lld", (long long)*batch);
  if (fixed && *batch != fixed)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the model was compiled for batch %lld and cannot run %lld",
                    (long long)fixed, (long long)*batch);
  return DLC_OK;
}

dlc_status dlc_table_arena(const dlc_model *model, int64_t batch, int32_t threads, dlc_arena_layout *layout,
                           dlc_message *message) {
  int64_t planned =
      dlc_scaled(dlc_header(model, DLC_HEADER_ARENA_FIXED), dlc_header(model, DLC_HEADER_ARENA_PER_BATCH), batch);
  int64_t caller = dlc_scaled(dlc_header(model, DLC_HEADER_CALLER_SCRATCH_FIXED),
                              dlc_header(model, DLC_HEADER_CALLER_SCRATCH_PER_BATCH), batch);
  int64_t scratch = dlc_header(model, DLC_HEADER_SCRATCH);
  int64_t total;
  if (planned < 0 || caller < 0 || __builtin_mul_overflow(scratch, (int64_t)threads, &total) ||
      __builtin_add_overflow(total, planned, &total) || __builtin_add_overflow(total, caller, &total) ||
      total > PTRDIFF_MAX - DLC_ARENA_ALIGNMENT)
    return dlc_fail(message, DLC_ERROR_TOO_LARGE,
                    "the arena for batch %lld and %d threads cannot be "
                    "addressed",
                    (long long)batch, threads);
  layout->planned = planned;
  layout->caller_scratch = caller;
  layout->scratch = scratch;
  layout->total = total;
  return DLC_OK;
}

static dlc_status too_large(dlc_message *message, const char *what, int64_t index, int64_t batch) {
  return dlc_fail(message, DLC_ERROR_TOO_LARGE, "with batch %lld, %s %lld reaches 2^31 bytes", (long long)batch, what,
                  (long long)index);
}

// The bytes from the element at the minima to the end of the last one; INT64_MAX
// where that or an extent or stride is beyond 32 bits, -1 where one is invalid.
static int64_t buffer_bytes(const dlc_model *model, const int64_t *buffer, int64_t batch) {
  int64_t last = 0;
  int empty = 0;
  for (int64_t d = 0; d < buffer[DLC_BUFFER_RANK]; ++d) {
    const int64_t *dimension =
        dlc_record(model, DLC_HEADER_DIMENSIONS, DLC_DIMENSION_LENGTH, buffer[DLC_BUFFER_DIMENSION] + d);
    int64_t min = dimension[DLC_DIMENSION_MIN];
    int64_t stride = dimension[DLC_DIMENSION_STRIDE];
    int64_t extent = dlc_extent(dimension[DLC_DIMENSION_EXTENT], batch);
    if (stride < 0 || min < INT32_MIN || min > INT32_MAX)
      return -1;
    if (extent > INT32_MAX || stride > INT32_MAX || min + extent > INT32_MAX)
      return INT64_MAX;
    empty |= extent == 0;
    int64_t reach = extent ? (extent - 1) * stride : 0; // below 2^62
    if (__builtin_add_overflow(last, reach, &last) || last > INT32_MAX)
      return INT64_MAX;
  }
  int64_t element = (buffer[DLC_BUFFER_TYPE_BITS] + 7) / 8;
  return empty ? 0 : (last + 1) * element;
}

static int64_t space_bytes(const dlc_model *model, const int64_t *buffer, int64_t batch) {
  const int64_t *tensor;
  switch (buffer[DLC_BUFFER_SPACE]) {
  case DLC_SPACE_ARENA:
    return dlc_scaled(dlc_header(model, DLC_HEADER_ARENA_FIXED), dlc_header(model, DLC_HEADER_ARENA_PER_BATCH), batch);
  case DLC_SPACE_WEIGHTS:
    return dlc_header(model, DLC_HEADER_OWN_WEIGHTS_BYTES);
  case DLC_SPACE_STATE:
    return dlc_header(model, DLC_HEADER_STATE_BYTES);
  case DLC_SPACE_INPUT:
    tensor = dlc_record(model, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, buffer[DLC_BUFFER_INDEX]);
    break;
  default:
    tensor = dlc_record(model, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, buffer[DLC_BUFFER_INDEX]);
  }
  return dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
}

dlc_status dlc_table_check_batch(const dlc_model *model, int64_t batch, dlc_message *message) {
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_BUFFER_COUNT); ++i) {
    const int64_t *buffer = dlc_record(model, DLC_HEADER_BUFFERS, DLC_BUFFER_LENGTH, i);
    int64_t bytes = buffer_bytes(model, buffer, batch);
    if (bytes < 0)
      return corrupt(message, "stride or minimum of buffer", i);
    if (bytes > INT32_MAX)
      return too_large(message, "buffer", i, batch);
    int64_t offset = dlc_scaled(buffer[DLC_BUFFER_OFFSET_FIXED], buffer[DLC_BUFFER_OFFSET_PER_BATCH], batch);
    int64_t space = space_bytes(model, buffer, batch);
    if (offset < 0 || space < 0 || bytes > space || offset > space - bytes)
      return corrupt(message, "place of buffer", i);
  }
  static const struct {
    enum dlc_header_field count, begin;
    const char *what;
  } tensors[] = {{DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS, "input"},
                 {DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS, "output"}};
  for (int kind = 0; kind < 2; ++kind)
    for (int64_t i = 0; i < dlc_header(model, tensors[kind].count); ++i) {
      const int64_t *tensor = dlc_record(model, tensors[kind].begin, DLC_TENSOR_LENGTH, i);
      int64_t bytes = dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
      if (bytes < 0 || bytes > INT32_MAX)
        return too_large(message, tensors[kind].what, i, batch);
    }
  return DLC_OK;
}
