// Softmax and its logarithm: x − max, exponentials, their sum.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Math.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

/// Combines the elements along `dim` and returns the value that belongs to
/// `domain.point`. Where `dim` is innermost in memory, partial results fill a
/// vector first.
static Expr reduceAlong(Kernel &kernel, StringRef name, const Domain &domain, size_t dim, Expr neutral,
                        llvm::function_ref<Expr(const Point &)> read, llvm::function_ref<Expr(Expr, Expr)> combine) {
  int extent = static_cast<int>(domain.shape[dim]);
  std::vector<Var> others;
  for (size_t i = domain.shape.size(); i-- > 0;)
    if (i != dim)
      others.push_back(Var(("o" + llvm::Twine(i)).str()));
  Point at = domain.point;
  for (size_t i = 0, next = others.size(); i < domain.shape.size(); ++i) {
    if (i == dim)
      continue;
    Expr index = others[--next];
    // Results for pad lanes are wanted too, but have no elements.
    if (i == 1 && domain.point.inPadLanes)
      index = Halide::min(index, static_cast<int>(domain.shape[1] - 1));
    at = at.with(i, index);
  }
  std::vector<Expr> here;
  for (size_t i = domain.shape.size(); i-- > 0;)
    if (i != dim)
      here.push_back(domain.point.at[i]);

  Func result(name.str());
  bool isInnermost = dim + 1 == domain.shape.size();
  int64_t width = isInnermost ? std::min<int64_t>(kernel.vectorLanes(neutral.type()), extent) : 1;
  if (width <= 1) {
    RDom range(0, extent, name.str() + "_range");
    result(others) = neutral;
    result(others) = combine(result(others), read(at.with(dim, range)));
    result.compute_root();
    int64_t first = domain.shape[isInnermost ? dim - 1 : domain.shape.size() - 1];
    int64_t vector = std::min(first, kernel.vectorLanes(neutral.type()));
    if (!isInnermost && vector > 1) {
      result.vectorize(others[0], static_cast<int>(vector), Halide::TailStrategy::GuardWithIf);
      result.update().vectorize(others[0], static_cast<int>(vector), Halide::TailStrategy::GuardWithIf);
    }
    return result(here);
  }

  int lanes = static_cast<int>(width), vectors = (extent + lanes - 1) / lanes;
  Var lane("part");
  Func parts(name.str() + "_parts");
  RDom range(0, vectors, name.str() + "_range"), fold(0, lanes, name.str() + "_fold");
  std::vector<Var> partVars = others;
  partVars.insert(partVars.begin(), lane);
  Expr index = range * lanes + lane;
  Expr element = read(at.with(dim, extent % lanes ? Halide::min(index, extent - 1) : index));
  if (extent % lanes)
    element = select(index < extent, element, neutral);
  parts(partVars) = neutral;
  parts(partVars) = combine(parts(partVars), element);
  std::vector<Expr> partAt(others.begin(), others.end());
  partAt.insert(partAt.begin(), fold);
  result(others) = neutral;
  result(others) = combine(result(others), parts(partAt));
  result.compute_root();
  parts.compute_at(result, others[0]).vectorize(lane);
  parts.update().vectorize(lane);
  return result(here);
}

/// Defines `value`(x − max, Σ exp(x − max)).
static LogicalResult defineNormalizer(Kernel &kernel, Operation *op, int64_t givenDim,
                                      llvm::function_ref<Expr(Expr, Expr, Expr)> value) {
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  const Tensor &input = kernel.get(op->getOperand(0));
  size_t dim = *nn::normalizeDim(givenDim, domain.shape.size());
  auto read = [&](const Point &point) { return input.read(point); };
  Expr lowest = constant(input.type, -std::numeric_limits<double>::infinity());
  Expr greatest = reduceAlong(kernel, "greatest", domain, dim, lowest, read, maxOrNan);

  // The exponentials are used twice: keep them, in the domain's coordinates.
  Expr x = input.read(domain.point);
  Tensor power;
  power.func = Func("power");
  Expr shifted = Halide::strict_float(x - greatest);
  Expr exponent = exponential(shifted);
  power.func(domain.vars) = exponent;
  power.type = input.type;
  power.shape = domain.shape;
  power.lanes = domain.lanes;
  kernel.computeFirst(power.func, domain.vars[0], domain.extents()[0]);
  Expr sum = reduceAlong(
      kernel, "total", domain, dim, constant(input.type, 0), [&](const Point &point) { return power.read(point); },
      [](Expr a, Expr b) { return a + b; });
  kernel.define(op, domain, value(shifted, power.read(domain.point), sum));
  return success();
}

LogicalResult halide_backend::defineSoftmax(Kernel &kernel, nn::SoftmaxOp op) {
  return defineNormalizer(kernel, op, op.getDim(), [](Expr, Expr power, Expr sum) { return power / sum; });
}

LogicalResult halide_backend::defineLogSoftmax(Kernel &kernel, nn::LogSoftmaxOp op) {
  return defineNormalizer(kernel, op, op.getDim(), [](Expr shifted, Expr, Expr sum) {
    return Halide::strict_float(shifted - logarithm(sum));
  });
}
