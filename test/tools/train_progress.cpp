// The progress of training, on a clock of the test's.
#include "tools/dlc/Progress.h"
#include "tools/dlc/TrainProgress.h"

#include "gtest/gtest.h"

using namespace dlc;

namespace {

class TrainProgressTest : public testing::Test {
protected:
  TrainProgress make(bool isTerminal, unsigned columns = 120) {
    return TrainProgress(os, {3, 1000, isTerminal, columns, [this] { return now; }});
  }
  /// What has been written since the last call.
  std::string take() { return std::exchange(text, ""); }

  std::string text;
  llvm::raw_string_ostream os{text};
  double now = 1000;
};

TEST_F(TrainProgressTest, IsLinesWhereThereIsNoTerminal) {
  TrainProgress progress = make(false);
  progress.startEpoch(0);
  for (int i = 1; i <= 9; ++i) {
    now += 1;
    progress.update(i * 10, {2.5, .1});
  }
  EXPECT_EQ(take(), "");
  now += 1;
  progress.update(100, {1.25, .5});
  // 10 images in a second: 900 are left of this epoch and 2000 of the others.
  EXPECT_EQ(take(), "epoch 1/3, 100 of 1000: loss 1.2500, accuracy 50.00%, 10 images/s, 4:50 left\n");
  now += 90;
  progress.stopClock();
  now += 60; // validation
  progress.finishEpoch({1, .75}, Score{.5, .8}, true);
  EXPECT_EQ(take(),
            "epoch 1/3: loss 1.0000, accuracy 75.00%; validation loss 0.5000, accuracy 80.00%, the best so far; "
            "1:40, 10 images/s\n");
  progress.startEpoch(1, 500); // taken up in the middle
  now += 5;
  progress.finishEpoch({1}, std::nullopt, false);
  EXPECT_EQ(take(), "epoch 2/3: loss 1.0000; 5 s, 100 images/s\n");
  progress.say("stopped");
  EXPECT_EQ(take(), "stopped\n");
}

TEST_F(TrainProgressTest, IsABarOnATerminal) {
  TrainProgress progress = make(true);
  progress.startEpoch(2);
  now += .04;
  progress.update(10, {1});
  EXPECT_EQ(take(), "");
  now += .085; // 500 images in an eighth of a second
  progress.update(500, {1, .5});
  const std::string bar =
      "epoch 3/3 [===============               ] loss 1.0000, accuracy 50.00%, 4000 images/s, 0 s left";
  EXPECT_EQ(take(), "\r" + bar);
  now += .125;
  progress.update(1000, {1});
  // A shorter line covers the longer one before.
  const std::string second = take();
  EXPECT_EQ(second.size(), bar.size() + 1);
  EXPECT_NE(second.find("[==============================] loss 1.0000, "), std::string::npos);
  progress.say("note");
  const std::string erased = take();
  EXPECT_EQ(erased.front(), '\r');
  EXPECT_EQ(erased.substr(erased.rfind('\r')), "\rnote\n");
  progress.finishEpoch({1}, std::nullopt, false);
  EXPECT_EQ(take().substr(0, 9), "epoch 3/3"); // nothing is left to be erased
}

TEST_F(TrainProgressTest, FitsNarrowTerminals) {
  for (unsigned columns : {10u, 40u, 60u}) {
    TrainProgress progress = make(true, columns);
    progress.startEpoch(0);
    now += 1;
    progress.update(1, {1, .5});
    EXPECT_LT(take().size(), columns + 1); // with the carriage return
  }
}

TEST(Progress, TimesAndBars) {
  EXPECT_EQ(describeDuration(0.4), "0 s");
  EXPECT_EQ(describeDuration(59), "59 s");
  EXPECT_EQ(describeDuration(125), "2:05");
  EXPECT_EQ(describeDuration(3725), "1:02:05");
  EXPECT_EQ(describeDuration(1.0 / 0.0), "?");
  EXPECT_EQ(describeDuration(-5), "0 s");
  EXPECT_EQ(drawBar(0, 10), "[" + std::string(30, ' ') + "]");
  EXPECT_EQ(drawBar(20, 10), "[" + std::string(30, '=') + "]");
  EXPECT_EQ(drawBar(0, 0), "[" + std::string(30, '=') + "]");
}

} // namespace
