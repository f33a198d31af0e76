// Activations: functions of one element.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Math.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

static LogicalResult defineActivation(Kernel &kernel, Operation *op, llvm::function_ref<Expr(Expr)> function) {
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  kernel.define(op, domain, function(kernel.get(op->getOperand(0)).read(domain.point)));
  return success();
}

LogicalResult halide_backend::defineRelu(Kernel &kernel, nn::ReluOp op) {
  // A max-pool wants no −0: it compares bit patterns.
  bool toPool = llvm::any_of(op->getUsers(), llvm::IsaPred<nn::MaxPool2dOp>);
  return defineActivation(kernel, op, [&](Expr x) {
    Expr zero = constant(x.type(), 0);
    return select(toPool ? isLessEqual(x, zero) : isLess(x, zero), zero, x); // NaN is neither
  });
}

LogicalResult halide_backend::defineLeakyRelu(Kernel &kernel, nn::LeakyReluOp op) {
  double slope = op.getNegativeSlope().convertToDouble();
  return defineActivation(
      kernel, op, [&](Expr x) { return select(isLess(x, constant(x.type(), 0)), x * constant(x.type(), slope), x); });
}

LogicalResult halide_backend::defineSigmoid(Kernel &kernel, nn::SigmoidOp op) {
  return defineActivation(kernel, op, sigmoid);
}

LogicalResult halide_backend::defineTanh(Kernel &kernel, nn::TanhOp op) {
  return defineActivation(kernel, op, hyperbolicTangent);
}

LogicalResult halide_backend::defineElu(Kernel &kernel, nn::EluOp op) {
  double alpha = op.getAlpha().convertToDouble();
  return defineActivation(kernel, op, [&](Expr x) {
    return select(isLess(constant(x.type(), 0), x), x, constant(x.type(), alpha) * exponentialMinusOne(x));
  });
}

LogicalResult halide_backend::defineSoftplus(Kernel &kernel, nn::SoftplusOp op) {
  return defineActivation(kernel, op, softplus);
}

LogicalResult halide_backend::defineClamp(Kernel &kernel, nn::ClampOp op) {
  double low = op.getMin().convertToDouble(), high = op.getMax().convertToDouble();
  return defineActivation(kernel, op, [&](Expr x) { return clampOrNan(x, low, high); });
}

LogicalResult halide_backend::defineAffine(Kernel &kernel, nn::AffineOp op) {
  double scale = op.getScale().convertToDouble(), offset = op.getOffset().convertToDouble();
  return defineActivation(kernel, op, [&](Expr x) {
    Expr scaled = scale == 1 ? x : x * constant(x.type(), scale);
    return offset == 0 ? scaled : scaled + constant(x.type(), offset);
  });
}

LogicalResult halide_backend::definePower(Kernel &kernel, nn::PowerOp op) {
  double exponent = op.getExponent().convertToDouble();
  return defineActivation(kernel, op, [&](Expr x) { return powerOfAny(x, exponent); });
}

LogicalResult halide_backend::defineExp(Kernel &kernel, nn::ExpOp op) {
  return defineActivation(kernel, op, exponential);
}

LogicalResult halide_backend::defineSilu(Kernel &kernel, nn::SiluOp op) {
  return defineActivation(kernel, op, [](Expr x) { return x * sigmoid(x); });
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// A function of the gradient of the result and of what the layer read or gave.
static LogicalResult defineGradient(Kernel &kernel, Operation *op, llvm::function_ref<Expr(Expr, Expr)> function) {
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  auto read = [&](unsigned index) { return kernel.get(op->getOperand(index)).read(domain.point); };
  kernel.define(op, domain, function(read(0), read(1)));
  return success();
}

LogicalResult halide_backend::defineLeakyReluGrad(Kernel &kernel, nn::LeakyReluGradOp op) {
  double slope = op.getNegativeSlope().convertToDouble();
  return defineGradient(kernel, op, [&](Expr dy, Expr x) {
    Expr zero = constant(x.type(), 0);
    return select(isLessEqual(x, zero), slope == 0 ? zero : dy * constant(x.type(), slope), dy);
  });
}

LogicalResult halide_backend::defineEluGrad(Kernel &kernel, nn::EluGradOp op) {
  double alpha = op.getAlpha().convertToDouble();
  return defineGradient(kernel, op, [&](Expr dy, Expr y) {
    return select(isLessEqual(y, constant(y.type(), 0)), dy * (y + constant(y.type(), alpha)), dy);
  });
}

LogicalResult halide_backend::defineClampGrad(Kernel &kernel, nn::ClampGradOp op) {
  double low = op.getMin().convertToDouble(), high = op.getMax().convertToDouble();
  return defineGradient(kernel, op, [&](Expr dy, Expr x) {
    Expr isOutside = isLess(x, constant(x.type(), low)) || isLess(constant(x.type(), high), x);
    return select(isOutside, constant(x.type(), 0), dy);
  });
}
