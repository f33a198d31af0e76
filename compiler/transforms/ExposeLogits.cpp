// Returns what goes into a final softmax, too.
#include "compiler/transforms/AppendResult.h"
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_EXPOSELOGITS
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

/// The logits that `result` is computed from, perhaps in another shape; null where it is not.
static Value findLogits(Value result) {
  Operation *layer = result.getDefiningOp();
  while (layer && (layer->hasTrait<nn::SameElements>() || layer->hasTrait<nn::InferenceIdentity>()))
    layer = layer->getOperand(0).getDefiningOp();
  return layer && layer->hasTrait<nn::TakesLogits>() ? layer->getOperand(0) : Value();
}

namespace {
struct ExposeLogits : transforms::impl::ExposeLogitsBase<ExposeLogits> {
  void runOnOperation() override {
    func::FuncOp network = getOperation();
    Operation *end = network.getBody().back().getTerminator();
    for (auto [index, result] : llvm::enumerate(SmallVector<Value>(end->getOperands()))) {
      Value logits = findLogits(result);
      // What the program passes in itself is not computed; what is returned is not returned twice.
      if (!logits || !logits.getDefiningOp() || llvm::is_contained(end->getOperands(), logits))
        continue;
      auto name = network.getResultAttrOfType<StringAttr>(index, nn::nameAttr);
      transforms::appendResult(network, logits,
                               name ? StringAttr::get(&getContext(), name.getValue() + ".logits") : StringAttr());
    }
  }
};
} // namespace
