/* Drivers for tests, of CUDA and of OpenCL: device memory is the host's, kernels are
   functions that the test registers, and any call can be made to fail. */
#ifndef DLC_TEST_RUNTIME_MOCK_DRIVER_H
#define DLC_TEST_RUNTIME_MOCK_DRIVER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `arguments` are pointers to the values of a launch. */
struct mock_kernel {
  const char *name;
  void (*run)(void **arguments, unsigned blocks);
};

struct mock_driver {
  /* The calls of the driver's functions are numbered from 1. */
  int calls, fail_at, fail_with;
  int stays_dead; /* all calls after the failed one fail too */
  size_t memory;  /* bytes that can be allocated */

  /* What a launch may ask for at most. */
  unsigned grid_blocks[3], block_threads, shared_bytes;

  /* What is live now. */
  int contexts, pushed, streams, allocations, modules, functions, handles, events;
  size_t allocated; /* bytes */
  int finishes;     /* how often all that was enqueued was waited for */

  const struct mock_kernel *kernels;
  int kernel_count;
};

#define MOCK_DRIVER_INIT                                                                                               \
  {                                                                                                                    \
    .memory = (size_t)1 << 30, .grid_blocks = {0x7fffffff, 65535, 65535}, .block_threads = 1024,                       \
    .shared_bytes = 96 * 1024                                                                                          \
  }

/* Symbols of libcuda.so.1 and libOpenCL.so.1. */
extern struct mock_driver mock_cuda, mock_opencl;

#ifdef __cplusplus
}
#endif

#endif
