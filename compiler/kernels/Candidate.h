// A network of one kernel, to be run by itself.
#ifndef DLC_COMPILER_KERNELS_CANDIDATE_H
#define DLC_COMPILER_KERNELS_CANDIDATE_H

#include "compiler/kernels/Choice.h"
#include "mlir/IR/OwningOpRef.h"

namespace dlc::kernels {

/// What kernels of a candidate that only bring operands and results into their
/// form are called, with a number behind.
inline constexpr llvm::StringLiteral frameName = "frame";

/// Whether a kernel can be run by itself: its operands and results can be brought
/// from and to row-major.
bool canStandAlone(kernel::FuncOp func);

/// A module in which `func` is the only kernel beside those that bring operands that
/// are no parameters from the program's row-major tensors into the form that it
/// reads, and its results back: what it reads has just been written, as in its
/// network. Parameters are drawn. With a `choice`, it is applied.
mlir::OwningOpRef<mlir::ModuleOp> makeCandidate(kernel::FuncOp func, const Choice *choice,
                                                const kernel::Machine &machine);

/// The same computed plainly: all row-major, each result by itself, on the machine itself.
mlir::OwningOpRef<mlir::ModuleOp> makeReference(kernel::FuncOp func, const kernel::Machine &machine);

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_CANDIDATE_H
