// Puts the functions of training beside the network: see Passes.td.
//
// 1. The step: the network over the training state, each layer in its form in
//    training; the losses; the gradients of what is trained.
// 2. The update: the optimiser.
// 3. The prediction: the network as it is at inference, over the training state.
#include "compiler/transforms/AppendResult.h"
#include "compiler/transforms/Differentiate.h"
#include "compiler/transforms/Passes.h"
#include "compiler/transforms/Training.h"
#include "dialects/nn/Differentiation.h"
#include "dialects/nn/TrainingSettings.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_BUILDTRAINING
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;
using namespace dlc::transforms;

//===----------------------------------------------------------------------===//
// The function over the state
//===----------------------------------------------------------------------===//

/// A copy of `network`, behind it, whose parameters are variables of the state; with their initial values where it is
/// what `begins` with them. Fills `variables` by their names.
static func::FuncOp cloneOverState(func::FuncOp network, StringRef role, const StatePlan &state, bool begins,
                                   llvm::StringMap<Value> &variables) {
  OpBuilder builder(network->getBlock(), std::next(Block::iterator(network)));
  auto clone = cast<func::FuncOp>(builder.clone(*network));
  clone.setSymName((network.getSymName() + "." + role).str());
  clone->setAttr(nn::roleAttr, builder.getStringAttr(role));
  clone->removeAttr(nn::trainingAttr);
  auto originals = llvm::to_vector(clone.getOps<nn::ParameterOp>());
  builder.setInsertionPointToStart(&clone.getBody().front());
  for (auto &[name, entry] : state.getEntries()) {
    nn::ParameterOp parameter = entry.parameter;
    Value initial = begins ? builder.clone(*parameter)->getResult(0) : Value();
    variables[name] = nn::VariableOp::create(builder, parameter.getLoc(), parameter.getType(), initial,
                                             builder.getI64IntegerAttr(entry.place));
  }
  for (nn::ParameterOp parameter : originals) {
    parameter.replaceAllUsesWith(variables.lookup(parameter.getName()));
    parameter.erase();
  }
  return clone;
}

/// An argument before the last `behind` ones.
static Value addArgument(func::FuncOp function, Type type, StringRef name, Location loc, unsigned behind = 0) {
  Builder builder(function.getContext());
  unsigned index = function.getNumArguments() - behind;
  auto attributes = builder.getDictionaryAttr({builder.getNamedAttr(nn::nameAttr, builder.getStringAttr(name))});
  (void)function.insertArgument(index, type, attributes, loc);
  return function.getArgument(index);
}

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

/// The value that the loss reads, by the name that the importer left at its layer.
static Value findNamed(Block &block, StringRef name) {
  for (Operation &op : block)
    if (auto own = op.getAttrOfType<StringAttr>(nn::nameAttr); own && own.getValue() == name && op.getNumResults() == 1)
      return op.getResult(0);
  return {};
}

/// Appends the losses of `training` to a function over the state: it takes their targets, before its last `behind`
/// arguments, and returns their sum as "loss", which is null where there are none.
static FailureOr<Value> appendLosses(func::FuncOp function, DictionaryAttr training, unsigned behind) {
  Block &block = function.getBody().front();
  OpBuilder builder(block.getTerminator());
  Attribute given = training ? training.get("loss") : Attribute();
  SmallVector<Attribute> list;
  if (auto several = dyn_cast_or_null<ArrayAttr>(given))
    list.assign(several.begin(), several.end());
  else if (given)
    list.push_back(given);
  Value loss;
  for (Attribute each : list) {
    auto part = dyn_cast<DictionaryAttr>(each);
    auto name = part ? part.getAs<StringAttr>("op") : StringAttr();
    auto inputName = part ? part.getAs<StringAttr>("input") : StringAttr();
    if (!name || !nn::findTrainingPart(nn::getLosses(), name.getValue()))
      return function.emitError("there is no loss ") << (name ? Attribute(name) : each);
    Value input = inputName ? findNamed(block, inputName.getValue()) : Value();
    if (!input)
      return function.emitError("the network has no layer ") << part.get("input") << " for its loss";
    RankedTensorType type = getTargetType(input, part);
    if (!type)
      return failure();
    auto targetName = part.getAs<StringAttr>("target");
    Value target = addArgument(function, type, targetName ? targetName.getValue() : "target", input.getLoc(), behind);
    Value value = buildLoss(builder, input.getLoc(), part, input, target);
    loss = loss ? Value(nn::AddOp::create(builder, value.getLoc(), value.getType(), loss, value)) : value;
  }
  if (loss)
    appendResult(function, loss, builder.getStringAttr("loss"));
  return loss;
}

//===----------------------------------------------------------------------===//
// The step
//===----------------------------------------------------------------------===//

namespace {
class StepBuilder {
public:
  StepBuilder(func::FuncOp network, DictionaryAttr training, const StatePlan &state)
      : training(training), state(state), step(cloneOverState(network, "step", state, /*begins=*/true, variables)),
        block(step.getBody().front()), builder(step.getContext()) {}

  FailureOr<func::FuncOp> build() {
    takeTrainingForms();
    builder.setInsertionPoint(block.getTerminator());
    FailureOr<Value> sum = appendLosses(step, training, /*behind=*/key ? 1 : 0);
    if (failed(sum))
      return failure();
    loss = *sum;
    nn::BackwardOp::create(builder, step.getLoc());
    seed();
    SmallVector<Value> wanted = getWanted();
    if (failed(differentiate(block, wanted, gradients)))
      return failure();
    returnGradients();
    return step;
  }

private:
  void takeTrainingForms();
  void seed();
  SmallVector<Value> getWanted();
  void returnGradients();

  DictionaryAttr training;
  const StatePlan &state;
  llvm::StringMap<Value> variables;
  func::FuncOp step;
  Block &block;
  OpBuilder builder;
  Gradients gradients;
  Value loss; // null where there is none
  Value key;  // of random numbers, where a layer draws
};
} // namespace

void StepBuilder::takeTrainingForms() {
  llvm::DenseSet<Value> trained;
  for (auto &[name, entry] : state.getEntries())
    if (entry.isTrained)
      trained.insert(variables.lookup(name));
  auto layers = llvm::to_vector(block.getOps<nn::TrainingFormOpInterface>());
  for (auto [stream, layer] : llvm::enumerate(layers)) {
    if (isa<nn::DropoutOp>(*layer) && !key) {
      auto word = IntegerType::get(step.getContext(), 32, IntegerType::Unsigned);
      key = addArgument(step, RankedTensorType::get({4}, word), "random_key", step.getLoc());
    }
    builder.setInsertionPoint(layer);
    auto isTrained = [&](Value variable) { return trained.contains(variable); };
    auto assign = [&](Value variable, Value value) {
      nn::AssignOp::create(builder, value.getLoc(), value, variable.getDefiningOp<nn::VariableOp>().getPlaceAttr());
    };
    nn::TrainingForm form(builder, key, stream, isTrained, assign);
    layer.takeTrainingForm(form);
  }
}

/// What the derivation begins with: the loss, or the gradients of the outputs, which the program then provides.
void StepBuilder::seed() {
  if (loss) {
    gradients[loss] = nn::FillOp::create(builder, loss.getLoc(), loss.getType(), builder.getF64FloatAttr(1));
    return;
  }
  for (auto [index, output] : llvm::enumerate(block.getTerminator()->getOperands())) {
    auto name = step.getResultAttrOfType<StringAttr>(index, nn::nameAttr);
    Value given =
        addArgument(step, output.getType(), (name ? name.getValue().str() : "output" + std::to_string(index)) + ".grad",
                    output.getLoc());
    Value &sum = gradients[output];
    sum = sum ? Value(nn::AddOp::create(builder, output.getLoc(), given.getType(), sum, given)) : given;
  }
}

SmallVector<Value> StepBuilder::getWanted() {
  SmallVector<Value> wanted;
  for (auto &[name, entry] : state.getEntries())
    if (entry.isTrained)
      wanted.push_back(variables.lookup(name));
  for (BlockArgument argument : block.getArguments())
    if (step.getArgAttr(argument.getArgNumber(), nn::requiresGradAttr))
      wanted.push_back(argument);
  return wanted;
}

void StepBuilder::returnGradients() {
  builder.setInsertionPoint(block.getTerminator());
  auto getGradient = [&](Value value) {
    if (Value known = gradients.lookup(value))
      return known;
    if (!isa<BlockArgument>(value))
      return Value(nn::FillOp::create(builder, value.getLoc(), value.getType(), builder.getF64FloatAttr(0)));
    // Nothing depends on this input: zeros, as many as it has elements.
    return Value(nn::AffineOp::create(builder, value.getLoc(), value, 0));
  };
  for (auto &[name, entry] : state.getEntries())
    if (entry.isTrained)
      nn::AssignOp::create(builder, variables.lookup(name).getLoc(), getGradient(variables.lookup(name)),
                           builder.getI64IntegerAttr(state.getGradientPlace(entry)));
  for (BlockArgument argument : block.getArguments())
    if (step.getArgAttr(argument.getArgNumber(), nn::requiresGradAttr)) {
      auto name = step.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::nameAttr);
      std::string input = name ? name.getValue().str() : "input" + std::to_string(argument.getArgNumber());
      appendResult(step, getGradient(argument), builder.getStringAttr(input + ".grad"));
      step.setResultAttr(step.getNumResults() - 1, nn::gradientAttr, builder.getUnitAttr());
    }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static LogicalResult buildTraining(func::FuncOp network, bool evaluatesLoss) {
  auto training = network->getAttrOfType<DictionaryAttr>(nn::trainingAttr);
  FailureOr<StatePlan> state = StatePlan::of(network);
  if (failed(state))
    return failure();
  bool wantsInputs = llvm::any_of(network.getArguments(), [&](BlockArgument argument) {
    return network.getArgAttr(argument.getArgNumber(), nn::requiresGradAttr) != nullptr;
  });
  if (state->trainedBytes == 0 && !wantsInputs)
    return network.emitError("there is nothing to train: the network has no parameter that is not frozen, and no input "
                             "that requires a gradient");
  auto optimizer = training ? training.getAs<DictionaryAttr>("optimizer") : DictionaryAttr();
  auto name = optimizer ? optimizer.getAs<StringAttr>("op") : StringAttr();
  if (!name || !nn::findTrainingPart(nn::getOptimizers(), name.getValue()))
    return network.emitError("the network has no optimizer: 'training' in its file says how it is trained");

  FailureOr<func::FuncOp> step = StepBuilder(network, training, *state).build();
  if (failed(step))
    return failure();
  OpBuilder builder(network.getContext());
  builder.setInsertionPointAfter(*step);
  auto update = func::FuncOp::create(builder, network.getLoc(), (network.getSymName() + ".update").str(),
                                     builder.getFunctionType({}, {}));
  update->setAttr(nn::roleAttr, builder.getStringAttr("update"));
  builder.setInsertionPointToStart(update.addEntryBlock());
  if (state->trainedBytes)
    buildUpdate(update, optimizer, *state);
  builder.setInsertionPointToEnd(&update.getBody().front());
  func::ReturnOp::create(builder, network.getLoc());

  llvm::StringMap<Value> variables;
  func::FuncOp predict = cloneOverState(network, "predict", *state, /*begins=*/false, variables);
  predict->moveAfter(update);
  if (evaluatesLoss && failed(appendLosses(predict, training, /*behind=*/0)))
    return failure();

  auto bytes = [&](StringRef part, int64_t value) {
    return builder.getNamedAttr(part, builder.getI64IntegerAttr(value));
  };
  (*step)->setAttr(
      nn::stateAttr,
      builder.getDictionaryAttr({bytes("total", state->getBytes()), bytes("initial", state->initialBytes),
                                 bytes("trained", state->trainedBytes), bytes("gradients", state->initialBytes)}));
  return success();
}

namespace {
struct BuildTraining : transforms::impl::BuildTrainingBase<BuildTraining> {
  using BuildTrainingBase::BuildTrainingBase;

  void runOnOperation() override {
    for (auto network : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!network.isExternal() && !network->hasAttr(nn::roleAttr) && failed(buildTraining(network, evaluatesLoss)))
        return signalPassFailure();
  }
};
} // namespace
