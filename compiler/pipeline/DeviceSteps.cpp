// Kernels are lowered in child processes, as they are when they are compiled, and tell what they launch.
#include "compiler/pipeline/DeviceSteps.h"
#include "compiler/pipeline/CompileKernels.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::pipeline;

/// Reads the text of halide_backend::emitLaunches.
static void parseLaunches(StringRef text, DeviceStep &step) {
  for (StringRef line : llvm::split(text.trim(), '\n')) {
    if (line.consume_front("host ")) {
      step.onHost.push_back(line.str());
      continue;
    }
    DeviceLaunch launch;
    SmallVector<StringRef> words;
    line.split(words, ' ');
    if (words.size() != 10)
      continue;
    for (size_t axis : {0, 1, 2}) {
      words[1 + axis].getAsInteger(10, launch.blocks[axis]);
      words[5 + axis].getAsInteger(10, launch.threads[axis]);
    }
    words[9].getAsInteger(10, launch.sharedBytes);
    step.launches.push_back(launch);
  }
}

Outcome pipeline::describeSteps(ModuleOp module, const Options &options, int64_t batch,
                                std::vector<DeviceStep> &steps) {
  std::map<std::string, std::string> texts;
  if (Outcome outcome = printKernels(module, options, "--launches=" + std::to_string(batch), texts);
      outcome != Outcome::Fine)
    return outcome;
  for (auto function : module.getOps<func::FuncOp>())
    function.walk([&](kernel::LaunchOp launch) {
      DeviceStep step;
      step.kernel = launch.getCallee().str();
      auto layers = launch->getAttrOfType<StringAttr>("layers");
      step.layers = layers && !layers.empty() ? layers.str() : step.kernel;
      auto callee = module.lookupSymbol<kernel::FuncOp>(launch.getCallee());
      llvm::raw_string_ostream(step.schedule) << callee.getScheduleAttr();
      parseLaunches(texts[step.kernel], step);
      steps.push_back(std::move(step));
    });
  return Outcome::Fine;
}
