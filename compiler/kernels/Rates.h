// How fast a machine is, by measurement.
#ifndef DLC_COMPILER_KERNELS_RATES_H
#define DLC_COMPILER_KERNELS_RATES_H

namespace dlc::kernels {

/// What all threads that a network runs on do together in a nanosecond.
struct Rates {
  double flops; // multiply-adds count as two
  double bytes; // read from memory that no cache holds
};

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_RATES_H
