// Values for parameters that no file gives.
#ifndef DLC_COMPILER_IMPORTER_INITIALISER_H
#define DLC_COMPILER_IMPORTER_INITIALISER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dlc::importer {

/// Fills `values`, of a parameter of this name and shape, as `init` says:
/// - "zeros", "ones";
/// - "he": uniform within ±√(6 / fan_in) (He et al. 2015);
/// - "xavier": uniform within ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010),
/// where fan_in is the product of all dimensions but the first, and fan_out that
/// of all but the second. Anything else is "he" for two dimensions and more, and
/// "zeros" for fewer.
///
/// Element i is a function of the seed, the name and i alone: SplitMix64 in
/// counter mode, of which 24 bits give an odd multiple of bound / 2^24. So
/// values depend neither on order nor on threads, nor on other parameters.
void drawParameter(uint64_t seed, llvm::StringRef name, llvm::ArrayRef<int64_t> shape, llvm::StringRef init,
                   llvm::MutableArrayRef<float> values);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_INITIALISER_H
