// CUDA through its driver, which is loaded when it is first asked for. Sessions use
// the device's primary context, or the context of the caller's stream.
#include "runtime/device.h"

#include <stdio.h>
#include <string.h>

//===----------------------------------------------------------------------===//
// The driver's interface, as far as it is used here
//===----------------------------------------------------------------------===//

typedef int cu_result; // 0 is success
typedef struct cu_context *cu_context;
typedef struct cu_stream *cu_stream;
typedef struct cu_module *cu_module;
typedef struct cu_function *cu_function;
typedef struct cu_event *cu_event;

enum { NO_DEVICE = 100 }; // a cu_result
enum { STREAM_NON_BLOCKING = 1 };
enum { JIT_ERROR_LOG_BUFFER = 5, JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6 };
enum { FUNCTION_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8 };
enum { MAX_THREADS_PER_BLOCK = 1, MAX_GRID_DIM_X = 5, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97 }; // attributes

// What a kernel may have without asking.
enum { DEFAULT_SHARED_BYTES = 48 * 1024 };

static struct {
  cu_result (*init)(unsigned flags);
  cu_result (*error_name)(cu_result error, const char **text);
  cu_result (*error_string)(cu_result error, const char **text);
  cu_result (*device_count)(int *count);
  cu_result (*device_get)(int *device, int index);
  cu_result (*device_name)(char *name, int room, int device);
  cu_result (*device_memory)(size_t *bytes, int device);
  cu_result (*device_attribute)(int *value, int attribute, int device);
  cu_result (*context_retain)(cu_context *context, int device);
  cu_result (*context_release)(int device);
  cu_result (*context_push)(cu_context context);
  cu_result (*context_pop)(cu_context *context);
  cu_result (*context_device)(int *device);
  cu_result (*stream_create)(cu_stream *stream, unsigned flags);
  cu_result (*stream_destroy)(cu_stream stream);
  cu_result (*stream_context)(cu_stream stream, cu_context *context);
  cu_result (*stream_finish)(cu_stream stream);
  cu_result (*allocate)(uint64_t *address, size_t bytes);
  cu_result (*release)(uint64_t address);
  cu_result (*upload)(uint64_t to, const void *from, size_t bytes, cu_stream stream);
  cu_result (*download)(void *to, uint64_t from, size_t bytes, cu_stream stream);
  cu_result (*module_load)(cu_module *module, const void *image, unsigned count, int *options, void **values);
  cu_result (*module_unload)(cu_module module);
  cu_result (*module_function)(cu_function *function, cu_module module, const char *name);
  cu_result (*function_set)(cu_function function, int attribute, int value);
  cu_result (*launch)(cu_function function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned threads_x,
                      unsigned threads_y, unsigned threads_z, unsigned shared_bytes, cu_stream stream, void **arguments,
                      void **extra);
  cu_result (*event_create)(cu_event *event, unsigned flags);
  cu_result (*event_destroy)(cu_event event);
  cu_result (*event_record)(cu_event event, cu_stream stream);
  cu_result (*event_elapsed)(float *milliseconds, cu_event begin, cu_event end);
} cu;

static const dlc_symbol symbols[] = {
    {"cuInit", &cu.init},
    {"cuGetErrorName", &cu.error_name},
    {"cuGetErrorString", &cu.error_string},
    {"cuDeviceGetCount", &cu.device_count},
    {"cuDeviceGet", &cu.device_get},
    {"cuDeviceGetName", &cu.device_name},
    {"cuDeviceTotalMem_v2", &cu.device_memory},
    {"cuDeviceGetAttribute", &cu.device_attribute},
    {"cuDevicePrimaryCtxRetain", &cu.context_retain},
    {"cuDevicePrimaryCtxRelease_v2", &cu.context_release},
    {"cuCtxPushCurrent_v2", &cu.context_push},
    {"cuCtxPopCurrent_v2", &cu.context_pop},
    {"cuCtxGetDevice", &cu.context_device},
    {"cuStreamCreate", &cu.stream_create},
    {"cuStreamDestroy_v2", &cu.stream_destroy},
    {"cuStreamGetCtx", &cu.stream_context},
    {"cuStreamSynchronize", &cu.stream_finish},
    {"cuMemAlloc_v2", &cu.allocate},
    {"cuMemFree_v2", &cu.release},
    {"cuMemcpyHtoDAsync_v2", &cu.upload},
    {"cuMemcpyDtoHAsync_v2", &cu.download},
    {"cuModuleLoadDataEx", &cu.module_load},
    {"cuModuleUnload", &cu.module_unload},
    {"cuModuleGetFunction", &cu.module_function},
    {"cuFuncSetAttribute", &cu.function_set},
    {"cuLaunchKernel", &cu.launch},
    {"cuEventCreate", &cu.event_create},
    {"cuEventDestroy_v2", &cu.event_destroy},
    {"cuEventRecord", &cu.event_record},
    {"cuEventElapsedTime", &cu.event_elapsed},
};

static dlc_status check(cu_result result, const char *what, dlc_message *message) {
  if (!result)
    return DLC_OK;
  const char *name = NULL, *text = NULL;
  cu.error_name(result, &name);
  cu.error_string(result, &text);
  return dlc_fail(message, DLC_ERROR_DEVICE, "%s: %s (%s)", what, name ? name : "unknown error", text ? text : "");
}

static dlc_startup startup = DLC_STARTUP_INIT;
static int has_none; // a driver without a device

static void start(void) {
  static const char *const libraries[] = {"libcuda.so.1", "libcuda.so", NULL};
  startup.status = dlc_load_library("CUDA", libraries, symbols, sizeof(symbols) / sizeof(symbols[0]), &startup.message);
  if (startup.status)
    return;
  cu_result result = cu.init(0);
  has_none = result == NO_DEVICE;
  startup.status = has_none ? DLC_OK : check(result, "the CUDA driver does not start: cuInit", &startup.message);
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

typedef struct cuda_device {
  dlc_device common;
  int device;
  cu_context context;
  cu_stream stream;
  int owns_context;
} cuda_device;

static cuda_device *cast(dlc_device *device) { return (cuda_device *)(void *)device; }

static dlc_status count(int32_t *devices, dlc_message *message) {
  *devices = 0;
  dlc_status status = dlc_start_once(&startup, start, message);
  if (status || has_none)
    return status;
  int number = 0;
  status = check(cu.device_count(&number), "cuDeviceGetCount", message);
  *devices = number;
  return status;
}

static dlc_status describe(int32_t index, dlc_device_info *info, dlc_message *message) {
  int device;
  size_t bytes = 0;
  memset(info, 0, sizeof(*info));
  info->kind = DLC_DEVICE_CUDA;
  snprintf(info->name, sizeof(info->name), "cuda:%d", index);
  dlc_status status = check(cu.device_get(&device, index), "cuDeviceGet", message);
  if (!status)
    status = check(cu.device_name(info->description, sizeof(info->description), device), "cuDeviceGetName", message);
  if (!status)
    status = check(cu.device_memory(&bytes, device), "cuDeviceTotalMem", message);
  info->memory_bytes = (int64_t)bytes;
  return status;
}

static dlc_status read_limits(cuda_device *device, dlc_message *message) {
  struct {
    int attribute;
    uint64_t *limit;
  } const limits[] = {{MAX_THREADS_PER_BLOCK, &device->common.block_threads},
                      {MAX_GRID_DIM_X, &device->common.grid_blocks[0]},
                      {MAX_GRID_DIM_X + 1, &device->common.grid_blocks[1]},
                      {MAX_GRID_DIM_X + 2, &device->common.grid_blocks[2]},
                      {MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &device->common.shared_bytes}};
  dlc_status status = DLC_OK;
  for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !status; ++i) {
    int value = 0;
    status = check(cu.device_attribute(&value, limits[i].attribute, device->device), "cuDeviceGetAttribute", message);
    *limits[i].limit = (uint64_t)value;
  }
  return status;
}

static dlc_status open_device(int32_t index, void *stream, int is_profiled, const dlc_allocator *allocator,
                              dlc_device **result, dlc_message *message) {
  cuda_device *device = allocator->allocate(allocator->context, sizeof(*device), 64);
  *result = NULL;
  if (!device)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a device");
  memset(device, 0, sizeof(*device));
  device->common = (dlc_device){.driver = &dlc_cuda_driver,
                                .allocator = *allocator,
                                .index = index,
                                .owns_stream = stream == NULL,
                                .is_profiled = is_profiled,
                                .block_bytes = sizeof(*device)};
  *result = &device->common;

  if (stream) {
    device->stream = stream;
    dlc_status status = check(cu.stream_context(device->stream, &device->context), "cuStreamGetCtx", message);
    if (!status)
      status = check(cu.context_push(device->context), "cuCtxPushCurrent", message);
    if (status)
      return status;
    status = check(cu.context_device(&device->device), "cuCtxGetDevice", message);
    cu.context_pop(&(cu_context){0});
    device->common.index = device->device; // devices are their index
    return status ? status : read_limits(device, message);
  }
  dlc_status status = check(cu.device_get(&device->device, index), "cuDeviceGet", message);
  if (!status)
    status = read_limits(device, message);
  if (!status)
    status = check(cu.context_retain(&device->context, device->device), "cuDevicePrimaryCtxRetain", message);
  if (status)
    return status;
  device->owns_context = 1;
  status = check(cu.context_push(device->context), "cuCtxPushCurrent", message);
  if (status)
    return status;
  status = check(cu.stream_create(&device->stream, STREAM_NON_BLOCKING), "cuStreamCreate", message);
  cu.context_pop(&(cu_context){0});
  return status;
}

static dlc_status enter(dlc_device *device, dlc_message *message) {
  return check(cu.context_push(cast(device)->context), "cuCtxPushCurrent", message);
}

static void leave(dlc_device *device) {
  (void)device;
  cu.context_pop(&(cu_context){0});
}

static void close_device(dlc_device *common) {
  cuda_device *device = cast(common);
  if (common->owns_stream && device->stream)
    cu.stream_destroy(device->stream);
  if (device->owns_context)
    cu.context_release(device->device);
  dlc_allocator allocator = common->allocator;
  allocator.deallocate(allocator.context, device, common->block_bytes);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static dlc_status allocate(dlc_device *device, size_t bytes, uint64_t *address, dlc_message *message) {
  (void)device;
  char what[64];
  *address = 0;
  snprintf(what, sizeof(what), "cuMemAlloc of %zu bytes", bytes);
  return check(cu.allocate(address, bytes), what, message);
}

static void release(dlc_device *device, uint64_t address) {
  (void)device;
  cu.release(address);
}

static dlc_status upload(dlc_device *device, uint64_t to, const void *from, size_t bytes, dlc_message *message) {
  return check(cu.upload(to, from, bytes, cast(device)->stream), "cuMemcpyHtoDAsync", message);
}

static dlc_status download(dlc_device *device, void *to, uint64_t from, size_t bytes, dlc_message *message) {
  return check(cu.download(to, from, bytes, cast(device)->stream), "cuMemcpyDtoHAsync", message);
}

static dlc_status finish(dlc_device *device, dlc_message *message) {
  return check(cu.stream_finish(cast(device)->stream), "cuStreamSynchronize", message);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

// A function, and the shared memory that it was allowed.
typedef struct cuda_function {
  cu_function function;
  unsigned shared_bytes;
} cuda_function;

static dlc_status load(dlc_device *device, const char *source, void **module, dlc_message *message) {
  (void)device;
  char log[256] = "";
  int options[] = {JIT_ERROR_LOG_BUFFER, JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, (void *)(uintptr_t)(sizeof(log) - 1)};
  cu_module loaded = NULL;
  cu_result result = cu.module_load(&loaded, source, 2, options, values);
  *module = loaded;
  if (!result)
    return DLC_OK;
  dlc_message error;
  check(result, "cuModuleLoadDataEx", &error);
  log[strcspn(log, "\n")] = '\0';
  return dlc_fail(message, DLC_ERROR_DEVICE, "%.240s%s%s", error.text, *log ? ": " : "", log);
}

static void unload(dlc_device *device, void *module) {
  (void)device;
  cu.module_unload(module);
}

static dlc_status find(dlc_device *device, void *module, const char *entry, void **result, dlc_message *message) {
  cuda_function *function = device->allocator.allocate(device->allocator.context, sizeof(*function), 64);
  *result = NULL;
  if (!function)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a kernel");
  function->shared_bytes = DEFAULT_SHARED_BYTES;
  dlc_status status = check(cu.module_function(&function->function, module, entry), "cuModuleGetFunction", message);
  if (status)
    device->allocator.deallocate(device->allocator.context, function, sizeof(*function));
  else
    *result = function;
  return status;
}

static void forget(dlc_device *device, void *function) {
  device->allocator.deallocate(device->allocator.context, function, sizeof(cuda_function));
}

static dlc_status launch(dlc_device *device, void *data, const dlc_grid *grid, dlc_message *message) {
  cuda_function *function = data;
  if (grid->shared_bytes > function->shared_bytes) {
    dlc_status status =
        check(cu.function_set(function->function, FUNCTION_MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)grid->shared_bytes),
              "cuFuncSetAttribute", message);
    if (status)
      return status;
    function->shared_bytes = grid->shared_bytes;
  }
  const unsigned *blocks = grid->blocks, *threads = grid->threads;
  return check(cu.launch(function->function, blocks[0], blocks[1], blocks[2], threads[0], threads[1], threads[2],
                         grid->shared_bytes, cast(device)->stream, (void **)(uintptr_t)grid->arguments, NULL),
               "cuLaunchKernel", message);
}

//===----------------------------------------------------------------------===//
// Timers
//===----------------------------------------------------------------------===//

typedef struct cuda_timer {
  cu_event begin, end;
} cuda_timer;

static dlc_status create_timer(dlc_device *device, void *data, dlc_message *message) {
  (void)device;
  cuda_timer *timer = data;
  dlc_status status = check(cu.event_create(&timer->begin, 0), "cuEventCreate", message);
  return status ? status : check(cu.event_create(&timer->end, 0), "cuEventCreate", message);
}

static void destroy_timer(dlc_device *device, void *data) {
  (void)device;
  cuda_timer *timer = data;
  if (timer->begin)
    cu.event_destroy(timer->begin);
  if (timer->end)
    cu.event_destroy(timer->end);
}

static dlc_status start_timer(dlc_device *device, void *timer, dlc_message *message) {
  return check(cu.event_record(((cuda_timer *)timer)->begin, cast(device)->stream), "cuEventRecord", message);
}

static dlc_status stop_timer(dlc_device *device, void *timer, dlc_message *message) {
  return check(cu.event_record(((cuda_timer *)timer)->end, cast(device)->stream), "cuEventRecord", message);
}

static dlc_status read_timer(dlc_device *device, void *data, int64_t *nanoseconds, dlc_message *message) {
  (void)device;
  const cuda_timer *timer = data;
  float milliseconds = 0;
  dlc_status status = check(cu.event_elapsed(&milliseconds, timer->begin, timer->end), "cuEventElapsedTime", message);
  *nanoseconds = (int64_t)((double)milliseconds * 1e6);
  return status;
}

const dlc_driver dlc_cuda_driver = {
    .kind = DLC_DEVICE_CUDA,
    .handles_are_addresses = 1,
    .count = count,
    .describe = describe,
    .open = open_device,
    .close = close_device,
    .enter = enter,
    .leave = leave,
    .allocate = allocate,
    .release = release,
    .upload = upload,
    .download = download,
    .finish = finish,
    .load = load,
    .unload = unload,
    .find = find,
    .forget = forget,
    .launch = launch,
    .timer_bytes = sizeof(cuda_timer),
    .create_timer = create_timer,
    .destroy_timer = destroy_timer,
    .start_timer = start_timer,
    .stop_timer = stop_timer,
    .read_timer = read_timer,
};
