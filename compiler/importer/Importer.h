// The importer: a network file becomes a module of the nn dialect, a weight file becomes its parameters' values.
#ifndef DLC_COMPILER_IMPORTER_IMPORTER_H
#define DLC_COMPILER_IMPORTER_IMPORTER_H

#include "dialects/nn/Parameters.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

namespace dlc::importer {

struct ImportOptions {
  /// The number of items that "batch" stands for; without it the batch stays open.
  std::optional<int64_t> batch;
};

/// Reads the network in JSON that is the main buffer of `sources`. Diagnostics
/// go to the context's handlers, at FileLineColLocs in a file called like the
/// buffer, so that a SourceMgrDiagnosticHandler over `sources` shows the lines.
/// Null after an error. Loads the dialects that it needs.
///
/// The module holds one func.func called as the network. Its arguments and
/// results carry `nn.name`; an argument may carry `nn.requires_grad`, the
/// function `nn.training` (the file's "training" as a dictionary), the module
/// `nn.weights` (the path as the file gives it). A layer's location is a NameLoc
/// that holds the layer's name. A layer that the loss reads carries `nn.name`, a
/// parameter that training leaves alone `nn.trainable = false`. Layers that no
/// output and no loss needs are dropped, after a warning.
mlir::OwningOpRef<mlir::ModuleOp> importNetwork(const llvm::SourceMgr &sources, mlir::MLIRContext *context,
                                                const ImportOptions &options = {});

struct ParameterOptions {
  /// A weight file that overrides the module's `nn.weights`.
  std::string weights;
  /// The folder of the network file, against which `nn.weights` is resolved.
  std::string folder;
  /// Draws the parameters of a network without a weight file.
  uint64_t seed = 0;
};

/// The parameters of a network, all of them checked to be there.
class NetworkParameters : public nn::ParameterSource {
public:
  /// The weight file; empty where the parameters are drawn by seed.
  llvm::StringRef getPath() const { return path; }
  bool isSeeded() const { return path.empty(); }

protected:
  explicit NetworkParameters(std::string path) : path(std::move(path)) {}

private:
  std::string path;
};

/// Opens the weights of `module` (.safetensors or .npz; mapped, not copied) and
/// checks them against its nn.parameter ops, so it wants the module as imported,
/// before any transform drops or folds them. What is missing or misshapen is
/// reported at the parameter, a file that cannot be read at its name in the
/// network file. Null after an error. Several threads may read from the result.
std::unique_ptr<NetworkParameters> openParameters(mlir::ModuleOp module, const ParameterOptions &options);

/// Writes the JSON Schema (draft 2020-12) of the network file.
void writeSchema(llvm::raw_ostream &out);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_IMPORTER_H
