// Chooses the schedule by its attribute; what several schedules share.
#include "compiler/halide/schedules/Schedules.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

Var halide_backend::parallelize(Func func, ArrayRef<Loop> loops, int64_t tasks) {
  Var all = loops[0].var;
  int64_t steps = 1;
  for (auto [i, loop] : llvm::enumerate(loops)) {
    steps *= std::max<int64_t>(1, loop.extent);
    if (i) {
      Var fused("fused" + std::to_string(i));
      func.fuse(all, loop.var, fused);
      all = fused;
    }
  }
  // Steps a task: the fewest for which the tasks are even and not too many.
  int64_t best = std::max<int64_t>(1, llvm::divideCeilSigned(steps, tasks));
  for (int64_t size = best; size <= 2 * best && size < steps; ++size)
    if (llvm::divideCeilSigned(steps, size) % 2 == 0) {
      best = size;
      break;
    }
  if (best == 1) {
    func.parallel(all);
    return all;
  }
  Var task("task"), step("step");
  func.split(all, task, step, static_cast<int>(best), TailStrategy::GuardWithIf).parallel(task);
  return task;
}

LogicalResult halide_backend::applySchedule(Kernel &kernel) {
  Attribute schedule = kernel.getSchedule();
  if (!schedule)
    return schedulePointwise(kernel, nullptr);
  return llvm::TypeSwitch<Attribute, LogicalResult>(schedule)
      .Case([&](kernel::PointwiseAttr attribute) { return schedulePointwise(kernel, attribute); })
      .Default([&](Attribute attribute) {
        return kernel.op.emitOpError("expects a schedule of the kernel dialect but got ") << attribute;
      });
}
