// How the loops of a kernel's stages are laid out: one file a schedule attribute.
#ifndef DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H
#define DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

/// A loop and how often it runs; −1 is the batch.
struct Loop {
  Var var;
  int64_t extent;
};

/// Shares out `loops` (innermost first; the outermost loops of `func`, in this
/// order) among the threads, in a number of tasks that is even where it can be.
/// Returns the loop of one task. `tasks` is how many there should be an item.
Var parallelize(Func func, llvm::ArrayRef<Loop> loops, int64_t tasks = 16);

/// Lays out a stage one vector of results at a time, its reductions in
/// registers, `unroll` vectors a step.
void schedulePlainStage(Kernel &kernel, Stage &stage, int64_t vector, int64_t unroll, bool parallel);

llvm::LogicalResult schedulePointwise(Kernel &kernel, kernel::PointwiseAttr schedule);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H
