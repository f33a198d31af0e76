// Measures how fast the machine is, for what kernels can be expected to reach on it.
#ifndef DLC_TOOLS_DLC_MACHINERATES_H
#define DLC_TOOLS_DLC_MACHINERATES_H

#include "compiler/kernels/Rates.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dlc {

/// Takes about a tenth of a second. `lanes` of f32 are in the vectors that kernels use: they are multiplied and added
/// in registers, then memory larger than the caches is read, by `threads` threads, or as many as there are processors
/// for, each on one of its own. Of several rounds the fastest counts: what else runs only slows them.
/// Nothing where the processors are not known.
std::optional<kernels::Rates> measureRates(int64_t threads, int64_t lanes);

/// "2 threads, 231 GFLOP/s, 38.1 GB/s"
std::string describeRates(const kernels::Rates &rates, int64_t threads);

} // namespace dlc

#endif // DLC_TOOLS_DLC_MACHINERATES_H
