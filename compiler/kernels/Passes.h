// The kernels room: a network becomes fused kernels with layouts and schedules (nn → kernel).
#ifndef DLC_COMPILER_KERNELS_PASSES_H
#define DLC_COMPILER_KERNELS_PASSES_H

#include "dialects/kernel/Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dlc::kernels {

#define GEN_PASS_DECL
#include "compiler/kernels/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/kernels/Passes.h.inc"

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_PASSES_H
