// nn.local_response_norm: shape inference and arithmetic.
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

} // namespace dlc::nn
