// The rules of the cost model and the constants in them.
#include "compiler/kernels/CostModel.h"
#include "dialects/kernel/Schedules.h"

#include "mlir/IR/BuiltinAttributes.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

//===----------------------------------------------------------------------===//
// Measured constants (AVX-512 at 3.6 GHz; one thread unless said)
//===----------------------------------------------------------------------===//

namespace {
/// FLOP/ns of 16 lanes and two products a cycle; others in proportion.
constexpr double peakOf16Lanes = 228;
/// What a good register tile reaches of it.
constexpr double directShare = 0.95;
/// Depthwise kernels load nearly as often as they multiply.
constexpr double depthwiseShare = 0.7;
/// B/ns at which weights arrive that no cache holds.
constexpr double coldBandwidth = 17.5;
/// B/ns of activations that the last kernel has just written.
constexpr double warmBandwidth = 30;
/// To transform one pixel of one channel there and back.
constexpr double winogradTransform = 1.0;
/// To transform a weight, in times that it takes to read it transformed.
constexpr double transformedWeightPasses = 2;
/// Winograd rounds less well than a direct sum; it must be worth it.
constexpr double winogradGain = 0.9;
/// A kernel launch whose result is shared between threads.
constexpr double launchTime = 2'000;
/// B that stay in the second cache beside what streams through it.
constexpr double cacheBytes = 512 * 1024;
/// Cycles until the sum of a multiply-add is there.
constexpr double latencyCycles = 5;
/// Pixels of a tile for each product of a cycle: with more, its results wait for each other.
constexpr int64_t mostPixels = 14;
/// B of weights that stay in the first cache.
constexpr double firstCacheBytes = 24 * 1024;
/// B that arrive in a cycle from the second cache, and from beyond it.
constexpr double secondCacheBytesPerCycle = 20, streamBytesPerCycle = 3.5;
/// Counting and branching.
constexpr double stepOverheadCycles = 0.3, tailCycles = 0.5;
/// Elementwise arithmetic, windows of pools: results of a full vector in a nanosecond.
constexpr double simpleVectorsPerNs = 2;
} // namespace

static double share(int64_t used, int64_t step) {
  return static_cast<double>(used) / (llvm::divideCeilSigned(used, step) * step);
}

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

double dlc::kernels::getPeak(const Machine &machine) {
  return peakOf16Lanes * machine.lanes / 16 * machine.products / 2;
}

//===----------------------------------------------------------------------===//
// Register tiles
//===----------------------------------------------------------------------===//

Product Product::of(const ContractionShape &shape, int64_t pixels, const Machine &machine) {
  Product product = {pixels, llvm::divideCeilSigned(shape.outChannels, machine.lanes), shape.getDepth()};
  // Each pass over the blocks reads the whole input; a window finds most of it read by its neighbours.
  if (shape.getInputBytes() > cacheBytes)
    product.streamedBytes =
        4.0 * std::min<int64_t>(shape.window.stride[0] * shape.window.stride[1], shape.getTaps()) / shape.getTaps();
  return product;
}

/// Cycles that one step of the sums takes a tile: the products, as long as there are enough of them to hide their
/// latency, the loads of both operands allow it, and weights arrive from the second cache, pixels from beyond it.
static double getStepCycles(int64_t pixels, int64_t blocks, const Product &product, const Machine &machine) {
  double vectorBytes = 4.0 * machine.lanes;
  bool weightsInFirstCache = blocks * vectorBytes * product.depth <= firstCacheBytes;
  return std::max({static_cast<double>(pixels * blocks) / machine.products, latencyCycles, (pixels + blocks) / 2.0,
                   weightsInFirstCache ? 0 : blocks * vectorBytes / secondCacheBytesPerCycle,
                   pixels * product.streamedBytes / streamBytesPerCycle}) +
         stepOverheadCycles;
}

namespace {
/// Tiles of one size along a side.
struct TileRun {
  int64_t size, count;
};
} // namespace

static std::array<TileRun, 2> splitSide(int64_t extent, int64_t tile, Tail tail) {
  const int64_t whole = extent / tile, rest = extent % tile;
  if (tail == Tail::Rounded)
    return {{{tile, whole + (rest > 0)}, {0, 0}}};
  return {{{tile, whole}, {rest, rest > 0}}};
}

RegisterTile dlc::kernels::chooseRegisterTile(const Product &product, Tail tail, const Machine &machine) {
  RegisterTile best = {1, 1};
  double bestCycles = std::numeric_limits<double>::max();
  for (int64_t steps = 1; steps <= std::min<int64_t>(llvm::divideCeilSigned(product.blocks, product.step), 8);
       ++steps) {
    const int64_t tc = std::min(steps * product.step, product.blocks);
    for (int64_t tw = 1; tw <= std::min(product.pixels, mostPixels * machine.products); ++tw) {
      if (!kernel::fitsRegisters(tw, tc, machine))
        continue;
      const std::array<TileRun, 2> columns = splitSide(product.pixels, tw, tail),
                                   rows = splitSide(product.blocks, tc, tail);
      // Tiles of a second size have loops and guards of their own.
      double cycles = tailCycles * (columns[1].count + rows[1].count);
      for (TileRun column : columns)
        for (TileRun row : rows)
          cycles += column.count * row.count * getStepCycles(column.size, row.size, product, machine);
      // Of equals, the one that reads weights less often.
      if (cycles < bestCycles * 0.999 || (cycles < bestCycles * 1.001 && tw > best.pixels)) {
        bestCycles = cycles;
        best = {tw, tc};
      }
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

double dlc::kernels::getContractionTime(const ContractionShape &shape, int64_t tile, const Machine &machine,
                                        const Usage &usage) {
  double flops = shape.getFlops(), weightBytes = shape.getWeightBytes() / usage.items;
  if (tile == 0) {
    double peak = getPeak(machine) * (shape.isDepthwise() ? depthwiseShare : directShare);
    peak *= share(shape.outChannels, machine.lanes);
    double arithmetic = flops / peak, activations = (shape.getInputBytes() + shape.getOutputBytes()) / warmBandwidth;
    // Depthwise convolutions wait for memory or for arithmetic, whichever is longer.
    return weightBytes / coldBandwidth + (shape.isDepthwise() ? std::max(arithmetic, activations) : arithmetic);
  }
  // Tiles hang over the right and the bottom of the plane.
  double covered = 1 / (share(shape.output[0], tile) * share(shape.output[1], tile));
  double inputs = (tile + 2) * (tile + 2), saved = 9.0 * tile * tile / inputs;
  double channels = (shape.inChannels + shape.outChannels) / 2.0;
  if (usage.packsInRun)
    weightBytes *= 1 + transformedWeightPasses;
  return weightBytes * inputs / 9 / coldBandwidth + flops / saved * covered / (getPeak(machine) * directShare) +
         winogradTransform * 16 / machine.lanes * channels * shape.getPixels();
}

int64_t dlc::kernels::chooseWinogradTile(const ContractionShape &shape, const WindowShape *pool, const Machine &machine,
                                         const Usage &usage) {
  const std::array<int64_t, 2> ones = {1, 1}, three = {3, 3};
  const WindowShape &window = shape.window;
  if (shape.groups != 1 || window.size != three || window.stride != ones || window.dilation != ones ||
      std::min(shape.inChannels, shape.outChannels) < machine.lanes)
    return 0;
  int64_t best = 0;
  double bestTime = winogradGain * getContractionTime(shape, 0, machine, usage);
  for (int64_t tile : {2, 4}) {
    if (pool && (pool->overlaps() || pool->size != pool->stride || tile % pool->size[0] || tile % pool->size[1] ||
                 pool->padding != std::array<int64_t, 4>{0, 0, 0, 0}))
      continue;
    double time = getContractionTime(shape, tile, machine, usage);
    if (time < bestTime) {
      bestTime = time;
      best = tile;
    }
  }
  return best;
}

/// The time to write `bytes` and read them again.
static double getRoundTripTime(double bytes) { return 2 * bytes / warmBandwidth; }

bool dlc::kernels::isBetterInRows(const ContractionShape &shape, bool copies, const Machine &machine) {
  double overChannels = share(shape.outChannels, machine.lanes), overX = share(shape.output[1], machine.lanes);
  if (shape.outChannels >= machine.lanes || overX <= 1.2 * overChannels)
    return false;
  if (!copies)
    return true;
  bool isDense = llvm::all_of(shape.window.stride, [](int64_t step) { return step == 1; });
  double arithmetic = shape.getFlops() / (getPeak(machine) * directShare);
  return isDense && shape.groups == 1 &&
         arithmetic / overX + 2 * getRoundTripTime(shape.getInputBytes()) < arithmetic / overChannels;
}

bool dlc::kernels::isPoolWorthFusing(const ContractionShape &shape, const WindowShape &pool,
                                     std::array<int64_t, 2> pooled, const Machine &machine, bool exact) {
  // Tiles on a device share nothing, so that windows across their seams would be computed twice.
  if (machine.isDevice)
    return false;
  // A window over much of the plane leaves nothing to keep in registers or in a rolling buffer.
  if (shape.isDepthwise() || pool.dilation != std::array<int64_t, 2>{1, 1} || pool.size[0] > 4 || pool.size[1] > 4 ||
      pool.stride[0] < 2 || pool.stride[1] < 2)
    return false;
  int64_t tileApart = exact ? 0 : chooseWinogradTile(shape, nullptr, machine);
  int64_t tileTogether = exact ? 0 : chooseWinogradTile(shape, &pool, machine);
  double apart = getContractionTime(shape, tileApart, machine) + getRoundTripTime(shape.getOutputBytes()) + launchTime;
  double together = getContractionTime(shape, tileTogether, machine);
  // Two strips, for two threads, both compute the rows that windows of both read.
  if (pool.overlaps() && pooled[0] > 1)
    together *= 1 + static_cast<double>(pool.size[0] - pool.stride[0]) / shape.output[0];
  return together < apart;
}

/// By how much `tasks` of equal length take longer than the same work shared out evenly, for two, four and eight
/// threads.
static double getImbalance(int64_t tasks) {
  double sum = 0;
  for (int64_t threads : {2, 4, 8})
    sum += static_cast<double>(llvm::divideCeilSigned(tasks, threads) * threads) / static_cast<double>(tasks);
  return sum / 3;
}

int64_t dlc::kernels::chooseStrips(const ContractionShape &shape, const WindowShape &pool, int64_t pooledRows,
                                   int64_t channelTiles, const Machine &machine, bool isParallel) {
  if (!isParallel)
    return 1;
  const double again = static_cast<double>(std::max<int64_t>(0, pool.size[0] - pool.stride[0])) / shape.output[0];
  int64_t best = 0;
  double bestCost = 1 + getRoundTripTime(shape.getOutputBytes()) / getContractionTime(shape, 0, machine);
  for (int64_t strips = 1; strips <= std::min<int64_t>(pooledRows, 16); ++strips) {
    const int64_t rows = llvm::divideCeilSigned(pooledRows, strips), whole = llvm::divideCeilSigned(pooledRows, rows);
    // The last strip may be shorter.
    const double uneven = static_cast<double>(whole * rows) / pooledRows;
    const double cost = (1 + again * (whole - 1)) * uneven * getImbalance(whole * channelTiles);
    if (cost < bestCost * 0.999) {
      bestCost = cost;
      best = strips;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Whole kernels
//===----------------------------------------------------------------------===//

/// The share of a contraction's pixels that the pool behind it, if there is one, reads.
static double getPooledShare(const KernelShape &parts, const ContractionShape &shape) {
  double share = 1;
  if (!parts.pool)
    return share;
  const WindowShape pool = WindowShape::of(parts.pool);
  ArrayRef<int64_t> pooled = cast<RankedTensorType>(parts.pool->getResult(0).getType()).getShape().drop_front(2);
  for (unsigned dim : {0, 1}) {
    const int64_t reach =
        (pooled[dim] - 1) * pool.stride[dim] + (pool.size[dim] - 1) * pool.dilation[dim] + 1 - pool.padding[dim];
    share *= static_cast<double>(std::min({reach, pooled[dim] * pool.size[dim], shape.output[dim]})) /
             static_cast<double>(shape.output[dim]);
  }
  return share;
}

double dlc::kernels::getTimeBound(kernel::FuncOp func, int64_t items, const Rates &rates, bool isCold) {
  auto result = cast<RankedTensorType>(func.getFunctionType().getResult(0));
  if (!result.isDynamicDim(0))
    items = result.getDimSize(0);
  const KernelShape parts = KernelShape::of(func);
  double flops = 0, weightBytes = 0;
  for (Operation &op : func.getBlock().without_terminator()) {
    auto contraction = dyn_cast<nn::ContractionOpInterface>(op);
    if (!contraction)
      continue;
    ContractionShape shape = ContractionShape::of(contraction);
    const std::array<int64_t, 2> ones = {1, 1}, three = {3, 3};
    // F(4 x 4, 3 x 3) needs 36 products where the sum has 144.
    const bool saves =
        shape.groups == 1 && shape.window.size == three && shape.window.stride == ones && shape.window.dilation == ones;
    const double share = contraction == parts.contraction ? getPooledShare(parts, shape) : 1;
    flops += share * static_cast<double>(items) * shape.getFlops() / (saves ? 4 : 1);
    weightBytes += isCold ? shape.getWeightBytes() : 0;
  }
  return 1e-9 * std::max(flops / rates.flops, weightBytes / rates.bytes);
}

double dlc::kernels::getKernelTime(kernel::FuncOp func, int64_t tile, const Machine &machine) {
  double bytes = 0, time = 0;
  bool isOpen = false; // the batch
  auto addBytes = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    if (isa_and_nonnull<kernel::WeightsAttr>(tensor.getEncoding()))
      return;
    isOpen |= tensor.isDynamicDim(0);
    double items = tensor.isDynamicDim(0) ? func.getItems().value_or(1) : tensor.getDimSize(0);
    bytes += 4.0 * nn::getElementsPerItem(type) * items;
  };
  llvm::for_each(func.getFunctionType().getInputs(), addBytes);
  llvm::for_each(func.getFunctionType().getResults(), addBytes);
  for (Operation &op : func.getBlock().without_terminator()) {
    if (auto contraction = dyn_cast<nn::ContractionOpInterface>(op))
      time += getContractionTime(ContractionShape::of(contraction), tile, machine);
    else if (auto layer = dyn_cast<nn::LayerOpInterface>(op))
      time += layer.getFlops() / (simpleVectorsPerNs * machine.lanes);
  }
  if (isOpen)
    time *= func.getItems().value_or(1);
  // What a contraction loads hides behind its arithmetic.
  return std::max(time, bytes / warmBandwidth);
}
