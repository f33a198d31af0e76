// Returns every layer's result.
#include "compiler/transforms/AppendResult.h"
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_EXPOSELAYERS
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

namespace {
struct ExposeLayers : transforms::impl::ExposeLayersBase<ExposeLayers> {
  void runOnOperation() override {
    func::FuncOp network = getOperation();
    for (Operation &op : network.getBody().front()) {
      auto layer = dyn_cast<NameLoc>(op.getLoc());
      if (!isa<nn::ParameterOp>(op) && op.getNumResults() == 1 && layer)
        transforms::appendResult(network, op.getResult(0), layer.getName());
    }
  }
};
} // namespace
