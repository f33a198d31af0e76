// Groups layers into kernels.
//
// 1. In program order, a layer that is in no group yet begins one, which takes in
//    the layers that read its result as far as the rules allow (Group).
// 2. Each group becomes a kernel.func, unless one like it is there already, and a
//    kernel.launch in the place of the group's last layer: there all that the
//    group reads has been computed, and nobody reads its result earlier.
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/KernelTable.h"
#include "compiler/kernels/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace dlc::kernels {
#define GEN_PASS_DEF_FUSE
#include "compiler/kernels/Passes.h.inc"
} // namespace dlc::kernels

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

/// Whether `op` becomes part of a kernel: it computes something from activations, and
/// that cannot be a matter of where tensors lie.
static bool isComputation(Operation *op) {
  return isa<nn::NnDialect>(op->getDialect()) && !op->hasTrait<nn::OutsideKernels>() &&
         !op->hasTrait<nn::SameElements>() && !isa<nn::ConcatOp>(op) && !nn::isParameter(op->getResult(0));
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

namespace {
/// Layers of one kernel, in program order. The last one's result is the only one that is read outside.
class Group {
public:
  Group(Operation *first, DenseSet<Operation *> &taken) : taken(taken) { take(first); }

  /// Takes in what follows, by the rules in Passes.td.
  void extend(const Machine &machine, bool exact);
  ArrayRef<Operation *> getLayers() const { return layers; }

private:
  void take(Operation *layer) {
    layers.push_back(layer);
    taken.insert(layer);
  }
  Value getResult() const { return layers.back()->getResult(0); }
  /// The only layer that reads the result, if it is in no group yet.
  Operation *getOnlyReader() const;
  /// Takes the next elementwise layers as far as one of them is again the only
  /// way out of the group: `x · sigmoid(x)` at once. False where there are none.
  bool takeElementwise();
  bool takePool(nn::ContractionOpInterface contraction, const Machine &machine, bool exact);

  SmallVector<Operation *> layers;
  DenseSet<Operation *> &taken;
};
} // namespace

Operation *Group::getOnlyReader() const {
  Value result = getResult();
  if (result.use_empty())
    return nullptr;
  Operation *reader = *result.user_begin();
  bool only = llvm::all_of(result.getUsers(), [&](Operation *user) { return user == reader; });
  return only && isComputation(reader) && !taken.contains(reader) ? reader : nullptr;
}

bool Group::takeElementwise() {
  const size_t longest = 8; // layers between a value's first reader and its last
  SmallVector<Operation *> next;
  SmallVector<Value> open = {getResult()}; // values of the group that somebody may still read
  Type type = getResult().getType();
  while (next.size() < longest) {
    Operation *reader = nullptr;
    for (Value value : open)
      for (Operation *user : value.getUsers())
        if (!llvm::is_contained(next, user) && (!reader || user->isBeforeInBlock(reader)))
          reader = user;
    if (!reader || !isComputation(reader) || !isa<nn::ElementwiseOpInterface>(reader) || taken.contains(reader) ||
        reader->getResult(0).getType() != type)
      return false;
    next.push_back(reader);
    open.push_back(reader->getResult(0));
    llvm::erase_if(open, [&](Value value) {
      return !value.use_empty() &&
             llvm::all_of(value.getUsers(), [&](Operation *user) { return llvm::is_contained(next, user); });
    });
    if (open.size() == 1 && open.front() == reader->getResult(0)) {
      llvm::for_each(next, [&](Operation *layer) { take(layer); });
      return true;
    }
  }
  return false;
}

/// The contraction is null where the group is elementwise.
bool Group::takePool(nn::ContractionOpInterface contraction, const Machine &machine, bool exact) {
  auto pool = dyn_cast_or_null<nn::WindowOpInterface>(getOnlyReader());
  if (!pool || isa<nn::ContractionOpInterface>(*pool) || pool->getOperand(0) != getResult())
    return false;
  WindowShape window = WindowShape::of(pool);
  auto plane = cast<RankedTensorType>(pool->getResult(0).getType()).getShape().drop_front(2);
  // Weights that change are packed anew in each run: not for Winograd, which then would not pay.
  exact |= contraction && !nn::isParameter(contraction.getWeightOperand().get());
  if (contraction ? !isPoolWorthFusing(ContractionShape::of(contraction), window, {plane[0], plane[1]}, machine, exact)
                  : window.overlaps())
    return false;
  take(pool);
  return true;
}

void Group::extend(const Machine &machine, bool exact) {
  if (isa<nn::NormalizeOp>(layers.front())) {
    auto reader = dyn_cast_or_null<nn::ContractionOpInterface>(getOnlyReader());
    if (!reader || &reader.getInputOperand() != &*getResult().use_begin())
      return;
    take(reader);
  }
  auto contraction = dyn_cast<nn::ContractionOpInterface>(layers.back());
  bool elementwise = isa<nn::ElementwiseOpInterface>(layers.back());
  if (!contraction && !elementwise && !isa<nn::WindowOpInterface>(layers.back()))
    return;
  while (takeElementwise())
    ;
  if ((contraction || elementwise) && takePool(contraction, machine, exact))
    while (takeElementwise())
      ;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// A kernel of these layers over `operands`, before `place`.
static kernel::FuncOp outline(ArrayRef<Operation *> layers, ArrayRef<Value> operands, Operation *place) {
  OpBuilder builder(place);
  Operation *last = layers.back();
  auto type = builder.getFunctionType(TypeRange(ValueRange(operands)), last->getResultTypes());
  auto func = kernel::FuncOp::create(builder, last->getLoc(), "outlined", type);
  builder.setInsertionPointToEnd(&func.getBlock());
  IRMapping mapping;
  mapping.map(operands, func.getBlock().getArguments());
  for (Operation *layer : layers)
    builder.clone(*layer, mapping);
  kernel::ReturnOp::create(builder, last->getLoc(), mapping.lookup(last->getResult(0)));
  return func;
}

/// What the group reads from outside: activations in the order of their first use, then parameters.
static SmallVector<Value> getOperands(ArrayRef<Operation *> layers) {
  SetVector<Value> activations, parameters;
  for (Operation *layer : layers)
    for (Value operand : layer->getOperands())
      if (!llvm::is_contained(layers, operand.getDefiningOp()))
        (nn::isParameter(operand) ? parameters : activations).insert(operand);
  SmallVector<Value> operands = activations.takeVector();
  llvm::append_range(operands, parameters);
  return operands;
}

static void replaceByLaunch(ArrayRef<Operation *> layers, KernelTable &kernels, func::FuncOp network) {
  SmallVector<Value> operands = getOperands(layers);
  kernel::FuncOp outlined = outline(layers, operands, network);
  setExpectedItems(outlined, network);
  kernel::FuncOp func = kernels.add(outlined, getKernelName(layers));

  OpBuilder builder(layers.back());
  SmallVector<Location> locations;
  for (Operation *layer : layers)
    locations.push_back(layer->getLoc());
  auto launch = kernel::LaunchOp::create(
      builder, FusedLoc::get(builder.getContext(), locations), func.getFunctionType().getResults(),
      FlatSymbolRefAttr::get(func.getSymNameAttr()), operands, /*storage=*/ArrayAttr());
  launch->setAttr(layersAttr, builder.getStringAttr(getLayerNames(layers)));
  layers.back()->getResult(0).replaceAllUsesWith(launch->getResult(0));
  for (Operation *layer : llvm::reverse(layers))
    layer->erase();
}

namespace {
struct Fuse : kernels::impl::FuseBase<Fuse> {
  using FuseBase::FuseBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    Machine machine = Machine::of(module).value_or(Machine());
    KernelTable kernels(module);
    for (auto network : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      if (network.isExternal())
        continue;
      DenseSet<Operation *> taken;
      SmallVector<Group> groups;
      for (Operation &op : network.getOps()) {
        if (!isComputation(&op) || taken.contains(&op))
          continue;
        Group &group = groups.emplace_back(&op, taken);
        if (!plain)
          group.extend(machine, exact);
      }
      for (const Group &group : groups)
        replaceByLaunch(group.getLayers(), kernels, network);
    }
  }
};
} // namespace
