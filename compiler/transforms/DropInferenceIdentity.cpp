// Drops layers that do nothing at inference.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_DROPINFERENCEIDENTITY
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

namespace {
struct DropInferenceIdentity : transforms::impl::DropInferenceIdentityBase<DropInferenceIdentity> {
  void runOnOperation() override {
    for (Operation &layer : llvm::make_early_inc_range(getOperation().getOps())) {
      if (!layer.hasTrait<nn::InferenceIdentity>())
        continue;
      layer.getResult(0).replaceAllUsesWith(layer.getOperand(0));
      layer.erase();
    }
  }
};
} // namespace
