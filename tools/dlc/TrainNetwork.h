// A network as `dlc train` sees it: what its file says of data and training, and the trainer with its parameters.
#ifndef DLC_TOOLS_DLC_TRAINNETWORK_H
#define DLC_TOOLS_DLC_TRAINNETWORK_H

#include "tools/dlc/Checkpoint.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/data/Loader.h"

namespace dlc {

/// How the learning rate goes, a pure function of the step.
struct RateSchedule {
  std::string op = "constant";
  double warmupSteps = 0, stepSize = 1, gamma = 1, etaMin = 0;

  /// Whether it depends on how many epochs there will be.
  bool dependsOnEnd() const { return op == "cosine"; }
  /// For the step `step` of `total`, counted from 0, which lies in `epoch`.
  double getRate(double base, int64_t step, int64_t epoch, int64_t total) const;
};

/// What the network file says; known before anything is compiled.
struct TrainDescription {
  std::string name;
  InputFormat input;                                    // the only one
  llvm::SmallVector<int64_t, 4> itemShape, targetShape; // of an item, channels first
  std::string loss, lossInput;                          // the first loss, and the layer that it reads
  bool isMean = true;                                   // the loss is a mean over the batch
  bool takesClasses = false;                            // and not numbers
  int64_t classes = 0;                                  // that the network tells apart, or 0
  RateSchedule schedule;
  int64_t parameters = 0;   // numbers in parameters and statistics
  uint64_t fingerprint = 0; // of all that the file says

  static llvm::Expected<TrainDescription> read(const LoadedNetwork &network, llvm::StringRef path);
};

/// The loss, as the network has it, and how many of the items were told right, where that can be said.
struct BatchResult {
  double loss = 0;
  std::optional<int64_t> correct;
};

/// Steps and evaluations on batches of the loader.
class Trainer {
public:
  struct Options {
    pipeline::Options network; // what it was compiled with
    int64_t batch = 64, threads = 0;
    uint64_t seed = 0;
    std::string device = "cpu";
  };

  /// The description must outlive the trainer.
  static llvm::Expected<std::unique_ptr<Trainer>> create(const dlc_training *training,
                                                         const TrainDescription &description, const Options &options);
  /// The memory that a trainer takes: the runtime's, the weights that it begins
  /// with, and its own; or a negative dlc_status.
  static int64_t getBytes(const dlc_training *training, const TrainDescription &description, const Options &options);

  /// One step at a learning rate. Fails where the loss or a gradient is not
  /// finite, with the layer where that arose; the parameters are then as before.
  /// On a device, where it would take a copy of all gradients to see that one is
  /// not finite, the next step or whoever asks for the parameters finds it.
  llvm::Expected<BatchResult> step(const Batch &batch, double rate);
  /// Loss and answers at inference.
  llvm::Expected<BatchResult> evaluate(const Batch &batch);

  int32_t getThreads() const { return dlc_trainer_threads(trainer.get()); }
  /// Bytes on the device that it trains on.
  int64_t getDeviceBytes() const { return dlc_session_device_bytes(dlc_trainer_session(trainer.get(), DLC_PART_STEP)); }
  /// "cpu", "cuda:0", …
  std::string getDevice() const { return dlc_session_device(dlc_trainer_session(trainer.get(), DLC_PART_STEP)); }
  double getRate() const;

  /// Parameters and statistics, as they are now: valid until the next step. Fails
  /// where a device does, or the last step's gradients there were not finite.
  llvm::Expected<std::vector<StateTensor>> getVariables() const;
  /// These, and what the optimiser keeps: all that a checkpoint holds.
  llvm::Expected<std::vector<StateTensor>> getState() const;
  llvm::Error restore(const Checkpoint &checkpoint);
  /// Takes from a weight file what fits by name and shape; says what does not.
  llvm::Error initialise(const std::string &path, llvm::raw_ostream &os);
  /// How many numbers are trained.
  int64_t countTrained() const;

private:
  Trainer(const TrainDescription &description, const Options &options) : description(description), options(options) {}

  void findAnswer();
  void takeInputs(const Batch &batch);
  BatchResult getResult(const Batch &batch) const;
  llvm::Error fail(dlc_status status) const;
  llvm::Expected<std::vector<dlc_variable_info>> listVariables() const;
  bool isOnDevice() const { return options.device != "cpu"; }
  llvm::Error explain(const Batch &batch);
  llvm::Error checkLastStep() const;
  std::string findBadLayer(const Batch &batch);
  static void noteGradient(void *context, int32_t variable);

  const TrainDescription &description;
  Options options;
  const dlc_training *training = nullptr;
  std::unique_ptr<dlc_trainer, void (*)(dlc_trainer *)> trainer{nullptr, dlc_trainer_destroy};

  int32_t answer = -1; // the output that is (batch, classes), if there is one
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  std::vector<int32_t> labels;        // (batch)
  std::vector<float> targets, scores; // (batch, target shape), (batch, classes)
  float loss = 0;
  std::string badGradient; // the first that is not finite, in the order of the backward phase
  /// Of the last step that went well: what it is called, and its loss.
  std::string lastStep;
  double lastLoss = 0;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_TRAINNETWORK_H
