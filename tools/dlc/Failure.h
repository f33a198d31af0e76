// An error that knows the exit code it leads to.
#ifndef DLC_TOOLS_DLC_FAILURE_H
#define DLC_TOOLS_DLC_FAILURE_H

#include "tools/dlc/ExitCode.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <string>

namespace dlc::pipeline {
enum class Outcome;
} // namespace dlc::pipeline

namespace dlc {

class Failure : public llvm::ErrorInfo<Failure> {
public:
  static char ID;
  Failure(ExitCode code, std::string message) : code(code), message(std::move(message)) {}
  void log(llvm::raw_ostream &os) const override { os << message; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

  const ExitCode code;
  const std::string message; // empty: a diagnostic has said it already
};

llvm::Error failure(ExitCode code, const llvm::Twine &message);

/// Gives an error that is no Failure an exit code.
llvm::Error toFailure(ExitCode code, llvm::Error error);

ExitCode getExitCode(pipeline::Outcome outcome);

/// Says what went wrong in a verb; returns the exit code.
int reportFailure(llvm::StringRef verb, llvm::Error error);

} // namespace dlc

#endif // DLC_TOOLS_DLC_FAILURE_H
