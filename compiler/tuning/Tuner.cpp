// 1. The kernel whose next batch is expected to gain most is chosen (Budget); its default is measured first.
// 2. Its search proposes a batch, what was good in other kernels first; it is compiled together and measured one by
//    one against the incumbent.
// 3. What seems faster is measured again, thoroughly, and against the default: of many noisy measurements the best is
//    too good to be true, and a chain of small gains over each other would add up what noise there is.
// 4. Every candidate gets one record, written at once, so that a run that is killed goes on where it was.
#include "compiler/tuning/Tuner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

#include <chrono>
#include <cmath>

using namespace llvm;
using namespace dlc::tuning;

/// So many other kernels' best choices are tried in a kernel, of those that gained most.
static constexpr size_t mostSuggestions = 3;
/// A candidate must be faster by this share to be measured again, and then to become the incumbent.
static constexpr double leastGain = 0.01;
/// A gain of this share renews the hope in a kernel whole, a smaller one in part.
static constexpr double fullGain = 0.05;

Evaluator::~Evaluator() = default;

//===----------------------------------------------------------------------===//
// The store
//===----------------------------------------------------------------------===//

static std::string getKey(const Record &record) {
  const Environment &environment = record.environment;
  std::string key;
  for (StringRef part : {StringRef(record.signature), StringRef(record.choice), StringRef(environment.version),
                         StringRef(environment.target), StringRef(environment.device)})
    key += part.str() + '\n';
  return key + std::to_string(environment.threads);
}

void RecordStore::take(RecordFile file, bool isWritten) {
  files.push_back({std::move(file), isWritten, {}});
  for (const Record &record : files.back().file.getRecords()) {
    files.back().keys.insert(getKey(record));
    if (keys.insert(getKey(record)).second)
      records.push_back(record);
  }
}

Error RecordStore::add(const Record &record) {
  const std::string key = getKey(record);
  if (keys.insert(key).second)
    records.push_back(record);
  for (File &file : files)
    if (file.isWritten && file.keys.insert(key).second)
      if (Error error = file.file.append(record))
        return error;
  return Error::success();
}

size_t RecordStore::countOthers(const Environment &environment) const {
  return llvm::count_if(records, [&](const Record &record) { return !environment.accepts(record.environment); });
}

//===----------------------------------------------------------------------===//
// What is known
//===----------------------------------------------------------------------===//

static double getSecondsNow() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Tuner::Tuner(Evaluator &evaluator, RecordStore &store, TunerOptions given)
    : evaluator(evaluator), store(store), options(std::move(given)) {
  if (!options.clock)
    options.clock = getSecondsNow;
  begin = options.clock();
  for (const TunableKernel &kernel : evaluator.getKernels()) {
    // A kernel's proposals do not depend on what other kernels there are.
    const uint64_t seed = options.seed + xxh3_64bits(kernel.signature);
    kernels.push_back({&kernel, Search(*kernel.space, seed), {}, {}, {}});
    TunedKernel &tuned = kernels.back();
    tuned.progress.share = kernel.launches * kernel.seconds / evaluator.getNetworkSeconds();
    tuned.progress.bound = kernel.seconds > 0 ? kernel.bound / kernel.seconds : 0;
  }
  for (const Record &record : store.getRecords())
    if (evaluator.getEnvironment().accepts(record.environment))
      for (TunedKernel &tuned : kernels)
        if (tuned.kernel->signature == record.signature)
          takeUp(tuned, record);
}

/// A record as part of what is known of its kernel.
void Tuner::takeUp(TunedKernel &tuned, const Record &record) {
  const bool isFine = record.status == Status::Fine;
  tuned.search.add({{record.point, record.choice}, isFine ? std::optional(record.relative) : std::nullopt});
  Progress &progress = tuned.progress;
  ++progress.trials;
  ++progress.trialsSinceGain;
  tuned.failures += !isFine;
  if (isFine && !tuned.first && record.choice == tuned.kernel->space->describe(tuned.kernel->space->getDefault()))
    tuned.first = record;
  if (isFine && (!tuned.best || record.relative < tuned.best->relative)) {
    const double gain = tuned.best ? 1 - record.relative / tuned.best->relative : 0;
    progress.trialsSinceGain *= 1 - std::min(1.0, gain / fullGain);
    progress.relative = std::min(progress.relative, record.relative);
    tuned.best = record;
  }
}

double Tuner::getSeconds() const { return options.clock() - begin; }

double Tuner::getRelative() const {
  double relative = 1;
  for (const TunedKernel &tuned : kernels)
    relative -= tuned.progress.share * (1 - tuned.progress.relative);
  return relative;
}

/// What has gained most in other kernels, for this one.
std::vector<Point> Tuner::getSuggestions(const TunedKernel &tuned) const {
  std::vector<const TunedKernel *> others;
  for (const TunedKernel &other : kernels)
    if (&other != &tuned && other.search.getBest() && other.progress.relative < 1)
      others.push_back(&other);
  llvm::stable_sort(
      others, [](const TunedKernel *a, const TunedKernel *b) { return a->progress.relative < b->progress.relative; });
  others.resize(std::min(others.size(), mostSuggestions));
  std::vector<Point> points;
  for (const TunedKernel *other : others)
    points.push_back(translate(*other->kernel->space, other->search.getBest()->candidate.point, *tuned.kernel->space));
  return points;
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

bool Tuner::isOver() {
  isStopped = isStopped || (options.isInterrupted && options.isInterrupted());
  return isStopped || getSeconds() >= options.seconds || (options.trials && trials >= *options.trials);
}

Record Tuner::makeRecord(const TunedKernel &tuned, const Candidate &candidate, const Measurement &measurement,
                         double incumbent) const {
  Record record;
  record.signature = tuned.kernel->signature;
  record.kernel = tuned.kernel->name;
  record.environment = evaluator.getEnvironment();
  record.choice = candidate.choice;
  record.point = candidate.point;
  record.status = measurement.status;
  record.message = measurement.message;
  if (measurement.status != Status::Fine)
    return record;
  record.seconds = measurement.seconds;
  record.incumbentSeconds = measurement.incumbentSeconds;
  record.relative = incumbent * measurement.seconds / measurement.incumbentSeconds;
  return record;
}

/// Writes a record. One that is not clearly faster than the incumbent counts as no faster.
Error Tuner::keep(size_t index, const Record &measured) {
  TunedKernel &tuned = kernels[index];
  Record record = measured;
  if (tuned.best && record.relative > tuned.best->relative * (1 - leastGain))
    record.relative = std::max(record.relative, tuned.best->relative);
  if (Error error = store.add(record))
    return error;
  takeUp(tuned, record);
  last = std::move(record);
  ++trials;
  report(*this);
  return Error::success();
}

Error Tuner::measureDefault(size_t index) {
  const SearchSpace &space = *kernels[index].kernel->space;
  const Candidate candidate = {space.getDefault(), space.describe(space.getDefault()).value_or("")};
  Error failure = Error::success();
  Error error = evaluator.evaluate(index, candidate.choice, candidate.choice, Evaluator::Care::Quick,
                                   [&](size_t, const Measurement &measurement) {
                                     Record record = makeRecord(kernels[index], candidate, measurement, 1);
                                     record.relative = 1; // whatever the noise
                                     if (!isOver() || measurement.status == Status::Fine)
                                       failure = joinErrors(std::move(failure), keep(index, record));
                                     return !failure;
                                   });
  return joinErrors(std::move(failure), std::move(error));
}

Error Tuner::measureBatch(size_t index, std::vector<Candidate> candidates) {
  TunedKernel &tuned = kernels[index];
  std::vector<std::string> choices;
  for (const Candidate &candidate : candidates)
    choices.push_back(candidate.choice);
  std::vector<Record> promising;
  Error failure = Error::success();
  auto done = [&](size_t which, const Measurement &measurement) {
    const Record record = makeRecord(tuned, candidates[which], measurement, tuned.best->relative);
    const bool isFine = measurement.status == Status::Fine, isEnd = isOver();
    // The user's Ctrl-C ends children too: that is no candidate's fault.
    if (isStopped && !isFine)
      return false;
    if (isFine && record.relative < tuned.best->relative * (1 - leastGain)) {
      promising.push_back(record);
      report(*this);
    } else {
      failure = joinErrors(std::move(failure), keep(index, record));
    }
    return !failure && !isEnd;
  };
  if (Error error = evaluator.evaluate(index, tuned.best->choice, choices, Evaluator::Care::Quick, done))
    return joinErrors(std::move(failure), std::move(error));
  if (failure || isStopped)
    return failure;
  return confirm(index, std::move(promising));
}

/// The most promising first: the others must then be faster than that one.
Error Tuner::confirm(size_t index, std::vector<Record> promising) {
  TunedKernel &tuned = kernels[index];
  llvm::stable_sort(promising, [](const Record &a, const Record &b) { return a.relative < b.relative; });
  for (const Record &record : promising) {
    if (record.relative > tuned.best->relative * (1 - leastGain)) {
      if (Error error = keep(index, record))
        return error;
      continue;
    }
    Error failure = Error::success();
    auto done = [&](size_t, const Measurement &measurement) {
      const bool isFine = measurement.status == Status::Fine;
      if (!isFine && options.isInterrupted && options.isInterrupted())
        return false;
      failure = keep(index, makeRecord(tuned, {record.point, record.choice}, measurement, /*incumbent=*/1));
      return !failure;
    };
    if (Error error = evaluator.evaluate(index, tuned.first->choice, record.choice, Evaluator::Care::Thorough, done))
      return joinErrors(std::move(failure), std::move(error));
    if (failure)
      return failure;
    isOver();
    if (isStopped)
      break;
  }
  return Error::success();
}

Error Tuner::run(function_ref<void(const Tuner &)> reporter) {
  report = reporter;
  while (!isOver()) {
    std::vector<Progress> progress;
    for (const TunedKernel &tuned : kernels)
      progress.push_back(tuned.progress);
    current = chooseKernel(progress);
    if (!current)
      break;
    TunedKernel &tuned = kernels[*current];
    if (!tuned.first) {
      if (Error error = measureDefault(*current))
        return error;
      if (!tuned.first && !isOver()) // what cannot be measured cannot be tuned
        tuned.progress.isExhausted = true;
      continue;
    }
    size_t count = options.batch;
    if (options.trials)
      count = std::min(count, *options.trials - trials);
    std::vector<Candidate> candidates = tuned.search.propose(count, getSuggestions(tuned));
    if (candidates.empty()) {
      tuned.progress.isExhausted = true;
      continue;
    }
    if (Error error = measureBatch(*current, std::move(candidates)))
      return error;
  }
  return Error::success();
}
