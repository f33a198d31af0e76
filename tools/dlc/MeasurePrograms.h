// Two compiled networks against each other, measured in a process of their own.
#ifndef DLC_TOOLS_DLC_MEASUREPROGRAMS_H
#define DLC_TOOLS_DLC_MEASUREPROGRAMS_H

#include "compiler/tuning/Evaluator.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dlc {

/// The hidden verb with which dlc starts itself: it measures as a MeasureRequest on
/// its stdin says and writes a MeasureResult to stdout.
inline constexpr llvm::StringLiteral measureVerb = "measure-programs";
int measureMain();

struct MeasureRequest {
  std::string candidate, incumbent; // shared libraries
  std::string network;              // the name of both networks
  /// The outputs to compare with: those of the first run of `reference`, kept in
  /// `referenceOutputs` for the next one; where there is none, the incumbent's.
  std::string reference, referenceOutputs;
  int64_t batch = 0, threads = 0;
  std::string device = "cpu";
  /// Times whole runs; otherwise the kernels of a candidate (compiler/kernels/Candidate.h).
  bool isWhole = false;
  bool trains = false;    // steps of training instead of runs
  int64_t sweptBytes = 0; // that are read between runs, so that weights are as cold as in a network
  double seconds = 0.3;   // to measure for
  int64_t runs = 50;      // of each at most
  bool endsEarly = true;  // where the candidate is clearly slower
  std::string fault;      // for tests: "crash", "hang" or "wrong", of the candidate
};

struct MeasureResult {
  double candidate = 0, incumbent = 0; // lower quartiles of seconds
  int64_t runs = 0;
  std::string wrong; // how the candidate's outputs differ; empty: they do not
  std::string error; // why it could not be measured
};

/// Measures in a process of its own, which is ended after `limit` seconds.
tuning::Measurement measureInChild(const MeasureRequest &request, double limit);

llvm::json::Value toJSON(const MeasureRequest &request);
llvm::json::Value toJSON(const MeasureResult &result);
bool fromJSON(const llvm::json::Value &value, MeasureRequest &request, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &value, MeasureResult &result, llvm::json::Path path);

} // namespace dlc

#endif // DLC_TOOLS_DLC_MEASUREPROGRAMS_H
