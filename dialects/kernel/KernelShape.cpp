// Reads the numbers of a kernel off its layers.
#include "dialects/kernel/KernelShape.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

template <size_t n>
static std::array<int64_t, n> toArray(ArrayRef<int64_t> values) {
  std::array<int64_t, n> array;
  llvm::copy(values.take_front(n), array.begin());
  return array;
}

WindowShape WindowShape::of(nn::WindowOpInterface layer) {
  return {toArray<2>(layer.getWindowSize()), toArray<2>(layer.getWindowStride()), toArray<2>(layer.getWindowDilation()),
          toArray<4>(layer.getWindowPadding())};
}

bool WindowShape::overlaps() const {
  for (int axis : {0, 1})
    if (dilation[axis] * (size[axis] - 1) >= stride[axis])
      return true;
  return false;
}

ContractionShape ContractionShape::of(nn::ContractionOpInterface layer) {
  auto input = cast<RankedTensorType>(layer.getInputOperand().get().getType());
  auto weight = cast<RankedTensorType>(layer.getWeightOperand().get().getType());
  auto result = cast<RankedTensorType>(layer->getResult(0).getType());
  ContractionShape shape;
  shape.outChannels = weight.getDimSize(0);
  if (auto window = dyn_cast<nn::WindowOpInterface>(*layer)) {
    shape.inChannels = input.getDimSize(1);
    shape.groups = shape.inChannels / weight.getDimSize(1);
    shape.input = toArray<2>(input.getShape().drop_front(2));
    shape.output = toArray<2>(result.getShape().drop_front(2));
    shape.window = WindowShape::of(window);
    return shape;
  }
  shape.inChannels = weight.getDimSize(1);
  for (int64_t extent : input.getShape().drop_front().drop_back())
    shape.input[1] *= extent;
  shape.output = shape.input;
  return shape;
}

bool ContractionShape::isPointwise() const {
  return groups == 1 && getTaps() == 1 && window.stride == std::array<int64_t, 2>{1, 1} &&
         window.padding == std::array<int64_t, 4>{0, 0, 0, 0};
}

bool ContractionShape::isDense() const {
  return groups == 1 && getPixels() == 1 && window.size == input &&
         window.padding == std::array<int64_t, 4>{0, 0, 0, 0};
}

KernelShape KernelShape::of(FuncOp func) {
  KernelShape shape;
  for (Operation &layer : func.getBlock().without_terminator()) {
    if (auto contraction = dyn_cast<nn::ContractionOpInterface>(layer))
      shape.contraction = contraction;
    else if (auto window = dyn_cast<nn::WindowOpInterface>(layer))
      shape.pool = window;
    shape.convertsInput |= isa<nn::NormalizeOp>(layer);
  }
  return shape;
}
