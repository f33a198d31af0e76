// Arguments, results and stages of a kernel.
#include "compiler/halide/Kernel.h"
#include "compiler/halide/algorithms/Winograd.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;
using namespace dlc::halide_backend;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// Whether the kernel may see planes as lines of pixels.
static bool hasFlatPlane(kernel::FuncOp op) {
  // Row-major tensors have no lanes for those of a CPU's schedule.
  bool isBlocked = !isa_and_nonnull<GpuTiledAttr>(op.getScheduleAttr());
  SmallVector<int64_t> plane;
  auto isOnPlane = [&](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() != 4)
      return false;
    SmallVector<int64_t> thisPlane(tensor.getShape().drop_front(2));
    if (plane.empty())
      plane = thisPlane;
    return plane == thisPlane;
  };
  auto isStoredFlat = [&](Type type) {
    BlockedAttr blocked = getBlocked(type);
    bool hasHalo = blocked && llvm::any_of(blocked.getHalo(), [](int64_t width) { return width != 0; });
    return (blocked != nullptr) == isBlocked && isOnPlane(type) && !hasHalo;
  };
  auto isParameter = [](BlockArgument argument) {
    auto type = cast<RankedTensorType>(argument.getType());
    return isa_and_nonnull<WeightsAttr>(type.getEncoding()) || type.getRank() == 1 ||
           llvm::all_of(argument.getUses(), [](OpOperand &use) {
             auto contraction = dyn_cast<nn::ContractionOpInterface>(use.getOwner());
             return contraction && &contraction.getWeightOperand() == &use;
           });
  };
  if (!isa_and_nonnull<DirectConvAttr, GpuTiledAttr>(op.getScheduleAttr()) ||
      !llvm::all_of(
          op.getBlock().getArguments(),
          [&](BlockArgument argument) { return isParameter(argument) || isStoredFlat(argument.getType()); }) ||
      !llvm::all_of(op.getFunctionType().getResults(), isStoredFlat))
    return false;
  return llvm::all_of(op.getBlock().without_terminator(), [&](Operation &each) {
    if (!llvm::all_of(each.getResultTypes(), isOnPlane))
      return false;
    if (auto conv = dyn_cast<nn::Conv2dOp>(each)) {
      auto areAll = [](ArrayRef<int64_t> values, int64_t value) {
        return llvm::all_of(values, [&](int64_t each) { return each == value; });
      };
      return areAll(conv.getKernelSize(), 1) && areAll(conv.getStride(), 1) && areAll(conv.getPadding(), 0);
    }
    return isa<nn::ElementwiseOpInterface>(each) || each.hasTrait<nn::InferenceIdentity>();
  });
}

Kernel::Kernel(kernel::FuncOp op, const Target &target, const CompileOptions &options)
    : op(op), target(target), flatPlane(!options.asserts && hasFlatPlane(op)) {
  FunctionType type = op.getFunctionType();
  for (ArrayRef<Type> types : {type.getInputs(), type.getResults()})
    for (Type tensor : types) {
      Attribute encoding = cast<RankedTensorType>(tensor).getEncoding();
      if (auto blocked = dyn_cast_or_null<BlockedAttr>(encoding))
        lanes = std::max(lanes, blocked.getLanes());
      else if (auto weights = dyn_cast_or_null<WeightsAttr>(encoding); weights && !target.isDevice())
        lanes = std::max(lanes, weights.getLanes());
    }
}

SmallVector<int64_t> Kernel::shapeOf(Type type) const {
  SmallVector<int64_t> shape = logicalShape(type);
  bool isWeight = isa_and_nonnull<WeightsAttr>(cast<RankedTensorType>(type).getEncoding());
  if (flatPlane && shape.size() == 4 && !isWeight)
    return {shape[0], shape[1], 1, shape[2] * shape[3]};
  return shape;
}

Attribute Kernel::getSchedule() const { return kernel::FuncOp(op).getScheduleAttr(); }

std::string Kernel::nameOf(Operation *op) const { return op->getName().stripDialect().str(); }

/// Pins what the descriptors promise; the batch's extent and stride stay open. Of
/// several buffers of one Func, Halide takes extents from the first alone.
static void pin(Halide::OutputImageParam param, Descriptor descriptor, bool isAligned, bool flatPlane, bool isWeight,
                bool hasExtents = true) {
  if (flatPlane && !isWeight && descriptor.dimensions.size() >= 4) {
    size_t x = descriptor.dimensions.size() - 4; // behind the lane
    descriptor.dimensions[x].extent *= descriptor.dimensions[x + 1].extent;
    descriptor.dimensions[x + 1].extent = 1;
  }
  for (auto [i, dimension] : llvm::enumerate(descriptor.dimensions)) {
    bool isBatch = i + 1 == descriptor.dimensions.size() && !isWeight;
    if (hasExtents)
      param.dim(i).set_min(static_cast<int>(dimension.min));
    if (hasExtents && dimension.extent >= 0)
      param.dim(i).set_extent(static_cast<int>(dimension.extent));
    if (!isBatch || i == 0)
      param.dim(i).set_stride(static_cast<int>(dimension.stride));
    else
      param.dim(i).set_stride(Expr());
  }
  param.set_host_alignment(isAligned ? 64 : param.type().bytes());
}

LogicalResult Kernel::defineArgument(BlockArgument argument) {
  auto type = cast<RankedTensorType>(argument.getType());
  if (type.getRank() > 6)
    return op.emitOpError("expects tensors of rank 6 at most but argument ")
           << argument.getArgNumber() << " is " << type;
  Descriptor descriptor = describeArgument(type);
  Halide::ImageParam param(elementType(type), static_cast<int>(descriptor.dimensions.size()),
                           ("argument" + Twine(argument.getArgNumber())).str());
  pin(param, descriptor, type.getEncoding() != nullptr, flatPlane, isa_and_nonnull<WeightsAttr>(type.getEncoding()));
  arguments.push_back(param);

  if (type.getRank() > 0 && type.isDynamicDim(0)) {
    int dim = param.dimensions() - 1;
    batchNames.push_back(param.name() + ".extent." + std::to_string(dim));
    if (!batch.defined())
      batch = param.dim(dim).extent();
  }

  Tensor tensor;
  tensor.func = param;
  tensor.type = param.type();
  tensor.shape = shapeOf(type);
  tensor.isArgument = true;
  if (BlockedAttr blocked = getBlocked(type)) {
    tensor.lanes = blocked.getLanes();
    tensor.zeroPadLanes = true;
    for (unsigned side = 0; side < 4; ++side)
      tensor.halo[side] = blocked.getHaloAt(side);
  }
  tensors[argument] = tensor;
  return success();
}

Expr Kernel::getBatch() const {
  assert(batch.defined() && "what has an open batch is computed from what has it");
  return batch;
}

Expr Kernel::readVector(Value vector, const Point &point) const {
  const Tensor &tensor = get(vector);
  auto layout = dyn_cast_or_null<WeightsAttr>(cast<RankedTensorType>(vector.getType()).getEncoding());
  Expr channel = point.at[1];
  if (!layout) {
    if (point.inPadLanes)
      channel = Halide::min(channel, static_cast<int>(tensor.shape[0] - 1));
    return tensor.func(channel);
  }
  auto [block, lane] = point.getBlockAndLane(layout.getLanes());
  return tensor.func(lane, block);
}

Expr Kernel::readWeight(Value weight, const Point &output, const Point &input, Expr y, Expr x) const {
  const Tensor &tensor = get(weight);
  auto layout = dyn_cast_or_null<WeightsAttr>(cast<RankedTensorType>(weight.getType()).getEncoding());
  Expr o = output.at[1], i = input.at[1];
  if (!layout) {
    if (output.inPadLanes)
      o = Halide::min(o, static_cast<int>(tensor.shape[0] - 1));
    if (input.inPadLanes)
      i = Halide::min(i, static_cast<int>(tensor.shape[1] - 1));
    return tensor.shape.size() == 2 ? tensor.func(i, o) : tensor.func(x, y, i, o);
  }
  auto [outBlock, outLane] = output.getBlockAndLane(layout.getLanes());
  if (layout.getForm() == WeightsForm::Depthwise)
    return tensor.func(outLane, x, y, outBlock);
  if (layout.getInLanes() == 1)
    return tensor.func(outLane, 0, x, y, i, outBlock);
  auto [inBlock, inLane] = input.getBlockAndLane(layout.getInLanes());
  return tensor.func(outLane, inLane, x, y, inBlock, outBlock);
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

Domain Kernel::makeDomainOf(Value value) const {
  SmallVector<int64_t> shape = shapeOf(value.getType());
  return makeDomain(shape, lanesOf(shape));
}

void Kernel::define(Operation *op, const Domain &domain, Expr value) {
  Tensor tensor;
  tensor.func = Func(nameOf(op));
  tensor.func(domain.vars) = value;
  tensor.type = value.type();
  tensor.shape = domain.shape;
  tensor.lanes = domain.lanes;
  tensor.zeroPadLanes = domain.lanes && hasZeroPadLanes(op);
  tensors[op->getResult(0)] = tensor;
}

Reduction &Kernel::defineReduction(Operation *op, const Domain &domain, Expr initial, RDom range,
                                   function_ref<Expr(Expr)> update) {
  Func sum(nameOf(op) + "_sum");
  sum(domain.vars) = initial;
  sum(domain.vars) = update(sum(domain.vars));
  Domain values = domain.lanes ? makeDomain(domain.shape, lanes) : domain; // in the kernel's blocks
  Tensor sums;
  sums.func = sum;
  sums.shape = domain.shape;
  sums.lanes = domain.lanes;
  define(op, values, sums.read(values.point));
  reductions.push_back({op, sum, domain, range, {}, {}, {}, {}, {}});
  return reductions.back();
}

void Kernel::computeFirst(Func func, Var vector, int64_t extent) {
  int64_t width = std::min(vectorLanes(func.types()[0]), extent);
  func.compute_root();
  if (width > 1)
    func.vectorize(vector, static_cast<int>(width), Halide::TailStrategy::GuardWithIf);
}

bool Kernel::hasZeroPadLanes(Operation *op) const {
  auto hasZeros = [&](Value operand) {
    auto found = tensors.find(operand);
    return found != tensors.end() && found->second.lanes && found->second.zeroPadLanes;
  };
  if (auto contraction = dyn_cast<nn::ContractionOpInterface>(op)) {
    // What packing leaves beyond the channels is zero, in the bias too.
    auto isPacked = [](Value parameter) {
      return !parameter || isa_and_nonnull<WeightsAttr>(cast<RankedTensorType>(parameter.getType()).getEncoding());
    };
    return isPacked(contraction.getWeightOperand().get()) && isPacked(contraction.getBiasValue());
  }
  if (isa<nn::MaxPool2dArgmaxOp>(op)) // where equal elements begin is no element
    return false;
  if (isa<nn::WindowOpInterface>(op) || op->hasTrait<nn::InferenceIdentity>())
    return hasZeros(op->getOperand(0));
  if (auto elementwise = dyn_cast<nn::ElementwiseOpInterface>(op))
    return elementwise.preservesZero() && llvm::all_of(op->getOperands(), hasZeros);
  return false;
}

/// The element of a weight at `domain.point`, zero beyond its channels.
static Expr readPacked(const Tensor &weight, const Domain &domain, WeightsAttr layout) {
  Point point = domain.point;
  int outputs = static_cast<int>(domain.shape[0]);
  Expr isInside = Halide::Internal::const_true();
  if (outputs % layout.getLanes()) {
    isInside = point.at[0] < outputs;
    point.at[0] = Halide::min(point.at[0], outputs - 1);
  }
  if (point.inPadLanes)
    isInside = isInside && point.at[1] < static_cast<int>(domain.shape[1]);
  Expr element = weight.read(point);
  return Halide::select(isInside, element, Halide::Internal::make_zero(element.type()));
}

/// Pins the descriptor of a result.
static void pinResult(Halide::OutputImageParam param, RankedTensorType type, bool flatPlane, bool isFirst = true) {
  BlockedAttr blocked = getBlocked(type);
  bool packed = isa_and_nonnull<WeightsAttr>(type.getEncoding());
  // Every element of a block begins at a multiple of the block's size.
  bool isAligned = packed || (blocked && blocked.getLanes() * param.type().bytes() % 64 == 0);
  pin(param, describeResult(type), isAligned, flatPlane, packed, isFirst);
}

static void boundResult(Func func, const Domain &domain) {
  for (auto [var, extent] : llvm::zip_equal(domain.vars, domain.extents()))
    if (extent >= 0)
      func.bound(var, 0, static_cast<int>(extent));
}

/// The element of a result, zero in pad lanes.
static Expr readResult(const Tensor &tensor, const Domain &domain) {
  Expr element = tensor.read(domain.point);
  if (!domain.hasPadLanes() || (tensor.lanes == domain.lanes && tensor.zeroPadLanes))
    return element;
  // By block and lane: from a test of the channel Halide would infer lanes that are not computed.
  int lanes = static_cast<int>(domain.lanes), whole = static_cast<int>(domain.shape[1]) / lanes;
  Expr isChannel = domain.point.block < whole || domain.point.lane < static_cast<int>(domain.shape[1]) % lanes;
  return Halide::select(isChannel, element, Halide::Internal::make_zero(element.type()));
}

LogicalResult Kernel::defineResult(unsigned index) {
  auto type = cast<RankedTensorType>(op.getFunctionType().getResult(index));
  auto packed = dyn_cast_or_null<WeightsAttr>(type.getEncoding());
  Value value = op.getReturn().getOperand(index);
  const Tensor &tensor = get(value);
  BlockedAttr blocked = getBlocked(type);
  Domain domain =
      packed ? makePackedDomain(type.getShape(), packed) : makeDomain(shapeOf(type), blocked ? blocked.getLanes() : 0);
  Func result(("result" + Twine(index)).str());
  if (packed && packed.getForm() == WeightsForm::Winograd)
    result(domain.vars) = defineWinogradWeight(*this, domain, packed.getTile(), [&](Expr y, Expr x) {
      Domain tap = domain;
      tap.point.at[2] = y;
      tap.point.at[3] = x;
      return readPacked(tensor, tap, packed);
    });
  else
    result(domain.vars) = packed ? readPacked(tensor, domain, packed) : readResult(tensor, domain);
  pinResult(result.output_buffer(), type, flatPlane);
  boundResult(result, domain);
  stages.push_back({result, domain, value, {}, true, std::nullopt});
  return success();
}

bool Kernel::hasJointResults() const {
  ArrayRef<Type> types = kernel::FuncOp(op).getFunctionType().getResults();
  auto lanesOfResult = [](Type type) { return getBlocked(type) ? getBlocked(type).getLanes() : 0; };
  return types.size() > 1 &&
         llvm::all_of(types,
                      [&](Type type) {
                        return shapeOf(type) == shapeOf(types[0]) && lanesOfResult(type) == lanesOfResult(types[0]) &&
                               !isa_and_nonnull<WeightsAttr>(cast<RankedTensorType>(type).getEncoding());
                      }) &&
         llvm::all_of(kernel::FuncOp(op).getBlock().without_terminator(), [](Operation &each) {
           return isa<nn::ElementwiseOpInterface>(each) || each.hasTrait<nn::InferenceIdentity>();
         });
}

void Kernel::defineJointResults() {
  ArrayRef<Type> types = op.getFunctionType().getResults();
  BlockedAttr blocked = getBlocked(types[0]);
  Domain domain = makeDomain(shapeOf(types[0]), blocked ? blocked.getLanes() : 0);
  std::vector<Expr> elements, copies;
  for (Value value : op.getReturn().getOperands())
    elements.push_back(readResult(get(value), domain));
  Func joint("joint"), results("results");
  joint(domain.vars) = Halide::Tuple(elements);
  for (size_t i = 0; i < elements.size(); ++i)
    copies.push_back(joint(domain.vars)[static_cast<int>(i)]);
  results(domain.vars) = Halide::Tuple(copies);
  for (auto [i, param] : llvm::enumerate(results.output_buffers()))
    pinResult(param, cast<RankedTensorType>(types[i]), flatPlane, i == 0);
  boundResult(results, domain);
  stages.push_back({results, domain, op.getReturn().getOperand(0), {}, true, joint});
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

bool halide_backend::isCheap(Operation *op) { return !isa<nn::SigmoidOp, nn::TanhOp, nn::EluOp, nn::SiluOp>(op); }

/// Whether all that read `value` compute each element from the same place.
static bool hasElementwiseReaders(Value value, bool joins) {
  if (!joins && !value.hasOneUse())
    return false;
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return (value.hasOneUse() && isa<ReturnOp>(user)) ||
           ((isa<nn::ElementwiseOpInterface>(user) || user->hasTrait<nn::InferenceIdentity>()) &&
            user->getResult(0).getType() == value.getType());
  });
}

bool Kernel::findStages(const std::vector<Stage> &results, bool joins) {
  stages.clear();
  // The reductions that each value carries along to its reader.
  llvm::DenseMap<Value, SmallVector<Reduction *, 1>> carried;
  llvm::DenseMap<Reduction *, unsigned> homes;
  auto addStage = [&](Stage stage, ArrayRef<Reduction *> inner) {
    stage.reductions.assign(inner.begin(), inner.end());
    for (Reduction *reduction : inner)
      ++homes[reduction];
    stages.push_back(std::move(stage));
  };
  auto returnOp = op.getReturn();
  for (Operation &each : op.getBlock().without_terminator()) {
    Value value = each.getResult(0);
    if (value.use_empty())
      continue;
    llvm::SmallSetVector<Reduction *, 2> inner;
    for (Reduction &reduction : reductions)
      if (reduction.op == &each)
        inner.insert(&reduction);
    if (inner.empty())
      for (Value operand : each.getOperands())
        if (auto found = carried.find(operand); found != carried.end() && hasElementwiseReaders(operand, joins))
          inner.insert(found->second.begin(), found->second.end());

    Operation *reader = *value.user_begin();
    bool toReturn = reader == returnOp.getOperation();
    bool staysHere = hasElementwiseReaders(value, joins) && (!toReturn || get(value).lanes == results[0].domain.lanes);
    bool repeats = !hasElementwiseReaders(value, true) &&
                   (!value.hasOneUse() || isa<nn::WindowOpInterface, nn::ContractionOpInterface, nn::SoftmaxOp,
                                              nn::LogSoftmaxOp, nn::LocalResponseNormOp>(reader));
    bool isDear = !isCheap(&each) && repeats && !toReturn;
    if ((!inner.empty() && !staysHere) || isDear)
      addStage({get(value).func, makeDomainOf(value), value, {}, false, std::nullopt}, inner.getArrayRef());
    else
      carried[value] = inner.takeVector();
  }
  for (auto [i, stage] : llvm::enumerate(results)) {
    auto found = carried.find(returnOp.getOperand(i));
    addStage(stage, found == carried.end() ? ArrayRef<Reduction *>() : ArrayRef<Reduction *>(found->second));
  }
  return llvm::all_of(homes, [](auto &home) { return home.second == 1; });
}

LogicalResult Kernel::build() {
  if (op.getFunctionType().getNumResults() == 0)
    return op.emitOpError("expects a result");
  for (BlockArgument argument : op.getBlock().getArguments())
    if (failed(defineArgument(argument)))
      return failure();
  for (Operation &each : op.getBlock().without_terminator())
    if (failed(defineOp(*this, &each)))
      return failure();
  if (hasJointResults()) {
    defineJointResults();
    return success();
  }
  for (unsigned i = 0; i < op.getFunctionType().getNumResults(); ++i)
    if (failed(defineResult(i)))
      return failure();
  std::vector<Stage> results = std::move(stages);
  if (!findStages(results, /*joins=*/true))
    findStages(results, /*joins=*/false);
  return success();
}
