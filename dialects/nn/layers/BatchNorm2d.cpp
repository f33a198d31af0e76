// nn.batch_norm2d: shape inference, parameters, arithmetic.
#include "dialects/nn/Differentiation.h"
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

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

/// The dimensions that the statistics are taken over: all but the channels.
static SmallVector<int64_t> getAveragedDims(int64_t rank) {
  SmallVector<int64_t> dims = {0};
  llvm::append_range(dims, llvm::seq<int64_t>(2, rank));
  return dims;
}

/// The statistics are those of the batch, and the running ones follow them. A
/// frozen layer stays as it is, its statistics included.
void BatchNorm2dOp::takeTrainingForm(TrainingForm &form) {
  if (!form.isTrained(getWeight()) && !form.isTrained(getBias()))
    return;
  OpBuilder &builder = form.builder;
  Type vector = getWeight().getType();
  Value mean = ReduceOp::create(builder, getLoc(), vector, getInput(), getAveragedDims(getType().getRank()),
                                /*mean=*/true, /*keep=*/false);
  Value variance = BatchVarianceOp::create(builder, getLoc(), vector, getInput(), mean);
  auto follow = [&](Value running, Value batch, bool unbiased) {
    form.assign(running, RunningAverageOp::create(builder, getLoc(), vector, running, batch, getInput(),
                                                  getMomentumAttr(), unbiased ? builder.getUnitAttr() : UnitAttr()));
  };
  follow(getRunningMean(), mean, false);
  follow(getRunningVar(), variance, true);
  getRunningMeanMutable().assign(mean);
  getRunningVarMutable().assign(variance);
}

void BatchNorm2dOp::differentiate(BackwardStep &step) {
  OpBuilder &builder = step.builder;
  Type vector = getWeight().getType();
  bool isBatch = !getRunningMean().getDefiningOp<VariableOp>();
  auto lazily = [](Value &value, function_ref<Value()> build) { return value ? value : value = build(); };
  Value gradWeight, gradBias;
  auto getGradWeight = [&] {
    return lazily(gradWeight, [&] {
      return BatchNorm2dGradWeightOp::create(builder, step.loc, vector, step.gradient, getInput(), getRunningMean(),
                                             getRunningVar(), getEpsAttr());
    });
  };
  auto getGradBias = [&] {
    return lazily(gradBias, [&] {
      return ReduceOp::create(builder, step.loc, vector, step.gradient, getAveragedDims(getType().getRank()),
                              /*mean=*/false, /*keep=*/false);
    });
  };
  if (step.needs(getWeight()))
    step.add(getWeight(), getGradWeight());
  if (step.needs(getBias()))
    step.add(getBias(), getGradBias());
  if (!step.needs(getInput()))
    return;
  if (isBatch)
    step.add(getInput(), BatchNorm2dGradInputOp::create(builder, step.loc, getType(), step.gradient, getInput(),
                                                        getWeight(), getRunningMean(), getRunningVar(),
                                                        getGradWeight(), getGradBias(), getEpsAttr()));
  else
    step.add(getInput(), BatchNorm2dScaleOp::create(builder, step.loc, getType(), step.gradient, getWeight(),
                                                    getRunningVar(), getEpsAttr()));
}

bool BatchNorm2dGradInputOp::preservesZero() { return false; }
bool RunningAverageOp::preservesZero() { return false; }

int64_t BatchVarianceOp::getFlops() { return multiplySaturated(3, getElementsPerItem(getInput().getType())); }
int64_t BatchNorm2dGradWeightOp::getFlops() { return multiplySaturated(4, getElementsPerItem(getInput().getType())); }

/// Whether `tensors` are of one shape with channels, and `vectors` have an element for each channel.
static LogicalResult verifyNorm(Operation *op, TypeRange tensors, TypeRange vectors, int64_t minimumRank = 2) {
  auto first = cast<RankedTensorType>(tensors[0]);
  if (first.getRank() < minimumRank)
    return op->emitOpError("expects an input of rank ") << minimumRank << " or more but got " << first;
  for (Type type : tensors)
    if (!haveSameShape(type, first))
      return op->emitOpError("expects tensors of one shape but got ") << first << " and " << type;
  for (Type type : vectors)
    if (cast<RankedTensorType>(type).getShape() != first.getShape().slice(1, 1))
      return op->emitOpError("expects a vector of ") << first.getDimSize(1) << " channels but got " << type;
  return success();
}

LogicalResult BatchVarianceOp::verify() {
  return verifyNorm(*this, getInput().getType(), {getMean().getType(), getType()});
}

LogicalResult RunningAverageOp::verify() {
  return verifyNorm(*this, getLike().getType(), {getRunning().getType(), getBatch().getType(), getType()});
}

LogicalResult BatchNorm2dGradWeightOp::verify() {
  return verifyNorm(*this, {getGradient().getType(), getInput().getType()},
                    {getMean().getType(), getVariance().getType(), getType()});
}

LogicalResult BatchNorm2dGradInputOp::verify() {
  SmallVector<Type> tensors = {getGradient().getType(), getInput().getType(), getType()};
  return verifyNorm(*this, tensors, SmallVector<Type>(llvm::drop_begin(getOperation()->getOperandTypes(), 2)));
}

LogicalResult BatchNorm2dScaleOp::verify() {
  return verifyNorm(*this, {getGradient().getType(), getType()}, {getWeight().getType(), getVariance().getType()});
}

} // namespace dlc::nn
