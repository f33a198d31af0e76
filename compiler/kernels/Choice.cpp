// Choices as text, kernels' signatures, and what a choice does to the IR.
#include "compiler/kernels/Choice.h"
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/KernelTable.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static std::string print(Attribute attribute) {
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

DictionaryAttr Choice::toAttribute() const {
  Builder builder(schedule.getContext());
  SmallVector<NamedAttribute> entries = {builder.getNamedAttr("schedule", schedule)};
  if (isSplit)
    entries.push_back(builder.getNamedAttr("split", builder.getUnitAttr()));
  if (weights)
    entries.push_back(builder.getNamedAttr("weights", weights));
  return builder.getDictionaryAttr(entries);
}

std::string Choice::toText() const { return print(toAttribute()); }

std::optional<Choice> Choice::fromAttribute(Attribute attribute) {
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(attribute);
  if (!dictionary)
    return std::nullopt;
  Choice choice;
  for (NamedAttribute entry : dictionary) {
    if (entry.getName() == "schedule" && isa<kernel::ScheduleInterface>(entry.getValue()))
      choice.schedule = entry.getValue();
    else if (entry.getName() == "split" && isa<UnitAttr>(entry.getValue()))
      choice.isSplit = true;
    else if (entry.getName() == "weights" && isa<kernel::WeightsAttr>(entry.getValue()))
      choice.weights = cast<kernel::WeightsAttr>(entry.getValue());
    else
      return std::nullopt;
  }
  return choice.schedule ? std::optional(choice) : std::nullopt;
}

std::optional<Choice> Choice::parse(StringRef text, MLIRContext *context) {
  ScopedDiagnosticHandler silence(context, [](Diagnostic &) {});
  return fromAttribute(parseAttribute(text, context));
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

BlockArgument kernels::getWeightArgument(kernel::FuncOp func) {
  nn::ContractionOpInterface contraction = KernelShape::of(func).contraction;
  return contraction ? dyn_cast<BlockArgument>(contraction.getWeightOperand().get()) : BlockArgument();
}

SmallVector<kernel::LaunchOp> kernels::getLaunches(kernel::FuncOp func) {
  SmallVector<kernel::LaunchOp> launches;
  func->getParentOfType<ModuleOp>().walk([&](kernel::LaunchOp launch) {
    if (launch.getCallee() == func.getSymName())
      launches.push_back(launch);
  });
  return launches;
}

bool kernels::hasConstantWeight(kernel::FuncOp func) {
  BlockArgument weight = getWeightArgument(func);
  return weight && llvm::all_of(getLaunches(func), [&](kernel::LaunchOp launch) {
           return nn::isParameter(launch.getOperand(weight.getArgNumber()));
         });
}

kernel::WeightsAttr kernels::getOpenForm(kernel::FuncOp func) {
  BlockArgument weight = getWeightArgument(func);
  if (!weight)
    return {};
  auto form = dyn_cast_or_null<kernel::WeightsAttr>(cast<RankedTensorType>(weight.getType()).getEncoding());
  bool isOpen =
      form && (form.getForm() == kernel::WeightsForm::Direct || form.getForm() == kernel::WeightsForm::Winograd);
  return isOpen ? form : kernel::WeightsAttr();
}

kernel::WeightsAttr kernels::getDirectForm(kernel::FuncOp func) {
  kernel::WeightsAttr form = getOpenForm(func);
  if (!form)
    return {};
  kernel::BlockedAttr blocked = kernel::getBlocked(func.getFunctionType().getResult(0));
  return kernel::WeightsAttr::get(func.getContext(), kernel::WeightsForm::Direct,
                                  blocked ? blocked.getLanes() : form.getLanes(), form.getInLanes(), /*tile=*/0);
}

std::string kernels::describeTarget(ModuleOp module) { return print(module->getAttr("kernel.target")); }

std::string kernels::getSignature(kernel::FuncOp func) {
  OwningOpRef<kernel::FuncOp> bare = func.clone();
  bare->setSymName("kernel");
  bare->removeScheduleAttr();
  for (NamedAttribute attribute : llvm::to_vector((*bare)->getDiscardableAttrs()))
    (*bare)->removeDiscardableAttr(attribute.getName());
  for (Operation &op : bare->getBlock())
    op.removeDiscardableAttr(nn::nameAttr);
  // Winograd's transform needs what a direct sum reads: the form is a matter of choice.
  if (kernel::WeightsAttr form = getDirectForm(*bare))
    setWeightsForm(*bare, form);
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << describeTarget(func->getParentOfType<ModuleOp>()) << (hasConstantWeight(func) ? " constant " : " ");
  (*bare)->print(stream, OpPrintingFlags().enableDebugInfo(false));
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(text)), /*LowerCase=*/true).substr(0, 24);
}

std::string kernels::describeKernel(kernel::FuncOp func) {
  auto shape = [](Type type) {
    auto tensor = cast<RankedTensorType>(type);
    SmallVector<std::string> extents;
    for (int64_t extent : tensor.getShape().drop_front(tensor.isDynamicDim(0) ? 1 : 0))
      extents.push_back(std::to_string(extent));
    return extents.empty() ? std::string("1") : llvm::join(extents, "x");
  };
  SmallVector<Operation *> layers;
  for (Operation &op : func.getBlock().without_terminator())
    layers.push_back(&op);
  std::string text = getKernelName(layers);
  FunctionType type = func.getFunctionType();
  if (type.getNumInputs())
    text += " " + shape(type.getInput(0));
  text += " -> " + shape(type.getResult(0));
  return text;
}

//===----------------------------------------------------------------------===//
// What a choice does
//===----------------------------------------------------------------------===//

void kernels::setWeightsForm(kernel::FuncOp func, kernel::WeightsAttr weights) {
  BlockArgument weight = getWeightArgument(func);
  weight.setType(kernel::withLayout(cast<RankedTensorType>(weight.getType()), weights));
  FunctionType type = func.getFunctionType();
  func.setFunctionType(FunctionType::get(func.getContext(), func.getBlock().getArgumentTypes(), type.getResults()));
}

/// The arguments of `func` that `layers` read.
static SmallVector<BlockArgument> getArguments(kernel::FuncOp func, ArrayRef<Operation *> layers) {
  SmallVector<BlockArgument> arguments;
  for (BlockArgument argument : func.getBlock().getArguments())
    if (llvm::any_of(argument.getUsers(), [&](Operation *user) { return llvm::is_contained(layers, user); }))
      arguments.push_back(argument);
  return arguments;
}

/// A kernel of `layers` over `operands`, some of which a tensor stored otherwise stands for.
static kernel::FuncOp makeKernel(kernel::FuncOp func, ArrayRef<Operation *> layers, ValueRange operands,
                                 TypeRange types, Type result) {
  OpBuilder builder(func.getContext());
  Operation *last = layers.back();
  auto made = kernel::FuncOp::create(builder, last->getLoc(), "part", builder.getFunctionType(types, result));
  builder.setInsertionPointToEnd(&made.getBlock());
  IRMapping mapping;
  mapping.map(operands, made.getBlock().getArguments());
  for (Operation *layer : layers)
    builder.clone(*layer, mapping);
  kernel::ReturnOp::create(builder, last->getLoc(), mapping.lookup(last->getResult(0)));
  if (func.getItemsAttr())
    made.setItemsAttr(func.getItemsAttr());
  return made;
}

/// The layers before the kernel's pool, and the pool with those behind it.
static std::pair<SmallVector<Operation *>, SmallVector<Operation *>> getLayersAroundPool(kernel::FuncOp func,
                                                                                         Operation *pool) {
  SmallVector<Operation *> head, tail;
  for (Operation &op : func.getBlock().without_terminator())
    (tail.empty() && &op != pool ? head : tail).push_back(&op);
  return {head, tail};
}

std::pair<kernel::FuncOp, kernel::FuncOp> kernels::splitAtPool(kernel::FuncOp func) {
  KernelShape parts = KernelShape::of(func);
  if (!parts.contraction || !parts.pool || func.getFunctionType().getNumResults() != 1)
    return {};
  const auto [head, tail] = getLayersAroundPool(func, parts.pool);
  Value between = parts.pool->getOperand(0);
  for (Operation *layer : head)
    for (OpOperand &use : layer->getUses())
      if (llvm::is_contained(tail, use.getOwner()) && use.get() != between)
        return {};
  if (head.empty() || between != head.back()->getResult(0))
    return {};
  auto stored = cast<RankedTensorType>(between.getType());
  if (kernel::BlockedAttr blocked = kernel::getBlocked(func.getFunctionType().getResult(0)))
    stored = kernel::withLayout(stored, kernel::BlockedAttr::get(func.getContext(), blocked.getLanes(), {}));

  SmallVector<Value> before, behind = {between};
  llvm::append_range(before, getArguments(func, head));
  SmallVector<Type> behindTypes = {stored};
  for (BlockArgument argument : getArguments(func, tail)) {
    behind.push_back(argument);
    behindTypes.push_back(argument.getType());
  }
  kernel::FuncOp first = makeKernel(func, head, before, TypeRange(ValueRange(before)), stored);
  return {first, makeKernel(func, tail, behind, behindTypes, func.getFunctionType().getResult(0))};
}

/// Each launch of `func` becomes one of `head` and one of `tail`.
static void replaceLaunches(kernel::FuncOp func, ArrayRef<BlockArgument> headArguments,
                            ArrayRef<BlockArgument> tailArguments, kernel::FuncOp head, kernel::FuncOp tail) {
  auto getLayers = [](kernel::FuncOp kernel) {
    SmallVector<Operation *> layers;
    for (Operation &op : kernel.getBlock().without_terminator())
      layers.push_back(&op);
    return getLayerNames(layers);
  };
  for (kernel::LaunchOp launch : getLaunches(func)) {
    OpBuilder builder(launch);
    auto make = [&](kernel::FuncOp kernel, ArrayRef<BlockArgument> arguments, SmallVector<Value> operands) {
      for (BlockArgument argument : arguments)
        operands.push_back(launch.getOperand(argument.getArgNumber()));
      auto made = kernel::LaunchOp::create(builder, launch.getLoc(), kernel.getFunctionType().getResults(),
                                           FlatSymbolRefAttr::get(kernel.getSymNameAttr()), operands,
                                           /*storage=*/ArrayAttr());
      made->setAttr(layersAttr, builder.getStringAttr(getLayers(kernel)));
      return made;
    };
    kernel::LaunchOp first = make(head, headArguments, {});
    launch->replaceAllUsesWith(make(tail, tailArguments, {first->getResult(0)}));
    launch.erase();
  }
}

/// `func` with weights of another form: those of each launch are packed anew.
static void retype(kernel::FuncOp func, kernel::WeightsAttr weights) {
  BlockArgument argument = getWeightArgument(func);
  if (cast<RankedTensorType>(argument.getType()).getEncoding() == weights)
    return;
  setWeightsForm(func, weights);
  for (kernel::LaunchOp launch : getLaunches(func)) {
    OpOperand &operand = launch->getOpOperand(argument.getArgNumber());
    auto pack = operand.get().getDefiningOp<kernel::PackOp>();
    OpBuilder builder(launch);
    if (pack)
      builder.setInsertionPoint(pack);
    operand.set(kernel::PackOp::create(builder, launch.getLoc(), argument.getType(),
                                       pack ? pack.getInput() : operand.get(), /*storage=*/ArrayAttr()));
    if (pack && pack->use_empty())
      pack.erase();
  }
}

void kernels::applyChoice(kernel::FuncOp func, const Choice &choice, const kernel::Machine &machine) {
  if (choice.isSplit) {
    auto [head, tail] = splitAtPool(func);
    auto module = func->getParentOfType<ModuleOp>();
    const auto [layers, pooled] = getLayersAroundPool(func, KernelShape::of(func).pool);
    SmallVector<BlockArgument> headArguments = getArguments(func, layers), tailArguments = getArguments(func, pooled);
    std::string headName = getKernelName(layers), tailName = getKernelName(pooled);
    KernelTable table(module);
    for (kernel::FuncOp part : {head, tail})
      module.insert(func, part);
    head = table.add(head, headName);
    tail.setScheduleAttr(selectSchedule(tail, machine));
    tail = table.add(tail, tailName);
    replaceLaunches(func, headArguments, tailArguments, head, tail);
    func.erase();
    func = head;
  }
  if (choice.weights)
    retype(func, choice.weights);
  func.setScheduleAttr(choice.schedule);
}
