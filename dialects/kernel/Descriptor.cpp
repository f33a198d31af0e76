// Descriptors of arguments and results.
#include "dialects/kernel/Descriptor.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

/// A dense tensor with these extents, outermost first; −1 is the batch.
static Descriptor describeDense(ArrayRef<int64_t> extents) {
  Descriptor descriptor;
  int64_t stride = 1;
  for (int64_t extent : llvm::reverse(extents)) {
    descriptor.dimensions.push_back({0, extent, stride});
    stride *= extent;
  }
  return descriptor;
}

/// [⌈O/l⌉, ⌈I/m⌉, kh, kw, m, l] and its kin, outermost first.
static SmallVector<int64_t> getPackedExtents(WeightsAttr layout, ArrayRef<int64_t> shape) {
  int64_t lanes = layout.getLanes(), inLanes = layout.getInLanes();
  int64_t blocks = llvm::divideCeilSigned(shape[0], lanes);
  int64_t inBlocks = llvm::divideCeilSigned(shape.size() > 1 ? shape[1] : 1, inLanes);
  int64_t rows = shape.size() > 2 ? shape[2] : 1, columns = shape.size() > 3 ? shape[3] : 1;
  switch (layout.getForm()) {
  case WeightsForm::Channels:
    return {blocks, lanes};
  case WeightsForm::Depthwise:
    return {blocks, rows, columns, lanes};
  case WeightsForm::Winograd:
    return {(layout.getTile() + 2) * (layout.getTile() + 2), blocks, inBlocks, inLanes, lanes};
  case WeightsForm::Direct:
    return {blocks, inBlocks, rows, columns, inLanes, lanes};
  }
  llvm_unreachable("every form of weights is described");
}

static Descriptor describe(RankedTensorType type, int64_t item, bool withHalo) {
  ArrayRef<int64_t> shape = type.getShape();
  if (auto weights = dyn_cast_or_null<WeightsAttr>(type.getEncoding()))
    return describeDense(getPackedExtents(weights, shape));
  if (shape.empty())
    return {};

  SmallVector<int64_t> extents = {type.isDynamicDim(0) ? -1 : shape[0]};
  llvm::append_range(extents, getItemExtents(type));
  Descriptor descriptor = describeDense(extents);
  if (item)
    descriptor.dimensions.back().stride = item;
  BlockedAttr blocked = getBlocked(type);
  if (!blocked || shape.size() != 4)
    return descriptor;

  DescriptorDimension &x = descriptor.dimensions[1], &y = descriptor.dimensions[2];
  if (withHalo) {
    x.min = -blocked.getHaloAt(1);
    y.min = -blocked.getHaloAt(0);
    return descriptor;
  }
  x.extent = shape[3];
  y.extent = shape[2];
  descriptor.offset = blocked.getHaloAt(1) * x.stride + blocked.getHaloAt(0) * y.stride;
  return descriptor;
}

Descriptor kernel::describeArgument(RankedTensorType type, int64_t item) { return describe(type, item, true); }

Descriptor kernel::describeResult(RankedTensorType type, int64_t item) { return describe(type, item, false); }
