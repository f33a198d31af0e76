// `dlc verify`: the optimised program against the plain one.
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace llvm;
using namespace dlc;

/// What both programs may differ by, as a share of the largest value.
static constexpr double tolerance = 1e-4;

namespace {
struct Agreement {
  double largest = 0;       // max |y|
  double difference = 0;    // max |y - y'|
  bool sameSpecials = true; // NaN and infinity stand in the same places
};
} // namespace

static double getValue(const Array &array, size_t i) {
  return array.type == DLC_TYPE_F64 ? reinterpret_cast<const double *>(array.bytes.data())[i] : array.floats()[i];
}

static Agreement compare(const Array &plain, const Array &optimised) {
  Agreement agreement;
  for (size_t i = 0; i < plain.bytes.size() / dlc_type_bytes(plain.type); ++i) {
    const double y = getValue(plain, i), z = getValue(optimised, i);
    if (!std::isfinite(y) || !std::isfinite(z)) {
      agreement.sameSpecials &= std::isnan(y) ? std::isnan(z) : y == z;
      continue;
    }
    agreement.largest = std::max(agreement.largest, std::abs(y));
    agreement.difference = std::max(agreement.difference, std::abs(y - z));
  }
  return agreement;
}

/// Runs one of the programs.
static Expected<std::vector<Array>> runProgram(const LoadedNetwork &network, ArrayRef<Array> inputs,
                                               const SessionOptions &options) {
  Expected<Session> session = createSession(network.getModel(), options);
  if (!session)
    return session.takeError();
  Expected<std::vector<Array>> outputs = makeOutputs(network.getModel(), options.batch);
  if (!outputs)
    return outputs.takeError();
  if (Error error = run(session->get(), inputs, *outputs))
    return error;
  return outputs;
}

static Expected<bool> verify(const CompileOptions &compile, int64_t batch, int64_t threads) {
  Expected<pipeline::Options> given = compile.get();
  if (!given)
    return given.takeError();
  pipeline::Options &options = *given;
  options.exposeLogits = true; // probabilities that are all 0 and 1 say nothing
  Expected<std::unique_ptr<LoadedNetwork>> optimised = LoadedNetwork::load(options);
  if (!optimised)
    return optimised.takeError();
  // The second compilation has the same to say as the first, unless it fails.
  options.plain = true;
  options.devices.clear();
  std::string said;
  raw_string_ostream diagnostics(said);
  Expected<std::unique_ptr<LoadedNetwork>> plain = LoadedNetwork::load(options, diagnostics);
  if (!plain) {
    errs() << said;
    return plain.takeError();
  }

  // A network that fixes its batch is run with that one.
  const bool isOpen = any_of((*plain)->getInputs(), [](const InputFormat &input) { return input.isBatched(); });
  const int64_t sessionBatch = isOpen ? batch : 0;
  std::vector<Array> inputs = drawInputs(**plain, batch, options.seed);
  Expected<std::vector<Array>> expected = runProgram(**plain, inputs, {sessionBatch, threads});
  if (!expected)
    return expected.takeError();
  Expected<std::vector<Array>> got = runProgram(**optimised, inputs, {sessionBatch, threads, compile.device});
  if (!got)
    return got.takeError();

  bool agree = true;
  for (auto [index, y, z] : enumerate(*expected, *got)) {
    dlc_tensor_info info;
    dlc_output_info((*plain)->getModel(), static_cast<int32_t>(index), sessionBatch, &info);
    const Agreement agreement = compare(y, z);
    const bool fine = agreement.sameSpecials && agreement.difference <= tolerance * agreement.largest;
    agree &= fine;
    outs() << (fine ? "agrees     " : "DISAGREES  ") << info.name << " " << describe(y.type, y.shape)
           << format(": largest difference %.3g of %.3g", agreement.difference, agreement.largest);
    if (agreement.largest > 0)
      outs() << format(" (%.2g)", agreement.difference / agreement.largest);
    outs() << (agreement.sameSpecials ? "" : ", and NaN or infinity elsewhere") << "\n";
  }
  return agree;
}

int dlc::verifyMain(ArrayRef<StringRef> arguments) {
  CompileOptions compile;
  int64_t batch = 1, threads = 0;
  OptionTable options("verify", "NET",
                      "Compiles a network twice, optimised and plainly (one kernel a layer, row-major, no Winograd),\n"
                      "and compares all outputs on inputs drawn by seed, and the logits that go into a final softmax:\n"
                      "they agree where no value differs by more than 1e-4 of the output's largest. Ends with 4 where\n"
                      "they do not. With --gpu the optimised one runs on the device, the plain one on the CPU.");
  compile.addTo(options);
  addTuningTo(options, compile.pipeline);
  options.number("--batch", "N", batch, "items to run at once", 1);
  options.number("--threads", "N", threads, "threads to run on; all processors unless given", 1, 1024);
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  Expected<bool> agree = verify(compile, batch, threads);
  if (!agree)
    return reportFailure("verify", agree.takeError());
  return *agree ? exitFine : exitInternal;
}
