// Makes a concat of concats one concat.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_FLATTENCONCAT
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

static std::optional<int64_t> getDim(nn::ConcatOp concat) {
  return nn::normalizeDim(concat.getDim(), concat.getType().getRank());
}

namespace {
struct FlattenConcat : transforms::impl::FlattenConcatBase<FlattenConcat> {
  void runOnOperation() override {
    // In program order: the inner concats are flat when the outer one takes their inputs.
    for (auto concat : getOperation().getOps<nn::ConcatOp>()) {
      SmallVector<Value> inputs;
      SmallVector<nn::ConcatOp> inner;
      for (Value input : concat.getInputs()) {
        auto producer = input.getDefiningOp<nn::ConcatOp>();
        if (!producer || !input.hasOneUse() || getDim(producer) != getDim(concat)) {
          inputs.push_back(input);
          continue;
        }
        llvm::append_range(inputs, producer.getInputs());
        inner.push_back(producer);
      }
      concat.getInputsMutable().assign(inputs);
      for (nn::ConcatOp producer : inner)
        producer.erase();
    }
  }
};
} // namespace
