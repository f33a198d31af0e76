// Where the time of a run goes, kernel by kernel.
#ifndef DLC_TOOLS_DLC_PROFILE_H
#define DLC_TOOLS_DLC_PROFILE_H

#include "tools/dlc/LoadedNetwork.h"

#include "llvm/Support/raw_ostream.h"

namespace dlc {

/// One launch of a kernel.
struct KernelProfile {
  std::string name, layers, schedule;
  double milliseconds = 0; // a run, on average
  double gflops = 0;
  double share = 0; // of the sum of all kernels
};

/// Reads the profile of a session that was made with `profile` and has run.
std::vector<KernelProfile> readProfile(const LoadedNetwork &network, dlc_session *session);

void printProfile(llvm::ArrayRef<KernelProfile> kernels, llvm::raw_ostream &os);

} // namespace dlc

#endif // DLC_TOOLS_DLC_PROFILE_H
