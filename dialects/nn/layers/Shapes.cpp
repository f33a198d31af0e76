// nn.flatten and nn.reshape: the same elements in another shape.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult FlattenOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input)
    return failure();
  auto start = check.dimBesideBatch(adaptor.getStartDim(), "start_dim", input.getRank()); // (C1)
  auto end = failed(start) ? start : check.dimBesideBatch(adaptor.getEndDim(), "end_dim", input.getRank());
  if (failed(end))
    return failure();
  if (*start > *end)
    return check.error("expects start_dim not after end_dim but got ", *start, " and ", *end);
  SmallVector<int64_t> shape(input.getShape().take_front(*start));
  int64_t flat = 1;
  for (int64_t dim : input.getShape().slice(*start, *end - *start + 1))
    flat = multiplySaturated(flat, dim);
  shape.push_back(flat);
  llvm::append_range(shape, input.getShape().drop_front(*end + 1));
  return check.result(shape, input.getElementType(), types);
}

/// One dimension flattened is that dimension.
OpFoldResult FlattenOp::fold(FoldAdaptor adaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

LogicalResult ReshapeOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  DenseI64ArrayAttr attribute = adaptor.getProperties().shape;
  if (!attribute)
    return check.error("requires shape");
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input || failed(check.minimumRank(input, 1)))
    return failure();
  SmallVector<int64_t> shape(attribute.asArrayRef());
  int64_t batch = input.getDimSize(0);
  if (shape.empty() || (!ShapedType::isDynamic(shape[0]) && shape[0] != batch)) // (C1)
    return check.error("expects a shape that begins with the input's batch, ", shapeText(batch), ", but got ",
                       shapeText(shape));
  shape[0] = batch;

  int64_t *open = nullptr;
  int64_t known = 1;
  for (int64_t &dim : MutableArrayRef(shape).drop_front()) { // (C2)
    if (dim == -1 && !open) {
      open = &dim;
      continue;
    }
    if (dim < 1)
      return check.error("expects a shape of positive sizes, of which one may be -1, but got ", shapeText(shape));
    known = multiplySaturated(known, dim);
  }
  int64_t elements = getElementsPerItem(input);
  if (open && elements % known == 0)
    *open = elements / known;
  else if (open || elements != known) // (C3)
    return check.error("expects a shape of ", elements, " elements per item but got ", shapeText(shape));
  return check.result(shape, input.getElementType(), types);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) { return getInput().getType() == getType() ? getInput() : Value(); }

void ReshapeOp::evaluate(ArrayRef<ArrayRef<float>> operands, MutableArrayRef<float> result) {
  llvm::copy(operands[0], result.begin());
}

/// A reshape of a reshape or of a flatten is one reshape.
LogicalResult ReshapeOp::canonicalize(ReshapeOp reshape, PatternRewriter &rewriter) {
  Operation *producer = reshape.getInput().getDefiningOp();
  if (!producer || !producer->hasTrait<SameElements>())
    return failure();
  rewriter.modifyOpInPlace(reshape, [&] { reshape.getInputMutable().set(producer->getOperand(0)); });
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// The gradient in the shape of the operand.
static void reshapeBack(BackwardStep &step, Value input) {
  auto type = cast<RankedTensorType>(input.getType());
  step.add(input, ReshapeOp::create(step.builder, step.loc, type, step.gradient,
                                    step.builder.getDenseI64ArrayAttr(type.getShape())));
}

void FlattenOp::differentiate(BackwardStep &step) { reshapeBack(step, getInput()); }
void ReshapeOp::differentiate(BackwardStep &step) { reshapeBack(step, getInput()); }

} // namespace dlc::nn
