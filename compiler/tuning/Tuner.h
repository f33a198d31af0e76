// The run of a tuner: which kernel next, which candidates, what their measurements mean, until the time is over.
//
//   Tuner tuner(evaluator, store, options);
//   if (Error error = tuner.run([&](const Tuner &tuner) { ... })) ...
//   for (const TunedKernel &tuned : tuner.getKernels()) ... *tuned.best ...
#ifndef DLC_COMPILER_TUNING_TUNER_H
#define DLC_COMPILER_TUNING_TUNER_H

#include "compiler/tuning/Budget.h"
#include "compiler/tuning/Evaluator.h"

#include <functional>
#include <memory>

namespace dlc::tuning {

/// All that is known: the records of several files. What is new goes into those that are written.
class RecordStore {
public:
  /// Takes up the records of a file. Where `isWritten`, what is added later goes into it too.
  void take(RecordFile file, bool isWritten);
  /// Adds to all files that are written and do not have it yet.
  llvm::Error add(const Record &record);

  /// All records, in the order in which they came, each once.
  llvm::ArrayRef<Record> getRecords() const { return records; }
  /// How many records `environment` does not accept.
  size_t countOthers(const Environment &environment) const;

private:
  struct File {
    RecordFile file;
    bool isWritten;
    llvm::StringSet<> keys; // of its records
  };
  std::vector<File> files;
  std::vector<Record> records;
  llvm::StringSet<> keys; // of the records
};

struct TunerOptions {
  size_t batch = 8;             // candidates that are compiled together
  double seconds = 600;         // in total
  std::optional<size_t> trials; // in total
  uint64_t seed = 0;
  std::function<bool()> isInterrupted; // asked after every candidate
  std::function<double()> clock;       // seconds; null: the machine's
};

/// A kernel in the run.
struct TunedKernel {
  const TunableKernel *kernel;
  Search search;
  Progress progress;
  std::optional<Record> first, best; // the default's, and the fastest
  size_t failures = 0;               // trials that did not end well
};

class Tuner {
public:
  /// Takes up what the store has of the evaluator's kernels.
  Tuner(Evaluator &evaluator, RecordStore &store, TunerOptions options);

  /// Runs until the time is over, the trials are done, it is interrupted, or nothing is expected to gain. Calls
  /// `report` after every measurement.
  llvm::Error run(llvm::function_ref<void(const Tuner &)> report);

  llvm::ArrayRef<TunedKernel> getKernels() const { return kernels; }
  /// Which kernel is being measured; none before the first.
  std::optional<size_t> getCurrent() const { return current; }
  /// The last record of this run.
  const Record *getLast() const { return last ? &*last : nullptr; }
  /// Of this run.
  size_t countTrials() const { return trials; }
  double getSeconds() const;
  const TunerOptions &getOptions() const { return options; }
  /// The network's time by the best choices as a share of that by the defaults, as far as kernels make it up.
  double getRelative() const;

private:
  llvm::Error measureDefault(size_t index);
  llvm::Error measureBatch(size_t index, std::vector<Candidate> candidates);
  llvm::Error confirm(size_t index, std::vector<Record> promising);
  llvm::Error keep(size_t index, const Record &record);
  void takeUp(TunedKernel &tuned, const Record &record);
  std::vector<Point> getSuggestions(const TunedKernel &tuned) const;
  /// `incumbent`: the time of what the candidate was compared with, as a share of the default's.
  Record makeRecord(const TunedKernel &tuned, const Candidate &candidate, const Measurement &measurement,
                    double incumbent) const;
  bool isOver();

  Evaluator &evaluator;
  RecordStore &store;
  TunerOptions options;
  llvm::function_ref<void(const Tuner &)> report;
  std::vector<TunedKernel> kernels;
  std::optional<size_t> current;
  std::optional<Record> last;
  size_t trials = 0;
  double begin = 0;
  bool isStopped = false;
};

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_TUNER_H
