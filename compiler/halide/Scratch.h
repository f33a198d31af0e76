// The scratch that a lowered kernel asks of the runtime.
#ifndef DLC_COMPILER_HALIDE_SCRATCH_H
#define DLC_COMPILER_HALIDE_SCRATCH_H

#include "compiler/halide/Values.h"

#include <string>

namespace dlc::halide_backend {

struct Scratch {
  int64_t workerBytes = 0;                          // within parallel loops
  int64_t callerBytes = 0, callerBytesPerBatch = 0; // outside of them
  bool parallel = false;
};

/// The most that is live at once, as DLC_SCRATCH_COST counts, for a batch of 1
/// and what each further item adds. `batchNames` are the extents that are the
/// batch. Where an allocation's size cannot be bounded, `error` says which. For a
/// device: bytes of its memory, all of them the caller's.
Scratch measureScratch(const Halide::Internal::Stmt &body, llvm::ArrayRef<std::string> batchNames, bool isDevice,
                       std::string &error);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_SCRATCH_H
