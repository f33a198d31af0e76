// The binary interface between a compiled object and the runtime. The compiler
// writes what stands here and the runtime reads it; nothing else defines it.
//
// net.o exports one `const struct dlc_model NAME_model`, and where it was compiled
// for training one `const struct dlc_training NAME_training`. Every number is an
// int64_t in one flat table, every name is an offset into one string pool, so
// that the object needs no relocations but the struct's pointers.
//
// One object may hold the same network for several devices. What is exported is the
// model for the processor, whose `variants` are whole models of their own, one for
// each further device; a session picks one of them.
//
// The table is a header of DLC_HEADER_LENGTH entries at fixed indices, and
// after it, in any order, seven arrays of fixed-length records. The header tells
// where each array begins (index of its first entry) and how many records it
// has; field F of record i stands at table[begin + i * DLC_x_LENGTH + F].
//
// Batch. A size or place that depends on the batch N is two fields, F_FIXED and
// F_PER_BATCH, and means fixed + N * per_batch. An extent of -k means k * N
// (so -1 is the batch itself).
//
// Arena, in this order; every summand is a multiple of DLC_ARENA_ALIGNMENT:
//   fixed + N * per_batch                 what the memory plan placed
//   caller scratch, fixed + N * per_batch what kernels allocate outside of
//                                         parallel loops
//   threads * scratch                     one slice a worker
// Worker 0 is the calling thread and allocates from the caller's scratch and,
// right behind it, the first slice; worker i from slice i.
//
// Devices. A model whose DLC_HEADER_DEVICE is not DLC_DEVICE_CPU has kernels whose
// host halves run on the calling thread and launch their device halves through the
// functions at the end of this file. Its arena is one piece of device memory: the
// planned part and, behind it, the caller's scratch, which holds the temporaries of
// its kernels; DLC_HEADER_SCRATCH and DLC_HEADER_PARALLEL are 0. Its weights and
// its training state are copied to the device.
#ifndef DLC_MODEL_H
#define DLC_MODEL_H

#include "dlc/dlc.h"

#ifdef __cplusplus
extern "C" {
#endif

struct halide_buffer_t; // Halide's descriptor, 56 bytes

/// Called by the driver after each step, where the runtime passes one.
typedef void (*dlc_trace_function)(void *context, int32_t step);

struct dlc_model {
  const int64_t *table;
  const char *strings;

  /// The driver. Launches the steps from `begin` to before `end` in order on
  /// `buffers` (one descriptor for each buffer record, contiguous) with `context`
  /// as the kernels' user_context; calls trace(context, step) after each step that
  /// succeeded, unless trace is null; returns 0, or the first kernel's result that
  /// is not.
  int32_t (*run)(void *context, struct halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin, int32_t end);

  /// The weights of this model and its variants, aligned to DLC_WEIGHTS_ALIGNMENT;
  /// null where they are external or where there are none.
  const void *weights;

  /// The same network for other devices, at most one a kind, ended by null; null
  /// where there are none. They have the same inputs and outputs, describe the same
  /// weights, and have no variants themselves.
  const struct dlc_model *const *variants;
};

/// What `dlc compile --train` adds: NAME_training. The three models share one state.
///
/// - step: the forward phase (the network's outputs and the loss) and the backward
///   phase (gradients, into the state). Inputs: the network's, then the targets of
///   the losses, then, where a layer draws random numbers, "random_key" (four u32:
///   two of the seed, two of the number of the step); without a loss, for each
///   output its gradient, "NAME.grad", which the backward phase reads. Outputs: the
///   network's, then "loss" (one element) where there is one, then "NAME.grad" for
///   each input whose gradient is wanted.
/// - update: the optimiser. Its inputs are the hyper-parameters, one element each,
///   of the type of the parameters, with a default. Those named "correction1",
///   "correction2" are 1 - beta1^t, 1 - beta2^t, and "decayed_lr" is
///   lr / (1 + lr_decay * (t - 1)), t counting updates from 1; `lr_decay` stands in
///   the update's inputs, read or not.
/// - predict: the network as it is at inference.
///
/// The three have variants for the same devices in the same order; the state is laid
/// out alike in all variants of a model.
struct dlc_training {
  int64_t abi_version; // DLC_ABI_VERSION
  const dlc_model *step, *update, *predict;
};

#define DLC_MODEL_MAGIC INT64_C(0x6c65646f6d636c64) // "dlcmodel"
#define DLC_ABI_VERSION 3
#define DLC_WEIGHTS_ALIGNMENT 64
#define DLC_STATE_ALIGNMENT 64 // of every place in the training state, and of its sizes

/// The header: indices into the table.
enum dlc_header_field {
  DLC_HEADER_MAGIC = 0,         // DLC_MODEL_MAGIC
  DLC_HEADER_ABI_VERSION = 1,   // DLC_ABI_VERSION
  DLC_HEADER_TABLE_LENGTH = 2,  // entries in the table, header included
  DLC_HEADER_STRINGS_BYTES = 3, // of the string pool; its last byte is NUL
  DLC_HEADER_NAME = 4,          // the network's name, as a string offset
  DLC_HEADER_ARCHITECTURE = 5,  // dlc_architecture
  DLC_HEADER_FEATURES = 6,      // needed ones: sum of 1 << dlc_feature
  DLC_HEADER_BATCH = 7,         // what the batch is fixed to; 0: any
  DLC_HEADER_PARALLEL = 8,      // 1 if any kernel has a parallel loop, else 0;
                                // where 0, a run wakes no thread

  // The weights of a model and all its variants are one piece; these four are the
  // same in all of them.
  DLC_HEADER_WEIGHTS_BYTES = 9,
  DLC_HEADER_WEIGHTS_HASH = 10,     // dlc_hash64 of the weights, as a bit pattern
  DLC_HEADER_WEIGHTS_EXTERNAL = 11, // 1: in a file; 0: dlc_model.weights
  DLC_HEADER_WEIGHTS_NAME = 12,     // the file's default name; 0 if internal

  DLC_HEADER_ARENA_FIXED = 13,
  DLC_HEADER_ARENA_PER_BATCH = 14,
  DLC_HEADER_CALLER_SCRATCH_FIXED = 15,
  DLC_HEADER_CALLER_SCRATCH_PER_BATCH = 16,
  DLC_HEADER_SCRATCH = 17, // bytes a worker

  DLC_HEADER_INPUT_COUNT = 18,
  DLC_HEADER_INPUTS = 19, // tensor records
  DLC_HEADER_OUTPUT_COUNT = 20,
  DLC_HEADER_OUTPUTS = 21, // tensor records
  DLC_HEADER_BUFFER_COUNT = 22,
  DLC_HEADER_BUFFERS = 23, // buffer records
  DLC_HEADER_DIMENSION_COUNT = 24,
  DLC_HEADER_DIMENSIONS = 25, // dimension records
  DLC_HEADER_STEP_COUNT = 26,
  DLC_HEADER_STEPS = 27, // step records

  // The training state; all 0 in a model that is no part of a dlc_training.
  DLC_HEADER_FORWARD_STEPS = 28,   // steps before the backward phase; all of them where there is none
  DLC_HEADER_STATE_BYTES = 29,     // of the state; the same in all models of a dlc_training
  DLC_HEADER_STATE_INITIAL = 30,   // bytes at its begin that have initial values, the rest being 0 ...
  DLC_HEADER_STATE_WEIGHTS = 31,   // ... which begin here in the weights, counted from their first byte
  DLC_HEADER_STATE_TRAINED = 32,   // bytes at its begin that the optimiser changes
  DLC_HEADER_STATE_GRADIENTS = 33, // where their gradients begin, laid out alike
  DLC_HEADER_VARIABLE_COUNT = 34,
  DLC_HEADER_VARIABLES = 35, // variable records, of the step
  DLC_HEADER_SLOT_COUNT = 36,
  DLC_HEADER_SLOTS = 37, // slot records, of the update

  DLC_HEADER_DEVICE = 38,            // dlc_device_kind
  DLC_HEADER_OWN_WEIGHTS = 39,       // where this model's own part of the weights begins ...
  DLC_HEADER_OWN_WEIGHTS_BYTES = 40, // ... and its size; DLC_SPACE_WEIGHTS is this part
  DLC_HEADER_LENGTH = 41
};

/// A tensor of the training state with initial values: a parameter or a statistic.
enum dlc_variable_field {
  DLC_VARIABLE_NAME = 0,
  DLC_VARIABLE_TYPE = 1,    // dlc_type
  DLC_VARIABLE_PLACE = 2,   // its first byte in the state
  DLC_VARIABLE_TRAINED = 3, // 1: it has a gradient, and the optimiser changes it
  DLC_VARIABLE_READY = 4,   // the step that completes its gradient; -1 where it has none
  DLC_VARIABLE_RANK = 5,
  DLC_VARIABLE_DIMS = 6, // DLC_MAX_RANK entries, row-major; unused ones 0
  DLC_VARIABLE_LENGTH = 14
};

/// What the optimiser keeps for each trained element, laid out as these are.
enum dlc_slot_field { DLC_SLOT_NAME = 0, DLC_SLOT_PLACE = 1, DLC_SLOT_LENGTH = 2 };

/// An input or an output, C-contiguous in the order of its dims.
enum dlc_tensor_field {
  DLC_TENSOR_NAME = 0,
  DLC_TENSOR_TYPE = 1, // dlc_type
  DLC_TENSOR_RANK = 2, // 0 .. DLC_MAX_RANK
  DLC_TENSOR_BYTES_FIXED = 3,
  DLC_TENSOR_BYTES_PER_BATCH = 4,
  DLC_TENSOR_DIMS = 5,     // DLC_MAX_RANK entries; -1: the batch; unused ones 0
  DLC_TENSOR_DEFAULT = 13, // of a hyper-parameter: the bits of its value as a double
  DLC_TENSOR_LENGTH = 14
};

/// One distinct buffer descriptor. Its host pointer (on a device, its device
/// address), which is the address of the element whose coordinates are the minima,
/// is base of space + offset_fixed + N * offset_per_batch.
enum dlc_buffer_field {
  DLC_BUFFER_SPACE = 0, // dlc_space
  DLC_BUFFER_INDEX = 1, // which input or output; 0 for the other spaces
  DLC_BUFFER_OFFSET_FIXED = 2,
  DLC_BUFFER_OFFSET_PER_BATCH = 3,
  DLC_BUFFER_TYPE_CODE = 4, // Halide's: 0 int, 1 uint, 2 float, 4 bfloat
  DLC_BUFFER_TYPE_BITS = 5, // 1 (bool, one byte), 8, 16, 32 or 64
  DLC_BUFFER_RANK = 6,
  DLC_BUFFER_DIMENSION = 7, // its first dimension record, as a record number
  DLC_BUFFER_LENGTH = 8
};

/// The memory that a buffer lies in.
enum dlc_space {
  DLC_SPACE_ARENA = 0,
  DLC_SPACE_WEIGHTS = 1,
  DLC_SPACE_INPUT = 2,
  DLC_SPACE_OUTPUT = 3,
  DLC_SPACE_STATE = 4
};

/// One dimension of a buffer, the innermost first.
enum dlc_dimension_field {
  DLC_DIMENSION_MIN = 0,
  DLC_DIMENSION_EXTENT = 1, // -k: k times the batch
  DLC_DIMENSION_STRIDE = 2, // in elements, not negative
  DLC_DIMENSION_LENGTH = 3
};

/// One kernel launch, for profiles.
enum dlc_step_field {
  DLC_STEP_NAME = 0,
  DLC_STEP_KERNEL = 1,
  DLC_STEP_FLOPS_PER_BATCH = 2,
  DLC_STEP_BYTES_READ_FIXED = 3, // weights
  DLC_STEP_BYTES_READ_PER_BATCH = 4,
  DLC_STEP_BYTES_WRITTEN_PER_BATCH = 5,
  DLC_STEP_LENGTH = 6
};

/// The processor family an object is for.
enum dlc_architecture { DLC_ARCHITECTURE_X86_64 = 1, DLC_ARCHITECTURE_AARCH64 = 2 };

/// Processor features beyond the family's baseline (SSE2 resp. Advanced SIMD),
/// as bit numbers. A bit counts as present only if the operating system saves
/// the registers it uses.
enum dlc_feature {
  // x86-64
  DLC_FEATURE_SSE3 = 0,
  DLC_FEATURE_SSSE3 = 1,
  DLC_FEATURE_SSE41 = 2,
  DLC_FEATURE_SSE42 = 3,
  DLC_FEATURE_POPCNT = 4,
  DLC_FEATURE_CX16 = 5,
  DLC_FEATURE_AVX = 6,
  DLC_FEATURE_F16C = 7,
  DLC_FEATURE_FMA = 8,
  DLC_FEATURE_AVX2 = 9,
  DLC_FEATURE_BMI1 = 10,
  DLC_FEATURE_BMI2 = 11,
  DLC_FEATURE_LZCNT = 12,
  DLC_FEATURE_MOVBE = 13,
  DLC_FEATURE_AVX512F = 14,
  DLC_FEATURE_AVX512CD = 15,
  DLC_FEATURE_AVX512BW = 16,
  DLC_FEATURE_AVX512DQ = 17,
  DLC_FEATURE_AVX512VL = 18,
  DLC_FEATURE_AVX512IFMA = 19,
  DLC_FEATURE_AVX512VBMI = 20,
  DLC_FEATURE_AVX512VBMI2 = 21,
  DLC_FEATURE_AVX512VNNI = 22,
  DLC_FEATURE_AVX512BITALG = 23,
  DLC_FEATURE_AVX512VPOPCNTDQ = 24,
  DLC_FEATURE_AVX512BF16 = 25,
  DLC_FEATURE_AVX512FP16 = 26,
  DLC_FEATURE_AVXVNNI = 27,
  // AArch64
  DLC_FEATURE_ATOMICS = 40,
  DLC_FEATURE_FP16 = 41,
  DLC_FEATURE_DOTPROD = 42,
  DLC_FEATURE_I8MM = 43,
  DLC_FEATURE_BF16 = 44,
  DLC_FEATURE_SVE = 45,
  DLC_FEATURE_SVE2 = 46,
  DLC_FEATURE_COUNT = 47
};

/// The architecture this runtime was compiled for, and the features of the
/// machine it runs on as a sum of 1 << dlc_feature.
enum dlc_architecture dlc_cpu_architecture(void);
uint64_t dlc_cpu_features(void);

/// "avx2", ...; null for a number that is not a feature.
const char *dlc_feature_name(int32_t feature);

/// What dlc_rt_malloc takes from the scratch for a request: a 64-byte header
/// and the bytes rounded up to 64. A worker's scratch must hold the sum over
/// all allocations that are live at once.
#define DLC_SCRATCH_COST(bytes) (INT64_C(64) + (((int64_t)(bytes) + 63) / 64) * 64)

/// The hash of DLC_HEADER_WEIGHTS_HASH: XXH64 with seed 0.
uint64_t dlc_hash64(const void *bytes, size_t size);

// An external weights file is a safetensors file whose header is padded with
// spaces so that 8 + its length is a multiple of DLC_WEIGHTS_ALIGNMENT. Size
// and hash are those of what follows the header: the bytes that would be
// dlc_model.weights otherwise.

//===----------------------------------------------------------------------===//
// What kernels call. Halide's names with halide_ replaced by dlc_rt_; `context`
// is the user_context that the driver or the parallel loop handed on.
//===----------------------------------------------------------------------===//

/// Scratch of the calling worker, aligned to 64 bytes. A request beyond the
/// planned scratch is served by the session's allocator, for a kernel without
/// asserts does not look for null; the run then ends in DLC_ERROR_KERNEL with a
/// message that says how much was missing.
void *dlc_rt_malloc(void *context, size_t bytes);
void dlc_rt_free(void *context, void *pointer);

/// Runs function(context of a worker, i, closure) for i in [min, min + size);
/// loops inside of a task run serially. Returns the first result that is not 0.
typedef int (*dlc_rt_task)(void *context, int i, uint8_t *closure);
int dlc_rt_do_par_for(void *context, dlc_rt_task function, int min, int size, uint8_t *closure);

/// Writes `value` into the frame of so many columns and rows around an
/// interior, which lies in memory with room for it. The interior is f32 with
/// the dimensions lane, x, y, channel block, batch.
void dlc_rt_fill_halo(void *context, const struct halide_buffer_t *interior, int32_t left, int32_t right, int32_t top,
                      int32_t bottom, float value);

// Of device models. The same functions, with their names, serve CUDA (kernels are
// PTX) and OpenCL (kernels are OpenCL C).

/// Makes the kernels in `source` known to the session under *state, whose address is
/// the object's and stays what it is: *state is set to it. Builds and loads them
/// where the session has not yet; sessions do so when they are created.
int dlc_rt_cuda_initialize_kernels(void *context, void **state, const char *source, int size);
int dlc_rt_opencl_initialize_kernels(void *context, void **state, const char *source, int size);
void dlc_rt_cuda_finalize_kernels(void *context, void *state);
void dlc_rt_opencl_finalize_kernels(void *context, void *state);

/// Enqueues a kernel on the session's stream. `sizes` ends with 0; arguments are
/// pointers to values, or to descriptors where `is_buffer` says so.
int dlc_rt_cuda_run(void *context, void *state, const char *entry, int blocks_x, int blocks_y, int blocks_z,
                    int threads_x, int threads_y, int threads_z, int shared_bytes, size_t sizes[], void *arguments[],
                    int8_t is_buffer[]);
int dlc_rt_opencl_run(void *context, void *state, const char *entry, int blocks_x, int blocks_y, int blocks_z,
                      int threads_x, int threads_y, int threads_z, int shared_bytes, size_t sizes[], void *arguments[],
                      int8_t is_buffer[]);

/// What marks a descriptor as one of a device.
const void *dlc_rt_cuda_device_interface(void);
const void *dlc_rt_opencl_device_interface(void);

/// Device memory for a temporary, from the caller's scratch; nothing for a
/// descriptor that has some. A device's caller scratch must hold the sum of
/// DLC_DEVICE_SCRATCH_COST over all temporaries of a kernel that live at once.
int dlc_rt_device_malloc(void *context, struct halide_buffer_t *buffer, const void *device);
int dlc_rt_device_free(void *context, struct halide_buffer_t *buffer);
void dlc_rt_device_free_as_destructor(void *context, void *buffer);
#define DLC_DEVICE_SCRATCH_COST(bytes) ((((int64_t)(bytes) + 63) / 64) * 64)

/// Nothing, for all buffers of a device model are on the device; an error for others.
int dlc_rt_copy_to_device(void *context, struct halide_buffer_t *buffer, const void *device);
int dlc_rt_copy_to_host(void *context, struct halide_buffer_t *buffer);

#ifdef __cplusplus
} // extern "C"

static_assert(sizeof(dlc_model) == 5 * sizeof(void *), "one word a field");
static_assert(DLC_TENSOR_DEFAULT == DLC_TENSOR_DIMS + DLC_MAX_RANK, "room for all dims");
static_assert(DLC_FEATURE_COUNT < 63, "features are bits of an int64_t");
#else
_Static_assert(sizeof(struct dlc_model) == 5 * sizeof(void *), "one word a field");
_Static_assert(DLC_TENSOR_DEFAULT == DLC_TENSOR_DIMS + DLC_MAX_RANK, "room for all dims");
_Static_assert(DLC_FEATURE_COUNT < 63, "features are bits of an int64_t");
#endif

#endif // DLC_MODEL_H
