// Compilation in a child process: what goes in and what comes out.
//
// The result is a header of five little-endian 64-bit numbers after eight bytes
// of magic, then the object; its length is among the numbers, so that what was
// cut short is noticed.
#include "compiler/halide/Halide.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

static constexpr llvm::StringLiteral magic = "dlckern1";
static constexpr size_t numbers = 5;
static constexpr size_t headerBytes = 8 + numbers * 8;

std::string halide_backend::printKernelModule(kernel::FuncOp kernel, const Target &target) {
  Builder builder(kernel.getContext());
  OwningOpRef<ModuleOp> module = ModuleOp::create(builder.getUnknownLoc());
  SmallVector<NamedAttribute> description = {
      builder.getNamedAttr("triple", builder.getStringAttr(target.triple)),
      builder.getNamedAttr("features", builder.getStringAttr(llvm::join(target.features, ","))),
      builder.getNamedAttr("vector_bytes", builder.getI64IntegerAttr(target.vectorBytes)),
  };
  if (target.isDevice())
    description.push_back(builder.getNamedAttr("device", builder.getStringAttr(target.device)));
  (*module)->setAttr("kernel.target", builder.getDictionaryAttr(description));
  module->getBody()->push_back(kernel->clone());
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, OpPrintingFlags().enableDebugInfo(false));
  return text;
}

std::string halide_backend::serialize(const CompiledKernel &kernel) {
  std::string bytes = magic.str();
  for (int64_t number : {kernel.scratchBytes, kernel.callerScratchBytes, kernel.callerScratchBytesPerBatch,
                         static_cast<int64_t>(kernel.parallel), static_cast<int64_t>(kernel.object.size())}) {
    char field[8];
    llvm::support::endian::write64le(field, static_cast<uint64_t>(number));
    bytes.append(field, 8);
  }
  return bytes + kernel.object;
}

std::optional<CompiledKernel> halide_backend::parseCompiledKernel(StringRef bytes) {
  if (bytes.size() < headerBytes || !bytes.starts_with(magic))
    return std::nullopt;
  int64_t fields[numbers];
  for (size_t i = 0; i < numbers; ++i) {
    fields[i] = static_cast<int64_t>(llvm::support::endian::read64le(bytes.data() + 8 + 8 * i));
    if (fields[i] < 0)
      return std::nullopt;
  }
  if (fields[3] > 1 || static_cast<uint64_t>(fields[4]) != bytes.size() - headerBytes)
    return std::nullopt;
  CompiledKernel kernel;
  kernel.scratchBytes = fields[0];
  kernel.callerScratchBytes = fields[1];
  kernel.callerScratchBytesPerBatch = fields[2];
  kernel.parallel = fields[3];
  kernel.object = bytes.drop_front(headerBytes).str();
  return kernel;
}

int halide_backend::kernelCompilerMain(ArrayRef<const char *> arguments) {
  enum { object, statement, assembly, launches } output = object;
  int64_t batch = 1;
  CompileOptions options;
  for (StringRef argument : arguments) {
    if (argument == "--statement")
      output = statement;
    else if (argument == "--assembly")
      output = assembly;
    else if (argument.consume_front("--launches=") && !argument.getAsInteger(10, batch) && batch > 0)
      output = launches;
    else if (argument == "--asserts")
      options.asserts = true;
    else {
      llvm::errs() << "unknown option '" << argument << "'\n";
      return 2;
    }
  }

  DialectRegistry registry;
  registry.insert<nn::NnDialect, kernel::KernelDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto input = llvm::MemoryBuffer::getSTDIN();
  if (!input) {
    llvm::errs() << "cannot read the kernel: " << input.getError().message() << "\n";
    return 1;
  }
  // Whoever calls knows where the kernel comes from: places in its text would mean nothing to the user.
  context.printOpOnDiagnostic(false);
  ScopedDiagnosticHandler diagnostics(&context, [](Diagnostic &diagnostic) {
    llvm::errs() << (diagnostic.getSeverity() == DiagnosticSeverity::Error ? "error: " : "") << diagnostic << "\n";
    for (Diagnostic &note : diagnostic.getNotes())
      llvm::errs() << note << "\n";
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>((*input)->getBuffer(), &context);
  if (!module)
    return 1;
  FailureOr<Target> target = readTarget(*module);
  auto kernels = llvm::to_vector(module->getOps<kernel::FuncOp>());
  if (failed(target))
    return 1;
  if (kernels.size() != 1) {
    module->emitError("expects one kernel.func but got ") << kernels.size();
    return 1;
  }

  FailureOr<std::string> bytes = failure();
  if (output == statement) {
    bytes = emitStatement(kernels[0], *target);
  } else if (output == assembly) {
    bytes = emitAssembly(kernels[0], *target);
  } else if (output == launches) {
    bytes = emitLaunches(kernels[0], *target, batch);
  } else if (FailureOr<CompiledKernel> compiled = compileKernel(kernels[0], *target, options); succeeded(compiled)) {
    bytes = serialize(*compiled);
  }
  if (failed(bytes))
    return 1;
  llvm::outs() << *bytes;
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    llvm::errs() << "cannot write the kernel: " << llvm::outs().error().message() << "\n";
    llvm::outs().clear_error();
    return 1;
  }
  return 0;
}
