// What a kernel computes, in numbers: what the cost model, the passes and the spaces of schedules ask of a group of
// layers.
#ifndef DLC_DIALECTS_KERNEL_KERNELSHAPE_H
#define DLC_DIALECTS_KERNEL_KERNELSHAPE_H

#include "dialects/kernel/Kernel.h"

#include <array>

namespace dlc::kernel {

/// The sizes of a window over a plane, [height, width]; padding is [top, left, bottom, right].
struct WindowShape {
  std::array<int64_t, 2> size = {1, 1}, stride = {1, 1}, dilation = {1, 1};
  std::array<int64_t, 4> padding = {0, 0, 0, 0};

  static WindowShape of(nn::WindowOpInterface layer);
  /// Whether an element of the input falls into more than one window.
  bool overlaps() const;
};

/// A contraction. A linear layer over [N, I] is a 1x1 window over a plane of one
/// pixel; over more dimensions, all but the last are its plane.
struct ContractionShape {
  int64_t inChannels = 0, outChannels = 0, groups = 1;
  std::array<int64_t, 2> input = {1, 1}, output = {1, 1}; // height, width
  WindowShape window;

  static ContractionShape of(nn::ContractionOpInterface layer);
  bool isDepthwise() const { return groups > 1 && groups == inChannels && groups == outChannels; }
  /// A matrix product over the pixels of the plane.
  bool isPointwise() const;
  /// Each output reads the whole input once: a matrix times a vector for each item of the batch.
  bool isDense() const;
  int64_t getPixels() const { return output[0] * output[1]; }
  int64_t getTaps() const { return window.size[0] * window.size[1]; }
  /// Products that are summed for one output.
  int64_t getDepth() const { return inChannels / groups * getTaps(); }
  double getFlops() const { return 2.0 * getPixels() * outChannels * getDepth(); }
  double getWeightBytes() const { return 4.0 * outChannels * getDepth(); }
  double getInputBytes() const { return 4.0 * inChannels * input[0] * input[1]; }
  double getOutputBytes() const { return 4.0 * outChannels * getPixels(); }
};

/// The parts of a kernel.
struct KernelShape {
  nn::ContractionOpInterface contraction; // or null
  nn::WindowOpInterface pool;             // a window that is no contraction, or null
  bool convertsInput = false;             // reads the program's raw values

  static KernelShape of(FuncOp func);
};

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_KERNELSHAPE_H
