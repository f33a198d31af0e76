// Memory that is counted, and that runs out where a test wants it to.
#ifndef DLC_TEST_RUNTIME_COUNTINGALLOCATOR_H
#define DLC_TEST_RUNTIME_COUNTINGALLOCATOR_H

#include "dlc/dlc.h"

#include <cstdint>
#include <cstdlib>

namespace dlc::test {

struct CountingAllocator {
  int64_t live = 0;    // bytes that have been given out
  int64_t calls = 0;   // of allocate
  int64_t failAt = -1; // the call that fails; -1: none

  CountingAllocator() = default;
  CountingAllocator(const CountingAllocator &) = delete;
  CountingAllocator &operator=(const CountingAllocator &) = delete;

  /// Starts to count anew, to fail at this call.
  void restart(int64_t call = -1) {
    live = calls = 0;
    failAt = call;
  }

  const dlc_allocator allocator = {this,
                                   [](void *context, size_t bytes, size_t alignment) -> void * {
                                     auto *self = static_cast<CountingAllocator *>(context);
                                     if (self->calls++ == self->failAt)
                                       return nullptr;
                                     self->live += static_cast<int64_t>(bytes);
                                     return std::aligned_alloc(alignment,
                                                               (bytes + alignment - 1) / alignment * alignment);
                                   },
                                   [](void *context, void *pointer, size_t bytes) {
                                     static_cast<CountingAllocator *>(context)->live -= static_cast<int64_t>(bytes);
                                     std::free(pointer);
                                   }};
};

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_COUNTINGALLOCATOR_H
