// nn.add and nn.mul: broadcasting.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

template <typename BinaryOp>
static LogicalResult inferBinary(std::optional<Location> location, typename BinaryOp::Adaptor adaptor,
                                 SmallVectorImpl<Type> &types) {
  LayerCheck check(location, BinaryOp::getOperationName());
  RankedTensorType lhs = check.input(adaptor.getLhs(), "lhs");
  RankedTensorType rhs = lhs ? check.input(adaptor.getRhs(), "rhs") : RankedTensorType();
  if (!rhs || failed(check.sameElementType(rhs, lhs)))
    return failure();

  int64_t rank = std::max(lhs.getRank(), rhs.getRank());
  // An operand's dimension that stands at `dim` of the result, 1 where it has none there.
  auto getDim = [&](RankedTensorType type, int64_t dim) -> int64_t {
    int64_t own = dim - (rank - type.getRank());
    return own < 0 ? 1 : type.getDimSize(own);
  };
  SmallVector<int64_t> shape;
  for (int64_t dim = 0; dim < rank; ++dim) {
    int64_t left = getDim(lhs, dim), right = getDim(rhs, dim);
    bool dynamic = ShapedType::isDynamic(left) || ShapedType::isDynamic(right);
    if (dynamic && (dim != 0 || (left != right && left != 1 && right != 1))) // (C2)
      return check.error("expects the batch to meet the batch, 1 or nothing but got ", shapeText(lhs.getShape()),
                         " and ", shapeText(rhs.getShape()));
    if (left != right && left != 1 && right != 1) // (C1)
      return check.error("expects shapes that broadcast but got ", shapeText(lhs.getShape()), " and ",
                         shapeText(rhs.getShape()));
    shape.push_back(left == 1 ? right : left);
  }
  return check.result(shape, lhs.getElementType(), types);
}

LogicalResult AddOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferBinary<AddOp>(location, adaptor, types);
}

LogicalResult MulOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferBinary<MulOp>(location, adaptor, types);
}

/// Whether both operands have the result's channels, so that pad lanes meet pad
/// lanes. (A product is no exception: 0 · NaN is NaN.)
static bool hasChannelsThroughout(Operation *layer) {
  auto result = cast<RankedTensorType>(layer->getResult(0).getType());
  if (result.getRank() < 2)
    return true;
  return llvm::all_of(layer->getOperandTypes(), [&](Type type) {
    auto operand = cast<RankedTensorType>(type);
    int64_t own = 1 - (result.getRank() - operand.getRank());
    return own >= 0 && operand.getDimSize(own) == result.getDimSize(1);
  });
}

bool AddOp::preservesZero() { return hasChannelsThroughout(*this); }
bool MulOp::preservesZero() { return hasChannelsThroughout(*this); }

LogicalResult SubOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferBinary<SubOp>(location, adaptor, types);
}

LogicalResult DivOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  return inferBinary<DivOp>(location, adaptor, types);
}

bool SubOp::preservesZero() { return hasChannelsThroughout(*this); }
bool DivOp::preservesZero() { return false; }

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// `gradient`, of the result's shape, summed over the dimensions along which
/// `operand` was broadcast.
static Value sumTo(BackwardStep &step, Value operand, Value gradient) {
  auto to = cast<RankedTensorType>(operand.getType()), from = cast<RankedTensorType>(gradient.getType());
  if (to == from)
    return gradient;
  auto reduce = [&](ArrayRef<int64_t> shape, ArrayRef<int64_t> dims, bool keep) {
    auto type = RankedTensorType::get(shape, from.getElementType());
    gradient = ReduceOp::create(step.builder, step.loc, type, gradient, dims, /*mean=*/false, keep);
  };
  int64_t missing = from.getRank() - to.getRank();
  if (missing)
    reduce(from.getShape().drop_front(missing), llvm::to_vector(llvm::seq<int64_t>(0, missing)), /*keep=*/false);
  SmallVector<int64_t> ones;
  for (int64_t dim = 0; dim < to.getRank(); ++dim)
    if (to.getDimSize(dim) == 1 && from.getDimSize(dim + missing) != 1)
      ones.push_back(dim);
  if (!ones.empty())
    reduce(to.getShape(), ones, /*keep=*/true);
  return gradient;
}

static void addTo(BackwardStep &step, Value operand, function_ref<Value()> build) {
  if (step.needs(operand))
    step.add(operand, sumTo(step, operand, build()));
}

void AddOp::differentiate(BackwardStep &step) {
  addTo(step, getLhs(), [&] { return step.gradient; });
  addTo(step, getRhs(), [&] { return step.gradient; });
}

static Value negate(BackwardStep &step, Value value) { return AffineOp::create(step.builder, step.loc, value, -1); }

void SubOp::differentiate(BackwardStep &step) {
  addTo(step, getLhs(), [&] { return step.gradient; });
  addTo(step, getRhs(), [&] { return negate(step, step.gradient); });
}

void MulOp::differentiate(BackwardStep &step) {
  auto times = [&](Value other) { return MulOp::create(step.builder, step.loc, getType(), step.gradient, other); };
  addTo(step, getLhs(), [&] { return times(getRhs()); });
  addTo(step, getRhs(), [&] { return times(getLhs()); });
}

void DivOp::differentiate(BackwardStep &step) { // dy / b and −dy · y / b
  auto overRhs = [&](Value value) { return DivOp::create(step.builder, step.loc, getType(), value, getRhs()); };
  addTo(step, getLhs(), [&] { return overRhs(step.gradient); });
  addTo(step, getRhs(), [&] {
    return negate(step, overRhs(MulOp::create(step.builder, step.loc, getType(), step.gradient, getResult())));
  });
}

} // namespace dlc::nn
