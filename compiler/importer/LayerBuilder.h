// Makes the op of a layer, whichever it is, and the parameters that it owns.
#ifndef DLC_COMPILER_IMPORTER_LAYERBUILDER_H
#define DLC_COMPILER_IMPORTER_LAYERBUILDER_H

#include "compiler/importer/LayerTable.h"
#include "compiler/importer/Reporter.h"

#include "mlir/IR/Builders.h"

namespace dlc::importer {

/// A layer that is fit to be built: its inputs are there and as many as it takes.
struct LayerPlan {
  const Layer &layer;
  std::string name;           // in the whole network
  mlir::Location location;    // without the name
  mlir::NamedAttrList config; // readSettings
  llvm::SmallVector<mlir::Value> inputs;
  bool trainable = true;
};

class LayerBuilder {
public:
  LayerBuilder(Reporter &reporter, mlir::OpBuilder builder) : reporter(reporter), builder(builder) {}

  /// The layer's result; null where its shape inference reports a misfit. Warns
  /// of rows and columns of the input that its windows leave out.
  mlir::Value build(const LayerPlan &plan);

private:
  mlir::FailureOr<llvm::SmallVector<mlir::Type, 1>> inferResult(const mlir::OperationState &state);

  Reporter &reporter;
  mlir::OpBuilder builder;
};

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_LAYERBUILDER_H
