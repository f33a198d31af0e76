// What a network file says of its training, read off the network as it was imported.
#include "tools/dlc/Failure.h"
#include "tools/dlc/TrainNetwork.h"

#include "dialects/nn/Nn.h"
#include "dialects/nn/TrainingSettings.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;
using namespace dlc;

double RateSchedule::getRate(double base, int64_t step, int64_t epoch, int64_t total) const {
  const double done = static_cast<double>(step);
  if (done < warmupSteps)
    return base * (done + 1) / warmupSteps;
  if (op == "step")
    return base * std::pow(gamma, std::floor(static_cast<double>(epoch) / stepSize));
  if (op == "cosine" && static_cast<double>(total) > warmupSteps)
    return etaMin + (base - etaMin) * (1 + std::cos(numbers::pi * (done - warmupSteps) / (total - warmupSteps))) / 2;
  return base;
}

static RateSchedule readSchedule(mlir::DictionaryAttr part) {
  RateSchedule schedule;
  auto name = part ? part.getAs<mlir::StringAttr>("op") : mlir::StringAttr();
  const nn::TrainingPart *known = name ? nn::findTrainingPart(nn::getSchedules(), name.getValue()) : nullptr;
  if (!known)
    return schedule;
  schedule.op = name.str();
  for (auto [setting, place] :
       {std::pair("warmup_steps", &schedule.warmupSteps), std::pair("step_size", &schedule.stepSize),
        std::pair("gamma", &schedule.gamma), std::pair("eta_min", &schedule.etaMin)})
    if (known->find(setting))
      *place = nn::getNumber(part, *known, setting);
  return schedule;
}

/// The type of what the loss reads; null where there is no such layer.
static mlir::RankedTensorType findLossInput(mlir::func::FuncOp function, StringRef name) {
  for (mlir::Operation &op : function.getBody().front())
    if (auto own = op.getAttrOfType<mlir::StringAttr>(nn::nameAttr); own && own.getValue() == name)
      return dyn_cast<mlir::RankedTensorType>(op.getResult(0).getType());
  return {};
}

Expected<TrainDescription> TrainDescription::read(const LoadedNetwork &network, StringRef path) {
  auto function = *network.getImported().getOps<mlir::func::FuncOp>().begin();
  TrainDescription description;
  description.name = function.getSymName().str();

  // 1. The input.
  if (network.getInputs().size() != 1)
    return failure(exitInput, path + ": the network has " + Twine(network.getInputs().size()) +
                                  " inputs; data have one item for one input");
  description.input = network.getInputs().front();
  const InputFormat &input = description.input;
  if (!input.isBatched())
    return failure(exitInput, path + ": the batch of input '" + input.name +
                                  "' is fixed; with \"batch\" as its first extent it can be trained");
  if (input.type != DLC_TYPE_F32 && input.type != DLC_TYPE_U8)
    return failure(exitInput, path + ": input '" + input.name + "' takes elements of type " +
                                  dlc_type_name(input.type) + "; data are f32 or u8");
  description.itemShape.assign(input.shape.begin() + 1, input.shape.end());
  if (input.layout == "NHWC")
    std::rotate(description.itemShape.begin(), description.itemShape.end() - 1, description.itemShape.end());

  // 2. The loss.
  auto training = function->getAttrOfType<mlir::DictionaryAttr>(nn::trainingAttr);
  mlir::Attribute losses = training ? training.get("loss") : mlir::Attribute();
  if (auto several = dyn_cast_or_null<mlir::ArrayAttr>(losses); several && !several.empty())
    losses = several[0];
  auto loss = dyn_cast_or_null<mlir::DictionaryAttr>(losses);
  if (!loss)
    return failure(exitInput, path + ": " +
                                  (training ? "its 'training' has no loss" : "the network has no 'training'") +
                                  "; \"training\": {\"loss\": …, \"optimizer\": …} says how it is trained");
  description.loss = loss.getAs<mlir::StringAttr>("op").str();
  description.isMean = nn::isMean(loss);
  description.takesClasses = nn::findTrainingPart(nn::getLosses(), description.loss)->takesClasses;
  if (auto name = loss.getAs<mlir::StringAttr>("input"))
    description.lossInput = name.str();
  mlir::RankedTensorType read = findLossInput(function, description.lossInput);
  if (!read)
    return failure(exitInput, path + ": there is no layer '" + description.lossInput + "' for the loss");
  if (description.takesClasses && read.getRank() != 2)
    return failure(exitInput, path + ": the loss wants a class for each place of '" + description.lossInput +
                                  "', and data have one an item");
  description.targetShape.assign(read.getShape().begin() + 1, read.getShape().end());
  description.classes = product_of(description.targetShape);
  if (description.takesClasses)
    description.targetShape.clear();
  description.schedule = readSchedule(training.getAs<mlir::DictionaryAttr>("schedule"));

  // 3. All of it.
  function.walk([&](nn::ParameterOp parameter) { description.parameters += parameter.getType().getNumElements(); });
  std::string text;
  raw_string_ostream(text) << network.getImported();
  description.fingerprint = xxh3_64bits(text);
  return description;
}
