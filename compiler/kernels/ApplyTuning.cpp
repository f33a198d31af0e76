// Gives kernels what a tuner has found best for them.
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/Passes.h"
#include "compiler/kernels/TuningSpace.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"

namespace dlc::kernels {
#define GEN_PASS_DEF_APPLYTUNING
#include "compiler/kernels/Passes.h.inc"
} // namespace dlc::kernels

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

/// Each parameter's values, and the seeds.
static Attribute describe(const TuningSpace &space, MLIRContext *context) {
  Builder builder(context);
  NamedAttrList entries;
  for (const TuningSpace::Parameter &parameter : space.getParameters()) {
    SmallVector<StringRef> values(parameter.values.begin(), parameter.values.end());
    entries.append(parameter.name, builder.getStringAttr(llvm::join(values, ", ")));
  }
  SmallVector<Attribute> seeds;
  for (const std::vector<unsigned> &seed : space.getSeeds())
    if (std::optional<Choice> choice = space.make(seed))
      seeds.push_back(choice->toAttribute());
  entries.append("seeds", builder.getArrayAttr(seeds));
  return entries.getDictionary(context);
}

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
      if (spaces)
        func->setAttr("kernel.space", describe(TuningSpace::of(func, *machine, exact), &getContext()));
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
