// Reverse-mode differentiation of a block of nn ops.
#ifndef DLC_COMPILER_TRANSFORMS_DIFFERENTIATE_H
#define DLC_COMPILER_TRANSFORMS_DIFFERENTIATE_H

#include "dialects/nn/Nn.h"
#include "llvm/ADT/MapVector.h"

namespace dlc::transforms {

/// The values whose gradients are known, each as the sum of what was added so far.
using Gradients = llvm::MapVector<mlir::Value, mlir::Value>;

/// Builds, at the end of `block`, the gradients of `wanted`, given in `gradients`
/// those of the values that the derivation begins with; enters them, and those on
/// the way, there. A wanted value that nothing depends on gets none. Fails after a
/// diagnostic at a layer that has no gradient.
llvm::LogicalResult differentiate(mlir::Block &block, llvm::ArrayRef<mlir::Value> wanted, Gradients &gradients);

} // namespace dlc::transforms

#endif // DLC_COMPILER_TRANSFORMS_DIFFERENTIATE_H
