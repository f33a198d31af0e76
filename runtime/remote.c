// A session on a device: its memory and its kernels.
#include "runtime/device.h"

#include <stdio.h>
#include <string.h>

// The struct and its arrays as one block, zeroed.
static dlc_remote *allocate_remote(const dlc_session *session, const dlc_driver *driver) {
  int64_t inputs = dlc_header(session->model, DLC_HEADER_INPUT_COUNT);
  int64_t outputs = dlc_header(session->model, DLC_HEADER_OUTPUT_COUNT);
  size_t bytes = sizeof(dlc_remote);
  size_t at_inputs = dlc_reserve(&bytes, sizeof(uint64_t), inputs);
  size_t at_outputs = dlc_reserve(&bytes, sizeof(uint64_t), outputs);
  size_t at_small = dlc_reserve(&bytes, DLC_REMOTE_ALIGNMENT, inputs);
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
  remote->small = block + at_small;
  remote->handles = (void **)(void *)(block + at_handles);
  remote->timers = session->profile ? block + at_timers : NULL;
  return remote;
}

// Places of tensors one behind the other, from `*bytes` on.
static void place_tensors(const dlc_session *session, enum dlc_header_field begin, int32_t count, uint64_t *places,
                          uint64_t *bytes) {
  for (int32_t i = 0; i < count; ++i) {
    places[i] = *bytes;
    *bytes += (dlc_remote_tensor_bytes(session, begin, i, session->batch) + DLC_REMOTE_ALIGNMENT - 1) /
              DLC_REMOTE_ALIGNMENT * DLC_REMOTE_ALIGNMENT;
  }
}

// One allocation: inputs, outputs, arena.
static dlc_status place_memory(dlc_session *session, const dlc_session_place *place, const dlc_arena_layout *layout,
                               dlc_message *message) {
  dlc_remote *remote = session->remote;
  uint64_t bytes = 0;
  if (!dlc_remote_is_bound(remote)) {
    place_tensors(session, DLC_HEADER_INPUTS, dlc_remote_input_count(session), remote->inputs, &bytes);
    place_tensors(session, DLC_HEADER_OUTPUTS, dlc_remote_output_count(session), remote->outputs, &bytes);
  }
  uint64_t arena = bytes;
  if (!place->device_arena)
    bytes += (uint64_t)layout->total;
  if (bytes) {
    dlc_status status = dlc_device_allocate(remote->device, bytes, &remote->memory, message);
    if (status)
      return status;
  }
  for (int32_t i = 0; i < dlc_remote_input_count(session) && !dlc_remote_is_bound(remote); ++i)
    remote->inputs[i] += remote->memory;
  for (int32_t i = 0; i < dlc_remote_output_count(session) && !dlc_remote_is_bound(remote); ++i)
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
  int32_t inputs = dlc_remote_input_count(session), outputs = dlc_remote_output_count(session);
  for (int32_t i = 0; i < inputs + outputs && !status; ++i) {
    size_t bytes = i < inputs ? dlc_remote_tensor_bytes(session, DLC_HEADER_INPUTS, i, session->batch)
                              : dlc_remote_tensor_bytes(session, DLC_HEADER_OUTPUTS, i - inputs, session->batch);
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
  dlc_status status = dlc_device_allocate(remote->device, bytes, &remote->weights, message);
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
  for (int32_t i = 0; i < dlc_remote_input_count(session) + dlc_remote_output_count(session); ++i)
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
