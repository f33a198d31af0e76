/* See mock_driver.h. With DLC_MOCK_CUDA=none in the environment there is no device. */
#include "mock_driver.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mock_driver mock_cuda = MOCK_DRIVER_INIT;

enum {
  SUCCESS = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NO_DEVICE = 100,
  INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201,
  INVALID_PTX = 218,
  NOT_FOUND = 500,
  ILLEGAL_ADDRESS = 700,
};

enum { DEVICES = 2, DEFAULT_SHARED_BYTES = 48 * 1024 };

struct context {
  int device;
};
struct stream {
  struct context *context;
};
struct module {
  char *source;
};
struct function {
  const struct mock_kernel *kernel;
  unsigned shared_bytes;
};
struct event {
  int is_recorded;
};
struct allocation {
  uint64_t address;
  size_t bytes;
};

static struct context contexts[DEVICES] = {{0}, {1}};
static struct context *current[64];
static struct function functions[64];
static struct allocation allocations[64];

/* The number of the call, and whether it is to fail. */
static int enter(void) {
  int call = ++mock_cuda.calls;
  if (mock_cuda.fail_at && (call == mock_cuda.fail_at || (mock_cuda.stays_dead && call > mock_cuda.fail_at)))
    return mock_cuda.fail_with;
  return SUCCESS;
}

#define ENTER                                                                                                          \
  int fault = enter();                                                                                                 \
  if (fault)                                                                                                           \
    return fault;
/* For calls that give something back: it is gone also where the call fails. */
#define ENTER_RELEASE int fault = enter();
#define NEEDS_CONTEXT                                                                                                  \
  if (!mock_cuda.pushed)                                                                                               \
    return INVALID_CONTEXT;

static int is_live(uint64_t address, size_t bytes) {
  for (size_t i = 0; i < sizeof(allocations) / sizeof(allocations[0]); ++i)
    if (allocations[i].address && address >= allocations[i].address &&
        address + bytes <= allocations[i].address + allocations[i].bytes)
      return 1;
  return 0;
}

int cuInit(unsigned flags) {
  ENTER
  const char *mode = getenv("DLC_MOCK_CUDA");
  return flags ? INVALID_VALUE : mode && !strcmp(mode, "none") ? NO_DEVICE : SUCCESS;
}

int cuGetErrorName(int error, const char **text) {
  *text = error == OUT_OF_MEMORY     ? "CUDA_ERROR_OUT_OF_MEMORY"
          : error == ILLEGAL_ADDRESS ? "CUDA_ERROR_ILLEGAL_ADDRESS"
          : error == INVALID_PTX     ? "CUDA_ERROR_INVALID_PTX"
          : error == NOT_FOUND       ? "CUDA_ERROR_NOT_FOUND"
                                     : "CUDA_ERROR_MOCK";
  return SUCCESS;
}

int cuGetErrorString(int error, const char **text) {
  *text = error == OUT_OF_MEMORY ? "out of memory" : "a mock error";
  return SUCCESS;
}

int cuDeviceGetCount(int *count) {
  ENTER
  *count = DEVICES;
  return SUCCESS;
}

int cuDeviceGet(int *device, int index) {
  ENTER
  *device = index;
  return index < DEVICES ? SUCCESS : INVALID_DEVICE;
}

int cuDeviceGetName(char *name, int room, int device) {
  ENTER
  snprintf(name, (size_t)room, "Mock %d", device);
  return SUCCESS;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  ENTER(void) device;
  *bytes = mock_cuda.memory;
  return SUCCESS;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
  ENTER(void) device;
  *value = (int)(attribute == 1                     ? mock_cuda.block_threads
                 : attribute >= 5 && attribute <= 7 ? mock_cuda.grid_blocks[attribute - 5]
                 : attribute == 97                  ? mock_cuda.shared_bytes
                                                    : 0);
  return *value ? SUCCESS : INVALID_VALUE;
}

int cuDevicePrimaryCtxRetain(struct context **context, int device) {
  ENTER
  mock_cuda.contexts++;
  *context = &contexts[device];
  return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER_RELEASE(void) device;
  mock_cuda.contexts--;
  return fault;
}

int cuCtxPushCurrent_v2(struct context *context) {
  ENTER
  current[mock_cuda.pushed++] = context;
  return SUCCESS;
}

int cuCtxPopCurrent_v2(struct context **context) {
  ENTER_RELEASE
  NEEDS_CONTEXT
  *context = current[--mock_cuda.pushed];
  return fault;
}

int cuCtxGetDevice(int *device) {
  ENTER
  NEEDS_CONTEXT
  *device = current[mock_cuda.pushed - 1]->device;
  return SUCCESS;
}

int cuStreamCreate(struct stream **stream, unsigned flags) {
  ENTER
  NEEDS_CONTEXT(void) flags;
  *stream = malloc(sizeof(**stream));
  (*stream)->context = current[mock_cuda.pushed - 1];
  mock_cuda.streams++;
  return SUCCESS;
}

int cuStreamDestroy_v2(struct stream *stream) {
  ENTER_RELEASE
  free(stream);
  mock_cuda.streams--;
  return fault;
}

int cuStreamGetCtx(struct stream *stream, struct context **context) {
  ENTER
  *context = stream->context;
  return SUCCESS;
}

int cuStreamSynchronize(struct stream *stream) {
  ENTER
  NEEDS_CONTEXT(void) stream;
  mock_cuda.finishes++;
  return SUCCESS;
}

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  ENTER
  NEEDS_CONTEXT
  if (!bytes)
    return INVALID_VALUE;
  if (bytes > mock_cuda.memory - mock_cuda.allocated)
    return OUT_OF_MEMORY;
  size_t i = 0;
  while (allocations[i].address)
    ++i;
  allocations[i].address = *address = (uint64_t)(uintptr_t)aligned_alloc(256, (bytes + 255) / 256 * 256);
  allocations[i].bytes = bytes;
  mock_cuda.allocated += bytes;
  mock_cuda.allocations++;
  return SUCCESS;
}

int cuMemFree_v2(uint64_t address) {
  ENTER_RELEASE
  size_t i = 0;
  while (allocations[i].address != address)
    ++i;
  allocations[i].address = 0;
  mock_cuda.allocated -= allocations[i].bytes;
  free((void *)(uintptr_t)address);
  mock_cuda.allocations--;
  return fault;
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, struct stream *stream) {
  ENTER
  NEEDS_CONTEXT(void) stream;
  if (!is_live(to, bytes))
    return ILLEGAL_ADDRESS;
  memcpy((void *)(uintptr_t)to, from, bytes);
  return SUCCESS;
}

int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, struct stream *stream) {
  ENTER
  NEEDS_CONTEXT(void) stream;
  if (!is_live(from, bytes))
    return ILLEGAL_ADDRESS;
  memcpy(to, (void *)(uintptr_t)from, bytes);
  return SUCCESS;
}

int cuModuleLoadDataEx(struct module **module, const void *image, unsigned count, int *options, void **values) {
  ENTER
  NEEDS_CONTEXT
  if (strstr(image, "broken")) {
    if (count == 2 && options[0] == 5 && options[1] == 6)
      snprintf(values[0], (size_t)(uintptr_t)values[1], "line 1: this is broken\nline 2");
    return INVALID_PTX;
  }
  *module = malloc(sizeof(**module));
  (*module)->source = strdup(image);
  mock_cuda.modules++;
  return SUCCESS;
}

int cuModuleUnload(struct module *module) {
  ENTER_RELEASE
  free(module->source);
  free(module);
  mock_cuda.modules--;
  return fault;
}

int cuModuleGetFunction(struct function **function, struct module *module, const char *name) {
  ENTER
  NEEDS_CONTEXT
  for (int i = 0; i < mock_cuda.kernel_count && strstr(module->source, name); ++i)
    if (!strcmp(mock_cuda.kernels[i].name, name)) {
      *function = &functions[i];
      functions[i].kernel = &mock_cuda.kernels[i];
      functions[i].shared_bytes = DEFAULT_SHARED_BYTES;
      return SUCCESS;
    }
  return NOT_FOUND;
}

int cuFuncSetAttribute(struct function *function, int attribute, int value) {
  ENTER
  if (attribute != 8 || (unsigned)value > mock_cuda.shared_bytes)
    return INVALID_VALUE;
  function->shared_bytes = (unsigned)value;
  return SUCCESS;
}

int cuLaunchKernel(struct function *function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z,
                   unsigned threads_x, unsigned threads_y, unsigned threads_z, unsigned shared_bytes,
                   struct stream *stream, void **arguments, void **extra) {
  ENTER
  NEEDS_CONTEXT(void) stream;
  const unsigned *most = mock_cuda.grid_blocks;
  if (extra || !blocks_x || !blocks_y || !blocks_z || !threads_x || !threads_y || !threads_z || blocks_x > most[0] ||
      blocks_y > most[1] || blocks_z > most[2] || threads_x * threads_y * threads_z > mock_cuda.block_threads ||
      shared_bytes > function->shared_bytes)
    return INVALID_VALUE;
  function->kernel->run(arguments, blocks_x);
  return SUCCESS;
}

int cuEventCreate(struct event **event, unsigned flags) {
  ENTER
  NEEDS_CONTEXT(void) flags;
  *event = calloc(1, sizeof(**event));
  mock_cuda.events++;
  return SUCCESS;
}

int cuEventDestroy_v2(struct event *event) {
  ENTER_RELEASE
  free(event);
  mock_cuda.events--;
  return fault;
}

int cuEventRecord(struct event *event, struct stream *stream) {
  ENTER
  NEEDS_CONTEXT(void) stream;
  event->is_recorded = 1;
  return SUCCESS;
}

int cuEventElapsedTime(float *milliseconds, struct event *begin, struct event *end) {
  ENTER
  if (!begin->is_recorded || !end->is_recorded)
    return INVALID_VALUE;
  *milliseconds = 0.5f;
  return SUCCESS;
}
