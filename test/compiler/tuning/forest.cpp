// The learned model: it finds what a table of samples says, and no more.
#include "compiler/tuning/Forest.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace dlc::tuning;

namespace {

TEST(Forest, WithoutSamplesAnswersZero) { EXPECT_EQ(Forest::fit({}, {}).predict({1, 2, 3}), 0); }

TEST(Forest, OneSampleIsTheAnswer) { EXPECT_DOUBLE_EQ(Forest::fit({{1, 2}}, {5}).predict({9, 9}), 5); }

TEST(Forest, EqualFeaturesGiveTheMean) {
  EXPECT_DOUBLE_EQ(Forest::fit({{1}, {1}, {1}, {1}}, {0, 1, 2, 5}).predict({1}), 2);
}

/// A step of one feature, which the other has no part in.
TEST(Forest, LearnsAStep) {
  std::vector<std::vector<double>> features;
  std::vector<double> values;
  for (int i = 0; i < 40; ++i) {
    features.push_back({double(i % 10), double(i * 7 % 13)});
    values.push_back(i % 10 < 4 ? -1 : 3);
  }
  const Forest forest = Forest::fit(features, values);
  EXPECT_NEAR(forest.predict({3, 5}), -1, 0.01);
  EXPECT_NEAR(forest.predict({4, 5}), 3, 0.01);
}

/// An interaction of two features, which single splits cannot tell: the sign of a product.
TEST(Forest, LearnsAnInteractionFromNoisySamples) {
  std::mt19937_64 random(1);
  auto draw = [&] { return double(random() % 1000) / 500 - 1; };
  std::vector<std::vector<double>> features;
  std::vector<double> values;
  for (int i = 0; i < 300; ++i) {
    features.push_back({draw(), draw(), draw()});
    values.push_back((features[i][0] * features[i][1] > 0 ? 1 : -1) + 0.1 * draw());
  }
  const Forest forest = Forest::fit(features, values);
  int right = 0;
  for (int i = 0; i < 400; ++i) {
    const std::vector<double> sample = {draw(), draw(), draw()};
    right += (forest.predict(sample) > 0) == (sample[0] * sample[1] > 0);
  }
  EXPECT_GT(right, 360); // 200 by chance
}

} // namespace
