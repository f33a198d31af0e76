// Trainers in files: what is saved continues bit for bit; what does not fit says so.
#include "Files.h"
#include "TrainingBuilder.h"
#include "dlc/safetensors.h"

#include "gtest/gtest.h"

using namespace dlc::test;

namespace {

using Line = LineTraining<float>;

float x[8] = {1, 2, -3, 4, 5, 6, 7, -8}, t[8] = {1, 1, 2, 2, 3, 3, 4, 4};
const void *const inputs[] = {x, t};

// A small rate keeps many steps in range.
TrainerPointer makeTrainer(const Line &line, uint64_t seed = 0) {
  dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
  more.seed = seed;
  more.accumulate = 1;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1), &more);
  EXPECT_TRUE(trainer) << dlc_trainer_error(nullptr);
  EXPECT_EQ(dlc_trainer_set(trainer.get(), "lr", 0.001), DLC_OK);
  return trainer;
}

void run(const TrainerPointer &trainer, int steps) {
  for (int i = 0; i < steps; ++i)
    ASSERT_EQ(dlc_trainer_step(trainer.get(), 1 + i % 2, inputs, nullptr), DLC_OK) << trainerError(trainer);
}

// All bytes of variables and slots.
std::string bytesOf(const TrainerPointer &trainer) {
  std::string bytes;
  for (int32_t i = 0; i < dlc_trainer_variable_count(trainer.get()); ++i) {
    dlc_variable_info info;
    dlc_trainer_variable(trainer.get(), i, &info);
    bytes.append(static_cast<const char *>(info.values), info.bytes);
    if (void *slot = dlc_trainer_slot(trainer.get(), 0, i))
      bytes.append(static_cast<const char *>(slot), info.bytes);
  }
  return bytes;
}

TEST(TrainerFile, AResumedRunIsBitIdentical) {
  Line line(/*hasLoss=*/true, /*hasKey=*/true);
  line.watchKey();
  TemporaryFile file;
  TrainerPointer whole = makeTrainer(line, UINT64_C(0xfedcba9876543210));
  ASSERT_EQ(dlc_trainer_set(whole.get(), "lr_decay", 0.1), DLC_OK);
  ASSERT_EQ(dlc_trainer_set(whole.get(), "momentum", 1.0 / 3), DLC_OK);
  run(whole, 6);
  ASSERT_EQ(dlc_trainer_save(whole.get(), file.path().c_str()), DLC_OK) << trainerError(whole);
  std::string saved = bytesOf(whole);

  TrainerPointer resumed = makeTrainer(line, 1);
  run(resumed, 3);
  // A pass that was under way is dropped.
  ASSERT_EQ(dlc_trainer_forward(resumed.get(), 2, inputs, nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_backward(resumed.get(), nullptr, nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_accumulate(resumed.get(), 1), DLC_OK);
  ASSERT_EQ(dlc_trainer_load(resumed.get(), file.path().c_str()), DLC_OK) << trainerError(resumed);
  EXPECT_EQ(dlc_trainer_update(resumed.get()), DLC_ERROR_ORDER);
  EXPECT_EQ(bytesOf(resumed), saved);
  EXPECT_EQ(dlc_trainer_updates(resumed.get()), 6);
  EXPECT_EQ(dlc_trainer_seed(resumed.get()), UINT64_C(0xfedcba9876543210));
  double momentum = 0;
  ASSERT_EQ(dlc_trainer_get(resumed.get(), "momentum", &momentum), DLC_OK);
  EXPECT_EQ(momentum, 1.0 / 3);
  run(whole, 5);
  Seen wholeSeen = seen;
  run(resumed, 5);
  EXPECT_NE(bytesOf(whole), saved);
  EXPECT_EQ(bytesOf(resumed), bytesOf(whole));
  EXPECT_EQ(std::memcmp(seen.key, wholeSeen.key, sizeof(seen.key)), 0);
  EXPECT_EQ(seen.decayedLr, wholeSeen.decayedLr);
}

TEST(TrainerFile, HoldsNamesShapesAndCounters) {
  Line line;
  TemporaryFile path;
  TrainerPointer trainer = makeTrainer(line, 7);
  run(trainer, 2);
  ASSERT_EQ(dlc_trainer_save(trainer.get(), path.path().c_str()), DLC_OK);
  dlc_safetensors *file = nullptr;
  ASSERT_EQ(dlc_safetensors_open(path.path().c_str(), nullptr, &file, nullptr), DLC_OK);
  EXPECT_EQ(dlc_safetensors_count(file), 5u);
  for (const char *name : {"w", "b", "s", "slot:momentum_buffer:w", "slot:momentum_buffer:b"}) {
    const dlc_safetensors_tensor *tensor = dlc_safetensors_find(file, name);
    ASSERT_NE(tensor, nullptr) << name;
    EXPECT_EQ(tensor->type, DLC_SAFETENSORS_F32);
    EXPECT_EQ(tensor->bytes, 16u);
  }
  EXPECT_EQ(dlc_safetensors_find(file, "b")->rank, 2);
  EXPECT_EQ(std::memcmp(dlc_safetensors_find(file, "w")->data, variable(trainer, "w").values, 16), 0);
  EXPECT_EQ(std::memcmp(dlc_safetensors_find(file, "slot:momentum_buffer:b")->data,
                        dlc_trainer_slot(trainer.get(), 0, 1), 16),
            0);
  std::string metadata;
  for (size_t i = 0; i < dlc_safetensors_metadata_count(file); ++i) {
    const char *key, *value;
    dlc_safetensors_metadata_at(file, i, &key, &value);
    metadata += std::string(key) + "=" + value + "\n";
  }
  EXPECT_NE(metadata.find("dlc.updates=2\n"), std::string::npos) << metadata;
  EXPECT_NE(metadata.find("dlc.seed=7\n"), std::string::npos);
  EXPECT_NE(metadata.find("dlc.hyper.momentum=4602678819172646912\n"), std::string::npos); // 0x3fe0…: 0.5
  dlc_safetensors_close(file);
}

const std::string values = std::string(16, '\1') + std::string(16, '\2') + std::string(16, '\3');
const char *const stateDict = R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
                              R"("b":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]},)"
                              R"("s":{"dtype":"F32","shape":[4],"data_offsets":[32,48]}%s})";

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(TrainerFile, VariablesAloneStartAnew) {
  Line line;
  TemporaryFile file;
  TrainerPointer trainer = makeTrainer(line, 9);
  run(trainer, 4);
  file.write(safetensors(
      replaced(stateDict, "%s", R"(,"num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[48,56]})"),
      values + std::string(8, '\0')));
  ASSERT_EQ(dlc_trainer_load(trainer.get(), file.path().c_str()), DLC_OK) << trainerError(trainer);
  std::string expected = values.substr(0, 16) + std::string(16, '\0') + values.substr(16, 16) + std::string(16, '\0') +
                         values.substr(32, 16);
  EXPECT_EQ(bytesOf(trainer), expected);
  EXPECT_EQ(dlc_trainer_updates(trainer.get()), 0);
  EXPECT_EQ(dlc_trainer_seed(trainer.get()), 9u);
}

TEST(TrainerFile, WhatDoesNotFitIsNamedAndChangesNothing) {
  Line line;
  TemporaryFile file;
  TrainerPointer trainer = makeTrainer(line);
  run(trainer, 2);
  std::string before = bytesOf(trainer);
  const std::string good = replaced(stateDict, "%s", "");
  const struct {
    std::string header;
    const char *message;
  } cases[] = {
      {replaced(good, "\"w\"", "\"v\""), "has no tensor 'w'"},
      {replaced(good, "[2,2]", "[4]"), "'b' is f32 [4], but the network has f32 [2, 2]"},
      {replaced(good, "[2,2]", "[4,1]"), "'b' is f32 [4, 1], but the network has f32 [2, 2]"},
      {replaced(good, "F32", "I32"), "'w' is i32 [4], but the network has f32 [4]"},
      {replaced(good, "F32\",\"shape\":[4]", "F8_E4M3\",\"shape\":[16]"), "'w' is F8_E4M3 [16]"},
      {"{", "byte"},
  };
  for (const auto &one : cases) {
    file.write(safetensors(one.header, values));
    EXPECT_EQ(dlc_trainer_load(trainer.get(), file.path().c_str()), DLC_ERROR_WEIGHTS);
    EXPECT_NE(trainerError(trainer).find(one.message), std::string::npos) << trainerError(trainer);
    EXPECT_NE(trainerError(trainer).find(file.path()), std::string::npos);
    EXPECT_EQ(bytesOf(trainer), before);
    EXPECT_EQ(dlc_trainer_updates(trainer.get()), 2);
  }
  file.remove();
  EXPECT_EQ(dlc_trainer_load(trainer.get(), file.path().c_str()), DLC_ERROR_FILE);
  EXPECT_EQ(dlc_trainer_save(trainer.get(), (file.path() + "/none/file").c_str()), DLC_ERROR_FILE);
  EXPECT_NE(trainerError(trainer).find("none"), std::string::npos);
  run(trainer, 1);
}

TEST(TrainerFile, ACheckpointHasEverything) {
  Line line;
  TemporaryFile file;
  TrainerPointer trainer = makeTrainer(line);
  std::string before = bytesOf(trainer);
  const std::string slots = R"(,"slot:momentum_buffer:w":{"dtype":"F32","shape":[4],"data_offsets":[48,64]},)"
                            R"("slot:momentum_buffer:b":{"dtype":"F32","shape":[2,2],"data_offsets":[64,80]})";
  const std::string metadata =
      R"(,"__metadata__":{"dlc.updates":"5","dlc.seed":"1","dlc.hyper.lr":"0","dlc.hyper.momentum":"0",)"
      R"("dlc.hyper.lr_decay":"0","dlc.hyper.beta1":"0","dlc.hyper.beta2":"0"})";
  const std::string good = replaced(stateDict, "%s", slots + metadata), data = values + values.substr(0, 32);
  const struct {
    std::string header, data;
    const char *message;
  } cases[] = {
      {replaced(stateDict, "%s", metadata), values, "has no tensor 'slot:momentum_buffer:w'"},
      {replaced(good, "momentum_buffer:b\":{\"dtype\":\"F32\",\"shape\":[2,2]",
                "momentum_buffer:b\":{\"dtype\":\"F32\",\"shape\":[4]"),
       data, "'slot:momentum_buffer:b' is f32 [4]"},
      {replaced(good, slots, slots + R"(,"more":{"dtype":"F32","shape":[0],"data_offsets":[80,80]})"), data,
       "6 tensors instead of 5"},
      {replaced(good, "updates\":\"5", "updates\":\"-5"), data, "dlc.updates"},
      {replaced(good, "updates\":\"5", "updates\":\""), data, "dlc.updates"},
      {replaced(good, "updates\":\"5", "updates\":\"9223372036854775807"), data, "dlc.updates"},
      {replaced(good, "updates\":\"5", "updates\":\"99999999999999999999"), data, "dlc.updates"},
      {replaced(good, "dlc.seed", "dlc.seeds"), data, "dlc.seed"},
      {replaced(good, "hyper.lr\"", "hyper.rate\""), data, "'dlc.hyper.lr' is missing"},
      // The bits of a NaN.
      {replaced(good, "beta1\":\"0", "beta1\":\"9221120237041090560"), data, "'dlc.hyper.beta1'"},
  };
  for (const auto &one : cases) {
    file.write(safetensors(one.header, one.data));
    EXPECT_EQ(dlc_trainer_load(trainer.get(), file.path().c_str()), DLC_ERROR_WEIGHTS) << one.message;
    EXPECT_NE(trainerError(trainer).find(one.message), std::string::npos) << trainerError(trainer);
    EXPECT_EQ(bytesOf(trainer), before);
  }
  file.write(safetensors(good, data));
  EXPECT_EQ(dlc_trainer_load(trainer.get(), file.path().c_str()), DLC_OK) << trainerError(trainer);
  EXPECT_EQ(dlc_trainer_updates(trainer.get()), 5);
}

} // namespace
