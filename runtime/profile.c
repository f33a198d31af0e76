// The driver's trace: the time that each step of a model takes, summed over runs.
#define _GNU_SOURCE
#include "runtime/device.h"

#include <string.h>
#include <time.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void dlc_profile_begin(dlc_session *session) { session->last_time = now(); }

void dlc_session_trace(void *context, int32_t step) {
  dlc_session *session = ((dlc_worker *)context)->session;
  if (step < 0 || step >= dlc_step_count(session))
    return;
  if (session->remote) {
    dlc_remote_trace(session, step);
    return;
  }
  if (session->profile) {
    session->nanoseconds[step] += now() - session->last_time;
    session->runs[step]++;
  }
  if (session->observer)
    session->observer(session->observer_context, step);
  if (session->profile)
    session->last_time = now(); // the observer's time is nobody's
}

int32_t dlc_step_count(const dlc_session *session) {
  return session ? (int32_t)dlc_header(session->model, DLC_HEADER_STEP_COUNT) : 0;
}

dlc_status dlc_get_step_info(const dlc_session *session, int32_t index, dlc_step_info *info) {
  if (!session || !info || index < 0 || index >= dlc_step_count(session))
    return DLC_ERROR_ARGUMENT;
  const dlc_model *model = session->model;
  const int64_t *step = dlc_record(model, DLC_HEADER_STEPS, DLC_STEP_LENGTH, index);
  info->name = dlc_string(model, step[DLC_STEP_NAME]);
  info->kernel = dlc_string(model, step[DLC_STEP_KERNEL]);
  info->flops = dlc_scaled(0, step[DLC_STEP_FLOPS_PER_BATCH], session->batch);
  info->bytes_read = dlc_scaled(step[DLC_STEP_BYTES_READ_FIXED], step[DLC_STEP_BYTES_READ_PER_BATCH], session->batch);
  info->bytes_written = dlc_scaled(0, step[DLC_STEP_BYTES_WRITTEN_PER_BATCH], session->batch);
  info->nanoseconds = session->nanoseconds[index];
  info->runs = session->runs[index];
  return DLC_OK;
}

void dlc_profile_reset(dlc_session *session) {
  if (!session)
    return;
  memset(session->nanoseconds, 0, (size_t)dlc_step_count(session) * sizeof(int64_t));
  memset(session->runs, 0, (size_t)dlc_step_count(session) * sizeof(int64_t));
}
