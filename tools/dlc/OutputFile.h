// Files that appear whole or not at all.
#ifndef DLC_TOOLS_DLC_OUTPUTFILE_H
#define DLC_TOOLS_DLC_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace dlc {

/// Writes beside `path`, then renames. Leaves nothing where `write` fails.
llvm::Error writeOutputFile(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

} // namespace dlc

#endif // DLC_TOOLS_DLC_OUTPUTFILE_H
