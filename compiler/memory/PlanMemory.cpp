// Places every tensor of a network: see Passes.td.
//
// 1. Views and concatenations: who shares storage with whom, of necessity.
// 2. Outputs: their storage is the caller's buffer.
//    Where 1 or 2 cannot be had, a copying kernel is inserted.
// 3. What is assigned to the training state is computed where it stays, if all
//    readers of what was there before come first; else it is copied in the end.
// 4. Elementwise kernels: the result takes the place of an operand that dies.
// 5. The containers that are left are packed into the arena by their lifetimes.
// 6. Parameters follow one another in the weights.
#include "compiler/memory/PackIntervals.h"
#include "compiler/memory/Passes.h"
#include "compiler/memory/StorageForest.h"

#include "dialects/kernel/Kernel.h"
#include "dialects/nn/Parameters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::memory;

namespace dlc::memory {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/memory/Passes.h.inc"
} // namespace dlc::memory

static constexpr int64_t alignment = 64;

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

static int64_t getElementBytes(Type type) {
  return llvm::divideCeil(cast<RankedTensorType>(type).getElementTypeBitWidth(), 8);
}

/// Whether `value` is a tensor of activations, as opposed to a parameter.
static bool isActivation(Value value) {
  return isa<BlockArgument>(value) || isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp>(value.getDefiningOp());
}

namespace {
class Planner {
public:
  /// Parameters are placed behind the `weightsBytes` that there are already.
  Planner(func::FuncOp network, int64_t &weightsBytes)
      : network(network), symbols(network->getParentOp()), weightsBytes(weightsBytes) {}

  LogicalResult run();

private:
  LogicalResult shareOfNecessity();
  LogicalResult placeOutputs();
  void placeAssigned();
  bool mayLieInState(nn::AssignOp assign);
  void shareInPlace();
  void packArena();
  void placeParameters();
  void writeStorage();

  bool placeInConcat(kernel::ConcatOp concat, OpOperand &input, int64_t offset);
  Value copy(Value value, Operation *before);
  Operation *findEndOfPhase(OpOperand &output);

  bool mayLieInCallersBuffer(Value value);
  bool isInForwardPhase(Value value);
  bool isGradientBuffer(Value value);
  void computeReads();
  bool mayReplace(Value operand, kernel::LaunchOp launch);

  kernel::StorageAttr getStorage(Value value);

  func::FuncOp network;
  SymbolTable symbols;
  StorageForest forest;
  /// Positions of launches; func.return comes last.
  llvm::DenseMap<Operation *, int64_t> positions;
  /// Of each activation: where it is written, and read for the last time by a launch or as an output.
  llvm::DenseMap<Value, int64_t> firstWrite, lastRead;
  /// Of each container in the arena.
  SmallVector<int64_t> arenaOffsets;
  int64_t scaledBytes = 0, fixedBytes = 0, liveBytes = 0;
  int64_t &weightsBytes;
};
} // namespace

//===----------------------------------------------------------------------===//
// Views, concatenations and outputs
//===----------------------------------------------------------------------===//

/// Inserts a kernel that copies `value` and returns the copy.
Value Planner::copy(Value value, Operation *before) {
  auto module = cast<ModuleOp>(network->getParentOp());
  RankedTensorType type = getTensor(value);
  auto kernelType = FunctionType::get(network.getContext(), {type}, {type});

  kernel::FuncOp callee;
  for (kernel::FuncOp candidate : module.getOps<kernel::FuncOp>())
    if (candidate->hasAttr("kernel.copy") && candidate.getFunctionType() == kernelType)
      callee = candidate;
  if (!callee) {
    OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
    callee = kernel::FuncOp::create(builder, value.getLoc(), "copy", kernelType);
    symbols.insert(callee); // and renames it where there is another
    int64_t vectorBytes = 32;
    if (auto target = module->getAttrOfType<DictionaryAttr>("kernel.target"))
      if (auto bytes = target.getAs<IntegerAttr>("vector_bytes"))
        vectorBytes = bytes.getInt();
    if (kernel::isForDevice(module))
      callee.setScheduleAttr(kernel::GpuElementwiseAttr::get(module.getContext(), 128));
    else
      callee.setScheduleAttr(
          kernel::PointwiseAttr::get(module.getContext(), vectorBytes / getElementBytes(type), 1, kernel::Axis::Both));
    callee->setAttr("kernel.copy", builder.getUnitAttr());
    builder.setInsertionPointToStart(&callee.getBlock());
    Value copied =
        nn::IdentityOp::create(builder, value.getLoc(), kernel::withLayout(type, {}), callee.getBlock().getArgument(0));
    kernel::ReturnOp::create(builder, value.getLoc(), copied);
  }

  OpBuilder builder(before);
  auto launch = kernel::LaunchOp::create(builder, value.getLoc(), TypeRange{type}, callee.getSymNameAttr(),
                                         ValueRange{value}, ArrayAttr());
  forest.add(launch.getResult(0));
  return launch.getResult(0);
}

/// Lets an input lie inside of the concatenation's result.
bool Planner::placeInConcat(kernel::ConcatOp concat, OpOperand &input, int64_t offset) {
  if (!isActivation(input.get()))
    return false;
  // What the input already shares a container with moves along. None of it may
  // end up in the place of another input, unless it is that input.
  if (!forest.isWhole(input.get())) {
    const int64_t shift = offset - forest.getPlace(input.get()).offset;
    for (Value moved : forest.getContainer(input.get()).members) {
      if (!isa_and_nonnull<kernel::LaunchOp>(moved.getDefiningOp()))
        continue;
      int64_t begin = 0;
      bool covered = false;
      for (Value other : concat.getInputs()) {
        covered |=
            forest.contains(other) && forest.overlaps(moved, other) && forest.getPlace(other).offset + shift == begin;
        begin += kernel::getItemElements(other.getType());
      }
      if (!covered)
        return false;
    }
  }
  return forest.embed(input.get(), concat.getResult(), offset);
}

/// Kernels count in 32 bits.
static LogicalResult verifySize(Operation *op, Type type) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  auto tensor = cast<RankedTensorType>(type);
  int64_t bytes = getElementBytes(type) * (tensor.isDynamicDim(0) ? 1 : tensor.getDimSize(0));
  bool overflows = false;
  for (int64_t extent : kernel::getItemExtents(tensor))
    overflows |= llvm::MulOverflow(bytes, extent, bytes);
  if (!overflows && bytes <= most)
    return success();
  InFlightDiagnostic error = op->emitOpError("makes a tensor of ");
  if (overflows)
    error << "more than 2^63";
  else
    error << bytes;
  return error << " bytes" << (tensor.isDynamicDim(0) ? " for one item of the batch" : "") << "; " << most
               << " is the most that a kernel can address";
}

LogicalResult Planner::shareOfNecessity() {
  for (Type type : network.getArgumentTypes())
    if (failed(verifySize(network, type)))
      return failure();
  for (Operation &op : network.getBody().front())
    if (isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp>(op))
      for (Type type : op.getResultTypes())
        if (failed(verifySize(&op, type)))
          return failure();

  for (BlockArgument argument : network.getArguments()) {
    forest.add(argument);
    forest.fix(argument, kernel::Space::Input, argument.getArgNumber());
  }
  for (Operation &op : llvm::make_early_inc_range(network.getBody().front())) {
    if (isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp>(op))
      for (Value result : op.getResults())
        forest.add(result);
    if (auto view = dyn_cast<kernel::ViewOp>(op)) {
      if (!isActivation(view.getInput()))
        return view.emitOpError("expects a view of an activation");
      forest.embed(view.getResult(), view.getInput(), 0);
    }
    if (auto concat = dyn_cast<kernel::ConcatOp>(op)) {
      int64_t offset = 0;
      for (OpOperand &input : concat->getOpOperands()) {
        if (!placeInConcat(concat, input, offset)) {
          input.set(copy(input.get(), concat));
          forest.embed(input.get(), concat.getResult(), offset);
        }
        offset += kernel::getItemElements(input.get().getType());
      }
    }
  }
  return success();
}

/// Kernels expect more of a blocked tensor's alignment than a caller promises.
bool Planner::mayLieInCallersBuffer(Value value) {
  return llvm::none_of(forest.getContainer(value).members,
                       [](Value member) { return getTensor(member).getEncoding(); });
}

/// Where the phase that gives this output ends.
Operation *Planner::findEndOfPhase(OpOperand &output) {
  if (isInForwardPhase(output.get()) && !network.getResultAttr(output.getOperandNumber(), nn::gradientAttr))
    return *network.getOps<nn::BackwardOp>().begin();
  return output.getOwner();
}

LogicalResult Planner::placeOutputs() {
  Operation *terminator = network.getBody().front().getTerminator();
  for (OpOperand &output : terminator->getOpOperands()) {
    if (getTensor(output.get()).getEncoding())
      return network.emitOpError("expects row-major outputs but result ")
             << output.getOperandNumber() << " is " << output.get().getType();
    bool direct = isActivation(output.get()) && mayLieInCallersBuffer(output.get()) &&
                  forest.fix(output.get(), kernel::Space::Output, output.getOperandNumber());
    if (direct)
      continue;
    output.set(copy(output.get(), findEndOfPhase(output)));
    forest.fix(output.get(), kernel::Space::Output, output.getOperandNumber());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The training state
//===----------------------------------------------------------------------===//

/// Whether the kernel computes each element of its only result from the elements
/// at the same place of the operand `index`, or from none of it.
static bool isElementwise(kernel::FuncOp kernel, unsigned index) {
  if (kernel.getFunctionType().getNumResults() != 1 ||
      kernel.getFunctionType().getInput(index) != kernel.getFunctionType().getResult(0))
    return false;
  return llvm::all_of(kernel.getBlock().without_terminator(), [](Operation &op) {
    return isa<nn::ElementwiseOpInterface>(op) || op.hasTrait<nn::InferenceIdentity>();
  });
}

static int64_t getBytes(Type type) { return cast<RankedTensorType>(type).getNumElements() * getElementBytes(type); }

/// Whether the kernel that computes the value may write it to its place: whoever
/// reads what lies there runs before, or is that kernel and reads each element
/// before it writes it.
bool Planner::mayLieInState(nn::AssignOp assign) {
  auto launch = assign.getValue().getDefiningOp<kernel::LaunchOp>();
  if (!launch || getTensor(assign.getValue()).getEncoding())
    return false;
  auto callee = symbols.lookup<kernel::FuncOp>(launch.getCallee());
  int64_t begin = assign.getPlace(), end = begin + getBytes(assign.getValue().getType());
  for (auto variable : network.getOps<nn::VariableOp>()) {
    int64_t place = variable.getPlace();
    if (place >= end || place + getBytes(variable.getType()) <= begin)
      continue;
    for (OpOperand &use : variable->getUses()) {
      if (use.getOwner()->isBeforeInBlock(launch))
        continue;
      bool inPlace = use.getOwner() == launch && place == begin && isElementwise(callee, use.getOperandNumber());
      if (!inPlace)
        return false;
    }
  }
  return true;
}

void Planner::placeAssigned() {
  Operation *terminator = network.getBody().front().getTerminator();
  for (auto assign : llvm::to_vector(network.getOps<nn::AssignOp>())) {
    if (mayLieInState(assign) && forest.fix(assign.getValue(), kernel::Space::State, assign.getPlace()))
      continue;
    assign->moveBefore(terminator);
    assign.getValueMutable().assign(copy(assign.getValue(), assign));
    forest.fix(assign.getValue(), kernel::Space::State, assign.getPlace());
  }
}

//===----------------------------------------------------------------------===//
// Liveness and sharing in place
//===----------------------------------------------------------------------===//

void Planner::computeReads() {
  int64_t position = 0;
  for (Operation &op : network.getBody().front())
    if (isa<kernel::LaunchOp, func::ReturnOp>(op))
      positions[&op] = position++;
  for (auto [op, at] : positions) {
    for (Value result : op->getResults())
      firstWrite[result] = at;
    for (Value operand : op->getOperands())
      if (isActivation(operand))
        lastRead[operand] = std::max(lastRead.lookup(operand), at);
  }
}

/// Whether the result of `launch` may overwrite `operand`: nobody reads any part
/// of it later, and `launch` itself no part by another name.
bool Planner::mayReplace(Value operand, kernel::LaunchOp launch) {
  const int64_t now = positions.lookup(launch);
  for (Value member : forest.getContainer(operand).members) {
    if (!forest.overlaps(member, operand))
      continue;
    if (lastRead.lookup(member) > now || firstWrite.lookup(member) >= now)
      return false;
    if (member != operand && llvm::is_contained(launch.getOperands(), member))
      return false;
  }
  return true;
}

bool Planner::isInForwardPhase(Value value) {
  Operation *source = value.getDefiningOp();
  return llvm::any_of(network.getOps<nn::BackwardOp>(),
                      [&](nn::BackwardOp backward) { return !source || source->isBeforeInBlock(backward); });
}

/// Whether the value lies where the caller wants a gradient.
bool Planner::isGradientBuffer(Value value) {
  const Container &container = forest.getContainer(value);
  return container.space == kernel::Space::Output && network.getResultAttr(container.index, nn::gradientAttr);
}

void Planner::shareInPlace() {
  for (auto launch : network.getOps<kernel::LaunchOp>()) {
    auto callee = symbols.lookup<kernel::FuncOp>(launch.getCallee());
    for (OpOperand &operand : launch->getOpOperands()) {
      if (!isActivation(operand.get()) || !isElementwise(callee, operand.getOperandNumber()))
        continue;
      Value result = launch.getResult(0);
      bool inArena = forest.getContainer(result).space == kernel::Space::Arena;
      // What the state holds stays until the result is written.
      if (forest.getContainer(result).space == kernel::Space::State)
        continue;
      // A larger container would only live longer by it.
      if (!forest.isWhole(operand.get()) || (inArena && !forest.isWhole(result)))
        continue;
      if (!inArena && !mayLieInCallersBuffer(operand.get()))
        continue;
      // The caller gives the buffers of gradients when the forward phase is over.
      if (isGradientBuffer(result) && llvm::any_of(forest.getContainer(operand.get()).members,
                                                   [&](Value member) { return isInForwardPhase(member); }))
        continue;
      if (mayReplace(operand.get(), launch) && forest.embed(operand.get(), result, 0))
        break;
    }
  }
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

void Planner::packArena() {
  // Tensors of an open batch in one packing, those of a fixed one in another.
  SmallVector<LiveBlock> blocks[2];
  SmallVector<size_t> owners[2];
  ArrayRef<Container> containers = forest.getContainers();
  for (auto [index, container] : llvm::enumerate(containers)) {
    if (container.space != kernel::Space::Arena || container.members.empty())
      continue;
    RankedTensorType type = getTensor(container.members.front());
    bool isFixed = !type.isDynamicDim(0);
    int64_t elements = container.elements * (isFixed ? type.getDimSize(0) : 1);
    if (isa_and_nonnull<kernel::WeightsAttr>(type.getEncoding())) // packed in each run
      elements = nn::getStorageElements(type);
    int64_t bytes = elements * getElementBytes(type);
    LiveBlock block = {static_cast<int64_t>(llvm::alignTo(bytes, alignment)), positions.size(), 0};
    for (Value member : container.members) {
      if (auto write = firstWrite.find(member); write != firstWrite.end()) {
        block.first = std::min(block.first, write->second);
        block.last = std::max(block.last, write->second);
      }
      block.last = std::max(block.last, lastRead.lookup(member));
    }
    blocks[isFixed].push_back(block);
    owners[isFixed].push_back(index);
  }
  scaledBytes = packIntervals(blocks[0]);
  fixedBytes = packIntervals(blocks[1]);
  liveBytes = getLiveBytes(blocks[0]) + getLiveBytes(blocks[1]);
  arenaOffsets.assign(containers.size(), 0);
  for (unsigned part : {0, 1})
    for (auto [owner, block] : llvm::zip_equal(owners[part], blocks[part]))
      arenaOffsets[owner] = block.offset;
}

void Planner::placeParameters() {
  MLIRContext *context = network.getContext();
  auto place = [&](kernel::Space space, int64_t offset) {
    return ArrayAttr::get(context, {kernel::StorageAttr::get(context, space, 0, 0, offset, 0)});
  };
  // The initial values of the state lie as it does. A module for a device has those of the machine's module.
  bool isBesideOther = network->getParentOp()->hasAttr(kernel::weightsBeginAttr);
  int64_t initialBytes = 0;
  for (auto variable : network.getOps<nn::VariableOp>()) {
    variable->setAttr("kernel.storage", place(kernel::Space::State, variable.getPlace()));
    Value initial = variable.getInitial();
    if (!initial || isBesideOther)
      continue;
    initial.getDefiningOp()->setAttr("kernel.storage",
                                     place(kernel::Space::Weights, weightsBytes + variable.getPlace()));
    initialBytes = std::max<int64_t>(initialBytes, variable.getPlace() + getBytes(variable.getType()));
  }
  if (initialBytes)
    network->setAttr(kernel::stateWeightsAttr, Builder(context).getI64IntegerAttr(weightsBytes));
  weightsBytes += llvm::alignTo(initialBytes, alignment);

  for (auto launch : network.getOps<kernel::LaunchOp>())
    for (Value operand : launch.getOperands()) {
      if (isActivation(operand) || operand.getDefiningOp<nn::VariableOp>())
        continue;
      Operation *op = operand.getDefiningOp();
      bool isPack = isa<kernel::PackOp>(op);
      StringRef name = isPack ? "storage" : "kernel.storage";
      if (op->hasAttr(name))
        continue;
      op->setAttr(name, place(kernel::Space::Weights, weightsBytes));
      weightsBytes +=
          llvm::alignTo(nn::getStorageElements(getTensor(operand)) * getElementBytes(operand.getType()), alignment);
    }
}

kernel::StorageAttr Planner::getStorage(Value value) {
  StorageForest::Place place = forest.getPlace(value);
  const Container &container = forest.getContainer(value);
  int64_t scaled = 0, offset = place.offset * getElementBytes(value.getType()), index = container.index;
  if (container.space == kernel::Space::State) { // the index is the place
    offset += index;
    index = 0;
  }
  if (container.space == kernel::Space::Arena) {
    if (getTensor(value).isDynamicDim(0)) {
      scaled = arenaOffsets[place.container];
    } else {
      scaled = scaledBytes;
      offset += arenaOffsets[place.container];
    }
  }
  return kernel::StorageAttr::get(network.getContext(), container.space, index, scaled, offset, container.elements);
}

void Planner::writeStorage() {
  Builder builder(network.getContext());
  for (Operation &op : network.getBody().front()) {
    if (!isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp>(op))
      continue;
    SmallVector<Attribute> storage;
    for (Value result : op.getResults())
      storage.push_back(getStorage(result));
    op.setAttr("storage", builder.getArrayAttr(storage));
  }
  network->setAttr("kernel.arena_scaled_bytes", builder.getI64IntegerAttr(scaledBytes));
  network->setAttr("kernel.arena_bytes", builder.getI64IntegerAttr(fixedBytes));
  network->setAttr("kernel.live_bytes", builder.getI64IntegerAttr(liveBytes));
}

LogicalResult Planner::run() {
  if (failed(shareOfNecessity()) || failed(placeOutputs()))
    return failure();
  placeAssigned();
  computeReads();
  shareInPlace();
  packArena();
  placeParameters();
  writeStorage();
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {
struct PlanMemory : dlc::memory::impl::PlanMemoryBase<PlanMemory> {
  void runOnOperation() override {
    auto networks = llvm::to_vector(getOperation().getOps<func::FuncOp>());
    int64_t weightsBytes = 0;
    if (auto begin = getOperation()->getAttrOfType<IntegerAttr>(kernel::weightsBeginAttr))
      weightsBytes = begin.getInt();
    for (func::FuncOp network : networks) {
      if (!llvm::hasSingleElement(network.getBody())) {
        network.emitOpError("expects a body of one block");
        return signalPassFailure();
      }
      // A plan that is there already is made anew.
      network.walk([](Operation *op) {
        if (isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp, kernel::PackOp>(op))
          op->removeAttr("storage");
        op->removeDiscardableAttr("kernel.storage");
      });
      if (failed(Planner(network, weightsBytes).run()))
        return signalPassFailure();
    }
    // All functions share the weights.
    for (func::FuncOp network : networks)
      network->setAttr("kernel.weights_bytes", Builder(&getContext()).getI64IntegerAttr(weightsBytes));
  }
};
} // namespace
