// Losses as compositions of nn ops, so that their gradients follow.
#include "compiler/transforms/Training.h"
#include "dialects/nn/TrainingSettings.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::transforms;

static const nn::TrainingPart &getPart(DictionaryAttr loss) {
  return *nn::findTrainingPart(nn::getLosses(), loss.getAs<StringAttr>("op").getValue());
}

RankedTensorType transforms::getTargetType(Value value, DictionaryAttr loss) {
  auto input = cast<RankedTensorType>(value.getType());
  if (!getPart(loss).takesClasses)
    return input;
  if (input.getRank() < 2) {
    emitError(value.getLoc(), "the loss ") << loss.get("op") << " expects classes in dimension 1 but this is " << input;
    return {};
  }
  auto weights = loss.getAs<ArrayAttr>("weight");
  if (weights && static_cast<int64_t>(weights.size()) != input.getDimSize(1)) {
    emitError(value.getLoc(), "the loss ")
        << loss.get("op") << " has weights for " << weights.size() << " classes but this gives " << input.getDimSize(1);
    return {};
  }
  SmallVector<int64_t> places(input.getShape());
  places.erase(places.begin() + 1);
  return RankedTensorType::get(places, IntegerType::get(input.getContext(), 32));
}

namespace {
class LossBuilder {
public:
  LossBuilder(OpBuilder &builder, Location loc, DictionaryAttr loss)
      : builder(builder), loc(loc), loss(loss), part(getPart(loss)) {}

  Value build(Value input, Value target) {
    if (part.takesClasses)
      return buildNll(part.name == "nll" ? input : logSoftmax(input), target);
    // By the names of the table of losses.
    static const llvm::StringMap<Value (LossBuilder::*)(Value, Value)> rules = {
        {"mse", &LossBuilder::buildSquares},
        {"binary_cross_entropy", &LossBuilder::buildBinary},
        {"binary_cross_entropy_with_logits", &LossBuilder::buildBinaryOfLogits},
        {"hinge", &LossBuilder::buildHinge},
        {"huber", &LossBuilder::buildHuber},
    };
    Value elements = (this->*rules.at(part.name))(input, target);
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(input.getType()).getRank()));
    return nn::ReduceOp::create(builder, loc, scalar(input), elements, dims, nn::isMean(loss), /*keep=*/false);
  }

private:
  //===--------------------------------------------------------------------===//
  // The rules: the loss of each element
  //===--------------------------------------------------------------------===//

  Value buildSquares(Value input, Value target) {
    Value difference = subtract(input, target);
    return multiply(difference, difference);
  }

  Value buildBinary(Value input, Value target) {
    return nn::BinaryCrossEntropyOp::create(builder, loc, input.getType(), input, target);
  }

  /// log(1 + exp(x)) − t · x
  Value buildBinaryOfLogits(Value input, Value target) {
    return subtract(nn::SoftplusOp::create(builder, loc, input.getType(), input), multiply(target, input));
  }

  Value buildHinge(Value input, Value target) {
    Value rest = affine(multiply(target, input), -1, number("margin"));
    return nn::ReluOp::create(builder, loc, input.getType(), rest);
  }

  /// With c the difference clamped to ±delta: c · (difference − c/2).
  Value buildHuber(Value input, Value target) {
    Value difference = subtract(input, target);
    Value clamped =
        nn::ClampOp::create(builder, loc, input.getType(), difference, builder.getF64FloatAttr(-number("delta")),
                            builder.getF64FloatAttr(number("delta")));
    return multiply(clamped, subtract(difference, affine(clamped, 0.5, 0)));
  }

  //===--------------------------------------------------------------------===//
  // Their parts
  //===--------------------------------------------------------------------===//

  double number(StringRef setting) const { return nn::getNumber(loss, part, setting); }
  RankedTensorType scalar(Value like) const {
    return RankedTensorType::get({1}, cast<RankedTensorType>(like.getType()).getElementType());
  }
  Value subtract(Value a, Value b) { return nn::SubOp::create(builder, loc, a.getType(), a, b); }
  Value multiply(Value a, Value b) { return nn::MulOp::create(builder, loc, a.getType(), a, b); }
  Value logSoftmax(Value logits) {
    return nn::LogSoftmaxOp::create(builder, loc, logits.getType(), logits, builder.getI64IntegerAttr(1));
  }
  Value affine(Value value, double scale, double offset) {
    return nn::AffineOp::create(builder, loc, value, scale, offset);
  }

  Value buildNll(Value logs, Value target) {
    Value weights;
    if (SmallVector<double> values = nn::getNumbers(loss, part, "weight"); !values.empty()) {
      auto type = RankedTensorType::get({static_cast<int64_t>(values.size())}, scalar(logs).getElementType());
      weights = nn::ParameterOp::create(builder, loc, type, builder.getStringAttr("class weights"), StringAttr(),
                                        FloatAttr(), builder.getDenseF64ArrayAttr(values));
    }
    double smoothing = part.find("label_smoothing") ? number("label_smoothing") : 0;
    return nn::NllLossOp::create(builder, loc, scalar(logs), logs, target, weights, builder.getF64FloatAttr(smoothing),
                                 nn::isMean(loss) ? builder.getUnitAttr() : UnitAttr());
  }

  OpBuilder &builder;
  Location loc;
  DictionaryAttr loss;
  const nn::TrainingPart &part;
};
} // namespace

Value transforms::buildLoss(OpBuilder &builder, Location loc, DictionaryAttr loss, Value input, Value target) {
  Value value = LossBuilder(builder, loc, loss).build(input, target);
  double scale = nn::getNumber(loss, getPart(loss), "scale");
  return scale == 1 ? value : nn::AffineOp::create(builder, loc, value, scale);
}
