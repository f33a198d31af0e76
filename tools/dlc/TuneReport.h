// What a tuning run has found, as a page that stands by itself.
#ifndef DLC_TOOLS_DLC_TUNEREPORT_H
#define DLC_TOOLS_DLC_TUNEREPORT_H

#include "compiler/tuning/Evaluator.h"

#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <string>
#include <vector>

namespace dlc {

struct TuneReport {
  struct Kernel {
    std::string name;
    size_t launches = 1;
    double share = 0;   // of the network's time by the defaults
    double seconds = 0; // of a launch by the default
    double bound = 0;   // seconds that a launch takes at least; 0: unknown
    std::string defaultChoice, bestChoice;
    /// All that were ever measured, in order, each as a share of the default's time; nothing for one that failed.
    std::vector<std::optional<double>> trials;

    double getBest() const; // as a share of the default's time
  };

  /// A candidate that did not end well.
  struct Fault {
    std::string kernel, status, choice, message;
  };

  std::string network;
  tuning::Environment environment;
  std::string machine; // what it does at most, in words; "" where nobody has measured that
  std::vector<Kernel> kernels;
  std::vector<Fault> faults;
  std::optional<tuning::Evaluator::Comparison> comparison;
  bool keepsDefaults = false; // because the whole was no faster
};

/// HTML with the drawings in it, readable on light and on dark screens; nothing is loaded from elsewhere.
void printTuneReport(const TuneReport &report, llvm::raw_ostream &os);

/// The table of the kernels as text.
void printTuneTable(const TuneReport &report, llvm::raw_ostream &os);

/// "1.234 ms", "56.7 µs"
std::string describeTime(double seconds);

} // namespace dlc

#endif // DLC_TOOLS_DLC_TUNEREPORT_H
