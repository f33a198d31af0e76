// A compiled network that is run to be measured: whole runs, steps of training, or its kernels alone.
#ifndef DLC_TOOLS_DLC_MEASUREDPROGRAM_H
#define DLC_TOOLS_DLC_MEASUREDPROGRAM_H

#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/SpinningPool.h"

namespace dlc {

struct ProgramOptions {
  std::string network; // its name
  int64_t batch = 0;   // 0: the network's own
  int64_t threads = 0;
  std::string device = "cpu";
  bool trains = false;          // runs steps of training
  bool profiles = false;        // looks at the clock after every kernel
  SpinningPool *pool = nullptr; // its threads instead of the session's own
};

/// Loaded for as long as the process lives. Its inputs are drawn, always the same.
class MeasuredProgram {
public:
  static llvm::Expected<MeasuredProgram> load(const std::string &path, const ProgramOptions &options);

  /// Runs once; returns how many seconds that took.
  llvm::Expected<double> run();
  llvm::ArrayRef<Array> getOutputs() const { return outputs; }
  llvm::MutableArrayRef<Array> getOutputs() { return outputs; }

  /// The launches of the program and what they have taken since the profile was reset.
  std::vector<dlc_step_info> getSteps() const;
  void resetProfile();
  int64_t getArenaBytes() const;

private:
  struct TrainerDeleter {
    void operator()(dlc_trainer *trainer) const { dlc_trainer_destroy(trainer); }
  };

  int64_t batch = 0; // of a step of training
  Session session;   // or else
  std::unique_ptr<dlc_trainer, TrainerDeleter> trainer;
  std::vector<Array> inputs, outputs;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_MEASUREDPROGRAM_H
