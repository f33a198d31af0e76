// What `--input` gives: arrays and pictures as one array for each of the network's inputs.
#ifndef DLC_TOOLS_DLC_RUNINPUTS_H
#define DLC_TOOLS_DLC_RUNINPUTS_H

#include "tools/dlc/LoadedNetwork.h"

namespace dlc {

struct RunInputs {
  std::vector<Array> arrays; // in the network's order
  int64_t batch = 0;         // 0 where the network fixes it
  /// What each item of the batch is called.
  std::vector<std::string> items;
};

/// Reads the files of `words`, each [NAME=]FILE. Several files for one input
/// follow each other in the batch.
llvm::Expected<RunInputs> readInputs(llvm::ArrayRef<InputFormat> inputs, llvm::ArrayRef<std::string> words);

} // namespace dlc

#endif // DLC_TOOLS_DLC_RUNINPUTS_H
