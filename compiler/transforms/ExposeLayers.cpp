// Returns every layer's result.
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
    Operation *end = network.getBody().back().getTerminator();
    for (Operation &op : network.getBody().front()) {
      auto layer = dyn_cast<NameLoc>(op.getLoc());
      if (isa<nn::ParameterOp>(op) || op.getNumResults() != 1 || !layer)
        continue;
      auto name = NamedAttribute(StringAttr::get(&getContext(), nn::nameAttr), layer.getName());
      const unsigned last = network.getNumResults();
      if (failed(network.insertResult(last, op.getResult(0).getType(), DictionaryAttr::get(&getContext(), name))))
        return signalPassFailure();
      end->insertOperands(last, op.getResult(0));
    }
  }
};
} // namespace
