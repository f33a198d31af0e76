// What the schedules for devices share.
#ifndef DLC_COMPILER_HALIDE_SCHEDULES_GPU_H
#define DLC_COMPILER_HALIDE_SCHEDULES_GPU_H

#include "compiler/halide/schedules/Schedules.h"

namespace dlc::halide_backend {

/// The most threads of a block that every device has.
inline constexpr int64_t maxThreads = 1024;

/// Makes one line of all loops of `stage` but those of reductions, in blocks of
/// `threads` threads. Returns the loop over a block's threads, in which what belongs
/// to one element can be computed; nothing where there is only one element.
std::optional<Var> mapToThreads(Halide::Stage stage, int64_t threads);

/// A stage's elements, one a thread, with what is accumulated for them.
void scheduleDeviceStage(Kernel &kernel, Stage &stage, int64_t threads);

/// Makes one loop of `loops`, innermost first, and returns it.
Var fuseAll(Func func, llvm::ArrayRef<Var> loops);

/// Lays out the loops of all stages on the device. Fails after a diagnostic.
llvm::LogicalResult applyDeviceSchedule(Kernel &kernel);

llvm::LogicalResult scheduleGpuTiled(Kernel &kernel, kernel::GpuTiledAttr schedule);
llvm::LogicalResult scheduleGpuDense(Kernel &kernel, kernel::GpuDenseAttr schedule);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_SCHEDULES_GPU_H
