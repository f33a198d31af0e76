// nn.linear: shape inference, parameters, arithmetic.
#include "dialects/nn/Differentiation.h"
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

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void LinearOp::differentiate(BackwardStep &step) {
  OpBuilder &builder = step.builder;
  auto weight = cast<RankedTensorType>(getWeight().getType());
  if (step.needs(getInput())) {
    auto type = RankedTensorType::get({weight.getDimSize(1), weight.getDimSize(0)}, weight.getElementType());
    Value transposed =
        TransposeWeightOp::create(builder, step.loc, type, getWeight(), builder.getI64IntegerAttr(/*groups=*/1));
    step.add(getInput(), LinearOp::create(builder, step.loc, getInput().getType(), step.gradient, transposed, Value()));
  }
  if (step.needs(getWeight()))
    step.add(getWeight(), LinearGradWeightOp::create(builder, step.loc, weight, getInput(), step.gradient));
  if (step.needs(getBias())) {
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, getType().getRank() - 1));
    step.add(getBias(), ReduceOp::create(builder, step.loc, getBias().getType(), step.gradient, dims, /*mean=*/false,
                                         /*keep=*/false));
  }
}

LogicalResult LinearGradWeightOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  auto input = cast<RankedTensorType>(getInput().getType()), gradient = cast<RankedTensorType>(getGradient().getType());
  if (input.getRank() < 2 || input.getShape().drop_back() != gradient.getShape().drop_back()) // (C1)
    return check.error("expects input and gradient that agree in all dimensions but the last but got ",
                       shapeText(input.getShape()), " and ", shapeText(gradient.getShape()));
  return check.parameterShape(cast<RankedTensorType>(getType()), "a result",
                              {gradient.getShape().back(), input.getShape().back()}); // (C2)
}

int64_t LinearGradWeightOp::getFlops() {
  int64_t rows = getElementsPerItem(getInput().getType()) / cast<RankedTensorType>(getInput().getType()).getShape().back();
  return multiplySaturated(rows, 2 * cast<RankedTensorType>(getType()).getNumElements());
}

} // namespace dlc::nn
