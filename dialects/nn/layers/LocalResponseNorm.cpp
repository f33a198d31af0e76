// nn.local_response_norm: shape inference and arithmetic.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult LocalResponseNormOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                                    Adaptor adaptor, SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  IntegerAttr size = adaptor.getProperties().size;
  if (!size)
    return check.error("requires size");
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.size(size.getInt(), "size", 1)) || failed(check.minimumRank(input, 3))) // (C1)
    return failure();
  return check.result(input.getShape(), input.getElementType(), types);
}

// A multiply-add for each channel of the neighbourhood; then scale, power and quotient.
int64_t LocalResponseNormOp::getFlops() { return multiplySaturated(getElementsPerItem(getType()), 2 * getSize() + 3); }

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void LocalResponseNormOp::differentiate(BackwardStep &step) {
  step.add(getInput(), LocalResponseNormGradOp::create(step.builder, step.loc, getType(), step.gradient, getInput(),
                                                       getSizeAttr(), getAlphaAttr(), getBetaAttr(), getKAttr()));
}

int64_t LocalResponseNormGradOp::getFlops() {
  return multiplySaturated(getElementsPerItem(getType()), multiplySaturated(5, getSize()));
}

LogicalResult LocalResponseNormGradOp::verify() {
  if (cast<RankedTensorType>(getType()).getRank() < 3 || !haveSameShape(getGradient().getType(), getType()) || // (C1)
      !haveSameShape(getInput().getType(), getType()))
    return emitOpError("expects tensors of one shape of rank 3 or more");
  return success();
}

} // namespace dlc::nn
