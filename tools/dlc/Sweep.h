// Memory that is gone through, to clear caches or to measure how fast that is.
#ifndef DLC_TOOLS_DLC_SWEEP_H
#define DLC_TOOLS_DLC_SWEEP_H

#include "tools/dlc/SpinningPool.h"

#include <cstdint>
#include <memory>

namespace dlc {

/// Each thread of a pool has its part, which it alone reads; without a pool the calling one has all.
class Sweep {
public:
  Sweep(size_t bytes, SpinningPool *pool);

  /// Reads it all, after which the threads' caches hold nothing else.
  void run();
  size_t getBytes() const { return parts * length * sizeof(uint64_t); }

private:
  void forEachPart(dlc_task_function function);
  void fill(int32_t part);
  void read(int32_t part);

  SpinningPool *pool;
  size_t parts, length; // words of each
  std::unique_ptr<uint64_t[]> words;
  std::atomic<uint64_t> sums = 0;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_SWEEP_H
