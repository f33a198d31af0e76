// Errors with exit codes, said the same way by every verb.
#include "tools/dlc/Failure.h"

#include "compiler/pipeline/Pipeline.h"

#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace dlc;

char Failure::ID;

Error dlc::failure(ExitCode code, const Twine &message) { return make_error<Failure>(code, message.str()); }

Error dlc::toFailure(ExitCode code, Error error) {
  if (!error || error.isA<Failure>())
    return error;
  return failure(code, toString(std::move(error)));
}

ExitCode dlc::getExitCode(pipeline::Outcome outcome) {
  switch (outcome) {
  case pipeline::Outcome::Fine:
    return exitFine;
  case pipeline::Outcome::Input:
    return exitInput;
  case pipeline::Outcome::Environment:
    return exitEnvironment;
  case pipeline::Outcome::Internal:
    return exitInternal;
  }
  llvm_unreachable("all outcomes are listed");
}

int dlc::reportFailure(StringRef verb, Error error) {
  int code = exitInternal;
  std::string message;
  handleAllErrors(
      std::move(error),
      [&](const Failure &failure) {
        code = failure.code;
        message = failure.message;
      },
      [&](const ErrorInfoBase &other) { message = other.message(); });
  if (!message.empty())
    errs() << "dlc " << verb << ": error: " << message << "\n";
  return code;
}
