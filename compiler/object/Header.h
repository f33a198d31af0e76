// The C header of a compiled network.
#ifndef DLC_COMPILER_OBJECT_HEADER_H
#define DLC_COMPILER_OBJECT_HEADER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace dlc::object {

/// What the arena of a session takes; see runtime/include/dlc/model.h.
struct ArenaSize {
  int64_t fixed = 0, perBatch = 0, perThread = 0;
};

/// The text of `fileName`, which declares the model of `network` and what a
/// program needs to run it, as C99 and as C++; with `hasTraining` also its
/// training. `source` is the network file's name.
std::string writeHeader(mlir::func::FuncOp network, const ArenaSize &arena, bool hasTraining, llvm::StringRef fileName,
                        llvm::StringRef source);

} // namespace dlc::object

#endif // DLC_COMPILER_OBJECT_HEADER_H
