// A run of a session on a device: copies in, launches, copies out.
#include "runtime/device.h"

#include <string.h>

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

// The inputs from `first` on that are small and stand in adjacent places, as one
// copy. Returns how many they are.
static int32_t take_small_inputs(dlc_session *session, const void *const *inputs, int32_t first, dlc_status *status,
                                 dlc_message *message) {
  dlc_remote *remote = session->remote;
  int32_t count = 0;
  for (; first + count < dlc_remote_input_count(session) && inputs[first + count]; ++count) {
    int32_t i = first + count;
    size_t bytes = dlc_remote_tensor_bytes(session, DLC_HEADER_INPUTS, i, session->filled);
    if (bytes > DLC_REMOTE_ALIGNMENT ||
        remote->inputs[i] != remote->inputs[first] + (uint64_t)count * DLC_REMOTE_ALIGNMENT)
      break;
    memcpy(remote->small + (size_t)i * DLC_REMOTE_ALIGNMENT, inputs[i], bytes);
  }
  if (count > 1)
    *status = remote->device->driver->upload(remote->device, remote->inputs[first],
                                             remote->small + (size_t)first * DLC_REMOTE_ALIGNMENT,
                                             (size_t)count * DLC_REMOTE_ALIGNMENT, message);
  return count;
}

// The caller's device pointers, or copies from its memory.
static dlc_status take_inputs(dlc_session *session, const void *const *inputs, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  for (int32_t i = 0; i < dlc_remote_input_count(session) && !status; ++i) {
    size_t bytes = dlc_remote_tensor_bytes(session, DLC_HEADER_INPUTS, i, session->filled);
    if (!inputs[i] || !bytes)
      continue;
    int32_t small = remote->has_device_memory ? 0 : take_small_inputs(session, inputs, i, &status, message);
    if (small > 1) {
      i += small - 1;
      continue;
    }
    if (dlc_remote_is_bound(remote))
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
  for (int32_t i = 0; i < dlc_remote_output_count(session); ++i)
    if (outputs[i])
      remote->outputs[i] = (uint64_t)(uintptr_t)outputs[i];
}

static dlc_status give_outputs(dlc_session *session, void *const *outputs, dlc_message *message) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  dlc_status status = DLC_OK;
  for (int32_t i = 0; i < dlc_remote_output_count(session) && !status; ++i) {
    size_t bytes = dlc_remote_tensor_bytes(session, DLC_HEADER_OUTPUTS, i, session->filled);
    if (!outputs[i] || !bytes || dlc_remote_is_bound(remote))
      continue;
    if (remote->has_device_memory)
      status = driver->copy(remote->device, outputs[i], remote->handles[dlc_remote_input_count(session) + i], bytes,
                            message);
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
  if (dlc_remote_is_bound(remote)) {
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
