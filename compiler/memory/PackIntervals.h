// Dynamic storage allocation offline: blocks with a lifetime and a size, packed into as few bytes as possible.
#ifndef DLC_COMPILER_MEMORY_PACKINTERVALS_H
#define DLC_COMPILER_MEMORY_PACKINTERVALS_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace dlc::memory {

/// A block of `size` bytes that is needed in the steps [first, last].
struct LiveBlock {
  int64_t size = 0;
  int64_t first = 0, last = 0;
  int64_t offset = 0; // the result

  bool overlaps(const LiveBlock &other) const { return first <= other.last && other.first <= last; }
};

/// The most bytes that are live at one step: no packing takes less.
int64_t getLiveBytes(llvm::ArrayRef<LiveBlock> blocks);

/// Chooses the offsets such that blocks that are live together are disjoint.
/// Returns the bytes needed in all. The same blocks give the same offsets.
int64_t packIntervals(llvm::MutableArrayRef<LiveBlock> blocks);

} // namespace dlc::memory

#endif // DLC_COMPILER_MEMORY_PACKINTERVALS_H
