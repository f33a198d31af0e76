// Every kernel of a module as object code or text: from the cache, or from child processes that run Halide.
#ifndef DLC_COMPILER_PIPELINE_COMPILEKERNELS_H
#define DLC_COMPILER_PIPELINE_COMPILEKERNELS_H

#include "compiler/halide/Halide.h"
#include "compiler/pipeline/Pipeline.h"

#include <map>

namespace dlc::pipeline {

/// How the hidden verb is called with which dlc starts itself.
inline constexpr llvm::StringLiteral kernelVerb = "compile-kernel";

/// A module and where its kernels go, by symbol.
struct KernelSet {
  mlir::ModuleOp module;
  std::map<std::string, halide_backend::CompiledKernel> &kernels;
};

/// Compiles the kernels of all sets. Their code has the entry object::kernelEntry.
/// Sets `kernel.scratch` on each kernel.func.
Outcome compileKernels(llvm::ArrayRef<KernelSet> sets, const Options &options);

/// What `form` prints of each kernel: an argument of halide_backend::kernelCompilerMain.
Outcome printKernels(mlir::ModuleOp module, const Options &options, llvm::StringRef form,
                     std::map<std::string, std::string> &texts);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_COMPILEKERNELS_H
