// `dlc train`: a network and data in, its weights out.
#include "tools/dlc/Failure.h"
#include "tools/dlc/TrainRun.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"

#include <malloc.h>

using namespace llvm;
using namespace dlc;

namespace {
struct TrainCommand {
  pipeline::Options network;
  TrainDataOptions data;
  TrainRunOptions run;
  std::optional<double> rate, validation;
  std::string output, init, device = "cpu";
  int64_t seed = 0, jobs = 0, threads = 0;
  bool noCache = false;
};
} // namespace

static OptionTable makeOptions(TrainCommand &command) {
  OptionTable options(
      "train", "NET --data PATH [-o NET.safetensors] [options]",
      "Trains a network as its file's \"training\" says, from parameters drawn by seed, and writes its\n"
      "weights by PyTorch's names. The same seed gives the same bits on any number of threads.");
  TrainDataOptions &data = command.data;
  TrainRunOptions &run = command.run;
  options.positional("NET", command.network.network, "the network, .json");
  options.text("--data", "PATH", data.path,
               "idx files as MNIST has them, CIFAR-10's binary files, a\nfolder of pictures a class, or an .npz file");
  options.text("-o, --output", "FILE", command.output, "the weights; NET.safetensors here unless given");
  options.number("--epochs", "N", run.epochs, "how often all items are gone through; 10 unless given", 1, 1 << 30);
  options.number("--batch", "N", data.batch, "items a step; 64 unless given", 1, 1 << 24);
  options.real("--lr", "X", command.rate, "the learning rate instead of the network file's");
  options.number("--seed", "N", command.seed, "draws parameters, order, changes and dropout; 0 unless given");
  options.number("--threads", "N", command.threads, "threads to run on; all processors unless given", 1, 1024);
  options.text("--init", "FILE", command.init, "weights to begin with, as far as names and shapes fit");
  options.real("--validation", "F", command.validation,
               "the share of the items that is only validated with,\nwhere the data have no part for that; 0.1 unless "
               "given, 0: none",
               0, 0.9);
  options.number("--patience", "N", run.patience, "stops after N epochs without a better validation", 1);
  options.text("--checkpoints", "DIR", run.checkpoints,
               "last.safetensors and best.safetensors there, after\nevery epoch");
  options.number("--checkpoint-every", "N", run.checkpointEvery, "and after every N steps", 1);
  options.flag("--resume", run.resume, "goes on from the last checkpoint, to the same bits");
  options.flag("--flip", data.augmentation.flip, "pictures are flipped left and right, every other time");
  options.number("--shift", "N", data.augmentation.shift, "and shifted by up to N pixels each way", 0, 4096);
  options.flag("--crop", data.augmentation.crop, "larger pictures than the input takes are cut anywhere");
  options.text("--normalize", "data|M:S", data.normalize,
               "subtracts a mean and divides by a deviation, one a\nchannel: those of the data, or the given ones");
  options.number("--limit", "N", data.limit, "takes at most N items of each part, drawn by seed", 1);
  options.text("--curves", "FILE.svg", run.curves, "draws loss and accuracy over the epochs");
  options.number("--jobs", "N", command.jobs, "kernels compiled at a time", 1, 1024);
  options.flag("--no-cache", command.noCache, "compile every kernel anew");
  addTuningTo(options, command.network);
  addDeviceTo(options, command.device);
  return options;
}

//===----------------------------------------------------------------------===//
// What is said before it starts
//===----------------------------------------------------------------------===//

/// A line of /proc/self/status, in bytes; 0 where there is none.
static int64_t readStatus(StringRef key) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFileAsStream("/proc/self/status");
  if (!file)
    return 0;
  for (StringRef line : split((*file)->getBuffer(), '\n')) {
    int64_t kilobytes;
    if (line.consume_front(key) && line.consume_front(":") && !line.trim(" \tkB").getAsInteger(10, kilobytes))
      return kilobytes << 10;
  }
  return 0;
}

static void printMemory(int64_t training, int64_t batches, raw_ostream &os) {
  const int64_t program = readStatus("VmRSS"), peak = readStatus("VmHWM");
  const int64_t total = std::max(program + training + batches, peak);
  auto megabytes = [](int64_t bytes) { return format("%.1f MB", static_cast<double>(bytes) * 1e-6); };
  os << "memory: " << megabytes(total) << " at most: " << megabytes(training) << " for training, " << megabytes(batches)
     << " for batches, " << megabytes(program) << " for the program and the data\n";
}

//===----------------------------------------------------------------------===//
// The verb
//===----------------------------------------------------------------------===//

static Error train(TrainCommand &command, raw_ostream &os) {
  Expected<std::vector<std::string>> devices = findDevice(command.device);
  if (!devices)
    return devices.takeError();
  command.network.devices = std::move(*devices);

  // 1. What the network wants, then whether the data are that, then the long rest of the compilation.
  Expected<std::unique_ptr<LoadedNetwork>> network = LoadedNetwork::read(command.network, os);
  if (!network)
    return network.takeError();
  Expected<TrainDescription> description = TrainDescription::read(**network, command.network.network);
  if (!description)
    return description.takeError();
  Expected<TrainData> data = TrainData::open(*description, command.data);
  if (!data)
    return data.takeError();
  data->print(os);
  if (Error error = (*network)->build(os))
    return error;
  (*network)->forgetCompilation();
  malloc_trim(0);

  // 2. The trainer.
  Trainer::Options trainerOptions = {command.network, command.data.batch, command.threads, command.run.seed,
                                     command.device};
  const dlc_training *training = (*network)->getTraining();
  const int64_t weightBytes = description->parameters * static_cast<int64_t>(sizeof(float));
  const int64_t bytes = Trainer::getBytes(training, *description, trainerOptions);
  if (bytes >= 0 && command.device == "cpu") // creation says what is wrong otherwise
    printMemory(bytes + (data->parts.validation ? weightBytes : 0), data->getBytes(), os);
  Expected<std::unique_ptr<Trainer>> trainer = Trainer::create(training, *description, trainerOptions);
  if (!trainer)
    return trainer.takeError();
  os << "parameters: " << description->parameters << ", of which " << (*trainer)->countTrained() << " are trained\n"
     << "device: ";
  dlc_device_info info;
  if (dlc_find_device((*trainer)->getDevice().c_str(), &info) == DLC_OK)
    os << info.name << " (" << info.description << ")\n"
       << "memory of the device: " << format("%.1f MB\n", static_cast<double>((*trainer)->getDeviceBytes()) * 1e-6);
  else
    os << "CPU (" << sys::getHostCPUName() << "), " << (*trainer)->getThreads()
       << ((*trainer)->getThreads() == 1 ? " thread\n" : " threads\n");
  if (!command.init.empty())
    if (Error error = (*trainer)->initialise(command.init, os))
      return error;

  // 3. The run, and what came of it.
  command.run.rate = command.rate.value_or((*trainer)->getRate());
  json::Object &settings = command.run.settings = std::move(data->settings);
  settings["network"] = utohexstr(description->fingerprint, /*LowerCase=*/true);
  settings["seed"] = command.run.seed;
  settings["lr"] = command.run.rate;
  if (description->schedule.dependsOnEnd())
    settings["epochs"] = command.run.epochs;
  TrainRun run(**trainer, *description, *data, command.run, os);
  if (Error error = run.begin())
    return error;
  if (Error error = run.run())
    return error;
  Expected<std::vector<StateTensor>> variables = (*trainer)->getVariables();
  if (!variables)
    return variables.takeError();
  if (Error error = writeWeights(command.output, *variables))
    return error;
  os << "weights: " << command.output << "\n";
  if (!data->parts.test)
    return Error::success();
  Expected<Score> score = run.evaluate(data->parts.test);
  if (!score)
    return score.takeError();
  if (score->accuracy)
    outs() << format("test accuracy %.2f %%\n", *score->accuracy * 100);
  else
    outs() << format("test loss %.6g\n", score->loss);
  return Error::success();
}

int dlc::trainMain(ArrayRef<StringRef> arguments) {
  TrainCommand command;
  OptionTable options = makeOptions(command);
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  if (command.data.path.empty())
    return options.fail("expects --data PATH");
  if (command.run.checkpoints.empty() && (command.run.resume || command.run.checkpointEvery))
    return options.fail("--resume and --checkpoint-every want --checkpoints DIR");
  if (command.run.patience && command.validation == 0.0)
    return options.fail("--patience wants a validation");
  if (command.output.empty()) {
    SmallString<128> path = sys::path::filename(command.network.network);
    sys::path::replace_extension(path, "safetensors");
    command.output = path.str().str();
  }
  command.network.train = command.network.evaluatesLoss = command.network.ignoresNamedWeights = true;
  command.network.seed = command.data.seed = command.run.seed = command.seed;
  command.network.jobs = command.jobs;
  command.network.useCache = !command.noCache;
  command.data.validation = command.validation.value_or(command.data.validation);
  if (Error error = train(command, errs()))
    return reportFailure("train", std::move(error));
  return exitFine;
}
