// Checkpoints of a training run: the tensors and where the run is, in one safetensors file that any reader of the
// format takes, as weights for example.
#ifndef DLC_TOOLS_DLC_CHECKPOINT_H
#define DLC_TOOLS_DLC_CHECKPOINT_H

#include "runtime/include/dlc/safetensors.h"
#include "tools/dlc/Curves.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace dlc {

/// Where a run is: what comes next is the batch `batch` of `epoch`.
struct RunState {
  int64_t step = 0, epoch = 0, batch = 0;
  uint64_t seed = 0;

  // Of the epoch that has begun, so that its mean is that of an uninterrupted run.
  double lossSum = 0;
  int64_t correct = 0, items = 0;

  std::optional<double> best; // the validation's best score, and when it was reached
  int64_t bestEpoch = 0;
  Curves curves;
  llvm::json::Object settings; // what the run was started with
};

/// A tensor of the session: a parameter by its name, or a part of the optimiser's state.
struct StateTensor {
  std::string name;
  dlc_type type = DLC_TYPE_F32;
  llvm::SmallVector<int64_t, 4> shape;
  void *data = nullptr; // row-major
};

/// The same as the writer of files takes it; points into `tensor`.
dlc_safetensors_tensor toStored(const StateTensor &tensor);

/// The files of a run: FOLDER/last.safetensors and FOLDER/best.safetensors.
std::string getLastCheckpoint(llvm::StringRef folder);
std::string getBestCheckpoint(llvm::StringRef folder);

/// Writes the last checkpoint, and as the best one too where it is that. Each
/// file is the earlier or the new one, whole, whatever happens meanwhile.
llvm::Error writeCheckpoint(llvm::StringRef folder, llvm::ArrayRef<StateTensor> tensors, const RunState &state,
                            bool isBest);

class Checkpoint {
public:
  static llvm::Expected<Checkpoint> open(llvm::StringRef path);

  const RunState &getState() const { return state; }
  /// Fills tensors; all of them fit, or none is touched. What does not fit is
  /// named: the file must hold these tensors and no others.
  llvm::Error read(llvm::ArrayRef<StateTensor> tensors) const;
  /// Checks that the run was started with these settings; names those that differ.
  llvm::Error checkSettings(const llvm::json::Object &settings) const;

private:
  explicit Checkpoint(std::string path) : path(std::move(path)) {}

  std::string path;
  std::unique_ptr<dlc_safetensors, void (*)(dlc_safetensors *)> file{nullptr, dlc_safetensors_close};
  RunState state;
  llvm::json::Object checksums; // by tensor
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_CHECKPOINT_H
