// Sums and means over dimensions, and their gradients.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Sum.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

/// The number of elements of a tensor of this shape that differ in `dims` alone.
static Expr countOver(const Kernel &kernel, ArrayRef<int64_t> shape, ArrayRef<int64_t> dims, Halide::Type type) {
  double known = 1;
  Expr count;
  for (int64_t dim : dims)
    if (shape[dim] < 0)
      count = Halide::cast(type, kernel.getBatch());
    else
      known *= static_cast<double>(shape[dim]);
  return count.defined() ? count * constant(type, known) : constant(type, known);
}

/// The place in the reduced tensor of a place in the whole one.
static Point reducePoint(const Point &whole, size_t rank, ArrayRef<int64_t> dims, bool keep, ArrayRef<int64_t> shape) {
  Point reduced;
  bool channelStays = false;
  for (size_t dim = 0; dim < rank; ++dim) {
    bool isGone = llvm::is_contained(dims, static_cast<int64_t>(dim));
    if (isGone && !keep)
      continue;
    Expr index = isGone ? Expr(0) : whole.at[dim];
    if (dim == 1 && !isGone) {
      channelStays = reduced.at.size() == 1;
      if (!channelStays && whole.inPadLanes)
        index = Halide::min(index, static_cast<int>(shape[1] - 1));
    }
    reduced.at.push_back(index);
  }
  if (reduced.at.empty())
    reduced.at.push_back(0);
  if (channelStays) {
    reduced.block = whole.block;
    reduced.lane = whole.lane;
    reduced.lanes = whole.lanes;
    reduced.inPadLanes = whole.inPadLanes;
  }
  return reduced;
}

/// The place in the whole tensor, with 0 in the reduced dimensions, of a place in the reduced one.
static Point expandPoint(const Point &reduced, size_t rank, ArrayRef<int64_t> dims, bool keep) {
  Point whole;
  size_t next = 0;
  bool channelStays = false;
  for (size_t dim = 0; dim < rank; ++dim) {
    bool isGone = llvm::is_contained(dims, static_cast<int64_t>(dim));
    channelStays |= dim == 1 && !isGone && (keep || next == 1);
    whole.at.push_back(isGone ? Expr(0) : reduced.at[keep ? dim : next]);
    next += !isGone;
  }
  if (channelStays) {
    whole.block = reduced.block;
    whole.lane = reduced.lane;
    whole.lanes = reduced.lanes;
    whole.inPadLanes = reduced.inPadLanes;
  }
  return whole;
}

LogicalResult halide_backend::defineReduce(Kernel &kernel, nn::ReduceOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  ArrayRef<int64_t> dims = op.getDims();
  Sum sum(kernel, "reduce", input.type, input.shape, kernel.lanesOf(input.shape), dims,
          [&](const Point &point) { return input.read(point); });
  // Pad lanes of a dimension that is no channel of the input have no sums.
  Point place = domain.point;
  if (place.inPadLanes)
    place.at[1] = Halide::min(place.at[1], static_cast<int>(domain.shape[1] - 1));
  Expr value = sum.read(expandPoint(place, input.shape.size(), dims, op.getKeep()));
  if (op.getMean())
    value = value / countOver(kernel, input.shape, dims, input.type);
  kernel.define(op, domain, value);
  return success();
}

LogicalResult halide_backend::defineExpand(Kernel &kernel, nn::ExpandOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  ArrayRef<int64_t> dims = op.getDims();
  Expr value = input.read(reducePoint(domain.point, domain.shape.size(), dims, op.getKeep(), domain.shape));
  if (op.getMean())
    value = value / countOver(kernel, domain.shape, dims, input.type);
  kernel.define(op, domain, value);
  return success();
}
