// Checkpoints: all of a run comes back, what does not fit is named, and no fault loses an earlier one.
#include "tools/dlc/Checkpoint.h"
#include "Folder.h"
#include "tools/dlc/Failure.h"

#include "gtest/gtest.h"

#include <csignal>
#include <sys/resource.h>

using namespace dlc;
using namespace dlc::test;

namespace {

struct Session {
  std::vector<float> weight = {1, 2, 3, 4, 5, 6}, momentum = {-1, -2, -3, -4, -5, -6};
  std::vector<int64_t> steps = {7};

  std::vector<StateTensor> tensors() {
    return {{"fc.weight", DLC_TYPE_F32, {2, 3}, weight.data()},
            {"optimizer.fc.weight.momentum", DLC_TYPE_F32, {2, 3}, momentum.data()},
            {"optimizer.steps", DLC_TYPE_I64, {}, steps.data()}};
  }
};

RunState makeState() {
  RunState state;
  state.step = 1234;
  state.epoch = 5;
  state.batch = 17;
  state.seed = 0xfedcba9876543210;
  state.lossSum = 0.1 + 0.2;
  state.correct = 99;
  state.items = 100;
  state.best = 0.875;
  state.bestEpoch = 4;
  state.curves.training = {{1, 0.5, 2.25, 0.125}};
  state.curves.validation = {{2, 1, 1.75, {}}};
  state.settings = llvm::json::Object{{"batch", 64}, {"optimizer", "adam \"1\"\n"}};
  return state;
}

std::string faultOf(llvm::Error error, ExitCode code = exitInput) {
  std::string text = "no fault";
  llvm::handleAllErrors(std::move(error), [&](const Failure &failure) {
    EXPECT_EQ(failure.code, code) << failure.message;
    text = failure.message;
  });
  return text;
}

Checkpoint open(const std::string &path) {
  llvm::Expected<Checkpoint> checkpoint = Checkpoint::open(path);
  if (checkpoint)
    return std::move(*checkpoint);
  ADD_FAILURE() << message(checkpoint.takeError());
  std::abort();
}

TEST(Checkpoint, BringsAllOfARunBack) {
  TemporaryFolder root;
  const std::string folder = root.path("runs/one"); // made with the first
  Session session, other;
  ASSERT_EQ(faultOf(writeCheckpoint(folder, session.tensors(), makeState(), false)), "no fault");
  EXPECT_FALSE(std::filesystem::exists(getBestCheckpoint(folder)));
  const Checkpoint checkpoint = open(getLastCheckpoint(folder));
  const RunState &state = checkpoint.getState(), want = makeState();
  EXPECT_EQ(state.step, want.step);
  EXPECT_EQ(state.epoch, want.epoch);
  EXPECT_EQ(state.batch, want.batch);
  EXPECT_EQ(state.seed, want.seed);
  EXPECT_EQ(state.lossSum, want.lossSum);
  EXPECT_EQ(state.correct, want.correct);
  EXPECT_EQ(state.items, want.items);
  EXPECT_EQ(state.best, want.best);
  EXPECT_EQ(state.bestEpoch, want.bestEpoch);
  EXPECT_EQ(toJSON(state.curves), toJSON(want.curves));
  EXPECT_EQ(state.settings, want.settings);
  other.weight.assign(6, 0);
  other.momentum.assign(6, 0);
  other.steps = {0};
  ASSERT_EQ(faultOf(checkpoint.read(other.tensors())), "no fault");
  EXPECT_EQ(other.weight, session.weight);
  EXPECT_EQ(other.momentum, session.momentum);
  EXPECT_EQ(other.steps, session.steps);

  RunState first;
  ASSERT_EQ(faultOf(writeCheckpoint(folder, session.tensors(), first, true)), "no fault");
  EXPECT_EQ(open(getLastCheckpoint(folder)).getState().step, 0);
  EXPECT_FALSE(open(getLastCheckpoint(folder)).getState().best);
  EXPECT_EQ(readFile(getLastCheckpoint(folder)), readFile(getBestCheckpoint(folder)));
}

TEST(Checkpoint, WhatDoesNotFitIsNamed) {
  TemporaryFolder folder;
  Session session;
  ASSERT_EQ(faultOf(writeCheckpoint(folder.path(), session.tensors(), makeState(), false)), "no fault");
  const Checkpoint checkpoint = open(getLastCheckpoint(folder.path()));
  Session other;
  other.weight.assign(6, 0);
  std::vector<StateTensor> tensors = other.tensors();
  tensors[0].shape = {3, 2};
  tensors[1].name = "optimizer.fc.weight.exp_avg";
  tensors[2].type = DLC_TYPE_F64;
  EXPECT_EQ(faultOf(checkpoint.read(tensors)),
            folder.path("last.safetensors") +
                ": does not fit: 'fc.weight' is f32 [2, 3], but the network has f32 [3, 2]; "
                "'optimizer.fc.weight.exp_avg' is missing; 'optimizer.steps' is i64 [], but the network has f64 []; "
                "'optimizer.fc.weight.momentum' has no place in the network");
  EXPECT_EQ(other.weight, std::vector<float>(6, 0)); // untouched
  std::vector<StateTensor> many;
  for (int i = 0; i < 9; ++i)
    many.push_back({"layer" + std::to_string(i), DLC_TYPE_F32, {1}, nullptr});
  EXPECT_NE(faultOf(checkpoint.read(many)).find("; and 7 more"), std::string::npos);

  EXPECT_EQ(faultOf(checkpoint.checkSettings(makeState().settings)), "no fault");
  EXPECT_EQ(faultOf(checkpoint.checkSettings(
                llvm::json::Object{{"batch", 32}, {"rate", 0.5}, {"optimizer", "adam \"1\"\n"}})),
            folder.path("last.safetensors") +
                ": the run was started with other settings: 'batch' was 64 and is 32; 'rate' was not set and is 0.5");
}

TEST(Checkpoint, DamageIsFound) {
  TemporaryFolder folder;
  Session session;
  ASSERT_EQ(faultOf(writeCheckpoint(folder.path(), session.tensors(), makeState(), false)), "no fault");
  const std::string path = getLastCheckpoint(folder.path()), content = readFile(path);
  auto openFault = [&](const std::string &bytes) {
    folder.write("last.safetensors", bytes);
    llvm::Expected<Checkpoint> checkpoint = Checkpoint::open(path);
    if (!checkpoint)
      return faultOf(checkpoint.takeError());
    Session other;
    return faultOf(checkpoint->read(other.tensors()));
  };
  auto replace = [&](const std::string &from, const std::string &to) {
    std::string changed = content;
    EXPECT_EQ(from.size(), to.size());
    EXPECT_NE(changed.find(from), std::string::npos) << from;
    return openFault(changed.replace(changed.find(from), from.size(), to));
  };
  EXPECT_EQ(openFault(content), "no fault");
  // Each of the last bytes is a tensor's; each of the first ones may be anything.
  for (size_t at = content.size() - 56; at < content.size(); ++at) {
    std::string damaged = content;
    damaged[at] = char(damaged[at] ^ 1);
    EXPECT_NE(openFault(damaged).find("is damaged"), std::string::npos) << at;
  }
  for (size_t at = 0; at < content.size(); at += 3) {
    std::string damaged = content;
    damaged[at] = char(damaged[at] ^ 1);
    openFault(damaged); // need not be found, must not crash
    openFault(content.substr(0, at));
  }
  EXPECT_NE(replace("dlc_checkpoint", "dlc_checkp0int").find("is no checkpoint: its metadata have no 'dlc_checkpoint'"),
            std::string::npos);
  EXPECT_NE(replace("\\\"version\\\":1", "\\\"version\\\":2").find("it is of version 2, and this dlc reads version 1"),
            std::string::npos);
  EXPECT_NE(replace("\\\"epoch\\\":5", "\\\"ep0ch\\\":5").find("missing value at state.epoch"), std::string::npos);
  EXPECT_NE(replace("\\\"batch\\\":17", "\\\"batch\\\":-1").find("a field is missing or negative"), std::string::npos);
  folder.clear();
  llvm::Expected<Checkpoint> none = Checkpoint::open(path);
  EXPECT_EQ(faultOf(none.takeError(), exitEnvironment), path + ": cannot open the file: No such file or directory");
}

TEST(Checkpoint, AFullDiskLosesNone) {
  TemporaryFolder folder;
  Session session;
  ASSERT_EQ(faultOf(writeCheckpoint(folder.path(), session.tensors(), makeState(), true)), "no fault");
  RunState later = makeState();
  later.step = 2000;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  llvm::Error error = writeCheckpoint(folder.path(), session.tensors(), later, true);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(faultOf(std::move(error), exitEnvironment),
            folder.path("best.safetensors") + ": cannot write the file: File too large");
  EXPECT_EQ(open(getLastCheckpoint(folder.path())).getState().step, 1234);
  EXPECT_EQ(open(getBestCheckpoint(folder.path())).getState().step, 1234);
  folder.write("file", "");
  EXPECT_NE(faultOf(writeCheckpoint(folder.path("file/run"), session.tensors(), later, true), exitEnvironment),
            "no fault");
}

} // namespace
