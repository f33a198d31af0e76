// The public interface of training: a network that `dlc compile --train` turned
// into an object file, trained inside a program. Plain C99, usable from C++
// (dlc.hpp wraps it).
//
//   #include "net.h"                        // declares net_training
//   dlc_options options = DLC_OPTIONS_INIT;
//   options.batch = 64;                     // the largest batch
//   dlc_trainer *trainer;
//   if (dlc_trainer_create(&net_training, &options, NULL, &trainer) != DLC_OK) {
//     fprintf(stderr, "%s\n", dlc_trainer_error(NULL));
//     ...
//   }
//   dlc_trainer_set(trainer, "lr", 0.01);
//   for (...) {
//     const void *inputs[] = {images, labels};
//     void *outputs[] = {NULL, &loss};      // the network's output is not wanted
//     if (dlc_trainer_step(trainer, n, inputs, outputs) != DLC_OK) ...
//   }
//   dlc_trainer_save(trainer, "net.safetensors");
//   dlc_trainer_destroy(trainer);
//
// A trainer holds the parameters, what the optimiser keeps for them and the
// memory of one step. Trainers are independent of each other; one belongs to one
// thread at a time. With the same seed, inputs and settings it computes the same
// bits, whatever the number of threads. Nothing here ends the process or prints,
// and steps allocate nothing.
//
// The parts of a step, for what a step is not (several networks, gradients from
// elsewhere, batches that do not fit, several processes):
//
//   dlc_trainer_step   = forward, backward, update
//   a larger batch     = (forward, backward, accumulate) several times, update
//   no loss of its own = forward, the caller's gradients, backward, update
//   several processes  = forward, backward with an all-reduce as each gradient is
//                        ready (dlc_trainer_options.gradient_ready), update
//
// A part out of this order returns DLC_ERROR_ORDER and changes nothing.
#ifndef DLC_TRAIN_H
#define DLC_TRAIN_H

#include "dlc/dlc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A network compiled for training; net.h declares one as `NAME_training`.
typedef struct dlc_training dlc_training;

/// A network in training.
typedef struct dlc_trainer dlc_trainer;

//===----------------------------------------------------------------------===//
// What a training is
//===----------------------------------------------------------------------===//

/// The three programs of a training. What dlc.h asks of models, it answers for
/// these too; they run in a trainer only.
typedef enum dlc_part {
  DLC_PART_STEP = 0,   // forward and backward
  DLC_PART_UPDATE = 1, // the optimiser
  DLC_PART_PREDICT = 2 // the network at inference, from the trainer's parameters
} dlc_part;

/// Null where the training is not one.
const dlc_model *dlc_training_model(const dlc_training *training, dlc_part part);

/// What dlc_trainer_step takes. Inputs: the network's, the targets of its losses,
/// and where it has no loss "NAME.grad" for each output NAME, the gradient of what
/// the caller minimises. Outputs: the network's, "loss" where there is one, and
/// "NAME.grad" for each input NAME whose gradient was asked for. 0 where the
/// training is not one.
int32_t dlc_training_input_count(const dlc_training *training);
int32_t dlc_training_output_count(const dlc_training *training);

/// How many of them, the first ones, belong to the forward phase; the others are
/// gradients and belong to the backward phase.
int32_t dlc_training_forward_input_count(const dlc_training *training);
int32_t dlc_training_forward_output_count(const dlc_training *training);

/// Describes one of them for a batch; 0 means the default batch.
dlc_status dlc_training_input_info(const dlc_training *training, int32_t index, int64_t batch, dlc_tensor_info *info);
dlc_status dlc_training_output_info(const dlc_training *training, int32_t index, int64_t batch, dlc_tensor_info *info);

/// The exact size of the memory that a trainer trains in: parameters, gradients,
/// optimiser state, the accumulated gradients if `accumulate` is not 0, outputs
/// that the caller may not want, and activations and scratch; or a negative
/// dlc_status. 0 for batch and threads means what it means in dlc_options. Beside
/// it are the weights, which are mapped, and descriptors, some bytes a layer.
int64_t dlc_training_bytes(const dlc_training *training, int64_t batch, int32_t threads, int32_t accumulate);

//===----------------------------------------------------------------------===//
// Trainers
//===----------------------------------------------------------------------===//

/// Told of a variable whose gradient is complete. May read and replace that
/// gradient, and must not call the trainer otherwise than for its variables.
typedef void (*dlc_gradient_function)(void *context, int32_t variable);

/// What dlc_options do not say. Start from DLC_TRAINER_OPTIONS_INIT.
typedef struct dlc_trainer_options {
  /// sizeof(dlc_trainer_options) of the header the program was compiled with.
  size_t struct_size;

  /// Of all random draws (dropout).
  uint64_t seed;

  /// Non-zero: memory for dlc_trainer_accumulate.
  int32_t accumulate;

  /// Called during the backward phase, on the thread that runs it, as soon as a
  /// trained variable's gradient is complete; no later step of that phase reads
  /// or writes it. Null: not called.
  dlc_gradient_function gradient_ready;
  void *gradient_context;
} dlc_trainer_options;

#define DLC_TRAINER_OPTIONS_INIT {sizeof(dlc_trainer_options), 0, 0, NULL, NULL}

/// Makes a trainer with the initial values that the object, or its weights file,
/// holds. The options mean what they mean for a session, where
/// - `batch` is the largest batch of a step;
/// - `arena`, if given, has at least dlc_training_bytes() bytes;
/// - `device_memory` must be 0;
/// - `weights_path` is where the initial values are.
/// Both options may be null for the defaults. On failure *trainer is null and
/// dlc_trainer_error(NULL) tells why.
dlc_status dlc_trainer_create(const dlc_training *training, const dlc_options *options,
                              const dlc_trainer_options *trainer_options, dlc_trainer **trainer);

/// Frees a trainer that is not running. Null is allowed.
void dlc_trainer_destroy(dlc_trainer *trainer);

/// The message of the trainer's last failure, "" if there was none. For null: the
/// message of the last dlc_trainer_create that failed on the calling thread.
const char *dlc_trainer_error(const dlc_trainer *trainer);

/// What the trainer was made with, defaults filled in.
const dlc_training *dlc_trainer_training(const dlc_trainer *trainer);
int64_t dlc_trainer_batch(const dlc_trainer *trainer);
int32_t dlc_trainer_threads(const dlc_trainer *trainer);
size_t dlc_trainer_bytes(const dlc_trainer *trainer);

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

// In all of these `n` is the number of images, from 1 to the trainer's batch (or
// the one batch that the network was fixed to). Tensors are contiguous, and
// aligned to their element. An entry of `outputs` may be null where the caller
// does not want it, `outputs` itself where it wants none; outputs overlap neither
// inputs nor each other. After a kernel's failure the parameters are not
// dependable.

/// One step of training: the outputs and the loss, gradients, update.
dlc_status dlc_trainer_step(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs);

/// The forward phase: outputs and loss as in training. What the pointers point to
/// stays as it is until the backward phase has run.
dlc_status dlc_trainer_forward(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs);

/// The backward phase of the last dlc_trainer_forward, which may not be repeated:
/// it takes the gradients of outputs and gives those of inputs, in the order of
/// the step's tensors behind the forward ones. Either array may be null where it
/// would be empty. The parameters' gradients replace those of the phase before.
dlc_status dlc_trainer_backward(dlc_trainer *trainer, const void *const *inputs, void *const *outputs);

/// Adds `weight` times the gradients of the last backward phase to those
/// accumulated since the last update. 1 for a loss that is a sum; for a mean, the
/// share of the batch in all images that are accumulated. Element by element in
/// the order of the calls.
dlc_status dlc_trainer_accumulate(dlc_trainer *trainer, double weight);

/// One step of the optimiser, with the accumulated gradients where there are any,
/// which it clears, else with those of the last backward phase.
dlc_status dlc_trainer_update(dlc_trainer *trainer);

/// Runs the network as it is at inference, with the present parameters, on the
/// inputs and outputs of the network itself (dlc_training_model(…,
/// DLC_PART_PREDICT)). A forward phase whose backward has not run is lost.
dlc_status dlc_trainer_predict(dlc_trainer *trainer, int64_t n, const void *const *inputs, void *const *outputs);

//===----------------------------------------------------------------------===//
// Hyper-parameters and counters
//===----------------------------------------------------------------------===//

/// The optimiser's settings ("lr", "momentum", …), which hold from the next update
/// on. They begin as the network file has them.
int32_t dlc_trainer_hyperparameter_count(const dlc_trainer *trainer);
/// Null for a bad index.
const char *dlc_trainer_hyperparameter_name(const dlc_trainer *trainer, int32_t index);
/// DLC_ERROR_ARGUMENT where there is none of that name, and for a value that is NaN.
dlc_status dlc_trainer_set(dlc_trainer *trainer, const char *name, double value);
dlc_status dlc_trainer_get(const dlc_trainer *trainer, const char *name, double *value);

/// Updates so far. Optimisers with bias correction and the random draws depend on
/// it: the draws of a pass, on the seed, on the number of the update that it is for
/// and on which pass for that update it is.
int64_t dlc_trainer_updates(const dlc_trainer *trainer);
dlc_status dlc_trainer_set_updates(dlc_trainer *trainer, int64_t updates);

uint64_t dlc_trainer_seed(const dlc_trainer *trainer);
void dlc_trainer_set_seed(dlc_trainer *trainer, uint64_t seed);

//===----------------------------------------------------------------------===//
// Variables: parameters and statistics
//===----------------------------------------------------------------------===//

/// A parameter or a statistic of a layer, by PyTorch's name and in its layout:
/// contiguous, the last dimension innermost. Between two calls of the trainer the
/// caller may read and write the values, the gradient and the optimiser's slots.
///
/// On a device the pointers are to a mirror on the host. dlc_trainer_variable and
/// dlc_trainer_slot bring it up to date, and the trainer's next call takes what was
/// written to it: so they are to be called anew, each time that values are to be
/// read or written. During dlc_trainer_options.gradient_ready only the gradient that
/// it tells of is up to date. Both can fail then, with DLC_ERROR_DEVICE or null.
typedef struct dlc_variable_info {
  const char *name;
  dlc_type type;
  int32_t rank;
  int64_t shape[DLC_MAX_RANK]; // unused entries are 0
  size_t bytes;
  int32_t trained; // 0: frozen, or a statistic
  void *values;
  void *gradient; // of the last backward phase; null where it is not trained
} dlc_variable_info;

int32_t dlc_trainer_variable_count(const dlc_trainer *trainer);
dlc_status dlc_trainer_variable(const dlc_trainer *trainer, int32_t index, dlc_variable_info *info);
/// The index of the variable of that name, or -1.
int32_t dlc_trainer_find_variable(const dlc_trainer *trainer, const char *name);

/// What the optimiser keeps for each trained variable ("exp_avg", …).
int32_t dlc_trainer_slot_count(const dlc_trainer *trainer);
/// Null for a bad index.
const char *dlc_trainer_slot_name(const dlc_trainer *trainer, int32_t slot);
/// A slot of a variable, of the variable's type and shape; null for a bad index,
/// where the variable is not trained, and where a device fails.
void *dlc_trainer_slot(const dlc_trainer *trainer, int32_t slot, int32_t variable);

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Writes a safetensors file that dlc_trainer_load continues from, bit for bit:
/// - each variable by its name;
/// - each slot of each trained variable as "slot:SLOT:VARIABLE";
/// - as metadata "dlc.updates", "dlc.seed" and "dlc.hyper.NAME" for each
///   hyper-parameter, which is the bits of a double: all decimal integers.
/// Gradients, accumulated ones too, are not in it. At `path` is the earlier file or
/// the new one, whatever stops the writing (see dlc_safetensors_write).
dlc_status dlc_trainer_save(dlc_trainer *trainer, const char *path);

/// Reads such a file, or one with nothing but variables, such as a saved
/// state_dict; then the optimiser starts anew with update 0, and seed and
/// hyper-parameters stay. Every variable must be there with its type and shape; what
/// is there beside them must fit in a file of dlc_trainer_save and is left alone in
/// others. Nothing is changed where the file does not fit: DLC_ERROR_WEIGHTS, and the
/// message names the tensor. Gradients of earlier passes are dropped.
dlc_status dlc_trainer_load(dlc_trainer *trainer, const char *path);

//===----------------------------------------------------------------------===//
// Profiles
//===----------------------------------------------------------------------===//

/// The session of a part, for dlc_step_count, dlc_get_step_info (its counts are
/// those of the largest batch) and dlc_session_arena_bytes; null for a bad part.
const dlc_session *dlc_trainer_session(const dlc_trainer *trainer, dlc_part part);

/// How many of DLC_PART_STEP's steps, the first ones, are the forward phase.
int32_t dlc_trainer_forward_step_count(const dlc_trainer *trainer);

/// Sets all times and numbers of runs to 0.
void dlc_trainer_profile_reset(dlc_trainer *trainer);

#ifdef __cplusplus
} // extern "C"
#endif

#endif // DLC_TRAIN_H
