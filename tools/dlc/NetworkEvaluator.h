// The kernels of a network, to be tuned: compiles candidates and measures them in child processes.
#ifndef DLC_TOOLS_DLC_NETWORKEVALUATOR_H
#define DLC_TOOLS_DLC_NETWORKEVALUATOR_H

#include "compiler/pipeline/Pipeline.h"
#include "compiler/tuning/Evaluator.h"

#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace dlc {

struct EvaluatorOptions {
  pipeline::Options network;  // what to compile: batch, train, devices, jobs, seed …
  std::string device = "cpu"; // where it runs
  int64_t threads = 0;        // 0: all there are
  int64_t items = 0;          // of the batch, where the network leaves that open; 0: as its kernels expect
  bool measures = true;       // false: only the spaces are wanted
  std::string inject;         // for tests: "crash:3", "hang:4", "wrong:5": every N-th candidate does
};

class NetworkEvaluator : public tuning::Evaluator {
public:
  /// Compiles the network with the defaults and measures its kernels once. Diagnostics go to `diagnostics`.
  static llvm::Expected<std::unique_ptr<NetworkEvaluator>> create(const EvaluatorOptions &options,
                                                                  llvm::raw_ostream &diagnostics);

  /// The machine that bounds are for, as describeRates has it; "" where there are none, as on devices.
  virtual llvm::StringRef getMachine() const = 0;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_NETWORKEVALUATOR_H
