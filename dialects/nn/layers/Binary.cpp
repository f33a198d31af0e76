// nn.add and nn.mul: broadcasting.
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

} // namespace dlc::nn
