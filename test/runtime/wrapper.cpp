// The C++ wrapper.
#include "Files.h"
#include "TrainingBuilder.h"
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
  EXPECT_STREQ(moved.device(), "cpu");
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

TEST(Wrapper, Trains) {
  LineTraining<float> line;
  dlc::Options options;
  options.batch = 2;
  dlc::TrainerOptions trainerOptions;
  trainerOptions.accumulate = 1;
  dlc::Trainer first(line.training, options, trainerOptions);
  dlc::Trainer trainer = std::move(first);
  EXPECT_EQ(trainer.batch(), 2);
  float x[4] = {1, 2, 3, 4}, t[4] = {1.5, 4.5, 9.5, 12.5}, y[4], loss;
  EXPECT_EQ(trainer["lr"], 0.25);
  trainer.set("lr", 0.5);
  trainer.step(1, {x, t}, {nullptr, &loss, nullptr});
  EXPECT_EQ(loss, 8);
  EXPECT_EQ(trainer.updates(), 1);
  dlc_variable_info w = trainer.variables().at(0);
  EXPECT_STREQ(w.name, "w");
  EXPECT_EQ(static_cast<float *>(w.values)[3], 4 - 0.5f * 16);
  TemporaryFile file;
  trainer.save(file.path());
  trainer.forward(1, {x, t}, {y, nullptr});
  EXPECT_EQ(y[3], -4 * 4 - 1.5f);
  trainer.backward();
  trainer.accumulate();
  trainer.update();
  trainer.load(file.path());
  EXPECT_EQ(trainer.updates(), 1);
  trainer.predict(1, {x}, {y});
  EXPECT_EQ(y[3], -4 * 4 - 1.5f);

  EXPECT_THROW(trainer.step(1, {x}, {nullptr}), dlc::Error);
  EXPECT_THROW(trainer.predict(1, {x, t}, {nullptr}), dlc::Error);
  EXPECT_THROW(trainer.set("no", 1), dlc::Error);
  EXPECT_THROW((void)trainer["no"], dlc::Error);
  EXPECT_THROW(trainer.load("/"), dlc::Error);
  try {
    trainer.update();
    FAIL();
  } catch (const dlc::Error &error) {
    EXPECT_EQ(error.status(), DLC_ERROR_ORDER);
    EXPECT_STREQ(error.what(), "an update needs a backward phase since the last one");
  }
  options.batch = -1;
  EXPECT_THROW(dlc::Trainer(line.training, options), dlc::Error);
}

} // namespace
