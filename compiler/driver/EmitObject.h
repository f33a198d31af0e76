// The driver as object code.
#ifndef DLC_COMPILER_DRIVER_EMITOBJECT_H
#define DLC_COMPILER_DRIVER_EMITOBJECT_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace dlc::driver {

/// Compiles the module that --kernel-lower-to-driver left, for its
/// `kernel.target`. Fails after a diagnostic. With `assembly`, returns text.
llvm::FailureOr<std::string> emitObject(mlir::ModuleOp module, bool assembly = false);

} // namespace dlc::driver

#endif // DLC_COMPILER_DRIVER_EMITOBJECT_H
