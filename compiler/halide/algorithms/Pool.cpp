// Maxima and means over windows.
#include "compiler/halide/algorithms/Pool.h"
#include "compiler/halide/algorithms/Algorithms.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

/// Windows of so many elements are written out; larger ones become a loop. Where
/// the combination names an operand twice, the written-out form doubles with
/// every element.
static constexpr int64_t maxUnrolledWindow = 25, maxUnrolledDoubling = 9;

static ArrayRef<int64_t> getPlane(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().drop_front(2);
}

PoolWindow::PoolWindow(nn::WindowOpInterface op)
    : PoolWindow(op.getWindowSize(), op.getWindowStride(), op.getWindowPadding(), op.getWindowDilation(),
                 getPlane(op->getOperand(0)), getPlane(op->getResult(0))) {}

PoolWindow::PoolWindow(ArrayRef<int64_t> size, ArrayRef<int64_t> stride, ArrayRef<int64_t> padding,
                       ArrayRef<int64_t> dilation, ArrayRef<int64_t> plane, ArrayRef<int64_t> windows)
    : size(size), stride(stride), dilation(dilation), padding(padding), in(plane), out(windows) {
  for (unsigned dim = 0; dim < 2; ++dim) {
    int64_t last = (out[dim] - 1) * stride[dim] + (size[dim] - 1) * dilation[dim] - padding[dim];
    reach[dim] = padding[dim];
    reach[dim + 2] = std::max<int64_t>(0, last - (in[dim] - 1));
    leaves |= reach[dim] > 0 || reach[dim + 2] > 0;
  }
}

Expr PoolWindow::countElements(const Point &place, Halide::Type type, bool includePadding) const {
  Expr count;
  bool isConstant = true;
  for (unsigned dim = 0; dim < 2; ++dim) {
    int low = includePadding ? -static_cast<int>(padding[dim]) : 0;
    int high = static_cast<int>(in[dim] + (includePadding ? padding[dim + 2] : 0));
    Expr begin = position(dim, place.at[dim + 2], 0);
    Expr end = begin + static_cast<int>(size[dim]);
    bool cutsLow = reach[dim] > -low, cutsHigh = in[dim] + reach[dim + 2] > high;
    Expr extent = (cutsHigh ? Halide::min(end, high) : end) - (cutsLow ? Halide::max(begin, low) : begin);
    if (!cutsLow && !cutsHigh)
      extent = static_cast<int>(size[dim]);
    isConstant &= !cutsLow && !cutsHigh;
    count = count.defined() ? count * extent : extent;
  }
  return isConstant ? constant(type, static_cast<double>(size[0] * size[1])) : Halide::cast(type, count);
}

/// Combines the elements of each window, `outside` standing for what is not there.
static void defineWindow(Kernel &kernel, nn::WindowOpInterface op, const PoolWindow &window, const Domain &domain,
                         Expr outside, bool haloIsOutside, int64_t maxUnrolled,
                         llvm::function_ref<Expr(Expr, Expr)> combine, llvm::function_ref<Expr(Expr)> finish) {
  const Tensor &input = kernel.get(op->getOperand(0));
  bool readsInPlace = !window.leaves || (haloIsOutside && input.isArgument && input.hasHalo(window.reach));
  auto read = [&](Expr y, Expr x) {
    Point at = domain.point;
    at.at[2] = window.position(0, at.at[2], y);
    at.at[3] = window.position(1, at.at[3], x);
    return readsInPlace ? input.read(at) : input.readOrElse(at, outside);
  };
  int height = static_cast<int>(window.size[0]), width = static_cast<int>(window.size[1]);
  if (window.size[0] * window.size[1] <= maxUnrolled) {
    Expr value;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        value = value.defined() ? combine(value, read(y, x)) : read(y, x);
    kernel.define(op, domain, finish(value));
    return;
  }
  RDom range(0, width, 0, height, "window");
  Reduction &reduction = kernel.defineReduction(
      op, domain, outside, range, [&](Expr previous) { return combine(previous, read(range[1], range[0])); });
  kernel.define(op, domain, finish(reduction.func(domain.vars)));
}

LogicalResult halide_backend::defineMaxPool2d(Kernel &kernel, nn::MaxPool2dOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  Halide::Type type = kernel.get(op.getInput()).type;
  Expr lowest = constant(type, -std::numeric_limits<double>::infinity());
  auto window = cast<nn::WindowOpInterface>(op.getOperation());
  // Numbers that are not negative, and not −0, are ordered as their bit patterns
  // are, and every NaN is greater: one instruction instead of three. Zeros beside
  // the plane change nothing then.
  if (op.getInput().getDefiningOp<nn::ReluOp>() && type.bits() == 32) {
    defineWindow(
        kernel, window, PoolWindow(window), domain, constant(type, 0), true, maxUnrolledWindow,
        [](Expr a, Expr b) {
          auto bits = [](Expr x) { return Halide::reinterpret<uint32_t>(x); };
          return Halide::reinterpret<float>(Halide::max(bits(a), bits(b)));
        },
        [](Expr value) { return value; });
    return success();
  }
  defineWindow(kernel, window, PoolWindow(window), domain, lowest, false, maxUnrolledDoubling, maxOrNan,
               [](Expr value) { return value; });
  return success();
}

LogicalResult halide_backend::defineAvgPool2d(Kernel &kernel, nn::AvgPool2dOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  auto windowOp = cast<nn::WindowOpInterface>(op.getOperation());
  PoolWindow window(windowOp);
  Halide::Type type = kernel.get(op.getInput()).type;

  Expr count = window.countElements(domain.point, type, op.getCountIncludePad());
  bool isConstant = Halide::Internal::is_const(count);
  defineWindow(
      kernel, windowOp, window, domain, constant(type, 0), true, maxUnrolledWindow,
      [](Expr a, Expr b) { return a + b; },
      [&](Expr sum) {
        return isConstant ? sum * constant(type, 1.0 / (window.size[0] * window.size[1])) : sum / count;
      });
  return success();
}

LogicalResult halide_backend::defineGlobalAvgPool2d(Kernel &kernel, nn::GlobalAvgPool2dOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  int64_t height = input.shape[2], width = input.shape[3];
  RDom range(0, static_cast<int>(width), 0, static_cast<int>(height), "plane");
  Point at = domain.point;
  at.at[2] = range[1];
  at.at[3] = range[0];
  Expr element = input.read(at);
  Reduction &sum = kernel.defineReduction(op, domain, constant(input.type, 0), range,
                                          [&](Expr previous) { return previous + element; });
  kernel.define(op, domain, sum.func(domain.vars) * constant(input.type, 1.0 / (height * width)));
  return success();
}
