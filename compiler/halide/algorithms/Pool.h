// How a pool's windows lie over the plane.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_POOL_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_POOL_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

struct PoolWindow {
  explicit PoolWindow(nn::WindowOpInterface op);
  /// The windows of a pool from `plane` to `windows`, whatever op describes them.
  PoolWindow(llvm::ArrayRef<int64_t> size, llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> padding,
             llvm::ArrayRef<int64_t> dilation, llvm::ArrayRef<int64_t> plane, llvm::ArrayRef<int64_t> windows);

  /// Where in the plane a window's tap lies.
  Expr position(unsigned dim, Expr out, Expr tap) const {
    return out * static_cast<int>(stride[dim]) + tap * static_cast<int>(dilation[dim]) - static_cast<int>(padding[dim]);
  }
  /// How many of a window's elements a mean counts: those in the input, with its
  /// padding or not. A constant where all windows have as many.
  Expr countElements(const Point &out, Halide::Type type, bool includePadding) const;

  llvm::SmallVector<int64_t> size, stride, dilation, padding, in, out;
  std::array<int64_t, 4> reach; // beyond the plane: top, left, bottom, right
  bool leaves = false;          // some window reaches beyond the plane
};

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_POOL_H
