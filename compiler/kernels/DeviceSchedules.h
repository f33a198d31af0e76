// Schedules of kernels that run on a device.
#ifndef DLC_COMPILER_KERNELS_DEVICESCHEDULES_H
#define DLC_COMPILER_KERNELS_DEVICESCHEDULES_H

#include "dialects/kernel/Kernel.h"

namespace dlc::kernels {

/// The schedule of a kernel whose module's target has a device.
mlir::Attribute selectDeviceSchedule(kernel::FuncOp func);

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_DEVICESCHEDULES_H
