// How far a tuning run is: a bar on a terminal, otherwise a line now and then; and a line for every gain.
#ifndef DLC_TOOLS_DLC_TUNEPROGRESS_H
#define DLC_TOOLS_DLC_TUNEPROGRESS_H

#include "compiler/tuning/Tuner.h"

#include "llvm/Support/raw_ostream.h"

#include <map>

namespace dlc {

class TuneProgress {
public:
  struct Options {
    bool isTerminal = false;
    unsigned columns = 80; // of the terminal
  };

  /// What is written on stderr.
  static TuneProgress onStderr();
  TuneProgress(llvm::raw_ostream &os, Options options) : os(os), options(options) {}

  /// After a candidate.
  void update(const tuning::Tuner &tuner);
  /// At the end: the bar goes.
  void finish();

private:
  void erase();

  llvm::raw_ostream &os;
  Options options;
  std::map<size_t, double> bests; // what was said of each kernel
  double lastDrawn = -1e9;        // when, in the run's seconds
  size_t barColumns = 0;          // of the bar that is on the screen
};

/// "conv3x3 64x56x56: 0.412 ms, default 0.520 ms (1.26x), 81% of peak, 24 trials"
std::string describeKernel(const tuning::TunedKernel &tuned);

} // namespace dlc

#endif // DLC_TOOLS_DLC_TUNEPROGRESS_H
