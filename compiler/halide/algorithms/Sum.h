// Sums over dimensions of a tensor, the batch among them.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_SUM_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_SUM_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

/// Σ over some dimensions of a tensor, in an order that its shape alone decides.
class Sum {
public:
  /// Sums `element` at all places of a tensor of this shape that differ in `dims`
  /// alone, in blocks of channels where `lanes` is not 0.
  Sum(Kernel &kernel, llvm::StringRef name, Halide::Type type, llvm::ArrayRef<int64_t> shape, int64_t lanes,
      llvm::ArrayRef<int64_t> dims, llvm::function_ref<Expr(const Point &)> element);

  /// The sum at `point`, whose indices in the summed dimensions do not matter.
  Expr read(const Point &point) const;

private:
  /// A loop over the tensor: all of a dimension, or the lanes or blocks of its channels, or a part of one of these.
  struct Axis {
    enum Part { Whole, Lane, Block };
    size_t dim;
    Part part;
    int64_t extent; // −1: the batch
    int64_t stride; // its steps in the dimension, lanes or blocks
    bool isSummed;
    Var var;
  };

  void makeAxes(Kernel &kernel, Halide::Type type, llvm::ArrayRef<int64_t> dims);
  void addAxis(size_t dim, Axis::Part part, int64_t extent, bool isSummed);
  Expr readElement(llvm::function_ref<Expr(const Point &)> element, Halide::Type type) const;

  llvm::SmallVector<int64_t> shape;
  int64_t lanes;
  std::vector<Axis> axes; // innermost first; axes[0] is computed in vectors
  int64_t vectorWidth = 1;
  int64_t overlapFrom = 0; // where the summed vectors overlap: the last one's begin
  Func sum;
};

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_SUM_H
