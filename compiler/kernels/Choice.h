// What the tuner may do to a kernel, and the names by which it knows kernels again.
#ifndef DLC_COMPILER_KERNELS_CHOICE_H
#define DLC_COMPILER_KERNELS_CHOICE_H

#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Machine.h"

#include <optional>
#include <string>
#include <utility>

namespace dlc::kernels {

/// One way of computing a kernel. As text, a dictionary of the IR:
/// `{schedule = #kernel.winograd<…>, split, weights = #kernel.weights<winograd, …>}`.
struct Choice {
  mlir::Attribute schedule;
  kernel::WeightsAttr weights; // of its contraction; null where it stays as it is
  bool isSplit = false;        // the pool, and what follows it, becomes a kernel of its own

  mlir::DictionaryAttr toAttribute() const;
  std::string toText() const;
  static std::optional<Choice> fromAttribute(mlir::Attribute attribute);
  /// Nothing where `text` is no choice; says nothing about it.
  static std::optional<Choice> parse(llvm::StringRef text, mlir::MLIRContext *context);
};

/// On a module: choices by the signatures of kernels, a dictionary.
inline constexpr llvm::StringLiteral tuningAttr = "kernel.tuning";

/// The argument of the kernel that its contraction reads as weight, or null.
mlir::BlockArgument getWeightArgument(kernel::FuncOp func);

/// The form of that weight where it is one of several that the kernel could read, for
/// a direct sum or Winograd's tiles; else null.
kernel::WeightsAttr getOpenForm(kernel::FuncOp func);

/// The form of that weight for a direct sum of whole vectors, from which the others are derived.
kernel::WeightsAttr getDirectForm(kernel::FuncOp func);

/// The launches of `func` in its module.
llvm::SmallVector<kernel::LaunchOp> getLaunches(kernel::FuncOp func);

/// Whether the weight is a parameter in all of them, which is packed once, in any form.
bool hasConstantWeight(kernel::FuncOp func);

/// What `func`, in a module, has in common with kernels that compute the same from
/// operands stored alike on the same target: a hash of its text without its name,
/// its schedule and the form of its weights. Equal in whatever network.
std::string getSignature(kernel::FuncOp func);

/// What a reader calls the kernel: "conv3x3_relu 64x56x56 -> 64x56x56".
std::string describeKernel(kernel::FuncOp func);

/// The module's `kernel.target` as text.
std::string describeTarget(mlir::ModuleOp module);

/// The kernel's layers before its pool, and the pool with those behind it, as two
/// kernels that are in no module; null where it has no pool behind a contraction or
/// layers behind it read others than its result. The caller owns both.
std::pair<kernel::FuncOp, kernel::FuncOp> splitAtPool(kernel::FuncOp func);

/// Gives `weights` to the weight of a kernel's contraction, in its type alone.
void setWeightsForm(kernel::FuncOp func, kernel::WeightsAttr weights);

/// Changes `func` and its launches as `choice` says. What is split off gets the cost model's schedule.
void applyChoice(kernel::FuncOp func, const Choice &choice, const kernel::Machine &machine);

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_CHOICE_H
