// Decides how the tensors of a network are stored, before anything is rewritten.
#ifndef DLC_COMPILER_KERNELS_LAYOUTPLAN_H
#define DLC_COMPILER_KERNELS_LAYOUTPLAN_H

#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/KernelTable.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace dlc::kernels {

/// The two ways to store a tensor between kernels.
enum class Form { RowMajor, Blocked };

/// What a launch, a concat or a view reads and writes.
struct OpPlan {
  Form result = Form::RowMajor;
  /// How each operand is wanted; nothing: as it is.
  llvm::SmallVector<std::optional<Form>> operands;
  /// The packed form of each operand that is a weight; null: as it is.
  llvm::SmallVector<mlir::Attribute> weights;
  /// The packed form of the result, where it is a weight that nobody reads in another form; else null.
  mlir::Attribute packed;
  /// A concat whose inputs are copied.
  bool copies = false;
};

struct LayoutOptions {
  Machine machine;
  bool exact = false, plain = false;
};

/// 1. In program order, each op chooses its form by those of its operands and by
///    who reads its result.
/// 2. Halos: what the convolutions that read a blocked tensor want, the same for
///    all parts of a concat that lie in its result.
class LayoutPlan {
public:
  LayoutPlan(mlir::func::FuncOp network, const KernelTable &kernels, const LayoutOptions &options);

  const OpPlan &get(mlir::Operation *op) const { return plans.find(op)->second; }
  /// How `value` is stored where it is defined.
  Form getHome(mlir::Value value) const;
  /// The encoding of `value` stored in `form`.
  mlir::Attribute getLayout(mlir::Value value, Form form) const;

private:
  using Sides = std::array<int64_t, 4>;

  void planLaunch(kernel::LaunchOp launch);
  void planContraction(kernel::LaunchOp launch, kernel::FuncOp func, const KernelShape &parts, OpPlan &plan);
  /// `isConstant`: the weight is known when the object is written, as opposed to packed in each run.
  void planConvolution(kernel::FuncOp func, const KernelShape &parts, Form input, bool isConstant, OpPlan &plan,
                       Form &reads, kernel::WeightsAttr &weights);
  void planConcat(nn::ConcatOp concat);
  void planView(mlir::Operation *view);
  void planHalos(mlir::func::FuncOp network);
  void planPacked(mlir::func::FuncOp network);
  kernel::WeightsAttr getWeights(mlir::MLIRContext *context, kernel::WeightsForm form, int64_t inLanes = 1,
                                 int64_t tile = 0) const {
    return kernel::WeightsAttr::get(context, form, lanes, inLanes, tile);
  }
  int64_t getWinogradTile(kernel::FuncOp func, const KernelShape &parts, const ContractionShape &shape,
                          bool isConstant) const;
  bool canBeBlocked(mlir::Type type) const;

  const KernelTable &kernels;
  LayoutOptions options;
  int64_t lanes;
  llvm::DenseMap<mlir::Operation *, OpPlan> plans;
  llvm::DenseMap<mlir::Value, Sides> halos;
};

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_LAYOUTPLAN_H
