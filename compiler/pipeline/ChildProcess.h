// Runs a program to its end: text in, text out.
#ifndef DLC_COMPILER_PIPELINE_CHILDPROCESS_H
#define DLC_COMPILER_PIPELINE_CHILDPROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace dlc::pipeline {

struct ChildResult {
  int exitCode = -1;   // -1: it did not end by itself
  int signal = 0;      // what ended it, otherwise
  std::string output;  // of stdout
  std::string errors;  // of stderr
  std::string failure; // why it could not be run; empty where it could
  bool isLate = false; // it was ended because it took too long
};

/// Runs this very program with `arguments` and waits for it. Any number of
/// threads may do so at once. With a limit in `seconds`, the child is the first of a
/// process group, which is ended after it, and what a terminal sends to this
/// program's does not reach it.
ChildResult runChild(llvm::ArrayRef<std::string> arguments, llvm::StringRef input,
                     std::optional<double> seconds = std::nullopt);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_CHILDPROCESS_H
