// The driver room: the planned network becomes the function and the tables that run it.
#ifndef DLC_COMPILER_DRIVER_PASSES_H
#define DLC_COMPILER_DRIVER_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dlc::driver {

#define GEN_PASS_DECL
#include "compiler/driver/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/driver/Passes.h.inc"

} // namespace dlc::driver

#endif // DLC_COMPILER_DRIVER_PASSES_H
