// nn.conv2d: shape inference, parameters, arithmetic.
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/LayerCheck.h"

using namespace mlir;

namespace dlc::nn {

/// (C2), (C3): groups divide the channels on both sides.
static LogicalResult checkGroups(const LayerCheck &check, int64_t inChannels, int64_t outChannels, int64_t groups) {
  if (inChannels % groups != 0)
    return check.error("expects input channels divisible by ", groups, " groups but got ", inChannels);
  if (outChannels % groups != 0)
    return check.error("expects output channels divisible by ", groups, " groups but got ", outChannels);
  return success();
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *context, std::optional<Location> location, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  LayerCheck check(location, getOperationName());
  int64_t groups = adaptor.getGroups();
  if (failed(check.sizes(adaptor.getProperties().kernel_size, "kernel_size", 2, 1)) ||
      failed(check.sizes(adaptor.getStride(), "stride", 2, 1)) ||
      failed(check.sizes(adaptor.getPadding(), "padding", 4, 0)) ||
      failed(check.sizes(adaptor.getDilation(), "dilation", 2, 1)) || failed(check.size(groups, "groups", 1)))
    return failure();
  Window window{adaptor.getKernelSize(), adaptor.getStride(), adaptor.getPadding(), adaptor.getDilation()};

  RankedTensorType input = check.input(adaptor.getInput(), "input");
  RankedTensorType weight = input ? check.parameter(adaptor.getWeight(), "weight") : RankedTensorType();
  if (!weight || failed(check.rank(input, 4)) || failed(check.sameElementType(weight, input))) // (C1)
    return failure();
  if (weight.getRank() != 4) // (C4)
    return check.error("expects a weight of rank 4 but got rank ", weight.getRank());
  int64_t channels = input.getDimSize(1), filters = weight.getDimSize(0);
  if (failed(checkGroups(check, channels, filters, groups))) // (C2), (C3)
    return failure();
  if (weight.getDimSize(1) != channels / groups)
    return check.error("expects ", weight.getDimSize(1) * groups, " input channels but got ", channels);
  if (failed(check.parameterShape(weight, "weight", {filters, channels / groups, window.size[0], window.size[1]})))
    return failure();
  if (Value value = adaptor.getBias()) { // (C5)
    RankedTensorType bias = check.parameter(value, "bias");
    if (!bias || failed(check.sameElementType(bias, input)) || failed(check.parameterShape(bias, "bias", {filters})))
      return failure();
  }

  auto output = getWindowOutput(check, input, window); // (C6)
  if (failed(output))
    return failure();
  return check.result({input.getDimSize(0), filters, (*output)[0], (*output)[1]}, input.getElementType(), types);
}

LogicalResult Conv2dOp::inferParameterTypes(Location location, ArrayRef<RankedTensorType> inputs, DictionaryAttr config,
                                            SmallVectorImpl<RankedTensorType> &types) {
  LayerCheck check(location, getOperationName());
  RankedTensorType input = check.onlyInput(inputs);
  if (!input || failed(check.rank(input, 4)))
    return failure();
  FailureOr<int64_t> filters = check.positiveKey(config, "out_channels");
  FailureOr<int64_t> groups = failed(filters) ? filters : check.positiveKey(config, "groups", 1);
  auto size = config.getAs<DenseI64ArrayAttr>("kernel_size");
  if (failed(groups) || failed(check.sizes(size, "kernel_size", 2, 1)) ||
      failed(checkGroups(check, input.getDimSize(1), *filters, *groups)))
    return failure();
  SmallVector<Type, 1> weight;
  if (failed(check.result({*filters, input.getDimSize(1) / *groups, size[0], size[1]}, input.getElementType(), weight)))
    return failure();
  types.push_back(cast<RankedTensorType>(weight[0]));
  types.push_back(wantsBias(config) ? RankedTensorType::get({*filters}, input.getElementType()) : RankedTensorType());
  return success();
}

int64_t Conv2dOp::getFlops() {
  return multiplySaturated(getElementsPerItem(getType()), 2 * getElementsPerItem(getWeight().getType()));
}

SmallVector<int64_t> Conv2dOp::getWindowDilation() { return SmallVector<int64_t>(getDilation()); }

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// The gradient of the result, taken through the transposed weight: a convolution
/// with stride 1 over the gradient with zeros between its pixels (Dumoulin and
/// Visin 2016, section 4).
static Value buildGradInput(Conv2dOp conv, BackwardStep &step) {
  auto input = cast<RankedTensorType>(conv.getInput().getType());
  auto output = conv.getType();
  auto weight = cast<RankedTensorType>(conv.getWeight().getType());
  OpBuilder &builder = step.builder;
  int64_t groups = conv.getGroups();
  auto retype = [&](int64_t height, int64_t width) {
    return RankedTensorType::get({input.getDimSize(0), output.getDimSize(1), height, width}, input.getElementType());
  };
  ArrayRef<int64_t> size = conv.getKernelSize(), stride = conv.getStride(), dilation = conv.getDilation(),
                    padding = conv.getPadding();
  bool isStrided = stride[0] != 1 || stride[1] != 1;
  // A window of one pixel moves nothing: the zeros come in last, and are not multiplied.
  bool isPixel = size[0] == 1 && size[1] == 1 && llvm::all_of(padding, [](int64_t width) { return width == 0; });

  Value gradient = step.gradient;
  std::array<int64_t, 2> plane = {output.getDimSize(2), output.getDimSize(3)};
  if (isStrided && !isPixel) {
    for (unsigned dim : {0, 1})
      plane[dim] = (plane[dim] - 1) * stride[dim] + 1;
    gradient = DilateOp::create(builder, step.loc, retype(plane[0], plane[1]), gradient,
                                builder.getDenseI64ArrayAttr(stride));
  }
  // What remains of the window's reach on each side; where padding is wider than the
  // window reaches, pixels of the gradient belong to padding alone.
  std::array<int64_t, 4> reach, crop;
  for (unsigned dim : {0, 1}) {
    int64_t span = dilation[dim] * (size[dim] - 1);
    int64_t before = span - padding[dim];
    int64_t after = isPixel ? 0 : input.getDimSize(dim + 2) + span - plane[dim] - before;
    crop[dim] = std::min<int64_t>(before, 0);
    crop[dim + 2] = std::min<int64_t>(after, 0);
    reach[dim] = std::max<int64_t>(before, 0);
    reach[dim + 2] = std::max<int64_t>(after, 0);
    plane[dim] += crop[dim] + crop[dim + 2];
  }
  if (llvm::any_of(crop, [](int64_t width) { return width != 0; }))
    gradient = PadOp::create(builder, step.loc, retype(plane[0], plane[1]), gradient,
                             builder.getDenseI64ArrayAttr({crop[1], crop[3], crop[0], crop[2]}),
                             builder.getF64FloatAttr(0));
  auto transposedType = RankedTensorType::get(
      {input.getDimSize(1), output.getDimSize(1) / groups, size[0], size[1]}, weight.getElementType());
  Value transposed = TransposeWeightOp::create(builder, step.loc, transposedType, conv.getWeight(),
                                               builder.getI64IntegerAttr(groups));
  auto ones = builder.getDenseI64ArrayAttr({1, 1});
  auto resultPlane = isPixel ? plane : std::array<int64_t, 2>{input.getDimSize(2), input.getDimSize(3)};
  auto resultType = RankedTensorType::get(
      {input.getDimSize(0), input.getDimSize(1), resultPlane[0], resultPlane[1]}, input.getElementType());
  Value result = Conv2dOp::create(builder, step.loc, resultType, gradient, transposed, /*bias=*/Value(),
                                  conv.getKernelSizeAttr(), ones, builder.getDenseI64ArrayAttr(reach),
                                  conv.getDilationAttr(), conv.getGroupsAttr());
  if (isStrided && isPixel)
    result = DilateOp::create(builder, step.loc, cast<RankedTensorType>(conv.getInput().getType()), result,
                              builder.getDenseI64ArrayAttr(stride));
  return result;
}

void Conv2dOp::differentiate(BackwardStep &step) {
  if (step.needs(getInput()))
    step.add(getInput(), buildGradInput(*this, step));
  if (step.needs(getWeight()))
    step.add(getWeight(),
             Conv2dGradWeightOp::create(step.builder, step.loc, getWeight().getType(), getInput(), step.gradient,
                                        getKernelSizeAttr(), getStrideAttr(), getPaddingAttr(), getDilationAttr(),
                                        getGroupsAttr()));
  if (step.needs(getBias()))
    step.add(getBias(), ReduceOp::create(step.builder, step.loc, getBias().getType(), step.gradient,
                                         ArrayRef<int64_t>{0, 2, 3}, /*mean=*/false, /*keep=*/false));
}

LogicalResult Conv2dGradWeightOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  auto input = cast<RankedTensorType>(getInput().getType()), gradient = cast<RankedTensorType>(getGradient().getType());
  auto result = cast<RankedTensorType>(getType());
  if (input.getRank() != 4 || gradient.getRank() != 4 || result.getRank() != 4) // (C1)
    return check.error("expects operands and result of rank 4");
  if (failed(check.window(getKernelSize(), getStride(), getPadding(), getDilation())) || // (C3)
      failed(check.size(getGroups(), "groups", 1)))
    return failure();
  return check.parameterShape(result, "a result", {gradient.getDimSize(1), input.getDimSize(1) / (int64_t)getGroups(), // (C2)
                                                   getKernelSize()[0], getKernelSize()[1]});
}

int64_t Conv2dGradWeightOp::getFlops() {
  auto gradient = cast<RankedTensorType>(getGradient().getType());
  return multiplySaturated(gradient.getDimSize(2) * gradient.getDimSize(3),
                           2 * cast<RankedTensorType>(getType()).getNumElements());
}

LogicalResult DilateOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  auto input = cast<RankedTensorType>(getInput().getType()), result = cast<RankedTensorType>(getType());
  if (input.getRank() != 4 || result.getRank() != 4 || input.getShape().take_front(2) != result.getShape().take_front(2)) // (C1)
    return check.error("expects input and result of rank 4 with the same batch and channels");
  if (failed(check.sizes(getStrideAttr(), "stride", 2, 1)))
    return failure();
  for (unsigned dim : {0, 1}) // (C2)
    if (result.getDimSize(dim + 2) <= (input.getDimSize(dim + 2) - 1) * getStride()[dim])
      return check.error("expects a plane that holds all pixels but got ", shapeText(result.getShape()));
  return success();
}

LogicalResult TransposeWeightOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  auto weight = cast<RankedTensorType>(getWeight().getType()), result = cast<RankedTensorType>(getType());
  int64_t groups = getGroups();
  if (weight.getRank() == 2 && groups == 1) // (C1), (C2)
    return check.parameterShape(result, "a result", {weight.getDimSize(1), weight.getDimSize(0)});
  if (weight.getRank() != 4 || groups < 1 || weight.getDimSize(0) % groups)
    return check.error("expects a weight of rank 4 whose groups are whole, or of rank 2 without groups, but got ",
                       shapeText(weight.getShape()), " in ", groups, " groups");
  return check.parameterShape(result, "a result", {weight.getDimSize(1) * groups, weight.getDimSize(0) / groups,
                                                   weight.getDimSize(2), weight.getDimSize(3)});
}

} // namespace dlc::nn
