// A session on a device: its memory, its kernels, its runs.
#include "runtime/device.h"

#include <stdio.h>
#include <string.h>

// Of places in device memory that the runtime chooses.
enum { PLACE_ALIGNMENT = 256 };

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

// The struct and its arrays as one block, zeroed.
static dlc_remote *allocate_remote(const dlc_session *session, const dlc_driver *driver) {
  int64_t inputs = dlc_header(session->model, DLC_HEADER_INPUT_COUNT);
  int64_t outputs = dlc_header(session->model, DLC_HEADER_OUTPUT_COUNT);
  size_t bytes = sizeof(dlc_remote);
  size_t at_inputs = dlc_reserve(&bytes, sizeof(uint64_t), inputs);
  size_t at_outputs = dlc_reserve(&bytes, sizeof(uint64_t), outputs);
  size_t at_handles = dlc_reserve(&bytes, sizeof(void *), inputs + outputs);
  size_t at_timers = dlc_reserve(&bytes, driver->timer_bytes, session->profile ? dlc_step_count(session) : 0);
  char *block = session->allocator.allocate(session->allocator.context, bytes, 64);
  if (!block)
    return NULL;
  memset(block, 0, bytes);
  dlc_remote *remote = (dlc_remote *)(void *)block;
  remote->block_bytes = bytes;
  remote->inputs = (uint64_t *)(void *)(block + at_inputs);
  remote->outputs = (uint64_t *)(void *)(block + at_outputs);
  remote->handles = (void **)(void *)(block + at_handles);
  remote->timers = session->profile ? block + at_timers : NULL;
  return remote;
}

static size_t tensor_bytes(const dlc_session *session, enum dlc_header_field begin, int32_t index, int64_t batch) {
  const int64_t *tensor = dlc_record(session->model, begin, DLC_TENSOR_LENGTH, index);
  return (size_t)dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
}

static int32_t input_count(const dlc_session *session) {
  return (int32_t)dlc_header(session->model, DLC_HEADER_INPUT_COUNT);
}

static int32_t output_count(const dlc_session *session) {
  return (int32_t)dlc_header(session->model, DLC_HEADER_OUTPUT_COUNT);
}

// Whether runs use the caller's device memory as it is.
static int is_bound(const dlc_remote *remote) {
  return remote->has_device_memory && remote->device->driver->handles_are_addresses;
}

// Places of tensors one behind the other, from `*bytes` on.
static void place_tensors(const dlc_session *session, enum dlc_header_field begin, int32_t count, uint64_t *places,
                          uint64_t *bytes) {
  for (int32_t i = 0; i < count; ++i) {
    places[i] = *bytes;
    *bytes +=
        (tensor_bytes(session, begin, i, session->batch) + PLACE_ALIGNMENT - 1) / PLACE_ALIGNMENT * PLACE_ALIGNMENT;
  }
}

// One allocation: inputs, outputs, arena.
static dlc_status place_memory(dlc_session *session, const dlc_session_place *place, const dlc_arena_layout *layout,
                               dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  uint64_t bytes = 0;
  if (!is_bound(remote)) {
    place_tensors(session, DLC_HEADER_INPUTS, input_count(session), remote->inputs, &bytes);
    place_tensors(session, DLC_HEADER_OUTPUTS, output_count(session), remote->outputs, &bytes);
  }
  uint64_t arena = bytes;
  if (!place->device_arena)
    bytes += (uint64_t)layout->total;
  if (bytes) {
    dlc_status status = driver->allocate(remote->device, bytes, &remote->memory, message);
    if (status)
      return status;
  }
  for (int32_t i = 0; i < input_count(session) && !is_bound(remote); ++i)
    remote->inputs[i] += remote->memory;
  for (int32_t i = 0; i < output_count(session) && !is_bound(remote); ++i)
    remote->outputs[i] += remote->memory;
  remote->arena = place->device_arena ? place->device_arena : remote->memory + arena;
  remote->state = place->device_state;
  remote->scratch = remote->top = remote->arena + (uint64_t)layout->planned;
  remote->end = remote->scratch + (uint64_t)layout->caller_scratch;
  return DLC_OK;
}

// Where the caller's memory has handles, so have the places of inputs and outputs.
static dlc_status wrap_places(dlc_session *session, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  if (!remote->has_device_memory || driver->handles_are_addresses)
    return status;
  int32_t inputs = input_count(session), outputs = output_count(session);
  for (int32_t i = 0; i < inputs + outputs && !status; ++i) {
    size_t bytes = i < inputs ? tensor_bytes(session, DLC_HEADER_INPUTS, i, session->batch)
                              : tensor_bytes(session, DLC_HEADER_OUTPUTS, i - inputs, session->batch);
    if (bytes)
      status = driver->wrap(remote->device, i < inputs ? remote->inputs[i] : remote->outputs[i - inputs], bytes,
                            &remote->handles[i], message);
  }
  return status;
}

static dlc_status upload_weights(dlc_session *session, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  size_t bytes = (size_t)dlc_header(session->model, DLC_HEADER_OWN_WEIGHTS_BYTES);
  if (!bytes)
    return DLC_OK;
  dlc_status status = driver->allocate(remote->device, bytes, &remote->weights, message);
  if (!status)
    status = driver->upload(remote->device, remote->weights,
                            session->weights + dlc_header(session->model, DLC_HEADER_OWN_WEIGHTS), bytes, message);
  return status ? status : driver->finish(remote->device, message);
}

// A run in which the kernels are loaded and none is launched.
static dlc_status prepare(dlc_session *session, dlc_message *message) {
  dlc_remote *remote = session->remote;
  remote->is_preparing = 1;
  int32_t result =
      session->model->run(&session->workers[0], session->buffers, dlc_session_trace, 0, dlc_step_count(session));
  remote->is_preparing = 0;
  remote->step = 0;
  dlc_status status = dlc_run_result(session, result);
  if (status)
    *message = session->error;
  return status;
}

static dlc_status build_on_device(dlc_session *session, const dlc_session_place *place, const dlc_arena_layout *layout,
                                  dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = place_memory(session, place, layout, message);
  if (!status)
    status = wrap_places(session, message);
  if (!status)
    status = upload_weights(session, message);
  for (int32_t i = 0; remote->timers && i < dlc_step_count(session) && !status; ++i)
    status = driver->create_timer(remote->device, remote->timers + (size_t)i * driver->timer_bytes, message);
  if (status) {
    dlc_message error = *message;
    return dlc_fail(message, status, "%s: %.480s", session->device_name, error.text);
  }
  dlc_session_fill(session, session->batch);
  return prepare(session, message);
}

dlc_status dlc_remote_build(dlc_session *session, const dlc_choice *choice, const dlc_options *options,
                            const dlc_session_place *place, const dlc_arena_layout *layout, dlc_message *message) {
  if (options->device_memory && !choice->driver->handles_are_addresses && !options->stream)
    return dlc_fail(message, DLC_ERROR_ARGUMENT,
                    "device_memory needs the caller's queue, whose context the memory belongs to");
  session->remote = allocate_remote(session, choice->driver);
  dlc_remote *remote = session->remote;
  if (!remote)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a session");
  remote->has_device_memory = options->device_memory != 0;
  remote->device = place->device;
  if (!remote->device) {
    dlc_status status = choice->driver->open(choice->index, options->stream, session->profile, &session->allocator,
                                             &remote->device, message);
    remote->owns_device = remote->device != NULL;
    if (status)
      return status;
  }
  snprintf(session->device_name, sizeof(session->device_name), "%s:%d", dlc_device_kind_name(choice->driver->kind),
           remote->device->index);
  dlc_status status = choice->driver->enter(remote->device, message);
  if (status)
    return status;
  status = build_on_device(session, place, layout, message);
  choice->driver->leave(remote->device);
  return status;
}

// Also of a device that is lost, where the driver's functions fail and nothing is to
// be done about it.
static void destroy_on_device(dlc_session *session) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_message unused;
  int is_entered = !driver->enter(remote->device, &unused);
  if (is_entered)
    (void)driver->finish(remote->device, &unused); // a caller's stream may still be at work
  const dlc_known_launch *launches = remote->launches.items;
  for (int32_t i = 0; i < remote->launches.count; ++i)
    if (launches[i].owns_function)
      driver->forget(remote->device, launches[i].function);
  const dlc_loaded_module *modules = remote->modules.items;
  for (int32_t i = 0; i < remote->modules.count; ++i)
    driver->unload(remote->device, modules[i].module);
  for (int32_t i = 0; remote->timers && i < dlc_step_count(session); ++i)
    driver->destroy_timer(remote->device, remote->timers + (size_t)i * driver->timer_bytes);
  for (int32_t i = 0; i < input_count(session) + output_count(session); ++i)
    if (remote->handles[i])
      driver->unwrap(remote->device, remote->handles[i]);
  if (remote->memory)
    driver->release(remote->device, remote->memory);
  if (remote->weights)
    driver->release(remote->device, remote->weights);
  if (is_entered)
    driver->leave(remote->device);
}

void dlc_remote_destroy(dlc_session *session) {
  dlc_remote *remote = session->remote;
  if (!remote)
    return;
  if (remote->device)
    destroy_on_device(session);
  if (remote->owns_device)
    remote->device->driver->close(remote->device);
  dlc_allocator *allocator = &session->allocator;
  if (remote->launches.items)
    allocator->deallocate(allocator->context, remote->launches.items, remote->launches.bytes);
  if (remote->modules.items)
    allocator->deallocate(allocator->context, remote->modules.items, remote->modules.bytes);
  allocator->deallocate(allocator->context, remote, remote->block_bytes);
  session->remote = NULL;
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

// The address of the first byte of a buffer's space.
static uint64_t base_of(const dlc_remote *remote, const int64_t *buffer) {
  switch (buffer[DLC_BUFFER_SPACE]) {
  case DLC_SPACE_ARENA:
    return remote->arena;
  case DLC_SPACE_WEIGHTS:
    return remote->weights;
  case DLC_SPACE_STATE:
    return remote->state;
  case DLC_SPACE_INPUT:
    return remote->inputs[buffer[DLC_BUFFER_INDEX]];
  default:
    return remote->outputs[buffer[DLC_BUFFER_INDEX]];
  }
}

void dlc_remote_fill(dlc_session *session) {
  const dlc_remote *remote = session->remote;
  for (int64_t i = 0; i < dlc_header(session->model, DLC_HEADER_BUFFER_COUNT); ++i) {
    const int64_t *record = dlc_record(session->model, DLC_HEADER_BUFFERS, DLC_BUFFER_LENGTH, i);
    struct halide_buffer_t *buffer = &session->buffers[i];
    int64_t offset = dlc_scaled(record[DLC_BUFFER_OFFSET_FIXED], record[DLC_BUFFER_OFFSET_PER_BATCH], session->filled);
    buffer->host = NULL;
    buffer->device = base_of(remote, record) + (uint64_t)offset;
    buffer->device_interface = remote->device->driver;
  }
}

// The caller's device pointers, or copies from its memory.
static dlc_status take_inputs(dlc_session *session, const void *const *inputs, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  for (int32_t i = 0; i < input_count(session) && !status; ++i) {
    size_t bytes = tensor_bytes(session, DLC_HEADER_INPUTS, i, session->filled);
    if (!inputs[i] || !bytes)
      continue;
    if (is_bound(remote))
      remote->inputs[i] = (uint64_t)(uintptr_t)inputs[i];
    else if (remote->has_device_memory)
      status = driver->copy(remote->device, remote->handles[i], (void *)(uintptr_t)inputs[i], bytes, message);
    else
      status = driver->upload(remote->device, remote->inputs[i], inputs[i], bytes, message);
  }
  return status;
}

static void bind_outputs(dlc_session *session, void *const *outputs) {
  dlc_remote *remote = session->remote;
  for (int32_t i = 0; i < output_count(session); ++i)
    if (outputs[i])
      remote->outputs[i] = (uint64_t)(uintptr_t)outputs[i];
}

static dlc_status give_outputs(dlc_session *session, void *const *outputs, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  for (int32_t i = 0; i < output_count(session) && !status; ++i) {
    size_t bytes = tensor_bytes(session, DLC_HEADER_OUTPUTS, i, session->filled);
    if (!outputs[i] || !bytes || is_bound(remote))
      continue;
    if (remote->has_device_memory)
      status = driver->copy(remote->device, outputs[i], remote->handles[input_count(session) + i], bytes, message);
    else
      status = driver->download(remote->device, outputs[i], remote->outputs[i], bytes, message);
  }
  return status;
}

static dlc_status start_timer(dlc_session *session, int32_t step, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  if (!remote->timers || step >= remote->last_step)
    return DLC_OK;
  return driver->start_timer(remote->device, remote->timers + (size_t)step * driver->timer_bytes, message);
}

static dlc_status read_timers(dlc_session *session, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  for (int32_t i = remote->first_step; remote->timers && i < remote->last_step && !status; ++i) {
    int64_t nanoseconds = 0;
    status =
        driver->read_timer(remote->device, remote->timers + (size_t)i * driver->timer_bytes, &nanoseconds, message);
    session->nanoseconds[i] += nanoseconds;
    session->runs[i]++;
  }
  return status;
}

void dlc_remote_trace(dlc_session *session, int32_t step) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_message message;
  remote->step = step + 1;
  if (remote->is_preparing || remote->failed)
    return;
  dlc_status status = DLC_OK;
  if (remote->timers)
    status = driver->stop_timer(remote->device, remote->timers + (size_t)step * driver->timer_bytes, &message);
  if (!status && session->observer)
    session->observer(session->observer_context, step);
  if (!status)
    status = start_timer(session, step + 1, &message);
  if (status)
    dlc_remote_fail(session, status, &message);
}

dlc_status dlc_remote_fail(dlc_session *session, dlc_status status, const dlc_message *message) {
  dlc_remote *remote = session->remote;
  if (remote->failed)
    return remote->failed;
  remote->failed = status;
  if (remote->step >= dlc_step_count(session))
    return dlc_fail(&session->error, status, "%s: %s", session->device_name, message->text);
  const int64_t *step = dlc_record(session->model, DLC_HEADER_STEPS, DLC_STEP_LENGTH, remote->step);
  return dlc_fail(&session->error, status, "%s: step '%.100s' (%.80s): %s", session->device_name,
                  dlc_string(session->model, step[DLC_STEP_NAME]), dlc_string(session->model, step[DLC_STEP_KERNEL]),
                  message->text);
}

// Between entering and leaving the device.
static dlc_status run(dlc_session *session, const void *const *inputs, void *const *outputs, int32_t begin,
                      int32_t end) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_message message;
  dlc_status status = take_inputs(session, inputs, &message);
  if (is_bound(remote)) {
    bind_outputs(session, outputs);
    dlc_remote_fill(session);
  }
  if (!status)
    status = start_timer(session, begin, &message);
  if (status)
    return dlc_remote_fail(session, status, &message);

  int32_t result = session->model->run(&session->workers[0], session->buffers, dlc_session_trace, begin, end);
  status = dlc_run_result(session, result);
  if (status)
    return status;

  remote->step = dlc_step_count(session); // errors from here on are of no one step
  status = give_outputs(session, outputs, &message);
  int is_left_running = remote->has_device_memory && !remote->device->owns_stream && !remote->timers;
  if (!status && !is_left_running)
    status = driver->finish(remote->device, &message);
  if (!status)
    status = read_timers(session, &message);
  return status ? dlc_remote_fail(session, status, &message) : DLC_OK;
}

dlc_status dlc_remote_launch(dlc_session *session, const void *const *inputs, void *const *outputs, int32_t begin,
                             int32_t end) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_message message;
  remote->failed = DLC_OK;
  remote->first_step = remote->step = begin;
  remote->last_step = end;
  remote->top = remote->scratch;
  remote->live = 0;
  dlc_status status = driver->enter(remote->device, &message);
  if (status)
    return dlc_remote_fail(session, status, &message);
  status = run(session, inputs, outputs, begin, end);
  if (status)
    (void)driver->finish(remote->device, &message); // nothing may write to the caller's memory any more
  driver->leave(remote->device);
  return status;
}
