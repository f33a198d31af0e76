// The matrices of Winograd's minimal filtering, which packing and kernels share.
#ifndef DLC_DIALECTS_KERNEL_WINOGRAD_H
#define DLC_DIALECTS_KERNEL_WINOGRAD_H

#include <cstdint>
#include <vector>

namespace dlc::kernel {

/// F(m, 3): a filter of 3 taps g over m + 2 inputs d gives m outputs,
/// y = At · ((G · g) ⊙ (Bt · d)) (Winograd 1980; Lavin and Gray 2015, section 4).
struct WinogradMatrices {
  using Matrix = std::vector<std::vector<double>>;
  Matrix at; // (m, m + 2)
  Matrix g;  // (m + 2, 3)
  Matrix bt; // (m + 2, m + 2)
};

/// The matrices for m = 2, 4 or 6, by Toom and Cook's construction on the points
/// 0, then ±p in pairs, and infinity. Rows 2k − 1 and 2k of bt and g, columns of at,
/// belong to the pair k: the two are equal in even places and opposite in odd ones.
WinogradMatrices getWinogradMatrices(int64_t m);

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_WINOGRAD_H
