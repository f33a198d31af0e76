// The data of a training run: found, limited, split, and how batches are made of them.
#ifndef DLC_TOOLS_DLC_TRAINDATA_H
#define DLC_TOOLS_DLC_TRAINDATA_H

#include "tools/dlc/TrainNetwork.h"
#include "tools/dlc/data/Loader.h"

namespace dlc {

/// What the command line says of data.
struct TrainDataOptions {
  std::string path, normalize; // normalize: "", "data" or "MEAN,…:STD,…"
  double validation = 0.1;     // the share split off where the data have no validation part
  int64_t limit = 0, batch = 64;
  uint64_t seed = 0;
  Augmentation augmentation;
};

struct TrainData {
  DatasetParts parts;
  LoaderOptions training, evaluation;
  llvm::json::Object settings; // what the batches depend on beside the seed

  static llvm::Expected<TrainData> open(const TrainDescription &description, const TrainDataOptions &options);
  /// The memory of batches and of pictures that are kept.
  int64_t getBytes() const;
  /// One line on what there is.
  void print(llvm::raw_ostream &os) const;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_TRAINDATA_H
