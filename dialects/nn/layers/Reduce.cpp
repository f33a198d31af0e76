// nn.reduce and nn.expand: sums over dimensions, and their gradients.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

/// The shape of `type` reduced over `dims`; nothing where they are not increasing dimensions of it.
static std::optional<SmallVector<int64_t>> getReducedShape(RankedTensorType type, ArrayRef<int64_t> dims, bool keep) {
  SmallVector<int64_t> shape;
  size_t next = 0;
  for (auto [dim, extent] : llvm::enumerate(type.getShape())) {
    bool reduced = next < dims.size() && dims[next] == static_cast<int64_t>(dim);
    next += reduced;
    if (!reduced)
      shape.push_back(extent);
    else if (keep)
      shape.push_back(1);
  }
  if (next != dims.size())
    return std::nullopt;
  if (shape.empty())
    shape.push_back(1);
  return shape;
}

/// (C1), (C2): `reduced` is `whole` over `dims`.
static LogicalResult verifyReduced(Operation *op, Type whole, Type reduced, ArrayRef<int64_t> dims, bool keep) {
  auto shape = getReducedShape(cast<RankedTensorType>(whole), dims, keep);
  if (!shape)
    return op->emitOpError("expects increasing dimensions of ") << whole;
  auto actual = cast<RankedTensorType>(reduced);
  if (ArrayRef<int64_t>(*shape) != actual.getShape())
    return op->emitOpError("expects a reduced tensor of shape ")
           << shapeText(*shape) << " but got " << shapeText(actual.getShape());
  return success();
}

LogicalResult ReduceOp::verify() {
  return verifyReduced(*this, getInput().getType(), getType(), getDims(), getKeep());
}

int64_t ReduceOp::getFlops() { return getElementsPerItem(getInput().getType()); }

LogicalResult ExpandOp::verify() {
  if (!haveSameShape(getLike().getType(), getType())) // (C1)
    return emitOpError("expects a result like ") << getLike().getType() << " but got " << getType();
  return verifyReduced(*this, getLike().getType(), getInput().getType(), getDims(), getKeep()); // (C2)
}

void ReduceOp::differentiate(BackwardStep &step) {
  step.add(getInput(), ExpandOp::create(step.builder, step.loc, getInput().getType(), step.gradient, getInput(),
                                        getDims(), getMean(), getKeep()));
}

} // namespace dlc::nn
