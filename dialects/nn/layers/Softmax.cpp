// nn.softmax and nn.log_softmax: shape inference and arithmetic.
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

template <typename LayerOp>
static LogicalResult infer(std::optional<Location> location, typename LayerOp::Adaptor adaptor,
                           SmallVectorImpl<Type> &types) {
  LayerCheck check(location, LayerOp::getOperationName());
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.dimBesideBatch(adaptor.getDim(), "dim", input.getRank()))) // (C1)
    return failure();
  return check.result(input.getShape(), input.getElementType(), types);
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return infer<SoftmaxOp>(location, adaptor, types);
}

LogicalResult LogSoftmaxOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                             SmallVectorImpl<Type> &types) {
  return infer<LogSoftmaxOp>(location, adaptor, types);
}

// Maximum, difference, exponential, sum; then a quotient, or a difference with the sum's logarithm.
int64_t SoftmaxOp::getFlops() { return multiplySaturated(5, getElementsPerItem(getType())); }
int64_t LogSoftmaxOp::getFlops() { return multiplySaturated(5, getElementsPerItem(getType())); }

} // namespace dlc::nn
