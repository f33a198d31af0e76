// Losses: binary cross entropy, and the negative log-likelihood of classes.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Math.h"
#include "compiler/halide/algorithms/Sum.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

//===----------------------------------------------------------------------===//
// Binary cross entropy
//===----------------------------------------------------------------------===//

LogicalResult halide_backend::defineBinaryCrossEntropy(Kernel &kernel, nn::BinaryCrossEntropyOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  Expr p = kernel.get(op.getInput()).read(domain.point), t = kernel.get(op.getTarget()).read(domain.point);
  Expr one = constant(p.type(), 1), lowest = constant(p.type(), -100);
  auto boundedLog = [&](Expr x) {
    Expr log = logarithm(x);
    return select(isLess(log, lowest), lowest, log);
  };
  kernel.define(op, domain, -(t * boundedLog(p) + (one - t) * boundedLog(one - p)));
  return success();
}

LogicalResult halide_backend::defineBinaryCrossEntropyGrad(Kernel &kernel, nn::BinaryCrossEntropyGradOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  Expr dy = kernel.get(op.getGradient()).read(domain.point);
  Expr p = kernel.get(op.getInput()).read(domain.point), t = kernel.get(op.getTarget()).read(domain.point);
  Expr variance = p * (constant(p.type(), 1) - p), least = constant(p.type(), 1e-12);
  kernel.define(op, domain, dy * (p - t) / select(isLess(variance, least), least, variance));
  return success();
}

//===----------------------------------------------------------------------===//
// Negative log-likelihood
//===----------------------------------------------------------------------===//

namespace {
/// The places [N, …] of log-probabilities [N, C, …], and what belongs to each.
struct Places {
  template <typename Op>
  Places(Kernel &kernel, Op op) : kernel(kernel), input(kernel.get(op.getInput())), target(kernel.get(op.getTarget())) {
    if (op.getClassWeights())
      weights = op.getClassWeights();
    shape = input.shape;
    shape.erase(shape.begin() + 1);
    classes = static_cast<int>(input.shape[1]);
    for (size_t dim = 0; dim < shape.size(); ++dim)
      dims.push_back(static_cast<int64_t>(dim));
  }

  Expr readClass(const Point &place) const { return Halide::cast<int>(target.read(place)); }
  Expr isClass(Expr c) const { return c >= 0 && c < classes; }
  Expr weightOf(Expr c) const {
    if (!weights)
      return constant(input.type, 1);
    Point channel;
    channel.at = {0, Halide::clamp(c, 0, classes - 1)};
    return kernel.readVector(weights, channel);
  }
  Expr readLog(const Point &place, Expr c) const {
    Point at = place;
    at.at.insert(at.at.begin() + 1, Halide::clamp(c, 0, classes - 1));
    at.lanes = 0;
    at.inPadLanes = false;
    return input.read(at);
  }
  /// Σ of `value` over all places.
  Expr sum(StringRef name, llvm::function_ref<Expr(const Point &)> value) const {
    Point any;
    any.at.assign(shape.size(), Expr(0));
    return Sum(kernel, name, input.type, shape, /*lanes=*/0, dims, value).read(any);
  }
  Expr sumOfWeights() const {
    if (!weights) { // the number of places
      Expr count = 1;
      for (int64_t extent : shape)
        count = count * (extent < 0 ? kernel.getBatch() : Expr(static_cast<int>(extent)));
      return Halide::cast(input.type, count);
    }
    return sum("weights", [&](const Point &place) { return weightOf(readClass(place)); });
  }

  Kernel &kernel;
  const Tensor &input, &target;
  Value weights;
  SmallVector<int64_t> shape, dims;
  int classes;
};
} // namespace

LogicalResult halide_backend::defineNllLoss(Kernel &kernel, nn::NllLossOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  Places places(kernel, op);
  Halide::Type type = places.input.type;
  double smoothing = op.getLabelSmoothing().convertToDouble();
  Expr value = places.sum("losses", [&](const Point &place) {
    Expr c = places.readClass(place);
    Expr loss = -(constant(type, 1 - smoothing) * places.weightOf(c) * places.readLog(place, c));
    if (smoothing != 0) {
      // All classes of a place.
      std::vector<Var> vars;
      std::vector<Expr> at;
      Point placeVars = place;
      for (size_t dim = 0; dim < placeVars.at.size(); ++dim) {
        vars.emplace_back("p" + std::to_string(dim));
        at.push_back(place.at[dim]);
        placeVars.at[dim] = vars[dim];
      }
      placeVars.lanes = 0;
      placeVars.inPadLanes = false;
      std::reverse(vars.begin(), vars.end());
      std::reverse(at.begin(), at.end());
      Func all("all_classes");
      RDom range(0, places.classes, "classes");
      all(vars) = constant(type, 0);
      all(vars) = all(vars) + places.weightOf(range.x) * places.readLog(placeVars, range.x);
      all.compute_root();
      loss = loss - constant(type, smoothing / places.classes) * all(at);
    }
    return select(places.isClass(c), loss, constant(type, std::numeric_limits<double>::quiet_NaN()));
  });
  if (op.getMean())
    value = value / places.sumOfWeights();
  kernel.define(op, domain, value);
  return success();
}

LogicalResult halide_backend::defineNllLossGrad(Kernel &kernel, nn::NllLossGradOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  Places places(kernel, op);
  Halide::Type type = places.input.type;
  double smoothing = op.getLabelSmoothing().convertToDouble();
  Point first, place = domain.point;
  first.at = {0};
  Expr factor = kernel.get(op.getGradient()).read(first);
  if (op.getMean())
    factor = factor / places.sumOfWeights();
  Expr c = place.at[1];
  place.at.erase(place.at.begin() + 1);
  place.lanes = 0;
  place.inPadLanes = false;
  Expr isTarget = places.readClass(place) == c;
  Expr share = select(isTarget, constant(type, smoothing - 1), constant(type, 0));
  if (smoothing != 0)
    share = share - constant(type, smoothing / places.classes);
  kernel.define(op, domain, factor * (places.weightOf(c) * share));
  return success();
}
