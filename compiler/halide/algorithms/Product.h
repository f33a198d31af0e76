// Contractions as products of two operands that a block of a device's threads stages in shared memory.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_PRODUCT_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_PRODUCT_H

#include "compiler/halide/algorithms/Algorithms.h"

namespace dlc::halide_backend {

/// Whether the kernel's schedule is #kernel.gpu_tiled resp. #kernel.gpu_dense.
bool isTiledProduct(const Kernel &kernel);
bool isDenseProduct(const Kernel &kernel);

llvm::LogicalResult defineTiledConv2d(Kernel &kernel, nn::Conv2dOp op);
llvm::LogicalResult defineTiledLinear(Kernel &kernel, nn::LinearOp op);
llvm::LogicalResult defineTiledConv2dGradWeight(Kernel &kernel, nn::Conv2dGradWeightOp op);
llvm::LogicalResult defineTiledLinearGradWeight(Kernel &kernel, nn::LinearGradWeightOp op);

/// A linear layer, or a convolution whose window is the whole plane.
llvm::LogicalResult defineDenseProduct(Kernel &kernel, nn::ContractionOpInterface op);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_PRODUCT_H
