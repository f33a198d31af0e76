// Turns a network of f32 into one of f64: for gradient checks and the like.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_USEDOUBLE
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

static Type toDouble(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.getElementType().isF32())
    return type;
  return tensor.clone(Float64Type::get(type.getContext()));
}

namespace {
struct UseDouble : transforms::impl::UseDoubleBase<UseDouble> {
  void runOnOperation() override {
    func::FuncOp network = getOperation();
    WalkResult result = network.walk([](Operation *op) {
      if (auto normalize = dyn_cast<nn::NormalizeOp>(op)) {
        normalize.emitError("the conversion of an input's raw values gives f32: f64 takes inputs of the type \"f32\" as they are");
        return WalkResult::interrupt();
      }
      for (Value value : op->getResults())
        value.setType(toDouble(value.getType()));
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (BlockArgument argument : block.getArguments())
            argument.setType(toDouble(argument.getType()));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    auto convert = [](ArrayRef<Type> types) { return llvm::map_to_vector(types, toDouble); };
    network.setType(FunctionType::get(&getContext(), convert(network.getArgumentTypes()), convert(network.getResultTypes())));
  }
};
} // namespace
