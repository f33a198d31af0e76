// Winograd's minimal filtering for 3x3 convolutions of stride 1.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_WINOGRAD_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_WINOGRAD_H

#include "compiler/halide/Kernel.h"

namespace dlc::halide_backend {

/// The form in which `weight` is packed, or null.
kernel::WeightsAttr getWeightsForm(mlir::Value weight);

/// Defines a convolution whose weights are transformed already. Fails after a
/// diagnostic where the window, its step or the layouts do not allow it.
llvm::LogicalResult defineWinogradConv2d(Kernel &kernel, nn::Conv2dOp op);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_WINOGRAD_H
