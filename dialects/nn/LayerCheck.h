// What shape inference of every layer shares: reporting, the limits on sizes, the form of operands and attributes.
//
// Inference runs on attributes that nobody has verified (importers call it before
// there is an op), so everything here takes absurd values: missing, of the wrong
// count, negative, or near 2^63.
#ifndef DLC_DIALECTS_NN_LAYERCHECK_H
#define DLC_DIALECTS_NN_LAYERCHECK_H

#include "dialects/nn/Nn.h"

namespace dlc::nn {

/// Dimensions and sizes stay below 2^31 (kernels index with 32 bits) and a
/// tensor's elements, the dynamic batch counted once, below 2^40, so that no
/// product of a size and a shape overflows 64 bits.
inline constexpr int64_t sizeLimit = int64_t(1) << 31;
inline constexpr int64_t elementLimit = int64_t(1) << 40;

/// a · b, at most 2^63 − 1; neither may be negative.
int64_t multiplySaturated(int64_t a, int64_t b);

/// "[?, 3, 32, 32]".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// Reports as "'nn.conv2d' op …" where there is a location and fails silently where there is none.
class LayerCheck {
public:
  LayerCheck(std::optional<mlir::Location> location, llvm::StringRef layer) : location(location), layer(layer) {}

  template <typename... Args>
  llvm::LogicalResult error(Args &&...args) const {
    return mlir::emitOptionalError(location, "'", layer, "' op ", std::forward<Args>(args)...);
  }

  /// The type of an input: a ranked tensor of f32 or f64 within the limits, of
  /// which only the first dimension may be dynamic. Null where it is not.
  mlir::RankedTensorType input(mlir::Value value, llvm::StringRef name) const;
  /// The type of a parameter operand: as an input, all dimensions static.
  mlir::RankedTensorType parameter(mlir::Value value, llvm::StringRef name) const;
  /// Whether `type` is within the limits and dynamic in the first dimension at most.
  llvm::LogicalResult shape(mlir::RankedTensorType type, llvm::StringRef what) const;

  llvm::LogicalResult rank(mlir::RankedTensorType type, int64_t rank) const;
  llvm::LogicalResult minimumRank(mlir::RankedTensorType type, int64_t rank) const;
  llvm::LogicalResult sameElementType(mlir::RankedTensorType type, mlir::RankedTensorType as) const;
  /// Whether `type`, of the operand `name`, has this shape; null (an absent operand) passes.
  llvm::LogicalResult parameterShape(mlir::RankedTensorType type, llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> shape) const;

  /// Whether `value`, of the attribute or key `name`, is from `minimum` to below the limit on sizes.
  llvm::LogicalResult size(int64_t value, llvm::StringRef name, int64_t minimum) const;
  /// The same for each value of an array that must have `count` of them; it may be null.
  llvm::LogicalResult sizes(mlir::DenseI64ArrayAttr values, llvm::StringRef name, size_t count, int64_t minimum) const;
  /// What every window over a plane has: pairs, and padding on four sides.
  llvm::LogicalResult window(llvm::ArrayRef<int64_t> size, llvm::ArrayRef<int64_t> stride,
                             llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation) const;
  llvm::LogicalResult sizes(llvm::ArrayRef<int64_t> values, llvm::StringRef name, size_t count, int64_t minimum) const;

  /// `dim` counted from the front; fails where it is the batch or no dimension at all.
  llvm::FailureOr<int64_t> dimBesideBatch(int64_t dim, llvm::StringRef name, int64_t rank) const;

  /// Appends the tensor of this shape to `types` if it is within the limits.
  llvm::LogicalResult result(llvm::ArrayRef<int64_t> shape, mlir::Type elementType,
                             llvm::SmallVectorImpl<mlir::Type> &types) const;

  /// A whole number among a layer's keys and attributes, `fallback` where there
  /// is none; where that is missing too, or the number is not positive or
  /// beyond the limit, reports and fails.
  llvm::FailureOr<int64_t> positiveKey(mlir::DictionaryAttr config, llvm::StringRef key,
                                       std::optional<int64_t> fallback = std::nullopt) const;
  /// The only input that the layer takes, checked as `input` does; null where it is not.
  mlir::RankedTensorType onlyInput(llvm::ArrayRef<mlir::RankedTensorType> inputs) const;

private:
  mlir::RankedTensorType operand(mlir::Value value, llvm::StringRef name) const;

  std::optional<mlir::Location> location;
  llvm::StringRef layer;
};

/// Whether the layer is told to add a bias; it is unless told otherwise.
bool wantsBias(mlir::DictionaryAttr config);

/// The result's shape and element type are the input's: activations and the like.
template <typename LayerOp>
llvm::LogicalResult inferAsInput(std::optional<mlir::Location> location, typename LayerOp::Adaptor adaptor,
                                 llvm::SmallVectorImpl<mlir::Type> &types) {
  LayerCheck check(location, LayerOp::getOperationName());
  auto input = check.input(adaptor.getInput(), "input");
  return input ? check.result(input.getShape(), input.getElementType(), types) : llvm::failure();
}

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

/// A window over the plane, each value within the limit on sizes.
struct Window {
  llvm::ArrayRef<int64_t> size, stride, padding, dilation;
  bool ceilMode = false;
};

/// The height and width that `window` gives over `input`, which has rank 4;
/// reports and fails where no window fits.
llvm::FailureOr<std::array<int64_t, 2>> getWindowOutput(const LayerCheck &check, mlir::RankedTensorType input,
                                                        const Window &window);

} // namespace dlc::nn

#endif // DLC_DIALECTS_NN_LAYERCHECK_H
