// Chooses the schedule by its attribute; what several schedules share.
#include "compiler/halide/schedules/Schedules.h"
#include "compiler/halide/schedules/Gpu.h"
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
      Var fused(("fused" + llvm::Twine(i)).str());
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
  return step;
}

Stage *halide_backend::findContractionStage(Kernel &kernel) {
  Stage *found = nullptr;
  for (Stage &stage : kernel.stages)
    for (Reduction *reduction : stage.reductions)
      if (isa<nn::ContractionOpInterface>(reduction->op)) {
        if (found || stage.reductions.size() > 1)
          return nullptr;
        found = &stage;
      }
  return found;
}

Stage *halide_backend::findPoolStage(Kernel &kernel, const Stage &stage) {
  Stage &result = kernel.stages.back();
  if (kernel.stages.size() != 2 || !result.isResult || &stage == &result || !stage.value.hasOneUse() ||
      !isa<nn::WindowOpInterface>(*stage.value.user_begin()) || !result.reductions.empty() ||
      result.domain.lanes != stage.domain.lanes)
    return nullptr;
  return &result;
}

bool halide_backend::mayBeInPlace(Kernel &kernel) {
  auto isElementwise = [](Operation *user) {
    return isa<nn::ElementwiseOpInterface, kernel::ReturnOp>(user) || user->hasTrait<nn::InferenceIdentity>();
  };
  return llvm::any_of(kernel.op.getBlock().getArguments(), [&](BlockArgument argument) {
    return llvm::is_contained(kernel.op.getFunctionType().getResults(), argument.getType()) &&
           llvm::any_of(argument.getUsers(), isElementwise);
  });
}

void halide_backend::schedulePadded(Kernel &kernel, Reduction &reduction, bool parallel) {
  if (!reduction.padded)
    return;
  Stage copy = {*reduction.padded, *reduction.paddedDomain, {}, {}, false, std::nullopt};
  schedulePlainStage(kernel, copy, 0, 1, parallel);
}

LogicalResult halide_backend::checkParameter(Kernel &kernel, StringRef name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high)
    return success();
  return kernel.op.emitOpError("expects ")
         << name << " from " << low << " to " << high << " in its schedule but got " << value;
}

bool halide_backend::isParallel(Attribute schedule) {
  if (!schedule)
    return false;
  return llvm::TypeSwitch<Attribute, bool>(schedule)
      .Case<kernel::DenseAttr, kernel::DepthwiseAttr, kernel::DirectConvAttr, kernel::GradWeightAttr,
            kernel::PointwiseAttr, kernel::WinogradAttr>(
          [](auto attribute) { return attribute.getParallel() != kernel::Axis::None; })
      .Default(false);
}

LogicalResult halide_backend::applySchedule(Kernel &kernel) {
  if (kernel.target.isDevice())
    return applyDeviceSchedule(kernel);
  Attribute schedule = kernel.getSchedule();
  for (Helper &helper : kernel.helpers) {
    SmallVector<Loop> loops;
    for (auto &[var, extent] : helper.outerLoops)
      loops.push_back({var, extent});
    Var step = loops.empty() ? Var::outermost() : loops[0].var;
    if (isParallel(schedule) && !loops.empty())
      step = parallelize(helper.func, loops);
    for (Func &func : helper.inside)
      func.compute_at(helper.func, step);
  }
  bool isWinograd = llvm::any_of(kernel.reductions, [](const Reduction &each) { return each.winograd.has_value(); });
  if (isWinograd != isa_and_nonnull<kernel::WinogradAttr>(schedule))
    return kernel.op.emitOpError("expects the schedule winograd and weights of form winograd together");
  if (isa_and_nonnull<kernel::GradWeightAttr>(schedule) && !kernel.gradWeight)
    return kernel.op.emitOpError("expects the gradient of a convolution's weight where its schedule is grad_weight");
  if (kernel.gradWeight)
    return scheduleGradWeight(kernel, schedule);
  if (kernel.linearGrad)
    return scheduleLinearGrad(kernel, schedule);
  if (kernel.weightColumns) {
    scheduleWinogradWeight(kernel, isParallel(schedule));
    return success();
  }
  if (!schedule)
    return schedulePointwise(kernel, nullptr);
  return llvm::TypeSwitch<Attribute, LogicalResult>(schedule)
      .Case([&](kernel::DenseAttr attribute) { return scheduleDense(kernel, attribute); })
      .Case([&](kernel::DepthwiseAttr attribute) { return scheduleDepthwise(kernel, attribute); })
      .Case([&](kernel::DirectConvAttr attribute) { return scheduleDirectConv(kernel, attribute); })
      .Case([&](kernel::PointwiseAttr attribute) { return schedulePointwise(kernel, attribute); })
      .Case([&](kernel::WinogradAttr attribute) { return scheduleWinograd(kernel, attribute); })
      .Default([&](Attribute attribute) {
        return kernel.op.emitOpError("expects a schedule of the kernel dialect but got ") << attribute;
      });
}
