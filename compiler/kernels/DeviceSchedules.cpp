// The rules by which kernels of devices get their schedules.
#include "compiler/kernels/DeviceSchedules.h"
#include "compiler/kernels/CostModel.h"
#include "dialects/kernel/Schedules.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

//===----------------------------------------------------------------------===//
// What keeps devices of the last ten years busy
//===----------------------------------------------------------------------===//

/// Sums of one thread: with their operands they fit into 128 registers, so that 512 threads fit.
static constexpr int64_t threadSums = 56;
/// Threads of a block: enough to hide latencies, few enough that several blocks fit.
static constexpr int64_t blockThreads = 128;

namespace {
/// What a tiled product is chosen by.
struct ProductShape {
  int64_t columns, rows; // of the results' plane; one row: a line, cut at will
  int64_t channels;
  int64_t depth; // of the sum without the window
  WindowShape window;
};
} // namespace

/// Threads over columns: as few whole tiles as cover the row.
static int64_t chooseColumns(const ProductShape &shape) {
  if (shape.rows == 1)
    return 32;
  int64_t tiles = llvm::divideCeilSigned(shape.columns, 32);
  return llvm::divideCeilSigned(shape.columns, tiles);
}

static Attribute chooseTile(const ProductShape &shape, MLIRContext *context) {
  const int64_t columns = chooseColumns(shape);
  const int64_t channels = std::min<int64_t>(8, shape.channels);
  const int64_t groups = std::clamp<int64_t>(llvm::divideCeilSigned(shape.channels, channels), 1,
                                             std::max<int64_t>(1, blockThreads / columns));
  const int64_t lineRows = shape.rows == 1 ? llvm::divideCeilSigned(shape.columns, columns) : shape.rows;
  const int64_t most = std::clamp<int64_t>(threadSums / channels, 1, lineRows);
  // The fewest tiles, and of these the smallest.
  int64_t rows = llvm::divideCeilSigned(lineRows, llvm::divideCeilSigned(lineRows, most));
  int64_t slab = std::min<int64_t>(shape.window.size[0] * shape.window.size[1] > 1 ? 8 : 16, shape.depth);
  auto makeTile = [&] { return kernel::GpuTiledAttr::get(context, columns, rows, groups, channels, slab); };
  auto isTooLarge = [&] { return kernel::getSharedBytes(makeTile(), shape.window) > kernel::sharedBytes; };
  while (isTooLarge() && (slab > 1 || rows > 1)) {
    if (slab > 2 || rows == 1)
      slab = std::max<int64_t>(1, slab / 2);
    else
      rows = llvm::divideCeilSigned(rows, 2);
  }
  return isTooLarge() ? Attribute() : makeTile();
}

static Attribute selectContraction(nn::ContractionOpInterface contraction, kernel::FuncOp func) {
  ContractionShape shape = ContractionShape::of(contraction);
  MLIRContext *context = func.getContext();
  auto result = cast<RankedTensorType>(contraction->getResult(0).getType());
  int64_t items = result.isDynamicDim(0) ? func.getItems().value_or(1) : result.getDimSize(0);
  bool isLinear = !isa<nn::WindowOpInterface>(*contraction);
  if (shape.groups != 1 || (isLinear && result.getRank() != 2))
    return {};
  // Few results, each a long sum; many items of a layer with a window are a product of their own for each.
  if (shape.isDense() && (!isLinear || items < 16))
    return kernel::GpuDenseAttr::get(context, blockThreads, std::min<int64_t>(4, shape.outChannels));
  if (isLinear)
    return chooseTile({items, 1, shape.outChannels, shape.inChannels, {}}, context);
  if (shape.isPointwise())
    return chooseTile({shape.getPixels(), 1, shape.outChannels, shape.inChannels, {}}, context);
  return chooseTile(
      {shape.output[1], std::max<int64_t>(2, shape.output[0]), shape.outChannels, shape.inChannels, shape.window},
      context);
}

Attribute dlc::kernels::selectDeviceSchedule(kernel::FuncOp func) {
  MLIRContext *context = func.getContext();
  Attribute chosen;
  for (Operation &op : func.getBlock().without_terminator()) {
    if (auto contraction = dyn_cast<nn::ContractionOpInterface>(op)) {
      chosen = selectContraction(contraction, func);
    } else if (auto grad = dyn_cast<nn::Conv2dGradWeightOp>(op); grad && grad.getGroups() == 1) {
      ArrayRef<int64_t> weight = cast<RankedTensorType>(grad.getType()).getShape();
      auto plane = cast<RankedTensorType>(grad.getGradient().getType()).getShape();
      chosen = chooseTile({weight[1], 1, weight[0], plane[2] * plane[3], {}}, context);
    } else if (isa<nn::LinearGradWeightOp>(op)) {
      ArrayRef<int64_t> weight = cast<RankedTensorType>(op.getResult(0).getType()).getShape();
      chosen = chooseTile({weight[1], 1, weight[0], static_cast<int64_t>(func.getItems().value_or(64)), {}}, context);
    }
  }
  return chosen ? chosen : kernel::GpuElementwiseAttr::get(context, blockThreads);
}
