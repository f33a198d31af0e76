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

struct dlc_session {
  const dlc_model *model;
  int64_t batch;
  int32_t threads;
  dlc_allocator allocator;
  dlc_log_function log;
  void *log_context;

  // Memory. The block holds this struct and the arrays below.
  size_t block_bytes;
  char *arena;
  size_t arena_bytes;
  int owns_arena;
  const char *weights;
  dlc_safetensors *weights_file; // null unless the weights are external

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
  int64_t profiled_runs;
  int64_t last_time;
};

// Empties every worker's scratch.
void dlc_scratch_reset(dlc_session *session);

// Fails the current run with a message; the first one wins.
void dlc_kernel_error(dlc_worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Maps the external weights file and checks it against the model.
dlc_status dlc_weights_open(const dlc_model *model, const char *path, const dlc_allocator *allocator,
                            dlc_safetensors **file, const char **weights, dlc_message *message);

// The driver's trace: adds the time since the last call to the step.
void dlc_profile_begin(dlc_session *session);
void dlc_profile_trace(void *context, int32_t step);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_SESSION_H
