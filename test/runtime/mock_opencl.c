/* See mock_driver.h. With DLC_MOCK_OPENCL=none in the environment there is no platform. */
#include "mock_driver.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mock_driver mock_opencl = MOCK_DRIVER_INIT;

enum {
  SUCCESS = 0,
  DEVICE_NOT_FOUND = -1,
  OUT_OF_RESOURCES = -5,
  BUILD_PROGRAM_FAILURE = -11,
  INVALID_VALUE = -30,
  INVALID_KERNEL_NAME = -46,
  INVALID_KERNEL_ARGS = -52,
  INVALID_WORK_GROUP_SIZE = -54,
  PLATFORM_NOT_FOUND = -1001,
};

enum { DEVICES = 2, ARGUMENTS = 8, ALLOCATIONS = 64 };

struct device {
  int index;
};
struct context {
  int references;
};
struct queue {
  struct context *context;
  struct device *device;
  uint64_t properties;
  int references;
};
struct memory {
  char *host;
  size_t bytes;
  int is_owned;
};
struct program {
  char *source;
};
struct kernel {
  const struct mock_kernel *kernel;
  uint64_t values[ARGUMENTS];
};
struct event {
  uint64_t begin;
};
struct allocation {
  char *address;
  size_t bytes;
};

static struct device devices[DEVICES] = {{0}, {1}};
static struct allocation allocations[ALLOCATIONS];
static uint64_t ticks; /* the clock of events */

/* Whether this call is to fail, and with what. */
static int enter(void) {
  int call = ++mock_opencl.calls;
  if (mock_opencl.fail_at && (call == mock_opencl.fail_at || (mock_opencl.stays_dead && call > mock_opencl.fail_at)))
    return mock_opencl.fail_with;
  return SUCCESS;
}

#define ENTER                                                                                                          \
  int fault = enter();                                                                                                 \
  if (fault)                                                                                                           \
    return fault;
/* For calls that make something. */
#define ENTER_CREATE(result)                                                                                           \
  *(result) = enter();                                                                                                 \
  if (*(result))                                                                                                       \
    return NULL;
/* For calls that give something back: it is gone also where the call fails. */
#define ENTER_RELEASE int fault = enter();

static int is_live(const void *pointer, size_t bytes) {
  const char *first = pointer;
  for (size_t i = 0; i < ALLOCATIONS; ++i)
    if (allocations[i].address && first >= allocations[i].address &&
        first + bytes <= allocations[i].address + allocations[i].bytes)
      return 1;
  return 0;
}

static int answer(const void *value, size_t bytes, size_t room, void *to, size_t *size) {
  if (size)
    *size = bytes;
  if (to && room < bytes)
    return INVALID_VALUE;
  if (to)
    memcpy(to, value, bytes);
  return SUCCESS;
}

int clGetPlatformIDs(uint32_t room, void **platforms, uint32_t *count) {
  ENTER
  const char *mode = getenv("DLC_MOCK_OPENCL");
  int is_none = mode && !strcmp(mode, "none");
  if (count)
    *count = is_none ? 0 : 1;
  if (room && !is_none)
    platforms[0] = devices;
  return is_none ? PLATFORM_NOT_FOUND : SUCCESS;
}

int clGetDeviceIDs(void *platform, uint64_t type, uint32_t room, struct device **list, uint32_t *count) {
  ENTER(void) type;
  if (platform != devices)
    return DEVICE_NOT_FOUND;
  *count = DEVICES;
  for (uint32_t i = 0; i < room && i < DEVICES; ++i)
    list[i] = &devices[i];
  return SUCCESS;
}

int clGetDeviceInfo(const struct device *device, uint32_t what, size_t room, void *value, size_t *size) {
  ENTER
  char name[32];
  snprintf(name, sizeof(name), "Mock %d", device->index);
  const uint64_t gpu = 1 << 2, memory = mock_opencl.memory, shared = mock_opencl.shared_bytes, coarse = 1;
  const size_t threads = mock_opencl.block_threads;
  switch (what) {
  case 0x1000:
    return answer(&gpu, sizeof(gpu), room, value, size);
  case 0x1004:
    return answer(&threads, sizeof(threads), room, value, size);
  case 0x101f:
    return answer(&memory, sizeof(memory), room, value, size);
  case 0x1023:
    return answer(&shared, sizeof(shared), room, value, size);
  case 0x102b:
    return answer(name, strlen(name) + 1, room, value, size);
  case 0x1053:
    return answer(&coarse, sizeof(coarse), room, value, size);
  default:
    return INVALID_VALUE;
  }
}

struct context *clCreateContext(const intptr_t *properties, uint32_t count, struct device **list, void *notify,
                                void *data, int *result) {
  ENTER_CREATE(result)
  (void)properties, (void)count, (void)list, (void)notify, (void)data;
  struct context *context = malloc(sizeof(*context));
  context->references = 1;
  mock_opencl.contexts++;
  return context;
}

int clRetainContext(struct context *context) {
  ENTER
  context->references++;
  return SUCCESS;
}

int clReleaseContext(struct context *context) {
  ENTER_RELEASE
  if (--context->references == 0) {
    free(context);
    mock_opencl.contexts--;
  }
  return fault;
}

struct queue *clCreateCommandQueueWithProperties(struct context *context, struct device *device,
                                                 const uint64_t *properties, int *result) {
  ENTER_CREATE(result)
  struct queue *queue = malloc(sizeof(*queue));
  *queue = (struct queue){context, device, properties && properties[0] == 0x1093 ? properties[1] : 0, 1};
  mock_opencl.streams++;
  return queue;
}

int clGetCommandQueueInfo(const struct queue *queue, uint32_t what, size_t room, void *value, size_t *size) {
  ENTER
  switch (what) {
  case 0x1090:
    return answer(&queue->context, sizeof(queue->context), room, value, size);
  case 0x1091:
    return answer(&queue->device, sizeof(queue->device), room, value, size);
  case 0x1093:
    return answer(&queue->properties, sizeof(queue->properties), room, value, size);
  default:
    return INVALID_VALUE;
  }
}

int clRetainCommandQueue(struct queue *queue) {
  ENTER
  queue->references++;
  return SUCCESS;
}

int clReleaseCommandQueue(struct queue *queue) {
  ENTER_RELEASE
  if (--queue->references == 0) {
    free(queue);
    mock_opencl.streams--;
  }
  return fault;
}

int clFinish(struct queue *queue) {
  ENTER(void) queue;
  mock_opencl.finishes++;
  return SUCCESS;
}

void *clSVMAlloc(struct context *context, uint64_t flags, size_t bytes, uint32_t alignment) {
  (void)context, (void)flags, (void)alignment;
  if (enter() || !bytes || bytes > mock_opencl.memory - mock_opencl.allocated)
    return NULL;
  size_t i = 0;
  while (allocations[i].address)
    ++i;
  allocations[i] = (struct allocation){aligned_alloc(256, (bytes + 255) / 256 * 256), bytes};
  mock_opencl.allocated += bytes;
  mock_opencl.allocations++;
  return allocations[i].address;
}

void clSVMFree(struct context *context, void *memory) {
  (void)context;
  enter();
  size_t i = 0;
  while (allocations[i].address != memory)
    ++i;
  mock_opencl.allocated -= allocations[i].bytes;
  free(memory);
  allocations[i].address = NULL;
  mock_opencl.allocations--;
}

int clEnqueueSVMMemcpy(struct queue *queue, uint32_t wait, void *to, const void *from, size_t bytes, uint32_t count,
                       struct event **events, struct event **event) {
  ENTER(void) queue, (void)wait;
  if (count || events || event || (!is_live(to, bytes) && !is_live(from, bytes)))
    return INVALID_VALUE;
  memmove(to, from, bytes);
  return SUCCESS;
}

struct memory *clCreateBuffer(struct context *context, uint64_t flags, size_t bytes, void *host, int *result) {
  ENTER_CREATE(result)
  (void)context;
  struct memory *memory = malloc(sizeof(*memory));
  int is_owned = !(flags & 8);
  *memory = (struct memory){is_owned ? calloc(1, bytes) : host, bytes, is_owned};
  if (flags & 32)
    memcpy(memory->host, host, bytes);
  mock_opencl.handles++;
  return memory;
}

int clReleaseMemObject(struct memory *memory) {
  ENTER_RELEASE
  if (memory->is_owned)
    free(memory->host);
  free(memory);
  mock_opencl.handles--;
  return fault;
}

int clEnqueueCopyBuffer(struct queue *queue, const struct memory *from, struct memory *to, size_t from_offset,
                        size_t to_offset, size_t bytes, uint32_t count, struct event **events, struct event **event) {
  ENTER(void) queue;
  if (count || events || event || from_offset + bytes > from->bytes || to_offset + bytes > to->bytes)
    return INVALID_VALUE;
  memcpy(to->host + to_offset, from->host + from_offset, bytes);
  return SUCCESS;
}

/* Not of the runtime: what a test reads a caller's memory by. */
int clEnqueueReadBuffer(struct queue *queue, const struct memory *memory, uint32_t wait, size_t offset, size_t bytes,
                        void *to, uint32_t count, struct event **events, struct event **event) {
  (void)queue, (void)wait, (void)count, (void)events, (void)event;
  memcpy(to, memory->host + offset, bytes);
  return SUCCESS;
}

struct program *clCreateProgramWithSource(struct context *context, uint32_t count, const char **texts,
                                          const size_t *lengths, int *result) {
  ENTER_CREATE(result)
  (void)context, (void)count, (void)lengths;
  struct program *program = malloc(sizeof(*program));
  program->source = strdup(texts[0]);
  mock_opencl.modules++;
  return program;
}

int clBuildProgram(const struct program *program, uint32_t count, struct device **list, const char *options,
                   void *notify, void *data) {
  ENTER(void) count, (void)list, (void)options, (void)notify, (void)data;
  return strstr(program->source, "broken") ? BUILD_PROGRAM_FAILURE : SUCCESS;
}

int clGetProgramBuildInfo(const struct program *program, const struct device *device, uint32_t what, size_t room,
                          void *value, size_t *size) {
  ENTER(void) program, (void)device, (void)what;
  static const char log[] = "line 1: error: this is broken\nline 2";
  return answer(log, sizeof(log), room, value, size);
}

int clReleaseProgram(struct program *program) {
  ENTER_RELEASE
  free(program->source);
  free(program);
  mock_opencl.modules--;
  return fault;
}

struct kernel *clCreateKernel(const struct program *program, const char *name, int *result) {
  ENTER_CREATE(result)
  for (int i = 0; i < mock_opencl.kernel_count && strstr(program->source, name); ++i)
    if (!strcmp(mock_opencl.kernels[i].name, name)) {
      struct kernel *kernel = calloc(1, sizeof(*kernel));
      kernel->kernel = &mock_opencl.kernels[i];
      mock_opencl.functions++;
      return kernel;
    }
  *result = INVALID_KERNEL_NAME;
  return NULL;
}

int clReleaseKernel(struct kernel *kernel) {
  ENTER_RELEASE
  free(kernel);
  mock_opencl.functions--;
  return fault;
}

/* Shared memory has a size and no value. */
int clSetKernelArg(struct kernel *kernel, uint32_t index, size_t bytes, const void *value) {
  ENTER
  if (index >= ARGUMENTS || (value && bytes > sizeof(kernel->values[0])) ||
      (!value && bytes > mock_opencl.shared_bytes))
    return INVALID_VALUE;
  if (value)
    memcpy(&kernel->values[index], value, bytes);
  return SUCCESS;
}

int clSetKernelArgSVMPointer(struct kernel *kernel, uint32_t index, const void *pointer) {
  ENTER
  if (index >= ARGUMENTS || !is_live(pointer, 1))
    return INVALID_VALUE;
  kernel->values[index] = (uint64_t)(uintptr_t)pointer;
  return SUCCESS;
}

int clEnqueueNDRangeKernel(struct queue *queue, struct kernel *kernel, uint32_t dimensions, const size_t *offset,
                           const size_t *global, const size_t *local, uint32_t count, struct event **events,
                           struct event **event) {
  ENTER(void) offset;
  if (dimensions != 3 || count || events || (event && !(queue->properties & 2)))
    return INVALID_VALUE;
  if (local[0] * local[1] * local[2] > mock_opencl.block_threads || global[0] % local[0])
    return INVALID_WORK_GROUP_SIZE;
  void *arguments[ARGUMENTS];
  for (int i = 0; i < ARGUMENTS; ++i)
    arguments[i] = &kernel->values[i];
  kernel->kernel->run(arguments, (unsigned)(global[0] / local[0]));
  if (event) {
    *event = malloc(sizeof(**event));
    (*event)->begin = ticks;
    ticks += 500000;
    mock_opencl.events++;
  }
  return SUCCESS;
}

int clGetEventProfilingInfo(const struct event *event, uint32_t what, size_t room, void *value, size_t *size) {
  ENTER
  const uint64_t time = event->begin + (what == 0x1283 ? 500000 : 0);
  return answer(&time, sizeof(time), room, value, size);
}

int clReleaseEvent(struct event *event) {
  ENTER_RELEASE
  free(event);
  mock_opencl.events--;
  return fault;
}
