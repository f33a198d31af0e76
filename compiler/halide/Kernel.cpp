// Arguments, results and stages of a kernel.
#include "compiler/halide/Kernel.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernel;
using namespace dlc::halide_backend;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Kernel::Kernel(kernel::FuncOp op, const Target &target) : op(op), target(target) {
  FunctionType type = op.getFunctionType();
  for (ArrayRef<Type> types : {type.getInputs(), type.getResults()})
    for (Type tensor : types) {
      Attribute encoding = cast<RankedTensorType>(tensor).getEncoding();
      if (auto blocked = dyn_cast_or_null<BlockedAttr>(encoding))
        lanes = std::max(lanes, blocked.getLanes());
      else if (auto weights = dyn_cast_or_null<WeightsAttr>(encoding))
        lanes = std::max(lanes, weights.getLanes());
    }
}

Attribute Kernel::getSchedule() const { return kernel::FuncOp(op).getScheduleAttr(); }

std::string Kernel::nameOf(Operation *op) const {
  return op->getName().stripDialect().str();
}

/// Pins what the descriptors promise; the batch's extent and stride stay open.
static void pin(Halide::OutputImageParam param, const Descriptor &descriptor, bool isAligned) {
  for (auto [i, dimension] : llvm::enumerate(descriptor.dimensions)) {
    bool isBatch = i + 1 == descriptor.dimensions.size();
    param.dim(i).set_min(static_cast<int>(dimension.min));
    if (dimension.extent >= 0)
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
  if (!argument.getType().isIntOrFloat() && type.getRank() > 6)
    return op.emitOpError("expects tensors of rank 6 at most but argument ") << argument.getArgNumber() << " is " << type;
  Descriptor descriptor = describeArgument(type);
  Halide::ImageParam param(elementType(type), static_cast<int>(descriptor.dimensions.size()),
                           "argument" + std::to_string(argument.getArgNumber()));
  pin(param, descriptor, type.getEncoding() != nullptr);
  arguments.push_back(param);

  Tensor tensor;
  tensor.func = param;
  tensor.type = param.type();
  tensor.shape = logicalShape(type);
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

Expr Kernel::readVector(Value vector, const Point &point) const {
  const Tensor &tensor = get(vector);
  auto layout = dyn_cast_or_null<WeightsAttr>(cast<RankedTensorType>(vector.getType()).getEncoding());
  Expr channel = point.at[1];
  if (!layout) {
    if (point.inPadLanes)
      channel = Halide::min(channel, static_cast<int>(tensor.shape[0] - 1));
    return tensor.func(channel);
  }
  int size = static_cast<int>(layout.getLanes());
  if (point.lanes == layout.getLanes())
    return tensor.func(point.lane, point.block);
  return tensor.func(channel % size, channel / size);
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
  int outSize = static_cast<int>(layout.getLanes()), inSize = static_cast<int>(layout.getInLanes());
  bool outKnown = output.lanes == outSize, inKnown = input.lanes == inSize;
  Expr outLane = outKnown ? output.lane : o % outSize, outBlock = outKnown ? output.block : o / outSize;
  if (layout.getForm() == WeightsForm::Depthwise)
    return tensor.func(outLane, x, y, outBlock);
  Expr inLane = inSize == 1 ? Expr(0) : inKnown ? input.lane : i % inSize;
  Expr inBlock = inSize == 1 ? i : inKnown ? input.block : i / inSize;
  return tensor.func(outLane, inLane, x, y, inBlock, outBlock);
}

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

Domain Kernel::makeDomainOf(Value value) const {
  SmallVector<int64_t> shape = logicalShape(value.getType());
  bool blocked = shape.size() == 4 || shape.size() == 2;
  return makeDomain(shape, blocked ? lanes : 0);
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
  define(op, domain, sum(domain.vars));
  reductions.push_back({op, sum, domain, range, std::nullopt, std::nullopt});
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
  if (isa<nn::WindowOpInterface>(op) || op->hasTrait<nn::InferenceIdentity>())
    return hasZeros(op->getOperand(0));
  if (auto elementwise = dyn_cast<nn::ElementwiseOpInterface>(op))
    return elementwise.preservesZero() && llvm::all_of(op->getOperands(), hasZeros);
  return false;
}

LogicalResult Kernel::defineResult(unsigned index) {
  auto type = cast<RankedTensorType>(op.getFunctionType().getResult(index));
  if (isa_and_nonnull<WeightsAttr>(type.getEncoding()))
    return op.emitOpError("expects no result in a layout of weights but result ") << index << " is " << type;
  Value value = op.getReturn().getOperand(index);
  const Tensor &tensor = get(value);
  BlockedAttr blocked = getBlocked(type);
  Domain domain = makeDomain(logicalShape(type), blocked ? blocked.getLanes() : 0);
  Expr element = tensor.read(domain.point);
  if (domain.hasPadLanes() && !(tensor.lanes == domain.lanes && tensor.zeroPadLanes))
    element = Halide::select(domain.point.at[1] < static_cast<int>(domain.shape[1]), element,
                             Halide::Internal::make_zero(element.type()));

  Func result("result" + std::to_string(index));
  result(domain.vars) = element;
  Descriptor descriptor = describeResult(type);
  pin(result.output_buffer(), descriptor, blocked != nullptr && !blocked.getHaloAt(0) && !blocked.getHaloAt(1));
  for (auto [var, dimension] : llvm::zip_equal(domain.vars, descriptor.dimensions))
    if (dimension.extent >= 0)
      result.bound(var, 0, static_cast<int>(dimension.extent));
  stages.push_back({result, domain, value, {}, true});
  return success();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

bool halide_backend::isCheap(Operation *op) {
  return !isa<nn::SigmoidOp, nn::TanhOp, nn::EluOp, nn::SiluOp>(op);
}

/// Whether the only reader of `value` computes each element from the same place.
static bool hasElementwiseReader(Value value) {
  if (!value.hasOneUse())
    return false;
  Operation *user = *value.user_begin();
  return isa<ReturnOp>(user) || ((isa<nn::ElementwiseOpInterface>(user) || user->hasTrait<nn::InferenceIdentity>()) &&
                                 user->getResult(0).getType() == value.getType());
}

void Kernel::findStages() {
  std::vector<Stage> results = std::move(stages);
  stages.clear();
  llvm::SmallPtrSet<Operation *, 8> reducing;
  for (Reduction &reduction : reductions)
    reducing.insert(reduction.op);

  // The reductions that each value carries along to its reader.
  llvm::DenseMap<Value, SmallVector<Reduction *, 1>> carried;
  auto returnOp = op.getReturn();
  for (Operation &each : op.getBlock().without_terminator()) {
    Value value = each.getResult(0);
    SmallVector<Reduction *, 1> inner;
    for (Reduction &reduction : reductions)
      if (reduction.op == &each)
        inner.push_back(&reduction);
    if (inner.empty())
      for (Value operand : each.getOperands())
        if (auto found = carried.find(operand); found != carried.end() && hasElementwiseReader(operand))
          inner.append(found->second);

    bool isRead = !value.use_empty(), toReturn = isRead && *value.user_begin() == returnOp.getOperation();
    bool repeats = isRead && (!value.hasOneUse() || isa<nn::WindowOpInterface, nn::ContractionOpInterface, nn::SoftmaxOp,
                                                       nn::LogSoftmaxOp, nn::LocalResponseNormOp>(*value.user_begin()));
    bool isDear = !isCheap(&each) && repeats && !toReturn;
    bool sameForm = !toReturn || get(value).lanes == results[0].domain.lanes;
    if (isRead && ((!inner.empty() && !(hasElementwiseReader(value) && sameForm)) || isDear)) {
      Domain domain = makeDomainOf(value);
      stages.push_back({get(value).func, domain, value, inner, false});
      continue;
    }
    carried[value] = inner;
  }
  for (auto [i, stage] : llvm::enumerate(results)) {
    if (auto found = carried.find(returnOp.getOperand(i)); found != carried.end())
      stage.reductions = found->second;
    stages.push_back(stage);
  }
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
  for (unsigned i = 0; i < op.getFunctionType().getNumResults(); ++i)
    if (failed(defineResult(i)))
      return failure();
  findStages();
  return success();
}
