// Kernels of devices: each element by a thread of its own, and what all schedules of devices have in common.
//
// 1. Stages with a product get the tiles that their schedule says.
// 2. The elements of all other stages and helpers form one line each, which is cut
//    into blocks of threads; what is accumulated for an element is in its thread.
// 3. Whatever else the algorithms compute by itself is laid out alike. Nothing runs
//    on the machine that launches.
#include "compiler/halide/schedules/Gpu.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

Var halide_backend::fuseAll(Func func, ArrayRef<Var> loops) {
  Var all = loops[0];
  for (size_t i = 1; i < loops.size(); ++i) {
    Var fused("fused_" + all.name() + "_" + loops[i].name());
    func.fuse(all, loops[i], fused);
    all = fused;
  }
  return all;
}

std::optional<Var> halide_backend::mapToThreads(Halide::Stage stage, int64_t threads) {
  std::vector<Halide::VarOrRVar> order;
  std::vector<Var> elements;
  for (const Halide::Internal::Dim &dim : stage.get_schedule().dims()) {
    if (dim.var == Var::outermost().name())
      continue;
    // A loop that was cut is called after what it was cut from, and goes by its own name.
    std::string name = dim.var.substr(dim.var.rfind('.') + 1);
    if (dim.is_rvar())
      order.push_back(RVar(name));
    else
      elements.push_back(Var(name));
  }
  if (elements.empty()) {
    stage.gpu_single_thread();
    return std::nullopt;
  }
  llvm::append_range(order, elements);
  if (order.size() > 1)
    stage.reorder(order);
  Var all = elements[0];
  for (size_t i = 1; i < elements.size(); ++i) {
    Var line("line" + std::to_string(i));
    stage.fuse(all, elements[i], line);
    all = line;
  }
  Var block("gpu_block"), thread("gpu_thread");
  stage.split(all, block, thread, static_cast<int>(threads), TailStrategy::GuardWithIf)
      .gpu_blocks(block)
      .gpu_threads(thread);
  return thread;
}

void halide_backend::scheduleDeviceStage(Kernel &kernel, Stage &stage, int64_t threads) {
  if (!stage.isResult)
    stage.func.compute_root();
  std::optional<Var> thread = mapToThreads(stage.func, threads);
  Var at = thread ? *thread : Var::outermost();
  if (stage.joint)
    stage.joint->compute_at(stage.func, at);
  for (Reduction *reduction : stage.reductions)
    reduction->func.compute_at(stage.func, at);
}

/// Lays out the Funcs that are computed by themselves and run nowhere yet.
static void mapRemaining(Kernel &kernel, int64_t threads) {
  std::vector<Halide::Internal::Function> results;
  for (Stage &stage : kernel.stages)
    if (stage.isResult)
      results.push_back(stage.func.function());
  for (auto &[name, function] : Halide::Internal::build_environment(results)) {
    bool isResult = llvm::any_of(results, [&](auto &result) { return result.same_as(function); });
    Halide::LoopLevel level = function.schedule().compute_level(); // which can be asked once it is final
    if (!isResult && !level.lock().is_root())
      continue;
    Func func(function);
    auto isMapped = [](Halide::Stage stage) {
      return llvm::any_of(stage.get_schedule().dims(),
                          [](const Halide::Internal::Dim &dim) { return Halide::Internal::is_gpu(dim.for_type); });
    };
    if (!isMapped(func))
      mapToThreads(func, threads);
    for (int i = 0; i < func.num_update_definitions(); ++i)
      if (!isMapped(func.update(i)))
        mapToThreads(func.update(i), threads);
  }
}

LogicalResult halide_backend::applyDeviceSchedule(Kernel &kernel) {
  Attribute schedule = kernel.getSchedule();
  int64_t threads = 128;
  if (auto tiled = dyn_cast_or_null<kernel::GpuTiledAttr>(schedule)) {
    if (failed(scheduleGpuTiled(kernel, tiled)))
      return failure();
  } else if (auto dense = dyn_cast_or_null<kernel::GpuDenseAttr>(schedule)) {
    if (failed(scheduleGpuDense(kernel, dense)))
      return failure();
  } else if (auto elementwise = dyn_cast_or_null<kernel::GpuElementwiseAttr>(schedule)) {
    threads = elementwise.getThreads();
    if (failed(checkParameter(kernel, "threads", threads, 1, maxThreads)))
      return failure();
  } else if (schedule) {
    return kernel.op.emitOpError("expects a schedule for devices but got ") << schedule;
  }
  for (Helper &helper : kernel.helpers) {
    std::optional<Var> thread = mapToThreads(helper.func, threads);
    for (Func &func : helper.inside)
      func.compute_at(helper.func, thread ? *thread : Var::outermost());
  }
  for (Func &helper : kernel.rowHelpers)
    helper.compute_root();
  for (Stage &stage : kernel.stages) {
    bool isDone = llvm::any_of(stage.reductions, [](Reduction *each) { return each->product || each->dense; });
    if (!isDone)
      scheduleDeviceStage(kernel, stage, threads);
  }
  mapRemaining(kernel, threads);
  return success();
}
