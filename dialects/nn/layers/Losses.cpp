// nn.nll_loss and nn.binary_cross_entropy: verification and gradients.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

void BinaryCrossEntropyOp::differentiate(BackwardStep &step) {
  step.add(getInput(),
           BinaryCrossEntropyGradOp::create(step.builder, step.loc, getType(), step.gradient, getInput(), getTarget()));
}

bool BinaryCrossEntropyOp::preservesZero() { return false; }
bool BinaryCrossEntropyGradOp::preservesZero() { return false; }

void NllLossOp::differentiate(BackwardStep &step) {
  step.add(getInput(), NllLossGradOp::create(step.builder, step.loc, getInput().getType(), step.gradient, getInput(),
                                             getTarget(), getClassWeights(), getLabelSmoothingAttr(), getMeanAttr()));
}

/// (C1)
static LogicalResult verifyNll(Operation *op, Value input, Value target, Value classWeights) {
  auto type = cast<RankedTensorType>(input.getType());
  if (type.getRank() < 2)
    return op->emitOpError("expects an input of rank 2 or more but got ") << type;
  SmallVector<int64_t> places(type.getShape());
  places.erase(places.begin() + 1);
  auto classes = cast<RankedTensorType>(target.getType());
  if (classes.getShape() != ArrayRef<int64_t>(places))
    return op->emitOpError("expects a target of shape ")
           << shapeText(places) << " but got " << shapeText(classes.getShape());
  if (classWeights && cast<RankedTensorType>(classWeights.getType()).getShape() != type.getShape().slice(1, 1))
    return op->emitOpError("expects ") << type.getDimSize(1) << " class weights but got " << classWeights.getType();
  return success();
}

/// (C2)
static LogicalResult verifyScalar(Operation *op, StringRef what, Type type) {
  if (cast<RankedTensorType>(type).getShape() == ArrayRef<int64_t>{1})
    return success();
  return op->emitOpError("expects ") << what << " of shape [1] but got " << type;
}

LogicalResult NllLossOp::verify() {
  if (failed(verifyScalar(*this, "a result", getType())))
    return failure();
  return verifyNll(*this, getInput(), getTarget(), getClassWeights());
}

LogicalResult NllLossGradOp::verify() {
  if (!haveSameShape(getType(), getInput().getType()))
    return emitOpError("expects a result like the input but got ") << getType();
  if (failed(verifyScalar(*this, "a gradient", getGradient().getType())))
    return failure();
  return verifyNll(*this, getInput(), getTarget(), getClassWeights());
}

} // namespace dlc::nn
