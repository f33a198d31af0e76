// The verbs of `dlc`: one row here and one file each.
#ifndef DLC_TOOLS_DLC_VERB_H
#define DLC_TOOLS_DLC_VERB_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dlc {

/// Runs a verb on what follows it on the command line; returns the exit code.
using VerbMain = int (*)(llvm::ArrayRef<llvm::StringRef> arguments);

int compileMain(llvm::ArrayRef<llvm::StringRef> arguments); // Compile.cpp
int runMain(llvm::ArrayRef<llvm::StringRef> arguments);     // Run.cpp
int benchMain(llvm::ArrayRef<llvm::StringRef> arguments);   // Bench.cpp
int verifyMain(llvm::ArrayRef<llvm::StringRef> arguments);  // Verify.cpp
int trainMain(llvm::ArrayRef<llvm::StringRef> arguments);   // Train.cpp
int tuneMain(llvm::ArrayRef<llvm::StringRef> arguments);    // Tune.cpp
int inspectMain(llvm::ArrayRef<llvm::StringRef> arguments); // Inspect.cpp
int schemaMain(llvm::ArrayRef<llvm::StringRef> arguments);  // Schema.cpp
int cacheMain(llvm::ArrayRef<llvm::StringRef> arguments);   // Cache.cpp
int devicesMain(llvm::ArrayRef<llvm::StringRef> arguments); // Devices.cpp

/// `dlc --licenses`: what dlc is made of, and under which terms. Licenses.cpp
void printLicenses();

} // namespace dlc

#endif // DLC_TOOLS_DLC_VERB_H
