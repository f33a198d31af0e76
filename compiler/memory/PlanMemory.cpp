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
#include "compiler/memory/Planner.h"

#include "dialects/nn/Parameters.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::memory;

namespace dlc::memory {
#define GEN_PASS_DEF_PLANMEMORY
#include "compiler/memory/Passes.h.inc"
} // namespace dlc::memory

static constexpr int64_t alignment = 64;

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
