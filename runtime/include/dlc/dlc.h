// The public interface of the dlc runtime: run a network that `dlc compile`
// turned into an object file. Plain C99, usable from C++ (dlc.hpp wraps it).
//
//   #include "net.h"                       // declares net_model
//   dlc_options options = DLC_OPTIONS_INIT;
//   dlc_session *session;
//   if (dlc_session_create(&net_model, &options, &session) != DLC_OK) {
//     fprintf(stderr, "%s\n", dlc_session_error(NULL));
//     ...
//   }
//   const void *inputs[] = {image};        // in the order of the network file
//   void *outputs[] = {prob};
//   if (dlc_run(session, inputs, outputs) != DLC_OK) ...
//   dlc_session_destroy(session);
//
// A model is constant data; a session holds what one run at a time needs.
// Sessions are independent of each other: any number of threads may run any
// number of sessions at once, but one session belongs to one thread at a time.
// Nothing here ends the process, prints, or changes the floating-point state.
#ifndef DLC_DLC_H
#define DLC_DLC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DLC_VERSION_MAJOR 0
#define DLC_VERSION_MINOR 1
#define DLC_VERSION_PATCH 0
#define DLC_VERSION_STRING "0.1.0"

/// The version of the library that is linked in, as in DLC_VERSION_STRING.
const char *dlc_version(void);

//===----------------------------------------------------------------------===//
// Status codes
//===----------------------------------------------------------------------===//

/// What every fallible function returns: DLC_OK or a negative code.
typedef enum dlc_status {
  DLC_OK = 0,
  /// A null pointer, a bad index, a batch or thread count that is not allowed.
  DLC_ERROR_ARGUMENT = -1,
  /// The model's tables contradict themselves: not a model, or a damaged one.
  DLC_ERROR_MODEL = -2,
  /// The object was compiled for another version of this runtime.
  DLC_ERROR_ABI_VERSION = -3,
  /// The object needs another processor, or features that this one lacks.
  DLC_ERROR_CPU = -4,
  /// The allocator returned null.
  DLC_ERROR_MEMORY = -5,
  /// With this batch a buffer reaches 2^31 bytes or the arena overflows.
  DLC_ERROR_TOO_LARGE = -6,
  /// The caller's arena is too small or not aligned to DLC_ARENA_ALIGNMENT.
  DLC_ERROR_ARENA = -7,
  /// A file could not be opened, read or mapped.
  DLC_ERROR_FILE = -8,
  /// The weights file is malformed or is not the one the model was built with.
  DLC_ERROR_WEIGHTS = -9,
  /// A worker thread could not be started.
  DLC_ERROR_THREADS = -10,
  /// The session is already running on another thread.
  DLC_ERROR_BUSY = -11,
  /// A kernel reported a failure, or used more scratch than was planned.
  DLC_ERROR_KERNEL = -12,
  /// A part of a training step was asked for before the part that it needs.
  DLC_ERROR_ORDER = -13,
  /// The device that was asked for is not there or not in the object, its driver
  /// is missing or reported an error, or it has no memory left.
  DLC_ERROR_DEVICE = -14
} dlc_status;

/// A short constant description of a status code, never null.
const char *dlc_status_string(dlc_status status);

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Element types of tensors. The numbers are part of the object file's ABI.
typedef enum dlc_type {
  DLC_TYPE_INVALID = 0,
  DLC_TYPE_BOOL = 1, // one byte, 0 or 1
  DLC_TYPE_I8 = 2,
  DLC_TYPE_U8 = 3,
  DLC_TYPE_I16 = 4,
  DLC_TYPE_U16 = 5,
  DLC_TYPE_I32 = 6,
  DLC_TYPE_U32 = 7,
  DLC_TYPE_I64 = 8,
  DLC_TYPE_U64 = 9,
  DLC_TYPE_F16 = 10,
  DLC_TYPE_BF16 = 11,
  DLC_TYPE_F32 = 12,
  DLC_TYPE_F64 = 13
} dlc_type;

/// Bytes of one element; 0 for a value that is not a type.
size_t dlc_type_bytes(dlc_type type);

/// "f32", "u8", ...; "invalid" for a value that is not a type.
const char *dlc_type_name(dlc_type type);

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

/// What a network can run on. The numbers are part of the object file's ABI.
typedef enum dlc_device_kind { DLC_DEVICE_CPU = 0, DLC_DEVICE_CUDA = 1, DLC_DEVICE_OPENCL = 2 } dlc_device_kind;

/// "cpu", "cuda", "opencl"; "invalid" for a value that is not a kind.
const char *dlc_device_kind_name(dlc_device_kind kind);

/// A device of this machine.
typedef struct dlc_device_info {
  char name[24];         // "cuda:0", as in dlc_options.device
  char description[128]; // the driver's name for it
  dlc_device_kind kind;
  int32_t is_cpu; // an OpenCL device that is the CPU
  int64_t memory_bytes;
} dlc_device_info;

/// How many devices of that kind (not DLC_DEVICE_CPU) there are: 0 where the driver
/// finds none, DLC_ERROR_DEVICE where there is no driver or it fails, and
/// dlc_session_error(NULL) tells which. Loads the driver's library, libcuda.so.1 or
/// libOpenCL.so.1, as sessions on devices do.
int32_t dlc_device_count(dlc_device_kind kind);
dlc_status dlc_get_device_info(dlc_device_kind kind, int32_t index, dlc_device_info *info);

/// The device that a name stands for in dlc_options.device, "auto" and "cpu" apart:
/// for a kind without a number, the first one that is no CPU, or else the first.
dlc_status dlc_find_device(const char *name, dlc_device_info *info);

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// A compiled network; net.h declares one as `NAME_model`.
typedef struct dlc_model dlc_model;

/// A network ready to run with a fixed batch and number of threads.
typedef struct dlc_session dlc_session;

/// Threads that several sessions may share.
typedef struct dlc_pool dlc_pool;

/// Where memory comes from. Both functions are needed; allocate returns null on
/// failure, and deallocate gets the size that was asked for. They are called
/// while something is created or destroyed, and never by a correct model's run.
typedef struct dlc_allocator {
  void *context;
  void *(*allocate)(void *context, size_t bytes, size_t alignment);
  void (*deallocate)(void *context, void *pointer, size_t bytes);
} dlc_allocator;

typedef enum dlc_log_level { DLC_LOG_ERROR = 0, DLC_LOG_INFO = 1 } dlc_log_level;

/// Receives messages (one line, no newline): what a session was created with,
/// and each failure. May be called from the thread that uses the session only.
typedef void (*dlc_log_function)(void *context, dlc_log_level level, const char *message);

/// One task of a parallel loop; see dlc_parallel_for_function.
typedef void (*dlc_task_function)(void *closure, int32_t task, int32_t worker);

/// The caller's own threads: calls `function(closure, task, worker)` once for
/// every task in [0, tasks) and returns when all are done. `worker` lies in
/// [0, threads) and no two tasks that run at the same time share one; task
/// order, and which thread is which worker, are free. Must not allocate if the
/// run is to be free of allocations.
typedef void (*dlc_parallel_for_function)(void *context, int32_t tasks, dlc_task_function function, void *closure);

/// The alignment an arena needs.
#define DLC_ARENA_ALIGNMENT 64

/// How a session is made. Start from DLC_OPTIONS_INIT (or dlc_options_init),
/// which sets struct_size: later versions append fields, and old programs keep
/// working. A field that is zero means its default.
typedef struct dlc_options {
  /// sizeof(dlc_options) of the header the program was compiled with.
  size_t struct_size;

  /// Images a run; 0 means 1, or the batch that the network was fixed to.
  int64_t batch;

  /// Threads that take part in a run, the calling one among them; 0 means all
  /// of `pool`, or dlc_default_threads() where there is none. With a pool, at
  /// most the pool's threads are used.
  int32_t threads;

  /// Non-zero: measure every step; see dlc_get_step_info.
  int32_t profile;

  /// The caller's arena: at least dlc_arena_bytes(model, batch, threads) bytes,
  /// aligned to DLC_ARENA_ALIGNMENT, kept until the session is destroyed. Null:
  /// the session allocates it.
  void *arena;
  size_t arena_bytes;

  /// Null: the C library's. Copied; its context must outlive the session.
  const dlc_allocator *allocator;

  /// Null: no messages (dlc_session_error still has the last one).
  dlc_log_function log;
  void *log_context;

  /// Threads shared with other sessions; must outlive the session. A session
  /// that finds them busy runs on the calling thread alone. Null: the session
  /// starts its own where `threads` > 1.
  dlc_pool *pool;

  /// The caller's threads instead of ours; excludes `pool`.
  dlc_parallel_for_function parallel_for;
  void *parallel_for_context;

  /// The file of a network compiled with --external-weights; null: the name
  /// that the object holds, relative to the current directory. The file must
  /// stay as it is while the session lives: it is mapped.
  const char *weights_path;

  /// Where the network runs: "cpu", "cuda", "opencl", or one of several devices of
  /// a kind by its number, "cuda:1". The object must have been compiled for it and
  /// the device must be there, or DLC_ERROR_DEVICE. "auto" or null: the first of the
  /// object's devices that is there (an OpenCL device that is a CPU does not
  /// count), else the CPU. On a device, `arena` is refused, for it is host memory.
  const char *device;

  /// The caller's CUstream or cl_command_queue (in order) that everything is
  /// enqueued on, and whose context and device are used; `device` must then name
  /// its kind, with no number. Must outlive the session. Null: the session's own.
  void *stream;

  /// Non-zero: the inputs and outputs of a run are in memory of the device: CUDA
  /// device pointers, or for OpenCL cl_mem handles of the context of `stream`. With
  /// a stream of the caller, dlc_run then returns when everything is enqueued.
  int32_t device_memory;
} dlc_options;

/// The defaults, for initialisation.
#define DLC_OPTIONS_INIT                                                                                               \
  { sizeof(dlc_options), 0, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0 }

/// Sets every field to its default, as DLC_OPTIONS_INIT does.
static inline void dlc_options_init(dlc_options *options) {
  dlc_options defaults = DLC_OPTIONS_INIT;
  *options = defaults;
}

/// No session or pool has more threads.
#define DLC_MAX_THREADS 1024

/// The number of processors this process may run on, at least 1 and at most
/// DLC_MAX_THREADS.
int32_t dlc_default_threads(void);

//===----------------------------------------------------------------------===//
// What a model is
//===----------------------------------------------------------------------===//

#define DLC_MAX_RANK 8

/// An input or output. Elements are contiguous, the last dimension innermost.
typedef struct dlc_tensor_info {
  const char *name;
  dlc_type type;
  int32_t rank;
  int64_t shape[DLC_MAX_RANK]; // the batch stands where the model left it open
  size_t bytes;
} dlc_tensor_info;

/// The network's name; "" where the model is not one.
const char *dlc_model_name(const dlc_model *model);

/// How many inputs (outputs) dlc_run takes; 0 where the model is not one.
int32_t dlc_input_count(const dlc_model *model);
int32_t dlc_output_count(const dlc_model *model);

/// Whether the object holds the network for that kind of device: 1 or 0.
int32_t dlc_model_supports(const dlc_model *model, dlc_device_kind kind);

/// Describes one input (output) for a batch; 0 means the default batch.
dlc_status dlc_input_info(const dlc_model *model, int32_t index, int64_t batch, dlc_tensor_info *info);
dlc_status dlc_output_info(const dlc_model *model, int32_t index, int64_t batch, dlc_tensor_info *info);

/// The exact size of the arena that a session needs, or a negative dlc_status.
/// 0 for batch and threads means what it means in dlc_options (without a pool).
int64_t dlc_arena_bytes(const dlc_model *model, int64_t batch, int32_t threads);

/// The largest batch whose buffers all stay below 2^31 bytes and whose arena
/// can be addressed, or a negative dlc_status.
int64_t dlc_max_batch(const dlc_model *model);

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

/// Makes a session. Checks the object against this runtime and this processor,
/// maps and checks external weights, allocates everything a run will need and
/// starts threads where asked. `options` may be null for the defaults. On
/// failure *session is null and dlc_session_error(NULL) tells why.
dlc_status dlc_session_create(const dlc_model *model, const dlc_options *options, dlc_session **session);

/// Frees a session that is not running. Null is allowed.
void dlc_session_destroy(dlc_session *session);

/// Runs the network once. inputs[i] and outputs[i] point to contiguous tensors
/// as dlc_input_info and dlc_output_info describe them, aligned to their
/// element; outputs may overlap neither inputs nor each other. Allocates
/// nothing. The caller's rounding and denormal modes hold on all threads.
dlc_status dlc_run(dlc_session *session, const void *const *inputs, void *const *outputs);

/// The message of the session's last failure, "" if there was none. For null:
/// the message of the last dlc_session_create, dlc_pool_create or question about
/// devices that failed on the calling thread.
const char *dlc_session_error(const dlc_session *session);

/// What the session was made with, defaults filled in.
const dlc_model *dlc_session_model(const dlc_session *session);
int64_t dlc_session_batch(const dlc_session *session);
int32_t dlc_session_threads(const dlc_session *session);
size_t dlc_session_arena_bytes(const dlc_session *session);

/// Where it runs: "cpu", "cuda:0", …
const char *dlc_session_device(const dlc_session *session);

/// The memory on its device that a session, or the trainer that it is a part of, has allocated: all that it will; 0 on
/// the CPU.
int64_t dlc_session_device_bytes(const dlc_session *session);

//===----------------------------------------------------------------------===//
// Profiles
//===----------------------------------------------------------------------===//

/// One step of a run (one kernel launch) and the time it took so far. The
/// counts are those of one run with the session's batch.
typedef struct dlc_step_info {
  const char *name;   // the layers it computes
  const char *kernel; // the kernel; steps with equal kernels share code
  int64_t flops;      // a multiply-add is 2
  int64_t bytes_read;
  int64_t bytes_written;
  int64_t nanoseconds; // summed over `runs`; 0 without dlc_options.profile
  int64_t runs;        // how often the step was run and measured
} dlc_step_info;

int32_t dlc_step_count(const dlc_session *session);
dlc_status dlc_get_step_info(const dlc_session *session, int32_t index, dlc_step_info *info);

/// Sets all times and the number of runs to 0.
void dlc_profile_reset(dlc_session *session);

//===----------------------------------------------------------------------===//
// Shared threads
//===----------------------------------------------------------------------===//

/// Starts threads - 1 workers (0: dlc_default_threads()); a run adds its own
/// thread. `allocator` may be null.
dlc_status dlc_pool_create(int32_t threads, const dlc_allocator *allocator, dlc_pool **pool);

/// Ends the threads; no session may use the pool any more. Null is allowed.
void dlc_pool_destroy(dlc_pool *pool);

/// Threads that a run on this pool can use.
int32_t dlc_pool_threads(const dlc_pool *pool);

#ifdef __cplusplus
} // extern "C"
#endif

#endif // DLC_DLC_H
