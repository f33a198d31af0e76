// The kernels of a module by name, each distinct one once; names of kernels and of what they run.
#ifndef DLC_COMPILER_KERNELS_KERNELTABLE_H
#define DLC_COMPILER_KERNELS_KERNELTABLE_H

#include "dialects/kernel/Kernel.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace dlc::kernels {

/// What a kernel of these layers is called, without a number: "conv3x3_relu_max_pool".
std::string getKernelName(llvm::ArrayRef<mlir::Operation *> layers);

/// The names of the layers, which the importer has left in NameLocs: "conv1, bn1, relu".
std::string getLayerNames(llvm::ArrayRef<mlir::Operation *> layers);

/// The attribute of a launch that holds getLayerNames.
inline constexpr llvm::StringLiteral layersAttr = "layers";

/// Says of a kernel of `network` how many items it is expected to run at once: functions of training run many.
void setExpectedItems(kernel::FuncOp func, mlir::Operation *network);

class KernelTable {
public:
  explicit KernelTable(mlir::ModuleOp module) : symbols(module) {}

  /// Takes `func`, which stands in the module under any name, and calls it `base`
  /// with a number; or erases it and returns a kernel taken before that is like it.
  kernel::FuncOp add(kernel::FuncOp func, llvm::StringRef base);
  /// The same, without a number if the name `whole` is free.
  kernel::FuncOp addAs(kernel::FuncOp func, llvm::StringRef whole);

  kernel::FuncOp lookup(llvm::StringRef name) const { return symbols.lookup<kernel::FuncOp>(name); }
  /// Frees the name of `func`, which stays in the module until it is erased.
  void forget(kernel::FuncOp func) { symbols.remove(func); }

private:
  kernel::FuncOp findAlike(kernel::FuncOp func, llvm::StringRef base);

  mlir::SymbolTable symbols;
  llvm::StringMap<llvm::SmallVector<kernel::FuncOp>> kernels; // by base
};

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_KERNELTABLE_H
