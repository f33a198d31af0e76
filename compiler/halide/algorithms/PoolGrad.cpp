// Gradients of pools: each pixel gathers from the windows that hold it.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Pool.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

static ArrayRef<int64_t> getPlane(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape().drop_front(2);
}

//===----------------------------------------------------------------------===//
// The maximum's place
//===----------------------------------------------------------------------===//

/// Windows of so many elements are searched in one expression, in which each element
/// doubles the number of paths; of so many with the maximum given.
static constexpr int maxUnrolledSearch = 9, maxUnrolledWindow = 25;

LogicalResult halide_backend::defineMaxPool2dArgmax(Kernel &kernel, nn::MaxPool2dArgmaxOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  PoolWindow window(cast<nn::WindowOpInterface>(op.getOperation()));
  int height = static_cast<int>(window.size[0]), width = static_cast<int>(window.size[1]), count = height * width;
  Expr lowest = constant(input.type, -std::numeric_limits<double>::infinity());
  auto read = [&](Expr y, Expr x) {
    Point at = domain.point;
    at.at[2] = window.position(0, at.at[2], y);
    at.at[3] = window.position(1, at.at[3], x);
    return window.leaves ? input.readOrElse(at, lowest) : input.read(at);
  };
  auto isInside = [&](Expr y, Expr x) {
    Expr result = Halide::Internal::const_true();
    for (unsigned dim : {0, 1}) {
      Expr at = window.position(dim, domain.point.at[dim + 2], dim ? x : y);
      if (window.reach[dim] > 0)
        result = result && at >= 0;
      if (window.reach[dim + 2] > 0)
        result = result && at < static_cast<int>(window.in[dim]);
    }
    return result;
  };

  Halide::Type type = elementType(op.getResult().getType());
  if (count <= maxUnrolledSearch) {
    // The first element in the plane, then any that is greater, or NaN.
    auto firstInside = [&](unsigned dim) -> Expr {
      int dilation = static_cast<int>(window.dilation[dim]);
      Expr before = -window.position(dim, domain.point.at[dim + 2], 0);
      return window.reach[dim] > 0 ? Halide::max(before + (dilation - 1), 0) / dilation : Expr(0);
    };
    Expr best = lowest, place = firstInside(0) * width + firstInside(1);
    for (int tap = 0; tap < count; ++tap) {
      Expr element = read(tap / width, tap % width), isGreater = Halide::is_nan(element) || isLess(best, element);
      best = select(isGreater, element, best);
      place = select(isGreater, tap, place);
    }
    kernel.define(op, domain, Halide::cast(type, place));
    return success();
  }

  // 1. The maximum. (One search for both it and its place would be a tuple, whose
  // second half Halide computes from the new first one.)
  Func greatest("greatest");
  greatest(domain.vars) = lowest;
  RDom range(0, width, 0, height, "window");
  greatest(domain.vars) = maxOrNan(greatest(domain.vars), read(range[1], range[0]));
  kernel.reductions.push_back({op, greatest, domain, range, {}, {}, {}, {}, {}});

  // 2. The first element that equals it, or else the last NaN.
  Expr maximum = greatest(domain.vars);
  auto isMaximum = [&](Expr y, Expr x) { return isInside(y, x) && Halide::strict_float(read(y, x) == maximum); };
  auto isNan = [&](Expr y, Expr x) { return isInside(y, x) && Halide::is_nan(read(y, x)); };
  Expr first = count - 1, last = 0;
  if (count <= maxUnrolledWindow) {
    for (int tap = count - 2; tap >= 0; --tap)
      first = select(isMaximum(tap / width, tap % width), tap, first);
    for (int tap = 1; tap < count; ++tap)
      last = select(isNan(tap / width, tap % width), tap, last);
    kernel.define(op, domain, Halide::cast(type, select(Halide::is_nan(maximum), last, first)));
    return success();
  }
  Func place("place");
  RDom taps(0, width, 0, height, "taps");
  Expr tap = taps[1] * width + taps[0];
  place(domain.vars) = count;
  Expr isFirst = isMaximum(taps[1], taps[0]) && place(domain.vars) == count;
  place(domain.vars) = select(isFirst || isNan(taps[1], taps[0]), tap, place(domain.vars));
  kernel.reductions.push_back({op, place, domain, taps, {}, {}, {}, {}, {}});
  kernel.define(op, domain, Halide::cast(type, place(domain.vars)));
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

namespace {
/// A window that may hold a pixel: its number, which of its taps the pixel is, and whether it is so.
struct Holder {
  Expr window, tap, isValid;
};
} // namespace

/// The windows along one dimension that hold `pixel`.
static SmallVector<Holder> findHolders(const PoolWindow &pool, unsigned dim, Expr pixel) {
  int stride = static_cast<int>(pool.stride[dim]), dilation = static_cast<int>(pool.dilation[dim]);
  int size = static_cast<int>(pool.size[dim]), last = static_cast<int>(pool.out[dim] - 1);
  Expr place = pixel + static_cast<int>(pool.padding[dim]);
  SmallVector<Holder> holders;
  if (dilation == 1) {
    // The last window that begins at or before the pixel, and those before it; a pixel's
    // tap in the former is less than the stride.
    for (int i = 0; i < (size + stride - 1) / stride; ++i) {
      Expr window = place / stride - i, tap = place % stride + i * stride;
      Expr isValid = window >= 0 && window <= last;
      if ((i + 1) * stride > size)
        isValid = isValid && tap < size;
      holders.push_back({Halide::clamp(window, 0, last), tap, isValid});
    }
    return holders;
  }
  for (int tap = 0; tap < size; ++tap) {
    Expr begin = place - tap * dilation;
    Expr isValid = begin >= 0 && begin % stride == 0 && begin / stride <= last;
    holders.push_back({Halide::clamp(begin / stride, 0, last), tap, isValid});
  }
  return holders;
}

/// Σ over the windows that hold the pixel, in their order, of `share(window, tap)`.
static Expr gather(const PoolWindow &pool, const Domain &domain, Halide::Type type,
                   llvm::function_ref<Expr(const Point &, Expr, Expr)> share) {
  Expr sum;
  SmallVector<Holder> rows = findHolders(pool, 0, domain.point.at[2]),
                      columns = findHolders(pool, 1, domain.point.at[3]);
  for (const Holder &row : llvm::reverse(rows))
    for (const Holder &column : llvm::reverse(columns)) {
      Point at = domain.point;
      at.at[2] = row.window;
      at.at[3] = column.window;
      Expr part = select(row.isValid && column.isValid, share(at, row.tap, column.tap), constant(type, 0));
      sum = sum.defined() ? sum + part : part;
    }
  return sum;
}

LogicalResult halide_backend::defineMaxPool2dGrad(Kernel &kernel, nn::MaxPool2dGradOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &gradient = kernel.get(op.getGradient()), &argmax = kernel.get(op.getArgmax());
  PoolWindow pool(op.getKernelSize(), op.getStride(), op.getPadding(), op.getDilation(), getPlane(op.getResult()),
                  getPlane(op.getGradient()));
  int width = static_cast<int>(pool.size[1]);
  kernel.pixelStep = pool.stride[1];
  kernel.define(op, domain, gather(pool, domain, gradient.type, [&](const Point &at, Expr y, Expr x) {
                  Expr isMaximum = argmax.read(at) == Halide::cast(argmax.type, y * width + x);
                  return select(isMaximum, gradient.read(at), constant(gradient.type, 0));
                }));
  return success();
}

LogicalResult halide_backend::defineAvgPool2dGrad(Kernel &kernel, nn::AvgPool2dGradOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &gradient = kernel.get(op.getGradient());
  PoolWindow pool(op.getKernelSize(), op.getStride(), op.getPadding(), {1, 1}, getPlane(op.getResult()),
                  getPlane(op.getGradient()));
  kernel.pixelStep = pool.stride[1];
  kernel.define(op, domain, gather(pool, domain, gradient.type, [&](const Point &at, Expr, Expr) {
                  return gradient.read(at) / pool.countElements(at, gradient.type, op.getCountIncludePad());
                }));
  return success();
}
