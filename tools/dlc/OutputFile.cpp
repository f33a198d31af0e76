// Files that appear whole or not at all: written beside their place, then renamed.
#include "tools/dlc/OutputFile.h"
#include "tools/dlc/Failure.h"

#include "llvm/Support/FileSystem.h"

using namespace llvm;
using namespace dlc;

Error dlc::writeOutputFile(StringRef path, function_ref<Error(raw_ostream &)> write) {
  Expected<sys::fs::TempFile> temporary = sys::fs::TempFile::create(path + ".%%%%%%%%");
  if (!temporary)
    return failure(exitEnvironment, path + ": " + toString(temporary.takeError()));
  std::error_code wrong;
  {
    raw_fd_ostream os(temporary->FD, /*shouldClose=*/false);
    if (Error error = write(os)) {
      os.clear_error();
      return joinErrors(std::move(error), temporary->discard());
    }
    os.flush();
    wrong = os.error();
    os.clear_error();
  }
  if (wrong)
    return joinErrors(failure(exitEnvironment, path + ": " + wrong.message()), temporary->discard());
  if (Error error = temporary->keep(path))
    return failure(exitEnvironment, path + ": " + toString(std::move(error)));
  return Error::success();
}
