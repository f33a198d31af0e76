// A training run: epochs of steps, validation, checkpoints, curves.
#ifndef DLC_TOOLS_DLC_TRAINRUN_H
#define DLC_TOOLS_DLC_TRAINRUN_H

#include "tools/dlc/TrainData.h"
#include "tools/dlc/TrainProgress.h"

namespace dlc {

struct TrainRunOptions {
  int64_t epochs = 10, checkpointEvery = 0, patience = 0; // 0: never
  uint64_t seed = 0;
  double rate = 0;
  std::string checkpoints; // the folder; "": none
  bool resume = false;
  std::string curves; // the file; "": none
  llvm::json::Object settings;
};

class TrainRun {
public:
  /// All of these must outlive the run.
  TrainRun(Trainer &trainer, const TrainDescription &description, const TrainData &data, const TrainRunOptions &options,
           llvm::raw_ostream &os)
      : trainer(trainer), description(description), data(data), options(options), os(os) {}

  /// Goes on from the last checkpoint where there is one and that is wanted.
  llvm::Error begin();
  /// Runs to the end; the trainer then has the parameters of the best epoch by
  /// its validation, or of the last one where there is no validation.
  llvm::Error run();
  /// Loss and accuracy of a part, at inference.
  llvm::Expected<Score> evaluate(const DatasetPointer &part);

private:
  llvm::Error runEpoch(Loader &loader, TrainProgress &progress);
  llvm::Error finishEpoch(TrainProgress &progress);
  bool isBest(const Score &score) const;
  bool hasLostPatience() const;
  llvm::Error keepBest();
  llvm::Error checkpoint(bool isBest);
  llvm::Error drawCurves() const;
  Score getScore() const;

  Trainer &trainer;
  const TrainDescription &description;
  const TrainData &data;
  const TrainRunOptions &options;
  llvm::raw_ostream &os;
  RunState state;
  int64_t batchesPerEpoch = 0;
  bool hasAnswers = false;             // items are told right or wrong
  std::vector<std::vector<char>> best; // the variables of the best epoch
};

/// Writes parameters and statistics by their names.
llvm::Error writeWeights(const std::string &path, llvm::ArrayRef<StateTensor> variables);

} // namespace dlc

#endif // DLC_TOOLS_DLC_TRAINRUN_H
