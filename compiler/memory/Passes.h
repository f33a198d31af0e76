// The memory room: liveness, and the places of tensors in the arena.
#ifndef DLC_COMPILER_MEMORY_PASSES_H
#define DLC_COMPILER_MEMORY_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace dlc::memory {

#define GEN_PASS_DECL
#include "compiler/memory/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/memory/Passes.h.inc"

} // namespace dlc::memory

#endif // DLC_COMPILER_MEMORY_PASSES_H
