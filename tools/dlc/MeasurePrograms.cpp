// 1. Both programs are loaded, run once on the same inputs, and the outputs compared.
// 2. They run in turns, the first of a pair now one, now the other; before each run the
//    caches are swept. What is kept is each run's time; the lower quartiles are compared.
#include "tools/dlc/MeasurePrograms.h"
#include "tools/dlc/BuildPrograms.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/MeasuredProgram.h"
#include "tools/dlc/SpinningPool.h"
#include "tools/dlc/Sweep.h"

#include "compiler/kernels/Candidate.h"
#include "compiler/pipeline/ChildProcess.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <unistd.h>

using namespace llvm;
using namespace dlc;
using tuning::Status;

/// What outputs may differ by from those of plain sums, as a share of the largest: as in `dlc verify`.
static constexpr double tolerance = 1e-4;

//===----------------------------------------------------------------------===//
// Requests and results
//===----------------------------------------------------------------------===//

json::Value dlc::toJSON(const MeasureRequest &request) {
  return json::Object{{"candidate", request.candidate},
                      {"incumbent", request.incumbent},
                      {"network", request.network},
                      {"reference", request.reference},
                      {"reference_outputs", request.referenceOutputs},
                      {"batch", request.batch},
                      {"threads", request.threads},
                      {"device", request.device},
                      {"whole", request.isWhole},
                      {"trains", request.trains},
                      {"swept_bytes", request.sweptBytes},
                      {"seconds", request.seconds},
                      {"runs", request.runs},
                      {"ends_early", request.endsEarly},
                      {"fault", request.fault}};
}

bool dlc::fromJSON(const json::Value &value, MeasureRequest &request, json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("candidate", request.candidate) && map.map("incumbent", request.incumbent) &&
         map.map("network", request.network) && map.map("reference", request.reference) &&
         map.map("reference_outputs", request.referenceOutputs) && map.map("batch", request.batch) &&
         map.map("threads", request.threads) && map.map("device", request.device) &&
         map.map("whole", request.isWhole) && map.map("trains", request.trains) &&
         map.map("swept_bytes", request.sweptBytes) && map.map("seconds", request.seconds) &&
         map.map("runs", request.runs) && map.map("ends_early", request.endsEarly) && map.map("fault", request.fault);
}

json::Value dlc::toJSON(const MeasureResult &result) {
  return json::Object{{"candidate", result.candidate},
                      {"incumbent", result.incumbent},
                      {"runs", result.runs},
                      {"wrong", result.wrong},
                      {"error", result.error}};
}

bool dlc::fromJSON(const json::Value &value, MeasureResult &result, json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("candidate", result.candidate) && map.map("incumbent", result.incumbent) &&
         map.map("runs", result.runs) && map.map("wrong", result.wrong) && map.map("error", result.error);
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

/// How `got` differs from `expected`, or "".
static std::string compare(ArrayRef<Array> expected, ArrayRef<Array> got) {
  for (auto [index, y, z] : enumerate(expected, got)) {
    if (y.bytes.size() != z.bytes.size())
      return formatv("output {0} has {1} bytes instead of {2}", index, z.bytes.size(), y.bytes.size()).str();
    if (y.type != DLC_TYPE_F32) {
      if (y.bytes != z.bytes)
        return formatv("output {0} differs", index).str();
      continue;
    }
    double largest = 0, difference = 0;
    for (size_t i = 0; i < y.bytes.size() / sizeof(float); ++i) {
      const double a = y.floats()[i], b = z.floats()[i];
      if (!std::isfinite(a) || !std::isfinite(b)) {
        if (std::isnan(a) ? !std::isnan(b) : a != b)
          return formatv("output {0} is {1} instead of {2} at {3}", index, b, a, i).str();
        continue;
      }
      largest = std::max(largest, std::abs(a));
      difference = std::max(difference, std::abs(a - b));
    }
    if (difference > tolerance * largest)
      return formatv("output {0} differs by {1:e} of {2:e}", index, difference, largest).str();
  }
  return "";
}

static bool readOutputs(StringRef path, MutableArrayRef<Array> outputs) {
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return false;
  StringRef bytes = (*file)->getBuffer();
  for (Array &output : outputs) {
    if (bytes.size() < output.bytes.size())
      return false;
    std::copy_n(bytes.bytes_begin(), output.bytes.size(), output.bytes.begin());
    bytes = bytes.drop_front(output.bytes.size());
  }
  return bytes.empty();
}

/// What a plain program computes; `like` has the outputs' shapes.
static Expected<std::vector<Array>> getReference(const MeasureRequest &request, ProgramOptions options,
                                                 ArrayRef<Array> like) {
  std::vector<Array> outputs(like.begin(), like.end());
  if (readOutputs(request.referenceOutputs, outputs))
    return outputs;
  options.device = "cpu";
  Expected<MeasuredProgram> program = MeasuredProgram::load(request.reference, options);
  if (!program)
    return program.takeError();
  if (Expected<double> seconds = program->run(); !seconds)
    return seconds.takeError();
  const std::string path = request.referenceOutputs + ".part";
  std::error_code wrong;
  {
    raw_fd_ostream file(path, wrong);
    if (!wrong)
      for (const Array &output : program->getOutputs())
        file.write(reinterpret_cast<const char *>(output.bytes.data()), output.bytes.size());
    if (file.has_error()) {
      wrong = file.error();
      file.clear_error();
    }
  }
  if (!wrong)
    wrong = sys::fs::rename(path, request.referenceOutputs);
  if (wrong)
    return failure(exitEnvironment, "cannot write outputs to compare with: " + wrong.message());
  return std::vector<Array>(program->getOutputs().begin(), program->getOutputs().end());
}

//===----------------------------------------------------------------------===//
// Measuring
//===----------------------------------------------------------------------===//

/// The seconds of a run that are to be compared.
static Expected<double> time(MeasuredProgram &program, bool isWhole) {
  if (!isWhole)
    program.resetProfile();
  Expected<double> seconds = program.run();
  if (!seconds || isWhole)
    return seconds;
  int64_t nanoseconds = 0;
  for (const dlc_step_info &step : program.getSteps())
    if (!StringRef(step.kernel).starts_with(kernels::frameName))
      nanoseconds += step.nanoseconds;
  return 1e-9 * static_cast<double>(nanoseconds);
}

/// The lower quartile: what else runs on the machine makes times longer only, and at times half of them. A median is
/// then of the one kind for one program and of the other kind for the other.
static double getQuartile(std::vector<double> values) {
  llvm::sort(values);
  return values.empty() ? 0 : values[(values.size() - 1) / 4];
}

static Expected<MeasureResult> measure(const MeasureRequest &request) {
  // Where there are too few processors, the sessions' own threads run them.
  const std::vector<int> processors = SpinningPool::getProcessors();
  std::optional<SpinningPool> pool;
  if (request.device == "cpu" && request.threads > 0 && processors.size() >= static_cast<size_t>(request.threads))
    pool.emplace(ArrayRef<int>(processors).take_front(request.threads));
  ProgramOptions options = {request.network, request.batch,    request.threads,        request.device,
                            request.trains,  !request.isWhole, pool ? &*pool : nullptr};

  Expected<MeasuredProgram> incumbent = MeasuredProgram::load(request.incumbent, options);
  if (!incumbent)
    return incumbent.takeError();
  Expected<MeasuredProgram> candidate = MeasuredProgram::load(request.candidate, options);
  if (!candidate)
    return candidate.takeError();
  if (Expected<double> seconds = incumbent->run(); !seconds)
    return seconds.takeError();
  if (request.fault == "crash")
    std::abort();
  while (request.fault == "hang")
    pause();
  if (Expected<double> seconds = candidate->run(); !seconds)
    return seconds.takeError();
  if (MutableArrayRef<Array> outputs = candidate->getOutputs();
      request.fault == "wrong" && !outputs.empty() && outputs[0].type == DLC_TYPE_F32)
    outputs[0].floats()[0] += 1e3f;

  MeasureResult result;
  std::vector<Array> expected(incumbent->getOutputs().begin(), incumbent->getOutputs().end());
  if (!request.reference.empty()) {
    Expected<std::vector<Array>> plain = getReference(request, options, expected);
    if (!plain)
      return plain.takeError();
    expected = std::move(*plain);
  }
  result.wrong = compare(expected, candidate->getOutputs());
  if (!result.wrong.empty())
    return result;

  Sweep sweep(request.sweptBytes, options.pool);
  std::vector<double> times[2]; // the incumbent's, the candidate's
  auto isClearlySlower = [&] {
    return *llvm::min_element(times[1]) > 1.2 * *llvm::max_element(times[0]) ||
           *llvm::min_element(times[1]) > 2 * *llvm::min_element(times[0]);
  };
  constexpr int64_t leastRuns = 3;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(request.seconds);
  for (int64_t round = 0; round < request.runs; ++round) {
    for (int turn : {0, 1}) {
      const int which = (round + turn) % 2;
      sweep.run();
      Expected<double> seconds = time(which ? *candidate : *incumbent, request.isWhole);
      if (!seconds)
        return seconds.takeError();
      times[which].push_back(*seconds);
    }
    result.runs = round + 1;
    if (result.runs >= leastRuns &&
        (std::chrono::steady_clock::now() > end || (request.endsEarly && isClearlySlower())))
      break;
  }
  result.incumbent = getQuartile(times[0]);
  result.candidate = getQuartile(times[1]);
  return result;
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

tuning::Measurement dlc::measureInChild(const MeasureRequest &request, double limit) {
  std::string text;
  raw_string_ostream(text) << toJSON(request);
  pipeline::ChildResult child = pipeline::runChild({measureVerb.str()}, text, limit);
  if (child.isLate)
    return {Status::Hung, 0, 0, formatv("takes longer than {0:f0} s", limit).str()};
  if (child.signal)
    return {Status::Crashed, 0, 0, getReason(child)};
  MeasureResult result;
  Expected<json::Value> value = json::parse(child.output);
  json::Path::Root root;
  if (!value || !fromJSON(*value, result, root)) {
    consumeError(value ? root.getError() : value.takeError());
    return {Status::Crashed, 0, 0, getReason(child)};
  }
  if (!result.error.empty())
    return {Status::Failed, 0, 0, result.error};
  if (!result.wrong.empty())
    return {Status::Wrong, 0, 0, result.wrong};
  return {Status::Fine, result.candidate, result.incumbent, ""};
}

int dlc::measureMain() {
  prctl(PR_SET_PDEATHSIG, SIGKILL); // not to outlive the one who waits for the result
  auto input = MemoryBuffer::getSTDIN();
  MeasureRequest request;
  json::Path::Root root;
  Expected<json::Value> value =
      input ? json::parse((*input)->getBuffer()) : Expected<json::Value>(failure(exitInternal, "there is no request"));
  if (!value || !fromJSON(*value, request, root)) {
    consumeError(value ? root.getError() : value.takeError());
    errs() << "dlc: error: this is no request to measure\n";
    return exitUsage;
  }
  Expected<MeasureResult> result = measure(request);
  if (!result) {
    MeasureResult failed;
    failed.error = toString(result.takeError());
    outs() << toJSON(failed) << "\n";
    return exitFine;
  }
  outs() << toJSON(*result) << "\n";
  return exitFine;
}
