// kernel.func → Halide pipeline → object, statement or assembly. No exception leaves this file.
#include "compiler/halide/Kernel.h"
#include "compiler/halide/Launches.h"
#include "compiler/halide/Scratch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>
#include <limits>
#include <sstream>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using HalideTarget = Halide::Target;

//===----------------------------------------------------------------------===//
// Target
//===----------------------------------------------------------------------===//

/// Whether anything in the kernel is of type f64.
static bool hasDoubles(kernel::FuncOp kernel) {
  auto isDouble = [](Type type) { return cast<RankedTensorType>(type).getElementType().isF64(); };
  return llvm::any_of(kernel.getBlock().getArgumentTypes(), isDouble) ||
         llvm::any_of(kernel.getBlock().without_terminator(),
                      [&](Operation &op) { return llvm::any_of(op.getResultTypes(), isDouble); });
}

static HalideTarget makeHalideTarget(kernel::FuncOp kernel, const Target &target, const CompileOptions &options) {
  HalideTarget result;
  result.os = HalideTarget::Linux;
  result.bits = 64;
  result.arch = StringRef(target.triple).starts_with("aarch64") ? HalideTarget::ARM : HalideTarget::X86;
  auto has = [&](StringRef name) { return llvm::is_contained(target.features, name); };
  auto hasAll = [&](std::initializer_list<StringRef> names) { return llvm::all_of(names, has); };
  auto set = [&](HalideTarget::Feature feature, bool value = true) { result.set_feature(feature, value); };
  if (result.arch == HalideTarget::X86) {
    set(HalideTarget::SSE41, has("sse4.1"));
    set(HalideTarget::AVX, has("avx"));
    set(HalideTarget::F16C, has("f16c"));
    set(HalideTarget::FMA, has("fma"));
    set(HalideTarget::AVX2, has("avx2"));
    // Vectors of 64 bytes only where the layouts have them too.
    if (target.vectorBytes == 64 && hasAll({"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"})) {
      set(HalideTarget::AVX512);
      set(HalideTarget::AVX512_Skylake);
    }
  } else {
    set(HalideTarget::ARMDotProd, has("dotprod"));
    set(HalideTarget::ARMFp16, has("fullfp16"));
  }
  if (target.device == "opencl") {
    set(HalideTarget::OpenCL);
    set(HalideTarget::CLDoubles, hasDoubles(kernel)); // which not all devices have
  }
  if (target.device == "cuda") {
    set(HalideTarget::CUDA);
    set(HalideTarget::CUDACapability70);
  }
  set(HalideTarget::UserContext);
  set(HalideTarget::NoRuntime);
  if (!options.asserts) {
    set(HalideTarget::NoAsserts);
    set(HalideTarget::NoBoundsQuery);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

namespace {
/// Halide writes constants of OpenCL's kernels as floats, in double as well: a double
/// is the sum of three of them.
class SplitDoubles : public Halide::Internal::IRMutator {
  using IRMutator::visit;

  Expr visit(const Halide::Internal::FloatImm *op) override {
    if (!op->type.is_scalar() || op->type.bits() != 64 || !(std::abs(op->value) <= std::numeric_limits<float>::max()))
      return op;
    Expr sum;
    for (double rest = op->value; !sum.defined() || rest != 0;) {
      const auto part = static_cast<double>(static_cast<float>(rest));
      Expr constant = Halide::Internal::FloatImm::make(op->type, part);
      sum = sum.defined() ? Halide::Internal::Add::make(sum, constant) : constant;
      rest = part == 0 ? 0 : rest - part; // what is left may be too small for a float
    }
    return sum;
  }
};

struct LoweredKernel {
  Halide::Module module;
  std::vector<std::string> batchNames;
};
} // namespace

/// Runs `function`, turning whatever it throws into a diagnostic at `op`.
static LogicalResult catchAll(kernel::FuncOp op, llvm::function_ref<LogicalResult()> function) {
  auto report = [&](StringRef what) { return op.emitOpError("cannot be compiled: ") << what.trim(); };
  try {
    return function();
  } catch (const Halide::Error &error) {
    return report(error.what());
  } catch (const std::exception &error) {
    return report(error.what());
  } catch (...) {
    return report("an unknown error");
  }
}

static FailureOr<LoweredKernel> lowerKernel(kernel::FuncOp op, const Target &target, const CompileOptions &options) {
  Kernel kernel(op, target, options);
  if (failed(kernel.build()) || failed(applySchedule(kernel)))
    return failure();
  std::vector<Func> results;
  std::vector<std::string> batchNames = kernel.batchNames;
  for (Stage &stage : kernel.stages)
    if (stage.isResult) {
      results.push_back(stage.func);
      if (!stage.domain.shape.empty() && stage.domain.shape[0] < 0)
        for (const Halide::OutputImageParam &param : stage.func.output_buffers())
          batchNames.push_back(param.name() + ".extent." + std::to_string(stage.domain.vars.size() - 1));
    }
  const HalideTarget machine = makeHalideTarget(op, target, options);
  Halide::Pipeline pipeline(results);
  if (machine.has_feature(HalideTarget::CLDoubles))
    pipeline.add_custom_lowering_pass(new SplitDoubles); // which the pipeline deletes
  Halide::Module module =
      pipeline.compile_to_module(kernel.arguments, op.getSymName().str(), machine, Halide::LinkageType::External);
  return LoweredKernel{module, batchNames};
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

FailureOr<CompiledKernel> halide_backend::compileKernel(kernel::FuncOp op, const Target &target,
                                                        CompileOptions options) {
  CompiledKernel compiled;
  LogicalResult result = catchAll(op, [&]() -> LogicalResult {
    FailureOr<LoweredKernel> lowered = lowerKernel(op, target, options);
    if (failed(lowered))
      return failure();
    std::string unbounded;
    Scratch scratch =
        measureScratch(lowered->module.get_conceptual_stmt(), lowered->batchNames, target.isDevice(), unbounded);
    if (!unbounded.empty())
      return op.emitOpError("needs scratch of no known size for ") << unbounded;
    if (std::string place = findDivergentBarrier(lowered->module.get_conceptual_stmt()); !place.empty())
      return op.emitOpError("has threads that wait for others which do not come: in ") << place;
    compiled.scratchBytes = scratch.workerBytes;
    compiled.callerScratchBytes = scratch.callerBytes;
    compiled.callerScratchBytesPerBatch = scratch.callerBytesPerBatch;
    compiled.parallel = scratch.parallel;
    Halide::Buffer<uint8_t> object = lowered->module.compile_to_buffer();
    compiled.object.assign(reinterpret_cast<const char *>(object.data()), object.size_in_bytes());
    return success();
  });
  if (failed(result))
    return failure();
  return compiled;
}

FailureOr<std::string> halide_backend::emitStatement(kernel::FuncOp op, const Target &target) {
  std::string text;
  LogicalResult result = catchAll(op, [&]() -> LogicalResult {
    FailureOr<LoweredKernel> lowered = lowerKernel(op, target, {});
    if (failed(lowered))
      return failure();
    std::ostringstream stream;
    stream << lowered->module.get_conceptual_stmt();
    text = stream.str();
    return success();
  });
  if (failed(result))
    return failure();
  return text;
}

FailureOr<std::string> halide_backend::emitLaunches(kernel::FuncOp op, const Target &target, int64_t batch) {
  std::string text;
  LogicalResult result = catchAll(op, [&]() -> LogicalResult {
    FailureOr<LoweredKernel> lowered = lowerKernel(op, target, {});
    if (failed(lowered))
      return failure();
    std::string unknown;
    text =
        describeLaunches(lowered->module.get_conceptual_stmt(), lowered->batchNames, static_cast<int>(batch), unknown);
    if (!unknown.empty())
      return op.emitOpError("has loops of no known size: ") << unknown;
    return success();
  });
  if (failed(result))
    return failure();
  return text;
}

FailureOr<std::string> halide_backend::emitAssembly(kernel::FuncOp op, const Target &target) {
  std::string text;
  LogicalResult result = catchAll(op, [&]() -> LogicalResult {
    FailureOr<LoweredKernel> lowered = lowerKernel(op, target, {});
    if (failed(lowered))
      return failure();
    // Halide writes assembly to files alone.
    SmallString<128> path;
    if (std::error_code error = llvm::sys::fs::createTemporaryFile("dlc-kernel", "s", path))
      return op.emitOpError("cannot be written to a temporary file: ") << error.message();
    lowered->module.compile({{Halide::OutputFileType::assembly, path.str().str()}});
    auto buffer = llvm::MemoryBuffer::getFile(path);
    llvm::sys::fs::remove(path);
    if (!buffer)
      return op.emitOpError("cannot be read from a temporary file: ") << buffer.getError().message();
    text = (*buffer)->getBuffer().str();
    return success();
  });
  if (failed(result))
    return failure();
  return text;
}
