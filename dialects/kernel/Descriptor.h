// The buffer descriptors between the driver and the kernels: one definition for those who call and those who are called.
//
// A kernel takes a context pointer, then one descriptor for each argument of its
// kernel.func, in order, then one for each result. Dimensions are innermost first:
//
// - row-major [d0, …, dk]: (dk, …, d0), minima 0;
// - blocked [N, C, H, W]: (lane, x, y, block, n). An argument is described with its
//   halo: x from −left to W + right, y from −top to H + bottom. A result is the
//   interior alone, minima 0, with the strides of the whole;
// - blocked [N, C]: (lane, block, n);
// - packed weights: the storage order of #kernel.weights reversed, minima 0
//   (direct: (l, m, kx, ky, input block, output block); channels: (lane, block)).
//
// The address is that of the element at the minima. Kernels rely on the strides
// given here but for the batch's, on 64-byte alignment of what is blocked or
// packed, and on nothing but the element's alignment otherwise.
#ifndef DLC_DIALECTS_KERNEL_DESCRIPTOR_H
#define DLC_DIALECTS_KERNEL_DESCRIPTOR_H

#include "dialects/kernel/Kernel.h"

namespace dlc::kernel {

/// In elements; an extent of −1 is the batch.
struct DescriptorDimension {
  int64_t min, extent, stride;
};

struct Descriptor {
  llvm::SmallVector<DescriptorDimension> dimensions; // innermost first
  int64_t offset = 0; // elements from the storage's begin to the element at the minima
};

/// The descriptor of an argument resp. a result of `type` of which two items of the
/// batch lie `item` elements apart (0: side by side).
Descriptor describeArgument(mlir::RankedTensorType type, int64_t item = 0);
Descriptor describeResult(mlir::RankedTensorType type, int64_t item = 0);

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_DESCRIPTOR_H
