// dlc --licenses.
#include "tools/dlc/Verb.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/raw_ostream.h"

void dlc::printLicenses() {
  llvm::outs() << "dlc is built with\n"
                  "  LLVM, MLIR and lld " LLVM_VERSION_STRING "  Apache License 2.0 with LLVM exceptions\n"
                  "  Halide                   MIT License, with its own copy of LLVM\n"
                  "  nlohmann/json            MIT License\n"
                  "  zlib                     zlib License\n"
                  "  Zstandard                BSD 3-Clause License\n"
                  "  libpng                   libpng License 2.0\n"
                  "  libjpeg-turbo            Independent JPEG Group License, BSD 3-Clause License\n"
                  "\n"
                  "An object file that dlc writes holds nothing of these but what the compilers generate;\n"
                  "libdlc_runtime, with which programs link it, holds nothing of them at all.\n";
}
