// Which Halide this is built with.
#include "compiler/halide/Halide.h"

#include <Halide.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

llvm::StringRef dlc::halide_backend::getHalideVersion() {
  return TEXT(HALIDE_VERSION_MAJOR) "." TEXT(HALIDE_VERSION_MINOR) "." TEXT(HALIDE_VERSION_PATCH);
}
