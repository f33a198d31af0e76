/* A CUDA driver for tests: device memory is the host's, kernels are functions that
   the test registers, and any call can be made to fail. */
#ifndef DLC_TEST_RUNTIME_MOCK_CUDA_H
#define DLC_TEST_RUNTIME_MOCK_CUDA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `arguments` are those of cuLaunchKernel. */
struct mock_kernel {
  const char *name;
  void (*run)(void **arguments, unsigned blocks);
};

struct mock_cuda_state {
  /* The calls of the driver's functions are numbered from 1. */
  int calls, fail_at, fail_with;
  int stays_dead; /* all calls after the failed one fail too */
  size_t memory;  /* bytes that can be allocated */

  /* What is live now. */
  int contexts, pushed, streams, allocations, modules, events;
  int finishes; /* calls of cuStreamSynchronize */

  const struct mock_kernel *kernels;
  int kernel_count;
};

/* The library's symbol `mock_cuda`. */
extern struct mock_cuda_state mock_cuda;

#ifdef __cplusplus
}
#endif

#endif
