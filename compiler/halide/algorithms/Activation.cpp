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
  return defineActivation(kernel, op, [&](Expr x) {
    return select(isLess(x, constant(x.type(), 0)), x * constant(x.type(), slope), x);
  });
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

LogicalResult halide_backend::defineSilu(Kernel &kernel, nn::SiluOp op) {
  return defineActivation(kernel, op, [](Expr x) { return x * sigmoid(x); });
}
