// nn.max_pool2d, nn.avg_pool2d and nn.global_avg_pool2d: shape inference and arithmetic.
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

} // namespace dlc::nn
