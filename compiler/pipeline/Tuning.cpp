// Finds the best record of each kernel of a module.
#include "compiler/pipeline/Tuning.h"
#include "compiler/kernels/Choice.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FileSystem.h"

#include "dlc/dlc.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::pipeline;

tuning::Environment pipeline::getEnvironment(ModuleOp module) {
  tuning::Environment environment;
  environment.version = DLC_VERSION_STRING;
  environment.target = kernels::describeTarget(module);
  if (kernel::isForDevice(module))
    environment.device = kernel::getDevice(module).str();
  return environment;
}

/// Says of a file which of its lines and records are of no use here.
static void warn(const tuning::RecordFile &file, const tuning::Environment &environment, MLIRContext *context) {
  auto at = [&](size_t line) { return FileLineColLoc::get(context, file.getPath(), static_cast<unsigned>(line), 1); };
  if (ArrayRef<size_t> damaged = file.getDamagedLines(); !damaged.empty()) {
    InFlightDiagnostic warning = emitWarning(at(damaged.front())) << "this is no record of a tuner; it is passed over";
    if (damaged.size() > 1)
      warning << ", and so are " << damaged.size() - 1 << " other lines";
  }
  size_t versions = 0, targets = 0;
  for (const tuning::Record &record : file.getRecords())
    if (record.environment.version != environment.version)
      ++versions;
    else if (!environment.accepts(record.environment))
      ++targets;
  if (versions)
    emitWarning(at(1)) << versions << " of " << file.getRecords().size()
                       << " records are of another version of dlc than " << environment.version
                       << "; they are passed over";
  // A file of several targets is no mistake; one of nothing but others may be.
  if (targets && versions + targets == file.getRecords().size())
    emitWarning(at(1)) << targets << " of " << file.getRecords().size()
                       << " records are of another target or device; they are passed over";
}

Outcome pipeline::attachTuning(ModuleOp module, const Options &options) {
  const tuning::Environment environment = getEnvironment(module);
  MLIRContext *context = module.getContext();
  std::vector<tuning::Record> records;
  for (const std::string &path : options.tuning) {
    auto fail = [&](const Twine &why) {
      emitError(FileLineColLoc::get(context, path, 1, 1)) << "cannot read the tuning: " << why;
      return Outcome::Input;
    };
    if (!llvm::sys::fs::exists(path))
      return fail("no such file");
    llvm::Expected<tuning::RecordFile> file = tuning::RecordFile::open(path);
    if (!file)
      return fail(llvm::toString(file.takeError()));
    warn(*file, environment, context);
    records.insert(records.end(), file->getRecords().begin(), file->getRecords().end());
  }

  NamedAttrList chosen;
  for (auto func : module.getOps<kernel::FuncOp>()) {
    std::string signature = kernels::getSignature(func);
    const tuning::Record *best = tuning::findBest(records, signature, environment);
    if (!best || chosen.get(signature))
      continue;
    if (std::optional<kernels::Choice> choice = kernels::Choice::parse(best->choice, context))
      chosen.append(signature, choice->toAttribute());
    else
      func.emitWarning("the tuning of kernel '")
          << func.getSymName() << "' is none that this version understands: " << best->choice;
  }
  if (!chosen.empty())
    module->setAttr(kernels::tuningAttr, chosen.getDictionary(context));
  return Outcome::Fine;
}
