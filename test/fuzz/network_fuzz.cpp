// Fuzzes the importer of networks: any bytes either give errors, each at a
// place in the file, or a module that the verifier passes.
#include "compiler/importer/Importer.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdlib>

using namespace mlir;

// A check that also counts where asserts are off.
static void require(bool condition) {
  if (!condition)
    std::abort();
}

/// A context keeps every type and attribute for good, so it is replaced from time to time.
static MLIRContext &getContext() {
  static std::unique_ptr<MLIRContext> context;
  static int uses = 0;
  if (uses++ % 2000 == 0)
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  return *context;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  MLIRContext &context = getContext();
  llvm::StringRef text(reinterpret_cast<const char *>(bytes), size);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, "net.json"), llvm::SMLoc());

  unsigned errors = 0;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return;
    ++errors;
    auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>();
    require(place && place.getFilename() == "net.json" && place.getLine() >= 1 && place.getColumn() >= 1);
    require(place.getLine() <= text.count('\n') + 1);
    require(!diagnostic.str().empty());
  });
  OwningOpRef<ModuleOp> module = dlc::importer::importNetwork(sources, &context);
  require(bool(module) == (errors == 0));
  if (module)
    require(succeeded(verify(*module)));
  return 0;
}
