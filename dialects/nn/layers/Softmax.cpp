// nn.softmax and nn.log_softmax: shape inference and arithmetic.
#include "dialects/nn/Differentiation.h"
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

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// Σ of `value` along `dim`, which stays as 1.
static Value sumAlong(BackwardStep &step, Value value, int64_t dim) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  dim = *normalizeDim(dim, type.getRank());
  shape[dim] = 1;
  return ReduceOp::create(step.builder, step.loc, RankedTensorType::get(shape, type.getElementType()), value,
                          ArrayRef<int64_t>{dim}, /*mean=*/false, /*keep=*/true);
}

void SoftmaxOp::differentiate(BackwardStep &step) { // y · (dy − Σ dy · y)
  OpBuilder &builder = step.builder;
  Value sum = sumAlong(step, MulOp::create(builder, step.loc, getType(), step.gradient, getResult()), getDim());
  Value difference = SubOp::create(builder, step.loc, getType(), step.gradient, sum);
  step.add(getInput(), MulOp::create(builder, step.loc, getType(), getResult(), difference));
}

void LogSoftmaxOp::differentiate(BackwardStep &step) { // dy − exp(y) · Σ dy
  OpBuilder &builder = step.builder;
  Value sum = sumAlong(step, step.gradient, getDim());
  Value probability = ExpOp::create(builder, step.loc, getType(), getResult());
  Value share = MulOp::create(builder, step.loc, getType(), probability, sum);
  step.add(getInput(), SubOp::create(builder, step.loc, getType(), step.gradient, share));
}

} // namespace dlc::nn
