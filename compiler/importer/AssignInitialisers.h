// How parameters that no file gives are to be drawn.
#ifndef DLC_COMPILER_IMPORTER_ASSIGNINITIALISERS_H
#define DLC_COMPILER_IMPORTER_ASSIGNINITIALISERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc::importer {

/// Sets `init` and `gain` of the parameters of `network`:
/// - weights are drawn as the layers want that take their sums, He's way where
///   none cares;
/// - the last weight of each residual branch gets the gain 1/√L, L the number of
///   residual sums. Each sum then adds a share of 1/L to the variance, so that it
///   grows by less than e in a network of any depth, where it would double L
///   times (Hayou et al. 2021, "Stable ResNet"). Starting these branches at zero
///   (Goyal et al. 2017; Zhang et al. 2019, "Fixup") bounds it too, but hides
///   what the branch computes.
void assignInitialisers(mlir::func::FuncOp network);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_ASSIGNINITIALISERS_H
