// What a network's steps launch on a device.
#ifndef DLC_COMPILER_PIPELINE_DEVICESTEPS_H
#define DLC_COMPILER_PIPELINE_DEVICESTEPS_H

#include "compiler/pipeline/Pipeline.h"

#include <array>

namespace dlc::pipeline {

struct DeviceLaunch {
  std::array<int64_t, 3> blocks, threads;
  int64_t sharedBytes = 0;
};

/// One kernel of the network, in the order in which they run.
struct DeviceStep {
  std::string layers, kernel, schedule;
  std::vector<DeviceLaunch> launches;
  std::vector<std::string> onHost; // what of it the machine computes itself
};

/// The steps of `module`, a device's after Stage::Scheduled, for a batch.
Outcome describeSteps(mlir::ModuleOp module, const Options &options, int64_t batch, std::vector<DeviceStep> &steps);

} // namespace dlc::pipeline

#endif // DLC_COMPILER_PIPELINE_DEVICESTEPS_H
