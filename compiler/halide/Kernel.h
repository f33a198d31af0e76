// A kernel in the making: the Funcs of its ops and what a schedule has to know about them.
//
// 1. Every op defines its result as a pure Func (Kernel::define), in blocked
//    coordinates where the kernel has blocked tensors and the rank allows it.
//    Pure Funcs are inlined unless they are stages.
// 2. An op that sums or searches adds a Reduction, whose Func is computed for a
//    tile of the stage that reads it, or a helper that is computed by itself.
// 3. A stage is what has loops of its own: the results, and intermediate values
//    that would otherwise be computed again and again.
// 4. A schedule (schedules/) lays out the loops of the stages and of their
//    reductions.
#ifndef DLC_COMPILER_HALIDE_KERNEL_H
#define DLC_COMPILER_HALIDE_KERNEL_H

#include "compiler/halide/Halide.h"
#include "compiler/halide/Values.h"
#include "llvm/ADT/DenseMap.h"

#include <deque>

namespace dlc::halide_backend {

/// The parts of a Winograd convolution over tiles of `tile` x `tile` pixels. A
/// strip is `stripRows` rows of tiles of each of `images` images, numbered through by `t`.
struct Winograd {
  struct Vars {
    Var lane{"lane"}, t{"t"}, place{"place"}; // place: one of (tile + 2)²
    Var block{"block"}, strip{"strip"}, n{"n"};
    Var i{"i"}, j{"j"}; // column and row within a tile
    Var tileX{"tile_x"}, tileY{"tile_y"};
    Var image{"image"}; // n counts groups of images
  };
  int64_t tile, stripRows, strips, images;
  int64_t tileRows, tileColumns; // of the plane
  int64_t inputLanes;
  Vars vars;
  RDom tiles;        // of a strip: column, row, image
  RDom channels;     // of the input
  Func inputColumns; // Bt · d: (lane, i, j, tileX, tileY, block, image)
  Func input;        // Bt · d · B: (lane, t, block, place, strip, n), an update over `tiles`
  Func sum;          // the products, summed over the channels: (lane, t, block, place, strip, n)
  Func products;     // the same, stored
  Func resultRows;   // At · products: (lane, i, j, tileX, tileY, block, image)
  Func result;       // the op's value
};

/// The gradient of a convolution's weight. A tile of it is summed over some
/// images' planes (`part`), these sums in order over the images of a chunk (`sum`),
/// and the chunks in order.
struct GradWeight {
  struct Vars {
    Var lane{"lane"};                   // of output channels, or of x
    Var kx{"kx"}, ky{"ky"};             // the window
    Var i{"i"}, iBlock{"i_block"};      // input channels
    Var o{"o"};                         // blocks of output channels, or these
    Var group{"group"}, chunk{"chunk"}; // of images
  };
  Vars vars;
  bool inRows = false;                                        // lanes run over x
  int64_t lanes, width, height, inputs, inputBlocks, outputs; // extents of `vars`
  int64_t pixels;                                             // that a part's innermost loop runs over
  Func part;
  RDom plane; // x, y[, image]
  Func sum;
  RDom groups;
  std::vector<std::pair<Func, Domain>> copies; // of operands, with their padding
};

/// The gradient of a linear layer's weight, in tiles of `rows` outputs by `blocks`
/// vectors of inputs.
struct LinearGrad {
  static constexpr int64_t maxBlocks = 4, maxRows = 6;
  struct Vars {
    Var lane{"lane"}, block{"block"}, iTile{"i_tile"}; // of the inputs
    Var row{"row"}, oTile{"o_tile"};                   // of the outputs
    Var line{"line"};                                  // item, and what else is summed over
  };
  Vars vars;
  int64_t lanes, blocks, rows;
  Func input, gradient; // packed
  Func sum;
  RDom lines;
};

/// A contraction on a device. A block's threads compute a tile of results: a column
/// `x` of some rows `y` and some channels `c` each. `part` is the sum over a slab,
/// `sum` that over all slabs.
struct Product {
  struct Vars {
    Var x{"x"}, y{"y"}, c{"c"}, n{"n"};           // results; `left` has its input's plane
    Var k{"k"}, kx{"kx"}, ky{"ky"}, slab{"slab"}; // what is summed over
  };
  Vars vars;
  /// Results that form one line, cut into rows of a block's columns, as opposed to a plane.
  bool isFlat = false;
  /// The dimensions of the op's result, innermost first, that are pixels (x of a
  /// plane, y the next) and channels; all others are items.
  size_t pixelDim = 0, channelDim = 2;
  /// Height and width; what a step to the next result or tap is in `left`'s plane.
  std::array<int64_t, 2> window = {1, 1}, stride = {1, 1}, dilation = {1, 1};
  /// In memory the operand's elements lie next to each other along k, not along x or c.
  bool leftAlongK = false, rightAlongK = false;
  Func left, right;  // (x, y, k, n), (c, kx, ky, k)
  Func part, sum;    // (x, y, c, n[, slab])
  RDom inner, slabs; // (kx, ky, k), (slab)
};

/// A contraction on a device whose few results are each shared by a block's threads.
struct DenseProduct {
  static constexpr int first = 8; // the sums that are left after the first step
  struct Vars {
    Var thread{"thread"}, c{"c"}, n{"n"};
  };
  Vars vars;
  RDom steps;
  Func part, shared; // (thread, c, n): each thread's own sum, in a register and for all to read
  Func few;          // (thread < first, c, n)
  Func sum;          // (c, n)
};

/// A Func that accumulates over `domain`, whose value an op returns unchanged at
/// the same coordinates.
struct Reduction {
  mlir::Operation *op;
  Func func;
  Domain domain;
  RDom range;
  /// A contraction's input with its padding, where it could not be read in place.
  std::optional<Func> padded;
  std::optional<Domain> paddedDomain;
  /// Where there is one, it takes the place of `func` and `range`.
  std::optional<Winograd> winograd;
  std::optional<Product> product;
  std::optional<DenseProduct> dense;
};

/// A Func with loops of its own over `domain`.
struct Stage {
  Func func;
  Domain domain;
  mlir::Value value;
  /// What is accumulated for each of its elements.
  llvm::SmallVector<Reduction *, 1> reductions;
  bool isResult = false;
  /// Where the results are computed in one loop (`func` has a value for each): what
  /// computes all of a step before the first is stored, as a result may take an
  /// argument's place.
  std::optional<Func> joint;
};

/// A Func that is computed before everything else: see Kernel::computeFirst.
struct Helper {
  Func func;
  std::vector<std::pair<Var, int64_t>> outerLoops; // with their extents
  std::vector<Func> inside;
};

class Kernel {
public:
  Kernel(kernel::FuncOp op, const Target &target, const CompileOptions &options);

  /// Defines the Funcs of all ops and results. Fails after a diagnostic.
  llvm::LogicalResult build();

  //===--------------------------------------------------------------------===//
  // For algorithms
  //===--------------------------------------------------------------------===//

  const Tensor &get(mlir::Value value) const { return tensors.find(value)->second; }
  /// The lanes in which the kernel computes a tensor of this shape; 0: row-major.
  int64_t lanesOf(llvm::ArrayRef<int64_t> shape) const { return shape.size() == 4 || shape.size() == 2 ? lanes : 0; }
  /// The domain in which the kernel computes a value of this type.
  Domain makeDomainOf(mlir::Value value) const;
  /// `value` of `op`, its only result, at `domain.point`.
  void define(mlir::Operation *op, const Domain &domain, Expr value);
  /// The same for a sum or search over `range`: `initial`, then `update(previous)`.
  /// Its blocks may be parts of the kernel's.
  Reduction &defineReduction(mlir::Operation *op, const Domain &domain, Expr initial, RDom range,
                             llvm::function_ref<Expr(Expr)> update);
  /// A vector [C] of the kernel's arguments at the channel of `point`.
  Expr readVector(mlir::Value vector, const Point &point) const;
  /// The weight [O, I, kh, kw] or [O, I] of the kernel's arguments.
  Expr readWeight(mlir::Value weight, const Point &output, const Point &input, Expr y, Expr x) const;
  /// Computes a Func that is not any op's value before everything else, `vector`
  /// (its innermost dimension) in vectors where it is long enough.
  void computeFirst(Func func, Var vector, int64_t extent);

  /// Computes a helper whose innermost loops are laid out already before everything
  /// else, its outer loops (all that remain, innermost first) shared out. What is
  /// `inside` is computed at each step of these.
  void computeFirst(Func func, std::vector<std::pair<Var, int64_t>> outerLoops, std::vector<Func> inside) {
    func.compute_root();
    helpers.push_back({func, std::move(outerLoops), std::move(inside)});
  }
  /// The number of items in the batch.
  Expr getBatch() const;
  /// The extent of a dimension of a tensor of this shape.
  Expr getExtent(llvm::ArrayRef<int64_t> shape, size_t dim) const {
    return shape[dim] < 0 ? getBatch() : Expr(static_cast<int>(shape[dim]));
  }

  /// The shape of a tensor as the kernel sees it: see flatPlane.
  llvm::SmallVector<int64_t> shapeOf(mlir::Type type) const;
  mlir::Attribute getSchedule() const;
  std::string nameOf(mlir::Operation *op) const;

  //===--------------------------------------------------------------------===//
  // For schedules
  //===--------------------------------------------------------------------===//

  kernel::FuncOp op;
  const Target &target;
  /// Lanes of the kernel's blocked tensors; 0 where there are none.
  int64_t lanes = 0;
  /// A 1x1 convolution of tensors without halo: [N, C, H, W] is taken for
  /// [N, C, 1, H · W]. Not with asserts, as descriptors have two dimensions there.
  bool flatPlane = false;
  std::deque<Reduction> reductions;
  std::optional<GradWeight> gradWeight;
  std::optional<LinearGrad> linearGrad;
  /// G · g of the weight that the kernel transforms: (lane, in lane, in block, block, i, j).
  std::optional<Func> weightColumns;
  /// In the order of computation, the kernel's results last.
  std::vector<Stage> stages;
  std::vector<Halide::Argument> arguments;
  /// Pixels of a row after which the way to compute them repeats itself.
  int64_t pixelStep = 1;
  /// Helpers that are computed row by row of the plane for all channels, or first.
  std::vector<Func> rowHelpers;
  std::vector<Helper> helpers;
  /// The arguments' extents that are the batch.
  std::vector<std::string> batchNames;

  /// Elements of this type in a vector register; a device's threads have single ones.
  int64_t vectorLanes(Halide::Type type) const {
    return target.isDevice() ? 1 : std::max<int64_t>(1, target.vectorBytes / type.bytes());
  }

private:
  llvm::LogicalResult defineArgument(mlir::BlockArgument argument);
  llvm::LogicalResult defineResult(unsigned index);
  /// Whether several results of the same shape and layout are functions of the
  /// arguments' elements at the same place.
  bool hasJointResults() const;
  void defineJointResults();
  /// Finds the stages; `joins`: values with several readers may stay in one.
  /// False where a reduction would then belong to two stages.
  bool findStages(const std::vector<Stage> &results, bool joins);
  /// Whether the pad lanes of `op`'s result are zero without masking.
  bool hasZeroPadLanes(mlir::Operation *op) const;

  llvm::DenseMap<mlir::Value, Tensor> tensors;
  Expr batch; // where an argument has it
};

/// Defines the Funcs of one op. Fails after a diagnostic.
llvm::LogicalResult defineOp(Kernel &kernel, mlir::Operation *op);

/// Lays out the loops of all stages as the kernel's schedule attribute says.
/// Fails after a diagnostic where it cannot apply.
llvm::LogicalResult applySchedule(Kernel &kernel);

/// Whether an op costs little enough to be computed again by each reader.
bool isCheap(mlir::Operation *op);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_KERNEL_H
