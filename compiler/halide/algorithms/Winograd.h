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

/// G · g · Gt at `domain`, that of a packed weight, where `read` is the weight's element at a tap.
Expr defineWinogradWeight(Kernel &kernel, const Domain &domain, int64_t tile,
                          llvm::function_ref<Expr(Expr y, Expr x)> read);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_WINOGRAD_H
