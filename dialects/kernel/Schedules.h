// Rules that the choice of a schedule and the tuner's space of schedules share.
#ifndef DLC_DIALECTS_KERNEL_SCHEDULES_H
#define DLC_DIALECTS_KERNEL_SCHEDULES_H

#include "dialects/kernel/KernelShape.h"
#include "dialects/kernel/Machine.h"

namespace dlc::kernel {

/// Whether a tile's sums, its operands of the smaller side and one of the other's fit the registers.
bool fitsRegisters(int64_t pixels, int64_t blocks, const Machine &machine);

/// Whether a matrix product goes through the pixels of its plane as one line: no
/// tensor of the kernel has a halo, so that rows follow each other.
bool computesInLine(FuncOp func, const KernelShape &parts, const ContractionShape &shape);

/// Bytes of shared memory that a block may have on all devices of the last ten years.
inline constexpr int64_t sharedBytes = 48 * 1024;
/// Those that a tile takes: a slab of both operands, and the sums.
int64_t getSharedBytes(GpuTiledAttr tile, const WindowShape &window);

} // namespace dlc::kernel

#endif // DLC_DIALECTS_KERNEL_SCHEDULES_H
