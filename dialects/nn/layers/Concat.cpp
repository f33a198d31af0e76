// nn.concat: shape inference; one input is the result.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  if (adaptor.getInputs().empty()) // (C1)
    return check.error("expects at least one input");
  RankedTensorType first = check.input(adaptor.getInputs().front(), "input 0");
  if (!first)
    return failure();
  auto dim = check.dimBesideBatch(adaptor.getDim(), "dim", first.getRank()); // (C2)
  if (failed(dim))
    return failure();
  SmallVector<int64_t> shape(first.getShape());
  for (auto [index, value] : llvm::enumerate(adaptor.getInputs().drop_front())) {
    std::string name = ("input " + Twine(index + 1)).str();
    RankedTensorType input = check.input(value, name);
    if (!input || failed(check.sameElementType(input, first)))
      return failure();
    if (input.getRank() != first.getRank()) // (C1)
      return check.error("expects inputs of one rank but ", name, " has rank ", input.getRank(), " and input 0 rank ",
                         first.getRank());
    SmallVector<int64_t> expected(first.getShape());
    expected[*dim] = input.getDimSize(*dim);
    if (ArrayRef<int64_t>(expected) != input.getShape()) // (C3)
      return check.error("expects inputs that differ in dimension ", *dim, " alone but ", name, " is ",
                         shapeText(input.getShape()), " and input 0 ", shapeText(first.getShape()));
    shape[*dim] += input.getDimSize(*dim);
    if (shape[*dim] >= sizeLimit)
      break;
  }
  return check.result(shape, first.getElementType(), types);
}

OpFoldResult ConcatOp::fold(FoldAdaptor adaptor) {
  return getInputs().size() == 1 && getInputs()[0].getType() == getType() ? getInputs()[0] : Value();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void ConcatOp::differentiate(BackwardStep &step) {
  int64_t rank = getType().getRank(), dim = *normalizeDim(getDim(), rank), total = getType().getDimSize(dim);
  int64_t begin = 0;
  for (Value input : getInputs()) {
    int64_t extent = cast<RankedTensorType>(input.getType()).getDimSize(dim);
    if (step.needs(input)) { // the part that is the input's: all else is cropped
      SmallVector<int64_t> padding((rank - dim) * 2);
      padding[padding.size() - 2] = -begin;
      padding[padding.size() - 1] = -(total - begin - extent);
      step.add(input, PadOp::create(step.builder, step.loc, input.getType(), step.gradient,
                                    step.builder.getDenseI64ArrayAttr(padding), step.builder.getF64FloatAttr(0)));
    }
    begin += extent;
  }
}

} // namespace dlc::nn
