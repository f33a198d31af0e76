// What the network file says of training: the loss and the optimiser.
#ifndef DLC_COMPILER_IMPORTER_TRAINING_H
#define DLC_COMPILER_IMPORTER_TRAINING_H

#include "compiler/importer/LayerReader.h"

namespace dlc::importer {

/// The outputs of a network, by name.
using Outputs = llvm::SmallVector<std::pair<std::string, mlir::Value>>;

/// Checks the form of "training" and the names in it, and returns it as
/// attributes: {loss = {op = "cross_entropy", input = "fc2", target = "label"},
/// optimizer = {op = "adam", lr = 1.0e-03}, schedule = {op = "cosine"}}, where the
/// file has one. Each loss has an input and a target then; the layer that it reads
/// carries its name as `nn.name`. Settings are those of
/// dialects/nn/TrainingSettings.h. Null after a diagnostic.
mlir::DictionaryAttr readTraining(const Node &training, const Definitions &definitions, const Outputs &outputs,
                                  Reporter &reporter);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_TRAINING_H
