// Functions of one real variable that vectorise, NaN and infinity as in IEEE 754.
#ifndef DLC_COMPILER_HALIDE_ALGORITHMS_MATH_H
#define DLC_COMPILER_HALIDE_ALGORITHMS_MATH_H

#include "compiler/halide/Values.h"

namespace dlc::halide_backend {

/// Relative errors up to 2e-7 (f32); f64 goes to libm.
Expr exponential(Expr x);
Expr exponentialMinusOne(Expr x);
Expr hyperbolicTangent(Expr x); // 4e-7
Expr sigmoid(Expr x);
Expr logarithm(Expr x);
/// x^exponent for x ≥ 0.
Expr power(Expr x, double exponent);
/// The same for any x: NaN where the power is not real.
Expr powerOfAny(Expr x, double exponent);
/// log(1 + e^x).
Expr softplus(Expr x);
/// min(max(x, low), high), NaN where x is.
Expr clampOrNan(Expr x, double low, double high);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_ALGORITHMS_MATH_H
