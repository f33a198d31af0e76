// Optimisers over the whole state at once: parameters, gradients and slots are vectors [1, elements].
#include "compiler/transforms/Training.h"
#include "dialects/nn/TrainingSettings.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::transforms;

namespace {
class UpdateBuilder {
public:
  UpdateBuilder(func::FuncOp update, DictionaryAttr optimizer, StatePlan &state)
      : update(update), optimizer(optimizer), state(state), loc(update.getLoc()),
        part(*nn::findTrainingPart(nn::getOptimizers(), optimizer.getAs<StringAttr>("op").getValue())),
        builder(OpBuilder::atBlockEnd(&update.getBody().front())) {
    int64_t elements = state.trainedBytes * 8 / state.elementType.getIntOrFloatBitWidth();
    vector = RankedTensorType::get({1, elements}, state.elementType);
    scalar = RankedTensorType::get({1, 1}, state.elementType);
  }

  void build() {
    parameters = read(0);
    gradients = clip(read(state.initialBytes));
    // By the names of the table of optimisers.
    struct Rule {
      Value (UpdateBuilder::*build)();
      bool decouplesDecay;
    };
    static const llvm::StringMap<Rule> rules = {
        {"sgd", {&UpdateBuilder::buildSgd, false}},           {"adagrad", {&UpdateBuilder::buildAdagrad, false}},
        {"adadelta", {&UpdateBuilder::buildAdadelta, false}}, {"rmsprop", {&UpdateBuilder::buildRmsprop, false}},
        {"adam", {&UpdateBuilder::buildAdam, false}},         {"adamw", {&UpdateBuilder::buildAdam, true}},
    };
    const Rule &rule = rules.at(part.name);
    if (number("weight_decay") != 0) {
      Value decay = hyper("weight_decay");
      if (rule.decouplesDecay)
        parameters = sub(parameters, mul(parameters, mul(hyper("lr"), decay)));
      else
        gradients = add(gradients, mul(parameters, decay));
    }
    assign(sub(parameters, (this->*rule.build)()), 0);
    update->setAttr(nn::slotsAttr, slots.getDictionary(update.getContext()));
  }

private:
  //===--------------------------------------------------------------------===//
  // The rules: what is subtracted from the parameters
  //===--------------------------------------------------------------------===//

  Value buildSgd() {
    Value direction = number("momentum") == 0 ? gradients : accelerate(gradients, number("nesterov") != 0);
    return mul(direction, hyper("lr"));
  }

  /// The rate falls as lr / (1 + lr_decay · number of steps before).
  Value buildAdagrad() {
    Value sum = getSlot("sum");
    sum = keep("sum", add(sum, mul(gradients, gradients)));
    Value rate = hyper("lr");
    if (number("lr_decay") != 0) {
      hyper("lr_decay");
      rate = hyper("decayed_lr", number("lr"));
    }
    return mul(rate, div(gradients, add(root(sum), hyper("eps"))));
  }

  Value buildAdadelta() {
    Value rho = hyper("rho"), eps = hyper("eps");
    Value squares = keep("square_avg", blend(mul(gradients, gradients), getSlot("square_avg"), rho));
    Value steps = getSlot("acc_delta");
    Value delta = mul(gradients, div(root(add(steps, eps)), root(add(squares, eps))));
    keep("acc_delta", blend(mul(delta, delta), steps, rho));
    return mul(delta, hyper("lr"));
  }

  Value buildRmsprop() {
    Value squares = keep("square_avg", blend(mul(gradients, gradients), getSlot("square_avg"), hyper("alpha")));
    Value direction = div(gradients, add(root(squares), hyper("eps")));
    if (number("momentum") != 0)
      direction = accelerate(direction, /*nesterov=*/false);
    return mul(direction, hyper("lr"));
  }

  /// The corrections, 1 − beta^t at step t, are computed by the session (Kingma and Ba 2015, algorithm 1).
  Value buildAdam() {
    SmallVector<double> betas = nn::getNumbers(optimizer, part, "betas");
    Value first = keep("exp_avg", blend(gradients, getSlot("exp_avg"), hyper("beta1", betas[0])));
    Value second =
        keep("exp_avg_sq", blend(mul(gradients, gradients), getSlot("exp_avg_sq"), hyper("beta2", betas[1])));
    Value mean = div(first, hyper("correction1", 1)), square = div(second, hyper("correction2", 1));
    return mul(hyper("lr"), div(mean, add(root(square), hyper("eps"))));
  }

  /// buffer ← momentum · buffer + direction; Nesterov's looks one step ahead.
  Value accelerate(Value direction, bool nesterov) {
    Value momentum = hyper("momentum");
    Value buffer = keep("momentum_buffer", add(mul(getSlot("momentum_buffer"), momentum), direction));
    return nesterov ? add(direction, mul(buffer, momentum)) : buffer;
  }

  /// Scaled down together where their norm is too large.
  Value clip(Value all) {
    double norm = number("clip_grad_norm");
    if (norm == 0)
      return all;
    Value squares = nn::ReduceOp::create(builder, loc, scalar, mul(all, all), ArrayRef<int64_t>{0, 1}, /*mean=*/false,
                                         /*keep=*/true);
    Value factor = div(hyper("clip_grad_norm"), affine(root(squares), 1, 1e-6));
    constexpr double lowest = std::numeric_limits<float>::lowest();
    factor =
        nn::ClampOp::create(builder, loc, scalar, factor, builder.getF64FloatAttr(lowest), builder.getF64FloatAttr(1));
    return mul(all, factor);
  }

  //===--------------------------------------------------------------------===//
  // Their parts
  //===--------------------------------------------------------------------===//

  double number(StringRef setting) const { return nn::getNumber(optimizer, part, setting); }

  Value read(int64_t place) {
    return nn::VariableOp::create(builder, loc, vector, Value(), builder.getI64IntegerAttr(place));
  }
  void assign(Value value, int64_t place) {
    nn::AssignOp::create(builder, loc, value, builder.getI64IntegerAttr(place));
  }

  int64_t getPlace(StringRef slot) {
    if (auto known = slots.get(slot))
      return cast<IntegerAttr>(known).getInt();
    int64_t place = state.addSlot();
    slots.set(slot, builder.getI64IntegerAttr(place));
    return place;
  }
  Value getSlot(StringRef slot) { return read(getPlace(slot)); }
  Value keep(StringRef slot, Value value) {
    assign(value, getPlace(slot));
    return value;
  }

  /// An argument of that name.
  Value hyper(StringRef name) { return hyper(name, number(name)); }
  Value hyper(StringRef name, double value) {
    Value &argument = hypers[name];
    if (!argument) {
      unsigned index = update.getNumArguments();
      auto attributes =
          builder.getDictionaryAttr({builder.getNamedAttr(nn::nameAttr, builder.getStringAttr(name)),
                                     builder.getNamedAttr(nn::defaultAttr, builder.getF64FloatAttr(value))});
      (void)update.insertArgument(index, scalar, attributes, loc);
      argument = update.getArgument(index);
    }
    return argument;
  }

  Value add(Value a, Value b) { return nn::AddOp::create(builder, loc, wider(a, b), a, b); }
  Value sub(Value a, Value b) { return nn::SubOp::create(builder, loc, wider(a, b), a, b); }
  Value mul(Value a, Value b) { return nn::MulOp::create(builder, loc, wider(a, b), a, b); }
  Value div(Value a, Value b) { return nn::DivOp::create(builder, loc, wider(a, b), a, b); }
  Value root(Value a) { return nn::PowerOp::create(builder, loc, a.getType(), a, builder.getF64FloatAttr(0.5)); }
  Value affine(Value a, double scale, double offset) { return nn::AffineOp::create(builder, loc, a, scale, offset); }
  /// decay · average + (1 − decay) · value, with one product.
  Value blend(Value value, Value average, Value decay) { return add(value, mul(sub(average, value), decay)); }
  Type wider(Value a, Value b) const { return a.getType() == vector ? a.getType() : b.getType(); }

  func::FuncOp update;
  DictionaryAttr optimizer;
  StatePlan &state;
  Location loc;
  const nn::TrainingPart &part;
  OpBuilder builder;
  RankedTensorType vector, scalar;
  Value parameters, gradients;
  NamedAttrList slots;
  llvm::StringMap<Value> hypers;
};
} // namespace

void transforms::buildUpdate(func::FuncOp update, DictionaryAttr optimizer, StatePlan &state) {
  UpdateBuilder(update, optimizer, state).build();
}
