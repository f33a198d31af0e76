// What kernels cost: the rules by which fusion, layouts and schedules are chosen.
//
// Times are those of one thread for an item of the batch, in nanoseconds. They
// serve to compare ways of computing the same thing; the constants behind them
// (CostModel.cpp) were measured on one machine and are scaled to others.
#ifndef DLC_COMPILER_KERNELS_COSTMODEL_H
#define DLC_COMPILER_KERNELS_COSTMODEL_H

#include "compiler/kernels/Rates.h"
#include "dialects/kernel/KernelShape.h"
#include "dialects/kernel/Machine.h"

namespace dlc::kernels {

using kernel::ContractionShape;
using kernel::KernelShape;
using kernel::Machine;
using kernel::WindowShape;

/// FLOP in a nanosecond that one thread of the machine can do.
double getPeak(const Machine &machine);

/// A tile of pixels by channel blocks whose sums stay in registers.
struct RegisterTile {
  int64_t pixels, blocks;
};

/// A matrix product: rows of `pixels` by `blocks` blocks of output channels, sums of `depth` products.
struct Product {
  int64_t pixels, blocks, depth;
  /// Bytes of input that arrive from beyond the second cache for each pixel and step of the sum.
  double streamedBytes = 0;

  /// Blocks that a tile has a multiple of, or all.
  int64_t step = 1;

  /// The product of a convolution over `pixels` pixels at a time.
  static Product of(const ContractionShape &shape, int64_t pixels, const Machine &machine);
};

/// What a tile that hangs over the end of a side computes.
enum class Tail {
  Guarded, // no more than there is, in loops of its own
  Rounded, // a whole tile
};

/// Of the tiles whose sums, operands of the smaller side and one of the other's
/// fit the registers, the one by which the whole takes fewest cycles.
RegisterTile chooseRegisterTile(const Product &product, Tail tail, const Machine &machine);

/// How a contraction is run.
struct Usage {
  int64_t items = 1;       // of the batch at once, which share what is read of the weights
  bool packsInRun = false; // the weights change: they are packed, or transformed, in each run
};

/// The tile m of Winograd F(m x m, 3x3) that is worth it, or 0: a direct sum is better.
/// With a `pool` behind it the tile must hold whole windows.
int64_t chooseWinogradTile(const ContractionShape &shape, const WindowShape *pool, const Machine &machine,
                           const Usage &usage = {});

/// The time of a contraction by Winograd's algorithm with `tile`, or by a direct sum (0).
double getContractionTime(const ContractionShape &shape, int64_t tile, const Machine &machine, const Usage &usage = {});

/// Whether a convolution with few output channels is better computed row-major, with
/// lanes over x, than with lanes over the channels. `copies`: its input is blocked now.
bool isBetterInRows(const ContractionShape &shape, bool copies, const Machine &machine);

/// The time of a whole kernel, for as many items of an open batch as it expects; `tile` as above.
double getKernelTime(kernel::FuncOp func, int64_t tile, const Machine &machine);

/// Seconds that no way of computing the kernel on a CPU for `items` of an open batch is
/// expected to beat: the longer of its contractions at `rates`, with as few products as Winograd's algorithm
/// can do with where it applies, and, where no cache holds them (`isCold`), of reading its
/// weights from memory. What else the kernel does is taken to hide behind that.
double getTimeBound(kernel::FuncOp func, int64_t items, const Rates &rates, bool isCold);

/// Whether a pool of `pool` over the result of the contraction is better computed
/// in the same kernel; `exact` as the pass option.
bool isPoolWorthFusing(const ContractionShape &shape, const WindowShape &pool, std::array<int64_t, 2> pooled,
                       const Machine &machine, bool exact);

/// The strips of rows in which a direct convolution and the pool behind it are best
/// computed, each strip with `channelTiles` tiles of channels: few, as rows at their
/// seams are computed twice, but enough for threads to share them evenly. 0 where that
/// cannot be: the whole plane is then computed before it is pooled.
int64_t chooseStrips(const ContractionShape &shape, const WindowShape &pool, int64_t pooledRows, int64_t channelTiles,
                     const Machine &machine, bool isParallel);

/// The schedule that the rules choose for a kernel, whatever it has now.
mlir::Attribute selectSchedule(kernel::FuncOp func, const Machine &machine);

/// A kernel that takes less runs on one thread: to wake others costs more.
inline constexpr double parallelThreshold = 15'000;

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_COSTMODEL_H
