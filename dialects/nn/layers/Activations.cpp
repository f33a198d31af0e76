// Layers that keep their input's shape and own nothing: activations, dropout and identity.
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

} // namespace dlc::nn
