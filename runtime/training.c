// What one can ask of a training without a trainer, and the checks of what its
// three models say together.
#include "runtime/trainer.h"

#include <string.h>

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static int32_t find_tensor(const dlc_model *model, enum dlc_header_field count, enum dlc_header_field begin,
                           const char *name, size_t length) {
  for (int32_t i = 0; i < dlc_header(model, count); ++i) {
    const char *other = dlc_record_name(model, begin, DLC_TENSOR_LENGTH, i);
    if (strlen(other) == length && !memcmp(other, name, length))
      return i;
  }
  return -1;
}

int32_t dlc_find_input(const dlc_model *model, const char *name) {
  return find_tensor(model, DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS, name, strlen(name));
}

// Whether a name is that of the gradient of one of these tensors.
static int is_gradient(const dlc_model *model, enum dlc_header_field count, enum dlc_header_field begin,
                       const char *name) {
  static const char suffix[] = ".grad";
  size_t length = strlen(name), tail = sizeof(suffix) - 1;
  return length > tail && !strcmp(name + length - tail, suffix) &&
         find_tensor(model, count, begin, name, length - tail) >= 0;
}

dlc_step_layout dlc_step_layout_of(const dlc_model *step) {
  dlc_step_layout layout;
  layout.random_key = dlc_find_input(step, "random_key");
  layout.inputs = (int32_t)dlc_header(step, DLC_HEADER_INPUT_COUNT) - (layout.random_key >= 0);
  layout.outputs = (int32_t)dlc_header(step, DLC_HEADER_OUTPUT_COUNT);
  for (layout.forward_inputs = layout.inputs; layout.forward_inputs > 0; --layout.forward_inputs) {
    int32_t last = dlc_step_input(&layout, layout.forward_inputs - 1);
    if (!is_gradient(step, DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS,
                     dlc_record_name(step, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, last)))
      break;
  }
  for (layout.forward_outputs = layout.outputs; layout.forward_outputs > 0; --layout.forward_outputs)
    if (!is_gradient(step, DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS,
                     dlc_record_name(step, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, layout.forward_outputs - 1)))
      break;
  return layout;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static dlc_status damaged(dlc_message *message, const char *what) {
  return dlc_fail(message, DLC_ERROR_MODEL, "the training's tables are damaged: %s", what);
}

// The type of all trained variables, DLC_TYPE_INVALID where there is none; the
// optimiser takes them as one vector.
static dlc_status trained_type(const dlc_model *step, dlc_type *type, dlc_message *message) {
  *type = DLC_TYPE_INVALID;
  for (int64_t i = 0; i < dlc_header(step, DLC_HEADER_VARIABLE_COUNT); ++i) {
    const int64_t *variable = dlc_record(step, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, i);
    if (!variable[DLC_VARIABLE_TRAINED])
      continue;
    dlc_type other = (dlc_type)variable[DLC_VARIABLE_TYPE];
    if ((other != DLC_TYPE_F32 && other != DLC_TYPE_F64) || (*type != DLC_TYPE_INVALID && other != *type))
      return damaged(message, "trained variables are all f32 or all f64");
    *type = other;
  }
  return DLC_OK;
}

static dlc_status check_step(const dlc_model *step, dlc_message *message) {
  int64_t first = dlc_header(step, DLC_HEADER_STATE_WEIGHTS);
  int64_t weights = dlc_header(step, DLC_HEADER_WEIGHTS_BYTES);
  int64_t initial = dlc_header(step, DLC_HEADER_STATE_INITIAL);
  if (initial && (first < 0 || initial > weights || first > weights - initial))
    return damaged(message, "the initial values do not lie within the weights");
  int32_t key = dlc_find_input(step, "random_key");
  if (key < 0)
    return DLC_OK;
  const int64_t *tensor = dlc_record(step, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, key);
  if (tensor[DLC_TENSOR_TYPE] != DLC_TYPE_U32 || tensor[DLC_TENSOR_BYTES_FIXED] != 4 * sizeof(uint32_t))
    return damaged(message, "the random key is not four u32");
  return DLC_OK;
}

static dlc_status check_update(const dlc_model *step, const dlc_model *update, dlc_message *message) {
  dlc_type type;
  dlc_status status = trained_type(step, &type, message);
  if (status)
    return status;
  if (dlc_header(update, DLC_HEADER_OUTPUT_COUNT))
    return damaged(message, "the update has an output");
  for (int64_t i = 0; i < dlc_header(update, DLC_HEADER_INPUT_COUNT); ++i) {
    const int64_t *tensor = dlc_record(update, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, i);
    dlc_type own = (dlc_type)tensor[DLC_TENSOR_TYPE];
    if ((own != DLC_TYPE_F32 && own != DLC_TYPE_F64) || (type != DLC_TYPE_INVALID && own != type) ||
        tensor[DLC_TENSOR_BYTES_FIXED] != (int64_t)dlc_type_bytes(own))
      return damaged(message, "a hyper-parameter is not one element of the variables' type");
  }
  static const struct {
    const char *derived, *from;
  } needs[] = {{"correction1", "beta1"}, {"correction2", "beta2"}, {"decayed_lr", "lr"}, {"decayed_lr", "lr_decay"}};
  for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); ++i)
    if (dlc_find_input(update, needs[i].derived) >= 0 && dlc_find_input(update, needs[i].from) < 0)
      return damaged(message, "a hyper-parameter that another one is computed from is missing");
  for (int64_t i = 0; i < dlc_header(update, DLC_HEADER_SLOT_COUNT); ++i) {
    int64_t place = dlc_record(update, DLC_HEADER_SLOTS, DLC_SLOT_LENGTH, i)[DLC_SLOT_PLACE];
    if (dlc_header(step, DLC_HEADER_STATE_TRAINED) > dlc_header(update, DLC_HEADER_STATE_BYTES) - place)
      return damaged(message, "a slot of the optimiser does not lie within the state");
  }
  return DLC_OK;
}

dlc_status dlc_training_check(const dlc_training *training, dlc_message *message) {
  if (!training)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the training is null");
  if (training->abi_version != DLC_ABI_VERSION)
    return dlc_fail(message, DLC_ERROR_ABI_VERSION,
                    "the training was compiled for version %lld of the runtime's binary interface, but this runtime "
                    "has version %d",
                    (long long)training->abi_version, DLC_ABI_VERSION);
  const dlc_model *models[DLC_PART_COUNT] = {training->step, training->update, training->predict};
  for (int part = 0; part < DLC_PART_COUNT; ++part) {
    if (!models[part])
      return damaged(message, "a model is missing");
    dlc_status status = dlc_table_check(models[part], message);
    if (status)
      return status;
    if (dlc_header(models[part], DLC_HEADER_STATE_BYTES) != dlc_header(training->step, DLC_HEADER_STATE_BYTES))
      return damaged(message, "the models differ in the size of their state");
    for (int kind = DLC_DEVICE_CUDA; kind <= DLC_DEVICE_OPENCL; ++kind)
      if (!dlc_find_variant(models[part], (dlc_device_kind)kind) !=
          !dlc_find_variant(training->step, (dlc_device_kind)kind))
        return damaged(message, "the models differ in the devices that they are for");
  }
  dlc_status status = check_step(training->step, message);
  return status ? status : check_update(training->step, training->update, message);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

// The bytes of a model's outputs, each beginning at a multiple of the alignment.
static int64_t output_bytes(const dlc_model *model, int64_t batch) {
  int64_t sum = 0;
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_OUTPUT_COUNT); ++i) {
    const int64_t *tensor = dlc_record(model, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, i);
    // Below 2^31 each, or dlc_table_check_batch refuses the model.
    int64_t bytes = dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
    if (bytes < 0 || bytes > INT32_MAX)
      return -1;
    sum += (bytes + DLC_ARENA_ALIGNMENT - 1) / DLC_ARENA_ALIGNMENT * DLC_ARENA_ALIGNMENT;
  }
  return sum;
}

dlc_status dlc_trainer_layout_of(const dlc_model *const models[DLC_PART_COUNT], int64_t batch, int32_t threads,
                                 int accumulate, dlc_trainer_layout *layout, dlc_message *message) {
  const dlc_model *step = models[DLC_PART_STEP];
  layout->state = dlc_header(step, DLC_HEADER_STATE_BYTES);
  layout->accumulated = accumulate ? dlc_header(step, DLC_HEADER_STATE_TRAINED) : 0;
  layout->unwanted = layout->arena = 0;
  for (int part = 0; part < DLC_PART_COUNT; ++part) {
    dlc_arena_layout arena;
    dlc_status status = dlc_table_arena(models[part], batch, threads, &arena, message);
    if (status)
      return status;
    layout->arena = arena.total > layout->arena ? arena.total : layout->arena;
    int64_t outputs = output_bytes(models[part], batch);
    if (outputs < 0)
      return dlc_fail(message, DLC_ERROR_TOO_LARGE, "with batch %lld, an output reaches 2^31 bytes", (long long)batch);
    layout->unwanted = outputs > layout->unwanted ? outputs : layout->unwanted;
  }
  if (__builtin_add_overflow(layout->state, layout->accumulated, &layout->total) ||
      __builtin_add_overflow(layout->total, layout->unwanted, &layout->total) ||
      __builtin_add_overflow(layout->total, layout->arena, &layout->total) ||
      layout->total > PTRDIFF_MAX - DLC_ARENA_ALIGNMENT)
    return dlc_fail(message, DLC_ERROR_TOO_LARGE, "the memory for batch %lld and %d threads cannot be addressed",
                    (long long)batch, threads);
  return DLC_OK;
}

int64_t dlc_training_bytes(const dlc_training *training, int64_t batch, int32_t threads, int32_t accumulate) {
  dlc_message message;
  dlc_trainer_layout layout;
  dlc_status status = dlc_training_check(training, &message);
  if (!status)
    status = dlc_table_batch(training->step, &batch, &message);
  if (!status && (threads < 0 || threads > DLC_MAX_THREADS))
    status = DLC_ERROR_ARGUMENT;
  if (status)
    return (int64_t)status;
  const dlc_model *const models[DLC_PART_COUNT] = {training->step, training->update, training->predict};
  status =
      dlc_trainer_layout_of(models, batch, threads ? threads : dlc_default_threads(), accumulate, &layout, &message);
  return status ? (int64_t)status : layout.total;
}

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

const dlc_model *dlc_training_model(const dlc_training *training, dlc_part part) {
  dlc_message message;
  if (dlc_training_check(training, &message))
    return NULL;
  switch (part) {
  case DLC_PART_STEP:
    return training->step;
  case DLC_PART_UPDATE:
    return training->update;
  case DLC_PART_PREDICT:
    return training->predict;
  }
  return NULL;
}

// The layout of a training; all counts 0 where it is not one.
static dlc_step_layout read_layout(const dlc_training *training) {
  dlc_message message;
  dlc_step_layout none = {-1, 0, 0, 0, 0};
  return dlc_training_check(training, &message) ? none : dlc_step_layout_of(training->step);
}

int32_t dlc_training_input_count(const dlc_training *training) { return read_layout(training).inputs; }

int32_t dlc_training_output_count(const dlc_training *training) { return read_layout(training).outputs; }

int32_t dlc_training_forward_input_count(const dlc_training *training) { return read_layout(training).forward_inputs; }

int32_t dlc_training_forward_output_count(const dlc_training *training) {
  return read_layout(training).forward_outputs;
}

dlc_status dlc_training_input_info(const dlc_training *training, int32_t index, int64_t batch, dlc_tensor_info *info) {
  dlc_message message;
  dlc_status status = dlc_training_check(training, &message);
  if (status)
    return status;
  dlc_step_layout layout = dlc_step_layout_of(training->step);
  if (index < 0 || index >= layout.inputs)
    return DLC_ERROR_ARGUMENT;
  return dlc_input_info(training->step, dlc_step_input(&layout, index), batch, info);
}

dlc_status dlc_training_output_info(const dlc_training *training, int32_t index, int64_t batch, dlc_tensor_info *info) {
  dlc_message message;
  dlc_status status = dlc_training_check(training, &message);
  return status ? status : dlc_output_info(training->step, index, batch, info);
}
