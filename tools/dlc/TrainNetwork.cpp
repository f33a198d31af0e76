// Batches in, steps of the runtime's trainer, loss and answers out.
#include "tools/dlc/TrainNetwork.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"

#include "compiler/importer/WeightFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

static bool isFinite(const void *values, size_t bytes) {
  constexpr uint32_t exponent = 0x7f800000; // all ones: infinity or no number
  const char *from = static_cast<const char *>(values);
  uint32_t found = 0;
  for (size_t i = 0; i < bytes; i += sizeof(uint32_t)) {
    uint32_t bits;
    std::memcpy(&bits, from + i, sizeof(bits));
    found |= (bits & exponent) == exponent;
  }
  return !found;
}

Expected<std::vector<dlc_variable_info>> Trainer::listVariables() const {
  std::vector<dlc_variable_info> variables(dlc_trainer_variable_count(trainer.get()));
  for (auto [index, variable] : enumerate(variables))
    if (dlc_status status = dlc_trainer_variable(trainer.get(), static_cast<int32_t>(index), &variable))
      return fail(status);
  return variables;
}

int64_t Trainer::getBytes(const dlc_training *training, const TrainDescription &description, const Options &options) {
  const int64_t bytes = dlc_training_bytes(training, options.batch, static_cast<int32_t>(options.threads), 0);
  if (bytes < 0)
    return bytes;
  // The weights that it begins with are mapped, and copied into the state.
  int64_t own = description.parameters * static_cast<int64_t>(sizeof(float));
  dlc_tensor_info info;
  for (int32_t i = 1; i < dlc_training_input_count(training); ++i)
    if (dlc_training_input_info(training, i, options.batch, &info) == DLC_OK)
      own += static_cast<int64_t>(info.bytes);
  return bytes + own;
}

Expected<std::unique_ptr<Trainer>> Trainer::create(const dlc_training *training, const TrainDescription &description,
                                                   const Options &given) {
  std::unique_ptr<Trainer> self(new Trainer(description, given));
  self->training = training;
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = given.batch;
  options.threads = static_cast<int32_t>(given.threads);
  options.device = given.device.c_str();
  dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
  more.seed = given.seed;
  if (!self->isOnDevice()) {
    more.gradient_ready = noteGradient;
    more.gradient_context = self.get();
  }
  dlc_trainer *trainer = nullptr;
  if (dlc_status status = dlc_trainer_create(training, &options, &more, &trainer); status != DLC_OK)
    return failure(getExitCode(status), dlc_trainer_error(nullptr));
  self->trainer.reset(trainer);
  self->findAnswer();
  return self;
}

/// What the loss reads if it is an output, else the first output; where it is a score for each class.
void Trainer::findAnswer() {
  inputs.resize(dlc_training_input_count(training));
  outputs.resize(dlc_training_forward_output_count(training));
  const int32_t count = static_cast<int32_t>(outputs.size()) - 1; // the last one is the loss
  dlc_tensor_info info;
  auto isNamed = [&](int32_t output, StringRef name) {
    return dlc_training_output_info(training, output, options.batch, &info) == DLC_OK && name == info.name;
  };
  int32_t candidate = 0;
  for (int32_t i = 0; i < count; ++i)
    if (isNamed(i, description.lossInput))
      candidate = i;
  outputs.back() = &loss;
  if (candidate >= count || dlc_training_output_info(training, candidate, options.batch, &info) != DLC_OK)
    return;
  if (info.type != DLC_TYPE_F32 || info.rank != 2 || info.shape[1] != description.classes || description.classes < 2)
    return;
  answer = candidate;
  scores.resize(options.batch * description.classes);
  outputs[answer] = scores.data();
}

Error Trainer::fail(dlc_status status) const { return failure(getExitCode(status), dlc_trainer_error(trainer.get())); }

double Trainer::getRate() const {
  double rate = 0;
  dlc_trainer_get(trainer.get(), "lr", &rate);
  return rate;
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

/// The batch as the network takes it. Where the loss takes numbers and the data have classes, the target is 1 for the
/// item's class and 0 for all others, or −1 where the loss tells two sides apart.
void Trainer::takeInputs(const Batch &batch) {
  const void *target = batch.targets.data();
  if (description.takesClasses) {
    labels.assign(batch.labels.begin(), batch.labels.end());
    target = labels.data();
  } else if (!batch.labels.empty()) {
    const int64_t classes = description.classes;
    const float other = description.loss == "hinge" ? -1 : 0;
    targets.assign(batch.count * classes, other);
    for (auto [item, label] : enumerate(batch.labels)) {
      if (classes > 1)
        targets[item * classes + label] = 1;
      else if (label)
        targets[item] = 1;
    }
    target = targets.data();
  }
  std::fill(inputs.begin(), inputs.end(), target); // of each loss
  inputs.front() = batch.inputs.data();
}

BatchResult Trainer::getResult(const Batch &batch) const {
  BatchResult result;
  result.loss = loss;
  if (answer < 0 || batch.labels.empty())
    return result;
  result.correct = 0;
  for (auto [item, label] : enumerate(batch.labels)) {
    auto first = scores.begin() + item * description.classes;
    *result.correct += std::max_element(first, first + description.classes) - first == label;
  }
  return result;
}

void Trainer::noteGradient(void *context, int32_t variable) {
  auto *self = static_cast<Trainer *>(context);
  dlc_variable_info info;
  if (!self->badGradient.empty() || dlc_trainer_variable(self->trainer.get(), variable, &info) != DLC_OK)
    return;
  if (!isFinite(info.gradient, info.bytes))
    self->badGradient = info.name;
}

static std::string nameStep(const Batch &batch, int64_t number) {
  return formatv("step {0} (epoch {1}, batch {2}): ", number, batch.epoch + 1, batch.index + 1);
}

Expected<BatchResult> Trainer::step(const Batch &batch, double rate) {
  takeInputs(batch);
  badGradient.clear();
  dlc_trainer *self = trainer.get();
  if (dlc_status status = dlc_trainer_set(self, "lr", rate))
    return fail(status);
  if (dlc_status status = dlc_trainer_forward(self, batch.count, inputs.data(), outputs.data()))
    return fail(status);
  const BatchResult result = getResult(batch);
  if (!std::isfinite(result.loss))
    return explain(batch);
  if (dlc_status status = dlc_trainer_backward(self, nullptr, nullptr))
    return fail(status);
  if (!badGradient.empty())
    return explain(batch);
  if (dlc_status status = dlc_trainer_update(self))
    return fail(status);
  lastStep = nameStep(batch, dlc_trainer_updates(self));
  lastLoss = loss;
  return result;
}

Expected<BatchResult> Trainer::evaluate(const Batch &batch) {
  takeInputs(batch);
  if (dlc_status status = dlc_trainer_predict(trainer.get(), batch.count, inputs.data(), outputs.data()))
    return fail(status);
  return getResult(batch);
}

//===----------------------------------------------------------------------===//
// What is not finite
//===----------------------------------------------------------------------===//

static Error badGradientIn(const std::string &step, double loss, StringRef gradient) {
  return failure(exitInput, step + formatv("the loss is {0}, but the gradient of '{1}' is not finite",
                                           format("%g", loss), gradient));
}

/// On a device: whether the last step's gradients, which are still there, were finite.
Error Trainer::checkLastStep() const {
  if (!isOnDevice() || lastStep.empty())
    return Error::success();
  Expected<std::vector<dlc_variable_info>> variables = listVariables();
  if (!variables)
    return variables.takeError();
  for (const dlc_variable_info &variable : reverse(*variables)) // about as the backward phase goes
    if (variable.gradient && !isFinite(variable.gradient, variable.bytes))
      return badGradientIn(lastStep, lastLoss, variable.name);
  return Error::success();
}

Error Trainer::explain(const Batch &batch) {
  const std::string where = nameStep(batch, dlc_trainer_updates(trainer.get()) + 1);
  if (!badGradient.empty())
    return badGradientIn(where, loss, badGradient);
  if (Error error = checkLastStep())
    return error;
  std::string cause = "every layer's output is finite, but the loss of them is not";
  Expected<std::vector<dlc_variable_info>> variables = listVariables();
  if (!variables)
    return variables.takeError();
  for (const dlc_variable_info &variable : *variables)
    if (!isFinite(variable.values, variable.bytes)) {
      cause = formatv("parameter '{0}' is not finite since the step before", variable.name);
      break;
    }
  if (std::string layer = findBadLayer(batch); !layer.empty())
    cause = formatv("the first layer whose output is not finite is '{0}'", layer);
  return failure(exitInput,
                 where + formatv("the loss is {0}: {1}", std::isnan(loss) ? "not a number" : "infinite", cause));
}

/// Takes the step's forward phase again in a network that shows all of its layers.
std::string Trainer::findBadLayer(const Batch &batch) {
  pipeline::Options shown = options.network;
  shown.exposesLayers = true;
  std::string diagnostics; // not the user's concern
  raw_string_ostream os(diagnostics);
  Expected<std::unique_ptr<LoadedNetwork>> network = LoadedNetwork::load(shown, os);
  if (!network) {
    consumeError(network.takeError());
    return "";
  }
  Options again = options;
  again.batch = batch.count;
  Expected<std::unique_ptr<Trainer>> other = create((*network)->getTraining(), description, again);
  if (!other) {
    consumeError(other.takeError());
    return "";
  }
  dlc_trainer *self = (*other)->trainer.get();
  Expected<std::vector<StateTensor>> variables = getVariables();
  if (!variables) {
    consumeError(variables.takeError());
    return "";
  }
  for (const StateTensor &tensor : *variables) {
    dlc_variable_info info;
    if (dlc_trainer_variable(self, dlc_trainer_find_variable(self, tensor.name.c_str()), &info) == DLC_OK)
      std::memcpy(info.values, tensor.data, info.bytes);
  }
  dlc_trainer_set_updates(self, dlc_trainer_updates(trainer.get()));

  std::vector<std::vector<char>> results(outputs.size() ? (*other)->outputs.size() : 0);
  std::vector<dlc_tensor_info> infos(results.size());
  std::vector<void *> places;
  for (auto [index, result] : enumerate(results)) {
    dlc_training_output_info((*network)->getTraining(), static_cast<int32_t>(index), batch.count, &infos[index]);
    result.resize(infos[index].bytes);
    places.push_back(result.data());
  }
  (*other)->takeInputs(batch);
  if (dlc_trainer_forward(self, batch.count, (*other)->inputs.data(), places.data()))
    return "";
  // Behind the network's own outputs stand its layers, in order, and the loss.
  for (size_t i = outputs.size() - 1; i + 1 < results.size(); ++i)
    if (infos[i].type == DLC_TYPE_F32 && !isFinite(results[i].data(), results[i].size()))
      return infos[i].name;
  return "";
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

static StateTensor describeVariable(const dlc_variable_info &info, std::string name, void *data) {
  return {std::move(name), info.type, SmallVector<int64_t, 4>(info.shape, info.shape + info.rank), data};
}

Expected<std::vector<StateTensor>> Trainer::getVariables() const {
  if (Error error = checkLastStep())
    return error;
  Expected<std::vector<dlc_variable_info>> variables = listVariables();
  if (!variables)
    return variables.takeError();
  std::vector<StateTensor> tensors;
  for (const dlc_variable_info &info : *variables)
    tensors.push_back(describeVariable(info, info.name, info.values));
  return tensors;
}

Expected<std::vector<StateTensor>> Trainer::getState() const {
  Expected<std::vector<dlc_variable_info>> variables = listVariables();
  Expected<std::vector<StateTensor>> tensors = getVariables();
  if (!variables || !tensors)
    return joinErrors(variables.takeError(), tensors.takeError());
  for (int32_t slot = 0; slot < dlc_trainer_slot_count(trainer.get()); ++slot)
    for (auto [index, info] : enumerate(*variables))
      if (void *data = dlc_trainer_slot(trainer.get(), slot, static_cast<int32_t>(index)))
        tensors->push_back(describeVariable(
            info, formatv("slot:{0}:{1}", dlc_trainer_slot_name(trainer.get(), slot), info.name), data));
  return tensors;
}

Error Trainer::restore(const Checkpoint &checkpoint) {
  Expected<std::vector<StateTensor>> state = getState();
  if (!state)
    return state.takeError();
  if (Error error = checkpoint.read(*state))
    return error;
  dlc_trainer_set_updates(trainer.get(), checkpoint.getState().step);
  return Error::success();
}

int64_t Trainer::countTrained() const {
  int64_t count = 0;
  Expected<std::vector<dlc_variable_info>> variables = listVariables();
  if (!variables) {
    consumeError(variables.takeError());
    return 0;
  }
  for (const dlc_variable_info &info : *variables)
    count += info.trained ? product_of(ArrayRef(info.shape, info.rank)) : 0;
  return count;
}

Error Trainer::initialise(const std::string &path, raw_ostream &os) {
  if (!sys::fs::exists(path))
    return failure(exitEnvironment, path + ": no such file");
  Expected<std::unique_ptr<importer::WeightFile>> file = importer::openWeightFile(path);
  if (!file)
    return failure(exitInput, path + ": " + toString(file.takeError()));
  std::vector<std::string> notes;
  StringSet<> known;
  size_t taken = 0;
  Expected<std::vector<StateTensor>> given = getVariables();
  if (!given)
    return given.takeError();
  const std::vector<StateTensor> &variables = *given;
  for (const StateTensor &variable : variables) {
    known.insert(variable.name);
    const importer::StoredTensor *stored = (*file)->find(variable.name);
    if (!stored) {
      notes.push_back(formatv("'{0}' is not in the file", variable.name));
    } else if (ArrayRef<int64_t>(stored->shape) != ArrayRef<int64_t>(variable.shape)) {
      notes.push_back(formatv("'{0}' is {1} in the file and {2} here", variable.name, describeShape(stored->shape),
                              describeShape(variable.shape)));
    } else if (!stored->type) {
      notes.push_back(formatv("'{0}' has elements of type {1} in the file", variable.name, stored->typeName));
    } else {
      MutableArrayRef<float> values(static_cast<float *>(variable.data), product_of(variable.shape));
      if (Error error = (*file)->read(*stored, values))
        return failure(exitInput, path + ": '" + variable.name + "': " + toString(std::move(error)));
      ++taken;
    }
  }
  for (const importer::StoredTensor &stored : (*file)->getTensors())
    if (!known.contains(stored.name) && !StringRef(stored.name).ends_with(".num_batches_tracked") &&
        !StringRef(stored.name).starts_with("slot:"))
      notes.push_back(formatv("nothing here takes '{0}'", stored.name));
  if (!taken && !variables.empty())
    return failure(exitInput, path + ": nothing in it fits the network: " + notes.front());
  os << "init: " << taken << " of " << variables.size() << " tensors from " << path << "\n";
  for (const std::string &note : notes)
    os << "init: " << note << "\n";
  return Error::success();
}
