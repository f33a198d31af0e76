// The progress bar.
#include "tools/dlc/Progress.h"

#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

std::function<void(size_t, size_t)> dlc::makeProgressBar() {
  if (!sys::Process::StandardErrIsDisplayed())
    return {};
  return [](size_t done, size_t total) {
    constexpr size_t width = 30;
    size_t filled = width * done / total;
    errs() << "\r[" << std::string(filled, '=') << std::string(width - filled, ' ') << "] kernel " << done << " of "
           << total;
    if (done == total) // and leave no trace
      errs() << "\r" << std::string(width + 40, ' ') << "\r";
  };
}
