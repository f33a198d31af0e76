// The progress of training.
#include "tools/dlc/TrainProgress.h"
#include "tools/dlc/Progress.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Process.h"

#include <chrono>
#include <cmath>

using namespace llvm;
using namespace dlc;

/// A bar is drawn anew, and a line written, after so many seconds.
static constexpr double barPeriod = 0.1, linePeriod = 10;

static double getSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

TrainProgress::TrainProgress(raw_ostream &os, Options given) : os(os), options(std::move(given)) {
  if (!options.clock)
    options.clock = getSeconds;
}

TrainProgress TrainProgress::onStderr(int64_t epochs, int64_t itemsPerEpoch) {
  const bool isTerminal = sys::Process::StandardErrIsDisplayed();
  const unsigned columns = sys::Process::StandardErrColumns(); // 0: unknown
  return TrainProgress(errs(), {epochs, itemsPerEpoch, isTerminal, columns ? columns : 80, {}});
}

std::string dlc::describeDuration(double seconds) {
  if (!std::isfinite(seconds) || seconds > 1e9)
    return "?";
  const int64_t whole = std::max<int64_t>(std::llround(seconds), 0);
  if (whole < 60)
    return std::to_string(whole) + " s";
  std::string text;
  raw_string_ostream stream(text);
  if (whole >= 3600)
    stream << format("%lld:%02lld:%02lld", (long long)whole / 3600, (long long)whole / 60 % 60, (long long)whole % 60);
  else
    stream << format("%lld:%02lld", (long long)whole / 60, (long long)whole % 60);
  return text;
}

static std::string describeScore(const Score &score) {
  std::string text;
  raw_string_ostream stream(text);
  stream << format("loss %.4f", score.loss);
  if (score.accuracy)
    stream << format(", accuracy %.2f%%", *score.accuracy * 100);
  return text;
}

static std::string describeEpoch(int64_t epoch, int64_t epochs) {
  const std::string last = std::to_string(epochs), number = std::to_string(epoch + 1);
  return "epoch " + std::string(last.size() - std::min(last.size(), number.size()), ' ') + number + "/" + last;
}

/// "loss 0.1234, accuracy 97.12%, 12345 images/s, 1:23 left"
std::string TrainProgress::describe(int64_t items, const Score &score) const {
  std::string text = describeScore(score);
  const int64_t left = (options.epochs - epoch) * options.itemsPerEpoch - items;
  if (rate > 0)
    text += formatv(", {0} images/s, {1} left", std::llround(rate), describeDuration(left / rate));
  return text;
}

void TrainProgress::startEpoch(int64_t number, int64_t items) {
  epoch = number;
  firstItems = lastItems = items;
  begin = lastDrawn = options.clock();
  end.reset();
}

void TrainProgress::update(int64_t items, const Score &score) {
  const double now = options.clock(), since = now - lastDrawn;
  if (since < (options.isTerminal ? barPeriod : linePeriod))
    return;
  // The first measurement counts whole, later ones smooth it over some seconds.
  const double measured = (items - lastItems) / since;
  rate = rate > 0 ? rate + (measured - rate) * std::min(1.0, since / 5) : measured;
  lastItems = items;
  lastDrawn = now;
  const std::string prefix = describeEpoch(epoch, options.epochs), text = describe(items, score);
  if (!options.isTerminal) {
    os << prefix << formatv(", {0} of {1}: ", items, options.itemsPerEpoch) << text << "\n";
    return;
  }
  std::string line = prefix + " " + drawBar(items, options.itemsPerEpoch) + " " + text;
  if (line.size() >= options.columns) // too narrow for the bar
    line = (prefix + " " + text).substr(0, options.columns - 1);
  os << "\r" << line << std::string(barColumns > line.size() ? barColumns - line.size() : 0, ' ');
  barColumns = line.size();
  os.flush();
}

void TrainProgress::stopClock() { end = options.clock(); }

void TrainProgress::erase() {
  if (barColumns)
    os << "\r" << std::string(barColumns, ' ') << "\r";
  barColumns = 0;
}

void TrainProgress::finishEpoch(const Score &training, std::optional<Score> validation, bool isBest) {
  erase();
  const double seconds = end.value_or(options.clock()) - begin;
  os << describeEpoch(epoch, options.epochs) << ": " << describeScore(training);
  if (validation)
    os << "; validation " << describeScore(*validation) << (isBest ? ", the best so far" : "");
  os << "; " << describeDuration(seconds);
  if (seconds > 0)
    os << ", " << std::llround((options.itemsPerEpoch - firstItems) / seconds) << " images/s";
  os << "\n";
  os.flush();
}

void TrainProgress::say(const Twine &line) {
  erase();
  os << line << "\n";
  os.flush();
}
