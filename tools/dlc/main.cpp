// dlc: an ahead-of-time compiler for convolutional networks. Finds the verb.
#include "runtime/include/dlc/dlc.h"
#include "tools/dlc/BuildPrograms.h"
#include "tools/dlc/ExitCode.h"
#include "tools/dlc/MeasurePrograms.h"
#include "tools/dlc/Options.h"
#include "tools/dlc/Verb.h"

#include "compiler/halide/Halide.h"
#include "compiler/pipeline/CompileKernels.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <sys/prctl.h>

using namespace llvm;
using namespace dlc;

namespace {
struct Verb {
  StringRef name, summary;
  VerbMain run;
};
} // namespace

// In the order of their use.
static constexpr Verb verbs[] = {
    {"compile", "network in, object file and header out", compileMain},
    {"run", "inputs in, outputs out", runMain},
    {"bench", "how fast a network runs, kernel by kernel", benchMain},
    {"verify", "the optimised program against the plain one", verifyMain},
    {"train", "a network and data in, its weights out", trainMain},
    {"tune", "faster schedules for this machine, by measuring", tuneMain},
    {"inspect", "layers, shapes, parameters, as a table or a picture", inspectMain},
    {"schema", "the JSON Schema of network files", schemaMain},
    {"cache", "the cache of compiled kernels", cacheMain},
    {"devices", "what networks can run on here", devicesMain},
};

static void printHelp(raw_ostream &os) {
  os << "dlc compiles convolutional networks to native object files.\n\n"
        "usage: dlc VERB ...\n\n";
  for (const Verb &verb : verbs)
    os << "  " << left_justify(verb.name, 10) << verb.summary << "\n";
  os << "\n  `dlc VERB --help` lists a verb's options\n"
        "  --version   of dlc and of what it is built with\n"
        "  --licenses  of what it is built with\n";
}

static int failUsage(const Twine &message) {
  errs() << "dlc: error: " << message << "\n\n";
  printHelp(errs());
  return exitUsage;
}

static int runVerb(int argc, char **argv) {
  SmallVector<StringRef> arguments(argv + 1, argv + argc);
  if (arguments.empty())
    return failUsage("expects a verb");
  StringRef word = arguments.front();
  ArrayRef<StringRef> rest = ArrayRef<StringRef>(arguments).drop_front();

  // How dlc starts itself to compile one kernel; no verb of the user's.
  if (word == pipeline::kernelVerb) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // not to outlive the one who waits for the result
    return halide_backend::kernelCompilerMain(ArrayRef<const char *>(argv + 2, argv + argc));
  }

  // How `dlc tune` does.
  if (word == measureVerb)
    return measureMain();
  if (word == buildVerb)
    return buildProgramMain(rest);

  for (const Verb &verb : verbs)
    if (verb.name == word)
      return verb.run(rest);

  if (word == "--help" || word == "-h" || word == "help") {
    // `dlc help VERB` too.
    if (rest.size() == 1 && word == "help")
      for (const Verb &verb : verbs)
        if (verb.name == rest.front())
          return verb.run({"--help"});
    printHelp(outs());
    return exitFine;
  }
  if (word == "--version") {
    outs() << "dlc " DLC_VERSION_STRING " (LLVM " LLVM_VERSION_STRING ", Halide " << halide_backend::getHalideVersion()
           << ")\n";
    return exitFine;
  }
  if (word == "--licenses") {
    printLicenses();
    return exitFine;
  }

  SmallVector<StringRef> known;
  for (const Verb &verb : verbs)
    known.push_back(verb.name);
  StringRef kind = word.starts_with("-") ? "option" : "verb";
  if (kind == "option")
    known = {"--help", "--version", "--licenses"};
  StringRef similar = findSimilar(word, known);
  std::string suggestion = similar.empty() ? "" : ("; did you mean '" + similar + "'?").str();
  return failUsage("unknown " + kind + " '" + word + "'" + suggestion);
}

int main(int argc, char **argv) {
  // A file that becomes too large is an error of writing, which is reported.
  std::signal(SIGXFSZ, SIG_IGN);
  int exit = runVerb(argc, argv);
  outs().flush();
  if (!outs().has_error())
    return exit;
  errs() << "dlc: error: cannot write the output: " << outs().error().message() << "\n";
  outs().clear_error(); // an error that nobody has looked at ends the process
  return exit ? exit : exitEnvironment;
}
