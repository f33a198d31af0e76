// 1. Forward: which values depend on a wanted one.
// 2. Backward: each layer whose result has a gradient, and depends on a wanted
//    value, adds to the gradients of its operands that do.
#include "compiler/transforms/Differentiate.h"
#include "dialects/nn/Differentiation.h"

#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace dlc;

LogicalResult transforms::differentiate(Block &block, ArrayRef<Value> wanted, Gradients &gradients) {
  llvm::DenseSet<Value> needed(wanted.begin(), wanted.end());
  SmallVector<Operation *> layers;
  for (Operation &op : block.without_terminator())
    if (op.getNumResults() == 1 && llvm::any_of(op.getOperands(), [&](Value value) { return needed.contains(value); })) {
      needed.insert(op.getResult(0));
      layers.push_back(&op);
    }

  OpBuilder builder = block.mightHaveTerminator() ? OpBuilder(block.getTerminator()) : OpBuilder::atBlockEnd(&block);
  for (Operation *op : llvm::reverse(layers)) {
    auto found = gradients.find(op->getResult(0));
    if (found == gradients.end())
      continue;
    auto layer = dyn_cast<nn::DifferentiableOpInterface>(op);
    if (!layer)
      return op->emitOpError("has no gradient, so that what it reads cannot be trained");
    Value gradient = found->second; // a copy: entries move
    Location loc = op->getLoc();
    auto isNeeded = [&](Value operand) { return needed.contains(operand); };
    auto add = [&](Value operand, Value value) {
      if (!needed.contains(operand))
        return;
      Value &sum = gradients[operand];
      sum = sum ? nn::AddOp::create(builder, loc, value.getType(), sum, value) : value;
    };
    nn::BackwardStep step(builder, loc, gradient, isNeeded, add);
    layer.differentiate(step);
  }
  return success();
}
