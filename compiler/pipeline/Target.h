// The machines that networks are compiled for.
#ifndef DLC_COMPILER_PIPELINE_TARGET_H
#define DLC_COMPILER_PIPELINE_TARGET_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringRef.h"

namespace dlc::pipeline {

/// The names that --target takes.
llvm::ArrayRef<llvm::StringRef> getTargetNames();

/// The names that --gpu takes.
llvm::ArrayRef<llvm::StringRef> getDeviceNames();

/// The target called `name` as the module attribute `kernel.target`:
/// {triple, features, vector_bytes}. "host" becomes what this machine can do, with its
/// {cpu}, LLVM's name of it: the object runs on others too, but schedules are chosen for it.
/// Null where there is no such target.
mlir::DictionaryAttr resolveTarget(llvm::StringRef name, mlir::MLIRContext *context);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_TARGET_H
