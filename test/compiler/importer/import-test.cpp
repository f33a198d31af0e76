// Shows what the importer makes of a network file, before any transform.
//
//   dlc-import-test [--locations] [--batch=N] NET.json                 the module
//   dlc-import-test --parameters [--weights=FILE] [--seed=N] NET.json  each parameter's first and last value and sum
#include "compiler/importer/Importer.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <numeric>

using namespace mlir;
using namespace dlc;
namespace cl = llvm::cl;

static int showParameters(ModuleOp module, const importer::ParameterOptions &options) {
  std::unique_ptr<importer::NetworkParameters> parameters = importer::openParameters(module, options);
  if (!parameters)
    return 1;
  llvm::outs() << (parameters->isSeeded() ? "seeded" : llvm::sys::path::filename(parameters->getPath())) << "\n";
  bool good = true;
  module.walk([&](nn::ParameterOp parameter) {
    std::vector<float> values(parameter.getType().getNumElements());
    good &= succeeded(parameters->read(parameter, values));
    llvm::outs() << parameter.getName() << ": " << llvm::format("%.9g", values.front()) << " ... "
                 << llvm::format("%.9g", values.back()) << ", sum "
                 << llvm::format("%.6g", std::accumulate(values.begin(), values.end(), 0.0)) << "\n";
  });
  return good ? 0 : 1;
}

int main(int argc, char **argv) {
  cl::opt<std::string> path(cl::Positional, cl::Required), weights("weights");
  cl::opt<bool> locations("locations"), parameters("parameters");
  cl::opt<int64_t> batch("batch");
  cl::opt<uint64_t> seed("seed");
  cl::ParseCommandLineOptions(argc, argv);

  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    llvm::errs() << path << ": " << buffer.getError().message() << "\n";
    return 3;
  }
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  MLIRContext context(MLIRContext::Threading::DISABLED);
  SourceMgrDiagnosticHandler handler(sources, &context);
  importer::ImportOptions options;
  if (batch.getNumOccurrences())
    options.batch = batch;
  OwningOpRef<ModuleOp> module = importer::importNetwork(sources, &context, options);
  if (!module)
    return 1;
  if (parameters)
    return showParameters(*module, {weights, llvm::sys::path::parent_path(path).str(), seed});
  OpPrintingFlags flags;
  if (locations)
    flags.enableDebugInfo();
  module->print(llvm::outs(), flags);
  llvm::outs() << "\n";
  return 0;
}
