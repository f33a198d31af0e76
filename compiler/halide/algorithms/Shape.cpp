// What only moves elements, or makes them of nothing: index arithmetic.
#include "compiler/halide/algorithms/Algorithms.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

LogicalResult halide_backend::defineCopy(Kernel &kernel, Operation *op) {
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  kernel.define(op, domain, kernel.get(op->getOperand(0)).read(domain.point));
  return success();
}

/// Where the shapes differ in dimensions of 1 alone, each dimension of the input
/// takes the index of its counterpart.
static std::optional<Point> matchDimensions(const Domain &result, ArrayRef<int64_t> shape) {
  Point point = result.point;
  bool channelStays = false;
  point.at.assign(shape.size(), Expr(0));
  point.at[0] = result.point.at[0];
  size_t from = 1;
  for (size_t dim = 1; dim < shape.size(); ++dim) {
    if (shape[dim] == 1)
      continue;
    while (from < result.shape.size() && result.shape[from] == 1)
      ++from;
    if (from == result.shape.size() || result.shape[from] != shape[dim])
      return std::nullopt;
    point.at[dim] = result.point.at[from];
    channelStays |= dim == 1 && from == 1;
    ++from;
  }
  if (!channelStays) {
    // The channel has become another dimension: its parts mean nothing there.
    if (point.lanes)
      return std::nullopt;
    point.inPadLanes = false;
  }
  return point;
}

static LogicalResult defineReshaped(Kernel &kernel, Operation *op) {
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  const Tensor &input = kernel.get(op->getOperand(0));
  if (std::optional<Point> point = matchDimensions(domain, input.shape)) {
    kernel.define(op, domain, input.read(*point));
    return success();
  }
  // The element's number within its item, counted out in the input's shape.
  Expr number = 0;
  for (size_t dim = 1; dim < domain.shape.size(); ++dim) {
    Expr index = domain.point.at[dim];
    if (dim == 1 && domain.point.inPadLanes)
      index = Halide::min(index, static_cast<int>(domain.shape[1] - 1));
    number = number * static_cast<int>(domain.shape[dim]) + index;
  }
  Point point;
  point.at.assign(input.shape.size(), Expr(0));
  point.at[0] = domain.point.at[0];
  for (size_t dim = input.shape.size() - 1; dim >= 1; --dim) {
    int extent = static_cast<int>(input.shape[dim]);
    point.at[dim] = dim == 1 ? number : number % extent;
    number = number / extent;
  }
  kernel.define(op, domain, input.read(point));
  return success();
}

LogicalResult halide_backend::defineFlatten(Kernel &kernel, nn::FlattenOp op) { return defineReshaped(kernel, op); }

LogicalResult halide_backend::defineReshape(Kernel &kernel, nn::ReshapeOp op) { return defineReshaped(kernel, op); }

LogicalResult halide_backend::defineConcat(Kernel &kernel, nn::ConcatOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  size_t dim = *nn::normalizeDim(op.getDim(), domain.shape.size());
  int64_t begin = domain.shape[dim];
  Expr value;
  for (Value operand : llvm::reverse(op.getInputs())) {
    const Tensor &input = kernel.get(operand);
    int64_t extent = input.shape[dim];
    begin -= extent;
    Point at = domain.point;
    int64_t lanes = at.lanes;
    if (dim == 1 && lanes && begin % lanes == 0) {
      int lastBlock = static_cast<int>(llvm::divideCeilSigned(extent, lanes) - 1);
      at = at.withChannel(Halide::clamp(at.block - static_cast<int>(begin / lanes), 0, lastBlock), at.lane, lanes);
      at.inPadLanes = extent % lanes != 0;
    } else {
      at = at.with(dim, Halide::clamp(at.at[dim] - static_cast<int>(begin), 0, static_cast<int>(extent - 1)));
    }
    Expr element = input.read(at);
    value = value.defined() ? select(domain.point.at[dim] < static_cast<int>(begin + extent), element, value) : element;
  }
  kernel.define(op, domain, value);
  return success();
}

LogicalResult halide_backend::defineFill(Kernel &kernel, nn::FillOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  kernel.define(op, domain, constant(elementType(op.getType()), op.getValue().convertToDouble()));
  return success();
}

LogicalResult halide_backend::defineDilate(Kernel &kernel, nn::DilateOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  Point at = domain.point;
  Expr isPixel = Halide::Internal::const_true();
  kernel.pixelStep = op.getStride()[1];
  for (size_t dim : {2, 3}) {
    int stride = static_cast<int>(op.getStride()[dim - 2]), last = static_cast<int>(input.shape[dim] - 1);
    Expr index = domain.point.at[dim];
    isPixel = isPixel && index % stride == 0 && index / stride <= last;
    at.at[dim] = Halide::clamp(index / stride, 0, last);
  }
  kernel.define(op, domain, select(isPixel, input.read(at), constant(input.type, 0)));
  return success();
}

LogicalResult halide_backend::defineTransposeWeight(Kernel &kernel, nn::TransposeWeightOp op) {
  // Weights lie row-major whatever the layout of the kernel's activations.
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  const Tensor &weight = kernel.get(op.getWeight());
  Point output, input;
  output.at = {0, domain.point.at[1]};
  input.at = {0, domain.point.at[0]};
  if (domain.shape.size() == 2) {
    kernel.define(op, domain, kernel.readWeight(op.getWeight(), output, input, 0, 0));
    return success();
  }
  int groupInputs = static_cast<int>(weight.shape[1]),
      groupOutputs = static_cast<int>(weight.shape[0] / op.getGroups());
  if (op.getGroups() > 1) {
    output.at[1] = domain.point.at[0] / groupInputs * groupOutputs + domain.point.at[1];
    input.at[1] = domain.point.at[0] % groupInputs;
  }
  Expr y = static_cast<int>(domain.shape[2] - 1) - domain.point.at[2];
  Expr x = static_cast<int>(domain.shape[3] - 1) - domain.point.at[3];
  kernel.define(op, domain, kernel.readWeight(op.getWeight(), output, input, y, x));
  return success();
}

LogicalResult halide_backend::definePad(Kernel &kernel, nn::PadOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  Point at = domain.point;
  Expr isInside = Halide::Internal::const_true();
  size_t rank = input.shape.size();
  for (size_t i = 0; i * 2 < op.getPadding().size(); ++i) {
    size_t dim = rank - 1 - i;
    int before = static_cast<int>(op.getPadding()[2 * i]), last = static_cast<int>(input.shape[dim] - 1);
    if (before == 0 && op.getPadding()[2 * i + 1] == 0)
      continue;
    Expr index = at.at[dim] - before;
    isInside = isInside && index >= 0 && index <= last;
    at = at.with(dim, Halide::clamp(Halide::likely(index), 0, last));
  }
  Expr border = constant(input.type, op.getValue().convertToDouble());
  kernel.define(op, domain, select(isInside, Halide::likely(input.read(at)), border));
  return success();
}
