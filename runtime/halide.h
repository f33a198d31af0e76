// What kernels see of the runtime: buffer descriptors and the worker that
// their user_context points to. Usable from C++ too.
#ifndef DLC_RUNTIME_HALIDE_H
#define DLC_RUNTIME_HALIDE_H

#include "dlc/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// Halide's descriptor; the names are our own but for the struct's.
typedef struct dlc_buffer_dimension {
  int32_t min, extent, stride;
  uint32_t flags;
} dlc_buffer_dimension;

struct halide_buffer_t {
  uint64_t device;
  const void *device_interface;
  uint8_t *host; // the element at the minima
  uint64_t flags;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } type;
  int32_t dimensions;
  dlc_buffer_dimension *dim;
  void *padding;
};

// A worker's part of a session: its slice of the arena for dlc_rt_malloc, a
// stack of blocks that are freed in any order and given back from the top. On a
// cache line of its own.
struct scratch_block;
typedef struct dlc_worker {
  dlc_session *session;
  int32_t index;
  int32_t in_task; // within a parallel loop: loops below it run serially
  char *scratch, *top, *end;
  struct scratch_block *last;
} __attribute__((aligned(64))) dlc_worker;

#ifdef __cplusplus
} // extern "C"
static_assert(sizeof(struct halide_buffer_t) == 56, "as kernels expect it");
#else
_Static_assert(sizeof(struct halide_buffer_t) == 56, "as kernels expect it");
#endif

#endif // DLC_RUNTIME_HALIDE_H
