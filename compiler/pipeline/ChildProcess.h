// Runs a program to its end: text in, text out.
#ifndef DLC_COMPILER_PIPELINE_CHILDPROCESS_H
#define DLC_COMPILER_PIPELINE_CHILDPROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace dlc::pipeline {

struct ChildResult {
  int exitCode = -1;   // -1: it did not end by itself
  int signal = 0;      // what ended it, otherwise
  std::string output;  // of stdout
  std::string errors;  // of stderr
  std::string failure; // why it could not be run; empty where it could
};

/// Runs this very program with `arguments` and waits for it. Any number of
/// threads may do so at once.
ChildResult runChild(llvm::ArrayRef<std::string> arguments, llvm::StringRef input);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_CHILDPROCESS_H
