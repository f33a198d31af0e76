// The loop over epochs and steps. Where the run is stands in RunState; all that it computes is a function of that, of
// the data and of the settings, so that a run which is taken up again goes on as if it had never ended.
#include "tools/dlc/TrainRun.h"
#include "tools/dlc/Failure.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

#include <cstring>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Begin
//===----------------------------------------------------------------------===//

Error TrainRun::begin() {
  state.seed = options.seed;
  state.settings = json::Object(options.settings);
  batchesPerEpoch = divideCeil(data.parts.training->getCount(), data.training.batch);
  if (options.checkpoints.empty())
    return Error::success();
  const std::string last = getLastCheckpoint(options.checkpoints);
  if (!sys::fs::exists(last)) {
    if (options.resume)
      os << "resume: there is no " << last << " yet; the run begins\n";
    return Error::success();
  }
  if (!options.resume)
    return failure(exitUsage, last + " is there already: --resume goes on from it, another folder begins anew");

  Expected<Checkpoint> checkpoint = Checkpoint::open(last);
  if (!checkpoint)
    return checkpoint.takeError();
  if (Error error = checkpoint->checkSettings(options.settings))
    return error;
  if (checkpoint->getState().best && data.parts.validation) {
    Expected<Checkpoint> bestOne = Checkpoint::open(getBestCheckpoint(options.checkpoints));
    if (!bestOne)
      return bestOne.takeError();
    if (Error error = trainer.restore(*bestOne))
      return error;
    if (Error error = keepBest())
      return error;
  }
  if (Error error = trainer.restore(*checkpoint))
    return error;
  state = checkpoint->getState();
  os << "resume: " << last << ", after " << state.step << " steps, in epoch " << state.epoch + 1 << "\n";
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Epochs
//===----------------------------------------------------------------------===//

Score TrainRun::getScore() const {
  const auto items = static_cast<double>(std::max<int64_t>(state.items, 1));
  Score score{state.lossSum / items};
  if (hasAnswers)
    score.accuracy = static_cast<double>(state.correct) / items;
  return score;
}

/// What a batch adds to the sum of the items' losses.
static double getLossSum(const TrainDescription &description, const Batch &batch, double loss) {
  return description.isMean ? loss * static_cast<double>(batch.count) : loss;
}

Error TrainRun::runEpoch(Loader &loader, TrainProgress &progress) {
  progress.startEpoch(state.epoch, state.items);
  while (state.batch < batchesPerEpoch) {
    Expected<const Batch *> batch = loader.next();
    if (!batch)
      return batch.takeError();
    const double rate =
        description.schedule.getRate(options.rate, state.step, state.epoch, options.epochs * batchesPerEpoch);
    Expected<BatchResult> result = trainer.step(**batch, rate);
    if (!result)
      return result.takeError();
    ++state.step;
    ++state.batch;
    state.lossSum += getLossSum(description, **batch, result->loss);
    state.items += (*batch)->count;
    state.correct += result->correct.value_or(0);
    hasAnswers = result->correct.has_value();
    progress.update(state.items, getScore());
    if (options.checkpointEvery && state.step % options.checkpointEvery == 0 && state.batch < batchesPerEpoch)
      if (Error error = checkpoint(/*isBest=*/false))
        return error;
  }
  progress.stopClock();
  return Error::success();
}

/// By accuracy where there is one, by loss where not or where it is the same.
bool TrainRun::isBest(const Score &score) const {
  if (!state.best)
    return true;
  const CurvePoint &before = state.curves.validation[state.bestEpoch];
  if (score.accuracy && before.accuracy && *score.accuracy != *before.accuracy)
    return *score.accuracy > *before.accuracy;
  return score.loss < before.loss;
}

Error TrainRun::finishEpoch(TrainProgress &progress) {
  const Score training = getScore();
  const auto passed = static_cast<double>(state.epoch + 1);
  state.curves.training.push_back({state.step, passed, training.loss, training.accuracy});
  std::optional<Score> validation;
  bool isBestEpoch = false;
  if (data.parts.validation) {
    Expected<Score> score = evaluate(data.parts.validation);
    if (!score)
      return score.takeError();
    validation = *score;
    isBestEpoch = isBest(*score);
    state.curves.validation.push_back({state.step, passed, score->loss, score->accuracy});
    if (isBestEpoch) {
      state.best = score->accuracy.value_or(score->loss);
      state.bestEpoch = state.epoch;
      if (Error error = keepBest())
        return error;
    }
  }
  progress.finishEpoch(training, validation, isBestEpoch);
  ++state.epoch;
  state.batch = state.items = state.correct = 0;
  state.lossSum = 0;
  if (!options.checkpoints.empty())
    if (Error error = checkpoint(isBestEpoch))
      return error;
  return drawCurves();
}

bool TrainRun::hasLostPatience() const {
  return options.patience && state.best && state.epoch - 1 - state.bestEpoch >= options.patience;
}

Error TrainRun::run() {
  Expected<std::unique_ptr<Loader>> loader =
      Loader::create(data.parts.training, data.training, state.epoch, state.batch);
  if (!loader)
    return loader.takeError();
  TrainProgress progress = TrainProgress::onStderr(options.epochs, data.parts.training->getCount());
  while (state.epoch < options.epochs && !hasLostPatience()) {
    if (Error error = runEpoch(**loader, progress))
      return error;
    if (Error error = finishEpoch(progress))
      return error;
  }
  if (state.epoch < options.epochs)
    progress.say("stopped: the validation has not become better since epoch " + Twine(state.bestEpoch + 1));
  if (state.best && state.bestEpoch + 1 < state.epoch) {
    progress.say("the parameters are those of epoch " + Twine(state.bestEpoch + 1) + ", the best by its validation");
    Expected<std::vector<StateTensor>> variables = trainer.getVariables();
    if (!variables)
      return variables.takeError();
    for (auto [tensor, values] : zip(*variables, best))
      std::memcpy(tensor.data, values.data(), values.size());
  }
  return drawCurves();
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

Expected<Score> TrainRun::evaluate(const DatasetPointer &part) {
  Expected<std::unique_ptr<Loader>> loader = Loader::create(part, data.evaluation);
  if (!loader)
    return loader.takeError();
  Score score;
  int64_t correct = 0;
  bool answers = false;
  for (;;) {
    Expected<const Batch *> batch = (*loader)->next();
    if (!batch)
      return batch.takeError();
    if (!*batch)
      break;
    Expected<BatchResult> result = trainer.evaluate(**batch);
    if (!result)
      return result.takeError();
    score.loss += getLossSum(description, **batch, result->loss);
    correct += result->correct.value_or(0);
    answers = result->correct.has_value();
  }
  const auto count = static_cast<double>(part->getCount());
  score.loss /= count;
  if (answers)
    score.accuracy = static_cast<double>(correct) / count;
  return score;
}

//===----------------------------------------------------------------------===//
// What is kept
//===----------------------------------------------------------------------===//

Error TrainRun::keepBest() {
  Expected<std::vector<StateTensor>> variables = trainer.getVariables();
  if (!variables)
    return variables.takeError();
  best.resize(variables->size());
  for (auto [variable, values] : zip(*variables, best)) {
    const auto *from = static_cast<const char *>(variable.data);
    values.assign(from, from + product_of(variable.shape) * dlc_type_bytes(variable.type));
  }
  return Error::success();
}

Error TrainRun::checkpoint(bool isBest) {
  Expected<std::vector<StateTensor>> tensors = trainer.getState();
  if (!tensors)
    return tensors.takeError();
  return writeCheckpoint(options.checkpoints, *tensors, state, isBest);
}

Error TrainRun::drawCurves() const {
  if (options.curves.empty())
    return Error::success();
  Error error = writeToOutput(options.curves, [&](raw_ostream &file) -> Error {
    printCurves(state.curves, description.name, file);
    file.flush();
    auto &descriptor = static_cast<raw_fd_ostream &>(file);
    const std::error_code wrong = descriptor.error();
    descriptor.clear_error(); // or it ends the process
    return wrong ? errorCodeToError(wrong) : Error::success();
  });
  if (error)
    return failure(exitEnvironment, options.curves + ": " + toString(std::move(error)));
  return Error::success();
}

Error dlc::writeWeights(const std::string &path, ArrayRef<StateTensor> variables) {
  std::vector<dlc_safetensors_tensor> stored;
  for (const StateTensor &variable : variables)
    stored.push_back(toStored(variable));
  const dlc_safetensors_entry metadata[] = {{"format", "pt"}};
  dlc_safetensors_error error;
  if (dlc_safetensors_write(path.c_str(), stored.data(), stored.size(), metadata, std::size(metadata), nullptr, &error))
    return failure(exitEnvironment, path + ": " + error.message);
  return Error::success();
}
