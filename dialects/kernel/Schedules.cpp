// The space of each family of schedules: which values of its parameters are worth trying for a kernel, and which go
// together.
#include "dialects/kernel/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;

//===----------------------------------------------------------------------===//
// What families share
//===----------------------------------------------------------------------===//

bool kernel::fitsRegisters(int64_t pixels, int64_t blocks, const Machine &machine) {
  return pixels * blocks + std::min(pixels, blocks) + 1 <= machine.registers;
}

bool kernel::computesInLine(FuncOp func, const KernelShape &parts, const ContractionShape &shape) {
  auto hasHalo = [](Type type) {
    BlockedAttr blocked = getBlocked(type);
    return blocked && llvm::any_of(blocked.getHalo(), [](int64_t width) { return width != 0; });
  };
  return shape.isPointwise() && !parts.pool && llvm::none_of(func.getFunctionType().getInputs(), hasHalo) &&
         llvm::none_of(func.getFunctionType().getResults(), hasHalo);
}

int64_t kernel::getSharedBytes(GpuTiledAttr tile, const WindowShape &window) {
  const int64_t extents[2] = {tile.getRows(), tile.getThreadsX()}, channels = tile.getThreadsC() * tile.getChannels();
  int64_t left = tile.getSlab(), right = tile.getSlab() * channels;
  for (unsigned dim : {0, 1}) {
    left *= (extents[dim] - 1) * window.stride[dim] + (window.size[dim] - 1) * window.dilation[dim] + 1;
    right *= window.size[dim];
  }
  return 4 * (extents[0] * extents[1] * channels + left + right);
}

/// 1, 2, 3 … `last`.
static SmallVector<int64_t> upTo(int64_t last) {
  SmallVector<int64_t> values;
  for (int64_t value = 1; value <= std::max<int64_t>(1, last); ++value)
    values.push_back(value);
  return values;
}

/// Those of `values` that are at most `limit`, and 1.
static SmallVector<int64_t> upTo(int64_t limit, std::initializer_list<int64_t> values) {
  SmallVector<int64_t> kept = {1};
  for (int64_t value : values)
    if (value > 1 && value <= limit)
      kept.push_back(value);
  return kept;
}

static SmallVector<int64_t> getTaskCounts() { return {2, 4, 8, 16, 32, 64, 128}; }

/// Vectors of the sum in a tile of so many blocks of output channels.
static int64_t getVectors(nn::ContractionOpInterface contraction, int64_t blocks, const Machine &machine) {
  auto weights = dyn_cast_or_null<WeightsAttr>(
      cast<RankedTensorType>(contraction.getWeightOperand().get().getType()).getEncoding());
  if (!weights)
    return blocks;
  int64_t all = llvm::divideCeilSigned(ContractionShape::of(contraction).outChannels, weights.getLanes());
  return std::min(all, blocks * std::max<int64_t>(1, machine.lanes / weights.getLanes()));
}

static StringRef getAxisName(int64_t value) { return stringifyAxis(static_cast<Axis>(value)); }
static StringRef getOperandsName(int64_t value) { return stringifyOperands(static_cast<Operands>(value)); }

static ScheduleParameter makeAxis(StringRef name, std::initializer_list<Axis> axes) {
  ScheduleParameter parameter = {name, {}, getAxisName};
  for (Axis axis : axes)
    parameter.values.push_back(static_cast<int64_t>(axis));
  return parameter;
}

/// Steps of a sum over input channels that divide it.
static SmallVector<int64_t> getUnrolls(nn::ContractionOpInterface contraction, const ContractionShape &shape) {
  BlockedAttr blocked = getBlocked(contraction.getInputOperand().get().getType());
  int64_t extent = shape.inChannels / shape.groups;
  if (blocked)
    extent = extent % blocked.getLanes() ? 1 : blocked.getLanes();
  SmallVector<int64_t> values = upTo(16, {2, 4, 8, 16});
  llvm::erase_if(values, [&](int64_t value) { return extent % value != 0; });
  return values;
}

static int64_t getBlocks(const ContractionShape &shape, const Machine &machine) {
  return llvm::divideCeilSigned(shape.outChannels, machine.lanes);
}

/// Items of the batch that a kernel runs at once.
static int64_t getBatch(FuncOp func) {
  int64_t batch = cast<RankedTensorType>(func.getFunctionType().getResult(0)).getDimSize(0);
  return ShapedType::isDynamic(batch) ? func.getItems().value_or(1) : batch;
}

/// What a schedule is without a space: its own values, one for each name.
static SmallVector<ScheduleParameter> getNoSpace(ArrayRef<StringRef> names, ArrayRef<int64_t> values) {
  SmallVector<ScheduleParameter> parameters;
  for (auto [name, value] : llvm::zip_equal(names, values))
    parameters.push_back({name, {value}});
  return parameters;
}

//===----------------------------------------------------------------------===//
// Convolutions and products on the machine
//===----------------------------------------------------------------------===//

SmallVector<int64_t> DirectConvAttr::getValues() const {
  return {getTileX(),
          getTileC(),
          getUnrollK(),
          getStrips(),
          static_cast<int64_t>(getParallel()),
          static_cast<int64_t>(getOuter()),
          getTasks()};
}

Attribute DirectConvAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], values[2], values[3], static_cast<Axis>(values[4]),
             static_cast<Axis>(values[5]), values[6]);
}

SmallVector<ScheduleParameter> DirectConvAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction)
    return getNoSpace({"tileX", "tileC", "unrollK", "strips", "parallel", "outer", "tasks"}, getValues());
  ContractionShape shape = ContractionShape::of(parts.contraction);
  bool isBlocked = isa_and_nonnull<WeightsAttr>(
      cast<RankedTensorType>(parts.contraction.getWeightOperand().get().getType()).getEncoding());
  int64_t pixels = !isBlocked                           ? std::min<int64_t>(8, shape.output[0])
                   : computesInLine(func, parts, shape) ? shape.getPixels()
                                                        : shape.output[1];
  int64_t channels = isBlocked ? getBlocks(shape, machine) : shape.outChannels;
  SmallVector<int64_t> strips = {getStrips()};
  if (parts.pool && isBlocked) {
    strips = {0};
    llvm::append_range(
        strips, upTo(cast<RankedTensorType>(parts.pool->getResult(0).getType()).getDimSize(2), {2, 4, 8, 16, 32}));
  }
  return {{"tileX", upTo(std::min<int64_t>(pixels, 28))},
          {"tileC", upTo(std::min<int64_t>(channels, 8))},
          {"unrollK", getUnrolls(parts.contraction, shape)},
          {"strips", strips},
          makeAxis("parallel", {Axis::None, Axis::Both}),
          isBlocked && !(parts.pool && getStrips()) ? makeAxis("outer", {Axis::Rows, Axis::Blocks})
                                                    : makeAxis("outer", {Axis::Blocks}),
          {"tasks", getTaskCounts()}};
}

/// What a value has no effect on is tried with the usual one alone.
bool DirectConvAttr::isFeasible(Operation *op, const Machine &machine) const {
  bool inStrips = getStrips() > 0, sharesOut = getParallel() != Axis::None && !inStrips;
  KernelShape parts = KernelShape::of(cast<FuncOp>(op));
  int64_t vectors = parts.contraction ? getVectors(parts.contraction, getTileC(), machine) : getTileC();
  return fitsRegisters(getTileX(), vectors, machine) && (sharesOut || getTasks() == usualTasks) &&
         (!inStrips || getOuter() == Axis::Blocks);
}

SmallVector<int64_t> WinogradAttr::getValues() const {
  return {
      getTile(), getStripRows(), getTileX(), getTileC(), getGroupC(), getImages(), static_cast<int64_t>(getParallel())};
}

Attribute WinogradAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], values[2], values[3], values[4], values[5],
             static_cast<Axis>(values[6]));
}

SmallVector<ScheduleParameter> WinogradAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction)
    return getNoSpace({"tile", "stripRows", "tileX", "tileC", "groupC", "images", "parallel"}, getValues());
  ContractionShape shape = ContractionShape::of(parts.contraction);
  int64_t rows = llvm::divideCeilSigned(shape.output[0], getTile()), blocks = getBlocks(shape, machine);
  SmallVector<int64_t> strips = upTo(rows - 1, {2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 28});
  if (rows > 1)
    strips.push_back(rows); // all of the plane
  return {{"tile", {getTile()}},
          {"stripRows", strips},
          {"tileX", upTo(28)},
          {"tileC", upTo(std::min<int64_t>(blocks, 8))},
          {"groupC", upTo(blocks + 7, {2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 64})},
          {"images", upTo(getBatch(func), {2, 4, 8, 16})},
          makeAxis("parallel", {Axis::None, Axis::Rows, Axis::Both})};
}

/// A worker's scratch is kept within what two caches might hold.
bool WinogradAttr::isFeasible(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  constexpr int64_t mostBytes = 16 << 20;
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction)
    return false;
  ContractionShape shape = ContractionShape::of(parts.contraction);
  int64_t columns = llvm::divideCeilSigned(shape.output[1], getTile()), tiles = getImages() * getStripRows() * columns;
  bool isWhole = getStripRows() * getTile() >= shape.output[0];
  int64_t bytes = 4 * (getTile() + 2) * (getTile() + 2) * tiles * (shape.inChannels + getGroupC() * machine.lanes);
  return fitsRegisters(getTileX(), getTileC(), machine) && getTileX() <= tiles && getGroupC() % getTileC() == 0 &&
         bytes <= mostBytes && (getImages() == 1 || isWhole);
}

SmallVector<int64_t> DepthwiseAttr::getValues() const {
  return {getTileX(), getTileY(), static_cast<int64_t>(getParallel()), getTasks()};
}

Attribute DepthwiseAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], static_cast<Axis>(values[2]), values[3]);
}

SmallVector<ScheduleParameter> DepthwiseAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction)
    return getNoSpace({"tileX", "tileY", "parallel", "tasks"}, getValues());
  ContractionShape shape = ContractionShape::of(parts.contraction);
  return {{"tileX", upTo(std::min<int64_t>(shape.output[1], 28))},
          {"tileY", upTo(std::min<int64_t>(shape.output[0], 8))},
          makeAxis("parallel", {Axis::None, Axis::Both}),
          {"tasks", getTaskCounts()}};
}

bool DepthwiseAttr::isFeasible(Operation *, const Machine &machine) const {
  return getTileX() * getTileY() + 2 <= machine.registers && (getParallel() != Axis::None || getTasks() == usualTasks);
}

SmallVector<int64_t> DenseAttr::getValues() const {
  return {getTileC(), getTileN(), static_cast<int64_t>(getParallel()), getUnrollK(), getTasks()};
}

Attribute DenseAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], static_cast<Axis>(values[2]), values[3], values[4]);
}

SmallVector<ScheduleParameter> DenseAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction)
    return getNoSpace({"tileC", "tileN", "parallel", "unrollK", "tasks"}, getValues());
  ContractionShape shape = ContractionShape::of(parts.contraction);
  return {{"tileC", upTo(std::min<int64_t>(getBlocks(shape, machine), 16))},
          {"tileN", upTo(std::min<int64_t>(getBatch(func), 16))},
          makeAxis("parallel", {Axis::None, Axis::Blocks}),
          {"unrollK", getUnrolls(parts.contraction, shape)},
          {"tasks", getTaskCounts()}};
}

bool DenseAttr::isFeasible(Operation *, const Machine &machine) const {
  return fitsRegisters(getTileC(), getTileN(), machine) && (getParallel() != Axis::None || getTasks() == usualTasks);
}

//===----------------------------------------------------------------------===//
// The rest on the machine
//===----------------------------------------------------------------------===//

SmallVector<int64_t> GradWeightAttr::getValues() const {
  return {getTileC(),
          getTileI(),
          getTileK(),
          getImages(),
          getChunks(),
          static_cast<int64_t>(getInside()),
          static_cast<int64_t>(getParallel())};
}

Attribute GradWeightAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], values[2], values[3], values[4], static_cast<Operands>(values[5]),
             static_cast<Axis>(values[6]));
}

SmallVector<ScheduleParameter> GradWeightAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  auto gradients = func.getBlock().getOps<nn::Conv2dGradWeightOp>();
  if (gradients.empty())
    return getNoSpace({"tileC", "tileI", "tileK", "images", "chunks", "inside", "parallel"}, getValues());
  nn::Conv2dGradWeightOp gradient = *gradients.begin();
  ArrayRef<int64_t> weight = cast<RankedTensorType>(gradient.getType()).getShape();
  bool inRows = !getBlocked(gradient.getGradient().getType());
  int64_t blocks = inRows ? weight[0] : llvm::divideCeilSigned(weight[0], machine.lanes);
  ScheduleParameter inside = {"inside", {}, getOperandsName};
  for (Operands operands : {Operands::None, Operands::Inputs, Operands::Outputs, Operands::All})
    inside.values.push_back(static_cast<int64_t>(operands));
  return {{"tileC", upTo(std::min<int64_t>(blocks, 8))},
          {"tileI", upTo(inRows ? 1 : std::min<int64_t>(weight[1], machine.lanes), {2, 4, 8, 16})},
          {"tileK", upTo(std::min<int64_t>(weight[3], 7))},
          {"images", upTo(getBatch(func), {2, 4, 8})},
          {"chunks", upTo(getBatch(func), {2, 4, 8, 16})},
          inside,
          makeAxis("parallel", {Axis::None, Axis::Both})};
}

bool GradWeightAttr::isFeasible(Operation *, const Machine &machine) const {
  return getTileC() * getTileI() * getTileK() + 4 <= machine.registers;
}

SmallVector<int64_t> PointwiseAttr::getValues() const {
  return {getLanes(), getUnroll(), static_cast<int64_t>(getParallel())};
}

Attribute PointwiseAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], static_cast<Axis>(values[2]));
}

SmallVector<ScheduleParameter> PointwiseAttr::getSpace(Operation *, const Machine &machine) const {
  return {{"lanes", {machine.lanes / 2, machine.lanes, 2 * machine.lanes}},
          {"unroll", upTo(8, {2, 4, 8})},
          makeAxis("parallel", {Axis::None, Axis::Both})};
}

bool PointwiseAttr::isFeasible(Operation *, const Machine &machine) const { return true; }

//===----------------------------------------------------------------------===//
// On devices
//===----------------------------------------------------------------------===//

SmallVector<int64_t> GpuElementwiseAttr::getValues() const { return {getThreads()}; }

Attribute GpuElementwiseAttr::withValues(ArrayRef<int64_t> values) const { return get(getContext(), values[0]); }

SmallVector<ScheduleParameter> GpuElementwiseAttr::getSpace(Operation *, const Machine &machine) const {
  return {{"threads", {32, 64, 128, 256, 512}}};
}

bool GpuElementwiseAttr::isFeasible(Operation *, const Machine &machine) const { return true; }

SmallVector<int64_t> GpuTiledAttr::getValues() const {
  return {getThreadsX(), getRows(), getThreadsC(), getChannels(), getSlab()};
}

Attribute GpuTiledAttr::withValues(ArrayRef<int64_t> values) const {
  return get(getContext(), values[0], values[1], values[2], values[3], values[4]);
}

SmallVector<ScheduleParameter> GpuTiledAttr::getSpace(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  SmallVector<int64_t> columns = {8, 16, 32, 64};
  KernelShape parts = KernelShape::of(func);
  if (parts.contraction) { // as few whole tiles as cover a row
    int64_t width = ContractionShape::of(parts.contraction).output[1];
    for (int64_t tiles : {1, 2, 3, 4, 7, 8})
      columns.push_back(llvm::divideCeilSigned(width, tiles));
  }
  llvm::erase_if(columns, [](int64_t value) { return value < 4 || value > 64; });
  llvm::sort(columns);
  columns.erase(llvm::unique(columns), columns.end());
  return {{"threadsX", columns},
          {"rows", upTo(14)},
          {"threadsC", upTo(32, {2, 4, 8, 16, 32})},
          {"channels", upTo(16, {2, 4, 8, 16})},
          {"slab", upTo(32, {2, 4, 8, 16, 32})}};
}

bool GpuTiledAttr::isFeasible(Operation *op, const Machine &machine) const {
  auto func = cast<FuncOp>(op);
  constexpr int64_t mostThreads = 512, mostSums = 64;
  KernelShape parts = KernelShape::of(func);
  WindowShape window = parts.contraction ? ContractionShape::of(parts.contraction).window : WindowShape();
  return getThreadsX() * getThreadsC() <= mostThreads && getRows() * getChannels() <= mostSums &&
         getSharedBytes(*this, window) <= sharedBytes;
}

SmallVector<int64_t> GpuDenseAttr::getValues() const { return {getThreads(), getChannels()}; }

Attribute GpuDenseAttr::withValues(ArrayRef<int64_t> values) const { return get(getContext(), values[0], values[1]); }

SmallVector<ScheduleParameter> GpuDenseAttr::getSpace(Operation *, const Machine &machine) const {
  return {{"threads", {32, 64, 128, 256, 512}}, {"channels", upTo(16, {2, 4, 8, 16})}};
}

bool GpuDenseAttr::isFeasible(Operation *, const Machine &machine) const {
  return 4 * getThreads() * getChannels() <= sharedBytes / 2;
}
