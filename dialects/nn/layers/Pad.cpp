// nn.pad: shape inference; a border of nothing is the input.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

LogicalResult PadOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  DenseI64ArrayAttr attribute = adaptor.getProperties().padding;
  if (!attribute)
    return check.error("requires padding");
  ArrayRef<int64_t> padding = attribute.asArrayRef();
  RankedTensorType input = check.input(adaptor.getInput(), "input");
  if (!input)
    return failure();
  if (padding.size() % 2 != 0) // (C1)
    return check.error("expects an even number of values of padding but got ", padding.size());
  if (static_cast<int64_t>(padding.size() / 2) > std::max<int64_t>(input.getRank() - 1, 0))
    return check.error("expects padding of at most ", 2 * (input.getRank() - 1), " values for an input of rank ",
                       input.getRank(), " but got ", padding.size());
  SmallVector<int64_t> shape(input.getShape());
  for (size_t pair = 0; pair < padding.size() / 2; ++pair) {
    int64_t &dim = shape[shape.size() - 1 - pair];
    for (int64_t value : padding.slice(2 * pair, 2)) {
      if (failed(check.size(value, "padding", -sizeLimit)))
        return failure();
      dim += value;
    }
    if (dim < 1) // (C2)
      return check.error("expects positive sizes of the result but dimension ", shape.size() - 1 - pair, " is ", dim);
  }
  return check.result(shape, input.getElementType(), types);
}

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  bool none = llvm::all_of(getPadding(), [](int64_t value) { return value == 0; });
  return none && getInput().getType() == getType() ? getInput() : Value();
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void PadOp::differentiate(BackwardStep &step) { // what was added is cropped, and what was cropped gets zeros
  SmallVector<int64_t> padding;
  for (int64_t width : getPadding())
    padding.push_back(-width);
  step.add(getInput(), PadOp::create(step.builder, step.loc, getInput().getType(), step.gradient,
                                     step.builder.getDenseI64ArrayAttr(padding), step.builder.getF64FloatAttr(0)));
}

} // namespace dlc::nn
