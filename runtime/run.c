// A run of a session, and the questions one can ask a session.
#include "runtime/device.h"

#include <string.h>

dlc_status dlc_session_check_pointer(dlc_session *session, const void *pointer, enum dlc_header_field begin,
                                     int32_t index) {
  const dlc_model *model = session->model;
  const int64_t *tensor = dlc_record(model, begin, DLC_TENSOR_LENGTH, index);
  size_t alignment = dlc_type_bytes((dlc_type)tensor[DLC_TENSOR_TYPE]);
  if (pointer && (uintptr_t)pointer % alignment == 0)
    return DLC_OK;
  return dlc_fail(&session->error, DLC_ERROR_ARGUMENT, "%s '%.80s' is %s",
                  begin == DLC_HEADER_INPUTS ? "input" : "output", dlc_string(model, tensor[DLC_TENSOR_NAME]),
                  pointer ? "not aligned to its elements" : "null");
}

static dlc_status check_pointers(dlc_session *session, const void *const *inputs, void *const *outputs) {
  int64_t input_count = dlc_header(session->model, DLC_HEADER_INPUT_COUNT);
  int64_t output_count = dlc_header(session->model, DLC_HEADER_OUTPUT_COUNT);
  if ((input_count && !inputs) || (output_count && !outputs))
    return dlc_fail(&session->error, DLC_ERROR_ARGUMENT, "the array of inputs or outputs is null");
  dlc_status status = DLC_OK;
  for (int32_t i = 0; i < input_count && !status; ++i)
    status = dlc_session_check_pointer(session, inputs[i], DLC_HEADER_INPUTS, i);
  for (int32_t i = 0; i < output_count && !status; ++i)
    status = dlc_session_check_pointer(session, outputs[i], DLC_HEADER_OUTPUTS, i);
  return status;
}

static uint8_t *host(const void *tensor, int64_t offset) {
  // Kernels do not write to inputs; Halide has no constant descriptors.
  return tensor ? (uint8_t *)(uintptr_t)tensor + offset : NULL;
}

static void bind_tensors(dlc_session *session, const void *const *inputs, void *const *outputs) {
  for (int32_t i = 0; i < session->input_bindings; ++i) {
    const dlc_binding *binding = &session->inputs[i];
    session->buffers[binding->buffer].host = host(inputs[binding->tensor], binding->offset);
  }
  for (int32_t i = 0; i < session->output_bindings; ++i) {
    const dlc_binding *binding = &session->outputs[i];
    session->buffers[binding->buffer].host = host(outputs[binding->tensor], binding->offset);
  }
}

// Which threads this run has: the caller's, the pool's if it is free, or only
// the calling one. Returns whether the pool was taken.
static int take_threads(dlc_session *session) {
  session->parallel_for = NULL;
  if (session->threads < 2 || !dlc_header(session->model, DLC_HEADER_PARALLEL))
    return 0;
  if (session->hook) {
    session->parallel_for = session->hook;
    session->parallel_for_context = session->hook_context;
    return 0;
  }
  if (!dlc_pool_begin(session->pool, session->threads))
    return 0;
  session->parallel_for = dlc_pool_parallel_for;
  session->parallel_for_context = session->pool;
  return 1;
}

// The result of the driver, or what went wrong beside it.
dlc_status dlc_run_result(dlc_session *session, int32_t result) {
  if (session->remote && session->remote->failed)
    return session->remote->failed; // the message is there
  size_t missing = atomic_load(&session->missing_scratch);
  if (missing)
    return dlc_fail(&session->error, DLC_ERROR_KERNEL, "a kernel asked for %zu bytes of scratch beyond the plan",
                    missing);
  if (atomic_load(&session->kernel_failed))
    return DLC_ERROR_KERNEL; // the message is there
  if (result)
    return dlc_fail(&session->error, DLC_ERROR_KERNEL, "a kernel failed with code %d", result);
  return DLC_OK;
}

static dlc_status launch(dlc_session *session, const void *const *inputs, void *const *outputs, int32_t begin,
                         int32_t end) {
  bind_tensors(session, inputs, outputs);
  int pool_taken = take_threads(session);
  if (session->profile)
    dlc_profile_begin(session);
  dlc_trace_function trace = session->profile || session->observer ? dlc_session_trace : NULL;
  int32_t result = session->model->run(&session->workers[0], session->buffers, trace, begin, end);
  if (pool_taken)
    dlc_pool_end(session->pool);
  return dlc_run_result(session, result);
}

dlc_status dlc_session_launch(dlc_session *session, int64_t batch, const void *const *inputs, void *const *outputs,
                              int32_t begin, int32_t end) {
  if (batch != session->filled)
    dlc_session_fill(session, batch);
  atomic_store_explicit(&session->missing_scratch, 0, memory_order_relaxed);
  atomic_store_explicit(&session->kernel_failed, 0, memory_order_relaxed);
  dlc_status status = session->remote ? dlc_remote_launch(session, inputs, outputs, begin, end)
                                      : launch(session, inputs, outputs, begin, end);
  if (status) {
    // A failed kernel may have left blocks behind; others never do.
    dlc_scratch_reset(session);
    dlc_say(session->log, session->log_context, DLC_LOG_ERROR, session->error.text);
  }
  return status;
}

dlc_status dlc_run(dlc_session *session, const void *const *inputs, void *const *outputs) {
  if (!session)
    return DLC_ERROR_ARGUMENT;
  if (atomic_exchange_explicit(&session->running, 1, memory_order_acquire))
    return DLC_ERROR_BUSY; // the message belongs to the thread that runs
  dlc_status status = check_pointers(session, inputs, outputs);
  if (status)
    dlc_say(session->log, session->log_context, DLC_LOG_ERROR, session->error.text);
  else
    status = dlc_session_launch(session, session->batch, inputs, outputs, 0, dlc_step_count(session));
  atomic_store_explicit(&session->running, 0, memory_order_release);
  return status;
}

const dlc_model *dlc_session_model(const dlc_session *session) { return session ? session->given : NULL; }

int64_t dlc_session_batch(const dlc_session *session) { return session ? session->batch : 0; }

int32_t dlc_session_threads(const dlc_session *session) { return session ? session->threads : 0; }

size_t dlc_session_arena_bytes(const dlc_session *session) { return session ? session->arena_bytes : 0; }

int64_t dlc_session_device_bytes(const dlc_session *session) {
  return session && session->remote ? (int64_t)session->remote->device->allocated : 0;
}

const char *dlc_session_device(const dlc_session *session) { return session ? session->device_name : ""; }
