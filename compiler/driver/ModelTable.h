// The numbers and names of a planned network, as runtime/include/dlc/model.h lays them out.
#ifndef DLC_COMPILER_DRIVER_MODELTABLE_H
#define DLC_COMPILER_DRIVER_MODELTABLE_H

#include "dialects/kernel/Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace dlc::driver {

/// One kernel launch as the driver makes it: its descriptors, and the frames to
/// fill before.
struct Step {
  kernel::LaunchOp launch;
  std::vector<int64_t> buffers; // the kernel's arguments, then its results
  struct Halo {
    int64_t buffer; // the interior
    int64_t left, right, top, bottom;
  };
  std::vector<Halo> halos;
};

struct ModelTable {
  std::vector<int64_t> table;
  std::string strings;
  std::vector<Step> steps;
};

/// What a session of a planned network whose kernels are compiled provides, in
/// bytes; each a multiple of 64.
struct ArenaSize {
  int64_t fixed = 0, perBatch = 0;             // placed by the plan
  int64_t callerFixed = 0, callerPerBatch = 0; // scratch of the calling thread
  int64_t perThread = 0;                       // scratch of each worker
  bool isParallel = false;
};
ArenaSize getArenaSize(mlir::func::FuncOp network);

/// The table of `network`, or of another function of its module, whose memory is planned. Fails after a diagnostic.
llvm::FailureOr<ModelTable> buildModelTable(mlir::func::FuncOp network);

} // namespace dlc::driver

#endif // DLC_COMPILER_DRIVER_MODELTABLE_H
