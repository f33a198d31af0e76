// The arithmetic of windows that slide over a plane: how many fit, and what they leave over.
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

static StringRef axisName(int axis) { return axis == 0 ? "height" : "width"; }

/// Rows or columns from the first to the last that a window touches.
static int64_t getExtent(int64_t size, int64_t dilation) { return dilation * (size - 1) + 1; }

FailureOr<std::array<int64_t, 2>> getWindowOutput(const LayerCheck &check, RankedTensorType input,
                                                  const Window &window) {
  std::array<int64_t, 2> output;
  for (int axis : {0, 1}) {
    int64_t dim = input.getDimSize(2 + axis);
    int64_t before = window.padding[axis], after = window.padding[2 + axis];
    int64_t extent = getExtent(window.size[axis], window.dilation[axis]), stride = window.stride[axis];
    int64_t room = dim + before + after - extent; // all below 2^63: sizes are below 2^31
    if (window.ceilMode)
      room += stride - 1;
    if (room < 0)
      return check.error("expects a window no larger than the padded input but its ", axisName(axis), " is ", extent,
                         " and that of the input ", dim, " with padding ", before, " and ", after);
    output[axis] = room / stride + 1;
    // A window that would begin in the trailing padding sees nothing of the input.
    if (window.ceilMode && (output[axis] - 1) * stride >= dim + before)
      --output[axis];
  }
  return output;
}

/// What the last window along an axis leaves over; see getUncoveredTail.
static int64_t getTail(WindowOpInterface layer, int axis) {
  auto input = cast<RankedTensorType>(layer->getOperand(0).getType());
  auto result = cast<RankedTensorType>(layer->getResult(0).getType());
  int64_t stride = layer.getWindowStride()[axis];
  int64_t extent = getExtent(layer.getWindowSize()[axis], layer.getWindowDilation()[axis]);
  int64_t next = result.getDimSize(2 + axis) * stride - layer.getWindowPadding()[axis];
  int64_t covered = next - stride + extent;
  return std::max<int64_t>(0, input.getDimSize(2 + axis) - std::max(next, covered));
}

UncoveredTail getUncoveredTail(WindowOpInterface layer) { return {getTail(layer, 0), getTail(layer, 1)}; }

std::string describeUncoveredTail(WindowOpInterface layer) {
  auto shape = cast<RankedTensorType>(layer->getOperand(0).getType()).getShape();
  SmallVector<int64_t> sizes = layer.getWindowSize(), strides = layer.getWindowStride(),
                       dilations = layer.getWindowDilation(), padding = layer.getWindowPadding();
  UncoveredTail tail = getUncoveredTail(layer);
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (int axis : {0, 1}) {
    int64_t count = axis == 0 ? tail.rows : tail.columns;
    if (count == 0)
      continue;
    int64_t before = padding[axis], after = padding[2 + axis];
    int64_t extent = getExtent(sizes[axis], dilations[axis]);
    if (!text.empty())
      stream << "; ";
    stream << "window " << sizes[axis];
    if (dilations[axis] != 1)
      stream << ", dilation " << dilations[axis];
    stream << ", stride " << strides[axis] << " does not fit input " << shape[2 + axis] << " with padding " << before;
    if (before != after)
      stream << " and " << after;
    stream << ": (" << shape[2 + axis];
    if (before + after != 0)
      stream << " + " << before + after;
    stream << " - " << extent << ") / " << strides[axis] << " is not whole, ";
    auto lines = [&](StringRef kind) {
      stream << "the last ";
      if (count > 1)
        stream << count << ' ';
      stream << kind << (count > 1 ? "s" : "");
    };
    lines(axis == 0 ? "row" : "column");
    stream << (count > 1 ? " are dropped" : " is dropped");
    // One sentence for both where the plane and the window are square.
    if (axis == 0 && tail.columns == tail.rows && shape[2] == shape[3] && sizes[0] == sizes[1] &&
        strides[0] == strides[1] && dilations[0] == dilations[1] && padding[0] == padding[1] &&
        padding[2] == padding[3]) {
      stream << (count > 1 ? ", as are " : ", as is ");
      lines("column");
      break;
    }
  }
  return text;
}

} // namespace dlc::nn
