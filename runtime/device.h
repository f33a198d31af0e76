// Devices beside the CPU: what a driver can do, and what a session keeps on one.
#ifndef DLC_RUNTIME_DEVICE_H
#define DLC_RUNTIME_DEVICE_H

#include "runtime/session.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)

//===----------------------------------------------------------------------===//
// Drivers
//===----------------------------------------------------------------------===//

// An open device: a context and a stream on which everything happens in order.
// Each driver begins its own struct with this one.
typedef struct dlc_device {
  const struct dlc_driver *driver;
  dlc_allocator allocator;
  int32_t index;      // among the driver's devices
  int owns_stream;    // the caller's, if not
  int is_profiled;    // timers will be used
  size_t block_bytes; // of the driver's struct
  // What a launch may ask for at most.
  uint64_t grid_blocks[3];
  uint64_t block_threads, shared_bytes; // of a block
  uint64_t allocated;                   // bytes, by dlc_device_allocate
} dlc_device;

// What a kernel is launched on: a grid of blocks of threads. The arguments are
// pointers to values; where `is_buffer` says so, to an address on the device.
typedef struct dlc_grid {
  unsigned blocks[3], threads[3];
  unsigned shared_bytes;
  const size_t *sizes; // of the arguments, ended by 0
  void *const *arguments;
  const int8_t *is_buffer;
} dlc_grid;

// What the runtime needs of CUDA or OpenCL. Functions that can fail return
// DLC_ERROR_DEVICE (or DLC_ERROR_MEMORY for the host's) with a message that has the
// driver's name of the error. All but the first three run between enter and leave.
typedef struct dlc_driver {
  dlc_device_kind kind;
  int handles_are_addresses; // the caller's device memory is given by its address

  dlc_status (*count)(int32_t *count, dlc_message *message);
  dlc_status (*describe)(int32_t index, dlc_device_info *info, dlc_message *message);
  // The device of that index, or that of the caller's stream. After a failure
  // *device is what there is to close, or null.
  dlc_status (*open)(int32_t index, void *stream, int is_profiled, const dlc_allocator *allocator, dlc_device **device,
                     dlc_message *message);
  void (*close)(dlc_device *device); // also of a device that died
  // Make the device the calling thread's, and take that back.
  dlc_status (*enter)(dlc_device *device, dlc_message *message);
  void (*leave)(dlc_device *device);

  dlc_status (*allocate)(dlc_device *device, size_t bytes, uint64_t *address, dlc_message *message);
  void (*release)(dlc_device *device, uint64_t address);
  // Enqueue; memory on the host must stay as it is until finish.
  dlc_status (*upload)(dlc_device *device, uint64_t to, const void *from, size_t bytes, dlc_message *message);
  dlc_status (*download)(dlc_device *device, void *to, uint64_t from, size_t bytes, dlc_message *message);
  // Where handles are no addresses: a handle of memory that is allocated already,
  // and a copy from one to another.
  dlc_status (*wrap)(dlc_device *device, uint64_t address, size_t bytes, void **handle, dlc_message *message);
  void (*unwrap)(dlc_device *device, void *handle);
  dlc_status (*copy)(dlc_device *device, void *to, void *from, size_t bytes, dlc_message *message);
  dlc_status (*finish)(dlc_device *device, dlc_message *message);

  // Of source that ends with NUL.
  dlc_status (*load)(dlc_device *device, const char *source, void **module, dlc_message *message);
  void (*unload)(dlc_device *device, void *module);
  dlc_status (*find)(dlc_device *device, void *module, const char *entry, void **function, dlc_message *message);
  void (*forget)(dlc_device *device, void *function);
  dlc_status (*launch)(dlc_device *device, void *function, const dlc_grid *grid, dlc_message *message);

  // Timers of what is enqueued between start and stop; read after finish. The
  // caller provides their memory, zeroed.
  size_t timer_bytes;
  dlc_status (*create_timer)(dlc_device *device, void *timer, dlc_message *message);
  void (*destroy_timer)(dlc_device *device, void *timer);
  dlc_status (*start_timer)(dlc_device *device, void *timer, dlc_message *message);
  dlc_status (*stop_timer)(dlc_device *device, void *timer, dlc_message *message);
  dlc_status (*read_timer)(dlc_device *device, void *timer, int64_t *nanoseconds, dlc_message *message);
} dlc_driver;

extern const dlc_driver dlc_cuda_driver, dlc_opencl_driver;

// The driver's allocate, counted. What is allocated stays until the device is closed.
dlc_status dlc_device_allocate(dlc_device *device, size_t bytes, uint64_t *address, dlc_message *message);

// Null for the CPU and values that are no kind.
const dlc_driver *dlc_find_driver(dlc_device_kind kind);

// A symbol of a driver's library and where its address goes.
typedef struct dlc_symbol {
  const char *name;
  void *address; // of a function pointer
} dlc_symbol;

// Loads the first of the libraries (ended by null) that is there and finds all
// symbols in it. A library stays loaded.
dlc_status dlc_load_library(const char *what, const char *const *names, const dlc_symbol *symbols, size_t count,
                            dlc_message *message);

// How the start of a driver ended, which a process does once.
typedef struct dlc_startup {
  pthread_once_t once;
  dlc_status status;
  dlc_message message;
} dlc_startup;
#define DLC_STARTUP_INIT                                                                                               \
  {                                                                                                                    \
    PTHREAD_ONCE_INIT, DLC_OK, { "" }                                                                                  \
  }

// Calls `start`, which fills `startup`, unless that was done before. Returns how it ended.
dlc_status dlc_start_once(dlc_startup *startup, void (*start)(void), dlc_message *message);

//===----------------------------------------------------------------------===//
// Choosing one
//===----------------------------------------------------------------------===//

// Where a model is to run.
typedef struct dlc_choice {
  const dlc_driver *driver; // null: the CPU
  int32_t index;
} dlc_choice;

// dlc_find_device.
dlc_status dlc_describe_device(const char *name, dlc_device_info *info, dlc_message *message);

// Finds what the options name for a model that passed dlc_table_check. A device
// that is named must be there.
dlc_status dlc_choose_device(const dlc_model *model, const dlc_options *options, dlc_choice *choice,
                             dlc_message *message);

//===----------------------------------------------------------------------===//
// A session on a device
//===----------------------------------------------------------------------===//

typedef struct dlc_loaded_module {
  const void *state; // the object's name for it
  void *module;
} dlc_loaded_module;

// A launch of the model. Runs launch the same kernels in the same order, so that
// the next one is found where the last one was found.
typedef struct dlc_known_launch {
  const void *state;
  const char *entry; // compared as a pointer: a constant of the object
  void *function;    // shared by launches of the same kernel
  int owns_function;
} dlc_known_launch;

// An array that grows while a session is created.
typedef struct dlc_array {
  void *items;
  int32_t count;
  size_t bytes;
} dlc_array;

// What a session keeps beside what it has on the CPU. Addresses are on the device.
typedef struct dlc_remote {
  dlc_device *device;
  int owns_device;
  int has_device_memory; // dlc_options.device_memory
  int is_preparing;      // kernels are loaded and not launched

  uint64_t weights, memory;   // allocations of this session; 0 for none
  uint64_t arena, state;      // in `memory`, or the trainer's
  uint64_t scratch, top, end; // of the arena, for temporaries
  int32_t live;               // temporaries
  uint64_t *inputs, *outputs; // (inputs), (outputs): their places in `memory`
  char *small;                // (inputs, a place each): what is copied together; see remote_run.c
  void **handles;             // (inputs, then outputs) of those places, where the driver needs some

  dlc_array modules;                // of dlc_loaded_module
  dlc_array launches;               // of dlc_known_launch
  int32_t next_module, next_launch; // where the search begins

  char *timers;                  // (step records), or null
  int32_t first_step, last_step; // of the run
  int32_t step;                  // the one in progress
  dlc_status failed;             // the run; session->error says why
  size_t block_bytes;            // of this struct and its arrays
} dlc_remote;

// Of places in device memory that the runtime chooses. Inputs that fit one such
// step, as an optimiser's settings do, are copied with their neighbours at once.
enum { DLC_REMOTE_ALIGNMENT = 256 };

// What of a session's model is asked for often.
static inline size_t dlc_remote_tensor_bytes(const dlc_session *session, enum dlc_header_field begin, int32_t index,
                                             int64_t batch) {
  const int64_t *tensor = dlc_record(session->model, begin, DLC_TENSOR_LENGTH, index);
  return (size_t)dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
}

static inline int32_t dlc_remote_input_count(const dlc_session *session) {
  return (int32_t)dlc_header(session->model, DLC_HEADER_INPUT_COUNT);
}

static inline int32_t dlc_remote_output_count(const dlc_session *session) {
  return (int32_t)dlc_header(session->model, DLC_HEADER_OUTPUT_COUNT);
}

// Whether runs use the caller's device memory as it is.
static inline int dlc_remote_is_bound(const dlc_remote *remote) {
  return remote->has_device_memory && remote->device->driver->handles_are_addresses;
}

// Makes session->remote: the device, unless a trainer gives it, and on it memory,
// weights and kernels. After a failure there may be something to destroy.
dlc_status dlc_remote_build(dlc_session *session, const dlc_choice *choice, const dlc_options *options,
                            const dlc_session_place *place, const dlc_arena_layout *layout, dlc_message *message);
void dlc_remote_destroy(dlc_session *session);

// Sets the device addresses of all descriptors for the batch that is filled.
void dlc_remote_fill(dlc_session *session);

// As dlc_session_launch.
dlc_status dlc_remote_launch(dlc_session *session, const void *const *inputs, void *const *outputs, int32_t begin,
                             int32_t end);

// The driver's trace: all of the step is enqueued.
void dlc_remote_trace(dlc_session *session, int32_t step);

// Fails the current run with what a driver reported; the first failure wins.
dlc_status dlc_remote_fail(dlc_session *session, dlc_status status, const dlc_message *message);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_DEVICE_H
