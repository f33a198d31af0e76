// Sums, differences, products and quotients of two tensors, with broadcasting.
#include "compiler/halide/algorithms/Algorithms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

/// `operand` at the place that meets `point` of a result of this rank.
static Expr readBroadcast(const Tensor &operand, const Domain &result) {
  size_t rank = operand.shape.size(), missing = result.shape.size() - rank;
  Point point = result.point;
  if (missing == 0) {
    for (size_t dim = 0; dim < rank; ++dim)
      if (operand.shape[dim] == 1 && result.shape[dim] != 1)
        point = point.with(dim, 0);
    return operand.read(point);
  }
  // Dimension 1 of a lower rank is no channel: take its indices as they are.
  Point lower;
  for (size_t dim = 0; dim < rank; ++dim) {
    Expr index = point.at[dim + missing];
    if (dim + missing == 1 && point.inPadLanes)
      index = Halide::min(index, static_cast<int>(result.shape[1] - 1));
    lower.at.push_back(operand.shape[dim] == 1 ? Expr(0) : index);
  }
  return operand.read(lower);
}

LogicalResult halide_backend::defineAdd(Kernel &kernel, nn::AddOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  kernel.define(op, domain,
                readBroadcast(kernel.get(op.getLhs()), domain) + readBroadcast(kernel.get(op.getRhs()), domain));
  return success();
}

LogicalResult halide_backend::defineSub(Kernel &kernel, nn::SubOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  kernel.define(op, domain,
                readBroadcast(kernel.get(op.getLhs()), domain) - readBroadcast(kernel.get(op.getRhs()), domain));
  return success();
}

LogicalResult halide_backend::defineDiv(Kernel &kernel, nn::DivOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  kernel.define(op, domain,
                readBroadcast(kernel.get(op.getLhs()), domain) / readBroadcast(kernel.get(op.getRhs()), domain));
  return success();
}

LogicalResult halide_backend::defineMul(Kernel &kernel, nn::MulOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  kernel.define(op, domain,
                readBroadcast(kernel.get(op.getLhs()), domain) * readBroadcast(kernel.get(op.getRhs()), domain));
  return success();
}
