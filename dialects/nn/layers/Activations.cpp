// Layers that keep their input's shape and own nothing: activations, dropout and identity.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult ReluOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  return inferAsInput<ReluOp>(location, adaptor, types);
}

LogicalResult LeakyReluOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  return inferAsInput<LeakyReluOp>(location, adaptor, types);
}

LogicalResult SigmoidOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferAsInput<SigmoidOp>(location, adaptor, types);
}

LogicalResult TanhOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  return inferAsInput<TanhOp>(location, adaptor, types);
}

LogicalResult EluOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferAsInput<EluOp>(location, adaptor, types);
}

LogicalResult SiluOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  return inferAsInput<SiluOp>(location, adaptor, types);
}

LogicalResult IdentityOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  return inferAsInput<IdentityOp>(location, adaptor, types);
}

LogicalResult DropoutOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  double p = adaptor.getP().convertToDouble();
  if (!(p >= 0 && p <= 1)) // (C1)
    return LayerCheck(location, getOperationName()).error("expects p between 0 and 1 but got ", p);
  return inferAsInput<DropoutOp>(location, adaptor, types);
}

/// relu(relu(x)) is relu(x).
OpFoldResult ReluOp::fold(FoldAdaptor adaptor) {
  return getInput().getDefiningOp<ReluOp>() && getInput().getType() == getType() ? getInput() : Value();
}

// A sigmoid of zero is a half.
bool SigmoidOp::preservesZero() { return false; }

LogicalResult SoftplusOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                           SmallVectorImpl<Type> &types) {
  return inferAsInput<SoftplusOp>(location, adaptor, types);
}

LogicalResult ClampOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  return inferAsInput<ClampOp>(location, adaptor, types);
}

bool SoftplusOp::preservesZero() { return false; }

bool ClampOp::preservesZero() { return !(getMin().convertToDouble() > 0) && !(getMax().convertToDouble() < 0); }

// Nor do these, but for scale · 0.
bool AffineOp::preservesZero() { return getOffset().isZero(); }
bool PowerOp::preservesZero() { return false; }
bool ExpOp::preservesZero() { return false; }

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

static Value scale(BackwardStep &step, Value value, double factor, double offset = 0) {
  return AffineOp::create(step.builder, step.loc, value, factor, offset);
}

static Value multiply(BackwardStep &step, Value a, Value b) {
  return MulOp::create(step.builder, step.loc, a.getType(), a, b);
}

void ReluOp::differentiate(BackwardStep &step) {
  // The result is positive where the input is, and nobody else may want the input.
  step.add(getInput(), LeakyReluGradOp::create(step.builder, step.loc, getType(), step.gradient, getResult(),
                                               step.builder.getF64FloatAttr(0)));
}

void LeakyReluOp::differentiate(BackwardStep &step) {
  step.add(getInput(), LeakyReluGradOp::create(step.builder, step.loc, getType(), step.gradient, getInput(),
                                               getNegativeSlopeAttr()));
}

void SigmoidOp::differentiate(BackwardStep &step) { // dy · y · (1 − y)
  Value slope = multiply(step, getResult(), scale(step, getResult(), -1, 1));
  step.add(getInput(), multiply(step, step.gradient, slope));
}

void TanhOp::differentiate(BackwardStep &step) { // dy · (1 − y²)
  Value slope = scale(step, multiply(step, getResult(), getResult()), -1, 1);
  step.add(getInput(), multiply(step, step.gradient, slope));
}

void EluOp::differentiate(BackwardStep &step) {
  step.add(getInput(),
           EluGradOp::create(step.builder, step.loc, getType(), step.gradient, getResult(), getAlphaAttr()));
}

void SiluOp::differentiate(BackwardStep &step) { // dy · s · (1 + x · (1 − s)), s = sigmoid(x)
  Value sigmoid = SigmoidOp::create(step.builder, step.loc, getType(), getInput());
  Value inner = scale(step, multiply(step, getInput(), scale(step, sigmoid, -1, 1)), 1, 1);
  step.add(getInput(), multiply(step, step.gradient, multiply(step, sigmoid, inner)));
}

void SoftplusOp::differentiate(BackwardStep &step) {
  Value slope = SigmoidOp::create(step.builder, step.loc, getType(), getInput());
  step.add(getInput(), multiply(step, step.gradient, slope));
}

void ClampOp::differentiate(BackwardStep &step) {
  step.add(getInput(), ClampGradOp::create(step.builder, step.loc, getType(), step.gradient, getInput(), getMinAttr(),
                                           getMaxAttr()));
}

void AffineOp::differentiate(BackwardStep &step) {
  step.add(getInput(), scale(step, step.gradient, getScale().convertToDouble()));
}

void IdentityOp::differentiate(BackwardStep &step) { step.add(getInput(), step.gradient); }

//===----------------------------------------------------------------------===//
// Dropout in training
//===----------------------------------------------------------------------===//

void DropoutOp::takeTrainingForm(TrainingForm &form) {
  auto dropped = RandomDropoutOp::create(form.builder, getLoc(), getType(), getInput(), form.randomKey, getPAttr(),
                                         form.builder.getI64IntegerAttr(form.stream));
  dropped->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary()); // by whose name a loss finds it
  replaceAllUsesWith(dropped.getResult());
  erase();
}

// At inference it is its input.
void DropoutOp::differentiate(BackwardStep &step) { step.add(getInput(), step.gradient); }

void RandomDropoutOp::differentiate(BackwardStep &step) {
  step.add(getInput(), RandomDropoutOp::create(step.builder, step.loc, getType(), step.gradient, getKey(), getPAttr(),
                                               getStreamAttr()));
}

LogicalResult RandomDropoutOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  if (!haveSameShape(getInput().getType(), getType())) // (C1)
    return check.error("expects a result like the input");
  double p = getP().convertToDouble();
  if (!(p >= 0 && p <= 1)) // (C2)
    return check.error("expects p between 0 and 1 but got ", p);
  return check.parameterShape(cast<RankedTensorType>(getKey().getType()), "a key", {4}); // (C3)
}

} // namespace dlc::nn
