// The kernel dialect in C++: kernels, layouts, schedules and storage.
#ifndef DLC_DIALECTS_KERNEL_KERNEL_H
#define DLC_DIALECTS_KERNEL_KERNEL_H

#include "dialects/nn/Nn.h"
#include "mlir/IR/SymbolTable.h"

#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

namespace dlc::kernel {

/// The blocked layout of a tensor type, or null.
BlockedAttr getBlocked(mlir::Type type);

/// `type` with another encoding (null: row-major).
mlir::RankedTensorType withLayout(mlir::RankedTensorType type, mlir::Attribute layout);

/// Elements that one item of the batch takes in storage, halo and pad lanes included.
int64_t getItemElements(mlir::Type type);

/// Extents of one item's storage, outermost first: [⌈C/lanes⌉, top + H + bottom,
/// left + W + right, lanes] for a blocked tensor, the shape without the batch
/// for a row-major one.
llvm::SmallVector<int64_t> getItemExtents(mlir::RankedTensorType type);

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_KERNEL_H
