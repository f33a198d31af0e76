// What a lowered kernel launches on its device.
#ifndef DLC_COMPILER_HALIDE_LAUNCHES_H
#define DLC_COMPILER_HALIDE_LAUNCHES_H

#include "compiler/halide/Values.h"

#include <string>

namespace dlc::halide_backend {

/// As text, a line each: "blocks X Y Z threads X Y Z shared BYTES", for a batch of `batch`;
/// `batchNames` are the extents that are the batch. Loops that the machine runs by itself
/// are a line "host NAME". Where a number cannot be told, `error` says which.
std::string describeLaunches(const Halide::Internal::Stmt &body, llvm::ArrayRef<std::string> batchNames, int batch,
                             std::string &error);

/// Where threads of a block wait for each other although not all of them come there, which hangs a device; "" where
/// that is nowhere.
std::string findDivergentBarrier(const Halide::Internal::Stmt &body);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_LAUNCHES_H
