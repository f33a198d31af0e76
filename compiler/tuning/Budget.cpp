// The expected gain: what kernels usually gain at first, then less with each trial in vain.
#include "compiler/tuning/Budget.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace dlc::tuning;

/// What a kernel that was never measured is hoped to gain, of its own time.
static constexpr double firstHope = 0.2;
/// So many trials in vain halve the hope.
static constexpr double patience = 16;
/// A gain below this share of the network's time is not worth a batch.
static constexpr double leastGain = 0.0005;

double dlc::tuning::getExpectedGain(const Progress &progress) {
  if (progress.isExhausted)
    return 0;
  const double hope = firstHope * std::exp2(-static_cast<double>(progress.trialsSinceGain) / patience);
  // Nothing comes closer to its bound than by some of the way.
  const double room = std::max(0.0, progress.relative - progress.bound);
  return progress.share * std::min(hope * progress.relative, room / 2);
}

std::optional<size_t> dlc::tuning::chooseKernel(ArrayRef<Progress> kernels) {
  std::optional<size_t> best;
  double most = leastGain;
  for (auto [index, kernel] : enumerate(kernels))
    if (const double gain = getExpectedGain(kernel); gain > most) {
      most = gain;
      best = index;
    }
  return best;
}
