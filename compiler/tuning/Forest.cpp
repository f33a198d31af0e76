// Boosted regression trees.
#include "compiler/tuning/Forest.h"

#include "llvm/ADT/STLExtras.h"

#include <numeric>

using namespace llvm;
using namespace dlc::tuning;

namespace {
struct Split {
  int feature = -1;
  double threshold = 0, gain = 0;
};
} // namespace

static double sum(ArrayRef<double> values, ArrayRef<unsigned> samples) {
  double total = 0;
  for (unsigned sample : samples)
    total += values[sample];
  return total;
}

/// The split that takes most off the sum of squares; none where none takes anything.
static Split findSplit(ArrayRef<std::vector<double>> features, ArrayRef<double> values, ArrayRef<unsigned> samples,
                       unsigned leastLeaf) {
  Split best;
  const double total = sum(values, samples), count = samples.size();
  std::vector<unsigned> sorted(samples.begin(), samples.end());
  for (size_t feature = 0; feature < features[samples.front()].size(); ++feature) {
    // Equal values in one order, so that the result does not depend on how they came.
    llvm::sort(sorted, [&](unsigned a, unsigned b) {
      return std::pair(features[a][feature], a) < std::pair(features[b][feature], b);
    });
    double left = 0;
    for (size_t i = 0; i + 1 < sorted.size(); ++i) {
      left += values[sorted[i]];
      const double here = features[sorted[i]][feature], next = features[sorted[i + 1]][feature];
      const double leftCount = i + 1, rightCount = count - leftCount;
      if (here == next || leftCount < leastLeaf || rightCount < leastLeaf)
        continue;
      const double right = total - left;
      const double gain = left * left / leftCount + right * right / rightCount - total * total / count;
      if (gain > best.gain + 1e-12)
        best = {static_cast<int>(feature), (here + next) / 2, gain};
    }
  }
  return best;
}

unsigned Forest::Tree::grow(ArrayRef<std::vector<double>> features, ArrayRef<double> values,
                            std::vector<unsigned> samples, unsigned depth, const Options &options) {
  const unsigned index = nodes.size();
  nodes.emplace_back();
  const Split split = depth ? findSplit(features, values, samples, options.leastLeaf) : Split();
  if (split.feature < 0) {
    nodes[index].value = sum(values, samples) / samples.size();
    return index;
  }
  auto middle = std::stable_partition(samples.begin(), samples.end(), [&](unsigned sample) {
    return features[sample][split.feature] <= split.threshold;
  });
  std::vector<unsigned> right(middle, samples.end());
  samples.erase(middle, samples.end());
  const unsigned leftNode = grow(features, values, std::move(samples), depth - 1, options);
  const unsigned rightNode = grow(features, values, std::move(right), depth - 1, options);
  nodes[index] = {split.feature, split.threshold, leftNode, rightNode, 0};
  return index;
}

double Forest::Tree::predict(ArrayRef<double> features) const {
  const Node *node = &nodes.front();
  while (node->feature >= 0)
    node = &nodes[features[node->feature] <= node->threshold ? node->left : node->right];
  return node->value;
}

Forest Forest::fit(ArrayRef<std::vector<double>> features, ArrayRef<double> values, Options options) {
  Forest forest;
  if (values.empty())
    return forest;
  std::vector<unsigned> samples(values.size());
  std::iota(samples.begin(), samples.end(), 0);
  forest.mean = sum(values, samples) / values.size();
  forest.rate = options.rate;
  std::vector<double> rest(values.begin(), values.end());
  for (double &value : rest)
    value -= forest.mean;
  for (unsigned i = 0; i < options.trees; ++i) {
    Tree tree;
    tree.grow(features, rest, samples, options.depth, options);
    for (auto [value, sample] : zip(rest, features))
      value -= options.rate * tree.predict(sample);
    forest.trees.push_back(std::move(tree));
  }
  return forest;
}

double Forest::predict(ArrayRef<double> features) const {
  double value = mean;
  for (const Tree &tree : trees)
    value += rate * tree.predict(features);
  return value;
}
