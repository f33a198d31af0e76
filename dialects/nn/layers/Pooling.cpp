// nn.max_pool2d, nn.avg_pool2d and nn.global_avg_pool2d: shape inference and arithmetic.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

template <typename PoolOp>
static LogicalResult inferPool(std::optional<Location> location, typename PoolOp::Adaptor adaptor,
                               ArrayRef<int64_t> dilation, SmallVectorImpl<Type> &types) {
  LayerCheck check(location, PoolOp::getOperationName());
  auto &properties = adaptor.getProperties();
  if (failed(check.sizes(properties.kernel_size, "kernel_size", 2, 1)) ||
      failed(check.sizes(properties.stride, "stride", 2, 1)) ||
      failed(check.sizes(adaptor.getPadding(), "padding", 4, 0)) || failed(check.sizes(dilation, "dilation", 2, 1)))
    return failure();
  Window window{adaptor.getKernelSize(), adaptor.getStride(), adaptor.getPadding(), dilation, adaptor.getCeilMode()};

  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.rank(input, 4))) // (C1)
    return failure();
  for (int side = 0; side < 4; ++side) { // (C2)
    int64_t extent = dilation[side % 2] * (window.size[side % 2] - 1) + 1;
    if (window.padding[side] > extent / 2)
      return check.error("expects padding of at most half of the window, ", extent / 2, ", but got ",
                         window.padding[side]);
  }
  auto output = getWindowOutput(check, input, window); // (C3)
  if (failed(output))
    return failure();
  return check.result({input.getDimSize(0), input.getDimSize(1), (*output)[0], (*output)[1]}, input.getElementType(),
                      types);
}

LogicalResult MaxPool2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  return inferPool<MaxPool2dOp>(location, adaptor, adaptor.getDilation(), types);
}

LogicalResult AvgPool2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  return inferPool<AvgPool2dOp>(location, adaptor, {1, 1}, types);
}

LogicalResult GlobalAvgPool2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location,
                                                  Adaptor adaptor, SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.rank(input, 4))) // (C1)
    return failure();
  return check.result({input.getDimSize(0), input.getDimSize(1), 1, 1}, input.getElementType(), types);
}

/// One operation for each element of each window.
template <typename PoolOp>
static int64_t countPool(PoolOp pool) {
  ArrayRef<int64_t> size = pool.getKernelSize();
  return multiplySaturated(getElementsPerItem(pool.getType()), multiplySaturated(size[0], size[1]));
}

int64_t MaxPool2dOp::getFlops() { return countPool(*this); }
int64_t AvgPool2dOp::getFlops() { return countPool(*this); }
int64_t GlobalAvgPool2dOp::getFlops() { return getElementsPerItem(getInput().getType()); }

SmallVector<int64_t> MaxPool2dOp::getWindowDilation() { return SmallVector<int64_t>(getDilation()); }

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void MaxPool2dOp::differentiate(BackwardStep &step) {
  OpBuilder &builder = step.builder;
  bool isSmall = getKernelSize()[0] * getKernelSize()[1] <= 256;
  auto index = isSmall ? IntegerType::get(getContext(), 8, IntegerType::Unsigned) : builder.getI32Type();
  auto type = RankedTensorType::get(getType().getShape(), index);
  Value argmax = MaxPool2dArgmaxOp::create(builder, step.loc, type, getInput(), getKernelSizeAttr(), getStrideAttr(),
                                           getPaddingAttr(), getDilationAttr());
  step.add(getInput(),
           MaxPool2dGradOp::create(builder, step.loc, getInput().getType(), step.gradient, argmax, getKernelSizeAttr(),
                                   getStrideAttr(), getPaddingAttr(), getDilationAttr()));
}

void AvgPool2dOp::differentiate(BackwardStep &step) {
  step.add(getInput(),
           AvgPool2dGradOp::create(step.builder, step.loc, getInput().getType(), step.gradient, getKernelSizeAttr(),
                                   getStrideAttr(), getPaddingAttr(), getCountIncludePadAttr()));
}

void GlobalAvgPool2dOp::differentiate(BackwardStep &step) {
  step.add(getInput(), ExpandOp::create(step.builder, step.loc, getInput().getType(), step.gradient, getInput(),
                                        ArrayRef<int64_t>{2, 3}, /*mean=*/true, /*keep=*/true));
}

SmallVector<int64_t> MaxPool2dArgmaxOp::getWindowDilation() { return SmallVector<int64_t>(getDilation()); }

int64_t MaxPool2dArgmaxOp::getFlops() { return countPool(*this); }
int64_t MaxPool2dGradOp::getFlops() { return getElementsPerItem(getType()); }
int64_t AvgPool2dGradOp::getFlops() { return getElementsPerItem(getType()); }

/// Whether both have rank 4 and agree in batch and channels.
static bool haveSameChannels(Type a, Type b) {
  auto first = cast<RankedTensorType>(a), second = cast<RankedTensorType>(b);
  return first.getRank() == 4 && second.getRank() == 4 &&
         first.getShape().take_front(2) == second.getShape().take_front(2);
}

LogicalResult MaxPool2dArgmaxOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  if (failed(check.window(getKernelSize(), getStride(), getPadding(), getDilation()))) // (C2)
    return failure();
  bool isSmall = getKernelSize()[0] * getKernelSize()[1] <= 256;
  if (!haveSameChannels(getInput().getType(), getType()) || // (C1)
      !cast<RankedTensorType>(getType()).getElementType().isInteger(isSmall ? 8 : 32))
    return emitOpError("expects a result of ") << (isSmall ? "ui8" : "i32") << " with the input's batch and channels";
  return success();
}

LogicalResult MaxPool2dGradOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  if (failed(check.window(getKernelSize(), getStride(), getPadding(), getDilation()))) // (C3)
    return failure();
  if (cast<RankedTensorType>(getGradient().getType()).getShape() !=
      cast<RankedTensorType>(getArgmax().getType()).getShape()) // (C1)
    return emitOpError("expects a gradient and an argmax of the same shape");
  if (!haveSameChannels(getGradient().getType(), getType())) // (C2)
    return emitOpError("expects a result of the gradient's batch and channels");
  return success();
}

LogicalResult AvgPool2dGradOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  if (failed(check.window(getKernelSize(), getStride(), getPadding(), {1, 1}))) // (C2)
    return failure();
  if (!haveSameChannels(getGradient().getType(), getType())) // (C1)
    return emitOpError("expects a result of the gradient's batch and channels");
  return success();
}

} // namespace dlc::nn
