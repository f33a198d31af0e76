// Decides how parameters are drawn: weights by what reads their sums, residual branches with less gain.
#include "compiler/importer/AssignInitialisers.h"
#include "compiler/importer/LayerTable.h"

#include "dialects/nn/Nn.h"

#include "llvm/ADT/SetVector.h"

#include <cmath>

using namespace mlir;

namespace dlc::importer {

/// How a parameter's operand says that it is drawn as its readers want it.
static constexpr StringLiteral drawnForReaders = "weights";

//===----------------------------------------------------------------------===//
// Weights by their readers
//===----------------------------------------------------------------------===//

/// How many layers behind a weight are asked how it is to be drawn.
static constexpr size_t searchLimit = 64;

/// What the first layers behind `op` that care want; empty where none does.
static StringRef initForReaders(Operation *op) {
  llvm::SmallPtrSet<Operation *, 16> seen;
  SmallVector<Operation *> reached{op};
  for (size_t i = 0; i < reached.size() && i < searchLimit; ++i) {
    for (Operation *reader : reached[i]->getUsers()) {
      const Layer *layer = findLayer(reader->getName().stripDialect());
      if (!layer || !seen.insert(reader).second)
        continue;
      if (!layer->weightInit.empty())
        return layer->weightInit;
      if (!layer->hasParameters() || isa<nn::ElementwiseOpInterface>(reader))
        reached.push_back(reader); // another layer with weights makes sums of its own
    }
  }
  return "";
}

//===----------------------------------------------------------------------===//
// Residual branches
//===----------------------------------------------------------------------===//

/// Contractions on the longest way from the network's inputs to a value.
using Depths = DenseMap<Value, int64_t>;

static Depths findDepths(func::FuncOp network) {
  Depths depths;
  for (Operation &op : network.getOps()) {
    int64_t depth = 0;
    for (Value operand : op.getOperands())
      depth = std::max(depth, depths.lookup(operand));
    for (Value result : op.getResults())
      depths[result] = depth + isa<nn::ContractionOpInterface>(op);
  }
  return depths;
}

/// The first parameter of a layer is what multiplies its input; null where it has none.
static nn::ParameterOp getWeight(Operation *layer) {
  for (Value operand : layer->getOperands())
    if (auto parameter = operand.getDefiningOp<nn::ParameterOp>())
      return parameter;
  return {};
}

/// Adds to `weights` the weights of the last layers with parameters on the ways to `branch`
/// that are deeper than `trunk`.
static void collectLastWeights(Value branch, int64_t trunk, const Depths &depths, SetVector<nn::ParameterOp> &weights) {
  SetVector<Value> reached;
  reached.insert(branch);
  for (size_t i = 0; i < reached.size(); ++i) {
    Operation *layer = reached[i].getDefiningOp();
    if (depths.lookup(reached[i]) <= trunk)
      continue;
    if (nn::ParameterOp weight = getWeight(layer)) {
      weights.insert(weight);
      continue;
    }
    // What is broadcast scales the branch, but is no part of its sum.
    const bool isElementwise = isa<nn::ElementwiseOpInterface>(layer);
    for (Value operand : layer->getOperands())
      if (!isElementwise || operand.getType() == reached[i].getType())
        reached.insert(operand);
  }
}

/// A residual sum adds to the trunk a branch of the same type that has more contractions behind it.
static void scaleResidualBranches(func::FuncOp network) {
  const Depths depths = findDepths(network);
  SetVector<nn::ParameterOp> weights;
  int64_t sums = 0;
  for (auto sum : network.getOps<nn::AddOp>()) {
    Value trunk = sum.getLhs(), branch = sum.getRhs();
    if (depths.lookup(trunk) > depths.lookup(branch))
      std::swap(trunk, branch);
    if (trunk.getType() != branch.getType() || depths.lookup(trunk) == depths.lookup(branch))
      continue;
    ++sums;
    collectLastWeights(branch, depths.lookup(trunk), depths, weights);
  }
  for (nn::ParameterOp weight : weights)
    if (sums > 1)
      weight.setGain(APFloat(1 / std::sqrt(double(sums))));
}

void assignInitialisers(func::FuncOp network) {
  for (auto parameter : network.getOps<nn::ParameterOp>()) {
    if (parameter.getInit() != drawnForReaders)
      continue;
    StringRef init = "he";
    for (Operation *layer : parameter->getUsers())
      if (StringRef wanted = initForReaders(layer); !wanted.empty())
        init = wanted;
    parameter.setInit(init);
  }
  scaleResidualBranches(network);
}

} // namespace dlc::importer
