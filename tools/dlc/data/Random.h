// Random numbers that are a pure function of what they are for: Philox 4x32-10, a counter-based generator
// (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
#ifndef DLC_TOOLS_DLC_DATA_RANDOM_H
#define DLC_TOOLS_DLC_DATA_RANDOM_H

#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace dlc {

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t(0xD2511F53) * counter[0], b = uint64_t(0xCD9E8D57) * counter[2];
    counter = {uint32_t(b >> 32) ^ counter[1] ^ key[0], uint32_t(b), uint32_t(a >> 32) ^ counter[3] ^ key[1],
               uint32_t(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// What numbers are drawn for: no two purposes share any.
enum class RandomPurpose : uint32_t { Shuffle = 1, Augment, Split };

/// The four words that belong to the item `index` in an epoch.
inline std::array<uint32_t, 4> drawWords(uint64_t seed, RandomPurpose purpose, int64_t epoch, int64_t index) {
  return philox({uint32_t(index), uint32_t(index >> 32), uint32_t(epoch), uint32_t(purpose)},
                {uint32_t(seed), uint32_t(seed >> 32)});
}

/// A number below `bound`; the bias is below bound / 2^32.
inline uint32_t below(uint32_t word, uint32_t bound) { return uint64_t(word) * bound >> 32; }

/// A permutation of 0 … count - 1, by Fisher and Yates.
inline std::vector<int64_t> drawPermutation(uint64_t seed, RandomPurpose purpose, int64_t epoch, int64_t count) {
  std::vector<int64_t> permutation(count);
  std::iota(permutation.begin(), permutation.end(), 0);
  for (int64_t i = count - 1; i > 0; --i) {
    const std::array<uint32_t, 4> words = drawWords(seed, purpose, epoch, i);
    const uint64_t word = uint64_t(words[1]) << 32 | words[0];
    std::swap(permutation[i], permutation[static_cast<unsigned __int128>(word) * (i + 1) >> 64]);
  }
  return permutation;
}

} // namespace dlc

#endif // DLC_TOOLS_DLC_DATA_RANDOM_H
