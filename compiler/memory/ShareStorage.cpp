// What must share storage: views, concatenations, outputs and the training state.
// Where that cannot be had, a copying kernel is inserted.
#include "compiler/memory/Planner.h"

#include "dialects/nn/Parameters.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::memory;

bool memory::isActivation(Value value) {
  return isa<BlockArgument>(value) || isa<kernel::LaunchOp, kernel::ConcatOp, kernel::ViewOp>(value.getDefiningOp());
}

bool memory::isElementwise(kernel::FuncOp kernel, unsigned index) {
  if (kernel.getFunctionType().getNumResults() != 1 ||
      kernel.getFunctionType().getInput(index) != kernel.getFunctionType().getResult(0))
    return false;
  return llvm::all_of(kernel.getBlock().without_terminator(), [](Operation &op) {
    return isa<nn::ElementwiseOpInterface>(op) || op.hasTrait<nn::InferenceIdentity>();
  });
}

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
