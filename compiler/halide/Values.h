// Tensors inside of a kernel, read by logical indices whatever their layout.
#ifndef DLC_COMPILER_HALIDE_VALUES_H
#define DLC_COMPILER_HALIDE_VALUES_H

#include "dialects/kernel/Descriptor.h"

#include <Halide.h>
#include <array>

namespace dlc::halide_backend {

using Halide::Expr;
using Halide::Func;
using Halide::RDom;
using Halide::RVar;
using Halide::Var;

/// A place in a tensor by its logical indices, the batch first.
struct Point {
  std::vector<Expr> at;
  /// The channel, at[1], as block · lanes + lane, where it is known so (lanes > 0).
  Expr block, lane;
  int64_t lanes = 0;
  /// The channel may lie in the last block's pad lanes.
  bool inPadLanes = false;

  /// This place with another index in a dimension.
  Point with(size_t dim, Expr index) const;
  /// This place with another channel, given in parts.
  Point withChannel(Expr newBlock, Expr newLane, int64_t newLanes) const;
  /// The channel's block and lane where blocks are of `size` lanes.
  std::pair<Expr, Expr> getBlockAndLane(int64_t size) const;
};

/// The coordinates of a Func that holds a tensor.
struct Domain {
  llvm::SmallVector<int64_t> shape; // logical; the batch may be −1
  int64_t lanes = 0;                // 0: row-major
  std::vector<Var> vars;            // innermost first
  Point point;
  /// Of packed weights: the extents of `vars`. Empty for activations.
  llvm::SmallVector<int64_t> packedExtents;

  /// Extents of `vars`; −1 is the batch.
  llvm::SmallVector<int64_t> extents() const;
  /// Whether the last block of channels is partly pad.
  bool hasPadLanes() const { return lanes && packedExtents.empty() && shape[1] % lanes; }
};

/// Row-major coordinates, or blocked ones (rank 2 and 4) where `lanes` is not 0.
Domain makeDomain(llvm::ArrayRef<int64_t> shape, int64_t lanes);

/// The coordinates of a weight of this shape, packed.
Domain makePackedDomain(llvm::ArrayRef<int64_t> shape, kernel::WeightsAttr layout);

/// A tensor in the coordinates of some Domain.
struct Tensor {
  Func func;
  Halide::Type type;
  llvm::SmallVector<int64_t> shape;
  int64_t lanes = 0;
  /// Zeros that may be read around the plane: top, left, bottom, right.
  std::array<int64_t, 4> halo = {0, 0, 0, 0};
  /// Whether the lanes beyond the channels are zero.
  bool zeroPadLanes = false;
  /// An argument of the kernel.
  bool isArgument = false;

  /// The element at `point`, which lies in the tensor (its pad lanes included).
  Expr read(const Point &point) const;
  /// The element at `point`, or `outside` where its last two indices leave the plane.
  Expr readOrElse(const Point &point, Expr outside) const;
  /// Whether the halo reaches this far: pixels before and after the plane, top, left, bottom, right.
  bool hasHalo(const std::array<int64_t, 4> &reach) const;

private:
  std::vector<Expr> coordinates(const Point &point) const;
};

/// A constant of a floating-point type.
Expr constant(Halide::Type type, double value);

/// Whether `a` < `b` resp. ≤, in IEEE's sense.
Expr isLess(Expr a, Expr b);
Expr isLessEqual(Expr a, Expr b);
/// The greater of the two, or NaN where either is.
Expr maxOrNan(Expr a, Expr b);

/// The Halide type of a tensor's elements.
Halide::Type elementType(mlir::Type type);

/// `shape` with −1 for the batch.
llvm::SmallVector<int64_t> logicalShape(mlir::Type type);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_VALUES_H
