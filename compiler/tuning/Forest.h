// A regression by boosted trees: the learned model of the search.
#ifndef DLC_COMPILER_TUNING_FOREST_H
#define DLC_COMPILER_TUNING_FOREST_H

#include "llvm/ADT/ArrayRef.h"

#include <vector>

namespace dlc::tuning {

/// Least squares by gradient boosting (Friedman 2001): trees of a few splits, each
/// fitted to what those before it have left. Small on purpose: some hundred samples.
class Forest {
public:
  struct Options {
    unsigned trees = 60, depth = 3, leastLeaf = 2;
    double rate = 0.2; // share of each tree's answer that counts
  };

  /// Each row of `features` is a sample; all are equally long. Without samples the answer is 0.
  static Forest fit(llvm::ArrayRef<std::vector<double>> features, llvm::ArrayRef<double> values, Options options);
  static Forest fit(llvm::ArrayRef<std::vector<double>> features, llvm::ArrayRef<double> values) {
    return fit(features, values, Options());
  }

  double predict(llvm::ArrayRef<double> features) const;

private:
  struct Node {
    int feature = -1;     // -1: a leaf
    double threshold = 0; // at most: `left`
    unsigned left = 0, right = 0;
    double value = 0; // of a leaf
  };
  struct Tree {
    std::vector<Node> nodes; // the root first
    double predict(llvm::ArrayRef<double> features) const;
    unsigned grow(llvm::ArrayRef<std::vector<double>> features, llvm::ArrayRef<double> values,
                  std::vector<unsigned> samples, unsigned depth, const Options &options);
  };

  double mean = 0;
  double rate = 1;
  std::vector<Tree> trees;
};

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_FOREST_H
