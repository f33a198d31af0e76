// The machine that kernels run on, in numbers.
#ifndef DLC_DIALECTS_KERNEL_MACHINE_H
#define DLC_DIALECTS_KERNEL_MACHINE_H

#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace dlc::kernel {

struct Machine {
  int64_t lanes = 16;     // of f32 in a vector register
  int64_t registers = 32; // vector registers
  int64_t products = 2;   // multiply-adds of vectors that can begin in a cycle
  bool isDevice = false;  // kernels are launched on a device: tensors are row-major, pools stand alone

  /// The machine that the module's `kernel.target` describes; nothing where there is none.
  static std::optional<Machine> of(mlir::ModuleOp module);
};

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_MACHINE_H
