// Depthwise convolutions: a block of channels, a tile of pixels, the whole window in registers.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

LogicalResult halide_backend::scheduleDepthwise(Kernel &kernel, kernel::DepthwiseAttr schedule) {
  if (failed(checkParameter(kernel, "tileX", schedule.getTileX(), 1, 64)) ||
      failed(checkParameter(kernel, "tileY", schedule.getTileY(), 1, 64)) ||
      failed(checkParameter(kernel, "tasks", schedule.getTasks(), 1, mostTasks)))
    return failure();
  Stage *stage = findContractionStage(kernel);
  if (!stage || !stage->domain.lanes || stage->domain.shape.size() != 4 ||
      stage->reductions[0]->range.dimensions() != 2)
    return kernel.op.emitOpError(
        "expects one depthwise convolution with a blocked result where its schedule is depthwise");
  bool parallel = schedule.getParallel() != kernel::Axis::None;
  SmallVector<int64_t> extents = stage->domain.extents();
  ArrayRef<Var> vars = stage->domain.vars;
  int64_t width = std::min(schedule.getTileX(), extents[1]), height = std::min(schedule.getTileY(), extents[2]);

  Var xTile("x_tile"), x("x_in_tile"), yTile("y_tile"), y("y_in_tile");
  stage->func.split(vars[1], xTile, x, static_cast<int>(width), TailStrategy::GuardWithIf)
      .split(vars[2], yTile, y, static_cast<int>(height), TailStrategy::GuardWithIf)
      .reorder(vars[0], x, y, xTile, yTile, vars[3], vars[4])
      .vectorize(vars[0])
      .unroll(x)
      .unroll(y);
  if (!stage->isResult)
    stage->func.compute_root();
  if (parallel)
    parallelize(stage->func,
                {{yTile, llvm::divideCeilSigned(extents[2], height)}, {vars[3], extents[3]}, {vars[4], -1}},
                schedule.getTasks());

  Reduction &reduction = *stage->reductions[0];
  ArrayRef<Var> sumVars = reduction.domain.vars;
  RVar windowX = reduction.range[0], windowY = reduction.range[1];
  auto window = cast<nn::WindowOpInterface>(reduction.op).getWindowSize();
  reduction.func.compute_at(stage->func, xTile)
      .store_in(Halide::MemoryType::Register)
      .vectorize(sumVars[0])
      .unroll(sumVars[1])
      .unroll(sumVars[2]);
  Halide::Stage update = reduction.func.update();
  update.reorder(sumVars[0], sumVars[1], sumVars[2], windowX, windowY)
      .vectorize(sumVars[0])
      .unroll(sumVars[1])
      .unroll(sumVars[2]);
  if (window[1] <= 7)
    update.unroll(windowX);
  if (window[0] * window[1] <= 9)
    update.unroll(windowY);
  schedulePadded(kernel, reduction, parallel);
  for (Stage &other : kernel.stages)
    if (&other != stage)
      schedulePlainStage(kernel, other, 0, 1, parallel);
  return success();
}
