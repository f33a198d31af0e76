// Gradients of the weights of convolutions and fully connected layers.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Sum.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

LogicalResult halide_backend::defineConv2dGradWeight(Kernel &kernel, nn::Conv2dGradWeightOp op) {
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  int groupInputs = static_cast<int>(domain.shape[1]), groupOutputs = static_cast<int>(domain.shape[0] / op.getGroups());
  // (n, o, i, ky, kx, y, x)
  SmallVector<int64_t> shape = {gradient.shape[0]};
  llvm::append_range(shape, domain.shape);
  llvm::append_range(shape, ArrayRef<int64_t>(gradient.shape).drop_front(2));
  Sum sum(kernel, "products", input.type, shape, /*lanes=*/0, {0, 5, 6}, [&](const Point &point) {
    Point out, in;
    out.at = {point.at[0], point.at[1], point.at[5], point.at[6]};
    in.at = {point.at[0], point.at[2], 0, 0};
    if (op.getGroups() > 1)
      in.at[1] = point.at[1] / groupOutputs * groupInputs + point.at[2];
    for (unsigned dim : {0, 1})
      in.at[dim + 2] = point.at[dim + 5] * static_cast<int>(op.getStride()[dim]) +
                       point.at[dim + 3] * static_cast<int>(op.getDilation()[dim]) -
                       static_cast<int>(op.getPadding()[dim]);
    return gradient.read(out) * input.readOrElse(in, constant(input.type, 0));
  });
  Point point = domain.point;
  point.at.insert(point.at.begin(), Expr(0));
  point.at.resize(7, Expr(0));
  kernel.define(op, domain, sum.read(point));
  return success();
}

LogicalResult halide_backend::defineLinearGradWeight(Kernel &kernel, nn::LinearGradWeightOp op) {
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  size_t rank = input.shape.size();
  SmallVector<int64_t> shape(ArrayRef<int64_t>(input.shape).drop_back());
  llvm::append_range(shape, domain.shape);
  SmallVector<int64_t> dims = llvm::to_vector(llvm::seq<int64_t>(0, static_cast<int64_t>(rank) - 1));
  Sum sum(kernel, "products", input.type, shape, /*lanes=*/0, dims, [&](const Point &point) {
    Point out, in;
    out.at.assign(point.at.begin(), point.at.begin() + rank);
    in.at = out.at;
    in.at[rank - 1] = point.at[rank];
    return gradient.read(out) * input.read(in);
  });
  Point point;
  point.at.assign(rank - 1, Expr(0));
  llvm::append_range(point.at, domain.point.at);
  kernel.define(op, domain, sum.read(point));
  return success();
}
