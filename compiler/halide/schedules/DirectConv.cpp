// Convolutions and matrix products whose sums stay in registers.
//
// 1. A tile of pixels by blocks of channels is one step of the stage's loops; its
//    sums are computed at that step and held over the whole reduction.
// 2. In the reduction the shorter side of the tile is innermost: its operand is
//    then used again at once (the other order spills).
// 3. A pool behind the convolution reads rows from a rolling buffer, strip by
//    strip; rows at the seams of strips are computed twice.
// 4. Threads share rows and blocks of channels (and items), so that tasks that
//    follow each other use the same weights.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

namespace {
/// The dimensions of a contraction that its tile spans, as numbers of the
/// domain's variables.
struct TileShape {
  size_t vector, pixels, channels;
  int64_t pixelCount, channelCount;
};
} // namespace

/// The sums of one tile, computed at `at` of `reader`.
static void scheduleSums(Kernel &kernel, Reduction &reduction, const Func &reader, const Var &at, const TileShape &tile,
                         int64_t unrollChannels) {
  Func sum = reduction.func;
  ArrayRef<Var> vars = reduction.domain.vars;
  const Var &vector = vars[tile.vector], &pixels = vars[tile.pixels], &channels = vars[tile.channels];
  bool pixelsInside = tile.pixelCount < tile.channelCount;
  const Var &inner = pixelsInside ? pixels : channels, &outer = pixelsInside ? channels : pixels;
  sum.compute_at(reader, at).store_in(Halide::MemoryType::Register).vectorize(vector).unroll(inner).unroll(outer);

  // The reduction's loops: a block's channels, the window, the blocks.
  Halide::Stage update = sum.update();
  std::vector<Halide::VarOrRVar> order = {vector, inner, outer};
  int dimensions = reduction.range.dimensions();
  RVar first = reduction.range[0];
  int64_t firstExtent = 0;
  if (auto extent = Halide::Internal::as_const_int(reduction.range.x.extent()))
    firstExtent = *extent;
  const Tensor &input = kernel.get(cast<nn::ContractionOpInterface>(reduction.op).getInputOperand().get());
  bool isFlat = dimensions == 3 && input.lanes && firstExtent > input.lanes; // channels that are no whole blocks
  RVar channel = first, channelBlock("channel_block");
  if (isFlat) {
    RVar inBlock("channel");
    update.split(first, channelBlock, inBlock, static_cast<int>(input.lanes), TailStrategy::GuardWithIf);
    channel = inBlock;
    firstExtent = input.lanes;
  }
  std::vector<RVar> loops = {channel};
  if (dimensions >= 3) {
    // Row-major inputs have single channels, each with its window.
    bool single = dimensions == 3 && !isFlat;
    loops = single ? std::vector<RVar>{reduction.range[1], reduction.range[2], channel}
                   : std::vector<RVar>{channel, reduction.range[1], reduction.range[2]};
    if (isFlat)
      loops.push_back(channelBlock);
    else if (dimensions == 4)
      loops.push_back(reduction.range[3]);
  } else if (dimensions == 2) {
    loops.push_back(reduction.range[1]);
  }
  unrollChannels = std::min(unrollChannels, firstExtent);
  if (unrollChannels > 1 && !isFlat && firstExtent % unrollChannels == 0) {
    RVar channelOuter("channel_outer"), channelInner("channel_inner");
    update.split(channel, channelOuter, channelInner, static_cast<int>(unrollChannels)).unroll(channelInner);
    auto place = llvm::find_if(loops, [&](const RVar &loop) { return loop.name() == channel.name(); });
    order.push_back(channelInner);
    *place = channelOuter;
  }
  for (const RVar &loop : loops)
    order.push_back(loop);
  update.reorder(order).vectorize(vector).unroll(inner).unroll(outer);
}

/// How many blocks of the stage's sum there are in one of its own.
static int64_t getParts(const Stage &stage) { return stage.domain.lanes / stage.reductions[0]->domain.lanes; }

/// Lays out a stage in tiles; returns its loops outside of the tile, innermost first.
static SmallVector<Loop> tileStage(Stage &stage, const TileShape &tile, TailStrategy tail) {
  ArrayRef<Var> vars = stage.domain.vars;
  SmallVector<int64_t> extents = stage.domain.extents();
  Var pixelTile("pixel_tile"), pixel("pixel"), channelTile("channel_tile"), channel("channel"), part("part"),
      lane("part_lane");
  stage.func.split(vars[tile.pixels], pixelTile, pixel, static_cast<int>(tile.pixelCount), tail)
      .split(vars[tile.channels], channelTile, channel, static_cast<int>(tile.channelCount), TailStrategy::GuardWithIf);
  SmallVector<Loop> loops;
  std::vector<Halide::VarOrRVar> order = {vars[tile.vector], pixel, channel};
  if (int64_t lanes = stage.reductions[0]->domain.lanes; lanes != stage.domain.lanes) {
    stage.func.split(vars[tile.vector], part, lane, static_cast<int>(lanes)).unroll(part);
    order = {lane, part, pixel, channel};
  }
  for (size_t i = 0; i < vars.size(); ++i) {
    if (i == tile.vector)
      continue;
    if (i == tile.pixels)
      loops.push_back({pixelTile, extents[i] < 0 ? -1 : llvm::divideCeilSigned(extents[i], tile.pixelCount)});
    else if (i == tile.channels)
      loops.push_back({channelTile, llvm::divideCeilSigned(extents[i], tile.channelCount)});
    else
      loops.push_back({vars[i], extents[i]});
  }
  for (const Loop &loop : loops)
    order.push_back(loop.var);
  stage.func.reorder(order).vectorize(order.front().var).unroll(pixel).unroll(channel);
  return loops;
}

/// A blocked convolution and the pool that reads it, in strips of the pool's rows.
static void schedulePooled(Kernel &kernel, Stage &stage, Stage &pool, TileShape tile, int64_t strips,
                           int64_t unrollChannels, bool parallel) {
  auto window = cast<nn::WindowOpInterface>(*stage.value.user_begin());
  int64_t rows = pool.domain.shape[2];
  strips = std::clamp<int64_t>(strips, 1, rows);
  int64_t stripRows = llvm::divideCeilSigned(rows, strips);
  strips = llvm::divideCeilSigned(rows, stripRows);

  // (lane, x, channel, row, strip, channel tile, n)
  ArrayRef<Var> vars = pool.domain.vars;
  Var strip("strip"), row("row"), channelTile("pool_channel_tile"), channel("pool_channel"), xTile("pool_x"),
      x("pool_pixel");
  int64_t pixels = std::min<int64_t>(2, pool.domain.shape[3]);
  pool.func.split(vars[2], strip, row, static_cast<int>(stripRows), TailStrategy::GuardWithIf)
      .split(vars[3], channelTile, channel, static_cast<int>(tile.channelCount), TailStrategy::GuardWithIf)
      .split(vars[1], xTile, x, static_cast<int>(pixels), TailStrategy::GuardWithIf)
      .reorder(vars[0], x, xTile, channel, row, strip, channelTile, vars[4])
      .vectorize(vars[0])
      .unroll(x);
  int64_t channelTiles = llvm::divideCeilSigned(pool.domain.extents()[3], tile.channelCount);
  Var step = strip;
  if (parallel)
    step = parallelize(pool.func, {{strip, strips}, {channelTile, channelTiles}, {vars[4], -1}}, strips * channelTiles);

  // The rows that a row of the pool needs and its predecessor did not. The last
  // tile of a row overlaps its predecessor; a tile is no longer than what the pool
  // reads of a row, as it would leave the plane.
  int64_t left = window.getWindowPadding()[1];
  int64_t last = (pool.domain.shape[3] - 1) * window.getWindowStride()[1] - left +
                 (window.getWindowSize()[1] - 1) * window.getWindowDilation()[1];
  tile.pixelCount = std::min(tile.pixelCount, std::min(last, stage.domain.shape[3] - 1) + 1);
  tileStage(stage, tile, TailStrategy::ShiftInwards);
  stage.func.store_at(pool.func, step).compute_at(pool.func, row);
  int64_t reach = (window.getWindowSize()[0] - 1) * window.getWindowDilation()[0] + 1;
  stage.func.fold_storage(stage.domain.vars[2], static_cast<int>(llvm::PowerOf2Ceil(reach)));
}

/// The stage's pixel tile loop, found again by its name.
static Var getTileLoop() { return Var("pixel_tile"); }

/// Lanes over x, for results that are row-major: a tile is rows by channels.
static LogicalResult scheduleRows(Kernel &kernel, Stage &stage, kernel::DirectConvAttr schedule, bool parallel) {
  Reduction &reduction = *stage.reductions[0];
  SmallVector<int64_t> extents = stage.domain.extents();
  if (extents.size() != 4)
    return kernel.op.emitOpError("expects a convolution where the schedule direct_conv has row-major results");
  ArrayRef<Var> vars = stage.domain.vars;
  int64_t width = std::min(kernel.vectorLanes(stage.func.types()[0]), int64_t(1) << llvm::Log2_64(extents[0]));
  if (stage.isResult && mayBeInPlace(kernel)) // no vector may overlap its predecessor
    width = std::min(width, extents[0] & -extents[0]);
  int64_t rows = std::min(schedule.getTileX(), extents[1]), channels = std::min(schedule.getTileC(), extents[2]);
  Var vectorTile("vector_tile"), vector("vector"), rowTile("row_tile"), row("row"), channelTile("channel_tile"),
      channel("channel");
  stage.func.split(vars[0], vectorTile, vector, static_cast<int>(width), TailStrategy::ShiftInwards)
      .split(vars[1], rowTile, row, static_cast<int>(rows), TailStrategy::GuardWithIf)
      .split(vars[2], channelTile, channel, static_cast<int>(channels), TailStrategy::GuardWithIf)
      .reorder(vector, row, channel, vectorTile, channelTile, rowTile, vars[3])
      .vectorize(vector)
      .unroll(row)
      .unroll(channel);
  if (!stage.isResult)
    stage.func.compute_root();
  scheduleSums(kernel, reduction, stage.func, vectorTile, {0, 1, 2, rows, channels}, schedule.getUnrollK());
  schedulePadded(kernel, reduction, parallel);
  if (parallel)
    parallelize(stage.func, {{rowTile, llvm::divideCeilSigned(extents[1], rows)}, {vars[3], -1}}, schedule.getTasks());
  for (Stage &other : kernel.stages)
    if (&other != &stage)
      schedulePlainStage(kernel, other, 0, 1, parallel);
  return success();
}

LogicalResult halide_backend::scheduleDirectConv(Kernel &kernel, kernel::DirectConvAttr schedule) {
  if (failed(checkParameter(kernel, "tileX", schedule.getTileX(), 1, 64)) ||
      failed(checkParameter(kernel, "tileC", schedule.getTileC(), 1, 64)) ||
      failed(checkParameter(kernel, "unrollK", schedule.getUnrollK(), 1, 64)) ||
      failed(checkParameter(kernel, "strips", schedule.getStrips(), 0, 4096)) ||
      failed(checkParameter(kernel, "tasks", schedule.getTasks(), 1, mostTasks)))
    return failure();
  Stage *stage = findContractionStage(kernel);
  if (!stage)
    return kernel.op.emitOpError("expects one contraction where its schedule is direct_conv");
  bool parallel = schedule.getParallel() != kernel::Axis::None;
  if (!stage->domain.lanes)
    return scheduleRows(kernel, *stage, schedule, parallel);
  if (stage->domain.shape.size() != 4)
    return kernel.op.emitOpError("expects a convolution where its schedule is direct_conv");

  SmallVector<int64_t> extents = stage->domain.extents();
  TileShape tile = {0, 1, 3, std::min(schedule.getTileX(), extents[1]), std::min(schedule.getTileC(), extents[3])};
  Reduction &reduction = *stage->reductions[0];
  Stage *pool = schedule.getStrips() > 0 ? findPoolStage(kernel, *stage) : nullptr;
  if (pool) {
    schedulePooled(kernel, *stage, *pool, tile, schedule.getStrips(), schedule.getUnrollK(), parallel);
  } else {
    SmallVector<Loop> loops = tileStage(*stage, tile, TailStrategy::GuardWithIf);
    if (!stage->isResult)
      stage->func.compute_root();
    // (pixel tile, row, channel tile, n). Where the last channel tile is not whole,
    // items stay apart: Halide then sees from the task's number which tile it is,
    // and the others need no tests.
    if (schedule.getOuter() == kernel::Axis::Rows) {
      std::swap(loops[1], loops[2]);
      stage->func.reorder({loops[0].var, loops[1].var, loops[2].var, loops[3].var});
    }
    ArrayRef<Loop> shared = ArrayRef<Loop>(loops).drop_front();
    if (parallel)
      parallelize(stage->func, extents[3] % tile.channelCount ? shared.drop_back() : shared, schedule.getTasks());
    for (Stage &other : kernel.stages)
      if (&other != stage)
        schedulePlainStage(kernel, other, 0, 1, parallel);
  }
  tile.channelCount *= getParts(*stage);
  scheduleSums(kernel, reduction, stage->func, getTileLoop(), tile, schedule.getUnrollK());
  schedulePadded(kernel, reduction, parallel);
  return success();
}

//===----------------------------------------------------------------------===//
// Dense
//===----------------------------------------------------------------------===//

LogicalResult halide_backend::scheduleDense(Kernel &kernel, kernel::DenseAttr schedule) {
  if (failed(checkParameter(kernel, "tileC", schedule.getTileC(), 1, 64)) ||
      failed(checkParameter(kernel, "tileN", schedule.getTileN(), 1, 64)) ||
      failed(checkParameter(kernel, "unrollK", schedule.getUnrollK(), 1, 64)) ||
      failed(checkParameter(kernel, "tasks", schedule.getTasks(), 1, mostTasks)))
    return failure();
  Stage *stage = findContractionStage(kernel);
  if (!stage || !stage->domain.lanes)
    return kernel.op.emitOpError("expects one contraction of packed weights where its schedule is dense");
  bool parallel = schedule.getParallel() != kernel::Axis::None;
  // The batch takes the place of the pixels: (lane, [x, y,] block, n).
  SmallVector<int64_t> extents = stage->domain.extents();
  size_t channels = extents.size() - 2, batch = extents.size() - 1;
  TileShape tile = {0, batch, channels, schedule.getTileN(), std::min(schedule.getTileC(), extents[channels])};
  if (extents[batch] >= 0)
    tile.pixelCount = std::min(tile.pixelCount, extents[batch]);
  SmallVector<Loop> loops = tileStage(*stage, tile, TailStrategy::GuardWithIf);
  if (!stage->isResult)
    stage->func.compute_root();
  // Innermost the items, so that a slab of weights serves them all.
  std::vector<Halide::VarOrRVar> order;
  std::rotate(loops.begin(), loops.end() - 1, loops.end());
  for (const Loop &loop : loops)
    order.push_back(loop.var);
  if (order.size() > 1)
    stage->func.reorder(order);
  if (parallel)
    parallelize(stage->func, ArrayRef<Loop>(loops).take_back(), schedule.getTasks());
  scheduleSums(kernel, *stage->reductions[0], stage->func, getTileLoop(), tile, schedule.getUnrollK());
  schedulePadded(kernel, *stage->reductions[0], false);
  for (Stage &other : kernel.stages)
    if (&other != stage)
      schedulePlainStage(kernel, other, 0, 1, false);
  return success();
}
