// How the loops of a kernel's stages are laid out: one file a schedule attribute.
#ifndef DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H
#define DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

//===----------------------------------------------------------------------===//
// Shared by several schedules
//===----------------------------------------------------------------------===//

/// A loop and how often it runs; −1 is the batch.
struct Loop {
  Var var;
  int64_t extent;
};

/// Shares out `loops` (innermost first; the outermost loops of `func`, in this
/// order) among the threads, in a number of tasks that is even where it can be.
/// Returns the loop over their steps. `tasks` is how many there should be an item.
Var parallelize(Func func, llvm::ArrayRef<Loop> loops, int64_t tasks = kernel::usualTasks);

/// What a schedule may ask for.
inline constexpr int64_t mostTasks = 4096;

/// Lays out a stage one vector of results at a time, its reductions in
/// registers, `unroll` vectors a step.
void schedulePlainStage(Kernel &kernel, Stage &stage, int64_t vector, int64_t unroll, bool parallel);

/// The only stage with a contraction, if all of the kernel's contractions are in
/// one stage, alone there; else null.
Stage *findContractionStage(Kernel &kernel);

/// The stage that pools the results of `stage`, where it is the kernel's result
/// and its only reader; else null.
Stage *findPoolStage(Kernel &kernel, const Stage &stage);

/// Whether a result may take the place of an argument (Halide.h says when): no
/// element of a result may then be computed once it was written.
bool mayBeInPlace(Kernel &kernel);

/// The copy of a contraction's input, if there is one, before everything else.
void schedulePadded(Kernel &kernel, Reduction &reduction, bool parallel);

/// Whether a schedule shares loops out among the threads; null does not.
bool isParallel(mlir::Attribute schedule);

/// Whether `value` is from `low` to `high`; else a diagnostic at the kernel.
llvm::LogicalResult checkParameter(Kernel &kernel, llvm::StringRef name, int64_t value, int64_t low, int64_t high);

//===----------------------------------------------------------------------===//
// The schedules
//===----------------------------------------------------------------------===//

llvm::LogicalResult scheduleDense(Kernel &kernel, kernel::DenseAttr schedule);
llvm::LogicalResult scheduleDepthwise(Kernel &kernel, kernel::DepthwiseAttr schedule);
llvm::LogicalResult scheduleGradWeight(Kernel &kernel, mlir::Attribute schedule);
llvm::LogicalResult scheduleLinearGrad(Kernel &kernel, mlir::Attribute schedule);
llvm::LogicalResult scheduleDirectConv(Kernel &kernel, kernel::DirectConvAttr schedule);
llvm::LogicalResult schedulePointwise(Kernel &kernel, kernel::PointwiseAttr schedule);
llvm::LogicalResult scheduleWinograd(Kernel &kernel, kernel::WinogradAttr schedule);
/// A kernel that transforms a weight: an element's taps at once.
void scheduleWinogradWeight(Kernel &kernel, bool parallel);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_SCHEDULES_SCHEDULES_H
