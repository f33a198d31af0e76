// The stages, in order: see Compilation::State::runStage.
#include "compiler/pipeline/Pipeline.h"
#include "compiler/driver/EmitObject.h"
#include "compiler/driver/ModelTable.h"
#include "compiler/driver/Passes.h"
#include "compiler/importer/Importer.h"
#include "compiler/kernels/Passes.h"
#include "compiler/memory/Passes.h"
#include "compiler/object/Header.h"
#include "compiler/object/Link.h"
#include "compiler/object/ModelFiles.h"
#include "compiler/pipeline/CompileKernels.h"
#include "compiler/pipeline/Target.h"
#include "compiler/pipeline/Tuning.h"
#include "compiler/transforms/Passes.h"
#include "dialects/kernel/ModelSymbols.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Path.h"

#include <thread>

using namespace mlir;
using namespace dlc;
using namespace dlc::pipeline;

static constexpr StringRef stageNames[] = {"nn",   "gradient", "fused", "scheduled", "planned",
                                           "llvm", "halide",   "asm",   "obj"};

ArrayRef<StringRef> pipeline::getStageNames() { return stageNames; }

/// The functions that are networks, as opposed to those of their training.
static auto findNetworks(ModuleOp module) {
  return llvm::make_filter_range(module.getOps<func::FuncOp>(),
                                 [](func::FuncOp function) { return !function->hasAttr(nn::roleAttr); });
}

namespace {
/// The network compiled for one kind of machine.
struct Variant {
  std::string device;            // that its kernels run on; "": the machine itself
  OwningOpRef<ModuleOp> module;  // as of the last stage up to Planned
  OwningOpRef<ModuleOp> lowered; // the driver, since Stage::Llvm
  std::map<std::string, halide_backend::CompiledKernel> kernels;
  std::map<std::string, std::string> texts; // of kernels, for print
};
} // namespace

struct Compilation::State {
  State(const Options &options, llvm::raw_ostream &diagnostics)
      : options(options), context(MLIRContext::Threading::DISABLED), handler(sources, &context, diagnostics) {
    context.printOpOnDiagnostic(false); // the line of the network file says more
    context.loadDialect<func::FuncDialect, LLVM::LLVMDialect, nn::NnDialect, kernel::KernelDialect>();
    if (options.timePasses) {
      timing.setEnabled(true);
      timing.setOutput(createOutputStrategy(DefaultTimingManager::OutputFormat::Text, llvm::errs()));
    }
    time = timing.getRootScope();
  }

  Outcome runStage(Stage stage);

  Outcome read();
  Outcome openParameters();
  Outcome addTraining();
  Outcome setTarget();
  Outcome addMachineOfDevice();
  Outcome planMemory();
  Outcome lowerToDriver(Variant &variant);
  Outcome linkObject();
  Outcome forEachVariant(llvm::function_ref<Outcome(Variant &)> function);
  Outcome runPasses(ModuleOp on, Outcome onFailure, llvm::function_ref<void(OpPassManager &)> add);

  InFlightDiagnostic fail() { return emitError(FileLineColLoc::get(&context, options.network, 1, 1)); }
  ModuleOp getModule() { return *variants.front().module; }
  func::FuncOp getNetwork() { return *findNetworks(getModule()).begin(); }
  /// The modules whose weights differ: all devices read the same ones.
  SmallVector<ModuleOp> getModulesWithWeights();
  Outcome report(llvm::Error error, Outcome outcome);

  const Options &options;
  llvm::SourceMgr sources;
  MLIRContext context;
  SourceMgrDiagnosticHandler handler;
  DefaultTimingManager timing;
  TimingScope time;

  std::optional<Stage> last;      // that has run
  Stage given = Stage::Nn;        // that the IR read is of already
  OwningOpRef<ModuleOp> imported; // as the network file has it
  SmallVector<Variant> variants;  // the machine's, then since Stage::Fused those of Options::devices
  std::unique_ptr<importer::NetworkParameters> parameters;
  std::string object;
};

//===----------------------------------------------------------------------===//
// The stages
//===----------------------------------------------------------------------===//

Outcome Compilation::State::runStage(Stage stage) {
  TimingScope scope = time.nest(stageNames[static_cast<size_t>(stage)]);
  std::swap(time, scope); // what follows is timed inside of the stage
  llvm::scope_exit restore([&] { std::swap(time, scope); });

  switch (stage) {
  case Stage::Nn:
    if (Outcome outcome = read(); outcome != Outcome::Fine)
      return outcome;
    if (given > Stage::Nn)
      return Outcome::Fine;
    return runPasses(getModule(), Outcome::Internal, [&](OpPassManager &passes) {
      OpPassManager &network = passes.nest<func::FuncOp>();
      if (options.exposeLogits)
        network.addPass(transforms::createExposeLogits());
      network.addPass(transforms::createDropInferenceIdentity());
      if (options.plain || options.useDouble) // values are folded in f32
        return;
      network.addPass(transforms::createFoldBatchNorm());
      network.addPass(transforms::createFoldPad());
      network.addPass(transforms::createFlattenConcat());
      network.addPass(transforms::createLinearToConv2d());
      network.addPass(createCanonicalizerPass());
      network.addPass(createCSEPass());
    });

  case Stage::Gradient:
    return options.train && given == Stage::Nn ? addTraining() : Outcome::Fine;

  case Stage::Fused:
    if (Outcome outcome = setTarget(); outcome != Outcome::Fine)
      return outcome;
    if (given >= Stage::Fused)
      return Outcome::Fine;
    return forEachVariant([&](Variant &variant) {
      return runPasses(*variant.module, Outcome::Internal, [&](OpPassManager &passes) {
        passes.addPass(kernels::createFuse({options.exact, options.plain}));
      });
    });

  case Stage::Scheduled:
    if (given >= Stage::Scheduled)
      return Outcome::Fine;
    return forEachVariant([&](Variant &variant) {
      Outcome outcome = runPasses(*variant.module, Outcome::Internal, [&](OpPassManager &passes) {
        passes.addPass(kernels::createAssignLayouts({options.exact, options.plain}));
        passes.addPass(createCSEPass());
        passes.addPass(createSymbolDCEPass());
        kernels::SelectSchedulesOptions schedules;
        schedules.plain = options.plain;
        passes.addPass(kernels::createSelectSchedules(schedules));
      });
      if (outcome != Outcome::Fine || options.tuning.empty() || options.plain)
        return outcome;
      outcome = attachTuning(*variant.module, options);
      if (outcome != Outcome::Fine)
        return outcome;
      return runPasses(*variant.module, Outcome::Internal, [&](OpPassManager &passes) {
        passes.addPass(kernels::createApplyTuning({options.exact, /*signatures=*/false, /*spaces=*/false}));
        passes.addPass(createCSEPass());
      });
    });

  case Stage::Planned:
    return planMemory();

  case Stage::Llvm: {
    SmallVector<KernelSet> sets;
    for (Variant &variant : variants)
      sets.push_back({*variant.module, variant.kernels});
    if (Outcome outcome = compileKernels(sets, options); outcome != Outcome::Fine)
      return outcome;
    return forEachVariant([&](Variant &variant) { return lowerToDriver(variant); });
  }

  case Stage::Halide:
  case Stage::Asm:
    return forEachVariant([&](Variant &variant) {
      return printKernels(*variant.module, options, stage == Stage::Asm ? "--assembly" : "--statement", variant.texts);
    });

  case Stage::Object:
    return linkObject();
  }
  llvm_unreachable("every stage is run");
}

/// Whether a compilation up to `last` needs `stage`: the texts of kernels lead nowhere.
static bool isNeeded(Stage stage, Stage last) {
  if (stage == Stage::Halide || stage == Stage::Asm)
    return stage == last;
  if (stage == Stage::Llvm)
    return last != Stage::Halide;
  return stage <= last;
}

Outcome Compilation::runTo(Stage last) {
  for (Stage stage : {Stage::Nn, Stage::Gradient, Stage::Fused, Stage::Scheduled, Stage::Planned, Stage::Llvm,
                      Stage::Halide, Stage::Asm, Stage::Object}) {
    if ((state->last && stage <= *state->last) || stage > last || !isNeeded(stage, last))
      continue;
    // Before the long stages: what is wrong with the weights is wrong at once.
    if (stage > Stage::Nn && last == Stage::Object && !state->parameters)
      if (Outcome outcome = state->openParameters(); outcome != Outcome::Fine)
        return outcome;
    if (Outcome outcome = state->runStage(stage); outcome != Outcome::Fine)
      return outcome;
    state->last = stage;
  }
  return Outcome::Fine;
}

//===----------------------------------------------------------------------===//
// Their parts
//===----------------------------------------------------------------------===//

Outcome Compilation::State::report(llvm::Error error, Outcome outcome) {
  llvm::handleAllErrors(
      std::move(error), [](const object::ReportedError &) {},
      [&](const llvm::ErrorInfoBase &info) {
        emitError(UnknownLoc::get(&context)) << info.message();
        if (info.convertToErrorCode() != llvm::inconvertibleErrorCode()) // the system said so
          outcome = Outcome::Environment;
      });
  return outcome;
}

Outcome Compilation::State::forEachVariant(llvm::function_ref<Outcome(Variant &)> function) {
  for (Variant &variant : variants)
    if (Outcome outcome = function(variant); outcome != Outcome::Fine)
      return outcome;
  return Outcome::Fine;
}

Outcome Compilation::State::runPasses(ModuleOp on, Outcome onFailure, llvm::function_ref<void(OpPassManager &)> add) {
  PassManager passes(&context);
  passes.enableTiming(time);
  add(passes);
  return succeeded(passes.run(on)) ? Outcome::Fine : onFailure;
}

/// Builds the functions of training from the network as it was imported, and puts them beside the one for inference.
Outcome Compilation::State::addTraining() {
  OwningOpRef<ModuleOp> training = imported->clone();
  Outcome outcome = runPasses(*training, Outcome::Input, [&](OpPassManager &passes) {
    if (options.exposesLayers)
      passes.nest<func::FuncOp>().addPass(transforms::createExposeLayers());
    passes.addPass(transforms::createBuildTraining({options.evaluatesLoss}));
  });
  if (outcome != Outcome::Fine)
    return outcome;
  (*findNetworks(*training).begin()).erase();
  outcome = runPasses(*training, Outcome::Internal, [&](OpPassManager &passes) {
    OpPassManager &function = passes.nest<func::FuncOp>();
    function.addPass(transforms::createDropInferenceIdentity());
    function.addPass(transforms::createFoldPad());
    function.addPass(transforms::createFlattenConcat());
    function.addPass(createCanonicalizerPass());
    function.addPass(createCSEPass());
  });
  for (auto function : llvm::make_early_inc_range(training->getOps<func::FuncOp>()))
    function->moveBefore(getModule().getBody(), getModule().getBody()->end());
  return outcome;
}

/// The stage that has printed `module`. A plan of the memory is made anew.
static Stage findStage(ModuleOp module) {
  auto kernels = module.getOps<kernel::FuncOp>();
  if (kernels.empty())
    return Stage::Nn;
  bool isScheduled = llvm::all_of(kernels, [](kernel::FuncOp kernel) { return kernel.getScheduleAttr() != nullptr; });
  return isScheduled ? Stage::Scheduled : Stage::Fused;
}

Outcome Compilation::State::read() {
  auto file = llvm::MemoryBuffer::getFile(options.network);
  if (!file) {
    fail() << "cannot read the network: " << file.getError().message();
    return Outcome::Input;
  }
  sources.AddNewSourceBuffer(std::move(*file), llvm::SMLoc());

  if (llvm::sys::path::extension(options.network) == ".mlir") {
    imported = parseSourceFile<ModuleOp>(sources, &context);
    if (imported && !llvm::hasSingleElement(findNetworks(*imported))) {
      imported->emitOpError("expects one func.func, the network");
      return Outcome::Input;
    }
    if (imported)
      given = findStage(*imported);
  } else {
    importer::ImportOptions importOptions;
    if (options.batch)
      importOptions.batch = options.batch;
    imported = importer::importNetwork(sources, &context, importOptions);
  }
  if (!imported)
    return Outcome::Input;
  if (options.ignoresNamedWeights)
    (*imported)->removeAttr(nn::weightsAttr);
  if (options.useDouble && given == Stage::Nn) {
    Outcome outcome = runPasses(*imported, Outcome::Input, [](OpPassManager &passes) {
      passes.nest<func::FuncOp>().addPass(transforms::createUseDouble());
    });
    if (outcome != Outcome::Fine)
      return outcome;
  }
  variants.push_back({"", imported->clone(), {}, {}, {}});
  return Outcome::Fine;
}

Outcome Compilation::State::openParameters() {
  importer::ParameterOptions parameterOptions;
  parameterOptions.weights = options.weights;
  parameterOptions.folder = llvm::sys::path::parent_path(options.network).str();
  parameterOptions.seed = options.seed;
  parameters = importer::openParameters(*imported, parameterOptions);
  return parameters ? Outcome::Fine : Outcome::Input;
}

/// The module read is a device's: the machine's, which an object must have too, does the same with schedules of its
/// own.
Outcome Compilation::State::addMachineOfDevice() {
  ModuleOp module = getModule();
  std::string device = kernel::getDevice(module).str();
  OwningOpRef<ModuleOp> own = module.clone();
  NamedAttrList described((*own)->getAttrOfType<DictionaryAttr>("kernel.target"));
  described.erase("device");
  (*own)->setAttr("kernel.target", described.getDictionary(&context));
  (*own)->setAttr(kernel::devicesAttr, Builder(&context).getStrArrayAttr({device}));
  for (auto func : own->getOps<kernel::FuncOp>())
    func.removeScheduleAttr();
  variants.front().device = device;
  variants.insert(variants.begin(), Variant{"", std::move(own), {}, {}, {}});
  return runPasses(getModule(), Outcome::Internal,
                   [](OpPassManager &passes) { passes.addPass(kernels::createSelectSchedules()); });
}

Outcome Compilation::State::setTarget() {
  DictionaryAttr target = resolveTarget(options.target, &context);
  if (!target) {
    fail() << "there is no target '" << options.target << "'";
    return Outcome::Input;
  }
  ModuleOp module = getModule();
  if (!module->hasAttr("kernel.target"))
    module->setAttr("kernel.target", target);
  if (given == Stage::Scheduled && kernel::isForDevice(module) && options.devices.empty()) {
    if (Outcome outcome = addMachineOfDevice(); outcome != Outcome::Fine)
      return outcome;
    module = getModule();
  } else if (kernel::isForDevice(module) || (given >= Stage::Fused && !options.devices.empty())) {
    fail() << "the IR of a stage is for one machine; a network for devices is compiled from its file";
    return Outcome::Input;
  }
  if (options.externalWeights) {
    std::string name = options.weightsName.empty() ? getNetwork().getSymName().str() + ".weights" : options.weightsName;
    module->setAttr("kernel.weights_file", StringAttr::get(&context, name));
  }
  Builder builder(&context);
  for (const std::string &device : options.devices) {
    OwningOpRef<ModuleOp> copy = module.clone();
    NamedAttrList described(module->getAttrOfType<DictionaryAttr>("kernel.target"));
    described.set("device", builder.getStringAttr(device));
    (*copy)->setAttr("kernel.target", described.getDictionary(&context));
    variants.push_back({device, std::move(copy), {}, {}, {}});
  }
  if (!options.devices.empty())
    getModule()->setAttr(kernel::devicesAttr, builder.getStrArrayAttr(SmallVector<StringRef>(options.devices.begin(),
                                                                                             options.devices.end())));
  return Outcome::Fine;
}

SmallVector<ModuleOp> Compilation::State::getModulesWithWeights() {
  SmallVector<ModuleOp> modules;
  for (Variant &variant : llvm::MutableArrayRef<Variant>(variants).take_front(2))
    modules.push_back(*variant.module);
  return modules;
}

/// The devices' weights follow those of the machine; all devices have the same schedules and so the same weights.
Outcome Compilation::State::planMemory() {
  auto getEnd = [](const Variant &variant) {
    auto end = (*findNetworks(*variant.module).begin())->getAttrOfType<IntegerAttr>("kernel.weights_bytes");
    return end ? end.getInt() : 0;
  };
  Builder builder(&context);
  Outcome outcome = forEachVariant([&](Variant &variant) {
    if (&variant != &variants.front())
      (*variant.module)->setAttr(kernel::weightsBeginAttr, builder.getI64IntegerAttr(getEnd(variants.front())));
    return runPasses(*variant.module, Outcome::Input,
                     [&](OpPassManager &passes) { passes.addPass(memory::createPlanMemory()); });
  });
  if (outcome != Outcome::Fine || variants.size() == 1)
    return outcome;
  for (Variant &variant : variants) {
    (*variant.module)->setAttr(kernel::weightsTotalAttr, builder.getI64IntegerAttr(getEnd(variants.back())));
    for (auto function : getModule().getOps<func::FuncOp>())
      if (Attribute begin = function->getAttr(kernel::stateWeightsAttr))
        variant.module->lookupSymbol<func::FuncOp>(function.getSymName())->setAttr(kernel::stateWeightsAttr, begin);
  }
  return Outcome::Fine;
}

Outcome Compilation::State::lowerToDriver(Variant &variant) {
  variant.lowered = variant.module->clone();
  PassManager passes(&context);
  passes.enableTiming(time);
  passes.addPass(driver::createLowerToDriver());
  return succeeded(passes.run(*variant.lowered)) ? Outcome::Fine : Outcome::Internal;
}

Outcome Compilation::State::linkObject() {
  StringRef network = getNetwork().getSymName();
  std::vector<std::string> drivers;
  std::vector<object::KernelObject> objects;
  for (const Variant &variant : variants) {
    FailureOr<std::string> driver = driver::emitObject(*variant.lowered);
    if (failed(driver))
      return Outcome::Internal;
    drivers.push_back(std::move(*driver));
    for (const auto &[name, compiled] : variant.kernels)
      objects.push_back({kernel::getKernelSymbol(network, name, variant.device), compiled.object});
  }
  kernel::ModelSymbols symbols = kernel::getSymbols(network);
  llvm::Expected<std::string> linked =
      object::linkModel(drivers, objects, {symbols.model, symbols.training}, kernel::getIdentifier(network) + ".*");
  if (!linked)
    return report(linked.takeError(), Outcome::Internal);
  object = std::move(*linked);
  return Outcome::Fine;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

Compilation::Compilation(Options options, llvm::raw_ostream &diagnostics)
    : options(std::move(options)), state(std::make_unique<State>(this->options, diagnostics)) {}

Compilation::~Compilation() = default;

ModuleOp Compilation::getImported() { return *state->imported; }

ModuleOp Compilation::getModule() { return state->getModule(); }

ModuleOp Compilation::getDeviceModule() { return *state->variants.back().module; }

std::string Compilation::getNetworkName() { return kernel::getIdentifier(state->getNetwork().getSymName()); }

bool Compilation::isSeeded() const {
  bool hasParameters = false;
  state->imported->walk([&](nn::ParameterOp) { hasParameters = true; });
  return hasParameters && state->parameters && state->parameters->isSeeded();
}

void Compilation::print(Stage stage, llvm::raw_ostream &os) {
  if (stage == Stage::Halide || stage == Stage::Asm) {
    for (const auto &[name, text] : state->variants.back().texts)
      os << (stage == Stage::Asm ? "# " : "// ") << "kernel " << name << "\n" << text << "\n";
    return;
  }
  Variant &shown = state->variants.back();
  ModuleOp module = stage == Stage::Llvm ? *shown.lowered : *shown.module;
  module->print(os, OpPrintingFlags().printLargeElementsAttrWithHex(-1)); // tables as numbers
  os << "\n";
}

Outcome Compilation::writeFiles(const OutputPaths &paths) {
  TimingScope scope = state->time.nest("weights and files");
  func::FuncOp network = state->getNetwork();
  FailureOr<object::WeightPlan> weights = object::collectWeights(state->getModulesWithWeights());
  if (failed(weights))
    return Outcome::Internal;

  // Code of other targets reaches its data only so far.
  constexpr int64_t nearBytes = INT64_C(1500) << 20;
  auto target = getModule()->getAttrOfType<DictionaryAttr>("kernel.target");
  bool isLarge = target.getAs<StringAttr>("triple").getValue().starts_with("x86_64");
  if (!options.externalWeights && !isLarge && weights->bytes > nearBytes) {
    network.emitError("weights of ") << weights->bytes << " bytes do not fit into an object for this target; "
                                     << "--external-weights puts them into a file of their own";
    return Outcome::Input;
  }

  std::string header;
  driver::ArenaSize size = driver::getArenaSize(network);
  bool hasTraining = !llvm::hasSingleElement(getModule().getOps<func::FuncOp>());
  object::ArenaSize arena = {size.fixed + size.callerFixed, size.perBatch + size.callerPerBatch, size.perThread};
  if (!paths.header.empty())
    header = object::writeHeader(network, arena, hasTraining, llvm::sys::path::filename(paths.header),
                                 llvm::sys::path::filename(options.network));
  unsigned jobs = options.jobs ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  object::ModelFiles files = {network.getSymName().str(),
                              state->object,
                              paths.object,
                              options.externalWeights ? paths.weights : "",
                              paths.header,
                              header};
  if (llvm::Error error = object::writeModelFiles(files, *weights, *state->parameters, jobs)) {
    bool isReported = error.isA<object::ReportedError>();
    return state->report(std::move(error), isReported ? Outcome::Input : Outcome::Environment);
  }
  return Outcome::Fine;
}
