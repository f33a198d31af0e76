// Networks given as IR become shared libraries, each in a process of its own.
#ifndef DLC_TOOLS_DLC_BUILDPROGRAMS_H
#define DLC_TOOLS_DLC_BUILDPROGRAMS_H

#include "compiler/pipeline/ChildProcess.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace dlc {

/// The hidden verb with which dlc starts itself: `build-program NETWORK PATH CACHE`
/// builds the shared library PATH of the IR file NETWORK, with a cache of its own.
inline constexpr llvm::StringLiteral buildVerb = "build-program";
int buildProgramMain(llvm::ArrayRef<llvm::StringRef> arguments);

/// A program that was built, or why it was not.
struct Program {
  std::string path, failure;
};

/// Builds FOLDER/NAME0.so of the first text, and so on, as many at a time as there are
/// `jobs` (0: one a processor). Texts that are empty are left out.
std::vector<Program> buildPrograms(llvm::ArrayRef<std::string> texts, llvm::StringRef folder, llvm::StringRef name,
                                   unsigned jobs);

/// The module without places in files that a child could not know.
std::string printModule(mlir::ModuleOp module);

/// Why a child that was to build or measure something did not.
std::string getReason(const pipeline::ChildResult &child);

} // namespace dlc

#endif // DLC_TOOLS_DLC_BUILDPROGRAMS_H
