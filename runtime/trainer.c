// Trainers: creation in numbered steps, destruction, errors.
#include "runtime/trainer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// No version of the options will be larger: more is garbage.
#define MAX_OPTIONS_BYTES 4096

// The last failure to create a trainer, which has none to keep it.
static _Thread_local dlc_message creation_error;

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

static dlc_status read_options(const dlc_trainer_options *given, dlc_trainer_options *options, dlc_message *message) {
  dlc_trainer_options defaults = DLC_TRAINER_OPTIONS_INIT;
  *options = defaults;
  if (!given)
    return DLC_OK;
  size_t known = sizeof(*options);
  if (given->struct_size < offsetof(dlc_trainer_options, seed) + sizeof(given->seed) ||
      given->struct_size > MAX_OPTIONS_BYTES)
    return dlc_fail(message, DLC_ERROR_ARGUMENT,
                    "the trainer options' struct_size is %zu; begin with DLC_TRAINER_OPTIONS_INIT", given->struct_size);
  for (size_t i = known; i < given->struct_size; ++i)
    if (((const char *)given)[i])
      return dlc_fail(message, DLC_ERROR_ARGUMENT,
                      "the trainer options set a field that this version of the runtime does not have");
  memcpy(options, given, given->struct_size < known ? given->struct_size : known);
  return DLC_OK;
}

// Partial batches need no check of their own: places and sizes of buffers are
// linear in the batch, so that what holds for 1 and for the largest holds between.
static dlc_status check_batch(const dlc_model *model, int64_t *batch, dlc_message *message) {
  dlc_status status = dlc_table_batch(model, batch, message);
  if (!status)
    status = dlc_table_check_batch(model, *batch, message);
  if (!status && !dlc_header(model, DLC_HEADER_BATCH))
    status = dlc_table_check_batch(model, 1, message);
  return status;
}

// The trainer and its arrays as one block, zeroed. As a session's, its size cannot
// overflow.
static dlc_trainer *allocate_trainer(const dlc_training *training, const dlc_model *const models[DLC_PART_COUNT],
                                     const dlc_options *options) {
  int64_t steps = dlc_header(models[DLC_PART_STEP], DLC_HEADER_STEP_COUNT);
  int64_t variables = dlc_header(training->step, DLC_HEADER_VARIABLE_COUNT);
  int64_t inputs = dlc_header(training->step, DLC_HEADER_INPUT_COUNT);
  int64_t outputs = dlc_header(training->step, DLC_HEADER_OUTPUT_COUNT);
  int64_t predicted = dlc_header(training->predict, DLC_HEADER_OUTPUT_COUNT);
  int64_t hypers = dlc_header(training->update, DLC_HEADER_INPUT_COUNT);
  size_t bytes = sizeof(dlc_trainer);
  size_t at_inputs = dlc_reserve(&bytes, sizeof(void *), inputs);
  size_t at_outputs = dlc_reserve(&bytes, sizeof(void *), outputs);
  size_t at_predicted = dlc_reserve(&bytes, sizeof(void *), predicted);
  size_t at_hypers = dlc_reserve(&bytes, sizeof(dlc_hyper), hypers);
  size_t at_hyper_inputs = dlc_reserve(&bytes, sizeof(void *), hypers);
  size_t at_ready_first = dlc_reserve(&bytes, sizeof(int32_t), steps);
  size_t at_ready_next = dlc_reserve(&bytes, sizeof(int32_t), variables);

  const dlc_allocator *allocator = options->allocator ? options->allocator : &dlc_default_allocator;
  char *block = allocator->allocate(allocator->context, bytes, 64);
  if (!block)
    return NULL;
  memset(block, 0, bytes);
  dlc_trainer *trainer = (dlc_trainer *)(void *)block;
  trainer->block_bytes = bytes;
  trainer->allocator = *allocator;
  trainer->log = options->log;
  trainer->log_context = options->log_context;
  trainer->training = training;
  for (int part = 0; part < DLC_PART_COUNT; ++part)
    trainer->models[part] = models[part];
  trainer->inputs = (const void **)(void *)(block + at_inputs);
  trainer->outputs = (void **)(void *)(block + at_outputs);
  trainer->predicted = (void **)(void *)(block + at_predicted);
  trainer->hypers = (dlc_hyper *)(void *)(block + at_hypers);
  trainer->hyper_inputs = (const void **)(void *)(block + at_hyper_inputs);
  trainer->ready_first = (int32_t *)(void *)(block + at_ready_first);
  trainer->ready_next = (int32_t *)(void *)(block + at_ready_next);
  return trainer;
}

// Which input of the update is what, and where it lies.
static void list_hypers(dlc_trainer *trainer) {
  static const struct {
    const char *name;
    dlc_hyper_kind kind;
  } derived[] = {{"correction1", DLC_HYPER_CORRECTION1},
                 {"correction2", DLC_HYPER_CORRECTION2},
                 {"decayed_lr", DLC_HYPER_DECAYED_LR}};
  const dlc_model *update = trainer->models[DLC_PART_UPDATE];
  for (int64_t i = 0; i < dlc_header(update, DLC_HEADER_INPUT_COUNT); ++i) {
    const int64_t *tensor = dlc_record(update, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, i);
    dlc_hyper *hyper = &trainer->hypers[i];
    hyper->kind = DLC_HYPER_SET;
    for (size_t k = 0; k < sizeof(derived) / sizeof(derived[0]); ++k)
      if (!strcmp(dlc_string(update, tensor[DLC_TENSOR_NAME]), derived[k].name))
        hyper->kind = derived[k].kind;
    memcpy(&hyper->value, &tensor[DLC_TENSOR_DEFAULT], sizeof(hyper->value));
    trainer->hyper_inputs[i] = &hyper->cell;
  }
}

// The trained variables by the step that completes their gradient.
static void list_ready(dlc_trainer *trainer) {
  const dlc_model *step = trainer->models[DLC_PART_STEP];
  for (int64_t i = 0; i < dlc_header(step, DLC_HEADER_STEP_COUNT); ++i)
    trainer->ready_first[i] = -1;
  for (int64_t i = dlc_header(step, DLC_HEADER_VARIABLE_COUNT) - 1; i >= 0; --i) {
    int64_t ready = dlc_record(step, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, i)[DLC_VARIABLE_READY];
    if (ready < 0)
      continue;
    trainer->ready_next[i] = trainer->ready_first[ready];
    trainer->ready_first[ready] = (int32_t)i;
  }
}

static void tell_gradients(void *context, int32_t step) {
  dlc_trainer *trainer = context;
  for (int32_t i = trainer->ready_first[step]; i >= 0; i = trainer->ready_next[i])
    dlc_trainer_tell_gradient(trainer, i);
}

static dlc_status start_pool(dlc_trainer *trainer, dlc_options *options, dlc_message *message) {
  int parallel = 0;
  for (int part = 0; part < DLC_PART_COUNT; ++part)
    parallel |= dlc_header(trainer->models[part], DLC_HEADER_PARALLEL) != 0;
  if (options->pool || options->parallel_for || options->threads < 2 || !parallel)
    return DLC_OK;
  dlc_status status = dlc_pool_start(options->threads, &trainer->allocator, &trainer->pool, message);
  options->pool = trainer->pool;
  return status;
}

static dlc_status build(const dlc_training *training, dlc_options *options, const dlc_trainer_options *more,
                        dlc_trainer **result, dlc_message *message) {
  // 1. The object, and whether it fits this machine and this batch.
  dlc_choice choice;
  dlc_status status = dlc_training_check(training, message);
  if (!status)
    status = dlc_choose_device(training->step, options, &choice, message);
  if (status)
    return status;
  if (options->device_memory)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "a trainer takes inputs and outputs in memory of the host only");
  const dlc_model *given[DLC_PART_COUNT] = {training->step, training->update, training->predict};
  const dlc_model *models[DLC_PART_COUNT];
  for (int part = 0; part < DLC_PART_COUNT && !status; ++part) {
    models[part] = dlc_find_variant(given[part], choice.driver ? choice.driver->kind : DLC_DEVICE_CPU);
    status = dlc_table_check_cpu(models[part], message);
    if (!status)
      status = check_batch(models[part], &options->batch, message);
  }
  dlc_trainer_layout layout;
  if (!status)
    status = dlc_trainer_layout_of(models, options->batch, choice.driver ? 1 : options->threads, more->accumulate,
                                   &layout, message);
  if (status)
    return status;
  int64_t arena = layout.arena;
  if (choice.driver) { // on the host, only the mirror
    layout.total -= layout.arena + layout.unwanted;
    layout.arena = layout.unwanted = 0;
  }

  // 2. Memory.
  dlc_trainer *trainer = allocate_trainer(training, models, options);
  if (!trainer)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a trainer");
  *result = trainer; // what is done so far; the caller destroys it on failure
  trainer->batch = options->batch;
  trainer->threads = choice.driver ? 1 : options->threads;
  trainer->seed = more->seed;
  trainer->gradient_ready = more->gradient_ready;
  trainer->gradient_context = more->gradient_context;
  trainer->memory_bytes = (size_t)layout.total;
  status = dlc_memory_find(options, trainer->memory_bytes, &trainer->memory, &trainer->owns_memory, message);
  if (!status && choice.driver)
    status = dlc_trainer_open_device(trainer, &choice, options, arena, message);
  if (status)
    return status;
  static _Alignas(DLC_ARENA_ALIGNMENT) char nowhere[DLC_ARENA_ALIGNMENT]; // for the arithmetic of empty memory
  trainer->state = trainer->memory ? trainer->memory : nowhere;
  trainer->accumulated = more->accumulate ? trainer->state + layout.state : NULL;
  trainer->unwanted = trainer->state + layout.state + layout.accumulated;
  memset(trainer->state, 0, (size_t)layout.state);

  // 3. Threads and sessions, which share them and the arena.
  if (!choice.driver) {
    status = start_pool(trainer, options, message);
    options->arena = trainer->unwanted + layout.unwanted;
    options->arena_bytes = (size_t)layout.arena;
  }
  const dlc_session_place place = {trainer->state, trainer->device, trainer->device_state, trainer->device_arena};
  for (int part = 0; part < DLC_PART_COUNT && !status; ++part)
    status = dlc_session_build(given[part], options, &choice, &place, &trainer->sessions[part], message);
  if (status)
    return status;

  // 4. Initial values and lists.
  size_t initial = (size_t)dlc_header(training->step, DLC_HEADER_STATE_INITIAL);
  if (initial)
    memcpy(trainer->state,
           trainer->sessions[DLC_PART_STEP]->weights + dlc_header(training->step, DLC_HEADER_STATE_WEIGHTS), initial);
  trainer->is_mirror_new = trainer->device != NULL;
  trainer->layout = dlc_step_layout_of(training->step);
  list_hypers(trainer);
  list_ready(trainer);
  if (trainer->gradient_ready) {
    trainer->sessions[DLC_PART_STEP]->observer = tell_gradients;
    trainer->sessions[DLC_PART_STEP]->observer_context = trainer;
  }
  return DLC_OK;
}

dlc_status dlc_trainer_create(const dlc_training *training, const dlc_options *given,
                              const dlc_trainer_options *given_more, dlc_trainer **trainer) {
  dlc_message *message = &creation_error;
  if (!trainer)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "there is no place for the trainer");
  *trainer = NULL;
  dlc_options options;
  dlc_trainer_options more;
  dlc_status status = dlc_options_read(given, &options, message);
  if (!status)
    status = read_options(given_more, &more, message);
  if (!status)
    status = build(training, &options, &more, trainer, message);
  if (status) {
    dlc_trainer_destroy(*trainer);
    *trainer = NULL;
    dlc_say(options.log, options.log_context, DLC_LOG_ERROR, message->text);
  } else if (options.log) {
    char text[256];
    const dlc_model *step = training->step;
    snprintf(text, sizeof(text), "trainer of '%.80s' on %s: batch %lld, %d threads, %zu bytes, %lld of them parameters",
             dlc_string(step, dlc_header(step, DLC_HEADER_NAME)),
             dlc_session_device((*trainer)->sessions[DLC_PART_STEP]), (long long)(*trainer)->batch, (*trainer)->threads,
             (*trainer)->memory_bytes, (long long)dlc_header(step, DLC_HEADER_STATE_INITIAL));
    dlc_say(options.log, options.log_context, DLC_LOG_INFO, text);
  }
  return status;
}

void dlc_trainer_destroy(dlc_trainer *trainer) {
  if (!trainer)
    return;
  for (int part = 0; part < DLC_PART_COUNT; ++part)
    dlc_session_destroy(trainer->sessions[part]);
  dlc_trainer_close_device(trainer);
  dlc_pool_destroy(trainer->pool);
  dlc_allocator allocator = trainer->allocator;
  if (trainer->owns_memory)
    allocator.deallocate(allocator.context, trainer->memory, trainer->memory_bytes);
  allocator.deallocate(allocator.context, trainer, trainer->block_bytes);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

const char *dlc_trainer_error(const dlc_trainer *trainer) {
  return trainer ? trainer->error.text : creation_error.text;
}

dlc_status dlc_trainer_fail(dlc_trainer *trainer, dlc_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(trainer->error.text, sizeof(trainer->error.text), format, arguments);
  va_end(arguments);
  dlc_say(trainer->log, trainer->log_context, DLC_LOG_ERROR, trainer->error.text);
  return status;
}

dlc_status dlc_trainer_enter(dlc_trainer *trainer) {
  if (!trainer)
    return DLC_ERROR_ARGUMENT;
  // The message belongs to the thread that runs.
  return atomic_exchange_explicit(&trainer->running, 1, memory_order_acquire) ? DLC_ERROR_BUSY : DLC_OK;
}

dlc_status dlc_trainer_leave(dlc_trainer *trainer, dlc_status status) {
  atomic_store_explicit(&trainer->running, 0, memory_order_release);
  return status;
}
