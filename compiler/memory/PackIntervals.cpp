// Packs by best fit in several orders and keeps the best result.
//
// 1. Order the blocks: by size, by size times lifetime, by number of conflicts,
//    by time.
// 2. Place each in the smallest gap between the blocks already placed that are
//    live together with it, or above them.
// 3. While that takes more than what is live at the worst step, move single blocks
//    within the best order at random and keep what does not hurt.
#include "compiler/memory/PackIntervals.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>

using namespace llvm;
using namespace dlc::memory;

int64_t dlc::memory::getLiveBytes(ArrayRef<LiveBlock> blocks) {
  // The worst step is one at which a block becomes live.
  int64_t most = 0;
  for (const LiveBlock &at : blocks) {
    int64_t live = 0;
    for (const LiveBlock &block : blocks)
      if (block.first <= at.first && at.first <= block.last)
        live += block.size;
    most = std::max(most, live);
  }
  return most;
}

/// Places the blocks in `order`; returns the bytes needed.
static int64_t placeInOrder(MutableArrayRef<LiveBlock> blocks, ArrayRef<size_t> order,
                            ArrayRef<SmallVector<size_t>> conflicts, SmallVectorImpl<bool> &placed) {
  placed.assign(blocks.size(), false);
  SmallVector<std::pair<int64_t, int64_t>> taken; // begin and end of what is live with the block
  int64_t total = 0;
  for (size_t index : order) {
    taken.clear();
    for (size_t other : conflicts[index])
      if (placed[other])
        taken.push_back({blocks[other].offset, blocks[other].offset + blocks[other].size});
    llvm::sort(taken);

    int64_t size = blocks[index].size, best = -1, bestGap = 0, end = 0;
    for (auto [from, to] : taken) {
      int64_t gap = from - end;
      if (gap >= size && (best < 0 || gap < bestGap)) {
        best = end;
        bestGap = gap;
      }
      end = std::max(end, to);
    }
    blocks[index].offset = best < 0 ? end : best;
    placed[index] = true;
    total = std::max(total, blocks[index].offset + size);
  }
  return total;
}

int64_t dlc::memory::packIntervals(MutableArrayRef<LiveBlock> blocks) {
  const size_t count = blocks.size();
  SmallVector<SmallVector<size_t>> conflicts(count);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < count; ++j)
      if (i != j && blocks[i].overlaps(blocks[j]))
        conflicts[i].push_back(j);

  auto lifetime = [&](size_t i) { return blocks[i].last - blocks[i].first + 1; };
  using Key = std::function<int64_t(size_t)>; // the greatest first
  const Key keys[] = {
      [&](size_t i) { return blocks[i].size; },
      [&](size_t i) { return blocks[i].size * lifetime(i); },
      [&](size_t i) {
        int64_t bytes = blocks[i].size;
        for (size_t other : conflicts[i])
          bytes += blocks[other].size;
        return bytes;
      },
      [&](size_t i) { return lifetime(i); },
      [&](size_t i) { return -blocks[i].first; },
      [&](size_t i) { return blocks[i].last; },
  };

  const int64_t bound = getLiveBytes(blocks);
  int64_t best = -1;
  SmallVector<size_t> order(count), bestOrder;
  SmallVector<int64_t> bestOffsets(count);
  SmallVector<bool> placed;
  auto attempt = [&](ArrayRef<size_t> candidate) {
    int64_t total = placeInOrder(blocks, candidate, conflicts, placed);
    if (best >= 0 && total > best)
      return false;
    if (best < 0 || total < best)
      for (size_t i = 0; i < count; ++i)
        bestOffsets[i] = blocks[i].offset;
    best = total;
    return true;
  };

  for (const Key &key : keys) {
    std::iota(order.begin(), order.end(), 0);
    llvm::stable_sort(order, [&](size_t a, size_t b) {
      return std::pair(key(a), blocks[a].size) > std::pair(key(b), blocks[b].size);
    });
    int64_t before = best;
    if (attempt(order) && best != before)
      bestOrder = order;
    if (best == bound)
      break;
  }

  // A fixed seed, and a limit in steps rather than in time: the same result on any machine.
  std::minstd_rand random(1);
  for (int64_t budget = 4000000 / int64_t(count * count + 1); best > bound && budget > 0 && count > 1; --budget) {
    order = bestOrder;
    size_t from = random() % count, to = random() % count;
    size_t moved = order[from];
    order.erase(order.begin() + from);
    order.insert(order.begin() + to, moved);
    if (attempt(order))
      bestOrder = order;
  }

  for (size_t i = 0; i < count; ++i)
    blocks[i].offset = bestOffsets[i];
  return std::max<int64_t>(best, 0);
}
