// The C++ wrapper.
#include "ModelBuilder.h"
#include "dlc/dlc.hpp"

#include "gtest/gtest.h"

#include <utility>

using namespace dlc::test;

namespace {

TEST(Wrapper, OwnsAndThrows) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  dlc::Pool pool(2);
  EXPECT_EQ(pool.threads(), 2);
  dlc::Options options;
  options.batch = 1;
  options.pool = pool.get();
  options.profile = 1;
  dlc::Session session(model, options);
  dlc::Session moved = std::move(session);
  float x[8] = {}, y[8], sum;
  moved.run({x}, {y, &sum});
  EXPECT_EQ(y[7], 16);
  EXPECT_EQ(sum, 72);
  EXPECT_EQ(moved.inputs().at(0).bytes, 32u);
  EXPECT_EQ(moved.outputs().size(), 2u);
  EXPECT_EQ(moved.profile().at(1).runs, 1);
  EXPECT_EQ(moved.threads(), 2);
  EXPECT_EQ(dlc::arena_bytes(model, 1, 2), 64u + 128 + 2 * 256);
  EXPECT_THROW(moved.run({x}, {y}), dlc::Error);
  EXPECT_THROW(dlc::arena_bytes(model, -1, 2), dlc::Error);
  try {
    moved.run({x}, {y, nullptr});
    FAIL();
  } catch (const dlc::Error &error) {
    EXPECT_EQ(error.status(), DLC_ERROR_ARGUMENT);
    EXPECT_STREQ(error.what(), "output 'sum' is null");
  }
  options.batch = -1;
  EXPECT_THROW(dlc::Session(model, options), dlc::Error);
}

} // namespace
