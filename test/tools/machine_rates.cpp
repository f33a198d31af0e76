// What the machine is measured to do: numbers that can be divided by, whatever else runs on it.
#include "tools/dlc/MachineRates.h"
#include "tools/dlc/SpinningPool.h"
#include "tools/dlc/Sweep.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace dlc;

namespace {

TEST(MachineRates, ArePositiveForAnyVectorsAndThreads) {
  const std::vector<int> processors = SpinningPool::getProcessors();
  ASSERT_FALSE(processors.empty());
  using ThreadsAndLanes = std::pair<int64_t, int64_t>;
  // More threads, too, than there may be processors for.
  for (auto [threads, lanes] : {ThreadsAndLanes(2, 1), {2, 4}, {2, 8}, {2, 16}, {2, 64}, {1, 16}, {1000, 16}}) {
    const std::optional<kernels::Rates> rates = measureRates(threads, lanes);
    ASSERT_TRUE(rates);
    EXPECT_TRUE(std::isfinite(rates->flops) && std::isfinite(rates->bytes)) << describeRates(*rates, threads);
    // A second and more for a thousand multiply-adds, or for a page, is no machine.
    EXPECT_GT(rates->flops, 1e-6);
    EXPECT_GT(rates->bytes, 1e-6);
  }
  EXPECT_EQ(SpinningPool::getProcessors(), processors) << "the caller is kept on one of them";
}

TEST(MachineRates, InWords) {
  EXPECT_EQ(describeRates({231.4, 38.06}, 2), "2 threads, 231 GFLOP/s, 38.1 GB/s");
  EXPECT_EQ(describeRates({5, 7}, 1), "1 thread, 5 GFLOP/s, 7.0 GB/s");
}

TEST(Sweep, HasAPartForEachThread) {
  SpinningPool pool(SpinningPool::getProcessors());
  const size_t bytes = 1 << 20, threads = pool.getThreads();
  for (SpinningPool *each : {&pool, static_cast<SpinningPool *>(nullptr)}) {
    Sweep sweep(bytes, each);
    sweep.run();
    EXPECT_LE(sweep.getBytes(), bytes);
    EXPECT_GT(sweep.getBytes(), bytes - threads * 128);
    Sweep none(0, each);
    none.run();
    EXPECT_EQ(none.getBytes(), 0u);
  }
}

} // namespace
