// A trainer on a device: its state there, and the mirror of it that the caller sees.
#include "runtime/trainer.h"

dlc_status dlc_trainer_open_device(dlc_trainer *trainer, const dlc_choice *choice, const dlc_options *options,
                                   int64_t arena, dlc_message *message) {
  const dlc_driver *driver = choice->driver;
  dlc_status status = driver->open(choice->index, options->stream, options->profile != 0, &trainer->allocator,
                                   &trainer->device, message);
  if (!status)
    status = driver->enter(trainer->device, message);
  if (status)
    return status;
  size_t state = (size_t)dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_STATE_BYTES);
  if (state)
    status = dlc_device_allocate(trainer->device, state, &trainer->device_state, message);
  if (arena && !status)
    status = dlc_device_allocate(trainer->device, (size_t)arena, &trainer->device_arena, message);
  driver->leave(trainer->device);
  return status;
}

void dlc_trainer_close_device(dlc_trainer *trainer) {
  if (!trainer->device)
    return;
  const dlc_driver *driver = trainer->device->driver;
  dlc_message unused;
  int is_entered = !driver->enter(trainer->device, &unused);
  if (trainer->device_state)
    driver->release(trainer->device, trainer->device_state);
  if (trainer->device_arena)
    driver->release(trainer->device, trainer->device_arena);
  if (is_entered)
    driver->leave(trainer->device);
  driver->close(trainer->device);
}

//===----------------------------------------------------------------------===//
// The state and its mirror
//===----------------------------------------------------------------------===//

// Copies `bytes` of the state from `place` on, to the device or from it.
static dlc_status copy_state(dlc_trainer *trainer, int64_t place, int64_t bytes, int is_upload) {
  const dlc_driver *driver = trainer->device->driver;
  uint64_t there = trainer->device_state + (uint64_t)place;
  char *here = trainer->state + place;
  if (bytes <= 0)
    return DLC_OK;
  dlc_message message;
  dlc_status status = driver->enter(trainer->device, &message);
  if (!status) {
    status = is_upload ? driver->upload(trainer->device, there, here, (size_t)bytes, &message)
                       : driver->download(trainer->device, here, there, (size_t)bytes, &message);
    if (!status)
      status = driver->finish(trainer->device, &message);
    driver->leave(trainer->device);
  }
  return status ? dlc_trainer_fail(trainer, status, "%s: the training state: %s",
                                   dlc_session_device(trainer->sessions[DLC_PART_STEP]), message.text)
                : DLC_OK;
}

static int64_t state_bytes(const dlc_trainer *trainer) {
  return dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_STATE_BYTES);
}

dlc_status dlc_trainer_push(dlc_trainer *trainer) {
  if (!trainer->is_mirror_new)
    return DLC_OK;
  dlc_status status = copy_state(trainer, 0, state_bytes(trainer), /*is_upload=*/1);
  trainer->is_mirror_new = status != DLC_OK;
  return status;
}

dlc_status dlc_trainer_pull(dlc_trainer *trainer) {
  if (!trainer->is_mirror_old)
    return DLC_OK;
  dlc_status status = copy_state(trainer, 0, state_bytes(trainer), /*is_upload=*/0);
  trainer->is_mirror_old = status != DLC_OK;
  return status;
}

dlc_status dlc_trainer_pull_gradients(dlc_trainer *trainer) {
  int64_t bytes;
  const char *gradients = dlc_trainer_gradients(trainer, &bytes);
  return trainer->is_mirror_old ? copy_state(trainer, gradients - trainer->state, bytes, /*is_upload=*/0) : DLC_OK;
}

dlc_status dlc_trainer_push_gradients(dlc_trainer *trainer) {
  int64_t bytes;
  const char *gradients = dlc_trainer_gradients(trainer, &bytes);
  if (!trainer->device || trainer->is_mirror_new) // then all of it is pushed soon
    return DLC_OK;
  return copy_state(trainer, gradients - trainer->state, bytes, /*is_upload=*/1);
}

//===----------------------------------------------------------------------===//
// What the caller sees
//===----------------------------------------------------------------------===//

// Before the caller gets pointers into the mirror, through which it may write.
static dlc_status open_mirror(const dlc_trainer *constant) {
  dlc_trainer *trainer = (dlc_trainer *)(uintptr_t)constant; // what it computes stays the same
  if (!trainer->device || trainer->is_in_callback)
    return DLC_OK;
  dlc_status status = dlc_trainer_pull(trainer);
  trainer->is_mirror_new |= status == DLC_OK;
  return status;
}

dlc_status dlc_trainer_variable(const dlc_trainer *trainer, int32_t index, dlc_variable_info *info) {
  dlc_status status = dlc_trainer_describe(trainer, index, info);
  return status ? status : open_mirror(trainer);
}

void *dlc_trainer_slot(const dlc_trainer *trainer, int32_t slot, int32_t variable) {
  void *place = dlc_trainer_slot_place(trainer, slot, variable);
  return place && !open_mirror(trainer) ? place : NULL;
}

// During a run, on the thread that has the device.
void dlc_trainer_tell_gradient(dlc_trainer *trainer, int32_t variable) {
  dlc_variable_info info;
  if (!trainer->device || dlc_trainer_describe(trainer, variable, &info)) {
    trainer->gradient_ready(trainer->gradient_context, variable);
    return;
  }
  const dlc_driver *driver = trainer->device->driver;
  uint64_t there = trainer->device_state + (uint64_t)((char *)info.gradient - trainer->state);
  dlc_message message;
  dlc_status status = DLC_OK;
  if (info.bytes)
    status = driver->download(trainer->device, info.gradient, there, info.bytes, &message);
  if (!status)
    status = driver->finish(trainer->device, &message);
  if (!status) {
    trainer->is_in_callback = 1;
    trainer->gradient_ready(trainer->gradient_context, variable);
    trainer->is_in_callback = 0;
    if (info.bytes)
      status = driver->upload(trainer->device, there, info.gradient, info.bytes, &message);
  }
  if (status)
    dlc_remote_fail(trainer->sessions[DLC_PART_STEP], status, &message);
}
