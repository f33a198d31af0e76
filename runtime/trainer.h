// A trainer: three sessions (step, update, predict) over one state, one arena and
// one pool.
#ifndef DLC_RUNTIME_TRAINER_H
#define DLC_RUNTIME_TRAINER_H

#include "dlc/train.h"
#include "runtime/device.h"

#pragma GCC visibility push(hidden)

#define DLC_PART_COUNT 3

// The tensors of the step as the caller sees them: without the random key, and
// the gradients last.
typedef struct dlc_step_layout {
  int32_t random_key; // its index among the step's inputs, or -1
  int32_t inputs, forward_inputs;
  int32_t outputs, forward_outputs;
} dlc_step_layout;

// The step's input that the caller knows as `index`.
static inline int32_t dlc_step_input(const dlc_step_layout *layout, int32_t index) {
  return layout->random_key >= 0 && index >= layout->random_key ? index + 1 : index;
}

// The parts of a trainer's memory, in this order; each begins at a multiple of
// DLC_ARENA_ALIGNMENT.
typedef struct dlc_trainer_layout {
  int64_t state;       // bytes
  int64_t accumulated; // gradients, if asked for
  int64_t unwanted;    // outputs that the caller does not want
  int64_t arena;       // of the part that needs most
  int64_t total;
} dlc_trainer_layout;

// What fills an input of the update.
typedef enum dlc_hyper_kind {
  DLC_HYPER_SET = 0, // the caller's value
  DLC_HYPER_CORRECTION1,
  DLC_HYPER_CORRECTION2,
  DLC_HYPER_DECAYED_LR
} dlc_hyper_kind;

typedef struct dlc_hyper {
  dlc_hyper_kind kind;
  double value;
  union {
    float f32;
    double f64;
  } cell; // as the update reads it
} dlc_hyper;

struct dlc_trainer {
  const dlc_training *training;
  const dlc_model *models[DLC_PART_COUNT];
  dlc_session *sessions[DLC_PART_COUNT];
  dlc_step_layout layout;
  int64_t batch;
  int32_t threads;
  uint64_t seed;
  dlc_gradient_function gradient_ready;
  void *gradient_context;
  dlc_allocator allocator;
  dlc_log_function log;
  void *log_context;
  dlc_pool *pool; // the trainer's own, or null
  dlc_message error;
  atomic_int running;

  // Memory. The block holds this struct and the arrays below.
  size_t block_bytes;
  char *memory;
  size_t memory_bytes;
  int owns_memory;
  char *state, *accumulated, *unwanted;

  // On a device: its memory, of which `state` is a mirror. At most one of the two is
  // ahead of the other.
  dlc_device *device; // null on the CPU
  uint64_t device_state, device_arena;
  int is_mirror_old; // the device has changed its state since
  int is_mirror_new; // the caller may have changed the mirror since
  int is_in_callback;

  const void **inputs; // (the step's inputs), of the pass in progress
  void **outputs;      // (the step's outputs)
  void **predicted;    // (predict's outputs)
  dlc_hyper *hypers;   // (the update's inputs)
  const void **hyper_inputs;
  int32_t *ready_first; // (the step's steps): the first variable ready then, or -1
  int32_t *ready_next;  // (variables): the next one ready at the same step, or -1

  // Where the step in progress stands.
  uint32_t random_key[4];
  int64_t updates;
  uint32_t passes;     // forward phases since the last update
  int64_t forward_n;   // images of a forward phase that waits for its backward, or 0
  int has_gradients;   // that are neither accumulated nor used
  int has_accumulated; // gradients
};

// Checks what the three models say together, beyond what dlc_table_check does.
dlc_status dlc_training_check(const dlc_training *training, dlc_message *message);

// What follows from a training that passed dlc_training_check.
dlc_step_layout dlc_step_layout_of(const dlc_model *step);
dlc_status dlc_trainer_layout_of(const dlc_model *const models[DLC_PART_COUNT], int64_t batch, int32_t threads,
                                 int accumulate, dlc_trainer_layout *layout, dlc_message *message);

// The name of a record, which all kinds of records but buffers have first.
static inline const char *dlc_record_name(const dlc_model *model, enum dlc_header_field begin, int64_t length,
                                          int64_t index) {
  return dlc_string(model, dlc_record(model, begin, length, index)[0]);
}

// The input of that name, or -1.
int32_t dlc_find_input(const dlc_model *model, const char *name);

// Fills the update's inputs, for update number `updates` + 1.
void dlc_trainer_fill_hypers(dlc_trainer *trainer);

// The gradients of all trained variables.
static inline char *dlc_trainer_gradients(const dlc_trainer *trainer, int64_t *bytes) {
  const dlc_model *step = trainer->models[DLC_PART_STEP];
  *bytes = dlc_header(step, DLC_HEADER_STATE_TRAINED);
  return trainer->state + dlc_header(step, DLC_HEADER_STATE_GRADIENTS);
}

// Opens the device and allocates the state and an arena of so many bytes on it.
dlc_status dlc_trainer_open_device(dlc_trainer *trainer, const dlc_choice *choice, const dlc_options *options,
                                   int64_t arena, dlc_message *message);
void dlc_trainer_close_device(dlc_trainer *trainer);

// Brings the device's state up to the mirror, and the mirror up to the device's;
// nothing on the CPU. The second is for all of the state, the third for the
// gradients.
dlc_status dlc_trainer_push(dlc_trainer *trainer);
dlc_status dlc_trainer_pull(dlc_trainer *trainer);
dlc_status dlc_trainer_pull_gradients(dlc_trainer *trainer);
// Takes the gradients of the mirror to the device.
dlc_status dlc_trainer_push_gradients(dlc_trainer *trainer);

// Calls gradient_ready for a variable whose gradient has just been enqueued.
void dlc_trainer_tell_gradient(dlc_trainer *trainer, int32_t variable);

// dlc_trainer_variable and dlc_trainer_slot of the mirror as it is.
dlc_status dlc_trainer_describe(const dlc_trainer *trainer, int32_t index, dlc_variable_info *info);
void *dlc_trainer_slot_place(const dlc_trainer *trainer, int32_t slot, int32_t variable);

// Formats the trainer's message, logs it and returns `status`.
dlc_status dlc_trainer_fail(dlc_trainer *trainer, dlc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Takes the trainer for a call; DLC_ERROR_BUSY where another thread has it.
dlc_status dlc_trainer_enter(dlc_trainer *trainer);
dlc_status dlc_trainer_leave(dlc_trainer *trainer, dlc_status status);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_TRAINER_H
