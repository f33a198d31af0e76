// Winograd convolutions in strips of tile rows whose transformed data stay in the second cache.
//
// 1. The stage that takes the results runs strip by strip, in each block by block
//    of channels and tile by tile, a tile unrolled.
// 2. At each strip: the input's transform, one tile of one block of channels at a
//    time; then for each of the (m + 2)² places in a tile a matrix product, whose
//    sums stay in registers.
// 3. A pool whose windows lie within strips takes the results of a block of a
//    strip at a time.
// 4. Threads share the strips. Where one strip is the whole plane, they share
//    each of the three steps instead.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

namespace {
struct WinogradSchedule {
  Kernel &kernel;
  Stage &stage;
  Winograd &parts;
  int64_t tileX, tileC;
  bool inputHasLanes;
  int64_t inputBlocks;
  bool shareSteps; // every step by itself
  Var strip{"strip"}, tileColumn{"tile_column"};

  void scheduleStage(bool parallel);
  void schedulePooled(Stage &pool, int64_t poolRows, bool parallel);
  void scheduleTile();
  void scheduleInput(const Func &reader, const Var &at);
  void scheduleProducts(const Func &reader, const Var &at);
};
} // namespace

/// (lane, x, y | tile column, tile row, block, strip, n)
void WinogradSchedule::scheduleStage(bool parallel) {
  ArrayRef<Var> vars = stage.domain.vars;
  int m = static_cast<int>(parts.tile);
  int64_t blocks = stage.domain.extents()[3];
  Var x("x_in_tile"), y("y_in_tile"), tileRow("tile_row"), rowInStrip("row_in_strip");
  stage.func.split(vars[1], tileColumn, x, m, TailStrategy::GuardWithIf)
      .split(vars[2], tileRow, y, m, TailStrategy::GuardWithIf)
      .split(tileRow, strip, rowInStrip, static_cast<int>(parts.stripRows), TailStrategy::GuardWithIf)
      .reorder(vars[0], x, y, tileColumn, rowInStrip, vars[3], strip, vars[4])
      .vectorize(vars[0])
      .unroll(x)
      .unroll(y);
  if (!stage.isResult)
    stage.func.compute_root();
  scheduleTile();
  int64_t strips = llvm::divideCeilSigned(parts.tileRows, parts.stripRows);
  if (shareSteps) {
    parallelize(stage.func, {{rowInStrip, parts.stripRows}, {vars[3], blocks}, {strip, strips}, {vars[4], -1}});
    scheduleInput(Func(), strip);
    scheduleProducts(Func(), strip);
    return;
  }
  Var step = strip;
  if (parallel && (strips > 1))
    step = parallelize(stage.func, {{strip, strips}, {vars[4], -1}}, strips);
  scheduleInput(stage.func, step);
  scheduleProducts(stage.func, step);
}

void WinogradSchedule::scheduleTile() {
  parts.columns.compute_at(stage.func, tileColumn).vectorize(parts.lane).unroll(parts.x).unroll(parts.y);
}

/// (lane, x, row, block, strip, n), with the stage at the block.
void WinogradSchedule::schedulePooled(Stage &pool, int64_t poolRows, bool parallel) {
  ArrayRef<Var> vars = pool.domain.vars, stageVars = stage.domain.vars;
  Var row("row"), tileRow("tile_row"), x("x_in_tile"), y("y_in_tile");
  pool.func.split(vars[2], strip, row, static_cast<int>(poolRows), TailStrategy::GuardWithIf)
      .reorder(vars[0], vars[1], row, vars[3], strip, vars[4])
      .vectorize(vars[0]);
  Var step = strip;
  int64_t strips = llvm::divideCeilSigned(pool.domain.shape[2], poolRows);
  if (parallel && strips > 1)
    step = parallelize(pool.func, {{strip, strips}, {vars[4], -1}}, strips);
  int m = static_cast<int>(parts.tile);
  stage.func.compute_at(pool.func, vars[3])
      .split(stageVars[1], tileColumn, x, m, TailStrategy::GuardWithIf)
      .split(stageVars[2], tileRow, y, m, TailStrategy::GuardWithIf)
      .reorder(stageVars[0], x, y, tileColumn, tileRow, stageVars[3], stageVars[4])
      .vectorize(stageVars[0])
      .unroll(x)
      .unroll(y);
  scheduleTile();
  scheduleInput(pool.func, step);
  scheduleProducts(pool.func, step);
}

/// The pool's rows to a strip where its windows lie within strips, else 0.
static int64_t getPoolRows(Kernel &kernel, const Stage &stage, int64_t stripPixels) {
  if (!findPoolStage(kernel, stage))
    return 0;
  auto window = cast<nn::WindowOpInterface>(*stage.value.user_begin());
  int64_t size = window.getWindowSize()[0], stride = window.getWindowStride()[0];
  bool fits = size <= stride && window.getWindowDilation()[0] == 1 && stripPixels % stride == 0 &&
              llvm::all_of(window.getWindowPadding(), [](int64_t pixels) { return pixels == 0; });
  return fits ? stripPixels / stride : 0;
}

/// (lane, x, y | t, block, strip, n)
void WinogradSchedule::scheduleInput(const Func &reader, const Var &at) {
  Func input = parts.input, rows = parts.rows;
  Var row("tile_row"), column("tile_column");
  int columns = static_cast<int>(parts.tileColumns);
  input.split(parts.t, row, column, columns, TailStrategy::GuardWithIf)
      .reorder(parts.lane, parts.x, parts.y, column, row, parts.block, parts.strip, parts.n)
      .unroll(parts.x)
      .unroll(parts.y);
  if (reader.defined())
    input.compute_at(reader, at);
  else
    parallelize(input.compute_root(), {{row, parts.stripRows}, {parts.block, inputBlocks}, {parts.strip, 1}, {parts.n, -1}});
  rows.compute_at(input, column).unroll(parts.x).unroll(parts.y);
  if (inputHasLanes) {
    input.vectorize(parts.lane);
    rows.vectorize(parts.lane);
  }
}

/// (lane, t, block | t, x, y, block, strip, n)
void WinogradSchedule::scheduleProducts(const Func &reader, const Var &at) {
  Func products = parts.products, sum = parts.sum;
  Var tTile("t_tile"), t("t_in_tile"), blockTile("block_tile"), block("block_in_tile");
  products.split(parts.t, tTile, t, static_cast<int>(tileX), TailStrategy::GuardWithIf)
      .split(parts.block, blockTile, block, static_cast<int>(tileC), TailStrategy::GuardWithIf)
      .reorder(parts.lane, t, block, tTile, blockTile, parts.x, parts.y, parts.strip, parts.n)
      .vectorize(parts.lane)
      .unroll(t)
      .unroll(block);
  int64_t blockTiles = llvm::divideCeilSigned(stage.domain.extents()[3], tileC), places = parts.tile + 2;
  if (reader.defined())
    products.compute_at(reader, at);
  else
    parallelize(products.compute_root(),
                {{blockTile, blockTiles}, {parts.x, places}, {parts.y, places}, {parts.strip, 1}, {parts.n, -1}});
  bool tilesInside = tileX < tileC;
  const Var &inner = tilesInside ? parts.t : parts.block, &outer = tilesInside ? parts.block : parts.t;
  sum.compute_at(products, tTile).store_in(Halide::MemoryType::Register).vectorize(parts.lane).unroll(inner).unroll(outer);
  std::vector<Halide::VarOrRVar> order = {parts.lane, inner, outer};
  for (int i = 0; i < parts.range.dimensions(); ++i)
    order.push_back(parts.range[i]);
  sum.update().reorder(order).vectorize(parts.lane).unroll(inner).unroll(outer);
}

LogicalResult halide_backend::scheduleWinograd(Kernel &kernel, kernel::WinogradAttr schedule) {
  if (failed(checkParameter(kernel, "stripRows", schedule.getStripRows(), 1, 4096)) ||
      failed(checkParameter(kernel, "tileX", schedule.getTileX(), 1, 64)) ||
      failed(checkParameter(kernel, "tileC", schedule.getTileC(), 1, 64)))
    return failure();
  Stage *stage = findContractionStage(kernel);
  if (!stage || !stage->domain.lanes || !stage->reductions[0]->winograd)
    return kernel.op.emitOpError("expects one convolution with a blocked result where its schedule is winograd");
  Winograd &parts = *stage->reductions[0]->winograd;
  if (schedule.getTile() != parts.tile)
    return kernel.op.emitOpError("expects the tile of its weights, ") << parts.tile << ", in its schedule but got "
                                                                      << schedule.getTile();
  bool parallel = schedule.getParallel() != kernel::Axis::None;
  int64_t strips = llvm::divideCeilSigned(parts.tileRows, parts.stripRows);
  bool shareSteps = parallel && strips == 1;
  const Tensor &input = kernel.get(stage->reductions[0]->op->getOperand(0));
  WinogradSchedule layout = {kernel,
                             *stage,
                             parts,
                             std::min(schedule.getTileX(), parts.stripRows * parts.tileColumns),
                             std::min(schedule.getTileC(), stage->domain.extents()[3]),
                             input.lanes > 0,
                             llvm::divideCeilSigned(input.shape[1], std::max<int64_t>(1, input.lanes)),
                             shareSteps};
  if (int64_t poolRows = getPoolRows(kernel, *stage, parts.stripRows * parts.tile)) {
    layout.shareSteps = false;
    layout.schedulePooled(*findPoolStage(kernel, *stage), poolRows, parallel);
    return success();
  }
  layout.scheduleStage(parallel);
  for (Stage &other : kernel.stages)
    if (&other != stage)
      schedulePlainStage(kernel, other, 0, 1, parallel);
  return success();
}
