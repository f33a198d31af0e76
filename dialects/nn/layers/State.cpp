// nn.variable, nn.assign, nn.fill: what training programs read, write and begin with.
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

/// (C1): where the tensor lies in the state.
static LogicalResult verifyPlace(Operation *op, int64_t place) {
  if (place >= 0 && place % 64 == 0)
    return success();
  return op->emitOpError("expects a place that is a multiple of 64 and not negative but got ") << place;
}

static LogicalResult verifyStatic(Operation *op, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (tensor.hasStaticShape())
    return success();
  return op->emitOpError("expects static dimensions but got ") << type;
}

LogicalResult VariableOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (failed(verifyPlace(*this, getPlace())) || failed(verifyStatic(*this, type)))
    return failure();
  if (type.getEncoding() || (getInitial() && getInitial().getType() != type)) // (C2)
    return emitOpError("expects a result without encoding, of the type of its initial value, but got ") << type;
  return success();
}

/// Printed IR shows a variable by its parameter's name.
void VariableOp::getAsmResultNames(OpAsmSetValueNameFn setName) {
  if (auto parameter = getInitial() ? getInitial().getDefiningOp<ParameterOp>() : ParameterOp())
    setName(getResult(), (parameter.getName() + ".variable").str());
}

LogicalResult AssignOp::verify() {
  return failed(verifyPlace(*this, getPlace())) ? failure() : verifyStatic(*this, getValue().getType()); // (C2)
}

LogicalResult FillOp::verify() { return verifyStatic(*this, getType()); } // (C1)

} // namespace dlc::nn
