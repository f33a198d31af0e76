// Folds batch norm into the weight and bias of the contraction before it.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

/// Whether dimension 1 of the contraction's result, over which batch norm works,
/// is the first one of its weight. (That of a linear layer over [N, T, C] is not.)
static bool hasChannelsFirst(nn::ContractionOpInterface contraction) {
  return isa<nn::WindowOpInterface>(*contraction) ||
         cast<RankedTensorType>(contraction->getResult(0).getType()).getRank() == 2;
}

/// Whether all that is folded is known when the object is written.
static bool isConstant(nn::BatchNorm2dOp norm, nn::ContractionOpInterface contraction) {
  Value bias = contraction.getBiasValue();
  return nn::isParameter(contraction.getWeightOperand().get()) && (!bias || nn::isParameter(bias)) &&
         llvm::all_of(norm->getOperands().drop_front(), nn::isParameter);
}

static void fold(nn::BatchNorm2dOp norm, nn::ContractionOpInterface contraction) {
  // The norm's parameters may be defined after the contraction, so that takes the norm's place.
  OpBuilder builder(norm);
  Location loc = norm.getLoc();
  Value scaled = nn::FoldScaleOp::create(builder, loc, contraction.getWeightOperand().get().getType(),
                                         contraction.getWeightOperand().get(), norm.getWeight(), norm.getRunningVar(),
                                         norm.getEpsAttr());
  Value shifted = nn::FoldShiftOp::create(builder, loc, norm.getBias().getType(), norm.getWeight(), norm.getBias(),
                                          norm.getRunningMean(), norm.getRunningVar(), contraction.getBiasValue(),
                                          norm.getEpsAttr());
  contraction->moveBefore(norm);
  contraction->setLoc(FusedLoc::get(builder.getContext(), {contraction->getLoc(), loc}));
  contraction.getWeightOperand().set(scaled);
  contraction.setBiasValue(shifted);
  norm.replaceAllUsesWith(contraction->getResult(0));
  norm.erase();
}

namespace {
struct FoldBatchNorm : transforms::impl::FoldBatchNormBase<FoldBatchNorm> {
  void runOnOperation() override {
    // In program order, so that of two norms in a row both are folded.
    for (auto norm : llvm::make_early_inc_range(getOperation().getOps<nn::BatchNorm2dOp>())) {
      auto contraction = norm.getInput().getDefiningOp<nn::ContractionOpInterface>();
      if (contraction && norm.getInput().hasOneUse() && hasChannelsFirst(contraction) && isConstant(norm, contraction))
        fold(norm, contraction);
    }
  }
};
} // namespace
