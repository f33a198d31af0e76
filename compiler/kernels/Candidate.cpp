// 1. The kernel under a new name, perhaps with its layouts erased.
// 2. A function that runs it on its arguments, repacked where they are stored otherwise.
#include "compiler/kernels/Candidate.h"
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/KernelTable.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

static RankedTensorType getTensor(Type type) { return cast<RankedTensorType>(type); }
static RankedTensorType toRowMajor(Type type) { return kernel::withLayout(getTensor(type), {}); }

bool kernels::canStandAlone(kernel::FuncOp func) {
  return !getLaunches(func).empty() && llvm::none_of(func.getFunctionType().getResults(), [](Type type) {
    return isa_and_nonnull<kernel::WeightsAttr>(getTensor(type).getEncoding());
  });
}

/// Whether the argument is a parameter wherever the kernel is launched.
static bool isParameter(kernel::FuncOp func, unsigned argument) {
  return llvm::all_of(getLaunches(func),
                      [&](kernel::LaunchOp launch) { return nn::isParameter(launch.getOperand(argument)); });
}

namespace {
class CandidateBuilder {
public:
  CandidateBuilder(kernel::FuncOp original, ModuleOp module, kernel::FuncOp func)
      : original(original), func(func), builder(module.getContext()), module(module) {}
  void run();

private:
  Value makeParameter(BlockArgument argument);
  /// `value` stored as `type`.
  Value repack(Value value, RankedTensorType type);

  kernel::FuncOp original, func;
  OpBuilder builder;
  ModuleOp module;
  unsigned frames = 0;
};
} // namespace

/// Parameters that a contraction adds are drawn like its weights; what else has one
/// dimension is one: variances must be positive.
Value CandidateBuilder::makeParameter(BlockArgument argument) {
  RankedTensorType type = toRowMajor(argument.getType());
  bool isDrawn = type.getRank() > 1 || llvm::any_of(argument.getUsers(), llvm::IsaPred<nn::ContractionOpInterface>);
  StringRef init = type.getRank() > 1 ? "he" : isDrawn ? "xavier" : "ones";
  auto parameter =
      nn::ParameterOp::create(builder, func.getLoc(), type, builder.getStringAttr("p" + Twine(argument.getArgNumber())),
                              builder.getStringAttr(init), FloatAttr(), DenseF64ArrayAttr());
  if (type == argument.getType())
    return parameter;
  return kernel::PackOp::create(builder, func.getLoc(), argument.getType(), parameter, /*storage=*/ArrayAttr());
}

Value CandidateBuilder::repack(Value value, RankedTensorType type) {
  if (value.getType() == type)
    return value;
  Location loc = func.getLoc();
  kernel::FuncOp frame;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(func);
    std::string name = (frameName + "_" + Twine(frames++)).str();
    frame = kernel::FuncOp::create(builder, loc, name, builder.getFunctionType(value.getType(), type));
    builder.setInsertionPointToEnd(&frame.getBlock());
    Value same = nn::IdentityOp::create(builder, loc, toRowMajor(type), frame.getBlock().getArguments());
    kernel::ReturnOp::create(builder, loc, same);
    if (func.getItemsAttr())
      frame.setItemsAttr(func.getItemsAttr());
    frame.setScheduleAttr(selectSchedule(frame, *kernel::Machine::of(module)));
  }
  auto launch = kernel::LaunchOp::create(builder, loc, TypeRange(type), FlatSymbolRefAttr::get(frame.getSymNameAttr()),
                                         value, ArrayAttr());
  launch->setAttr(layersAttr, builder.getStringAttr(frameName));
  return launch->getResult(0);
}

void CandidateBuilder::run() {
  Location loc = func.getLoc();
  SmallVector<Type> inputs, outputs;
  for (auto [index, type] : llvm::enumerate(func.getFunctionType().getInputs()))
    if (!isParameter(original, index))
      inputs.push_back(toRowMajor(type));
  for (Type type : func.getFunctionType().getResults())
    outputs.push_back(toRowMajor(type));
  builder.setInsertionPointToEnd(module.getBody());
  auto network = func::FuncOp::create(builder, loc, "candidate", builder.getFunctionType(inputs, outputs));
  for (unsigned i = 0; i < inputs.size(); ++i)
    network.setArgAttr(i, nn::nameAttr, builder.getStringAttr("x" + Twine(i)));
  for (unsigned i = 0; i < outputs.size(); ++i)
    network.setResultAttr(i, nn::nameAttr, builder.getStringAttr("y" + Twine(i)));
  builder.setInsertionPointToEnd(network.addEntryBlock());

  SmallVector<Value> operands, results;
  unsigned next = 0;
  for (BlockArgument argument : func.getBlock().getArguments())
    operands.push_back(isParameter(original, argument.getArgNumber())
                           ? makeParameter(argument)
                           : repack(network.getArgument(next++), getTensor(argument.getType())));
  auto launch = kernel::LaunchOp::create(builder, loc, func.getFunctionType().getResults(),
                                         FlatSymbolRefAttr::get(func.getSymNameAttr()), operands, ArrayAttr());
  launch->setAttr(layersAttr, builder.getStringAttr("kernel"));
  for (Value result : launch->getResults())
    results.push_back(repack(result, toRowMajor(result.getType())));
  func::ReturnOp::create(builder, loc, results);
}

static OwningOpRef<ModuleOp> makeModule(kernel::FuncOp func, function_ref<void(kernel::FuncOp)> change,
                                        function_ref<void(kernel::FuncOp)> finish) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(func.getLoc());
  (*module)->setAttr("kernel.target", func->getParentOfType<ModuleOp>()->getAttr("kernel.target"));
  kernel::FuncOp clone = func.clone();
  module->push_back(clone);
  for (NamedAttribute attribute : llvm::to_vector(clone->getDiscardableAttrs()))
    clone->removeDiscardableAttr(attribute.getName());
  clone.setSymName("measured");
  change(clone);
  CandidateBuilder(func, *module, clone).run();
  finish(clone);
  return module;
}

OwningOpRef<ModuleOp> kernels::makeCandidate(kernel::FuncOp func, const Choice *choice,
                                             const kernel::Machine &machine) {
  return makeModule(
      func, [](kernel::FuncOp) {},
      [&](kernel::FuncOp clone) {
        if (choice)
          applyChoice(clone, *choice, machine);
      });
}

OwningOpRef<ModuleOp> kernels::makeReference(kernel::FuncOp func, const kernel::Machine &machine) {
  return makeModule(
      func,
      [&](kernel::FuncOp clone) {
        SmallVector<Type> results;
        for (BlockArgument argument : clone.getBlock().getArguments())
          argument.setType(toRowMajor(argument.getType()));
        for (Type type : clone.getFunctionType().getResults())
          results.push_back(toRowMajor(type));
        clone.setFunctionType(FunctionType::get(clone.getContext(), clone.getBlock().getArgumentTypes(), results));
        auto module = clone->getParentOfType<ModuleOp>();
        NamedAttrList target(module->getAttrOfType<DictionaryAttr>("kernel.target"));
        target.erase("device");
        module->setAttr("kernel.target", target.getDictionary(clone.getContext()));
        clone.setScheduleAttr(kernel::PointwiseAttr::get(clone.getContext(), machine.lanes, 1, kernel::Axis::Both));
      },
      [](kernel::FuncOp) {});
}
