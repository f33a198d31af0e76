// Sessions: creation in numbered steps, a run, destruction.
#define _GNU_SOURCE
#include "runtime/device.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// Arenas of at least this size ask for large pages; a run touches all of it.
#define LARGE_PAGE ((size_t)2 << 20)

// No version of the options will be larger: more is garbage.
#define MAX_OPTIONS_BYTES 4096

// The last failure to create something, which has no session to keep it.
static _Thread_local dlc_message creation_error;

void dlc_say(dlc_log_function log, void *context, dlc_log_level level, const char *text) {
  if (log)
    log(context, level, text);
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

// Copies what the caller's version of the struct has; the rest is defaults.
static dlc_status copy_options(const dlc_options *given, dlc_options *options, dlc_message *message) {
  size_t known = sizeof(*options);
  if (given->struct_size < offsetof(dlc_options, batch) + sizeof(given->batch) ||
      given->struct_size > MAX_OPTIONS_BYTES)
    return dlc_fail(message, DLC_ERROR_ARGUMENT,
                    "the options' struct_size is %zu; begin with "
                    "DLC_OPTIONS_INIT",
                    given->struct_size);
  for (size_t i = known; i < given->struct_size; ++i)
    if (((const char *)given)[i])
      return dlc_fail(message, DLC_ERROR_ARGUMENT,
                      "the options set a field that this version of the "
                      "runtime does not have");
  memcpy(options, given, given->struct_size < known ? given->struct_size : known);
  return DLC_OK;
}

dlc_status dlc_options_read(const dlc_options *given, dlc_options *options, dlc_message *message) {
  dlc_options_init(options);
  dlc_status status = given ? copy_options(given, options, message) : DLC_OK;
  if (status)
    return status;
  if (options->threads < 0 || options->threads > DLC_MAX_THREADS)
    return dlc_fail(message, DLC_ERROR_ARGUMENT,
                    "the number of threads must lie between 1 and %d, not be "
                    "%d",
                    DLC_MAX_THREADS, options->threads);
  if (options->device_memory < 0 || options->device_memory > 1)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "device_memory is 0 or 1, not %d", options->device_memory);
  if (options->pool && options->parallel_for)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "a session has either a pool or a parallel_for");
  const dlc_allocator *allocator = options->allocator;
  if (allocator && (!allocator->allocate || !allocator->deallocate))
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "an allocator needs both functions");
  if (options->threads == 0)
    options->threads = options->pool ? dlc_pool_threads(options->pool) : dlc_default_threads();
  else if (options->pool && options->threads > dlc_pool_threads(options->pool))
    options->threads = dlc_pool_threads(options->pool);
  return DLC_OK;
}

size_t dlc_reserve(size_t *bytes, size_t item, int64_t count) {
  size_t begin = (*bytes + 63) / 64 * 64;
  *bytes = begin + item * (size_t)count;
  return begin;
}

// The session and its arrays as one block, zeroed. The counts were checked to
// fit the model's table, which is in memory, so that their sum cannot overflow.
static dlc_session *allocate_session(const dlc_model *model, const dlc_options *options) {
  int64_t steps = dlc_header(model, DLC_HEADER_STEP_COUNT);
  int64_t buffers = dlc_header(model, DLC_HEADER_BUFFER_COUNT);
  int64_t dimensions = dlc_header(model, DLC_HEADER_DIMENSION_COUNT);
  size_t bytes = sizeof(dlc_session);
  size_t at_workers = dlc_reserve(&bytes, sizeof(dlc_worker), options->threads);
  size_t at_buffers = dlc_reserve(&bytes, sizeof(struct halide_buffer_t), buffers);
  size_t at_dimensions = dlc_reserve(&bytes, sizeof(dlc_buffer_dimension), dimensions);
  size_t at_inputs = dlc_reserve(&bytes, sizeof(dlc_binding), buffers);
  size_t at_outputs = dlc_reserve(&bytes, sizeof(dlc_binding), buffers);
  size_t at_times = dlc_reserve(&bytes, sizeof(int64_t), steps);
  size_t at_runs = dlc_reserve(&bytes, sizeof(int64_t), steps);

  const dlc_allocator *allocator = options->allocator ? options->allocator : &dlc_default_allocator;
  char *block = allocator->allocate(allocator->context, bytes, 64);
  if (!block)
    return NULL;
  memset(block, 0, bytes);
  dlc_session *session = (dlc_session *)(void *)block;
  session->block_bytes = bytes;
  session->model = model;
  session->allocator = *allocator;
  session->log = options->log;
  session->log_context = options->log_context;
  session->threads = options->threads;
  session->profile = options->profile != 0;
  session->hook = options->parallel_for;
  session->hook_context = options->parallel_for_context;
  session->pool = options->pool;
  session->workers = (dlc_worker *)(void *)(block + at_workers);
  session->buffers = (struct halide_buffer_t *)(void *)(block + at_buffers);
  session->dimensions = (dlc_buffer_dimension *)(void *)(block + at_dimensions);
  session->inputs = (dlc_binding *)(void *)(block + at_inputs);
  session->outputs = (dlc_binding *)(void *)(block + at_outputs);
  session->nanoseconds = (int64_t *)(void *)(block + at_times);
  session->runs = (int64_t *)(void *)(block + at_runs);
  return session;
}

dlc_status dlc_memory_find(const dlc_options *options, size_t bytes, char **memory, int *owned, dlc_message *message) {
  *memory = NULL;
  *owned = 0;
  if (options->arena) {
    if ((uintptr_t)options->arena % DLC_ARENA_ALIGNMENT)
      return dlc_fail(message, DLC_ERROR_ARENA, "the arena is not aligned to %d bytes", DLC_ARENA_ALIGNMENT);
    if (options->arena_bytes < bytes)
      return dlc_fail(message, DLC_ERROR_ARENA, "the arena has %zu bytes, but %zu are needed", options->arena_bytes,
                      bytes);
    *memory = options->arena;
    return DLC_OK;
  }
  if (!bytes)
    return DLC_OK;
  const dlc_allocator *allocator = options->allocator ? options->allocator : &dlc_default_allocator;
  int large = bytes >= LARGE_PAGE && !options->allocator;
  *memory = allocator->allocate(allocator->context, bytes, large ? LARGE_PAGE : DLC_ARENA_ALIGNMENT);
  if (!*memory)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for an arena of %zu bytes", bytes);
  *owned = 1;
#ifdef MADV_HUGEPAGE
  // Only a hint; where it fails, pages are small.
  if (large)
    (void)madvise(*memory, bytes, MADV_HUGEPAGE);
#endif
  return DLC_OK;
}

// Cuts the scratch behind the memory plan into the workers' slices.
static void place_workers(dlc_session *session, const dlc_arena_layout *layout) {
  static char nowhere[64]; // for the arithmetic of an empty arena
  char *scratch = session->arena ? session->arena + layout->planned : nowhere;
  for (int32_t i = 0; i < session->threads; ++i) {
    dlc_worker *worker = &session->workers[i];
    worker->session = session;
    worker->index = i;
    worker->scratch = scratch;
    scratch += layout->scratch + (i == 0 ? layout->caller_scratch : 0);
    worker->end = scratch;
  }
  dlc_scratch_reset(session);
}

// What every run with this batch uses. On the CPU, the descriptors of inputs and
// outputs get their host pointer at each run.
void dlc_session_fill(dlc_session *session, int64_t batch) {
  const dlc_model *model = session->model;
  session->filled = batch;
  session->input_bindings = session->output_bindings = 0;
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_DIMENSION_COUNT); ++i) {
    const int64_t *record = dlc_record(model, DLC_HEADER_DIMENSIONS, DLC_DIMENSION_LENGTH, i);
    dlc_buffer_dimension *dimension = &session->dimensions[i];
    dimension->min = (int32_t)record[DLC_DIMENSION_MIN];
    dimension->extent = (int32_t)dlc_extent(record[DLC_DIMENSION_EXTENT], batch);
    dimension->stride = (int32_t)record[DLC_DIMENSION_STRIDE];
  }
  for (int64_t i = 0; i < dlc_header(model, DLC_HEADER_BUFFER_COUNT); ++i) {
    const int64_t *record = dlc_record(model, DLC_HEADER_BUFFERS, DLC_BUFFER_LENGTH, i);
    struct halide_buffer_t *buffer = &session->buffers[i];
    buffer->type.code = (uint8_t)record[DLC_BUFFER_TYPE_CODE];
    buffer->type.bits = (uint8_t)record[DLC_BUFFER_TYPE_BITS];
    buffer->type.lanes = 1;
    buffer->dimensions = (int32_t)record[DLC_BUFFER_RANK];
    buffer->dim = session->dimensions + record[DLC_BUFFER_DIMENSION];
    int64_t offset = dlc_scaled(record[DLC_BUFFER_OFFSET_FIXED], record[DLC_BUFFER_OFFSET_PER_BATCH], batch);
    dlc_binding binding = {(int32_t)i, (int32_t)record[DLC_BUFFER_INDEX], offset};
    switch (record[DLC_BUFFER_SPACE]) {
    case DLC_SPACE_ARENA:
      buffer->host = session->arena ? (uint8_t *)session->arena + offset : NULL;
      break;
    case DLC_SPACE_WEIGHTS:
      // Kernels do not write to weights; Halide has no constant descriptors.
      buffer->host = (uint8_t *)(uintptr_t)session->weights;
      buffer->host = buffer->host ? buffer->host + offset : NULL;
      break;
    case DLC_SPACE_STATE:
      buffer->host = session->state ? (uint8_t *)session->state + offset : NULL;
      break;
    case DLC_SPACE_INPUT:
      session->inputs[session->input_bindings++] = binding;
      break;
    default:
      session->outputs[session->output_bindings++] = binding;
    }
  }
  if (session->remote)
    dlc_remote_fill(session);
}

// What a model for the CPU needs: an arena, and threads where there is a use for
// them.
static dlc_status build_on_cpu(dlc_session *session, const dlc_options *options, const dlc_arena_layout *layout,
                               dlc_message *message) {
  snprintf(session->device_name, sizeof(session->device_name), "%s", dlc_device_kind_name(DLC_DEVICE_CPU));
  dlc_status status = dlc_memory_find(options, session->arena_bytes, &session->arena, &session->owns_arena, message);
  if (status)
    return status;
  place_workers(session, layout);
  dlc_session_fill(session, session->batch);
  if (!session->pool && !session->hook && session->threads > 1 && dlc_header(session->model, DLC_HEADER_PARALLEL)) {
    status = dlc_pool_start(session->threads, &session->allocator, &session->pool, message);
    session->owns_pool = !status;
  }
  return status;
}

dlc_status dlc_session_build(const dlc_model *given, const dlc_options *options, const dlc_choice *choice,
                             const dlc_session_place *place, dlc_session **result, dlc_message *message) {
  // 1. The object, and whether it fits this machine and this batch.
  int64_t batch = options->batch;
  dlc_options used = *options;
  used.threads = choice->driver ? 1 : options->threads;
  const dlc_model *model = dlc_find_variant(given, choice->driver ? choice->driver->kind : DLC_DEVICE_CPU);
  dlc_arena_layout layout;
  dlc_status status = dlc_table_check_cpu(model, message);
  if (!status)
    status = dlc_table_batch(model, &batch, message);
  if (!status)
    status = dlc_table_check_batch(model, batch, message);
  if (!status)
    status = dlc_table_arena(model, batch, used.threads, &layout, message);
  if (!status && !place->state && dlc_header(model, DLC_HEADER_STATE_BYTES))
    status = dlc_fail(message, DLC_ERROR_ARGUMENT, "the model is a part of a training and needs a trainer");
  if (!status && options->device_memory && !choice->driver)
    status = dlc_fail(message, DLC_ERROR_ARGUMENT, "device_memory is for sessions on a device, not on the CPU");
  if (status)
    return status;

  // 2. The session.
  dlc_session *session = allocate_session(model, &used);
  if (!session)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a session");
  *result = session; // what is done so far; the caller destroys it on failure
  session->given = given;
  session->batch = batch;
  session->state = place->state;
  session->arena_bytes = (size_t)layout.total;

  // 3. Weights.
  session->weights = model->weights;
  if (dlc_header(model, DLC_HEADER_WEIGHTS_EXTERNAL) && dlc_header(model, DLC_HEADER_WEIGHTS_BYTES))
    status = dlc_weights_open(model, options->weights_path, &session->allocator, &session->weights_file,
                              &session->weights, message);
  if (status)
    return status;

  // 4. Memory, descriptors, threads or kernels.
  if (!choice->driver)
    return build_on_cpu(session, options, &layout, message);
  place_workers(session, &(dlc_arena_layout){0, 0, 0, 0});
  return dlc_remote_build(session, choice, options, place, &layout, message);
}

dlc_status dlc_session_create(const dlc_model *model, const dlc_options *given, dlc_session **session) {
  dlc_message *message = &creation_error;
  if (!session)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "there is no place for the session");
  *session = NULL;
  dlc_options options;
  dlc_status status = dlc_options_read(given, &options, message);
  if (!status)
    status = dlc_table_check(model, message);
  dlc_choice choice;
  if (!status)
    status = dlc_choose_device(model, &options, &choice, message);
  const dlc_session_place none = {NULL, NULL, 0, 0};
  if (!status)
    status = dlc_session_build(model, &options, &choice, &none, session, message);
  if (status) {
    dlc_session_destroy(*session);
    *session = NULL;
    dlc_say(options.log, options.log_context, DLC_LOG_ERROR, message->text);
  } else if (options.log) {
    char text[256];
    snprintf(text, sizeof(text),
             "session of '%.80s' on %s: batch %lld, %d threads, arena of %zu bytes, "
             "weights of %lld bytes%s",
             dlc_string(model, dlc_header(model, DLC_HEADER_NAME)), (*session)->device_name,
             (long long)(*session)->batch, (*session)->threads, (*session)->arena_bytes,
             (long long)dlc_header((*session)->model, DLC_HEADER_OWN_WEIGHTS_BYTES),
             (*session)->weights_file ? " from a file" : "");
    dlc_say(options.log, options.log_context, DLC_LOG_INFO, text);
  }
  return status;
}

void dlc_session_destroy(dlc_session *session) {
  if (!session)
    return;
  dlc_remote_destroy(session);
  if (session->owns_pool)
    dlc_pool_destroy(session->pool);
  dlc_safetensors_close(session->weights_file);
  dlc_allocator allocator = session->allocator;
  if (session->owns_arena)
    allocator.deallocate(allocator.context, session->arena, session->arena_bytes);
  allocator.deallocate(allocator.context, session, session->block_bytes);
}

const char *dlc_session_error(const dlc_session *session) {
  return session ? session->error.text : creation_error.text;
}

dlc_status dlc_pool_create(int32_t threads, const dlc_allocator *allocator, dlc_pool **pool) {
  if (!pool)
    return dlc_fail(&creation_error, DLC_ERROR_ARGUMENT, "there is no place for the pool");
  *pool = NULL;
  if (threads < 0 || threads > DLC_MAX_THREADS || (allocator && (!allocator->allocate || !allocator->deallocate)))
    return dlc_fail(&creation_error, DLC_ERROR_ARGUMENT,
                    "a pool needs between 1 and %d threads and a complete "
                    "allocator",
                    DLC_MAX_THREADS);
  return dlc_pool_start(threads ? threads : dlc_default_threads(), allocator ? allocator : &dlc_default_allocator, pool,
                        &creation_error);
}

int32_t dlc_device_count(dlc_device_kind kind) {
  const dlc_driver *driver = dlc_find_driver(kind);
  if (!driver)
    return dlc_fail(&creation_error, DLC_ERROR_ARGUMENT, "the kind of device is CUDA or OpenCL");
  int32_t count;
  dlc_status status = driver->count(&count, &creation_error);
  return status ? (int32_t)status : count;
}

dlc_status dlc_get_device_info(dlc_device_kind kind, int32_t index, dlc_device_info *info) {
  int32_t count = dlc_device_count(kind);
  if (count < 0)
    return (dlc_status)count;
  if (index < 0 || index >= count || !info)
    return dlc_fail(&creation_error, DLC_ERROR_ARGUMENT, "there is no %s device %d", dlc_device_kind_name(kind), index);
  return dlc_find_driver(kind)->describe(index, info, &creation_error);
}

dlc_status dlc_find_device(const char *name, dlc_device_info *info) {
  if (!name || !info)
    return dlc_fail(&creation_error, DLC_ERROR_ARGUMENT, "a device is found by its name");
  return dlc_describe_device(name, info, &creation_error);
}
