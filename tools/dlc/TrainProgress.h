// How far a training run is: a bar on a terminal, otherwise a line now and then.
#ifndef DLC_TOOLS_DLC_TRAINPROGRESS_H
#define DLC_TOOLS_DLC_TRAINPROGRESS_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <optional>

namespace dlc {

/// Loss and accuracy (from 0 to 1, where there is such a thing) of some items.
struct Score {
  double loss = 0;
  std::optional<double> accuracy = std::nullopt;
};

class TrainProgress {
public:
  struct Options {
    int64_t epochs = 1, itemsPerEpoch = 1;
    bool isTerminal = false;
    unsigned columns = 80;         // of the terminal
    std::function<double()> clock; // seconds; null: the machine's
  };

  /// What is written on stderr.
  static TrainProgress onStderr(int64_t epochs, int64_t itemsPerEpoch);
  TrainProgress(llvm::raw_ostream &os, Options options);

  /// Before an epoch; `items` of it are done already where a run is taken up.
  void startEpoch(int64_t epoch, int64_t items = 0);
  /// After a step: `items` of the epoch are done, with this score so far.
  void update(int64_t items, const Score &score);
  /// After the epoch's last step, before validation: the pace is measured so far.
  void stopClock();
  /// After the epoch, which gets a line of its own.
  void finishEpoch(const Score &training, std::optional<Score> validation, bool isBest);
  /// Writes a line of other text where the bar would be.
  void say(const llvm::Twine &line);

private:
  std::string describe(int64_t items, const Score &score) const;
  void erase();

  llvm::raw_ostream &os;
  Options options;
  int64_t epoch = 0, firstItems = 0; // the epoch, and where in it this run began
  double begin = 0;                  // when
  std::optional<double> end;         // when its last step was done
  int64_t lastItems = 0;             // at the last drawing
  double lastDrawn = 0;              // when
  double rate = 0;                   // items in a second
  size_t barColumns = 0;             // of the bar that is on the screen
};

/// "8 s", "2:05", "1:02:05"
std::string describeDuration(double seconds);

} // namespace dlc

#endif // DLC_TOOLS_DLC_TRAINPROGRESS_H
