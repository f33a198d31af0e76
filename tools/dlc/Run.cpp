// `dlc run`: a network on arrays or pictures.
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Profile.h"
#include "tools/dlc/RunInputs.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace llvm;
using namespace dlc;

namespace {
struct RunOptions {
  CompileOptions compile;
  std::vector<std::string> inputs;
  std::string output, labels;
  int64_t threads = 0, top = 0;
  bool profile = false;
};
} // namespace

/// Batches whose arena is larger than this run in parts.
static constexpr int64_t mostArenaBytes = int64_t(1) << 30;

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static int64_t choosePart(const dlc_model *model, int64_t batch, int64_t threads) {
  int64_t part = std::max<int64_t>(1, std::min(batch, dlc_max_batch(model)));
  while (part > 1 && dlc_arena_bytes(model, part, static_cast<int32_t>(threads)) > mostArenaBytes)
    part = (part + 1) / 2;
  return part;
}

/// Items [first, first + count) of an array.
static Array slice(const Array &array, int64_t first, int64_t count) {
  const size_t item = array.bytes.size() / array.shape.front();
  Array part = {array.type, array.shape, {}};
  part.shape.front() = count;
  part.bytes.assign(array.bytes.begin() + first * item, array.bytes.begin() + (first + count) * item);
  return part;
}

/// Runs part after part; all but the last have the same size. `profile` gets
/// that of the first session.
static Expected<std::vector<Array>> runAll(const LoadedNetwork &network, RunInputs inputs, const RunOptions &options,
                                           std::vector<KernelProfile> &profile) {
  const dlc_model *model = network.getModel();
  const int64_t part = inputs.batch ? choosePart(model, inputs.batch, options.threads) : 0;
  std::vector<Array> results;
  Session session;
  int64_t done = 0;
  do {
    const int64_t count = std::min(part, inputs.batch - done);
    if (!session || count != dlc_session_batch(session.get())) {
      session.reset();
      Expected<Session> created =
          createSession(model, {inputs.batch ? count : 0, options.threads, options.compile.device, options.profile});
      if (!created)
        return created.takeError();
      session = std::move(*created);
    }
    std::vector<Array> slices;
    if (part < inputs.batch)
      for (auto [format, array] : zip(network.getInputs(), inputs.arrays))
        slices.push_back(format.isBatched() ? slice(array, done, count) : array);
    Expected<std::vector<Array>> outputs = makeOutputs(model, inputs.batch ? count : 0);
    if (!outputs)
      return outputs.takeError();
    if (Error error = run(session.get(), slices.empty() ? inputs.arrays : slices, *outputs))
      return error;
    if (options.profile && done == 0)
      profile = readProfile(network, session.get());
    done += count;

    if (results.empty()) {
      results = std::move(*outputs);
      continue;
    }
    for (auto [result, output] : zip(results, *outputs)) {
      result.bytes.insert(result.bytes.end(), output.bytes.begin(), output.bytes.end());
      result.shape.front() += count;
    }
  } while (done < inputs.batch);
  return results;
}

//===----------------------------------------------------------------------===//
// Showing
//===----------------------------------------------------------------------===//

static void printSummary(StringRef name, const Array &array, raw_ostream &os) {
  os << name << ": " << describe(array.type, array.shape);
  if (array.type == DLC_TYPE_F32 && !array.bytes.empty()) {
    ArrayRef<float> values(array.floats(), array.bytes.size() / sizeof(float));
    double least = values[0], most = values[0], sum = 0;
    for (float value : values) {
      least = std::isnan(value) ? value : std::min<double>(least, value);
      most = std::isnan(value) ? value : std::max<double>(most, value);
      sum += value;
    }
    os << format(", from %g to %g, mean %g", least, most, sum / values.size());
  }
  os << "\n";
}

static Expected<std::vector<std::string>> readLabels(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(path);
  if (!file)
    return failure(exitEnvironment, path + ": " + file.getError().message());
  std::vector<std::string> labels;
  SmallVector<StringRef> lines;
  (*file)->getBuffer().rtrim().split(lines, '\n');
  for (StringRef line : lines)
    labels.push_back(line.trim().str());
  return labels;
}

/// The classes with the highest scores, item by item.
static Error printTop(const Array &scores, ArrayRef<std::string> items, const RunOptions &options, raw_ostream &os) {
  if (scores.type != DLC_TYPE_F32 || scores.shape.size() < 2 || scores.bytes.empty())
    return failure(exitUsage, "--top expects an output of scores, f32 [batch, classes]");
  std::vector<std::string> labels;
  if (!options.labels.empty()) {
    Expected<std::vector<std::string>> read = readLabels(options.labels);
    if (!read)
      return read.takeError();
    labels = std::move(*read);
  }
  const int64_t batch = scores.shape.front();
  const int64_t classes = scores.bytes.size() / sizeof(float) / batch;
  if (!labels.empty() && static_cast<int64_t>(labels.size()) != classes)
    return failure(exitInput,
                   options.labels + ": has " + Twine(labels.size()) + " lines for " + Twine(classes) + " classes");
  std::vector<int64_t> order(classes);
  for (int64_t item = 0; item < batch; ++item) {
    const float *row = scores.floats() + item * classes;
    std::iota(order.begin(), order.end(), 0);
    const int64_t shown = std::min(options.top, classes);
    // NaN comes last; equal scores in the order of classes.
    auto isBefore = [&](int64_t a, int64_t b) {
      const float x = std::isnan(row[a]) ? -INFINITY : row[a], y = std::isnan(row[b]) ? -INFINITY : row[b];
      return x != y ? x > y : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + shown, order.end(), isBefore);
    if (item < static_cast<int64_t>(items.size()))
      os << items[item] << "\n";
    for (int64_t i = 0; i < shown; ++i) {
      os << format("%12.6g  %5lld", row[order[i]], static_cast<long long>(order[i]));
      if (!labels.empty())
        os << "  " << labels[order[i]];
      os << "\n";
    }
  }
  return Error::success();
}

static Error runVerb(const RunOptions &options) {
  Expected<pipeline::Options> compileOptions = options.compile.get();
  if (!compileOptions)
    return compileOptions.takeError();
  Expected<std::unique_ptr<LoadedNetwork>> network = LoadedNetwork::load(*compileOptions);
  if (!network)
    return network.takeError();
  const dlc_model *model = (*network)->getModel();
  const int32_t outputCount = dlc_output_count(model);
  if (!options.output.empty() && !StringRef(options.output).ends_with(".npz") && outputCount != 1)
    return failure(exitUsage, "the network has " + Twine(outputCount) + " outputs: --output FILE.npz takes them all");

  Expected<RunInputs> inputs = readInputs((*network)->getInputs(), options.inputs);
  if (!inputs)
    return inputs.takeError();
  std::vector<std::string> items = inputs->items;
  std::vector<KernelProfile> profile;
  Expected<std::vector<Array>> outputs = runAll(**network, std::move(*inputs), options, profile);
  if (!outputs)
    return outputs.takeError();

  std::vector<NamedArray> named;
  for (auto [index, output] : enumerate(*outputs)) {
    dlc_tensor_info info;
    dlc_output_info(model, static_cast<int32_t>(index), 0, &info);
    named.push_back({info.name, &output});
  }
  if (!options.output.empty()) {
    if (Error error = writeArrays(options.output, named))
      return error;
  } else if (!options.top) {
    for (const NamedArray &output : named)
      printSummary(output.name, *output.array, outs());
  }
  if (options.top)
    if (Error error = printTop(outputs->front(), items, options, outs()))
      return error;
  if (options.profile)
    printProfile(profile, outs());
  return Error::success();
}

int dlc::runMain(ArrayRef<StringRef> arguments) {
  RunOptions run;
  OptionTable options("run", "NET --input [NAME=]FILE ... [--output FILE]",
                      "Runs a network on arrays (.npy) or pictures (.png, .jpg).\n\n"
                      "An array has the shape and type of the input. A picture becomes one item of the batch: its\n"
                      "bytes for an input of type u8, 0 to 1 for f32. Where the network file gives the input a\n"
                      "\"normalize\" or a \"layout\", pictures of another size are scaled and cut; elsewhere they\n"
                      "must fit.");
  run.compile.addTo(options);
  addTuningTo(options, run.compile.pipeline);
  options.list("-i, --input", "[NAME=]FILE", run.inputs,
               "an array or a picture; several pictures, or arrays,\nfor one input make a batch");
  options.text("-o, --output", "FILE", run.output, "the result as .npy, or all results as .npz");
  options.number("--threads", "N", run.threads, "threads to run on; all processors unless given", 1, 1024);
  options.number("--top", "N", run.top, "prints the N classes with the highest scores", 1);
  options.text("--labels", "FILE", run.labels, "the classes' names for --top, one a line");
  options.flag("--profile", run.profile, "prints where the time went");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  StringRef output = run.output;
  if (!output.empty() && !output.ends_with(".npy") && !output.ends_with(".npz"))
    return options.fail("--output expects a name that ends in .npy or .npz but got '" + output + "'");
  if (!run.labels.empty() && !run.top)
    return options.fail("--labels goes with --top N");

  if (Error error = runVerb(run))
    return reportFailure("run", std::move(error));
  return exitFine;
}
