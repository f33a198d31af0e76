// OpenCL through its loader, libOpenCL, which is loaded when it is first asked for.
// Memory is coarse-grained shared virtual memory (OpenCL 2.0), so that a place in it
// is an address, as in CUDA.
#include "runtime/opencl_library.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

typedef struct opencl_timer {
  cl_event first, last; // of the kernels between start and stop
  int64_t begun, nanoseconds;
} opencl_timer;

typedef struct opencl_device {
  dlc_device common;
  cl_device device;
  cl_context context;
  cl_queue queue;
  int has_events;      // the queue measures times
  opencl_timer *timer; // the one that runs, or null
} opencl_device;

static opencl_device *cast(dlc_device *device) { return (opencl_device *)(void *)device; }

static dlc_status count(int32_t *result, dlc_message *message) {
  *result = 0;
  dlc_status status = dlc_cl_start(message);
  if (!status)
    *result = (int32_t)dlc_cl_found.count;
  return status;
}

static dlc_status describe(int32_t index, dlc_device_info *info, dlc_message *message) {
  uint64_t type = 0, bytes = 0;
  memset(info, 0, sizeof(*info));
  info->kind = DLC_DEVICE_OPENCL;
  snprintf(info->name, sizeof(info->name), "opencl:%d", index);
  char name[512] = "";
  cl_result result = dlc_cl.device_info(dlc_cl_found.list[index], DEVICE_NAME, sizeof(name) - 1, name, NULL);
  snprintf(info->description, sizeof(info->description), "%.127s", name);
  if (!result)
    result = dlc_cl.device_info(dlc_cl_found.list[index], DEVICE_TYPE, sizeof(type), &type, NULL);
  if (!result)
    result = dlc_cl.device_info(dlc_cl_found.list[index], DEVICE_GLOBAL_MEM_SIZE, sizeof(bytes), &bytes, NULL);
  info->is_cpu = (type & DEVICE_TYPE_CPU) != 0;
  info->memory_bytes = (int64_t)bytes;
  return dlc_cl_check(result, "clGetDeviceInfo", message);
}

// The context and the device of the caller's queue.
static dlc_status take_queue(opencl_device *device, cl_queue queue, dlc_message *message) {
  uint64_t properties = 0;
  cl_context context;
  cl_result result = dlc_cl.queue_info(queue, QUEUE_CONTEXT, sizeof(context), &context, NULL);
  if (!result)
    result = dlc_cl.queue_info(queue, QUEUE_DEVICE, sizeof(device->device), &device->device, NULL);
  if (!result)
    result = dlc_cl.queue_info(queue, QUEUE_PROPERTIES, sizeof(properties), &properties, NULL);
  if (result)
    return dlc_cl_check(result, "clGetCommandQueueInfo", message);
  if (properties & QUEUE_OUT_OF_ORDER)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the command queue must execute in order");
  device->has_events = (properties & QUEUE_PROFILING) != 0;
  result = dlc_cl.context_retain(context);
  if (!result)
    device->context = context;
  if (!result)
    result = dlc_cl.queue_retain(queue);
  if (!result)
    device->queue = queue;
  for (uint32_t i = 0; i < dlc_cl_found.count; ++i)
    if (dlc_cl_found.list[i] == device->device)
      device->common.index = (int32_t)i;
  return dlc_cl_check(result, "clRetainCommandQueue", message);
}

static dlc_status make_queue(opencl_device *device, dlc_message *message) {
  cl_result result = 0;
  device->device = dlc_cl_found.list[device->common.index];
  device->context = dlc_cl.context_create(NULL, 1, &device->device, NULL, NULL, &result);
  if (!device->context)
    return dlc_cl_check(result, "clCreateContext", message);
  const uint64_t properties[] = {QUEUE_PROPERTIES, QUEUE_PROFILING, 0};
  device->has_events = device->common.is_profiled;
  device->queue =
      dlc_cl.queue_create(device->context, device->device, device->common.is_profiled ? properties : NULL, &result);
  return device->queue ? DLC_OK : dlc_cl_check(result, "clCreateCommandQueueWithProperties", message);
}

static dlc_status open_device(int32_t index, void *stream, int is_profiled, const dlc_allocator *allocator,
                              dlc_device **result, dlc_message *message) {
  opencl_device *device = allocator->allocate(allocator->context, sizeof(*device), 64);
  *result = NULL;
  if (!device)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a device");
  memset(device, 0, sizeof(*device));
  device->common = (dlc_device){.driver = &dlc_opencl_driver,
                                .allocator = *allocator,
                                .index = index,
                                .owns_stream = stream == NULL,
                                .is_profiled = is_profiled,
                                .block_bytes = sizeof(*device)};
  *result = &device->common;
  dlc_status status = stream ? take_queue(device, stream, message) : make_queue(device, message);
  if (status)
    return status;
  uint64_t capabilities = 0, shared_bytes = 0;
  size_t threads = 0;
  cl_result error =
      dlc_cl.device_info(device->device, DEVICE_SVM_CAPABILITIES, sizeof(capabilities), &capabilities, NULL);
  if (error == INVALID_VALUE)
    error = 0; // a device from before there was such memory
  if (!error)
    error = dlc_cl.device_info(device->device, DEVICE_LOCAL_MEM_SIZE, sizeof(shared_bytes), &shared_bytes, NULL);
  if (!error)
    error = dlc_cl.device_info(device->device, DEVICE_MAX_WORK_GROUP_SIZE, sizeof(threads), &threads, NULL);
  if (error)
    return dlc_cl_check(error, "clGetDeviceInfo", message);
  device->common.shared_bytes = shared_bytes;
  device->common.block_threads = threads;
  for (int d = 0; d < 3; ++d)
    device->common.grid_blocks[d] = UINT32_MAX;
  if (!(capabilities & SVM_COARSE_GRAIN_BUFFER))
    return dlc_fail(message, DLC_ERROR_DEVICE,
                    "the OpenCL device opencl:%d has no shared virtual memory (OpenCL 2.0), which is needed",
                    device->common.index);
  return DLC_OK;
}

static void close_device(dlc_device *common) {
  opencl_device *device = cast(common);
  if (device->queue)
    dlc_cl.queue_release(device->queue);
  if (device->context)
    dlc_cl.context_release(device->context);
  dlc_allocator allocator = common->allocator;
  allocator.deallocate(allocator.context, device, common->block_bytes);
}

// Nothing in OpenCL belongs to a thread.
static dlc_status enter(dlc_device *device, dlc_message *message) {
  (void)device;
  (void)message;
  return DLC_OK;
}

static void leave(dlc_device *device) { (void)device; }

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static void *pointer(uint64_t address) { return (void *)(uintptr_t)address; }

static dlc_status allocate(dlc_device *device, size_t bytes, uint64_t *address, dlc_message *message) {
  *address = (uint64_t)(uintptr_t)dlc_cl.svm_allocate(cast(device)->context, MEM_READ_WRITE, bytes, 0);
  return *address ? DLC_OK : dlc_fail(message, DLC_ERROR_DEVICE, "clSVMAlloc of %zu bytes: no memory", bytes);
}

static void release(dlc_device *device, uint64_t address) { dlc_cl.svm_free(cast(device)->context, pointer(address)); }

static dlc_status upload(dlc_device *device, uint64_t to, const void *from, size_t bytes, dlc_message *message) {
  return dlc_cl_check(dlc_cl.svm_copy(cast(device)->queue, 0, pointer(to), from, bytes, 0, NULL, NULL),
                      "clEnqueueSVMMemcpy", message);
}

static dlc_status download(dlc_device *device, void *to, uint64_t from, size_t bytes, dlc_message *message) {
  return dlc_cl_check(dlc_cl.svm_copy(cast(device)->queue, 0, to, pointer(from), bytes, 0, NULL, NULL),
                      "clEnqueueSVMMemcpy", message);
}

static dlc_status wrap(dlc_device *device, uint64_t address, size_t bytes, void **handle, dlc_message *message) {
  cl_result result = 0;
  *handle =
      dlc_cl.buffer_create(cast(device)->context, MEM_READ_WRITE | MEM_USE_HOST_PTR, bytes, pointer(address), &result);
  return *handle ? DLC_OK : dlc_cl_check(result, "clCreateBuffer", message);
}

static void unwrap(dlc_device *device, void *handle) {
  (void)device;
  dlc_cl.buffer_release(handle);
}

static dlc_status copy(dlc_device *device, void *to, void *from, size_t bytes, dlc_message *message) {
  return dlc_cl_check(dlc_cl.buffer_copy(cast(device)->queue, from, to, 0, 0, bytes, 0, NULL, NULL),
                      "clEnqueueCopyBuffer", message);
}

static dlc_status finish(dlc_device *device, dlc_message *message) {
  return dlc_cl_check(dlc_cl.finish(cast(device)->queue), "clFinish", message);
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

static dlc_status load(dlc_device *common, const char *source, void **module, dlc_message *message) {
  opencl_device *device = cast(common);
  cl_result result = 0;
  cl_program program = dlc_cl.program_create(device->context, 1, &source, NULL, &result); // ends with NUL
  *module = program;
  if (!program)
    return dlc_cl_check(result, "clCreateProgramWithSource", message);
  // Halide's code asks for both limits; constant memory is not used.
  result = dlc_cl.program_build(program, 1, &device->device, "-D MAX_CONSTANT_BUFFER_SIZE=0 -D MAX_CONSTANT_ARGS=0",
                                NULL, NULL);
  if (!result)
    return DLC_OK;
  char log[4096] = "";
  if (dlc_cl.program_build_info(program, device->device, PROGRAM_BUILD_LOG, sizeof(log) - 1, log, NULL))
    snprintf(log, sizeof(log), "its log is too long");
  const char *first = strstr(log, "error");
  dlc_cl.program_release(program);
  *module = NULL;
  dlc_message error;
  dlc_cl_check(result, "clBuildProgram", &error);
  dlc_fail(message, DLC_ERROR_DEVICE, "%.100s: %.300s", error.text, first ? first : log);
  message->text[strcspn(message->text, "\n")] = '\0';
  return DLC_ERROR_DEVICE;
}

static void unload(dlc_device *device, void *module) {
  (void)device;
  dlc_cl.program_release(module);
}

static dlc_status find(dlc_device *device, void *module, const char *entry, void **function, dlc_message *message) {
  (void)device;
  cl_result result = 0;
  *function = dlc_cl.kernel_create(module, entry, &result);
  return *function ? DLC_OK : dlc_cl_check(result, "clCreateKernel", message);
}

static void forget(dlc_device *device, void *function) {
  (void)device;
  dlc_cl.kernel_release(function);
}

static dlc_status launch(dlc_device *common, void *kernel, const dlc_grid *grid, dlc_message *message) {
  opencl_device *device = cast(common);
  uint32_t index = 0;
  cl_result result = 0;
  for (; grid->sizes[index] && !result; ++index)
    result = grid->is_buffer[index]
                 ? dlc_cl.set_pointer(kernel, index, pointer(*(const uint64_t *)grid->arguments[index]))
                 : dlc_cl.set_argument(kernel, index, grid->sizes[index], grid->arguments[index]);
  // The last one is the memory that a block shares, of which there must be some.
  if (!result)
    result = dlc_cl.set_argument(kernel, index, grid->shared_bytes ? grid->shared_bytes : 1, NULL);
  if (result)
    return dlc_cl_check(result, "clSetKernelArg", message);
  size_t global[3], local[3];
  for (int d = 0; d < 3; ++d) {
    local[d] = grid->threads[d];
    global[d] = (size_t)grid->blocks[d] * grid->threads[d];
  }
  cl_event event = NULL;
  int is_timed = device->timer && device->has_events;
  result = dlc_cl.enqueue(device->queue, kernel, 3, NULL, global, local, 0, NULL, is_timed ? &event : NULL);
  if (event) {
    opencl_timer *timer = device->timer;
    if (timer->last && timer->last != timer->first)
      dlc_cl.event_release(timer->last);
    timer->last = event;
    if (!timer->first)
      timer->first = event;
  }
  return dlc_cl_check(result, "clEnqueueNDRangeKernel", message);
}

//===----------------------------------------------------------------------===//
// Timers: the events of kernels, or the host's clock where the queue has none.
//===----------------------------------------------------------------------===//

static int64_t now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void drop_events(opencl_timer *timer) {
  if (timer->last && timer->last != timer->first)
    dlc_cl.event_release(timer->last);
  if (timer->first)
    dlc_cl.event_release(timer->first);
  timer->first = timer->last = NULL;
}

static dlc_status create_timer(dlc_device *device, void *timer, dlc_message *message) {
  (void)device;
  (void)timer;
  (void)message;
  return DLC_OK;
}

static void destroy_timer(dlc_device *device, void *timer) {
  (void)device;
  drop_events(timer);
}

static dlc_status start_timer(dlc_device *common, void *data, dlc_message *message) {
  opencl_device *device = cast(common);
  device->timer = data;
  drop_events(data);
  if (device->has_events)
    return DLC_OK;
  dlc_status status = finish(common, message);
  device->timer->begun = now();
  return status;
}

static dlc_status stop_timer(dlc_device *common, void *data, dlc_message *message) {
  opencl_device *device = cast(common);
  device->timer = NULL;
  if (device->has_events)
    return DLC_OK;
  dlc_status status = finish(common, message);
  opencl_timer *timer = data;
  timer->nanoseconds = now() - timer->begun;
  return status;
}

static dlc_status read_timer(dlc_device *device, void *data, int64_t *nanoseconds, dlc_message *message) {
  const opencl_timer *timer = data;
  *nanoseconds = timer->nanoseconds;
  if (!cast(device)->has_events)
    return DLC_OK;
  uint64_t begin = 0, end = 0;
  cl_result result = 0;
  if (timer->first)
    result = dlc_cl.event_time(timer->first, PROFILING_COMMAND_START, sizeof(begin), &begin, NULL);
  if (timer->last && !result)
    result = dlc_cl.event_time(timer->last, PROFILING_COMMAND_END, sizeof(end), &end, NULL);
  *nanoseconds = end > begin ? (int64_t)(end - begin) : 0;
  return dlc_cl_check(result, "clGetEventProfilingInfo", message);
}

const dlc_driver dlc_opencl_driver = {
    .kind = DLC_DEVICE_OPENCL,
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
    .wrap = wrap,
    .unwrap = unwrap,
    .copy = copy,
    .finish = finish,
    .load = load,
    .unload = unload,
    .find = find,
    .forget = forget,
    .launch = launch,
    .timer_bytes = sizeof(opencl_timer),
    .create_timer = create_timer,
    .destroy_timer = destroy_timer,
    .start_timer = start_timer,
    .stop_timer = stop_timer,
    .read_timer = read_timer,
};
