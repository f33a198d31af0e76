// kernel.func → object code. What other rooms see of this one: no Halide here.
//
// A compiled kernel is `int32_t NAME(void *context, halide_buffer_t *argument…,
// halide_buffer_t *result…)`, NAME the symbol of its kernel.func, with the
// descriptors of dialects/kernel/Descriptor.h. It returns 0 or an error of the
// runtime, and of the functions that it leaves undefined those that it needs:
// halide_malloc, halide_free, halide_do_par_for and the mathematics of libm. A
// kernel for a device launches it: halide_DEVICE_{initialize_kernels,run,
// finalize_kernels,device_interface}, halide_copy_to_device, halide_device_malloc,
// halide_device_free.
//
// A kernel reads all of an argument's plane with its halo at any time, with one
// exception that allows a result to take an argument's place: where every op
// between them is elementwise, without broadcasting that argument, and the types
// are equal, an element of the argument is read before the same element of the
// result is written and never after. With several results that holds where all ops
// are elementwise and all results have the same shape and lanes.
#ifndef DLC_COMPILER_HALIDE_HALIDE_H
#define DLC_COMPILER_HALIDE_HALIDE_H

#include "dialects/kernel/Kernel.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>
#include <string>

namespace dlc::halide_backend {

/// As in "21.0.0".
llvm::StringRef getHalideVersion();

/// The machine that kernels are compiled for: the attribute `kernel.target` of a
/// module, {triple, features, vector_bytes}, and {device} where kernels run on one,
/// the rest being that of the machine that launches them.
struct Target {
  std::string triple;
  std::vector<std::string> features; // LLVM's names
  int64_t vectorBytes = 16;
  std::string device; // "cuda", "opencl"; "": none
  bool isDevice() const { return !device.empty(); }
};

/// The target of `module`. Fails after a diagnostic where it has none, or one
/// that is malformed or that kernels cannot be compiled for.
llvm::FailureOr<Target> readTarget(mlir::ModuleOp module);

struct CompiledKernel {
  std::string object;
  /// Bytes of scratch as the runtime counts them (DLC_SCRATCH_COST): of each
  /// worker within parallel loops, and of the caller outside of them, which is
  /// callerScratchBytes + batch · callerScratchBytesPerBatch.
  int64_t scratchBytes = 0;
  int64_t callerScratchBytes = 0;
  int64_t callerScratchBytesPerBatch = 0;
  /// Whether it calls halide_do_par_for.
  bool parallel = false;
};

struct CompileOptions {
  /// Checks every descriptor against what the kernel reads and writes. For tests.
  bool asserts = false;
};

/// Fails after a diagnostic at the kernel, its schedule or one of its ops.
llvm::FailureOr<CompiledKernel> compileKernel(kernel::FuncOp kernel, const Target &target, CompileOptions options = {});

/// The lowered loops as text, resp. the assembly.
llvm::FailureOr<std::string> emitStatement(kernel::FuncOp kernel, const Target &target);
llvm::FailureOr<std::string> emitAssembly(kernel::FuncOp kernel, const Target &target);

/// What a kernel for a device launches there for a batch, a line each: "blocks X Y Z
/// threads X Y Z shared BYTES"; and "host NAME" for what the machine computes itself.
llvm::FailureOr<std::string> emitLaunches(kernel::FuncOp kernel, const Target &target, int64_t batch);

//===----------------------------------------------------------------------===//
// Compilation in a child process
//===----------------------------------------------------------------------===//

/// The text that a child reads: a module with `kernel`, its target and no more.
/// Two kernels with the same text have the same code.
std::string printKernelModule(kernel::FuncOp kernel, const Target &target);

/// What a child writes, and its inverse. Parsing refuses what is not whole.
std::string serialize(const CompiledKernel &kernel);
std::optional<CompiledKernel> parseCompiledKernel(llvm::StringRef bytes);

/// A child's whole work: reads the text of a module from stdin and writes the
/// serialized kernel to stdout, or diagnostics to stderr. The arguments choose
/// what else to write: `--statement`, `--assembly`, `--launches=BATCH`; or `--asserts`. Returns the
/// process' exit code: 0, 1 (a diagnostic was given) or 2 (wrong usage).
int kernelCompilerMain(llvm::ArrayRef<const char *> arguments);

} // namespace dlc::halide_backend

#endif // DLC_COMPILER_HALIDE_HALIDE_H
