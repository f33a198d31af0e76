// Draws parameters with a counter-based generator.
#include "compiler/importer/Initialiser.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace llvm;

namespace dlc::importer {

static constexpr uint64_t goldenGamma = 0x9e3779b97f4a7c15;

/// SplitMix64's output function (Steele, Lea and Flood 2014, "mix64variant13").
static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// FNV-1a, for a key that is the same on every machine.
static uint64_t hashName(StringRef name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : name)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

static void drawUniform(uint64_t key, double bound, MutableArrayRef<float> values) {
  double scale = bound / (1 << 24);
  for (auto [i, value] : enumerate(values)) {
    int32_t bits = mix(key + (i + 1) * goldenGamma) >> 40;
    value = float((2 * bits + 1 - (1 << 24)) * scale);
  }
}

void drawParameter(uint64_t seed, StringRef name, ArrayRef<int64_t> shape, StringRef init,
                   MutableArrayRef<float> values) {
  if (init == "zeros" || init == "ones")
    return fill(values, init == "ones" ? 1.0f : 0.0f);
  if (init != "xavier" && init != "he" && shape.size() < 2)
    return fill(values, 0.0f);
  double fanIn = 1, fanOut = 1;
  for (auto [i, dim] : enumerate(shape)) {
    fanIn *= i == 0 ? 1 : dim;
    fanOut *= i == 1 ? 1 : dim;
  }
  double bound = std::sqrt(6 / (init == "xavier" ? fanIn + fanOut : fanIn));
  drawUniform(mix(mix(seed) ^ hashName(name)), bound, values);
}

} // namespace dlc::importer
