// The checks that shape inference of every layer shares.
#include "dialects/nn/LayerCheck.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace mlir;

namespace dlc::nn {

int64_t multiplySaturated(int64_t a, int64_t b) {
  int64_t product;
  return llvm::MulOverflow(a, b, product) ? std::numeric_limits<int64_t>::max() : product;
}

std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(shape, stream, [&](int64_t dim) {
    if (ShapedType::isDynamic(dim))
      stream << '?';
    else
      stream << dim;
  });
  stream << ']';
  return text;
}

RankedTensorType LayerCheck::operand(Value value, StringRef name) const {
  auto type = value ? dyn_cast<RankedTensorType>(value.getType()) : RankedTensorType();
  if (!type || !(type.getElementType().isF32() || type.getElementType().isF64())) {
    if (value)
      (void)error("expects ", name, " to be a ranked tensor of f32 or f64 but got ", value.getType());
    return {};
  }
  return type;
}

RankedTensorType LayerCheck::input(Value value, StringRef name) const {
  RankedTensorType type = operand(value, name);
  return type && succeeded(shape(type, name)) ? type : RankedTensorType();
}

RankedTensorType LayerCheck::parameter(Value value, StringRef name) const {
  RankedTensorType type = operand(value, name);
  if (!type || failed(shape(type, name)))
    return {};
  if (!type.hasStaticShape()) {
    (void)error("expects static dimensions of ", name, " but got ", shapeText(type.getShape()));
    return {};
  }
  return type;
}

LogicalResult LayerCheck::shape(RankedTensorType type, StringRef what) const {
  int64_t elements = 1;
  for (auto [index, dim] : llvm::enumerate(type.getShape())) {
    if (ShapedType::isDynamic(dim)) {
      if (index == 0)
        continue;
      return error("expects static dimensions of ", what, " except for the batch but got ", shapeText(type.getShape()));
    }
    if (dim < 1 || dim >= sizeLimit)
      return error("expects dimensions of ", what, " between 1 and ", sizeLimit - 1, " but got ",
                   shapeText(type.getShape()));
    elements = multiplySaturated(elements, dim);
    if (elements >= elementLimit)
      return error("expects ", what, " to have less than ", elementLimit, " elements but got ",
                   shapeText(type.getShape()));
  }
  return success();
}

LogicalResult LayerCheck::rank(RankedTensorType type, int64_t rank) const {
  if (type.getRank() == rank)
    return success();
  return error("expects an input of rank ", rank, " but got rank ", type.getRank());
}

LogicalResult LayerCheck::minimumRank(RankedTensorType type, int64_t rank) const {
  if (type.getRank() >= rank)
    return success();
  return error("expects an input of rank ", rank, " or more but got rank ", type.getRank());
}

LogicalResult LayerCheck::sameElementType(RankedTensorType type, RankedTensorType as) const {
  if (!type || type.getElementType() == as.getElementType())
    return success();
  return error("expects operands of one element type but got ", as.getElementType(), " and ", type.getElementType());
}

LogicalResult LayerCheck::parameterShape(RankedTensorType type, StringRef name, ArrayRef<int64_t> shape) const {
  if (!type || type.getShape() == shape)
    return success();
  return error("expects ", name, " of shape ", shapeText(shape), " but got ", shapeText(type.getShape()));
}

LogicalResult LayerCheck::size(int64_t value, StringRef name, int64_t minimum) const {
  if (value < minimum)
    return error("expects ", name, " of at least ", minimum, " but got ", value);
  if (value >= sizeLimit)
    return error("expects ", name, " of at most ", sizeLimit - 1, " but got ", value);
  return success();
}

LogicalResult LayerCheck::window(ArrayRef<int64_t> size, ArrayRef<int64_t> stride, ArrayRef<int64_t> padding,
                                 ArrayRef<int64_t> dilation) const {
  return success(succeeded(sizes(size, "kernel_size", 2, 1)) && succeeded(sizes(stride, "stride", 2, 1)) &&
                 succeeded(sizes(padding, "padding", 4, 0)) && succeeded(sizes(dilation, "dilation", 2, 1)));
}

LogicalResult LayerCheck::sizes(ArrayRef<int64_t> values, StringRef name, size_t count, int64_t minimum) const {
  if (values.size() != count)
    return error("expects ", count, " values of ", name, " but got ", values.size());
  for (int64_t value : values)
    if (failed(size(value, name, minimum)))
      return failure();
  return success();
}

LogicalResult LayerCheck::sizes(DenseI64ArrayAttr values, StringRef name, size_t count, int64_t minimum) const {
  if (!values)
    return error("requires ", name);
  return sizes(values.asArrayRef(), name, count, minimum);
}

FailureOr<int64_t> LayerCheck::dimBesideBatch(int64_t dim, StringRef name, int64_t rank) const {
  std::optional<int64_t> normal = normalizeDim(dim, rank);
  if (!normal)
    return error("expects ", name, " between ", -rank, " and ", rank - 1, " for an input of rank ", rank, " but got ",
                 dim);
  if (*normal == 0)
    return error("expects ", name, " to be a dimension other than the batch but got ", dim);
  return *normal;
}

LogicalResult LayerCheck::result(ArrayRef<int64_t> shape, Type elementType, SmallVectorImpl<Type> &types) const {
  // Checked before there is a type: building one asserts on absurd dimensions.
  for (int64_t dim : shape)
    if (!ShapedType::isDynamic(dim) && (dim < 1 || dim >= sizeLimit))
      return error("expects dimensions of the result between 1 and ", sizeLimit - 1, " but got ", shapeText(shape));
  auto type = RankedTensorType::get(shape, elementType);
  if (failed(this->shape(type, "the result")))
    return failure();
  types.push_back(type);
  return success();
}

FailureOr<int64_t> LayerCheck::positiveKey(DictionaryAttr config, StringRef key,
                                           std::optional<int64_t> fallback) const {
  auto value = config.getAs<IntegerAttr>(key);
  if (!value) {
    if (fallback)
      return *fallback;
    return error("requires ", key);
  }
  if (value.getValue().getSignificantBits() > 64)
    return error("expects ", key, " of at most ", sizeLimit - 1);
  int64_t number = value.getValue().getSExtValue();
  if (failed(size(number, key, 1)))
    return failure();
  return number;
}

RankedTensorType LayerCheck::onlyInput(ArrayRef<RankedTensorType> inputs) const {
  if (inputs.size() != 1 || !inputs[0]) {
    (void)error("expects 1 input but got ", inputs.size());
    return {};
  }
  return succeeded(shape(inputs[0], "input")) ? inputs[0] : RankedTensorType();
}

bool wantsBias(DictionaryAttr config) {
  auto bias = config.getAs<BoolAttr>("bias");
  return !bias || bias.getValue();
}

} // namespace dlc::nn
