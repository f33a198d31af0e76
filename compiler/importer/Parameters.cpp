// Binds the parameters of a network to a weight file, or to a seed.
#include "compiler/importer/Importer.h"
#include "compiler/importer/Initialiser.h"
#include "compiler/importer/Reporter.h"
#include "compiler/importer/WeightFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace dlc::importer {

/// Errors and names that are listed before it is said only how many more there are.
static constexpr size_t listLimit = 8;

/// What PyTorch counts in a state_dict beside a batch norm's parameters.
static constexpr StringLiteral ignoredSuffix = ".num_batches_tracked";

namespace {

class SeededParameters : public NetworkParameters {
public:
  explicit SeededParameters(uint64_t seed) : NetworkParameters(""), seed(seed) {}

  LogicalResult read(nn::ParameterOp parameter, MutableArrayRef<float> values) override {
    drawParameter(seed, parameter.getName(), parameter.getType().getShape(), parameter.getInit().value_or(""), values);
    if (std::optional<llvm::APFloat> gain = parameter.getGain())
      for (float &value : values)
        value = static_cast<float>(value * gain->convertToDouble());
    return success();
  }

private:
  uint64_t seed;
};

class FileParameters : public NetworkParameters {
public:
  FileParameters(std::string path, std::unique_ptr<WeightFile> file)
      : NetworkParameters(std::move(path)), file(std::move(file)) {}

  /// Whether the file has every parameter of `module`; warns of what it has beside them.
  LogicalResult check(ModuleOp module, Location weights);
  LogicalResult read(nn::ParameterOp parameter, MutableArrayRef<float> values) override;

private:
  LogicalResult check(nn::ParameterOp parameter) const;
  void noteNearNames(nn::ParameterOp parameter, InFlightDiagnostic &diagnostic) const;
  void warnOfUnused(const llvm::StringSet<> &used, Location weights) const;

  std::unique_ptr<WeightFile> file;
};

} // namespace

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << '[';
  llvm::interleaveComma(shape, out);
  out << ']';
  return text;
}

//===----------------------------------------------------------------------===//
// Binding
//===----------------------------------------------------------------------===//

/// What the user may have meant: the name behind a prefix, or one that is written much like it.
void FileParameters::noteNearNames(nn::ParameterOp parameter, InFlightDiagnostic &diagnostic) const {
  SmallVector<StringRef> names;
  for (const StoredTensor &tensor : file->getTensors()) {
    StringRef name = tensor.name, prefix = name;
    if (prefix.consume_back(parameter.getName()) && prefix.ends_with(".")) {
      diagnostic.attachNote() << "the file has it as '" << name << "'";
      return;
    }
    names.push_back(name);
  }
  if (std::string guess = didYouMean(parameter.getName(), names); !guess.empty()) {
    diagnostic.attachNote() << StringRef(guess).ltrim("; ");
    return;
  }
  // What belongs to the same layer, if anything does.
  std::string layer = parameter.getName().rsplit('.').first.str() + ".";
  llvm::erase_if(names, [&](StringRef name) { return !name.starts_with(layer); });
  if (!names.empty() && names.size() <= listLimit)
    diagnostic.attachNote() << "of this layer the file has '" << llvm::join(names, "', '") << "'";
}

LogicalResult FileParameters::check(nn::ParameterOp parameter) const {
  const StoredTensor *tensor = file->find(parameter.getName());
  if (!tensor) {
    InFlightDiagnostic diagnostic = emitError(parameter.getLoc())
                                    << "'" << getPath() << "' has no parameter '" << parameter.getName() << "'";
    noteNearNames(parameter, diagnostic);
    return diagnostic;
  }
  if (ArrayRef<int64_t>(tensor->shape) != parameter.getType().getShape())
    return emitError(parameter.getLoc()) << "parameter '" << parameter.getName() << "' is "
                                         << shapeText(parameter.getType().getShape()) << " here but "
                                         << shapeText(tensor->shape) << " in '" << getPath() << "'";
  if (!tensor->type)
    return emitError(parameter.getLoc()) << "parameter '" << parameter.getName() << "' has elements of type "
                                         << tensor->typeName << " in '" << getPath() << "', which dlc does not read";
  return success();
}

void FileParameters::warnOfUnused(const llvm::StringSet<> &used, Location weights) const {
  SmallVector<StringRef> unused;
  for (const StoredTensor &tensor : file->getTensors())
    if (!used.contains(tensor.name) && !StringRef(tensor.name).ends_with(ignoredSuffix))
      unused.push_back(tensor.name);
  if (unused.empty())
    return;
  size_t more = unused.size() > listLimit ? unused.size() - listLimit : 0;
  unused.truncate(unused.size() - more);
  InFlightDiagnostic diagnostic = emitWarning(weights) << "nothing uses '" << llvm::join(unused, "', '") << "'";
  if (more)
    diagnostic << " and " << more << " more";
  diagnostic << " of '" << getPath() << "'";
}

LogicalResult FileParameters::check(ModuleOp module, Location weights) {
  llvm::StringSet<> used;
  size_t faults = 0;
  module.walk([&](nn::ParameterOp parameter) {
    used.insert(parameter.getName());
    if (faults < listLimit)
      faults += failed(check(parameter));
    else // counted but not reported
      faults += !file->find(parameter.getName());
  });
  if (faults > listLimit)
    emitError(weights) << faults - listLimit << " more parameters of the network are missing in '" << getPath() << "'";
  if (faults > 0)
    return failure();
  warnOfUnused(used, weights);
  return success();
}

LogicalResult FileParameters::read(nn::ParameterOp parameter, MutableArrayRef<float> values) {
  // A transform may have made a parameter that the file was not checked for.
  if (failed(check(parameter)))
    return failure();
  if (llvm::Error error = file->read(*file->find(parameter.getName()), values))
    return emitError(parameter.getLoc()) << "cannot read '" << parameter.getName() << "' from '" << getPath()
                                         << "': " << llvm::toString(std::move(error));
  return success();
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

std::unique_ptr<NetworkParameters> openParameters(ModuleOp module, const ParameterOptions &options) {
  auto given = module->getAttrOfType<StringAttr>(nn::weightsAttr);
  std::string path = options.weights;
  Location location = module.getLoc();
  if (!path.empty()) {
    // Not what the network file says: its beginning stands for all of it.
    if (auto place = location->findInstanceOf<FileLineColLoc>())
      location = FileLineColLoc::get(place.getFilename(), 1, 1);
  } else if (given) {
    SmallString<128> resolved(given.getValue());
    if (!options.folder.empty() && !llvm::sys::path::is_absolute(resolved)) {
      resolved = options.folder;
      llvm::sys::path::append(resolved, given.getValue());
    }
    path = resolved.str();
  } else {
    return std::make_unique<SeededParameters>(options.seed);
  }
  llvm::Expected<std::unique_ptr<WeightFile>> file = openWeightFile(path);
  if (!file) {
    emitError(location) << "cannot read weights from '" << path << "': " << llvm::toString(file.takeError());
    return nullptr;
  }
  auto parameters = std::make_unique<FileParameters>(path, std::move(*file));
  if (failed(parameters->check(module, location)))
    return nullptr;
  return parameters;
}

} // namespace dlc::importer
