// Compiles, links and loads a network. The runtime is the one inside of dlc: the loaded object finds it by name.
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/Progress.h"

#include "compiler/object/Link.h"
#include "dialects/nn/Nn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>
#include <random>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

void CompileOptions::addTo(OptionTable &options) {
  options.positional("NET", pipeline.network, "the network, .json or .mlir");
  options.text("--weights", "FILE", pipeline.weights, "weights instead of those that the network names");
  options.number("--seed", "N", seed, "draws the parameters of a network without weights");
  options.flag("--exact", pipeline.exact, "no kernels that round differently from a plain sum (Winograd)");
  options.number("--jobs", "N", jobs, "kernels compiled at a time", 1, 1024);
  options.flag("--no-cache", noCache, "compile every kernel anew");
  addDeviceTo(options, device);
}

void dlc::addTuningTo(OptionTable &options, pipeline::Options &network) {
  options.list("--tuning", "FILE", network.tuning,
               "what `dlc tune` has found for kernels of this network; may\nbe repeated");
}

Expected<pipeline::Options> CompileOptions::get() const {
  pipeline::Options options = pipeline;
  Expected<std::vector<std::string>> devices = findDevice(device);
  if (!devices)
    return devices.takeError();
  options.devices = std::move(*devices);
  options.seed = seed;
  options.jobs = jobs;
  options.useCache = !noCache;
  return options;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

SmallVector<int64_t, 8> InputFormat::getShape(int64_t batch) const {
  SmallVector<int64_t, 8> concrete(shape.begin(), shape.end());
  if (isBatched())
    concrete.front() = batch;
  return concrete;
}

static dlc_type getElementType(mlir::Type type) {
  if (type.isF64())
    return DLC_TYPE_F64;
  if (type.isUnsignedInteger(8))
    return DLC_TYPE_U8;
  if (type.isSignedInteger(8))
    return DLC_TYPE_I8;
  return DLC_TYPE_F32;
}

/// Reads the inputs off the network as it was imported.
static std::vector<InputFormat> getInputFormats(mlir::ModuleOp module) {
  std::vector<InputFormat> inputs;
  auto function = *module.getOps<mlir::func::FuncOp>().begin();
  for (mlir::BlockArgument argument : function.getArguments()) {
    InputFormat input;
    if (auto name = function.getArgAttrOfType<mlir::StringAttr>(argument.getArgNumber(), nn::nameAttr))
      input.name = name.str();
    auto type = cast<mlir::RankedTensorType>(argument.getType());
    input.type = getElementType(type.getElementType());
    for (int64_t extent : type.getShape())
      input.shape.push_back(mlir::ShapedType::isDynamic(extent) ? -1 : extent);
    for (mlir::Operation *user : argument.getUsers())
      if (auto normalize = dyn_cast<nn::NormalizeOp>(user)) {
        input.isPicture = true;
        input.layout = normalize.getLayout().str();
      }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

std::vector<Array> dlc::drawInputs(const LoadedNetwork &network, int64_t batch, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Array> arrays;
  for (const InputFormat &input : network.getInputs()) {
    Array array;
    array.type = input.type;
    array.shape = input.getShape(batch);
    array.bytes.resize(getArrayBytes(array.type, array.shape));
    if (array.type == DLC_TYPE_F32)
      for (size_t i = 0; i < array.bytes.size() / sizeof(float); ++i)
        array.floats()[i] = static_cast<float>(normal(random));
    else if (array.type == DLC_TYPE_F64)
      for (size_t i = 0; i < array.bytes.size() / sizeof(double); ++i)
        reinterpret_cast<double *>(array.bytes.data())[i] = normal(random);
    else
      for (uint8_t &byte : array.bytes)
        byte = static_cast<uint8_t>(random() >> 56);
    arrays.push_back(std::move(array));
  }
  return arrays;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

static pipeline::Options withProgress(pipeline::Options options) {
  options.progress = makeProgressBar();
  return options;
}

LoadedNetwork::LoadedNetwork(const pipeline::Options &options, raw_ostream &diagnostics)
    : compilation(std::make_unique<pipeline::Compilation>(withProgress(options), diagnostics)) {}

LoadedNetwork::~LoadedNetwork() {
  if (library)
    dlclose(library);
}

static Error toError(pipeline::Outcome outcome) {
  if (outcome == pipeline::Outcome::Fine)
    return Error::success();
  return failure(getExitCode(outcome), ""); // a diagnostic has said it
}

Error dlc::writeSharedLibrary(pipeline::Compilation &compilation, StringRef path) {
  const std::string object = (path + ".o").str();
  scope_exit removeObject([&] { sys::fs::remove(object); });
  if (Error error = toError(compilation.writeFiles({object, "", ""})))
    return error;
  if (Error error = object::linkSharedLibrary(object, path))
    return failure(exitInternal, "cannot link the network: " + toString(std::move(error)));
  return Error::success();
}

Expected<std::unique_ptr<LoadedNetwork>> LoadedNetwork::load(const pipeline::Options &options,
                                                             raw_ostream &diagnostics) {
  Expected<std::unique_ptr<LoadedNetwork>> network = read(options, diagnostics);
  if (!network)
    return network;
  if (Error error = (*network)->build(diagnostics))
    return error;
  return network;
}

Expected<std::unique_ptr<LoadedNetwork>> LoadedNetwork::read(const pipeline::Options &options,
                                                             raw_ostream &diagnostics) {
  std::unique_ptr<LoadedNetwork> network(new LoadedNetwork(options, diagnostics));
  if (Error error = toError(network->compilation->runTo(pipeline::Stage::Nn)))
    return error;
  network->inputs = getInputFormats(network->getImported());
  return network;
}

Error LoadedNetwork::build(raw_ostream &diagnostics) {
  const pipeline::Options &options = compilation->getOptions();
  if (Error error = toError(compilation->runTo(pipeline::Stage::Object)))
    return error;
  // Training is expected to begin with drawn parameters.
  if (compilation->isSeeded() && !options.train)
    diagnostics << "dlc: note: the network names no weights; its parameters are drawn with seed " << options.seed
                << "\n";

  SmallString<128> folder;
  if (std::error_code wrong = sys::fs::createUniqueDirectory("dlc", folder))
    return failure(exitEnvironment, "cannot make a temporary folder: " + wrong.message());
  scope_exit removeFolder([&] { sys::fs::remove_directories(folder); });
  const std::string shared = (folder + "/network.so").str();
  if (Error error = writeSharedLibrary(*compilation, shared))
    return error;

  library = dlopen(shared.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return failure(exitInternal, "cannot load the network: " + Twine(dlerror()));
  auto find = [&](const char *suffix) { return dlsym(library, (compilation->getNetworkName() + suffix).c_str()); };
  model = static_cast<const dlc_model *>(find("_model"));
  training = static_cast<const dlc_training *>(find("_training"));
  if (!model || (options.train && !training))
    return failure(exitInternal, "the network's object lacks its symbol");
  return Error::success();
}

std::string LoadedNetwork::getSchedule(StringRef kernel) const {
  std::string text;
  auto module = compilation->getDeviceModule();
  if (mlir::Operation *function = mlir::SymbolTable::lookupSymbolIn(module, kernel))
    if (mlir::Attribute schedule = function->getAttr("schedule"))
      raw_string_ostream(text) << schedule;
  return text;
}

//===----------------------------------------------------------------------===//
// Sessions
//===----------------------------------------------------------------------===//

ExitCode dlc::getExitCode(dlc_status status) {
  switch (status) {
  case DLC_ERROR_MEMORY:
  case DLC_ERROR_FILE:
  case DLC_ERROR_THREADS:
  case DLC_ERROR_CPU:
  case DLC_ERROR_DEVICE:
    return exitEnvironment;
  case DLC_ERROR_TOO_LARGE:
  case DLC_ERROR_ARGUMENT:
    return exitInput;
  default:
    return exitInternal;
  }
}

Expected<Session> dlc::createSession(const dlc_model *model, const SessionOptions &given) {
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = given.batch;
  options.threads = static_cast<int32_t>(given.threads);
  options.profile = given.profile;
  options.device = given.device.c_str();
  dlc_session *session = nullptr;
  if (dlc_status status = dlc_session_create(model, &options, &session); status != DLC_OK)
    return failure(getExitCode(status), dlc_session_error(nullptr));
  return Session(session);
}

Expected<std::vector<Array>> dlc::makeOutputs(const dlc_model *model, int64_t batch) {
  std::vector<Array> outputs(dlc_output_count(model));
  for (auto [index, output] : enumerate(outputs)) {
    dlc_tensor_info info;
    if (dlc_status status = dlc_output_info(model, static_cast<int32_t>(index), batch, &info); status != DLC_OK)
      return failure(getExitCode(status), dlc_status_string(status));
    output.type = info.type;
    output.shape.assign(info.shape, info.shape + info.rank);
    output.bytes.resize(info.bytes);
  }
  return outputs;
}

SmallVector<const void *> dlc::getAddresses(ArrayRef<Array> arrays) {
  return llvm::map_to_vector(arrays, [](const Array &array) { return static_cast<const void *>(array.bytes.data()); });
}

SmallVector<void *> dlc::getMutableAddresses(MutableArrayRef<Array> arrays) {
  return llvm::map_to_vector(arrays, [](Array &array) { return static_cast<void *>(array.bytes.data()); });
}

Error dlc::run(dlc_session *session, ArrayRef<Array> inputs, MutableArrayRef<Array> outputs) {
  if (dlc_status status = dlc_run(session, getAddresses(inputs).data(), getMutableAddresses(outputs).data());
      status != DLC_OK)
    return failure(getExitCode(status), dlc_session_error(session));
  return Error::success();
}
