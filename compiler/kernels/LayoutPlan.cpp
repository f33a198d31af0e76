// The rules by which tensors are stored.
#include "compiler/kernels/LayoutPlan.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::kernels;

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// Whether the plane of [N, C, 1, 1] or [N, C] is a single pixel.
static bool hasOnePixel(RankedTensorType type) {
  return type.getRank() == 2 || (type.getRank() == 4 && type.getDimSize(2) * type.getDimSize(3) == 1);
}

/// Pixels on a side.
static constexpr int64_t widestHalo = 64;

static bool isOnlyReturned(Value value) {
  return llvm::all_of(value.getUsers(), llvm::IsaPred<func::ReturnOp, nn::AssignOp>);
}

/// Whether the kernel computes something of a parameter's shape, which is always row-major.
static bool isParameterShaped(kernel::FuncOp func) {
  Operation *last = func.getReturn().getOperand(0).getDefiningOp();
  return last && last->hasTrait<nn::ParameterShaped>();
}

/// The argument of the kernel that the contraction reads, through the conversion of raw values if need be.
static BlockArgument getContractedArgument(const KernelShape &parts) {
  Value input = const_cast<KernelShape &>(parts).contraction.getInputOperand().get();
  if (auto normalize = input.getDefiningOp<nn::NormalizeOp>())
    input = normalize.getInput();
  return dyn_cast<BlockArgument>(input);
}

LayoutPlan::LayoutPlan(func::FuncOp network, const KernelTable &kernels, const LayoutOptions &options)
    : kernels(kernels), options(options), lanes(options.machine.lanes) {
  for (Operation &op : network.getOps()) {
    if (auto launch = dyn_cast<kernel::LaunchOp>(op))
      planLaunch(launch);
    else if (auto concat = dyn_cast<nn::ConcatOp>(op))
      planConcat(concat);
    else if (op.hasTrait<nn::SameElements>() && !nn::isParameter(op.getResult(0)))
      planView(&op);
  }
  planHalos(network);
  planPacked(network);
}

bool LayoutPlan::canBeBlocked(Type type) const {
  auto tensor = cast<RankedTensorType>(type);
  // Bytes are the places of maxima, which go with what they were found in.
  return !options.plain && (tensor.getRank() == 2 || tensor.getRank() == 4) &&
         (tensor.getElementType().isF32() || tensor.getElementType().isUnsignedInteger(8));
}

Form LayoutPlan::getHome(Value value) const {
  Operation *op = value.getDefiningOp();
  auto found = op ? plans.find(op) : plans.end();
  return found == plans.end() ? Form::RowMajor : found->second.result;
}

Attribute LayoutPlan::getLayout(Value value, Form form) const {
  if (form == Form::RowMajor)
    return {};
  auto halo = halos.find(value);
  ArrayRef<int64_t> sides;
  if (halo != halos.end() && halo->second != Sides())
    sides = halo->second;
  return kernel::BlockedAttr::get(value.getContext(), lanes, sides);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// Kernels of layers other than contractions compute in any form: they follow
/// their operands, and write a row-major result where nobody else than the
/// program reads it.
void LayoutPlan::planLaunch(kernel::LaunchOp launch) {
  OpPlan plan;
  plan.operands.resize(launch->getNumOperands());
  plan.weights.resize(launch->getNumOperands());
  kernel::FuncOp func = kernels.lookup(launch.getCallee());
  KernelShape parts = KernelShape::of(func);
  auto result = getTensor(launch->getResult(0));
  if (options.plain) {
    plan.result = Form::RowMajor;
  } else if (isParameterShaped(func)) {
    plan.result = Form::RowMajor;
  } else if (parts.contraction) {
    planContraction(launch, func, parts, plan);
  } else {
    bool blocked = canBeBlocked(result) && !isOnlyReturned(launch->getResult(0)) &&
                   llvm::any_of(launch.getOperands(), [&](Value operand) { return getHome(operand) == Form::Blocked; });
    // What reads the program's raw values writes as the next kernel wants it.
    blocked |= parts.convertsInput && result.getDimSize(1) >= lanes && !isOnlyReturned(launch->getResult(0));
    plan.result = blocked ? Form::Blocked : Form::RowMajor;
  }
  // Vectors over the channels that go with a blocked result.
  if (plan.result == Form::Blocked)
    for (auto [index, operand] : llvm::enumerate(launch.getOperands()))
      if (nn::isParameter(operand) && getTensor(operand).getRank() == 1)
        plan.weights[index] = getWeights(launch.getContext(), kernel::WeightsForm::Channels);
  plans[launch] = std::move(plan);
}

int64_t LayoutPlan::getWinogradTile(kernel::FuncOp func, const KernelShape &parts, const ContractionShape &shape,
                                    bool isConstant) const {
  if (auto chosen = dyn_cast_or_null<kernel::WinogradAttr>(func.getScheduleAttr()))
    return chosen.getTile();
  if (options.exact || func.getScheduleAttr())
    return 0;
  Usage usage = {static_cast<int64_t>(func.getItems().value_or(1)), !isConstant};
  if (!parts.pool)
    return chooseWinogradTile(shape, nullptr, options.machine, usage);
  WindowShape pool = WindowShape::of(parts.pool);
  return chooseWinogradTile(shape, &pool, options.machine, usage);
}

void LayoutPlan::planContraction(kernel::LaunchOp launch, kernel::FuncOp func, const KernelShape &parts, OpPlan &plan) {
  nn::ContractionOpInterface contraction = parts.contraction;
  BlockArgument argument = getContractedArgument(parts);
  auto weight = dyn_cast<BlockArgument>(contraction.getWeightOperand().get());
  Form input = argument ? getHome(launch.getOperand(argument.getArgNumber())) : Form::RowMajor;
  Form reads = input;
  kernel::WeightsAttr weights;
  if (isa<nn::WindowOpInterface>(*contraction)) {
    bool isConstant = weight && nn::isParameter(launch.getOperand(weight.getArgNumber()));
    planConvolution(func, parts, input, isConstant, plan, reads, weights);
  } else {
    // A linear layer reads its input as it is; over more than [N, I] all is row-major.
    Value result = launch->getResult(0);
    bool joined = llvm::any_of(result.getUsers(), [&](Operation *user) {
      return isa<nn::ConcatOp>(user) && getTensor(result).getDimSize(1) % lanes != 0;
    });
    if (getTensor(result).getRank() == 2 && canBeBlocked(result.getType()) && !joined) {
      plan.result = Form::Blocked;
      weights = getWeights(launch.getContext(), kernel::WeightsForm::Direct, reads == Form::Blocked ? lanes : 1);
    }
  }
  if (weight && weights)
    plan.weights[weight.getArgNumber()] = weights;
  if (argument)
    plan.operands[argument.getArgNumber()] = reads;
}

void LayoutPlan::planConvolution(kernel::FuncOp func, const KernelShape &parts, Form input, bool isConstant,
                                 OpPlan &plan, Form &reads, kernel::WeightsAttr &weights) {
  ContractionShape shape = ContractionShape::of(parts.contraction);
  MLIRContext *context = func.getContext();
  plan.result = reads = Form::RowMajor;
  if (!canBeBlocked(parts.contraction->getResult(0).getType()))
    return;

  if (shape.isDepthwise()) {
    // Blocks of few channels are mostly zeros.
    if (parts.convertsInput || (input == Form::RowMajor && 2 * shape.inChannels < lanes))
      return;
    plan.result = reads = Form::Blocked;
    weights = getWeights(context, kernel::WeightsForm::Depthwise);
    return;
  }
  // A block of channels must not straddle two groups.
  if (shape.groups > 1 &&
      ((shape.inChannels / shape.groups) % lanes != 0 || (shape.outChannels / shape.groups) % lanes != 0))
    return;
  if (!parts.convertsInput && (input == Form::Blocked || (shape.inChannels >= lanes && !shape.isDense())))
    reads = Form::Blocked;
  // Few filters, as of a first layer or in the gradient of a second one.
  if (isBetterInRows(shape, reads == Form::Blocked, options.machine)) {
    reads = Form::RowMajor;
    return;
  }
  plan.result = Form::Blocked;
  int64_t tile = reads == Form::Blocked ? getWinogradTile(func, parts, shape, isConstant) : 0;
  weights = tile ? getWeights(context, kernel::WeightsForm::Winograd, lanes, tile)
                 : getWeights(context, kernel::WeightsForm::Direct, reads == Form::Blocked ? lanes : 1);
}

/// A kernel that makes a weight which all its readers want packed alike packs it itself.
void LayoutPlan::planPacked(func::FuncOp network) {
  for (auto launch : network.getOps<kernel::LaunchOp>()) {
    Value result = launch->getResult(0);
    if (result.use_empty() || !isParameterShaped(kernels.lookup(launch.getCallee())))
      continue;
    Attribute packed;
    for (OpOperand &use : result.getUses()) {
      auto reader = dyn_cast<kernel::LaunchOp>(use.getOwner());
      Attribute wanted = reader ? get(reader).weights[use.getOperandNumber()] : Attribute();
      packed = !packed || packed == wanted ? wanted : Attribute();
      if (!packed)
        break;
    }
    plans[launch].packed = packed;
  }
}

//===----------------------------------------------------------------------===//
// Concats and views
//===----------------------------------------------------------------------===//

/// Inputs that are whole blocks of channels lie side by side and need no copy.
void LayoutPlan::planConcat(nn::ConcatOp concat) {
  OpPlan plan;
  auto result = concat.getType();
  bool anyBlocked = false, aligned = true;
  for (Value input : concat.getInputs()) {
    anyBlocked |= getHome(input) == Form::Blocked;
    if (input != concat.getInputs().back())
      aligned &= getTensor(input).getDimSize(1) % lanes == 0;
  }
  bool blocked = anyBlocked && canBeBlocked(result);
  plan.copies = nn::normalizeDim(concat.getDim(), result.getRank()) != 1 || (blocked && !aligned);
  plan.result = blocked ? Form::Blocked : Form::RowMajor;
  plan.operands.resize(concat->getNumOperands());
  if (!plan.copies)
    llvm::fill(plan.operands, plan.result);
  plans[concat] = std::move(plan);
}

/// The elements of [N, C, 1, 1] and [N, C] lie alike in blocks; everything else
/// moves nothing only between row-major tensors.
void LayoutPlan::planView(Operation *view) {
  OpPlan plan;
  Value input = view->getOperand(0), result = view->getResult(0);
  RankedTensorType from = getTensor(input), to = getTensor(result);
  bool stays = getHome(input) == Form::Blocked && hasOnePixel(from);
  plan.operands = {Form::RowMajor};
  if (stays && hasOnePixel(to) && to.getDimSize(1) == from.getDimSize(1) && !isOnlyReturned(result)) {
    plan.operands = {Form::Blocked};
    plan.result = Form::Blocked;
  } else if (stays && from.getDimSize(1) % lanes == 0) {
    plan.operands = {Form::Blocked}; // which is row-major
  }
  plans[view] = std::move(plan);
}

//===----------------------------------------------------------------------===//
// Halos
//===----------------------------------------------------------------------===//

void LayoutPlan::planHalos(func::FuncOp network) {
  auto widen = [&](Value value, const Sides &sides) {
    // Views of a single pixel have no place for a halo; the convolution pads for itself, as it
    // does where the halo would be most of the tensor.
    if (hasOnePixel(getTensor(value)) || llvm::any_of(sides, [](int64_t width) { return width > widestHalo; }))
      return false;
    Sides &halo = halos[value];
    bool wider = false;
    for (auto [width, wanted] : llvm::zip_equal(halo, sides)) {
      wider |= wanted > width;
      width = std::max(width, wanted);
    }
    return wider;
  };
  for (auto launch : network.getOps<kernel::LaunchOp>()) {
    KernelShape parts = KernelShape::of(kernels.lookup(launch.getCallee()));
    BlockArgument argument = parts.contraction ? getContractedArgument(parts) : BlockArgument();
    if (argument && get(launch).operands[argument.getArgNumber()] == Form::Blocked)
      widen(launch.getOperand(argument.getArgNumber()), ContractionShape::of(parts.contraction).window.padding);
  }
  // The parts of a concat share the halo of the whole.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto concat : network.getOps<nn::ConcatOp>()) {
      const OpPlan &plan = get(concat);
      if (plan.copies || plan.result != Form::Blocked || getTensor(concat).getRank() != 4)
        continue;
      for (Value input : concat.getInputs()) {
        Sides theirs = halos[input], ours = halos[concat];
        changed |= widen(concat, theirs);
        changed |= widen(input, ours);
      }
    }
  }
}
