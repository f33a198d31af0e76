// A child for each program; its files lie in one folder, and so does the cache that they share.
#include "tools/dlc/BuildPrograms.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <thread>

using namespace llvm;
using namespace dlc;

std::string dlc::printModule(mlir::ModuleOp module) {
  std::string text;
  raw_string_ostream stream(text);
  module.print(stream, mlir::OpPrintingFlags().enableDebugInfo(false));
  return text;
}

/// The first line of a child's diagnostics without its place, which is in a file that nobody sees.
std::string dlc::getReason(const pipeline::ChildResult &child) {
  if (!child.failure.empty())
    return "cannot start a process: " + child.failure;
  if (child.isLate)
    return "takes too long";
  if (child.signal)
    return std::string("ended by signal ") + std::to_string(child.signal) + " (" + strsignal(child.signal) + ")";
  StringRef reason;
  for (StringRef line : split(StringRef(child.errors), '\n'))
    for (StringRef mark : {"error: ", "note: "})
      if (size_t place = line.find(mark); place != StringRef::npos)
        reason = line.substr(place + mark.size()); // the last one says most
  return reason.empty() ? "exit code " + std::to_string(child.exitCode) : reason.str();
}

static Program build(StringRef text, StringRef folder, const Twine &name) {
  constexpr double limit = 120; // seconds; a kernel takes one or two
  const std::string network = (folder + "/" + name + ".mlir").str(), path = (folder + "/" + name + ".so").str();
  std::error_code wrong;
  {
    raw_fd_ostream file(network, wrong);
    if (!wrong)
      file << text;
    if (file.has_error()) {
      wrong = file.error();
      file.clear_error();
    }
  }
  if (wrong)
    return {"", "cannot write a program: " + wrong.message()};
  pipeline::ChildResult child =
      pipeline::runChild({buildVerb.str(), network, path, (folder + "/cache").str()}, "", limit);
  sys::fs::remove(network);
  return child.exitCode == 0 ? Program{path, ""} : Program{"", getReason(child)};
}

std::vector<Program> dlc::buildPrograms(ArrayRef<std::string> texts, StringRef folder, StringRef name, unsigned jobs) {
  std::vector<Program> built(texts.size());
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t index; (index = next++) < texts.size();)
      if (!texts[index].empty())
        built[index] = build(texts[index], folder, name + Twine(index));
  };
  const size_t count = jobs ? jobs : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(count, texts.size()); ++i)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
  return built;
}

int dlc::buildProgramMain(ArrayRef<StringRef> arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (arguments.size() != 3)
    return exitUsage;
  const std::string path = arguments[1].str();
  setenv("XDG_CACHE_HOME", arguments[2].str().c_str(), /*overwrite=*/1);
  pipeline::Options options;
  options.network = arguments[0].str();
  options.jobs = 1;
  pipeline::Compilation compilation(options, errs());
  if (pipeline::Outcome outcome = compilation.runTo(pipeline::Stage::Object); outcome != pipeline::Outcome::Fine)
    return getExitCode(outcome);
  if (Error error = writeSharedLibrary(compilation, path)) {
    errs() << "error: " << toString(std::move(error)) << "\n";
    return exitInternal;
  }
  return exitFine;
}
