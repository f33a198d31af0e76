// What tuners have found: from files of records to the module whose kernels they are about.
#ifndef DLC_COMPILER_PIPELINE_TUNING_H
#define DLC_COMPILER_PIPELINE_TUNING_H

#include "compiler/pipeline/Pipeline.h"
#include "compiler/tuning/Records.h"

namespace dlc::pipeline {

/// Where the kernels of `module` run, on any number of threads.
tuning::Environment getEnvironment(mlir::ModuleOp module);

/// Puts the best choices that Options::tuning has for the kernels of `module` on
/// it, for the pass that applies them. Records of other targets or versions and
/// lines that are no records are passed over with a warning; a file that cannot be
/// read is an error.
Outcome attachTuning(mlir::ModuleOp module, const Options &options);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_TUNING_H
