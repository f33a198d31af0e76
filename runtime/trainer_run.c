// A training step and its parts. The parts share one arena: running one of them
// ends what another had left there, which the flags in dlc_trainer follow.
#include "runtime/trainer.h"

#include <string.h>

//===----------------------------------------------------------------------===//
// The caller's pointers
//===----------------------------------------------------------------------===//

// Forgets the pointers of a pass before, and says where the outputs that the caller
// does not want go: one behind the other, or nowhere, for on a device they have a
// place of their own.
static void place_outputs(dlc_trainer *trainer, dlc_part part, void **outputs) {
  const dlc_model *model = trainer->models[part];
  char *place = trainer->unwanted;
  for (int64_t i = 0; part == DLC_PART_STEP && i < dlc_header(model, DLC_HEADER_INPUT_COUNT); ++i)
    trainer->inputs[i] = NULL;
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_OUTPUT_COUNT); ++i) {
    const int64_t *tensor = dlc_record(model, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, i);
    outputs[i] = trainer->device ? NULL : place;
    int64_t bytes = tensor[DLC_TENSOR_BYTES_FIXED] + trainer->batch * tensor[DLC_TENSOR_BYTES_PER_BATCH];
    place += (bytes + DLC_ARENA_ALIGNMENT - 1) / DLC_ARENA_ALIGNMENT * DLC_ARENA_ALIGNMENT;
  }
}

// The message of a session becomes the trainer's.
static dlc_status copy_error(dlc_trainer *trainer, dlc_part part, dlc_status status) {
  if (status)
    trainer->error = trainer->sessions[part]->error;
  return status;
}

static dlc_status refuse(dlc_trainer *trainer, dlc_part part, dlc_status status) {
  copy_error(trainer, part, status);
  if (status)
    dlc_say(trainer->log, trainer->log_context, DLC_LOG_ERROR, trainer->error.text);
  return status;
}

// Takes the step's inputs from `begin` to before `end`, numbered as the caller
// sees them; given[0] is the first of those.
static dlc_status take_inputs(dlc_trainer *trainer, const void *const *given, int32_t begin, int32_t end) {
  if (begin < end && !given)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the array of inputs is null");
  dlc_session *session = trainer->sessions[DLC_PART_STEP];
  for (int32_t i = begin; i < end; ++i) {
    int32_t index = dlc_step_input(&trainer->layout, i);
    dlc_status status = dlc_session_check_pointer(session, given[i - begin], DLC_HEADER_INPUTS, index);
    if (status)
      return refuse(trainer, DLC_PART_STEP, status);
    trainer->inputs[index] = given[i - begin];
  }
  return DLC_OK;
}

// Takes a part's outputs from `begin` to before `end`; those that are null keep
// their place in the trainer's memory.
static dlc_status take_outputs(dlc_trainer *trainer, dlc_part part, void *const *given, int32_t begin, int32_t end,
                               void **outputs) {
  for (int32_t i = begin; i < end && given; ++i) {
    if (!given[i - begin])
      continue;
    dlc_status status = dlc_session_check_pointer(trainer->sessions[part], given[i - begin], DLC_HEADER_OUTPUTS, i);
    if (status)
      return refuse(trainer, part, status);
    outputs[i] = given[i - begin];
  }
  return DLC_OK;
}

static dlc_status check_n(dlc_trainer *trainer, int64_t n) {
  int64_t fixed = dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_BATCH);
  if (n < 1 || n > trainer->batch)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the batch must lie between 1 and %lld, not be %lld",
                            (long long)trainer->batch, (long long)n);
  if (fixed && n != fixed)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the network was compiled for batch %lld and cannot run %lld",
                            (long long)fixed, (long long)n);
  return DLC_OK;
}

static dlc_status out_of_order(dlc_trainer *trainer, const char *message) {
  return dlc_trainer_fail(trainer, DLC_ERROR_ORDER, "%s", message);
}

//===----------------------------------------------------------------------===//
// The parts, without checks of order
//===----------------------------------------------------------------------===//

static void fill_random_key(dlc_trainer *trainer) {
  if (trainer->layout.random_key < 0)
    return;
  uint64_t number = (uint64_t)trainer->updates + 1 + ((uint64_t)trainer->passes << 40);
  trainer->random_key[0] = (uint32_t)trainer->seed;
  trainer->random_key[1] = (uint32_t)(trainer->seed >> 32);
  trainer->random_key[2] = (uint32_t)number;
  trainer->random_key[3] = (uint32_t)(number >> 32);
  trainer->inputs[trainer->layout.random_key] = trainer->random_key;
}

static dlc_status launch(dlc_trainer *trainer, dlc_part part, int64_t n, const void *const *inputs,
                         void *const *outputs, int32_t begin, int32_t end) {
  trainer->forward_n = 0; // the arena is another's now
  dlc_status status = dlc_trainer_push(trainer);
  if (status)
    return status;
  if (trainer->device && part != DLC_PART_PREDICT)
    trainer->is_mirror_old = 1;
  return copy_error(trainer, part, dlc_session_launch(trainer->sessions[part], n, inputs, outputs, begin, end));
}

// On a device, what the forward phase read and wrote is there for the backward phase.
static void forget_forward(dlc_trainer *trainer) {
  const dlc_model *step = trainer->models[DLC_PART_STEP];
  for (int64_t i = 0; trainer->device && i < dlc_header(step, DLC_HEADER_INPUT_COUNT); ++i)
    trainer->inputs[i] = NULL;
  for (int64_t i = 0; trainer->device && i < dlc_header(step, DLC_HEADER_OUTPUT_COUNT); ++i)
    trainer->outputs[i] = NULL;
}

static int32_t forward_steps(const dlc_trainer *trainer) {
  return (int32_t)dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_FORWARD_STEPS);
}

// The forward phase, the backward phase, or both.
static dlc_status run_phases(dlc_trainer *trainer, int64_t n, int has_forward, int has_backward) {
  int32_t middle = forward_steps(trainer);
  if (has_forward) {
    fill_random_key(trainer);
    trainer->passes++;
  }
  if (has_backward)
    trainer->has_gradients = 0;
  dlc_status status = launch(trainer, DLC_PART_STEP, n, trainer->inputs, trainer->outputs, has_forward ? 0 : middle,
                             has_backward ? dlc_step_count(trainer->sessions[DLC_PART_STEP]) : middle);
  if (status)
    return status;
  if (has_backward) {
    trainer->has_gradients = 1;
  } else {
    trainer->forward_n = n;
    forget_forward(trainer);
  }
  return DLC_OK;
}

static dlc_status run_update(dlc_trainer *trainer) {
  dlc_trainer_fill_hypers(trainer);
  dlc_session *update = trainer->sessions[DLC_PART_UPDATE];
  dlc_status status =
      launch(trainer, DLC_PART_UPDATE, trainer->batch, trainer->hyper_inputs, NULL, 0, dlc_step_count(update));
  trainer->has_gradients = trainer->has_accumulated = 0;
  if (!status) {
    trainer->updates++;
    trainer->passes = 0;
  }
  return status;
}

//===----------------------------------------------------------------------===//
// The parts, as the caller knows them
//===----------------------------------------------------------------------===//

static dlc_status step(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  const dlc_step_layout *layout = &trainer->layout;
  if (trainer->has_accumulated)
    return out_of_order(trainer, "there are accumulated gradients, which an update must use first");
  trainer->forward_n = 0;
  place_outputs(trainer, DLC_PART_STEP, trainer->outputs);
  dlc_status status = check_n(trainer, n);
  if (!status)
    status = take_inputs(trainer, inputs, 0, layout->inputs);
  if (!status)
    status = take_outputs(trainer, DLC_PART_STEP, outputs, 0, layout->outputs, trainer->outputs);
  if (!status)
    status = run_phases(trainer, n, /*has_forward=*/1, /*has_backward=*/1);
  return status ? status : run_update(trainer);
}

static dlc_status forward(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  const dlc_step_layout *layout = &trainer->layout;
  trainer->forward_n = 0;
  place_outputs(trainer, DLC_PART_STEP, trainer->outputs);
  dlc_status status = check_n(trainer, n);
  if (!status)
    status = take_inputs(trainer, inputs, 0, layout->forward_inputs);
  if (!status)
    status = take_outputs(trainer, DLC_PART_STEP, outputs, 0, layout->forward_outputs, trainer->outputs);
  return status ? status : run_phases(trainer, n, /*has_forward=*/1, /*has_backward=*/0);
}

static dlc_status backward(dlc_trainer *trainer, const void *const *inputs, void *const *outputs) {
  const dlc_step_layout *layout = &trainer->layout;
  if (!trainer->forward_n)
    return out_of_order(trainer, "a backward phase needs a forward phase just before it");
  dlc_status status = take_inputs(trainer, inputs, layout->forward_inputs, layout->inputs);
  if (!status)
    status = take_outputs(trainer, DLC_PART_STEP, outputs, layout->forward_outputs, layout->outputs, trainer->outputs);
  return status ? status : run_phases(trainer, trainer->forward_n, /*has_forward=*/0, /*has_backward=*/1);
}

// Places and sizes are multiples of 64 bytes, which makes loops of whole vectors.
#define DEFINE_ADD(type)                                                                                               \
  static void add_##type(char *sum, const char *value, int64_t bytes, double weight, int first) {                      \
    enum { LANES = DLC_STATE_ALIGNMENT / sizeof(type) };                                                               \
    const type scale = (type)weight;                                                                                   \
    for (int64_t at = 0; at < bytes; at += DLC_STATE_ALIGNMENT) {                                                      \
      type *to = (type *)(void *)(sum + at);                                                                           \
      const type *from = (const type *)(const void *)(value + at);                                                     \
      for (int i = 0; i < LANES; ++i)                                                                                  \
        to[i] = first ? scale * from[i] : to[i] + scale * from[i];                                                     \
    }                                                                                                                  \
  }
DEFINE_ADD(float)
DEFINE_ADD(double)

static int is_f64(const dlc_trainer *trainer) {
  const dlc_model *model = trainer->models[DLC_PART_STEP];
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_VARIABLE_COUNT); ++i) {
    const int64_t *variable = dlc_record(model, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, i);
    if (variable[DLC_VARIABLE_TRAINED])
      return variable[DLC_VARIABLE_TYPE] == DLC_TYPE_F64; // as all of them
  }
  return 0;
}

static dlc_status accumulate(dlc_trainer *trainer, double weight) {
  if (!trainer->accumulated)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the trainer was made without dlc_trainer_options.accumulate");
  if (!trainer->has_gradients)
    return out_of_order(trainer, "to accumulate needs a backward phase since the last time");
  dlc_status status = dlc_trainer_pull_gradients(trainer);
  if (status)
    return status;
  int64_t bytes;
  const char *gradients = dlc_trainer_gradients(trainer, &bytes);
  (is_f64(trainer) ? add_double : add_float)(trainer->accumulated, gradients, bytes, weight, !trainer->has_accumulated);
  trainer->has_accumulated = 1;
  trainer->has_gradients = 0;
  return DLC_OK;
}

static dlc_status update(dlc_trainer *trainer) {
  if (trainer->has_gradients && trainer->has_accumulated)
    return out_of_order(trainer, "the gradients of the last backward phase are not accumulated as those before are");
  if (!trainer->has_gradients && !trainer->has_accumulated)
    return out_of_order(trainer, "an update needs a backward phase since the last one");
  if (trainer->has_accumulated) {
    int64_t bytes;
    char *gradients = dlc_trainer_gradients(trainer, &bytes);
    memcpy(gradients, trainer->accumulated, (size_t)bytes);
    dlc_status status = dlc_trainer_push_gradients(trainer);
    if (status)
      return status;
  }
  return run_update(trainer);
}

static dlc_status predict(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  const dlc_model *model = trainer->models[DLC_PART_PREDICT];
  dlc_session *session = trainer->sessions[DLC_PART_PREDICT];
  int32_t input_count = (int32_t)dlc_header(model, DLC_HEADER_INPUT_COUNT);
  dlc_status status = check_n(trainer, n);
  if (status)
    return status;
  if (input_count && !inputs)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the array of inputs is null");
  for (int32_t i = 0; i < input_count && !status; ++i)
    status = dlc_session_check_pointer(session, inputs[i], DLC_HEADER_INPUTS, i);
  if (status)
    return refuse(trainer, DLC_PART_PREDICT, status);
  place_outputs(trainer, DLC_PART_PREDICT, trainer->predicted);
  status = take_outputs(trainer, DLC_PART_PREDICT, outputs, 0, (int32_t)dlc_header(model, DLC_HEADER_OUTPUT_COUNT),
                        trainer->predicted);
  return status ? status : launch(trainer, DLC_PART_PREDICT, n, inputs, trainer->predicted, 0, dlc_step_count(session));
}

dlc_status dlc_trainer_step(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, step(trainer, n, inputs, outputs));
}

dlc_status dlc_trainer_forward(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, forward(trainer, n, inputs, outputs));
}

dlc_status dlc_trainer_backward(dlc_trainer *trainer, const void *const *inputs, void *const *outputs) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, backward(trainer, inputs, outputs));
}

dlc_status dlc_trainer_accumulate(dlc_trainer *trainer, double weight) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, accumulate(trainer, weight));
}

dlc_status dlc_trainer_update(dlc_trainer *trainer) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, update(trainer));
}

dlc_status dlc_trainer_predict(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs) {
  dlc_status status = dlc_trainer_enter(trainer);
  return status ? status : dlc_trainer_leave(trainer, predict(trainer, n, inputs, outputs));
}
