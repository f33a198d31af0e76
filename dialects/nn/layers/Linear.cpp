// nn.linear: shape inference, parameters, arithmetic.
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult LinearOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  RankedTensorType weight = input ? check.parameter(adaptor.getWeight(), "weight") : RankedTensorType();
  if (!weight || failed(check.minimumRank(input, 2)) || failed(check.sameElementType(weight, input))) // (C1)
    return failure();
  if (weight.getRank() != 2) // (C2)
    return check.error("expects a weight of rank 2 but got rank ", weight.getRank());
  int64_t features = input.getShape().back(), outputs = weight.getDimSize(0);
  if (weight.getDimSize(1) != features)
    return check.error("expects ", weight.getDimSize(1), " input features but got ", features);
  if (Value value = adaptor.getBias()) { // (C3)
    RankedTensorType bias = check.parameter(value, "bias");
    if (!bias || failed(check.sameElementType(bias, input)) || failed(check.parameterShape(bias, "bias", {outputs})))
      return failure();
  }
  SmallVector<int64_t> shape(input.getShape());
  shape.back() = outputs;
  return check.result(shape, input.getElementType(), types);
}

LogicalResult LinearOp::inferParameterTypes(Location location, ArrayRef<RankedTensorType> inputs, DictionaryAttr config,
                                            SmallVectorImpl<RankedTensorType> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.onlyInput(inputs);
  if (!input || failed(check.minimumRank(input, 2)))
    return failure();
  FailureOr<int64_t> outputs = check.positiveKey(config, "out_features");
  SmallVector<Type, 1> weight;
  if (failed(outputs) || failed(check.result({*outputs, input.getShape().back()}, input.getElementType(), weight)))
    return failure();
  types.push_back(cast<RankedTensorType>(weight[0]));
  types.push_back(wantsBias(config) ? RankedTensorType::get({*outputs}, input.getElementType()) : RankedTensorType());
  return success();
}

int64_t LinearOp::getFlops() {
  return multiplySaturated(getElementsPerItem(getType()), 2 * getWeight().getType().getDimSize(1));
}

} // namespace dlc::nn
