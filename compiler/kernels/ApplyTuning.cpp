// Gives kernels what a tuner has found best for them.
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/Passes.h"
#include "compiler/kernels/TuningSpace.h"

namespace dlc::kernels {
#define GEN_PASS_DEF_APPLYTUNING
#include "compiler/kernels/Passes.h.inc"
} // namespace dlc::kernels

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

namespace {
struct ApplyTuning : kernels::impl::ApplyTuningBase<ApplyTuning> {
  using ApplyTuningBase::ApplyTuningBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<Machine> machine = Machine::of(module);
    if (!machine) {
      module.emitOpError("expects 'kernel.target' with the 'vector_bytes' of the machine");
      return signalPassFailure();
    }
    auto tuning = module->getAttrOfType<DictionaryAttr>(tuningAttr);
    SmallVector<std::pair<kernel::FuncOp, Choice>> chosen;
    for (auto func : module.getOps<kernel::FuncOp>()) {
      if (!func.getScheduleAttr()) {
        func.emitOpError("expects a schedule (--kernel-select-schedules) before a tuner's is applied");
        return signalPassFailure();
      }
      std::string signature = getSignature(func);
      if (signatures)
        func->setAttr("kernel.signature", StringAttr::get(&getContext(), signature));
      Attribute entry = tuning ? tuning.get(signature) : Attribute();
      if (!entry)
        continue;
      std::optional<Choice> choice = Choice::fromAttribute(entry);
      if (choice && TuningSpace::of(func, *machine, exact).contains(*choice))
        chosen.push_back({func, *choice});
      else
        func.emitWarning("the tuning of kernel '") << func.getSymName() << "' does not fit it: " << entry;
    }
    for (auto &[func, choice] : chosen)
      applyChoice(func, choice, *machine);
    module->removeAttr(tuningAttr);
  }
};
} // namespace
