// The places of parameters in the training state.
#include "compiler/transforms/StatePlan.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::transforms;

/// Statistics that a layer keeps for itself have no gradient.
static bool isStatistic(nn::ParameterOp parameter) {
  return llvm::all_of(parameter->getUses(), [](OpOperand &use) {
    auto norm = dyn_cast<nn::BatchNorm2dOp>(use.getOwner());
    return norm && (use.getOperandNumber() == norm.getRunningMeanMutable().getOperandNumber() ||
                    use.getOperandNumber() == norm.getRunningVarMutable().getOperandNumber());
  });
}

static bool isFrozen(nn::ParameterOp parameter) {
  auto trainable = parameter->getAttrOfType<BoolAttr>(nn::trainableAttr);
  return trainable && !trainable.getValue();
}

FailureOr<StatePlan> StatePlan::of(func::FuncOp network) {
  StatePlan plan;
  for (auto parameter : network.getOps<nn::ParameterOp>()) {
    auto [found, isNew] = plan.entries.insert({parameter.getName(), {parameter, 0, true}});
    Entry &entry = found->second;
    if (!isNew && entry.parameter.getType() != parameter.getType())
      return parameter.emitOpError("expects one type for '") << parameter.getName() << "' but got " << parameter.getType()
                                                             << " and " << entry.parameter.getType();
    entry.isTrained &= !isFrozen(parameter) && !isStatistic(parameter);
    plan.elementType = parameter.getType().getElementType();
  }
  for (bool isTrained : {true, false}) {
    for (auto &[name, entry] : plan.entries)
      if (entry.isTrained == isTrained) {
        entry.place = plan.initialBytes;
        auto type = cast<RankedTensorType>(entry.parameter.getType());
        plan.initialBytes += llvm::alignTo(type.getNumElements() * type.getElementTypeBitWidth() / 8, 64);
      }
    if (isTrained)
      plan.trainedBytes = plan.initialBytes;
  }
  return plan;
}
