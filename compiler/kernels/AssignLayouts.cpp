// Rewrites a network for the layouts of a LayoutPlan.
//
// 1. Plan the layouts of all tensors.
// 2. In program order, replace every op by one over stored tensors: a launch of
//    the kernel with its layouts, kernel.concat, kernel.view. An operand that is
//    wanted in another form than it has is repacked by a kernel before that, once.
// 3. Erase what has been replaced.
#include "compiler/kernels/LayoutPlan.h"
#include "compiler/kernels/Passes.h"

#include "llvm/ADT/MapVector.h"

namespace dlc::kernels {
#define GEN_PASS_DEF_ASSIGNLAYOUTS
#include "compiler/kernels/Passes.h.inc"
} // namespace dlc::kernels

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

namespace {
/// Kernels as fusion left them, by name; what replaces them takes over their names.
using Originals = llvm::MapVector<StringAttr, kernel::FuncOp>;

class Rewriter {
public:
  Rewriter(func::FuncOp network, const Originals &originals, KernelTable &kernels, const LayoutPlan &plan)
      : network(network), originals(originals), kernels(kernels), plan(plan), builder(network.getContext()) {}

  void run();

private:
  void rewriteLaunch(kernel::LaunchOp launch);
  void rewriteConcat(nn::ConcatOp concat);
  void rewriteView(Operation *view);

  /// `value` stored in `form`; repacks it if it has not been stored so yet.
  Value get(Value value, Form form);
  /// `value` as it is stored.
  Value getHome(Value value) { return get(value, plan.getHome(value)); }
  Value getParameter(Value value, Attribute layout);
  /// `value`, a weight that changes, packed by a kernel.
  Value getPacked(Value value, Attribute layout);
  RankedTensorType getType(Value value, Form form) {
    return kernel::withLayout(cast<RankedTensorType>(value.getType()), plan.getLayout(value, form));
  }
  /// `kernel` over operands of these types with this result: the same one for the same types.
  kernel::FuncOp getVariant(kernel::FuncOp func, TypeRange operands, Type result);
  /// A launch of a kernel of one layer, made by `build` from the kernel's arguments.
  Value launchLayer(Location loc, ValueRange operands, RankedTensorType result, StringRef name, StringRef layers,
                    function_ref<Value(OpBuilder &, ValueRange)> build);
  Value launch(Location loc, kernel::FuncOp func, ValueRange operands, StringAttr layers);

  func::FuncOp network;
  const Originals &originals;
  KernelTable &kernels;
  const LayoutPlan &plan;
  OpBuilder builder;
  DenseMap<std::pair<Value, int>, Value> stored; // by value and Form
  DenseMap<std::pair<Value, Attribute>, Value> packed;
  DenseMap<std::pair<Operation *, Type>, kernel::FuncOp> variants;
};
} // namespace

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

kernel::FuncOp Rewriter::getVariant(kernel::FuncOp func, TypeRange operands, Type result) {
  auto type = builder.getFunctionType(operands, result);
  kernel::FuncOp &variant = variants[{func, type}];
  if (variant)
    return variant;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(network);
  auto clone = cast<kernel::FuncOp>(builder.clone(*func));
  clone.setFunctionType(type);
  for (auto [argument, to] : llvm::zip_equal(clone.getBlock().getArguments(), operands))
    argument.setType(to);
  return variant = kernels.addAs(clone, func.getSymName());
}

Value Rewriter::launch(Location loc, kernel::FuncOp func, ValueRange operands, StringAttr layers) {
  auto launch = kernel::LaunchOp::create(builder, loc, func.getFunctionType().getResults(),
                                         FlatSymbolRefAttr::get(func.getSymNameAttr()), operands,
                                         /*storage=*/ArrayAttr());
  launch->setAttr(layersAttr, layers);
  return launch->getResult(0);
}

Value Rewriter::launchLayer(Location loc, ValueRange operands, RankedTensorType result, StringRef name,
                            StringRef layers, function_ref<Value(OpBuilder &, ValueRange)> build) {
  kernel::FuncOp func;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(network);
    func = kernel::FuncOp::create(builder, loc, "outlined", builder.getFunctionType(operands.getTypes(), result));
    builder.setInsertionPointToEnd(&func.getBlock());
    kernel::ReturnOp::create(builder, loc, build(builder, func.getBlock().getArguments()));
    setExpectedItems(func, network);
    func = kernels.add(func, name);
  }
  return launch(loc, func, operands, builder.getStringAttr(layers));
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Value Rewriter::get(Value value, Form form) {
  Value &result = stored[{value, static_cast<int>(form)}];
  if (result)
    return result;
  Operation *source = value.getDefiningOp();
  if ((!source || source->hasTrait<nn::OutsideKernels>()) && form == Form::RowMajor)
    return result = value;
  Value home = stored.lookup({value, static_cast<int>(plan.getHome(value))});
  if (!home)
    home = value; // an input of the network
  auto plain = kernel::withLayout(cast<RankedTensorType>(value.getType()), {});
  Value repacked = launchLayer(value.getLoc(), home, getType(value, form), "repack", "repack",
                               [&](OpBuilder &builder, ValueRange arguments) -> Value {
                                 return nn::IdentityOp::create(builder, value.getLoc(), plain, arguments);
                               });
  // Not through the reference: the map may have grown.
  return stored[{value, static_cast<int>(form)}] = repacked;
}

Value Rewriter::getParameter(Value value, Attribute layout) {
  if (!layout)
    return value;
  Value &result = packed[{value, layout}];
  if (!result) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(value);
    result = kernel::PackOp::create(builder, value.getLoc(),
                                    kernel::withLayout(cast<RankedTensorType>(value.getType()), layout), value,
                                    /*storage=*/ArrayAttr());
  }
  return result;
}

Value Rewriter::getPacked(Value value, Attribute layout) {
  Value &result = packed[{value, layout}];
  if (result)
    return result;
  RankedTensorType type = kernel::withLayout(cast<RankedTensorType>(value.getType()), layout);
  Value packedNow = launchLayer(value.getLoc(), getHome(value), type, "pack", "pack",
                                [&](OpBuilder &builder, ValueRange arguments) -> Value {
                                  return nn::IdentityOp::create(builder, value.getLoc(), value.getType(), arguments);
                                });
  return packed[{value, layout}] = packedNow;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void Rewriter::rewriteLaunch(kernel::LaunchOp launch) {
  const OpPlan &op = plan.get(launch);
  SmallVector<Value> operands;
  for (auto [index, operand] : llvm::enumerate(launch.getOperands())) {
    if (nn::isParameter(operand))
      operands.push_back(getParameter(operand, op.weights[index]));
    else if (op.weights[index])
      operands.push_back(getPacked(operand, op.weights[index]));
    else
      operands.push_back(op.operands[index] ? get(operand, *op.operands[index]) : getHome(operand));
  }
  Value result = launch->getResult(0);
  RankedTensorType type =
      op.packed ? kernel::withLayout(cast<RankedTensorType>(result.getType()), op.packed) : getType(result, op.result);
  kernel::FuncOp func =
      getVariant(originals.lookup(launch.getCalleeAttr().getAttr()), TypeRange(ValueRange(operands)), type);
  Value written = this->launch(launch.getLoc(), func, operands, launch->getAttrOfType<StringAttr>(layersAttr));
  if (op.packed)
    packed[{result, op.packed}] = written;
  else
    stored[{result, static_cast<int>(op.result)}] = written;
}

void Rewriter::rewriteConcat(nn::ConcatOp concat) {
  const OpPlan &op = plan.get(concat);
  SmallVector<Value> inputs;
  for (auto [input, form] : llvm::zip_equal(concat.getInputs(), op.operands))
    inputs.push_back(form ? get(input, *form) : getHome(input));
  RankedTensorType type = getType(concat, op.result);
  Value result;
  if (op.copies) {
    Operation *layer = concat;
    result = launchLayer(concat.getLoc(), inputs, type, getKernelName(layer), getLayerNames(layer),
                         [&](OpBuilder &builder, ValueRange arguments) -> Value {
                           return nn::ConcatOp::create(builder, concat.getLoc(), concat.getType(), arguments,
                                                       concat.getDimAttr());
                         });
  } else {
    result = kernel::ConcatOp::create(builder, concat.getLoc(), type, inputs, /*storage=*/ArrayAttr());
  }
  stored[{concat, static_cast<int>(op.result)}] = result;
}

void Rewriter::rewriteView(Operation *view) {
  const OpPlan &op = plan.get(view);
  Value result = view->getResult(0);
  stored[{result, static_cast<int>(op.result)}] =
      kernel::ViewOp::create(builder, view->getLoc(), getType(result, op.result),
                             get(view->getOperand(0), *op.operands[0]), /*storage=*/ArrayAttr());
}

void Rewriter::run() {
  SmallVector<Operation *> replaced;
  for (Operation &op : llvm::make_early_inc_range(network.getOps())) {
    builder.setInsertionPoint(&op);
    if (auto launch = dyn_cast<kernel::LaunchOp>(op))
      rewriteLaunch(launch);
    else if (auto concat = dyn_cast<nn::ConcatOp>(op))
      rewriteConcat(concat);
    else if (op.hasTrait<nn::SameElements>() && !nn::isParameter(op.getResult(0)))
      rewriteView(&op);
    else {
      // What is returned is computed by the phase that it belongs to.
      if (isa<nn::BackwardOp>(op))
        for (Value output : op.getBlock()->getTerminator()->getOperands())
          if (Operation *source = output.getDefiningOp(); source && source->isBeforeInBlock(&op))
            get(output, Form::RowMajor);
      if (isa<func::ReturnOp, nn::AssignOp>(op))
        for (OpOperand &operand : op.getOpOperands())
          operand.set(get(operand.get(), Form::RowMajor));
      continue;
    }
    replaced.push_back(&op);
  }
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Fails where a layer of the network is in no kernel.
static LogicalResult checkFused(func::FuncOp network) {
  for (Operation &op : network.getOps()) {
    if (!isa<nn::NnDialect>(op.getDialect()) || isa<nn::ConcatOp>(op) || op.hasTrait<nn::SameElements>() ||
        op.hasTrait<nn::OutsideKernels>() || nn::isParameter(op.getResult(0)))
      continue;
    return op.emitOpError("expects to be in a kernel (--kernel-fuse) before layouts are assigned");
  }
  return success();
}

namespace {
struct AssignLayouts : kernels::impl::AssignLayoutsBase<AssignLayouts> {
  using AssignLayoutsBase::AssignLayoutsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::optional<Machine> machine = Machine::of(module);
    if (!machine && !plain) {
      module.emitOpError("expects 'kernel.target' with the 'vector_bytes' of the machine");
      return signalPassFailure();
    }
    LayoutOptions options = {machine.value_or(Machine()), exact, plain};
    options.plain |= options.machine.isDevice;
    KernelTable kernels(module);
    SmallVector<std::pair<func::FuncOp, LayoutPlan>> plans;
    Originals originals;
    for (auto network : module.getOps<func::FuncOp>()) {
      if (network.isExternal())
        continue;
      if (failed(checkFused(network)))
        return signalPassFailure();
      plans.emplace_back(network, LayoutPlan(network, kernels, options));
      for (auto launch : network.getOps<kernel::LaunchOp>())
        originals.insert({launch.getCalleeAttr().getAttr(), kernels.lookup(launch.getCallee())});
    }
    for (auto [name, func] : originals)
      kernels.forget(func);
    for (auto &[network, plan] : plans)
      Rewriter(network, originals, kernels, plan).run();
    for (auto [name, func] : originals)
      func.erase();
  }
};
} // namespace
