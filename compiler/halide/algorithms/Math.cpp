// Approximations in f32 by range reduction and polynomials.
#include "compiler/halide/algorithms/Math.h"

#include <cmath>

using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;
using Halide::strict_float;

Expr halide_backend::clampOrNan(Expr x, double low, double high) {
  Expr lowest = constant(x.type(), low), highest = constant(x.type(), high);
  return select(isLess(x, lowest), lowest, select(isLess(highest, x), highest, x));
}

/// Horner's scheme, lowest degree first.
static Expr polynomial(Expr x, std::initializer_list<double> coefficients) {
  Expr sum;
  for (const double *c = std::rbegin(coefficients).base() - 1; c >= coefficients.begin(); --c)
    sum = sum.defined() ? sum * x + constant(x.type(), *c) : constant(x.type(), *c);
  return sum;
}

namespace {
/// e^x = scale · (1 + fraction), scale a power of two given as two factors that
/// are normal numbers even where their product overflows or is denormal.
struct Exponential {
  Expr fraction, factor1, factor2;
};
} // namespace

static Expr powerOfTwo(Expr exponent) { return Halide::reinterpret<float>((exponent + 127) << 23); }

/// x = k · ln 2 + r, |r| ≤ ln 2 / 2; e^r − 1 by Taylor's series to r⁸.
static Exponential splitExponential(Expr x) {
  Expr bounded = clampOrNan(x, -104.5, 89.5);
  Expr k = Halide::floor(bounded * static_cast<float>(1 / M_LN2) + 0.5f);
  // ln 2 in two parts, the first with so few bits that k times it is exact.
  Expr r = strict_float(strict_float(bounded - strict_float(k * 0.693359375f)) - strict_float(k * -2.12194440e-4f));
  Expr fraction = r * polynomial(r, {1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320});
  Expr exponent = Halide::cast<int>(k), half = exponent >> 1;
  return {fraction, powerOfTwo(half), powerOfTwo(exponent - half)};
}

Expr halide_backend::exponential(Expr x) {
  if (x.type().bits() == 64)
    return Halide::exp(x);
  Exponential e = splitExponential(x);
  return (e.fraction + 1.0f) * e.factor1 * e.factor2;
}

Expr halide_backend::exponentialMinusOne(Expr x) {
  if (x.type().bits() == 64)
    return Halide::exp(x) - constant(x.type(), 1);
  // Wherever the scale could overflow the result does too.
  Exponential e = splitExponential(x);
  Expr scale = e.factor1 * e.factor2;
  return e.fraction * scale + (scale - 1.0f);
}

Expr halide_backend::hyperbolicTangent(Expr x) {
  if (x.type().bits() == 64)
    return Halide::tanh(x);
  // A rational function fitted to tanh on [0, 9] for the least relative error;
  // beyond that tanh is 1 in f32.
  Expr bounded = clampOrNan(x, -9, 9), square = bounded * bounded;
  Expr numerator = polynomial(square, {9.99999993e-01, 1.30840113e-01, 3.10395760e-03, 1.11543227e-05, -2.02252829e-08,
                                       5.27797513e-11, -8.48877660e-14});
  Expr denominator = polynomial(square, {1, 4.64173384e-01, 2.44951839e-02, 2.54614724e-04});
  return clampOrNan(bounded * numerator / denominator, -1, 1);
}

Expr halide_backend::sigmoid(Expr x) { return constant(x.type(), 1) / (constant(x.type(), 1) + exponential(-x)); }

Expr halide_backend::logarithm(Expr x) {
  if (x.type().bits() == 64)
    return Halide::log(x);
  // Halide's expansion is for finite positive numbers.
  Expr infinity = constant(x.type(), INFINITY), smallest = constant(x.type(), 1.17549435e-38);
  Expr finite = select(isLess(x, smallest), smallest, x);
  Expr value = Halide::Internal::halide_log(finite);
  value = select(isLessEqual(x, constant(x.type(), 0)), -infinity, value);
  return select(Halide::is_nan(x) || isLessEqual(infinity, x), x, value);
}

Expr halide_backend::power(Expr x, double exponent) {
  if (exponent == 1)
    return x;
  if (exponent == -1)
    return constant(x.type(), 1) / x;
  if (exponent == 0.5)
    return Halide::sqrt(x);
  if (exponent == -0.5)
    return constant(x.type(), 1) / Halide::sqrt(x);
  if (x.type().bits() == 64)
    return Halide::pow(x, constant(x.type(), exponent));
  if (exponent == -0.75 && x.type().bits() == 32) {
    // r = x^−1/2 by one step of Newton's method; x^−3/4 = r · √r.
    Expr bounded = clampOrNan(x, 1e-30, 3e38);
    Expr r = Halide::fast_inverse_sqrt(bounded);
    r = r * (1.5f - 0.5f * bounded * r * r);
    Expr s = Halide::fast_inverse_sqrt(r);
    Expr value = r * (r * s) * (1.5f - 0.5f * r * s * s);
    return select(isLess(constant(x.type(), 3.4028234e38), x), constant(x.type(), 0), value); // infinity, not NaN
  }
  return exponential(logarithm(x) * constant(x.type(), exponent));
}

Expr halide_backend::powerOfAny(Expr x, double exponent) {
  bool isWhole = exponent == std::floor(exponent);
  if (isWhole && std::abs(exponent) <= 8) {
    Expr product = constant(x.type(), 1);
    for (int i = 0; i < std::abs(exponent); ++i)
      product = i ? product * x : x;
    return exponent < 0 ? constant(x.type(), 1) / product : product;
  }
  if (exponent == 0.5 || exponent == -0.5 || x.type().bits() == 64) // NaN where x < 0 by itself
    return power(x, exponent);
  Expr magnitude = power(Halide::abs(x), exponent);
  Expr ofNegative = !isWhole ? constant(x.type(), NAN) : std::fmod(exponent, 2.0) == 0.0 ? magnitude : -magnitude;
  return select(isLess(x, constant(x.type(), 0)), ofNegative, magnitude);
}

Expr halide_backend::softplus(Expr x) {
  // max(x, 0) + log(1 + e^−|x|). Of w = 1 + u the rounding is undone: log(1 + u) = u · log(w) / (w − 1).
  Expr zero = constant(x.type(), 0), one = constant(x.type(), 1);
  Expr u = exponential(-Halide::abs(x));
  Expr w = strict_float(one + u), rounded = strict_float(w - one);
  Expr logOf = select(isLessEqual(rounded, zero), u, strict_float(u * logarithm(w) / rounded));
  return strict_float(select(isLess(x, zero), zero, x) + logOf);
}
