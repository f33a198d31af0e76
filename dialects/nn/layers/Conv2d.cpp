// nn.conv2d: shape inference, parameters, arithmetic.
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

/// (C2), (C3): groups divide the channels on both sides.
static LogicalResult checkGroups(const LayerCheck &check, int64_t inChannels, int64_t outChannels, int64_t groups) {
  if (inChannels % groups != 0)
    return check.error("expects input channels divisible by ", groups, " groups but got ", inChannels);
  if (outChannels % groups != 0)
    return check.error("expects output channels divisible by ", groups, " groups but got ", outChannels);
  return success();
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  int64_t groups = adaptor.getGroups();
  if (failed(check.sizes(adaptor.getProperties().kernel_size, "kernel_size", 2, 1)) ||
      failed(check.sizes(adaptor.getStride(), "stride", 2, 1)) ||
      failed(check.sizes(adaptor.getPadding(), "padding", 4, 0)) ||
      failed(check.sizes(adaptor.getDilation(), "dilation", 2, 1)) || failed(check.size(groups, "groups", 1)))
    return failure();
  Window window{adaptor.getKernelSize(), adaptor.getStride(), adaptor.getPadding(), adaptor.getDilation()};

  RankedTensorType input = check.input(adaptor.getInput(), "input");
  RankedTensorType weight = input ? check.parameter(adaptor.getWeight(), "weight") : RankedTensorType();
  if (!weight || failed(check.rank(input, 4)) || failed(check.sameElementType(weight, input))) // (C1)
    return failure();
  if (weight.getRank() != 4) // (C4)
    return check.error("expects a weight of rank 4 but got rank ", weight.getRank());
  int64_t channels = input.getDimSize(1), filters = weight.getDimSize(0);
  if (failed(checkGroups(check, channels, filters, groups))) // (C2), (C3)
    return failure();
  if (weight.getDimSize(1) != channels / groups)
    return check.error("expects ", weight.getDimSize(1) * groups, " input channels but got ", channels);
  if (failed(check.parameterShape(weight, "weight", {filters, channels / groups, window.size[0], window.size[1]})))
    return failure();
  if (Value value = adaptor.getBias()) { // (C5)
    RankedTensorType bias = check.parameter(value, "bias");
    if (!bias || failed(check.sameElementType(bias, input)) || failed(check.parameterShape(bias, "bias", {filters})))
      return failure();
  }

  auto output = getWindowOutput(check, input, window); // (C6)
  if (failed(output))
    return failure();
  return check.result({input.getDimSize(0), filters, (*output)[0], (*output)[1]}, input.getElementType(), types);
}

LogicalResult Conv2dOp::inferParameterTypes(Location location, ArrayRef<RankedTensorType> inputs, DictionaryAttr config,
                                            SmallVectorImpl<RankedTensorType> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.onlyInput(inputs);
  if (!input || failed(check.rank(input, 4)))
    return failure();
  FailureOr<int64_t> filters = check.positiveKey(config, "out_channels");
  FailureOr<int64_t> groups = failed(filters) ? filters : check.positiveKey(config, "groups", 1);
  auto size = config.getAs<DenseI64ArrayAttr>("kernel_size");
  if (failed(groups) || failed(check.sizes(size, "kernel_size", 2, 1)) ||
      failed(checkGroups(check, input.getDimSize(1), *filters, *groups)))
    return failure();
  SmallVector<Type, 1> weight;
  if (failed(check.result({*filters, input.getDimSize(1) / *groups, size[0], size[1]}, input.getElementType(), weight)))
    return failure();
  types.push_back(cast<RankedTensorType>(weight[0]));
  types.push_back(wantsBias(config) ? RankedTensorType::get({*filters}, input.getElementType()) : RankedTensorType());
  return success();
}

int64_t Conv2dOp::getFlops() {
  return multiplySaturated(getElementsPerItem(getType()), 2 * getElementsPerItem(getWeight().getType()));
}

SmallVector<int64_t> Conv2dOp::getWindowDilation() { return SmallVector<int64_t>(getDilation()); }

} // namespace dlc::nn
