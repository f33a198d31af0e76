// What the kernels of a compiled network take of its time.
#ifndef DLC_TOOLS_DLC_NETWORKPROFILE_H
#define DLC_TOOLS_DLC_NETWORKPROFILE_H

#include "tools/dlc/MeasuredProgram.h"

#include "llvm/ADT/StringMap.h"

#include <string>

namespace dlc {

struct NetworkProfile {
  struct Usage {
    double seconds = 0, flops = 0; // of all its launches in a run
    size_t launches = 0;
  };

  double seconds = 0; // of a run in which nobody looks at the clock
  int64_t arenaBytes = 0;
  llvm::StringMap<Usage> kernels;
};

/// Runs the shared library at `path`: the whole first, then, whatever `options` says of that, kernel by kernel.
llvm::Expected<NetworkProfile> profileNetwork(const std::string &path, ProgramOptions options);

} // namespace dlc

#endif // DLC_TOOLS_DLC_NETWORKPROFILE_H
