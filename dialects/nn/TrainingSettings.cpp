// The tables of losses, optimisers and schedules.
#include "dialects/nn/TrainingSettings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <limits>

using namespace mlir;
using namespace dlc::nn;

static constexpr double infinity = std::numeric_limits<double>::max();
using Setting = TrainingSetting;

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

static constexpr Setting reduction = {
    "reduction", Setting::Reduction, {}, 0, 0, "\"mean\" or \"sum\" over all elements"};
static constexpr Setting scale = {"scale", Setting::Number, {1}, -infinity, infinity, "what the loss is multiplied by"};
static constexpr Setting classWeights = {"weight", Setting::Numbers, {},
                                         0,        infinity,         "a weight for each class; a mean is weighted too"};
static constexpr Setting smoothing = {
    "label_smoothing", Setting::Number, {0}, 0, 1, "the share of the target that is spread over all classes"};

static constexpr Setting plainLoss[] = {reduction, scale};
static constexpr Setting crossEntropy[] = {classWeights, smoothing, reduction, scale};
static constexpr Setting nll[] = {classWeights, reduction, scale};
static constexpr Setting hinge[] = {
    {"margin", Setting::Number, {1}, 0, infinity, "how far on the right side is far enough"}, reduction, scale};
static constexpr Setting huber[] = {
    {"delta", Setting::Number, {1}, 1e-30, infinity, "where the quadratic becomes linear"}, reduction, scale};

static constexpr TrainingPart losses[] = {
    {"mse", "squared difference of input and target", plainLoss},
    {"cross_entropy", "cross entropy of logits [N, C, …] with classes [N, …]", crossEntropy, /*takesClasses=*/true},
    {"nll", "negative of the log-probabilities [N, C, …] of classes [N, …]", nll, /*takesClasses=*/true},
    {"binary_cross_entropy", "cross entropy of probabilities with targets from 0 to 1", plainLoss},
    {"binary_cross_entropy_with_logits", "the same of logits", plainLoss},
    {"hinge", "max(0, margin − target · input), targets 1 and −1", hinge},
    {"huber", "quadratic for differences up to delta, linear beyond (Huber 1964)", huber},
};

//===----------------------------------------------------------------------===//
// Optimisers
//===----------------------------------------------------------------------===//

static constexpr Setting weightDecay(double value = 0) {
  return {"weight_decay", Setting::Number, {value}, 0, infinity, "what pulls parameters to zero"};
}
static constexpr Setting clip = {"clip_grad_norm",
                                 Setting::Number,
                                 {0},
                                 0,
                                 infinity,
                                 "the largest Euclidean norm of all gradients together; 0: any"};
static constexpr Setting lr(double value) { return {"lr", Setting::Number, {value}, 0, infinity, "learning rate"}; }
static constexpr Setting eps(double value) {
  return {"eps", Setting::Number, {value}, 0, infinity, "what is added to a denominator"};
}
static constexpr Setting momentum = {"momentum", Setting::Number, {0}, 0, 1, "how much of the last step is kept"};
static constexpr Setting betas = {
    "betas", Setting::Numbers, {0.9, 0.999}, 0, 1, "decay of the averages of the gradient and of its square", 2};

static constexpr Setting sgd[] = {
    lr(1e-3), momentum, {"nesterov", Setting::Flag, {0}, 0, 1, "Nesterov's momentum"}, weightDecay(), clip};
static constexpr Setting adagrad[] = {lr(1e-2),
                                      {"lr_decay", Setting::Number, {0}, 0, infinity, "decay of the learning rate"},
                                      weightDecay(),
                                      eps(1e-10),
                                      clip};
static constexpr Setting adadelta[] = {
    lr(1), {"rho", Setting::Number, {0.9}, 0, 1, "decay of the averages of squares"}, weightDecay(), eps(1e-6), clip};
static constexpr Setting rmsprop[] = {
    lr(1e-2),  {"alpha", Setting::Number, {0.99}, 0, 1, "decay of the average of squares"},
    momentum,  weightDecay(),
    eps(1e-8), clip};
static constexpr Setting adam[] = {lr(1e-3), betas, weightDecay(), eps(1e-8), clip};
static constexpr Setting adamw[] = {lr(1e-3), betas, weightDecay(1e-2), eps(1e-8), clip};

static constexpr TrainingPart optimizers[] = {
    {"sgd", "stochastic gradient descent, with momentum (Sutskever et al. 2013)", sgd},
    {"adagrad", "Adagrad (Duchi et al. 2011)", adagrad},
    {"adadelta", "Adadelta (Zeiler 2012)", adadelta},
    {"rmsprop", "RMSProp (Hinton 2012)", rmsprop},
    {"adam", "Adam (Kingma and Ba 2015)", adam},
    {"adamw", "Adam with decoupled weight decay (Loshchilov and Hutter 2019)", adamw},
};

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

static constexpr Setting warmup = {
    "warmup_steps", Setting::Number, {0}, 0, 1e15, "steps over which the rate rises from 0"};
static constexpr Setting constant[] = {warmup};
static constexpr Setting step[] = {{"step_size", Setting::Number, {30}, 1, 1e15, "epochs between two falls"},
                                   {"gamma", Setting::Number, {0.1}, 0, infinity, "what the rate is multiplied by"},
                                   warmup};
static constexpr Setting cosine[] = {{"eta_min", Setting::Number, {0}, 0, infinity, "the rate at the end"}, warmup};

static constexpr TrainingPart schedules[] = {
    {"constant", "the same rate throughout", constant},
    {"step", "the rate falls every few epochs", step},
    {"cosine", "the rate falls along a cosine to the run's end (Loshchilov and Hutter 2017)", cosine},
};

namespace dlc::nn {

ArrayRef<TrainingPart> getLosses() { return losses; }
ArrayRef<TrainingPart> getOptimizers() { return optimizers; }
ArrayRef<TrainingPart> getSchedules() { return schedules; }

const TrainingPart *findTrainingPart(ArrayRef<TrainingPart> parts, StringRef name) {
  auto found = llvm::find_if(parts, [&](const TrainingPart &part) { return part.name == name; });
  return found == parts.end() ? nullptr : found;
}

const TrainingSetting *TrainingPart::find(StringRef setting) const {
  auto found = llvm::find_if(settings, [&](const TrainingSetting &each) { return each.name == setting; });
  return found == settings.end() ? nullptr : found;
}

static std::optional<double> toNumber(Attribute value) {
  if (auto number = dyn_cast_or_null<FloatAttr>(value))
    return number.getValueAsDouble();
  if (auto number = dyn_cast_or_null<IntegerAttr>(value); number && !isa<BoolAttr>(value))
    return static_cast<double>(number.getInt());
  return std::nullopt;
}

double getNumber(DictionaryAttr part, const TrainingPart &known, StringRef setting) {
  Attribute value = part.get(setting);
  if (auto flag = dyn_cast_or_null<BoolAttr>(value))
    return flag.getValue();
  return toNumber(value).value_or(known.find(setting)->defaults[0]);
}

SmallVector<double> getNumbers(DictionaryAttr part, const TrainingPart &known, StringRef setting) {
  const TrainingSetting &wanted = *known.find(setting);
  SmallVector<double> numbers;
  if (auto list = part.getAs<ArrayAttr>(setting))
    for (Attribute each : list)
      numbers.push_back(toNumber(each).value_or(0));
  else
    numbers.append(wanted.defaults.begin(), wanted.defaults.begin() + wanted.count);
  return numbers;
}

bool isMean(DictionaryAttr part) {
  auto word = part.getAs<StringAttr>("reduction");
  return !word || word.getValue() == "mean";
}

/// "a number", "a number of at least 0", "a number from 0 to 1".
static std::string describeRange(const TrainingSetting &setting) {
  if (setting.low == -infinity)
    return "a number";
  std::string text;
  llvm::raw_string_ostream os(text);
  if (setting.high == infinity)
    os << llvm::format("a number of at least %g", setting.low);
  else
    os << llvm::format("a number from %g to %g", setting.low, setting.high);
  return text;
}

std::string describeMisfit(const TrainingSetting &setting, Attribute value) {
  auto isInRange = [&](Attribute each) {
    std::optional<double> number = toNumber(each);
    return number && *number >= setting.low && *number <= setting.high;
  };
  switch (setting.kind) {
  case TrainingSetting::Flag:
    return isa<BoolAttr>(value) ? "" : "true or false";
  case TrainingSetting::Reduction: {
    auto word = dyn_cast<StringAttr>(value);
    return word && (word.getValue() == "mean" || word.getValue() == "sum") ? "" : "\"mean\" or \"sum\"";
  }
  case TrainingSetting::Number:
    return isInRange(value) ? "" : describeRange(setting);
  case TrainingSetting::Numbers: {
    auto list = dyn_cast<ArrayAttr>(value);
    bool fits = list && llvm::all_of(list, isInRange) && (setting.count ? list.size() == setting.count : !list.empty());
    if (fits)
      return "";
    return "a list of " + (setting.count ? std::to_string(setting.count) + " " : "") + "numbers, each " +
           describeRange(setting);
  }
  }
  return "";
}

} // namespace dlc::nn
