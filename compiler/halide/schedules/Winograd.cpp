// Winograd convolutions: the whole chain from input to result for a strip of tiles, or step by step.
//
// 1. The stage that takes the results is computed tile by tile, strip by strip,
//    and within a strip by groups of blocks of channels. A tile is unrolled with
//    all that follows it, a pool included whose windows divide the tile.
// 2. The input of a strip is transformed at once. For a group of blocks there are
//    then (m + 2)² matrix products of weights and tiles, whose sums stay in
//    registers; they stay in the cache until the group's results are computed.
// 3. Threads share the strips, each with its own chain. Where there are too few,
//    they share first the blocks of the input, then the groups of the result.
//
// Nothing here depends on a tile's place: loops are not taken apart at the
// plane's edges, which would cost several copies of long unrolled bodies.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::MemoryType;
using Halide::TailStrategy;

namespace {
struct WinogradSchedule {
  Winograd &parts;
  kernel::WinogradAttr attribute;

  void scheduleResults(Stage &stage, std::array<int64_t, 2> pool);
  void scheduleInput();
  void scheduleProducts();
};
} // namespace

/// `pool` results of the convolution are a result of the stage, in height and width.
void WinogradSchedule::scheduleResults(Stage &stage, std::array<int64_t, 2> pool) {
  Func func = stage.func;
  ArrayRef<Var> vars = stage.domain.vars; // lane, x, y, block, n
  const Var &lane = vars[0], &n = vars[4];
  Var tileX("tile_x"), tileY("tile_y"), x("x_in_tile"), y("y_in_tile"), strip("strip"), group("group"), block("block");
  int64_t groupBlocks = llvm::alignTo(attribute.getGroupC(), attribute.getTileC());
  int height = static_cast<int>(parts.tile / pool[0]), width = static_cast<int>(parts.tile / pool[1]);
  Var images("images"), image("image_in_strip");
  func.split(n, images, image, static_cast<int>(parts.images), TailStrategy::GuardWithIf)
      .split(vars[1], tileX, x, width, TailStrategy::GuardWithIf)
      .split(vars[2], tileY, y, height, TailStrategy::GuardWithIf)
      .split(tileY, strip, tileY, static_cast<int>(parts.stripRows), TailStrategy::GuardWithIf)
      .split(vars[3], group, block, static_cast<int>(groupBlocks), TailStrategy::GuardWithIf)
      .vectorize(lane)
      .unroll(x)
      .unroll(y);
  bool inSteps = attribute.getParallel() == kernel::Axis::Blocks || attribute.getParallel() == kernel::Axis::Both;
  if (inSteps) {
    func.reorder({lane, x, y, tileX, tileY, image, block, strip, group, images}).parallel(group);
    parts.input.compute_at(func, images);
  } else {
    Var task("task");
    func.reorder({lane, x, y, tileX, tileY, image, block, group, strip, images}).fuse(strip, images, task);
    if (attribute.getParallel() == kernel::Axis::Rows)
      func.parallel(task);
    parts.input.compute_at(func, task);
  }
  func.never_partition_all();
  parts.products.compute_at(func, group);

  int m = static_cast<int>(parts.tile);
  const auto &[pLane, pT, place, pBlock, pStrip, pN, i, j, pTileX, pTileY, pImage] = parts.vars;
  parts.input.bound_extent(pN, 1);
  parts.products.bound_extent(pN, 1);
  parts.resultRows.compute_at(func, tileX).vectorize(pLane).unroll(i).unroll(j).store_in(MemoryType::Stack);
  if (parts.result.name() == func.name())
    return;
  std::vector<Var> resultVars = parts.result.args();
  parts.result.compute_at(func, tileX).vectorize(resultVars[0]).store_in(MemoryType::Stack);
  for (size_t dim : {1, 2})
    parts.result.align_bounds(resultVars[dim], m).bound_extent(resultVars[dim], m).unroll(resultVars[dim]);
}

void WinogradSchedule::scheduleInput() {
  const auto &[lane, t, place, block, strip, n, i, j, tileX, tileY, image] = parts.vars;
  parts.input.update()
      .reorder({lane, place, parts.tiles.x, parts.tiles.y, parts.tiles.z, block, strip, n})
      .vectorize(lane)
      .unroll(place);
  if (attribute.getParallel() == kernel::Axis::Blocks || attribute.getParallel() == kernel::Axis::Both)
    parts.input.update().parallel(block);
  parts.inputColumns.compute_at(parts.input, parts.tiles.x)
      .vectorize(lane)
      .unroll(i)
      .unroll(j)
      .store_in(MemoryType::Stack);
}

void WinogradSchedule::scheduleProducts() {
  const auto &[lane, t, place, block, strip, n, i, j, tileX, tileY, image] = parts.vars;
  Var tTile("t_tile"), tIn("t_in_tile"), blockTile("block_tile"), blockIn("block_in_tile");
  int width = static_cast<int>(std::min(attribute.getTileX(), parts.images * parts.stripRows * parts.tileColumns));
  int height = static_cast<int>(attribute.getTileC());
  // Rounded up: a tile with guards would have its sums in memory.
  parts.products.split(t, tTile, tIn, width, TailStrategy::RoundUp)
      .split(block, blockTile, blockIn, height, TailStrategy::RoundUp)
      .reorder({lane, tIn, blockIn, tTile, blockTile, place, strip, n})
      .vectorize(lane)
      .unroll(tIn)
      .unroll(blockIn);
  parts.sum.compute_at(parts.products, tTile).vectorize(lane).unroll(t).unroll(block);
  RVar channelBlock("channel_block"), channel("channel");
  const Var &inner = width < height ? t : block, &outer = width < height ? block : t;
  int lanes = static_cast<int>(parts.inputLanes);
  parts.sum.update()
      .split(parts.channels.x, channelBlock, channel, lanes, TailStrategy::GuardWithIf)
      .reorder({lane, inner, outer, channel, channelBlock, place, strip, n})
      .vectorize(lane)
      .unroll(t)
      .unroll(block);
}

/// The window of the pool that computes `pooled`'s results, height and width,
/// where its windows cover the plane side by side and divide a tile.
static std::optional<std::array<int64_t, 2>> getPoolInTile(const Stage &pooled, int64_t tile) {
  for (Operation *op = pooled.value.getDefiningOp(); op; op = op->getOperand(0).getDefiningOp()) {
    auto window = dyn_cast<nn::WindowOpInterface>(op);
    if (!window)
      continue;
    SmallVector<int64_t> size = window.getWindowSize(), stride = window.getWindowStride();
    bool divides = size == stride && tile % size[0] == 0 && tile % size[1] == 0 &&
                   llvm::all_of(window.getWindowDilation(), [](int64_t step) { return step == 1; }) &&
                   llvm::all_of(window.getWindowPadding(), [](int64_t width) { return width == 0; });
    if (!divides)
      return std::nullopt;
    return std::array<int64_t, 2>{size[0], size[1]};
  }
  return std::nullopt;
}

LogicalResult halide_backend::scheduleWinograd(Kernel &kernel, kernel::WinogradAttr schedule) {
  if (failed(checkParameter(kernel, "stripRows", schedule.getStripRows(), 1, 4096)) ||
      failed(checkParameter(kernel, "tileX", schedule.getTileX(), 1, 64)) ||
      failed(checkParameter(kernel, "tileC", schedule.getTileC(), 1, 64)) ||
      failed(checkParameter(kernel, "groupC", schedule.getGroupC(), 1, 4096)) ||
      failed(checkParameter(kernel, "images", schedule.getImages(), 1, 1024)))
    return failure();
  Stage *stage = findContractionStage(kernel);
  if (!stage || !stage->domain.lanes || !stage->reductions[0]->winograd)
    return kernel.op.emitOpError("expects one convolution with a blocked result where its schedule is winograd");

  Winograd &parts = *stage->reductions[0]->winograd;
  WinogradSchedule layout = {parts, schedule};
  Stage *pool = findPoolStage(kernel, *stage);
  std::optional<std::array<int64_t, 2>> window = pool ? getPoolInTile(*pool, parts.tile) : std::nullopt;
  if (window) {
    layout.scheduleResults(*pool, *window);
  } else {
    if (!stage->isResult)
      stage->func.compute_root();
    layout.scheduleResults(*stage, {1, 1});
    for (Stage &other : kernel.stages)
      if (&other != stage)
        schedulePlainStage(kernel, other, 0, 1, schedule.getParallel() != kernel::Axis::None);
  }
  layout.scheduleInput();
  layout.scheduleProducts();
  return success();
}

void halide_backend::scheduleWinogradWeight(Kernel &kernel, bool parallel) {
  Stage &stage = kernel.stages.back();
  ArrayRef<Var> vars = stage.domain.vars;
  const Var &lane = vars[0], &inLane = vars[1], &inBlock = vars[2], &block = vars[3], &place = vars[4];
  stage.func.reorder({lane, place, inLane, inBlock, block}).vectorize(lane).unroll(place);
  SmallVector<int64_t> extents = stage.domain.extents();
  if (parallel)
    parallelize(stage.func, {{inBlock, extents[2]}, {block, extents[3]}});
  std::vector<Var> columns = kernel.weightColumns->args();
  kernel.weightColumns->compute_at(stage.func, inLane)
      .vectorize(columns[0])
      .unroll(columns[4])
      .unroll(columns[5])
      .store_in(MemoryType::Stack);
}
