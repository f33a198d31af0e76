// A session: everything that one run of a model needs, made beforehand.
#ifndef DLC_RUNTIME_SESSION_H
#define DLC_RUNTIME_SESSION_H

#include "dlc/safetensors.h"
#include "runtime/halide.h"
#include "runtime/table.h"
#include "runtime/threads.h"

#include <stdatomic.h>

#pragma GCC visibility push(hidden)

// A descriptor whose host pointer is set at every run.
typedef struct dlc_binding {
  int32_t buffer;
  int32_t tensor; // which input or output
  int64_t offset;
} dlc_binding;

struct dlc_choice; // runtime/device.h

// What a trainer gives its sessions: the training state, and on a device the device
// and its memory. All null and 0 for a session by itself.
typedef struct dlc_session_place {
  char *state;
  struct dlc_device *device;
  uint64_t device_state, device_arena;
} dlc_session_place;

struct dlc_session {
  const dlc_model *model; // the variant that it runs
  const dlc_model *given; // the model that it was made of
  int64_t batch;          // the largest that it can run
  int64_t filled;         // the one that the descriptors are for
  int32_t threads;
  dlc_allocator allocator;
  dlc_log_function log;
  void *log_context;

  // Memory. The block holds this struct and the arrays below.
  size_t block_bytes;
  char *arena;
  size_t arena_bytes;
  int owns_arena;
  char *state; // of the training that the model is a part of; its owner is the trainer
  const char *weights;
  dlc_safetensors *weights_file; // null unless the weights are external
  struct dlc_remote *remote;     // what it has on a device; null on the CPU
  char device_name[24];

  struct halide_buffer_t *buffers;  // (buffer records)
  dlc_buffer_dimension *dimensions; // (dimension records)
  dlc_binding *inputs, *outputs;
  int32_t input_bindings, output_bindings;

  // Threads. In a run, parallel_for is the loop to use, or null for none.
  dlc_worker *workers; // (threads)
  dlc_pool *pool;
  int owns_pool;
  dlc_parallel_for_function hook;
  void *hook_context;
  dlc_parallel_for_function parallel_for;
  void *parallel_for_context;

  // The current run.
  atomic_int running;
  atomic_size_t missing_scratch; // the largest request that did not fit
  atomic_int kernel_failed;      // a hook of dlc_rt_ reported an error
  dlc_message error;

  // Profile.
  int profile;
  int64_t *nanoseconds; // (step records)
  int64_t *runs;        // (step records)
  int64_t last_time;

  // Told of each step that is done, on the calling thread; null for none.
  dlc_trace_function observer;
  void *observer_context;
};

// Checks options and fills in the defaults.
dlc_status dlc_options_read(const dlc_options *given, dlc_options *options, dlc_message *message);

// Makes a session from options that were read and a device that was chosen for
// them. After a failure *session is what there is to destroy.
dlc_status dlc_session_build(const dlc_model *model, const dlc_options *options, const struct dlc_choice *choice,
                             const dlc_session_place *place, dlc_session **session, dlc_message *message);

// Space for `count` items within a block that is being measured: where they begin.
size_t dlc_reserve(size_t *bytes, size_t item, int64_t count);

// The caller's memory of `bytes`, if the options have some, else the allocator's.
dlc_status dlc_memory_find(const dlc_options *options, size_t bytes, char **memory, int *owned, dlc_message *message);

// Checks a caller's pointer to input (DLC_HEADER_INPUTS) or output `index`.
dlc_status dlc_session_check_pointer(dlc_session *session, const void *pointer, enum dlc_header_field begin,
                                     int32_t index);

// Runs the steps from `begin` to before `end` with `batch` images, 1 to the
// session's. The pointers of tensors that these steps do not use may be null.
dlc_status dlc_session_launch(dlc_session *session, int64_t batch, const void *const *inputs, void *const *outputs,
                              int32_t begin, int32_t end);

// What became of a run whose driver returned `result`.
dlc_status dlc_run_result(dlc_session *session, int32_t result);

// Writes the descriptors for a batch.
void dlc_session_fill(dlc_session *session, int64_t batch);

// Sends a message to the options' log.
void dlc_say(dlc_log_function log, void *context, dlc_log_level level, const char *text);

// Empties every worker's scratch.
void dlc_scratch_reset(dlc_session *session);

// Fails the current run with a message; the first one wins.
void dlc_kernel_error(dlc_worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Maps the external weights file and checks it against the model.
dlc_status dlc_weights_open(const dlc_model *model, const char *path, const dlc_allocator *allocator,
                            dlc_safetensors **file, const char **weights, dlc_message *message);

// The driver's trace: adds the time since the last call to the step, and tells
// the observer.
void dlc_profile_begin(dlc_session *session);
void dlc_session_trace(void *context, int32_t step);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_SESSION_H
