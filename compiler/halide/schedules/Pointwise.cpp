// Each result by itself: elementwise chains, pools, normalisation, copies, and whatever has no schedule of its own.
//
// 1. The innermost dimension is computed in vectors; where it does not divide,
//    the last vector overlaps its predecessor if elements may be computed twice,
//    or is masked.
// 2. Sums are computed for one step of the loops around, in registers.
// 3. The remaining loops are shared out among the threads.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

/// The greatest power of two that is at most `limit`.
static int64_t floorPowerOfTwo(int64_t limit) { return int64_t(1) << llvm::Log2_64(limit); }

/// A reduction for the tile that its reader wants: vectors along `vector`, the
/// tile's other extents unrolled, the sum's own loops outside.
static void scheduleReduction(Reduction &reduction, const Func &reader, const Var &at, size_t vector, bool unroll) {
  Func sum = reduction.func;
  ArrayRef<Var> vars = reduction.domain.vars;
  sum.compute_at(reader, at).store_in(Halide::MemoryType::Register).vectorize(vars[vector]);
  std::vector<Halide::VarOrRVar> order = {vars[vector]};
  for (size_t i = 0; i < vars.size(); ++i)
    if (i != vector)
      order.push_back(vars[i]);
  for (int i = 0; i < reduction.range.dimensions(); ++i)
    order.push_back(reduction.range[i]);
  sum.update().reorder(order).vectorize(vars[vector]);
  if (!unroll)
    return;
  for (size_t i = 0; i < vars.size(); ++i)
    if (i != vector) {
      sum.unroll(vars[i]);
      sum.update().unroll(vars[i]);
    }
}

void halide_backend::schedulePlainStage(Kernel &kernel, Stage &stage, int64_t vector, int64_t unroll, bool parallel) {
  Func func = stage.func;
  ArrayRef<Var> vars = stage.domain.vars;
  SmallVector<int64_t> extents = stage.domain.extents();
  if (!stage.isResult)
    func.compute_root();

  // 1. The vector: the first dimension that is longer than one.
  size_t along = 0;
  while (along + 1 < extents.size() && extents[along] == 1)
    ++along;
  int64_t lanes = vector > 0 ? vector : kernel.vectorLanes(func.types()[0]);
  if (vars.empty())
    return;
  bool isBatch = extents[along] < 0;
  int64_t width = isBatch ? lanes : floorPowerOfTwo(std::min(lanes, extents[along]));
  if (!isBatch && stage.domain.lanes)
    width = extents[along]; // a whole block
  // Sums want whole vectors: none of unknown length, and none that overlap where
  // a result may take the place of an argument.
  bool sums = !stage.reductions.empty(), inPlace = stage.isResult && mayBeInPlace(kernel);
  if (isBatch && sums)
    width = 1;
  else if (sums && inPlace && !stage.domain.lanes)
    width = std::min(width, extents[along] & -extents[along]);
  Var inner("inner"), outer("outer");
  bool divides = !isBatch && extents[along] % width == 0;
  TailStrategy tail = divides              ? TailStrategy::RoundUp
                      : isBatch || inPlace ? TailStrategy::GuardWithIf
                                           : TailStrategy::ShiftInwards;
  func.split(vars[along], outer, inner, static_cast<int>(width), tail);
  if (width > 1)
    func.vectorize(inner);

  // 2. Several vectors a step, along the next dimension that has several.
  SmallVector<Loop> loops = {{outer, isBatch ? -1 : llvm::divideCeilSigned(extents[along], width)}};
  for (size_t i = 0; i < vars.size(); ++i)
    if (i != along)
      loops.push_back({vars[i], extents[i]});
  int64_t steps = sums ? std::max<int64_t>(unroll, 4) : unroll;
  size_t tiled = sums ? 1 : 0;
  if (sums && !stage.domain.lanes && loops.size() > 2)
    tiled = 2; // row-major: channels share their inputs
  while (sums && tiled + 2 < loops.size() && loops[tiled].extent == 1)
    ++tiled;
  if (!sums && stage.isResult && stage.domain.lanes && vars.size() == 5 && kernel.pixelStep > 1) {
    tiled = 1; // whole phases of a row
    steps = std::min<int64_t>(kernel.pixelStep, 8);
  }
  // Where helpers hold a row of all channels, rows are outermost.
  bool hasRows =
      stage.isResult && kernel.stages.size() == 1 && !kernel.rowHelpers.empty() && loops.size() == 5 && !sums;
  if (hasRows)
    std::swap(loops[2], loops[3]); // (x, block, y, n)
  std::vector<Halide::VarOrRVar> order = {inner};
  Var tile("tile");
  bool isTiled = steps > 1 && !stage.joint && tiled < loops.size() && loops[tiled].extent > 1;
  if (isTiled) {
    steps = std::min(steps, loops[tiled].extent);
    Var rest("rest");
    func.split(loops[tiled].var, rest, tile, static_cast<int>(steps), TailStrategy::GuardWithIf).unroll(tile);
    loops[tiled] = {rest, llvm::divideCeilSigned(loops[tiled].extent, steps)};
    order.push_back(tile);
  }
  for (const Loop &loop : loops)
    order.push_back(loop.var);
  func.reorder(order);
  if (stage.joint) {
    stage.joint->compute_at(func, loops[0].var).store_in(Halide::MemoryType::Register);
    if (width > 1)
      stage.joint->vectorize(vars[along], static_cast<int>(width), TailStrategy::GuardWithIf);
  }

  // 3. Sums at the step; a reduction's variables stand as its reader's do.
  for (Reduction *reduction : stage.reductions) {
    size_t vectorized = std::min(along, reduction->domain.vars.size() - 1);
    scheduleReduction(*reduction, func, loops[0].var, vectorized, isTiled);
    if (reduction->padded) {
      Stage copy = {*reduction->padded, *reduction->paddedDomain, {}, {}, false, std::nullopt};
      schedulePlainStage(kernel, copy, 0, 1, parallel);
    }
  }

  // 4. Threads share what is outside.
  Var row = hasRows ? loops[3].var : outer;
  if (parallel && loops.size() > 1) {
    // Rows stay apart where channels are enough to share: what happens at a plane's
    // border then needs no tests inside of it.
    size_t first = hasRows ? 3 : 1;
    while (!hasRows && first + 2 < loops.size() && loops[loops.size() - 2].extent >= 8)
      ++first;
    row = parallelize(func, ArrayRef<Loop>(loops).drop_front(first));
  }
  for (Func &helper : kernel.rowHelpers)
    if (hasRows)
      helper.compute_at(func, row);
    else if (stage.isResult)
      helper.compute_root();
}

LogicalResult halide_backend::schedulePointwise(Kernel &kernel, kernel::PointwiseAttr schedule) {
  int64_t vector = schedule ? schedule.getLanes() : 0, unroll = schedule ? schedule.getUnroll() : 1;
  bool parallel = schedule && schedule.getParallel() != kernel::Axis::None;
  if (vector < 0 || vector > 1024 || unroll < 1 || unroll > 64)
    return kernel.op.emitOpError("expects lanes of at most 1024 and an unroll of 1 to 64 but got ") << schedule;
  for (Stage &stage : kernel.stages)
    schedulePlainStage(kernel, stage, vector, unroll, parallel);
  return success();
}
