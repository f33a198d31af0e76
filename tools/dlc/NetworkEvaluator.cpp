// 1. The network is compiled with its defaults and measured here (NetworkProfile): what each kernel takes of it.
// 2. A candidate is a network of its kernel alone (compiler/kernels/Candidate.h), which a child
//    builds and another one measures. Files lie in a folder of the run, with a cache of their own.
#include "tools/dlc/NetworkEvaluator.h"
#include "tools/dlc/BuildPrograms.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/MachineRates.h"
#include "tools/dlc/MeasurePrograms.h"
#include "tools/dlc/NetworkProfile.h"
#include "tools/dlc/RunFolder.h"

#include "compiler/kernels/Candidate.h"
#include "compiler/kernels/CostModel.h"
#include "compiler/kernels/TuningSpace.h"
#include "compiler/pipeline/Tuning.h"
#include "dialects/nn/Parameters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"

#include <algorithm>

using namespace llvm;
using namespace dlc;
using tuning::Measurement;
using tuning::Status;
using tuning::TunableKernel;

namespace {
/// The space of a kernel as the search sees it.
class KernelSpace : public tuning::SearchSpace {
public:
  explicit KernelSpace(kernels::TuningSpace given) : space(std::move(given)) {
    for (const auto &[name, values] : space.getParameters())
      parameters.push_back({name, values});
  }
  ArrayRef<tuning::Parameter> getParameters() const override { return parameters; }
  tuning::Point getDefault() const override { return space.getDefault(); }
  std::vector<tuning::Point> getSeeds() const override { return space.getSeeds(); }
  std::optional<std::string> describe(const tuning::Point &point) const override {
    std::optional<kernels::Choice> choice = space.make(point);
    return choice ? std::optional(choice->toText()) : std::nullopt;
  }

  const kernels::TuningSpace space;

private:
  std::vector<tuning::Parameter> parameters;
};

class ProcessEvaluator : public NetworkEvaluator {
public:
  ProcessEvaluator(const EvaluatorOptions &options, raw_ostream &diagnostics)
      : options(options), diagnostics(diagnostics), compilation(options.network, diagnostics) {}
  Error prepare();

  const tuning::Environment &getEnvironment() const override { return environment; }
  StringRef getMachine() const override { return described; }
  double getNetworkSeconds() const override { return profile.seconds; }
  ArrayRef<TunableKernel> getKernels() const override { return kernels; }
  Error evaluate(size_t kernel, StringRef incumbent, ArrayRef<std::string> choices, Care care,
                 function_ref<bool(size_t, const Measurement &)> done) override;
  Expected<Comparison> compare(ArrayRef<tuning::Record> records) override;

private:
  int64_t getBatch(mlir::TypeRange arguments) const;
  ProgramOptions getNetworkOptions();
  Error measureNetwork();
  void collectKernel(kernel::FuncOp func);
  std::vector<Program> buildAll(size_t kernel, ArrayRef<std::string> choices);
  Expected<Program> getIncumbent(size_t kernel, StringRef choice);
  Measurement measure(size_t kernel, const Program &incumbent, const Program &candidate, Care care);
  MeasureRequest makeRequest(size_t kernel, const Program &incumbent, const Program &candidate, Care care);
  Expected<std::string> buildNetwork(const pipeline::Options &network, StringRef name);

  EvaluatorOptions options;
  raw_ostream &diagnostics;
  pipeline::Compilation compilation; // up to the schedules; holds the kernels
  RunFolder folder;
  std::string untuned; // the network with its defaults
  tuning::Environment environment;
  kernel::Machine machine;
  std::optional<kernels::Rates> rates; // of the machine that runs the kernels
  std::string described;               // in words
  int64_t items = 1;                   // of an open batch
  int64_t sweptBytes = 0;
  NetworkProfile profile;
  std::vector<TunableKernel> kernels;
  std::vector<kernel::FuncOp> funcs;                // of `kernels`
  std::vector<std::unique_ptr<KernelSpace>> spaces; // of `kernels`
  std::vector<StringMap<Program>> incumbents;       // of `kernels`, by choice
  std::vector<std::string> references;              // of `kernels`, once they are built
  size_t batches = 0, candidates = 0;               // so far
};
} // namespace

//===----------------------------------------------------------------------===//
// The network
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<NetworkEvaluator>> NetworkEvaluator::create(const EvaluatorOptions &options,
                                                                     raw_ostream &diagnostics) {
  auto evaluator = std::make_unique<ProcessEvaluator>(options, diagnostics);
  if (Error error = evaluator->prepare())
    return error;
  return std::unique_ptr<NetworkEvaluator>(std::move(evaluator));
}

Error ProcessEvaluator::prepare() {
  if (Error error = folder.create("dlc-tune"))
    return error;
  if (pipeline::Outcome outcome = compilation.runTo(pipeline::Stage::Scheduled); outcome != pipeline::Outcome::Fine)
    return failure(getExitCode(outcome), ""); // a diagnostic has said it
  mlir::ModuleOp module = compilation.getDeviceModule();
  environment = pipeline::getEnvironment(module);
  if (options.threads <= 0)
    options.threads = dlc_default_threads();
  if (!kernel::isForDevice(module))
    environment.threads = options.threads;
  machine = *kernel::Machine::of(module); // which the schedules were chosen for
  items = std::max<int64_t>(1, options.items);
  if (options.network.train && !options.items)
    for (auto func : module.getOps<kernel::FuncOp>())
      items = std::max<int64_t>(items, func.getItems().value_or(1));
  if (options.measures) {
    if (Error error = measureNetwork())
      return error;
    if (!machine.isDevice)
      rates = measureRates(options.threads, machine.lanes);
    if (rates)
      described = describeRates(*rates, options.threads);
  }
  for (auto func : module.getOps<kernel::FuncOp>())
    collectKernel(func);
  return Error::success();
}

/// Bytes of the parameters that these launches read.
static int64_t getWeightBytes(ArrayRef<kernel::LaunchOp> launches) {
  int64_t bytes = 0;
  SmallPtrSet<mlir::Value, 16> counted;
  for (kernel::LaunchOp launch : launches)
    for (mlir::Value operand : launch->getOperands())
      if (nn::isParameter(operand) && counted.insert(operand).second)
        bytes += 4 * nn::getStorageElements(cast<mlir::RankedTensorType>(operand.getType()));
  return bytes;
}

/// The batch of a program with these arguments.
int64_t ProcessEvaluator::getBatch(mlir::TypeRange arguments) const {
  const bool isOpen =
      any_of(arguments, [](mlir::Type type) { return cast<mlir::RankedTensorType>(type).isDynamicDim(0); });
  return isOpen ? items : 0;
}

/// What runs of the whole network have in common.
ProgramOptions ProcessEvaluator::getNetworkOptions() {
  auto function = *compilation.getModule().getOps<mlir::func::FuncOp>().begin();
  return {compilation.getNetworkName(), getBatch(function.getArgumentTypes()), options.threads, options.device,
          options.network.train};
}

/// Runs the network with its defaults.
Error ProcessEvaluator::measureNetwork() {
  pipeline::Options network = options.network;
  network.tuning.clear();
  Expected<std::string> path = buildNetwork(network, "untuned");
  if (!path)
    return path.takeError();
  untuned = *path;
  Expected<NetworkProfile> measured = profileNetwork(untuned, getNetworkOptions());
  if (!measured)
    return measured.takeError();
  profile = std::move(*measured);
  SmallVector<kernel::LaunchOp> launches;
  compilation.getDeviceModule().walk([&](kernel::LaunchOp launch) { launches.push_back(launch); });
  constexpr int64_t mostSwept = 64 << 20;
  sweptBytes = std::min(mostSwept, getWeightBytes(launches) + profile.arenaBytes);
  return Error::success();
}

void ProcessEvaluator::collectKernel(kernel::FuncOp func) {
  const auto found = profile.kernels.find(func.getSymName());
  const bool isRun = found != profile.kernels.end();
  // What no training step runs is a matter of tuning without.
  if (!kernels::canStandAlone(func) || (options.measures && !isRun))
    return;
  auto space = std::make_unique<KernelSpace>(kernels::TuningSpace::of(func, machine, options.network.exact));
  if (space->getParameters().size() < 2 && (space->getParameters().empty() || space->space.getSeeds().size() < 2))
    return;
  TunableKernel kernel;
  kernel.signature = kernels::getSignature(func);
  kernel.name = kernels::describeKernel(func);
  kernel.space = space.get();
  kernel.launches = kernels::getLaunches(func).size();
  if (isRun) {
    const NetworkProfile::Usage &usage = found->second;
    kernel.seconds = usage.seconds / usage.launches;
    kernel.flops = usage.flops / usage.launches;
    constexpr int64_t cached = 32 << 20; // of weights and activations that a last cache may hold
    if (rates)
      kernel.bound = std::min(kernel.seconds, kernels::getTimeBound(func, items, *rates, sweptBytes > cached));
  }
  kernels.push_back(kernel);
  funcs.push_back(func);
  spaces.push_back(std::move(space));
  incumbents.emplace_back();
  references.emplace_back();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// The IR is made here, where its context is, the rest by children.
std::vector<Program> ProcessEvaluator::buildAll(size_t kernel, ArrayRef<std::string> choices) {
  std::vector<std::string> texts(choices.size());
  for (auto [index, text] : enumerate(choices)) {
    std::optional<kernels::Choice> choice = kernels::Choice::parse(text, funcs[kernel].getContext());
    if (choice && spaces[kernel]->space.contains(*choice))
      texts[index] = printModule(*kernels::makeCandidate(funcs[kernel], &*choice, machine));
  }
  std::vector<Program> built =
      buildPrograms(texts, folder.getPath(), "batch" + std::to_string(batches++) + "-", options.network.jobs);
  for (auto [text, program] : zip(texts, built))
    if (text.empty())
      program.failure = "not in the kernel's space";
  return built;
}

Expected<Program> ProcessEvaluator::getIncumbent(size_t kernel, StringRef choice) {
  auto found = incumbents[kernel].find(choice);
  if (found != incumbents[kernel].end())
    return found->second;
  Program program = buildAll(kernel, {choice.str()}).front();
  if (!program.failure.empty())
    return failure(exitInternal, "kernel '" + kernels[kernel].name + "' cannot be built: " + program.failure);
  if (references[kernel].empty()) {
    Program plain = buildPrograms({printModule(*kernels::makeReference(funcs[kernel], machine))}, folder.getPath(),
                                  "reference" + std::to_string(kernel) + "-", 1)
                        .front();
    references[kernel] = plain.path;
    if (!plain.failure.empty())
      return failure(exitInternal, "kernel '" + kernels[kernel].name + "' cannot be built plainly: " + plain.failure);
  }
  return incumbents[kernel][choice] = program;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

MeasureRequest ProcessEvaluator::makeRequest(size_t kernel, const Program &incumbent, const Program &candidate,
                                             Care care) {
  MeasureRequest request;
  request.candidate = candidate.path;
  request.incumbent = incumbent.path;
  request.network = "candidate";
  request.reference = references[kernel];
  request.referenceOutputs = references[kernel] + ".outputs";
  request.batch = getBatch(to_vector(concat<const mlir::Type>(funcs[kernel].getFunctionType().getInputs(),
                                                              funcs[kernel].getFunctionType().getResults())));
  request.threads = options.threads;
  request.device = options.device;
  request.sweptBytes = machine.isDevice ? 0 : sweptBytes;
  request.seconds = care == Care::Thorough ? 0.7 : 0.25;
  request.runs = care == Care::Thorough ? 200 : 50;
  request.endsEarly = care == Care::Quick;
  return request;
}

/// Where a program lies in memory makes it faster or slower by some percent, for as long as its process lives. In a
/// second one the two change places; what counts is the less flattering of both.
static Measurement measureTwice(MeasureRequest request, double limit) {
  const Measurement first = measureInChild(request, limit);
  if (first.status != Status::Fine)
    return first;
  std::swap(request.candidate, request.incumbent);
  request.fault.clear();
  Measurement second = measureInChild(request, limit);
  std::swap(second.seconds, second.incumbentSeconds);
  const bool isLess = first.seconds * second.incumbentSeconds < second.seconds * first.incumbentSeconds;
  return second.status != Status::Fine || isLess ? second : first;
}

Measurement ProcessEvaluator::measure(size_t kernel, const Program &incumbent, const Program &candidate, Care care) {
  if (!candidate.failure.empty())
    return {Status::Failed, 0, 0, candidate.failure};
  auto [fault, every] = StringRef(options.inject).split(':');
  size_t period = 1;
  every.getAsInteger(10, period);
  MeasureRequest request = makeRequest(kernel, incumbent, candidate, care);
  if (!fault.empty() && ++candidates % std::max<size_t>(1, period) == 0 && candidate.path != incumbent.path)
    request.fault = fault.str();
  // The plain program may take long where it is still to run.
  const double plain = sys::fs::exists(request.referenceOutputs) ? 0 : 60, patience = fault == "hang" ? 3 : 10;
  const double limit = patience + plain + 2 * request.seconds + 100 * kernels[kernel].seconds;
  return care == Care::Quick ? measureInChild(request, limit) : measureTwice(request, limit);
}

Error ProcessEvaluator::evaluate(size_t kernel, StringRef incumbent, ArrayRef<std::string> choices, Care care,
                                 function_ref<bool(size_t, const Measurement &)> done) {
  Expected<Program> base = getIncumbent(kernel, incumbent);
  if (!base) {
    // What cannot stand alone even by its default is left as it is.
    if (choices.size() != 1 || choices.front() != incumbent)
      return base.takeError();
    done(0, {Status::Failed, 0, 0, toString(base.takeError())});
    return Error::success();
  }
  // Programs hold their weights: no more at a time than are small beside a disk.
  constexpr int64_t mostBytes = 512 << 20;
  const size_t most =
      std::max<int64_t>(1, mostBytes / (getWeightBytes(kernels::getLaunches(funcs[kernel]).front()) + 1));
  for (size_t begin = 0; begin < choices.size(); begin += most) {
    SmallVector<size_t> places; // of the choices that are measured now
    std::vector<std::string> missing;
    for (size_t i = begin; i < std::min(begin + most, choices.size()); ++i) {
      places.push_back(i);
      if (!incumbents[kernel].count(choices[i]))
        missing.push_back(choices[i]);
    }
    std::vector<Program> fresh = buildAll(kernel, missing);
    bool goesOn = true;
    size_t next = 0;
    for (size_t place : places) {
      auto known = incumbents[kernel].find(choices[place]);
      const bool isKnown = known != incumbents[kernel].end();
      const Program program = isKnown ? known->second : fresh[next++];
      goesOn = goesOn && done(place, measure(kernel, *base, program, care));
      if (isKnown || program.path.empty())
        continue;
      // What is measured again, more thoroughly, is likely to be an incumbent next.
      if (care == Care::Thorough)
        incumbents[kernel][choices[place]] = program;
      else
        sys::fs::remove(program.path);
    }
    if (!goesOn)
      break;
  }
  return Error::success();
}

Expected<std::string> ProcessEvaluator::buildNetwork(const pipeline::Options &network, StringRef name) {
  // What there is to say of the network has been said.
  std::string said;
  raw_string_ostream again(said);
  pipeline::Compilation whole(network, again);
  if (pipeline::Outcome outcome = whole.runTo(pipeline::Stage::Object); outcome != pipeline::Outcome::Fine) {
    diagnostics << said;
    return failure(getExitCode(outcome), "");
  }
  const std::string path = folder.getPath(name + ".so");
  if (Error error = writeSharedLibrary(whole, path))
    return error;
  return path;
}

Expected<tuning::Evaluator::Comparison> ProcessEvaluator::compare(ArrayRef<tuning::Record> records) {
  const std::string choices = folder.getPath("chosen.json");
  if (Error error = tuning::RecordFile::write(choices, records))
    return toFailure(exitEnvironment, std::move(error));
  pipeline::Options tuned = options.network;
  tuned.tuning = {choices};
  Expected<std::string> tunedPath = buildNetwork(tuned, "tuned");
  if (!tunedPath)
    return tunedPath.takeError();
  const ProgramOptions program = getNetworkOptions();
  MeasureRequest request;
  request.candidate = *tunedPath;
  request.incumbent = untuned;
  request.network = program.network;
  request.batch = program.batch;
  request.threads = program.threads;
  request.device = program.device;
  request.trains = program.trains;
  request.isWhole = true;
  request.seconds = 4;
  request.runs = 2000;
  request.endsEarly = false;
  Measurement measurement = measureTwice(request, 120 + 100 * profile.seconds);
  if (measurement.status != Status::Fine)
    return failure(exitInternal, "the tuned network as a whole is at fault: " + measurement.message);
  return Comparison{measurement.seconds, measurement.incumbentSeconds};
}
