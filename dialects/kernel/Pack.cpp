// Packs parameters into the layouts that kernels read.
#include "dialects/kernel/Kernel.h"
#include "dialects/kernel/Winograd.h"
#include <algorithm>

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

namespace {
/// The shape of a weight as [O, I, window...], row-major.
struct WeightShape {
  explicit WeightShape(ArrayRef<int64_t> shape)
      : outputs(shape[0]), inputs(shape.size() > 1 ? shape[1] : 1) {
    for (int64_t extent : shape.drop_front(std::min<size_t>(2, shape.size())))
      window *= extent;
  }
  int64_t outputs, inputs, window = 1;
};
} // namespace

/// [O, I, k] → [⌈O/l⌉, ⌈I/m⌉, k, m, l]. With I = m = 1 that is also the form
/// `depthwise`, and with k = 1 besides, `channels`.
static void packDirect(const WeightShape &shape, int64_t lanes, int64_t inLanes, ArrayRef<float> from,
                       MutableArrayRef<float> to) {
  int64_t inBlocks = llvm::divideCeilSigned(shape.inputs, inLanes);
  for (int64_t o = 0; o < shape.outputs; ++o)
    for (int64_t i = 0; i < shape.inputs; ++i) {
      const float *source = &from[(o * shape.inputs + i) * shape.window];
      float *target = &to[((((o / lanes) * inBlocks + i / inLanes) * shape.window) * inLanes + i % inLanes) * lanes +
                          o % lanes];
      for (int64_t k = 0; k < shape.window; ++k)
        target[k * inLanes * lanes] = source[k];
    }
}

/// [O, I, 3, 3] → G · w · Gᵀ as [(tile + 2)², ⌈O/l⌉, ⌈I/m⌉, m, l].
static void packWinograd(const WeightShape &shape, WeightsAttr layout, ArrayRef<float> from,
                         MutableArrayRef<float> to) {
  int64_t size = layout.getTile() + 2, lanes = layout.getLanes(), inLanes = layout.getInLanes();
  WinogradMatrices::Matrix g = getWinogradMatrices(layout.getTile()).g;
  int64_t outBlocks = llvm::divideCeilSigned(shape.outputs, lanes);
  int64_t inBlocks = llvm::divideCeilSigned(shape.inputs, inLanes);
  int64_t plane = outBlocks * inBlocks * inLanes * lanes;
  for (int64_t o = 0; o < shape.outputs; ++o)
    for (int64_t i = 0; i < shape.inputs; ++i) {
      const float *w = &from[(o * shape.inputs + i) * 9];
      float *target = &to[(((o / lanes) * inBlocks + i / inLanes) * inLanes + i % inLanes) * lanes + o % lanes];
      for (int64_t y = 0; y < size; ++y) {
        double row[3]; // row y of G · w
        for (int64_t x = 0; x < 3; ++x)
          row[x] = g[y][0] * w[x] + g[y][1] * w[3 + x] + g[y][2] * w[6 + x];
        for (int64_t x = 0; x < size; ++x)
          target[(y * size + x) * plane] = static_cast<float>(g[x][0] * row[0] + g[x][1] * row[1] + g[x][2] * row[2]);
      }
    }
}

void PackOp::evaluate(ArrayRef<ArrayRef<float>> operands, MutableArrayRef<float> result) {
  auto type = cast<RankedTensorType>(getResult().getType());
  auto layout = cast<WeightsAttr>(type.getEncoding());
  WeightShape shape(type.getShape());
  std::fill(result.begin(), result.end(), 0.0f);
  if (layout.getForm() == WeightsForm::Winograd)
    return packWinograd(shape, layout, operands[0], result);
  packDirect(shape, layout.getLanes(), layout.getInLanes(), operands[0], result);
}
