// Compiles the kernel that it reads from stdin, as the children of `dlc compile` do.
#include "compiler/halide/Halide.h"

int main(int argc, char **argv) {
  return dlc::halide_backend::kernelCompilerMain(llvm::ArrayRef<const char *>(argv + 1, argc - 1));
}
