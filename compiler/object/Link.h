// Linking, in this process: many relocatable objects become one, or one becomes a shared library.
#ifndef DLC_COMPILER_OBJECT_LINK_H
#define DLC_COMPILER_OBJECT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace dlc::object {

/// The object code of a kernel, and what its function is to be called.
struct KernelObject {
  std::string symbol;
  std::string bytes;
};

/// What the function is called in a KernelObject's bytes.
inline constexpr llvm::StringLiteral kernelEntry = "kernel";

/// One relocatable object of the drivers and the kernels. All symbols but
/// `exported` become local, and what kernels want of Halide's runtime they want
/// of ours; local symbols stay where they match `kept`, a pattern as of the
/// shell, for the sake of profilers and debuggers. The same input gives the same
/// bytes. For one architecture.
llvm::Expected<std::string> linkModel(llvm::ArrayRef<std::string> drivers, llvm::ArrayRef<KernelObject> kernels,
                                      llvm::ArrayRef<std::string> exported, llvm::StringRef kept);

/// Links the object file `object` into the shared library `library`, to be
/// loaded by a process that has the runtime.
llvm::Error linkSharedLibrary(llvm::StringRef object, llvm::StringRef library);

} // namespace dlc::object

#endif // DLC_COMPILER_OBJECT_LINK_H
