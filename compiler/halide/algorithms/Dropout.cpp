// Dropout by a counter-based generator.
#include "compiler/halide/algorithms/Algorithms.h"

#include <cmath>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::cast;

/// The first word of Philox-4x32-10 (Salmon et al. 2011).
static Expr drawWord(std::array<Expr, 4> counter, std::array<Expr, 2> key) {
  auto word = [](uint32_t value) { return Halide::Internal::make_const(Halide::UInt(32), value); };
  auto high = [](Expr a, Expr b) {
    return cast<uint32_t>((cast<uint64_t>(a) * cast<uint64_t>(b)) >>
                          Halide::Internal::make_const(Halide::UInt(64), 32));
  };
  Expr first = word(0xD2511F53u), second = word(0xCD9E8D57u);
  for (int round = 0; round < 10; ++round) {
    if (round) {
      key[0] = key[0] + word(0x9E3779B9u);
      key[1] = key[1] + word(0xBB67AE85u);
    }
    counter = {high(second, counter[2]) ^ counter[1] ^ key[0], second * counter[2],
               high(first, counter[0]) ^ counter[3] ^ key[1], first * counter[0]};
  }
  return counter[0];
}

LogicalResult halide_backend::defineRandomDropout(Kernel &kernel, nn::RandomDropoutOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput()), &key = kernel.get(op.getKey());
  double p = op.getP().convertToDouble();
  Expr zero = constant(input.type, 0);
  if (p >= 1) {
    kernel.define(op, domain, zero);
    return success();
  }
  // The element's number in its item wraps around in 32 bits.
  Expr number = Halide::Internal::make_zero(Halide::UInt(32));
  for (size_t dim = 1; dim < domain.shape.size(); ++dim)
    number = number * Halide::Internal::make_const(Halide::UInt(32), domain.shape[dim]) +
             cast<uint32_t>(domain.point.at[dim]);
  auto readKey = [&](int index) {
    Point place;
    place.at = {index};
    return key.read(place);
  };
  Expr stream = Halide::Internal::make_const(Halide::UInt(32), static_cast<uint32_t>(op.getStream()));
  Expr random =
      drawWord({number, cast<uint32_t>(domain.point.at[0]), readKey(2), readKey(3) + stream}, {readKey(0), readKey(1)});
  uint64_t threshold = std::llround(p * 4294967296.0);
  Expr isKept = threshold > UINT32_MAX ? Halide::Internal::const_false()
                                       : random >= Halide::Internal::make_const(Halide::UInt(32), threshold);
  kernel.define(op, domain, Halide::select(isKept, input.read(domain.point) * constant(input.type, 1 / (1 - p)), zero));
  return success();
}
