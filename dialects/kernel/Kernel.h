// The kernel dialect in C++: kernels, layouts, schedules and storage.
#ifndef DLC_DIALECTS_KERNEL_KERNEL_H
#define DLC_DIALECTS_KERNEL_KERNEL_H

#include "dialects/nn/Nn.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc::kernel {
struct Machine; // Machine.h

/// Tasks in which threads share out a kernel's loops for an item, unless there is a
/// reason for others: the last one to end keeps the rest waiting for little, and to
/// take one costs a hundredth of it where a kernel is worth sharing out at all.
inline constexpr int64_t usualTasks = 128;

/// A parameter of a schedule and values to try.
struct ScheduleParameter {
  llvm::StringRef name;
  llvm::SmallVector<int64_t> values;
  /// Of an enumerator; null: it is a number.
  llvm::StringRef (*getName)(int64_t value) = nullptr;
};
} // namespace dlc::kernel

#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelEnums.h.inc"
#include "dialects/kernel/KernelInterfaces.h.inc"
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

/// The device that the module's kernels run on, "cuda" or "opencl": the `device` of
/// its `kernel.target`; "" where they run on the machine itself.
llvm::StringRef getDevice(mlir::ModuleOp module);
inline bool isForDevice(mlir::ModuleOp module) { return !getDevice(module).empty(); }

/// On a function: where the initial values of the training state begin in the weights.
inline constexpr llvm::StringLiteral stateWeightsAttr = "kernel.state_weights";
/// On a module: the other devices that the network is compiled for beside it, strings.
inline constexpr llvm::StringLiteral devicesAttr = "kernel.devices";
/// On a module: the first byte, in the weights of all that the network is compiled
/// for, of those that this module places, and the bytes of all.
inline constexpr llvm::StringLiteral weightsBeginAttr = "kernel.weights_begin",
                                     weightsTotalAttr = "kernel.weights_total";

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_KERNEL_H
