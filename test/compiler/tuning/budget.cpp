// Where the time goes: to the kernels that the network spends it in, while they gain.
#include "compiler/tuning/Budget.h"

#include "gtest/gtest.h"

using namespace dlc::tuning;

namespace {

TEST(Budget, BeginsWithTheGreatestShare) { EXPECT_EQ(chooseKernel({{0.1}, {0.7}, {0.2}}), 1u); }

TEST(Budget, AKernelAtItsBoundIsLeft) {
  Progress atBound{0.9, 1.0}, other{0.1};
  EXPECT_EQ(chooseKernel({atBound, other}), 1u);
  EXPECT_EQ(chooseKernel({atBound}), std::nullopt);
}

TEST(Budget, AnExhaustedKernelIsLeft) {
  Progress exhausted{0.9};
  exhausted.isExhausted = true;
  EXPECT_EQ(chooseKernel({exhausted}), std::nullopt);
}

TEST(Budget, NoKernelsNoChoice) { EXPECT_EQ(chooseKernel({}), std::nullopt); }

/// Trials in vain: first the large kernel, then both by turns, at last neither.
TEST(Budget, FollowsTheShares) {
  std::vector<Progress> kernels(3);
  kernels[0].share = 0.6;
  kernels[1].share = 0.3;
  kernels[2].share = 0.001;
  size_t batches = 0;
  while (std::optional<size_t> chosen = chooseKernel(kernels)) {
    kernels[*chosen].trials += 8;
    kernels[*chosen].trialsSinceGain += 8;
    ASSERT_LT(++batches, 1000u);
  }
  EXPECT_GT(kernels[0].trials, kernels[1].trials);
  EXPECT_GT(kernels[1].trials, 20u);
  EXPECT_EQ(kernels[2].trials, 0u); // its whole time is not worth one
}

TEST(Budget, AGainRenewsTheHope) {
  Progress vain{0.5}, gained{0.5};
  vain.trialsSinceGain = 32;
  gained.trials = 32;
  gained.relative = 0.8;
  EXPECT_GT(getExpectedGain(gained), getExpectedGain(vain));
}

} // namespace
