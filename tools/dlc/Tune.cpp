// `dlc tune`: measures other schedules of a network's kernels, and keeps the fastest.
#include "compiler/tuning/Tuner.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/NetworkEvaluator.h"
#include "tools/dlc/TuneProgress.h"
#include "tools/dlc/TuneReport.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"

#include <csignal>

using namespace llvm;
using namespace dlc;
using tuning::Record;
using tuning::RecordFile;

namespace {
struct TuneCommand {
  CompileOptions compile;
  EvaluatorOptions evaluator;
  tuning::TunerOptions tuner;
  std::string output, log, html, time;
  std::vector<std::string> merged;
  int64_t trials = 0;
  bool noDatabase = false, printsSpace = false;
};
} // namespace

static OptionTable makeOptions(TuneCommand &command) {
  OptionTable options(
      "tune", "NET [-o NET.tune.json] [--time 10m | --trials N] [options]",
      "Measures other schedules of a network's kernels on this machine and writes the fastest to a file\n"
      "that `dlc compile --tuning` reads. What was measured is logged and never measured again: the same\n"
      "command goes on where the last one ended, or was ended; Ctrl-C ends it with what it has found.");
  command.compile.addTo(options);
  options.text("-o, --output", "FILE", command.output, "the choices; NET.tune.json here unless given");
  options.text("--time", "TIME", command.time, "how long: 90s, 10m, 1h30m; 10m unless given");
  options.number("--trials", "N", command.trials, "ends after N candidates", 1, 1 << 30);
  options.number("--threads", "N", command.evaluator.threads, "threads to run on; all processors unless given", 1,
                 1024);
  options.number("--batch", "N", command.evaluator.items,
                 "items a run, where the network leaves that open; 1 unless\ngiven, in training 64", 1);
  options.flag("--train", command.evaluator.network.train, "tunes the training step instead of a run");
  options.text("--log", "FILE", command.log, "a log that is gone on with, beside the database");
  options.list("--merge", "FILE", command.merged, "takes over the records of other logs; may be repeated");
  options.flag("--no-database", command.noDatabase,
               "leaves alone what other runs have found on this machine; the\nlog is then OUTPUT.log unless given");
  options.flag("--space", command.printsSpace, "prints what can be chosen for each kernel, and measures nothing");
  options.text("--html", "FILE", command.html, "a report with the curve of each kernel");
  options.text("--inject", "FAULT:N", command.evaluator.inject, ""); // for tests
  return options;
}

/// "90", "90s", "10m" or "1h30m" in seconds.
static std::optional<double> parseTime(StringRef text) {
  double seconds = 0;
  if (text.empty())
    return std::nullopt;
  while (!text.empty()) {
    uint64_t number;
    if (text.consumeInteger(10, number) || number > 1'000'000)
      return std::nullopt;
    const char unit = text.empty() ? 's' : text.front();
    text = text.drop_front(text.empty() ? 0 : 1);
    if (unit != 's' && unit != 'm' && unit != 'h')
      return std::nullopt;
    seconds += static_cast<double>(number) * (unit == 'h' ? 3600 : unit == 'm' ? 60 : 1);
  }
  return seconds > 0 ? std::optional(seconds) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Logs
//===----------------------------------------------------------------------===//

static void warnOfDamage(const RecordFile &file, raw_ostream &os) {
  const ArrayRef<size_t> lines = file.getDamagedLines();
  if (lines.empty())
    return;
  os << file.getPath() << ":" << lines.front() << ":1: warning: this line is no record of `dlc tune`";
  if (lines.size() > 1)
    os << ", nor are " << lines.size() - 1 << " others";
  os << "; passed over\n";
}

/// Reads the logs: those that are gone on with, then those whose records are taken over.
static Error openLogs(const TuneCommand &command, tuning::RecordStore &store, raw_ostream &os) {
  std::vector<std::string> written;
  if (!command.noDatabase)
    if (std::string database = tuning::getDatabasePath(); !database.empty())
      written.push_back(std::move(database));
  if (!command.log.empty())
    written.push_back(command.log);
  else if (written.empty())
    written.push_back(command.output + ".log");
  auto open = [&](StringRef path, bool isWritten) -> Error {
    Expected<RecordFile> file = RecordFile::open(path);
    if (!file)
      return toFailure(exitEnvironment, file.takeError());
    warnOfDamage(*file, os);
    store.take(std::move(*file), isWritten);
    return Error::success();
  };
  for (auto [index, path] : enumerate(written)) {
    if (index && sys::fs::equivalent(path, written.front())) // the database as a log
      continue;
    if (Error error = open(path, /*isWritten=*/true))
      return error;
  }
  for (const std::string &path : command.merged) {
    if (!sys::fs::exists(path))
      return failure(exitEnvironment, path + ": there is no such file");
    if (Error error = open(path, /*isWritten=*/false))
      return error;
  }
  if (command.merged.empty())
    return Error::success();
  for (const Record &record : std::vector<Record>(store.getRecords()))
    if (Error error = store.add(record))
      return toFailure(exitEnvironment, std::move(error));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// What is printed
//===----------------------------------------------------------------------===//

static void printSpace(ArrayRef<tuning::TunableKernel> kernels, raw_ostream &os) {
  for (const tuning::TunableKernel &kernel : kernels) {
    os << kernel.name << "\n";
    const tuning::Point point = kernel.space->getDefault();
    size_t width = 0;
    for (const tuning::Parameter &parameter : kernel.space->getParameters())
      width = std::max(width, parameter.name.size());
    for (auto [parameter, chosen] : zip(kernel.space->getParameters(), point)) {
      os << "  " << left_justify(parameter.name, width) << " ";
      for (auto [index, value] : enumerate(parameter.values))
        os << (index ? " | " : " ") << (index == chosen ? "[" : "") << value << (index == chosen ? "]" : "");
      os << "\n";
    }
    os << "  " << kernel.space->describe(point).value_or("") << "\n";
  }
}

static TuneReport makeReport(StringRef network, const tuning::Environment &environment, const tuning::Tuner &tuner,
                             ArrayRef<Record> records) {
  TuneReport report;
  report.network = network.str();
  report.environment = environment;
  for (const tuning::TunedKernel &tuned : tuner.getKernels()) {
    TuneReport::Kernel kernel;
    kernel.name = tuned.kernel->name;
    kernel.launches = tuned.kernel->launches;
    kernel.share = tuned.progress.share;
    kernel.seconds = tuned.kernel->seconds;
    kernel.bound = tuned.kernel->bound;
    if (tuned.first)
      kernel.defaultChoice = tuned.first->choice;
    if (tuned.best)
      kernel.bestChoice = tuned.best->choice;
    for (const Record &record : records)
      if (record.signature == tuned.kernel->signature && environment.accepts(record.environment)) {
        const bool isFine = record.status == tuning::Status::Fine;
        kernel.trials.push_back(isFine ? std::optional(record.relative) : std::nullopt);
        if (!isFine)
          report.faults.push_back(
              {kernel.name, tuning::getStatusName(record.status).str(), record.choice, record.message});
      }
    report.kernels.push_back(std::move(kernel));
  }
  llvm::stable_sort(report.kernels, [](const auto &a, const auto &b) { return a.share > b.share; });
  return report;
}

static Error writeReport(const TuneReport &report, const std::string &path) {
  Error error = writeToOutput(path, [&](raw_ostream &file) -> Error {
    printTuneReport(report, file);
    file.flush();
    auto &descriptor = static_cast<raw_fd_ostream &>(file);
    const std::error_code wrong = descriptor.error();
    descriptor.clear_error(); // or it ends the process
    return wrong ? errorCodeToError(wrong) : Error::success();
  });
  return error ? failure(exitEnvironment, path + ": " + toString(std::move(error))) : Error::success();
}

/// How many candidates ended how, of those that did not end well, with the last one.
static void printFaults(ArrayRef<TuneReport::Fault> faults, raw_ostream &os) {
  for (tuning::Status status :
       {tuning::Status::Failed, tuning::Status::Crashed, tuning::Status::Hung, tuning::Status::Wrong}) {
    const StringRef name = tuning::getStatusName(status);
    size_t count = 0;
    const TuneReport::Fault *last = nullptr;
    for (const TuneReport::Fault &fault : faults)
      if (fault.status == name) {
        ++count;
        last = &fault;
      }
    if (last)
      os << name << ": " << count << (count == 1 ? " candidate" : " candidates") << ", the last " << last->kernel << " "
         << last->choice << (last->message.empty() ? "" : ": ") << last->message << "\n";
  }
}

//===----------------------------------------------------------------------===//
// The verb
//===----------------------------------------------------------------------===//

static volatile std::sig_atomic_t isInterrupted = 0;

/// The first Ctrl-C asks for an end, the second one makes it.
static void catchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = [](int) { isInterrupted = 1; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// The best choice of each kernel that it makes faster than `most` of the default's time, the default's of the others.
static std::vector<Record> choose(const tuning::Tuner &tuner, double most) {
  std::vector<Record> chosen;
  for (const tuning::TunedKernel &tuned : tuner.getKernels())
    if (tuned.best && tuned.best->relative < most)
      chosen.push_back(*tuned.best);
    else if (tuned.first)
      chosen.push_back(*tuned.first);
  return chosen;
}

/// What the file is to say: of all gains, and of the greater ones alone, what makes
/// the whole network faster than the defaults; else these. When interrupted, all
/// gains, unseen.
static Expected<std::vector<Record>> chooseWhole(tuning::Evaluator &evaluator, const tuning::Tuner &tuner,
                                                 TuneReport &report, raw_ostream &os) {
  for (double most : {1.0, 0.9}) {
    std::vector<Record> chosen = choose(tuner, most);
    if (none_of(chosen, [](const Record &record) { return record.relative < 1; }))
      break;
    if (isInterrupted)
      return choose(tuner, 1);
    os << "comparing the whole network with its defaults\n";
    Expected<tuning::Evaluator::Comparison> comparison = evaluator.compare(chosen);
    if (!comparison && isInterrupted) { // it ends children, too
      consumeError(comparison.takeError());
      return choose(tuner, 1);
    }
    if (!comparison)
      return comparison.takeError();
    report.keepsDefaults = comparison->tuned > comparison->untuned;
    if (!report.comparison || !report.keepsDefaults)
      report.comparison = *comparison;
    if (!report.keepsDefaults)
      return chosen;
  }
  return choose(tuner, 0);
}

/// Writes the choices and the report, and prints the table.
static Error finish(const TuneCommand &command, tuning::Evaluator &evaluator, const tuning::Tuner &tuner,
                    TuneReport &report, raw_ostream &os) {
  Expected<std::vector<Record>> chosen = chooseWhole(evaluator, tuner, report, os);
  if (!chosen)
    return chosen.takeError();
  if (Error error = RecordFile::write(command.output, *chosen))
    return toFailure(exitEnvironment, std::move(error));
  if (!command.html.empty())
    if (Error error = writeReport(report, command.html))
      return error;

  printTuneTable(report, outs());
  if (none_of(report.kernels, [](const TuneReport::Kernel &kernel) { return kernel.getBest() < 1; }))
    outs() << "network: nothing is faster than the defaults\n";
  else if (!report.comparison)
    outs() << "network: interrupted, not compared as a whole\n";
  else
    outs() << "network: " << describeTime(report.comparison->tuned) << " tuned, "
           << describeTime(report.comparison->untuned) << " by the defaults"
           << (report.keepsDefaults ? ", which stay" : "") << "\n";
  os << "choices: " << command.output << "\n";
  return Error::success();
}

static Error tune(TuneCommand &command, raw_ostream &os) {
  tuning::RecordStore store;
  if (!command.printsSpace)
    if (Error error = openLogs(command, store, os))
      return error;
  command.evaluator.measures = !command.printsSpace;
  Expected<std::unique_ptr<NetworkEvaluator>> evaluator = NetworkEvaluator::create(command.evaluator, os);
  if (!evaluator)
    return evaluator.takeError();
  const ArrayRef<tuning::TunableKernel> kernels = (*evaluator)->getKernels();
  if (command.printsSpace) {
    printSpace(kernels, outs());
    return Error::success();
  }

  if (StringRef machine = (*evaluator)->getMachine(); !machine.empty())
    os << "this machine: " << machine << "\n";
  const tuning::Environment &environment = (*evaluator)->getEnvironment();
  if (const size_t others = store.countOthers(environment))
    os << "dlc tune: note: " << others << (others == 1 ? " record" : " records")
       << " of other targets, devices, numbers of threads or versions of dlc are passed over\n";
  catchInterrupts();
  command.tuner.isInterrupted = [] { return isInterrupted != 0; };
  tuning::Tuner tuner(**evaluator, store, command.tuner);
  TuneProgress progress = TuneProgress::onStderr();
  Error error = tuner.run([&](const tuning::Tuner &tuner) { progress.update(tuner); });
  progress.finish();
  if (error)
    return toFailure(exitEnvironment, std::move(error));
  TuneReport report =
      makeReport(sys::path::stem(command.evaluator.network.network), environment, tuner, store.getRecords());
  report.machine = (*evaluator)->getMachine().str();
  printFaults(report.faults, os);
  return finish(command, **evaluator, tuner, report, os);
}

int dlc::tuneMain(ArrayRef<StringRef> arguments) {
  TuneCommand command;
  OptionTable options = makeOptions(command);
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  if (!command.time.empty()) {
    const std::optional<double> seconds = parseTime(command.time);
    if (!seconds)
      return options.fail("option '--time' expects a time as 90s, 10m or 1h30m but got '" + command.time + "'");
    command.tuner.seconds = *seconds;
  } else if (command.trials) {
    command.tuner.seconds = std::numeric_limits<double>::infinity();
  }
  if (command.trials)
    command.tuner.trials = command.trials;
  if (command.output.empty()) {
    SmallString<128> path = sys::path::filename(command.compile.pipeline.network);
    sys::path::replace_extension(path, "tune.json");
    command.output = path.str().str();
  }
  command.tuner.seed = command.compile.seed;
  const bool trains = command.evaluator.network.train;
  Expected<pipeline::Options> network = command.compile.get();
  if (!network)
    return reportFailure("tune", network.takeError());
  command.evaluator.network = std::move(*network);
  command.evaluator.network.train = trains;
  command.evaluator.device = command.compile.device;
  if (Error error = tune(command, errs()))
    return reportFailure("tune", std::move(error));
  return exitFine;
}
