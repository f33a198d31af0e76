// Which kernel of a network is worth the next measurements.
#ifndef DLC_COMPILER_TUNING_BUDGET_H
#define DLC_COMPILER_TUNING_BUDGET_H

#include "llvm/ADT/ArrayRef.h"

#include <cstddef>
#include <optional>

namespace dlc::tuning {

/// How a kernel stands.
struct Progress {
  double share = 0;    // of the network's time, with the default choice
  double bound = 0;    // the least time there can be, as a share of the default's
  double relative = 1; // of the best so far
  size_t trials = 0;   // measured
  size_t trialsSinceGain = 0;
  bool isExhausted = false; // there is nothing left to propose
};

/// What the next batch may take off the network's time, as a share of it: less the longer nothing was gained, and
/// never more than the kernel's bound leaves.
double getExpectedGain(const Progress &progress);

/// The kernel whose next batch is expected to gain most; none where no kernel's gain is worth its time.
std::optional<size_t> chooseKernel(llvm::ArrayRef<Progress> kernels);

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_BUDGET_H
