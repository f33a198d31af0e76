// nn.batch_norm2d: shape inference, parameters, arithmetic.
#include "dialects/nn/LayerCheck.h"

#include <cmath>

using namespace mlir;

namespace dlc::nn {

LogicalResult BatchNorm2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                              SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.minimumRank(input, 2))) // (C1)
    return failure();
  std::pair<StringRef, Value> parameters[] = {{"weight", adaptor.getWeight()},
                                              {"bias", adaptor.getBias()},
                                              {"running_mean", adaptor.getRunningMean()},
                                              {"running_var", adaptor.getRunningVar()}};
  for (auto [name, value] : parameters) { // (C2)
    RankedTensorType parameter = check.parameter(value, name);
    if (!parameter || failed(check.sameElementType(parameter, input)) ||
        failed(check.parameterShape(parameter, name, {input.getDimSize(1)})))
      return failure();
  }
  double eps = adaptor.getEps().convertToDouble();
  if (!(eps >= 0) || std::isinf(eps)) // (C3)
    return check.error("expects eps to be finite and not negative but got ", eps);
  return check.result(input.getShape(), input.getElementType(), types);
}

LogicalResult BatchNorm2dOp::inferParameterTypes(Location location, ArrayRef<RankedTensorType> inputs,
                                                 DictionaryAttr config, SmallVectorImpl<RankedTensorType> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.onlyInput(inputs);
  if (!input || failed(check.minimumRank(input, 2)))
    return failure();
  types.append(4, RankedTensorType::get({input.getDimSize(1)}, input.getElementType()));
  return success();
}

// At inference a multiply-add by constants.
int64_t BatchNorm2dOp::getFlops() { return multiplySaturated(2, getElementsPerItem(getType())); }

bool BatchNorm2dOp::preservesZero() { return false; }

} // namespace dlc::nn
