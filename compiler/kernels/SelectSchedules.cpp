// Gives every kernel that has none a schedule, by the cost model's rules.
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/DeviceSchedules.h"
#include "compiler/kernels/Passes.h"
#include "dialects/kernel/Schedules.h"

namespace dlc::kernels {
#define GEN_PASS_DEF_SELECTSCHEDULES
#include "compiler/kernels/Passes.h.inc"
} // namespace dlc::kernels

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;
using kernel::Axis;

//===----------------------------------------------------------------------===//
// What the kernel's types say
//===----------------------------------------------------------------------===//

/// The form of the contraction's weight; null where it is row-major.
static kernel::WeightsAttr getWeightsForm(nn::ContractionOpInterface contraction) {
  auto type = cast<RankedTensorType>(contraction.getWeightOperand().get().getType());
  return dyn_cast_or_null<kernel::WeightsAttr>(type.getEncoding());
}

//===----------------------------------------------------------------------===//
// The families
//===----------------------------------------------------------------------===//

namespace {
/// Chooses the schedule of one kernel.
class Selector {
public:
  Selector(kernel::FuncOp func, const Machine &machine)
      : func(func), machine(machine), parts(KernelShape::of(func)), context(func.getContext()) {}

  Attribute select();
  double getTime() const { return getKernelTime(func, getTile(), machine); }

private:
  Attribute selectDirect(const ContractionShape &shape);
  Attribute selectRowMajor(const ContractionShape &shape);
  Attribute selectWinograd(const ContractionShape &shape, int64_t tile);
  Attribute selectWinogradOfMany(const ContractionShape &shape, int64_t tile, int64_t items);
  Attribute selectDepthwise(const ContractionShape &shape);
  Attribute selectDense(const ContractionShape &shape);
  Attribute selectGradWeight(nn::Conv2dGradWeightOp op);
  Attribute selectPointwise();

  int64_t getTile() const;
  int64_t getBlocks(const ContractionShape &shape) const {
    return llvm::divideCeilSigned(shape.outChannels, machine.lanes);
  }
  bool isParallel() const { return getTime() >= parallelThreshold; }

  kernel::FuncOp func;
  const Machine &machine;
  KernelShape parts;
  MLIRContext *context;
};
} // namespace

int64_t Selector::getTile() const {
  nn::ContractionOpInterface contraction = parts.contraction;
  kernel::WeightsAttr form = contraction ? getWeightsForm(contraction) : kernel::WeightsAttr();
  return form ? form.getTile() : 0;
}

Attribute Selector::select() {
  for (auto op : func.getBlock().getOps<nn::Conv2dGradWeightOp>())
    return selectGradWeight(op);
  if (!parts.contraction)
    return selectPointwise();
  ContractionShape shape = ContractionShape::of(parts.contraction);
  kernel::WeightsAttr form = getWeightsForm(parts.contraction);
  if (!form)
    return shape.groups == 1 && isa<nn::WindowOpInterface>(*parts.contraction) ? selectRowMajor(shape)
                                                                               : selectPointwise();
  switch (form.getForm()) {
  case kernel::WeightsForm::Winograd:
    return selectWinograd(shape, form.getTile());
  case kernel::WeightsForm::Depthwise:
    return selectDepthwise(shape);
  case kernel::WeightsForm::Direct:
    return shape.isDense() ? selectDense(shape) : selectDirect(shape);
  case kernel::WeightsForm::Channels:
    break;
  }
  return selectPointwise();
}

/// Pixels of a row (of the whole plane, for a matrix product whose tensors have
/// no halo) by blocks of channels.
Attribute Selector::selectDirect(const ContractionShape &shape) {
  bool line = kernel::computesInLine(func, parts, shape);
  Machine narrow = machine; // the sum's vectors may be parts of a block
  narrow.lanes = std::min(machine.lanes, getWeightsForm(parts.contraction).getLanes());
  if (narrow.lanes < machine.lanes)
    narrow.products = 2;
  Product product = Product::of(shape, line ? shape.getPixels() : shape.output[1], narrow);
  product.step = machine.lanes / narrow.lanes;
  RegisterTile tile = chooseRegisterTile(product, Tail::Guarded, narrow);
  tile.blocks = llvm::divideCeilSigned(tile.blocks, product.step);
  bool parallel = isParallel();
  int64_t strips = 0;
  if (parts.pool)
    strips = chooseStrips(shape, WindowShape::of(parts.pool),
                          cast<RankedTensorType>(parts.pool->getResult(0).getType()).getDimSize(2),
                          llvm::divideCeilSigned(getBlocks(shape), tile.blocks), machine, parallel);
  return kernel::DirectConvAttr::get(context, tile.pixels, tile.blocks, /*unrollK=*/1, strips,
                                     parallel ? Axis::Both : Axis::None, Axis::Blocks, kernel::usualTasks);
}

/// Lanes run over x: a tile is a vector in up to four rows by channels.
Attribute Selector::selectRowMajor(const ContractionShape &shape) {
  RegisterTile tile = chooseRegisterTile({std::min<int64_t>(4, shape.output[0]), shape.outChannels, shape.getDepth()},
                                         Tail::Guarded, machine);
  return kernel::DirectConvAttr::get(context, tile.pixels, tile.blocks, /*unrollK=*/1, /*strips=*/parts.pool ? 1 : 0,
                                     isParallel() ? Axis::Both : Axis::None, Axis::Blocks, kernel::usualTasks);
}

/// Planes of up to 100 tiles are one strip, so that weights are read once, and
/// threads share its channels. Else a row of tiles, or two where it is short:
/// what is in flight stays in the second cache. Of many items, a strip takes
/// several with few tiles, and threads share the strips.
Attribute Selector::selectWinograd(const ContractionShape &shape, int64_t tile) {
  int64_t rows = llvm::divideCeilSigned(shape.output[0], tile), columns = llvm::divideCeilSigned(shape.output[1], tile);
  int64_t blocks = getBlocks(shape);
  bool whole = rows == 1 || rows * columns <= 100;
  int64_t strip = whole ? rows : columns < 14 && rows % 2 == 0 ? 2 : 1;
  int64_t items = func.getItems().value_or(1);
  if (items > 1)
    return selectWinogradOfMany(shape, tile, items);
  RegisterTile product = chooseRegisterTile({strip * columns, blocks, shape.inChannels}, Tail::Rounded, machine);
  // About four blocks, an even number of times if channels are shared out.
  int64_t group = product.blocks * std::max<int64_t>(1, 4 / product.blocks);
  if (whole && llvm::divideCeilSigned(blocks, group) % 2)
    group = product.blocks;
  Axis axis = !isParallel() ? Axis::None : whole ? Axis::Both : Axis::Rows;
  return kernel::WinogradAttr::get(context, tile, strip, product.pixels, product.blocks, group, /*images=*/1, axis);
}

Attribute Selector::selectWinogradOfMany(const ContractionShape &shape, int64_t tile, int64_t items) {
  const int64_t wanted = 64; // tiles, by which a weight is multiplied while it is in the cache
  int64_t rows = llvm::divideCeilSigned(shape.output[0], tile), columns = llvm::divideCeilSigned(shape.output[1], tile);
  int64_t strip = std::clamp<int64_t>(wanted / columns, 1, rows);
  int64_t images =
      strip < rows ? 1 : std::clamp<int64_t>(wanted / (rows * columns), 1, llvm::divideCeilSigned(items, 2));
  RegisterTile product =
      chooseRegisterTile({images * strip * columns, getBlocks(shape), shape.inChannels}, Tail::Rounded, machine);
  int64_t group = product.blocks * std::max<int64_t>(1, 4 / product.blocks);
  return kernel::WinogradAttr::get(context, tile, strip, product.pixels, product.blocks, group, images,
                                   isParallel() ? Axis::Rows : Axis::None);
}

/// 14x1 pixels of a block, or fewer in more rows where the plane is narrow.
Attribute Selector::selectDepthwise(const ContractionShape &shape) {
  int64_t sums = std::min<int64_t>(14, machine.registers - 4);
  int64_t width = shape.output[1], tileX = 1;
  double best = 0;
  for (int64_t tile = std::min(sums, width); tile >= 1; --tile) {
    double used = static_cast<double>(width) / (llvm::divideCeilSigned(width, tile) * tile) * std::min(1.0, tile / 7.0);
    if (used > best * 1.001) {
      best = used;
      tileX = tile;
    }
  }
  int64_t tileY = std::max<int64_t>(1, std::min(sums / tileX, shape.output[0]));
  return kernel::DepthwiseAttr::get(context, tileX, tileY, isParallel() ? Axis::Both : Axis::None, kernel::usualTasks);
}

/// Weights are read once, whatever the tile, unless there are items in the batch to share them.
Attribute Selector::selectDense(const ContractionShape &shape) {
  int64_t batch = cast<RankedTensorType>(func.getFunctionType().getResult(0)).getDimSize(0);
  int64_t blocks = getBlocks(shape);
  int64_t items = ShapedType::isDynamic(batch) ? func.getItems().value_or(1) : batch;
  bool many = items >= 4;
  int64_t tileC = std::min<int64_t>(blocks, many ? 4 : 8);
  int64_t tileN = many ? std::min<int64_t>(items, tileC == 4 ? 6 : 8) : 1;
  while (!kernel::fitsRegisters(tileC, tileN, machine))
    --tileN;
  return kernel::DenseAttr::get(context, tileC, tileN, isParallel() ? Axis::Blocks : Axis::None, /*unrollK=*/4,
                                kernel::usualTasks);
}

/// About 16 sums in registers, of which an image's plane is read: two blocks of
/// output channels by eight input channels, or columns of the window where these
/// are few. Small planes are summed four at a time, with all input channels of an
/// image while its gradient is in the cache; windows with a stride read an image
/// once for all output channels, as they use little of each of its lines. Where
/// tiles are too few to share, chunks of the batch are.
Attribute Selector::selectGradWeight(nn::Conv2dGradWeightOp op) {
  auto input = cast<RankedTensorType>(op.getInput().getType()),
       gradient = cast<RankedTensorType>(op.getGradient().getType());
  ArrayRef<int64_t> weight = cast<RankedTensorType>(op.getType()).getShape();
  bool inRows = !kernel::getBlocked(gradient),
       isDepthwise = op.getGroups() > 1 && weight[1] == 1 && gradient.getDimSize(1) == input.getDimSize(1);
  bool isTiled = op.getGroups() == 1 || (isDepthwise && !kernel::getBlocked(input) == inRows);
  if (!isTiled || (inRows && op.getStride()[1] != 1))
    return selectPointwise();
  int64_t blocks = inRows ? weight[0] : llvm::divideCeilSigned(weight[0], machine.lanes);
  int64_t sums = std::min<int64_t>(16, machine.registers / 2), columns = weight[3];
  int64_t tileC, tileI = 1, tileK = 1, inputBlocks = 1;
  if (inRows) {
    tileK = std::min<int64_t>(columns, 5);
    tileC = std::clamp<int64_t>(sums / tileK, 1, blocks);
  } else {
    int64_t inputs = isDepthwise ? 1 : kernel::getBlocked(input) ? machine.lanes : std::min<int64_t>(weight[1], 16);
    inputBlocks = llvm::divideCeilSigned(weight[1], inputs);
    tileC = std::min<int64_t>(blocks, inputs == 1 ? 4 : 2);
    tileI = std::clamp<int64_t>(sums / tileC, 1, inputs);
    if (tileI > 8)
      tileI = 8;
    tileK = std::clamp<int64_t>(3 * sums / 2 / (tileC * tileI), 1, columns);
  }
  int64_t pixels = gradient.getDimSize(2) * gradient.getDimSize(3);
  bool isSmall = pixels <= 64, isStrided = op.getStride()[0] > 1 || op.getStride()[1] > 1;
  auto inside = isStrided ? kernel::Operands::Outputs : isSmall ? kernel::Operands::Inputs : kernel::Operands::None;
  int64_t outside = (inside == kernel::Operands::Inputs ? 1 : inputBlocks) *
                    (inside == kernel::Operands::Outputs ? 1 : llvm::divideCeilSigned(blocks, tileC));
  int64_t chunks = outside % 2 == 0 || outside > 8 ? 1 : 8;
  return kernel::GradWeightAttr::get(context, tileC, tileI, tileK, isSmall ? 4 : 1, chunks, inside,
                                     isParallel() ? Axis::Both : Axis::None);
}

Attribute Selector::selectPointwise() {
  return kernel::PointwiseAttr::get(context, machine.lanes, /*unroll=*/1, isParallel() ? Axis::Both : Axis::None);
}

Attribute dlc::kernels::selectSchedule(kernel::FuncOp func, const Machine &machine) {
  return machine.isDevice ? selectDeviceSchedule(func) : Selector(func, machine).select();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct SelectSchedules : kernels::impl::SelectSchedulesBase<SelectSchedules> {
  using SelectSchedulesBase::SelectSchedulesBase;

  void runOnOperation() override {
    std::optional<Machine> machine = Machine::of(getOperation());
    if (!machine) {
      getOperation().emitOpError("expects 'kernel.target' with the 'vector_bytes' of the machine");
      return signalPassFailure();
    }
    for (auto func : getOperation().getOps<kernel::FuncOp>()) {
      Selector selector(func, *machine);
      if (!func.getScheduleAttr())
        func.setScheduleAttr(!plain ? selectSchedule(func, *machine)
                             : machine->isDevice
                                 ? Attribute(kernel::GpuElementwiseAttr::get(&getContext(), 128))
                                 : kernel::PointwiseAttr::get(&getContext(), machine->lanes, 1, Axis::Both));
      if (costs)
        func->setAttr("kernel.cost",
                      IntegerAttr::get(IntegerType::get(&getContext(), 64), std::llround(selector.getTime())));
    }
  }
};
} // namespace
