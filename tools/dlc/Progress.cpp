// The progress bar.
#include "tools/dlc/Progress.h"

#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace llvm;

static constexpr size_t width = 30;

std::string dlc::drawBar(size_t done, size_t total) {
  const size_t filled = total ? width * std::min(done, total) / total : width;
  return "[" + std::string(filled, '=') + std::string(width - filled, ' ') + "]";
}

std::function<void(size_t, size_t)> dlc::makeProgressBar() {
  if (!sys::Process::StandardErrIsDisplayed())
    return {};
  return [](size_t done, size_t total) {
    errs() << "\r" << drawBar(done, total) << " kernel " << done << " of " << total;
    if (done == total) // and leave no trace
      errs() << "\r" << std::string(width + 40, ' ') << "\r";
  };
}
