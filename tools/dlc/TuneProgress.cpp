// The progress of a tuning run.
#include "tools/dlc/TuneProgress.h"
#include "tools/dlc/Progress.h"
#include "tools/dlc/TrainProgress.h"
#include "tools/dlc/TuneReport.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Process.h"

using namespace llvm;
using namespace dlc;
using tuning::TunedKernel;

/// A bar is drawn anew, and a line written, after so many seconds.
static constexpr double barPeriod = 0.1, linePeriod = 10;

TuneProgress TuneProgress::onStderr() {
  const unsigned columns = sys::Process::StandardErrColumns(); // 0: unknown
  return TuneProgress(errs(), {sys::Process::StandardErrIsDisplayed(), columns ? columns : 80});
}

static std::string countTrials(size_t count) { return std::to_string(count) + (count == 1 ? " trial" : " trials"); }

std::string dlc::describeKernel(const TunedKernel &tuned) {
  const tuning::TunableKernel &kernel = *tuned.kernel;
  const double relative = tuned.progress.relative, seconds = kernel.seconds * relative;
  std::string text;
  raw_string_ostream os(text);
  os << kernel.name << ": " << describeTime(seconds) << ", default " << describeTime(kernel.seconds)
     << format(" (%.2fx)", 1 / relative);
  if (kernel.bound > 0)
    os << format(", %.0f%% of peak", 100 * kernel.bound / seconds);
  os << ", " << countTrials(tuned.progress.trials);
  if (tuned.failures)
    os << ", " << tuned.failures << " failed";
  return text;
}

/// How much of the run is over: by its time, or by its trials.
static double getPart(const tuning::Tuner &tuner) {
  const double byTime = tuner.getSeconds() / tuner.getOptions().seconds;
  const double byTrials =
      tuner.getOptions().trials ? static_cast<double>(tuner.countTrials()) / *tuner.getOptions().trials : 0;
  return std::min(std::max(byTime, byTrials), 1.0);
}

void TuneProgress::erase() {
  if (barColumns)
    os << "\r" << std::string(barColumns, ' ') << "\r";
  barColumns = 0;
}

void TuneProgress::update(const tuning::Tuner &tuner) {
  if (!tuner.getCurrent())
    return;
  const size_t index = *tuner.getCurrent();
  const TunedKernel &tuned = tuner.getKernels()[index];
  const auto [said, isFirst] = bests.try_emplace(index, tuned.progress.relative);
  if (!isFirst && tuned.progress.relative < said->second) {
    said->second = tuned.progress.relative;
    erase();
    os << describeKernel(tuned) << "\n";
    lastDrawn = -1e9;
  }

  const double now = tuner.getSeconds();
  if (now - lastDrawn < (options.isTerminal ? barPeriod : linePeriod))
    return;
  lastDrawn = now;
  const double part = getPart(tuner);
  const std::string left = part > 0 ? describeDuration(now / part - now) : "?";
  const std::string text = formatv("{0}, network {1}% of its time, {2} left", countTrials(tuner.countTrials()),
                                   formatv("{0:F1}", 100 * tuner.getRelative()), left);
  if (!options.isTerminal) {
    os << text << "; " << describeKernel(tuned) << "\n";
    return;
  }
  std::string line = drawBar(static_cast<size_t>(part * 1000), 1000) + " " + text + "; " + tuned.kernel->name;
  if (line.size() >= options.columns)
    line.resize(options.columns - 1);
  erase();
  os << "\r" << line;
  barColumns = line.size();
  os.flush();
}

void TuneProgress::finish() {
  erase();
  os.flush();
}
