// The compiler as a list of stages, from a network file to an object file and its header.
//
//   Compilation compilation(options);          // holds context, IR, kernels
//   Outcome outcome = compilation.runTo(Stage::Object);
//   if (outcome == Outcome::Fine)
//     outcome = compilation.writeFiles({"net.o", "net.h", ""});
//
// Whatever is wrong has then been reported through the compilation's
// diagnostics, with the place in the network file where there is one.
#ifndef DLC_COMPILER_PIPELINE_PIPELINE_H
#define DLC_COMPILER_PIPELINE_PIPELINE_H

#include "dialects/nn/Parameters.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/SourceMgr.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dlc::pipeline {

/// Where a compilation can stop; the names of --emit are those of getStageNames.
enum class Stage { Nn, Gradient, Fused, Scheduled, Planned, Llvm, Halide, Asm, Object };
llvm::ArrayRef<llvm::StringRef> getStageNames();

/// How a stage ended, after a diagnostic where it failed.
enum class Outcome {
  Fine,
  Input,       // the network, the weights or the target is at fault
  Environment, // a file or a process could not be had
  Internal,    // dlc is at fault
};

struct Options {
  /// The network: .json, or the IR of a stage up to Planned (.mlir), perhaps
  /// edited; the stages that it has behind it are not run again.
  std::string network;
  /// Replaces the weight file that the network names.
  std::string weights;
  /// "host", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4" or "aarch64-linux".
  std::string target = "host";
  /// The devices that the object has kernels for beside the machine's own: "cuda", "opencl".
  std::vector<std::string> devices;
  /// Fixes the batch; 0 leaves it to the session.
  int64_t batch = 0;
  /// Files of a tuner's records: kernels get the best choices that these have for them.
  std::vector<std::string> tuning;
  /// Adds the training step to the object.
  bool train = false;
  /// With `train`: the prediction takes the losses' targets too, and its last output is the loss.
  bool evaluatesLoss = false;
  /// With `train`: every layer's result becomes an output of the step and of the prediction, called as the layer.
  bool exposesLayers = false;
  /// Draws all parameters that `weights` does not give, whatever file the network names.
  bool ignoresNamedWeights = false;
  /// Computes in f64, with simple kernels.
  bool useDouble = false;
  /// Forbids kernels that round differently from a plain sum (Winograd).
  bool exact = false;
  /// The plain program: one kernel a layer, row-major, simple schedules. What
  /// `dlc verify` compares with.
  bool plain = false;
  /// Adds what goes into a final softmax to the outputs.
  bool exposeLogits = false;
  /// Draws the parameters that no file gives.
  uint64_t seed = 0;
  /// Weights go into a file of their own.
  bool externalWeights = false;
  /// What the object calls that file; "": NETWORK.weights.
  std::string weightsName;
  /// Kernels compiled at a time; 0: one a processor.
  unsigned jobs = 0;
  bool useCache = true;
  /// Prints where the time went, to stderr.
  bool timePasses = false;
  /// Called as kernels are done, by one thread at a time.
  std::function<void(size_t done, size_t total)> progress;
};

/// The files that a compilation writes. They appear whole or not at all.
struct OutputPaths {
  std::string object;
  std::string header;  // "": none
  std::string weights; // for Options::externalWeights
};

class Compilation {
public:
  /// Diagnostics go to `diagnostics`, with the source line and a caret.
  explicit Compilation(Options options, llvm::raw_ostream &diagnostics);
  ~Compilation();

  /// Runs the stages that have not run yet, up to `last`.
  Outcome runTo(Stage last);

  /// Prints what stage `stage`, the last one run, has made: IR, or text of the
  /// kernels; for the last of the devices where there are some. Not for Stage::Object.
  void print(Stage stage, llvm::raw_ostream &os);

  /// After Stage::Object: evaluates the weights and writes the files.
  Outcome writeFiles(const OutputPaths &paths);

  /// The network as its file has it, before any transform.
  mlir::ModuleOp getImported();
  /// The module as the last stage left it: the network's func.func, those of its training, and kernels.
  mlir::ModuleOp getModule();
  /// The same for the last of the devices; getModule() where there are none.
  mlir::ModuleOp getDeviceModule();
  /// The network's name as a C identifier: the prefix of all that is exported.
  std::string getNetworkName();
  /// Whether the parameters are drawn, because no file gives them. After runTo(Stage::Object).
  bool isSeeded() const;
  const Options &getOptions() const { return options; }

private:
  struct State;
  Options options;
  std::unique_ptr<State> state;
};

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_PIPELINE_H
