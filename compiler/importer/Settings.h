// A layer's settings: values of the network file as attributes of the op.
#ifndef DLC_COMPILER_IMPORTER_SETTINGS_H
#define DLC_COMPILER_IMPORTER_SETTINGS_H

#include "compiler/importer/LayerTable.h"
#include "compiler/importer/Reporter.h"

#include "mlir/IR/OperationSupport.h"

namespace dlc::importer {

/// What one layer of the file says, its expressions evaluated.
struct LayerValues {
  const Layer &layer;
  size_t offset;                      // of the layer in the file
  llvm::SmallVector<Member> settings; // keys that the layer has
};

/// Turns the settings into attributes: those of the op, the others of the
/// layer's keys, both by their names. Reports values of the wrong form and
/// settings that are missing, and fails.
llvm::FailureOr<mlir::NamedAttrList> readSettings(const LayerValues &values, Reporter &reporter);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_SETTINGS_H
