// `dlc bench`: how fast a network runs on this machine.
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Profile.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

#include <algorithm>
#include <chrono>

using namespace llvm;
using namespace dlc;

namespace {
using Clock = std::chrono::steady_clock;

struct Measurement {
  std::vector<double> milliseconds; // sorted
  int64_t flops = 0;                // of a run
  int64_t batch = 0, arenaBytes = 0;
  int32_t threads = 0;
  std::string device;
  std::vector<KernelProfile> kernels;

  /// The value that a share of all runs does not exceed.
  double percentile(double share) const {
    return milliseconds[static_cast<size_t>(share * (milliseconds.size() - 1) + 0.5)];
  }
  double gflops() const { return flops / percentile(0.5) * 1e-6; }
};
} // namespace

static constexpr size_t mostRuns = 1000000;

/// Runs until `seconds` have passed, at least `least` times; returns each run's milliseconds.
static Expected<std::vector<double>> repeat(dlc_session *session, ArrayRef<Array> inputs,
                                            MutableArrayRef<Array> outputs, double seconds, size_t least) {
  std::vector<double> milliseconds;
  const auto begin = Clock::now();
  auto before = begin;
  do {
    if (Error error = run(session, inputs, outputs))
      return error;
    const auto after = Clock::now();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(after - before).count());
    before = after;
  } while (milliseconds.size() < least ||
           (milliseconds.size() < mostRuns && std::chrono::duration<double>(before - begin).count() < seconds));
  return milliseconds;
}

static Expected<Measurement> measure(const LoadedNetwork &network, int64_t batch, SessionOptions options,
                                     double seconds, uint64_t seed) {
  const bool isOpen = any_of(network.getInputs(), [](const InputFormat &input) { return input.isBatched(); });
  const int64_t sessionBatch = options.batch = isOpen ? batch : 0;
  std::vector<Array> inputs = drawInputs(network, batch, seed);
  Expected<std::vector<Array>> outputs = makeOutputs(network.getModel(), sessionBatch);
  if (!outputs)
    return outputs.takeError();

  // The whole first, then the kernels: looking at the clock after each one takes time.
  Measurement measurement;
  {
    Expected<Session> session = createSession(network.getModel(), options);
    if (!session)
      return session.takeError();
    measurement.batch = dlc_session_batch(session->get());
    measurement.threads = dlc_session_threads(session->get());
    measurement.device = dlc_session_device(session->get());
    measurement.arenaBytes = dlc_session_arena_bytes(session->get());
    Expected<std::vector<double>> warmUp = repeat(session->get(), inputs, *outputs, 0.1 * seconds, 2);
    if (!warmUp)
      return warmUp.takeError();
    Expected<std::vector<double>> runs = repeat(session->get(), inputs, *outputs, 0.6 * seconds, 5);
    if (!runs)
      return runs.takeError();
    measurement.milliseconds = std::move(*runs);
    llvm::sort(measurement.milliseconds);
  }
  options.profile = true;
  Expected<Session> session = createSession(network.getModel(), options);
  if (!session)
    return session.takeError();
  Expected<std::vector<double>> warmUp = repeat(session->get(), inputs, *outputs, 0.05 * seconds, 2);
  if (!warmUp)
    return warmUp.takeError();
  dlc_profile_reset(session->get());
  Expected<std::vector<double>> runs = repeat(session->get(), inputs, *outputs, 0.25 * seconds, 2);
  if (!runs)
    return runs.takeError();
  measurement.kernels = readProfile(network, session->get());
  for (int32_t i = 0, count = dlc_step_count(session->get()); i < count; ++i) {
    dlc_step_info info;
    if (dlc_get_step_info(session->get(), i, &info) == DLC_OK)
      measurement.flops += info.flops;
  }
  return measurement;
}

static void printJson(StringRef name, const Measurement &measurement, raw_ostream &os) {
  json::OStream json(os, 2);
  json.object([&] {
    json.attribute("network", name);
    json.attribute("batch", measurement.batch);
    json.attribute("threads", measurement.threads);
    json.attribute("device", measurement.device);
    json.attribute("runs", static_cast<int64_t>(measurement.milliseconds.size()));
    json.attributeObject("latency_ms", [&] {
      json.attribute("min", measurement.milliseconds.front());
      json.attribute("median", measurement.percentile(0.5));
      json.attribute("p90", measurement.percentile(0.9));
      json.attribute("p99", measurement.percentile(0.99));
    });
    json.attribute("gflops", measurement.gflops());
    json.attribute("flops", measurement.flops);
    json.attribute("arena_bytes", measurement.arenaBytes);
    json.attributeArray("kernels", [&] {
      for (const KernelProfile &kernel : measurement.kernels)
        json.object([&] {
          json.attribute("name", kernel.name);
          json.attribute("layers", kernel.layers);
          json.attribute("schedule", kernel.schedule);
          json.attribute("ms", kernel.milliseconds);
          json.attribute("gflops", kernel.gflops);
          json.attribute("share", kernel.share);
        });
    });
  });
  os << "\n";
}

static void printText(StringRef name, const Measurement &measurement, raw_ostream &os) {
  os << name << ", batch " << measurement.batch << ", ";
  if (measurement.device != "cpu")
    os << "on " << measurement.device << ", ";
  else
    os << measurement.threads << (measurement.threads == 1 ? " thread, " : " threads, ");
  os << measurement.milliseconds.size() << " runs\n"
     << format("latency  min %.4g ms, median %.4g ms, 90%% within %.4g ms, 99%% within %.4g ms\n",
               measurement.milliseconds.front(), measurement.percentile(0.5), measurement.percentile(0.9),
               measurement.percentile(0.99))
     << format("speed    %.1f GFLOP/s, %.4g items a second\n", measurement.gflops(),
               1000 * measurement.batch / measurement.percentile(0.5))
     << "arena    " << measurement.arenaBytes << " bytes\n\n";
  printProfile(measurement.kernels, os);
}

int dlc::benchMain(ArrayRef<StringRef> arguments) {
  CompileOptions compile;
  int64_t batch = 1, threads = 0, seconds = 3;
  bool json = false;
  OptionTable options(
      "bench", "NET [--threads N] [--batch N] [--json]",
      "Measures how fast a network runs here, on inputs drawn by seed: the latency of whole runs, then\n"
      "each kernel's. Arithmetic counts as in the direct formula, a multiply-add as 2.");
  compile.addTo(options);
  addTuningTo(options, compile.pipeline);
  options.number("--batch", "N", batch, "items a run, where the network leaves that open", 1);
  options.number("--threads", "N", threads, "threads to run on; all processors unless given", 1, 1024);
  options.number("--seconds", "N", seconds, "how long to measure; 3 unless given", 1, 3600);
  options.flag("--json", json, "as JSON");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;

  Expected<pipeline::Options> compileOptions = compile.get();
  if (!compileOptions)
    return reportFailure("bench", compileOptions.takeError());
  Expected<std::unique_ptr<LoadedNetwork>> network = LoadedNetwork::load(*compileOptions);
  if (!network)
    return reportFailure("bench", network.takeError());
  Expected<Measurement> measurement =
      measure(**network, batch, {0, threads, compile.device}, static_cast<double>(seconds), compileOptions->seed);
  if (!measurement)
    return reportFailure("bench", measurement.takeError());
  (json ? printJson : printText)(dlc_model_name((*network)->getModel()), *measurement, outs());
  return exitFine;
}
