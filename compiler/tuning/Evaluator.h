// What the run of a tuner asks of those who can compile and measure.
#ifndef DLC_COMPILER_TUNING_EVALUATOR_H
#define DLC_COMPILER_TUNING_EVALUATOR_H

#include "compiler/tuning/Records.h"
#include "compiler/tuning/Search.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace dlc::tuning {

/// A kernel of the network that can be tuned; launches of equal kernels are one.
struct TunableKernel {
  std::string signature;
  std::string name; // for readers: "conv3x3_relu 64x56x56 -> 64x56x56"
  const SearchSpace *space = nullptr;
  size_t launches = 1;
  double seconds = 0; // of one launch by the default choice, in the network
  double flops = 0;   // of one launch, by the direct formula
  double bound = 0;   // seconds that a launch takes at least, by the machine's peak
};

/// How a candidate ended, measured in alternation with the incumbent.
struct Measurement {
  Status status = Status::Fine;
  double seconds = 0, incumbentSeconds = 0; // lower quartiles
  std::string message;                      // what went wrong
};

class Evaluator {
public:
  virtual ~Evaluator();

  virtual const Environment &getEnvironment() const = 0;
  /// The seconds of a whole run of the network by the defaults.
  virtual double getNetworkSeconds() const = 0;
  virtual llvm::ArrayRef<TunableKernel> getKernels() const = 0;

  /// How exactly to measure.
  enum class Care {
    Quick,   // ends early where the candidate is clearly slower
    Thorough // several times as long, in two programs: before a candidate becomes the incumbent
  };
  /// Compiles `choices` of a kernel, several at a time, then measures each alone against `incumbent`. Calls `done` as
  /// each one is known, in whatever order; where that returns false the rest is left. An error is one of the whole run,
  /// never of a candidate.
  virtual llvm::Error evaluate(size_t kernel, llvm::StringRef incumbent, llvm::ArrayRef<std::string> choices, Care care,
                               llvm::function_ref<bool(size_t index, const Measurement &)> done) = 0;

  struct Comparison {
    double tuned = 0, untuned = 0; // seconds of a run
  };
  /// The whole network with the choices of `records` against the defaults, in alternation.
  virtual llvm::Expected<Comparison> compare(llvm::ArrayRef<Record> records) = 0;
};

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_EVALUATOR_H
