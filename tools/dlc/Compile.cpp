// dlc compile: a network in, an object file and its header out.
#include "compiler/pipeline/Pipeline.h"
#include "compiler/pipeline/Target.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Options.h"
#include "tools/dlc/Progress.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace llvm;
using namespace dlc;

namespace {
struct CompileCommand {
  pipeline::Options pipeline;
  std::string output, devices;
  std::optional<size_t> stage, target, precision;
  int64_t seed = 0, jobs = 0;
  bool noCache = false;
};
} // namespace

/// "dir/net.o" with another extension, "net.weights" ….
static std::string replaceExtension(StringRef path, StringRef extension) {
  SmallString<128> replaced = path;
  sys::path::replace_extension(replaced, extension);
  return std::string(replaced);
}

/// Prints the stage's result to stdout, or to the file that -o names.
static int emitStage(pipeline::Compilation &compilation, pipeline::Stage stage, StringRef output) {
  if (output.empty() || output == "-") {
    compilation.print(stage, outs());
    return exitFine;
  }
  std::string text;
  raw_string_ostream os(text);
  compilation.print(stage, os);
  if (Error error = writeToOutput(output, [&](raw_ostream &file) {
        file << text;
        return Error::success();
      }))
    return reportFailure("compile",
                         failure(exitEnvironment, "cannot write '" + output + "': " + toString(std::move(error))));
  return exitFine;
}

int dlc::compileMain(ArrayRef<StringRef> arguments) {
  CompileCommand command;
  OptionTable options("compile", "NET [-o net.o] [options]",
                      "Compiles a network to an object file and the C header that declares it. A program links the\n"
                      "object with libdlc_runtime; the header says how it is called.");
  options.positional("NET", command.pipeline.network, "the network: .json, or the IR of a stage (.mlir)");
  options.text(
      "-o, --output", "FILE", command.output,
      "the object file, NET.o here unless given; the header stands\nbeside it. With --emit, where the text goes");
  options.choice("--target", pipeline::getTargetNames(), command.target,
                 "the machine that runs the network, host unless given");
  options.text(
      "--gpu", "DEVICES", command.devices,
      "kernels for devices beside those of the machine: opencl,\ncuda, or both with a comma. With --emit, one of them");
  options.number("--batch", "N", command.pipeline.batch, "fixes the batch; open unless given", 1, INT32_MAX);
  options.text("--weights", "FILE", command.pipeline.weights,
               "weights (.safetensors or .npz) instead of those that the\nnetwork names");
  addTuningTo(options, command.pipeline);
  options.flag("--external-weights", command.pipeline.externalWeights, "weights in a file of their own, FILE.weights");
  options.number("--seed", "N", command.seed, "draws the parameters of a network without weights, 0 unless given");
  options.flag("--exact", command.pipeline.exact, "no kernels that round differently from a plain sum (Winograd)");
  options.flag("--train", command.pipeline.train, "adds the training step that the network's 'training' describes");
  options.choice("--precision", {"f32", "f64"}, command.precision,
                 "f32 unless given; f64 is for checks: its kernels are simple");
  options.choice("--emit", pipeline::getStageNames(), command.stage, "stops after a stage and prints what it has made");
  options.flag("--time-passes", command.pipeline.timePasses, "prints where the time went");
  options.number("--jobs", "N", command.jobs, "kernels compiled at a time, one a processor unless given", 1, 1024);
  options.flag("--no-cache", command.noCache, "compiles every kernel anew and keeps none");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;

  const auto stage = command.stage ? static_cast<pipeline::Stage>(*command.stage) : pipeline::Stage::Object;
  if (command.target)
    command.pipeline.target = pipeline::getTargetNames()[*command.target].str();
  for (StringRef device : split(StringRef(command.devices), ',')) {
    if (device.empty() && command.devices.empty())
      continue;
    if (!is_contained(pipeline::getDeviceNames(), device))
      return options.fail("there is no device '" + device + "'; there are " +
                          join(pipeline::getDeviceNames(), " and "));
    if (!is_contained(command.pipeline.devices, device))
      command.pipeline.devices.push_back(device.str());
  }
  if (command.stage && stage != pipeline::Stage::Object && command.pipeline.devices.size() > 1)
    return options.fail("--emit shows the kernels of one device");
  command.pipeline.useDouble = command.precision == 1;
  command.pipeline.train |= command.stage && stage == pipeline::Stage::Gradient;
  command.pipeline.seed = command.seed;
  command.pipeline.jobs = command.jobs;
  command.pipeline.useCache = !command.noCache;
  command.pipeline.progress = makeProgressBar();
  if (stage == pipeline::Stage::Object && command.output.empty())
    command.output = replaceExtension(sys::path::filename(command.pipeline.network), "o");
  pipeline::OutputPaths paths = {command.output, replaceExtension(command.output, "h"), ""};
  if (command.pipeline.externalWeights) {
    paths.weights = replaceExtension(command.output, "weights");
    command.pipeline.weightsName = sys::path::filename(paths.weights).str();
  }
  for (StringRef other : {StringRef(paths.header), StringRef(paths.weights)})
    if (stage == pipeline::Stage::Object && other == paths.object)
      return options.fail("'" + other + "' cannot be the object file: it is the name of another output");

  pipeline::Compilation compilation(command.pipeline, errs());
  if (pipeline::Outcome outcome = compilation.runTo(stage); outcome != pipeline::Outcome::Fine)
    return getExitCode(outcome);
  if (stage != pipeline::Stage::Object)
    return emitStage(compilation, stage, command.output);
  if (compilation.isSeeded())
    errs() << "dlc compile: note: the network names no weights; its parameters are drawn with seed " << command.seed
           << "\n";
  return getExitCode(compilation.writeFiles(paths));
}
