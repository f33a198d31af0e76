// The gradient of a linear layer's weight: a matrix product whose tiles stay in registers over the whole batch.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

LogicalResult halide_backend::scheduleLinearGrad(Kernel &kernel, Attribute schedule) {
  LinearGrad &grad = *kernel.linearGrad;
  const LinearGrad::Vars &v = grad.vars;
  bool parallel = isParallel(schedule);
  int lanes = static_cast<int>(grad.lanes), blocks = static_cast<int>(grad.blocks), rows = static_cast<int>(grad.rows);

  // 1. The only stage that reads the sums, tile by tile: the outputs inside, so that
  // a tile of the input stays in the first cache.
  Stage *reader = kernel.stages.size() == 1 ? &kernel.stages[0] : nullptr;
  bool isTiled = reader && !reader->domain.lanes && reader->domain.vars.size() == 2;
  Func sum = grad.sum;
  if (isTiled) {
    ArrayRef<Var> vars = reader->domain.vars; // (i, o)
    Var iTile("i_tile"), iIn("i_in"), block("block_in"), lane("lane_in"), oTile("o_tile"), row("row_in");
    reader->func.split(vars[0], iTile, iIn, lanes * blocks, TailStrategy::GuardWithIf)
        .split(iIn, block, lane, lanes)
        .split(vars[1], oTile, row, rows, TailStrategy::GuardWithIf)
        .reorder(lane, block, row, oTile, iTile)
        .vectorize(lane)
        .unroll(block)
        .unroll(row);
    if (parallel) {
      int64_t tiles = llvm::divideCeilSigned(reader->domain.shape[1], lanes * blocks);
      if (tiles >= 4)
        parallelize(reader->func, {{iTile, tiles}}, 32);
      else
        reader->func.parallel(oTile);
    }
    sum.compute_at(reader->func, oTile).store_in(Halide::MemoryType::Register);
    sum.bound_extent(v.iTile, 1).bound_extent(v.oTile, 1);
  } else {
    sum.compute_root();
    for (Stage &stage : kernel.stages)
      schedulePlainStage(kernel, stage, 0, 1, parallel);
  }
  sum.bound_extent(v.lane, lanes).bound_extent(v.block, blocks).bound_extent(v.row, rows);
  sum.vectorize(v.lane).unroll(v.block).unroll(v.row);
  sum.update().reorder(v.lane, v.block, v.row, grad.lines.x).vectorize(v.lane).unroll(v.block).unroll(v.row);

  // 2. The packed operands.
  grad.input.compute_root().bound_extent(v.lane, lanes).bound_extent(v.block, blocks).vectorize(v.lane).unroll(v.block);
  grad.gradient.compute_root().bound_extent(v.row, rows);
  if (parallel) {
    grad.input.parallel(v.iTile);
    grad.gradient.parallel(v.oTile);
  }
  return success();
}
