// Trainers: memory, damaged tables, bad pointers and options, failing kernels.
#include "CountingAllocator.h"
#include "Files.h"
#include "TrainingBuilder.h"

#include "gtest/gtest.h"

#include <functional>

using namespace dlc::test;

namespace {

using Line = LineTraining<float>;

constexpr int64_t stateBytes = 7 * 64;

// x, t of two images.
float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, t[8] = {};
const void *const inputs[] = {x, t};

std::string creationFault() { return dlc_trainer_error(nullptr); }

TEST(TrainerFaults, MemoryIsWhatWasSaid) {
  Line line;
  const dlc_training &training = line.training;
  // State; outputs y, loss and x.grad, 64 bytes each at two images; arena.
  int64_t arena = 64 + 2 * 128 + 3 * 256;
  EXPECT_EQ(dlc_training_bytes(&training, 2, 3, 0), stateBytes + 3 * 64 + arena);
  EXPECT_EQ(dlc_training_bytes(&training, 2, 3, 1), stateBytes + 2 * 64 + 3 * 64 + arena);
  EXPECT_EQ(dlc_training_bytes(&training, 0, 0, 0), dlc_training_bytes(&training, 1, dlc_default_threads(), 0));
  EXPECT_EQ(dlc_training_bytes(&training, -1, 1, 0), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_training_bytes(&training, 1, -1, 0), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_training_bytes(&training, INT64_MAX, 1, 0), DLC_ERROR_TOO_LARGE);
  EXPECT_EQ(dlc_training_bytes(nullptr, 1, 1, 0), DLC_ERROR_ARGUMENT);

  // The caller's memory, not a byte more: what lies behind stays.
  alignas(64) static unsigned char memory[4096];
  dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
  more.accumulate = 1;
  for (int32_t threads : {1, 2}) {
    std::memset(memory, 0xA5, sizeof(memory));
    size_t bytes = static_cast<size_t>(dlc_training_bytes(&training, 2, threads, 1));
    ASSERT_LT(bytes, sizeof(memory));
    dlc_options options = optionsFor(2, threads);
    options.arena = memory;
    options.arena_bytes = bytes;
    TrainerPointer trainer = createTrainer(training, options, &more);
    ASSERT_TRUE(trainer) << creationFault();
    EXPECT_EQ(dlc_trainer_bytes(trainer.get()), bytes);
    ASSERT_EQ(dlc_trainer_forward(trainer.get(), 2, inputs, nullptr), DLC_OK);
    ASSERT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_OK);
    ASSERT_EQ(dlc_trainer_accumulate(trainer.get(), 1), DLC_OK);
    ASSERT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
    ASSERT_EQ(dlc_trainer_step(trainer.get(), 1, inputs, nullptr), DLC_OK);
    ASSERT_EQ(dlc_trainer_predict(trainer.get(), 2, inputs, nullptr), DLC_OK);
    for (size_t i = bytes; i < sizeof(memory); ++i)
      ASSERT_EQ(memory[i], 0xA5);
    dlc_trainer *none = nullptr;
    options.arena_bytes = bytes - 1;
    EXPECT_EQ(dlc_trainer_create(&training, &options, &more, &none), DLC_ERROR_ARENA);
    EXPECT_NE(creationFault().find(std::to_string(bytes)), std::string::npos);
    options.arena_bytes = bytes;
    options.arena = memory + 8;
    EXPECT_EQ(dlc_trainer_create(&training, &options, &more, &none), DLC_ERROR_ARENA);
    EXPECT_EQ(none, nullptr);
  }
}

TEST(TrainerFaults, AnyAllocationMayFail) {
  Line line;
  TemporaryFile file;
  CountingAllocator counting;
  dlc_options options = optionsFor(2, 2);
  options.allocator = &counting.allocator;
  {
    TrainerPointer trainer = createTrainer(line.training, options);
    ASSERT_TRUE(trainer) << creationFault();
    EXPECT_EQ(counting.calls, 6); // trainer, its memory, pool, three sessions
    for (int i = 0; i < 3; ++i)
      ASSERT_EQ(dlc_trainer_step(trainer.get(), 2, inputs, nullptr), DLC_OK);
    EXPECT_EQ(counting.calls, 6);

    // Saving and loading need memory, which may be short as well.
    for (auto act : {dlc_trainer_save, dlc_trainer_load}) {
      counting.calls = 0;
      int64_t live = counting.live;
      ASSERT_EQ(act(trainer.get(), file.path().c_str()), DLC_OK) << trainerError(trainer);
      int64_t needed = counting.calls;
      EXPECT_GT(needed, 0);
      for (counting.failAt = 0; counting.failAt < needed; ++counting.failAt) {
        counting.calls = 0;
        EXPECT_EQ(act(trainer.get(), file.path().c_str()), DLC_ERROR_MEMORY);
      }
      counting.failAt = -1;
      EXPECT_EQ(counting.live, live);
    }
  }
  EXPECT_EQ(counting.live, 0);
  for (int64_t i = 0; i < 6; ++i) {
    counting.restart(i);
    EXPECT_EQ(statusOfTrainer(line.training, options), DLC_ERROR_MEMORY);
    EXPECT_NE(creationFault(), "");
    EXPECT_EQ(counting.live, 0);
  }
}

TEST(TrainerFaults, ChecksPointers) {
  Line line;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1));
  dlc_trainer *raw = trainer.get();
  const void *const half[] = {x, nullptr};
  const void *const odd[] = {x, reinterpret_cast<char *>(t) + 2};
  float y[8];
  void *oddOutputs[] = {reinterpret_cast<char *>(y) + 2, nullptr, nullptr};
  EXPECT_EQ(dlc_trainer_step(raw, 1, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_step(raw, 1, half, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(trainerError(trainer), "input 't' is null");
  EXPECT_EQ(dlc_trainer_forward(raw, 1, odd, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(trainerError(trainer), "input 't' is not aligned to its elements");
  EXPECT_EQ(dlc_trainer_step(raw, 1, inputs, oddOutputs), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(trainerError(trainer), "output 'y' is not aligned to its elements");
  EXPECT_EQ(dlc_trainer_predict(raw, 1, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_predict(raw, 1, half + 1, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(trainerError(trainer), "input 'x' is null");
  EXPECT_EQ(dlc_trainer_predict(raw, 1, inputs, oddOutputs), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_updates(raw), 0);
  EXPECT_EQ(dlc_trainer_step(raw, 1, inputs, nullptr), DLC_OK);

  EXPECT_EQ(dlc_trainer_step(nullptr, 1, inputs, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_forward(nullptr, 1, inputs, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_backward(nullptr, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_accumulate(nullptr, 1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_update(nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_predict(nullptr, 1, inputs, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_set(nullptr, "lr", 1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_get(nullptr, "lr", nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_set_updates(nullptr, 1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_save(nullptr, "f"), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_load(nullptr, "f"), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_save(raw, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_load(raw, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_variable_count(nullptr), 0);
  EXPECT_EQ(dlc_trainer_slot_count(nullptr), 0);
  EXPECT_EQ(dlc_trainer_hyperparameter_count(nullptr), 0);
  EXPECT_EQ(dlc_trainer_batch(nullptr) + dlc_trainer_threads(nullptr) + dlc_trainer_updates(nullptr), 0);
  EXPECT_EQ(dlc_trainer_seed(nullptr) + dlc_trainer_bytes(nullptr), 0u);
  EXPECT_EQ(dlc_trainer_session(nullptr, DLC_PART_STEP), nullptr);
  EXPECT_EQ(dlc_trainer_training(nullptr), nullptr);
  dlc_trainer_set_seed(nullptr, 1);
  dlc_trainer_profile_reset(nullptr);
  dlc_trainer_destroy(nullptr);
  EXPECT_EQ(dlc_trainer_create(&line.training, nullptr, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_create(nullptr, nullptr, nullptr, &raw), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(raw, nullptr);
}

TEST(TrainerFaults, OptionsGrowWithVersions) {
  Line line;
  dlc_trainer *trainer = nullptr;
  dlc_trainer_options options = DLC_TRAINER_OPTIONS_INIT;
  options.struct_size = 0;
  EXPECT_EQ(dlc_trainer_create(&line.training, nullptr, &options, &trainer), DLC_ERROR_ARGUMENT);
  options.struct_size = 1 << 20;
  EXPECT_EQ(dlc_trainer_create(&line.training, nullptr, &options, &trainer), DLC_ERROR_ARGUMENT);
  // An older program knows fewer fields.
  options.struct_size = offsetof(dlc_trainer_options, accumulate);
  options.seed = 5;
  options.accumulate = 1;
  ASSERT_EQ(dlc_trainer_create(&line.training, nullptr, &options, &trainer), DLC_OK);
  EXPECT_EQ(dlc_trainer_seed(trainer), 5u);
  EXPECT_EQ(dlc_trainer_bytes(trainer), static_cast<size_t>(dlc_training_bytes(&line.training, 0, 0, 0)));
  dlc_trainer_destroy(trainer);
  struct {
    dlc_trainer_options options;
    int64_t later;
  } newer = {DLC_TRAINER_OPTIONS_INIT, 1};
  newer.options.struct_size = sizeof(newer);
  EXPECT_EQ(dlc_trainer_create(&line.training, nullptr, &newer.options, &trainer), DLC_ERROR_ARGUMENT);
  newer.later = 0;
  ASSERT_EQ(dlc_trainer_create(&line.training, nullptr, &newer.options, &trainer), DLC_OK);
  dlc_trainer_destroy(trainer);
}

TEST(TrainerFaults, PartsNeedATrainer) {
  Line line;
  for (const dlc_model *model : {line.training.step, line.training.update, line.training.predict})
    EXPECT_EQ(statusOf(*model, optionsFor(1, 1)), DLC_ERROR_ARGUMENT);
  EXPECT_NE(creationError().find("trainer"), std::string::npos);
}

// Every entry of the three tables set to extreme values: the training is refused or
// still sound, and whatever happens stays within memory.
TEST(TrainerFaults, RefusesDamagedTables) {
  Line line(/*hasLoss=*/true, /*hasKey=*/true);
  size_t refused = 0, tried = 0;
  for (ModelBuilder *model : {&line.step, &line.update, &line.predict})
    for (size_t i = 0; i < model->table.size(); ++i)
      for (int64_t value : {INT64_MIN, INT64_C(-2), INT64_C(1) << 32, INT64_MAX}) {
        if (i == DLC_HEADER_TABLE_LENGTH || i == DLC_HEADER_STRINGS_BYTES)
          continue; // these say how much memory there is
        line.finish();
        model->table[i] = value;
        TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1));
        ++tried;
        refused += !trainer;
        dlc_training_bytes(&line.training, 2, 2, 1);
        dlc_training_forward_input_count(&line.training);
      }
  EXPECT_GT(refused, tried / 3);
}

TEST(TrainerFaults, RefusesWhatDoesNotFitTogether) {
  struct Case {
    const char *what;
    std::function<void(Line &)> damage;
    dlc_status status = DLC_ERROR_MODEL;
  };
  auto variableField = [](int64_t variable, int field, int64_t value) {
    return [=](Line &line) { line.step.variables[variable * DLC_VARIABLE_LENGTH + field] = value; };
  };
  auto header = [](dlc_header_field field, int64_t value) {
    return [=](Line &line) { line.step.header[field] = value; };
  };
  const Case cases[] = {
      {"update's state", [](Line &line) { line.update.header[DLC_HEADER_STATE_BYTES] += 64; }},
      {"predict's state", [](Line &line) { line.predict.header[DLC_HEADER_STATE_BYTES] += 64; }},
      {"state not aligned", header(DLC_HEADER_STATE_BYTES, 7 * 64 + 32)},
      {"initial beyond the state", header(DLC_HEADER_STATE_INITIAL, 8 * 64)},
      {"initial not aligned", header(DLC_HEADER_STATE_INITIAL, 3 * 64 + 4)},
      {"initial beyond the weights", header(DLC_HEADER_STATE_WEIGHTS, 2 * 64)},
      {"initial before the weights", header(DLC_HEADER_STATE_WEIGHTS, -64)},
      {"trained beyond initial", header(DLC_HEADER_STATE_TRAINED, 4 * 64)},
      {"gradients beyond the state", header(DLC_HEADER_STATE_GRADIENTS, 6 * 64)},
      {"gradients not aligned", header(DLC_HEADER_STATE_GRADIENTS, 3 * 64 + 4)},
      {"gradients before the state", header(DLC_HEADER_STATE_GRADIENTS, -64)},
      {"forward steps", header(DLC_HEADER_FORWARD_STEPS, 6)},
      {"forward steps", header(DLC_HEADER_FORWARD_STEPS, -1)},
      {"variable's place", variableField(0, DLC_VARIABLE_PLACE, 4)},
      {"variable's place", variableField(0, DLC_VARIABLE_PLACE, -64)},
      {"trained beyond trained", variableField(1, DLC_VARIABLE_PLACE, 2 * 64)},
      {"statistic beyond initial", variableField(2, DLC_VARIABLE_PLACE, 3 * 64)},
      {"variable's type", variableField(0, DLC_VARIABLE_TYPE, 0)},
      {"variable's type", variableField(0, DLC_VARIABLE_TYPE, 14)},
      {"types differ", variableField(0, DLC_VARIABLE_TYPE, DLC_TYPE_F64)},
      {"whole numbers", variableField(0, DLC_VARIABLE_TYPE, DLC_TYPE_I32)},
      {"variable's name", variableField(0, DLC_VARIABLE_NAME, 1 << 20)},
      {"variable's rank", variableField(0, DLC_VARIABLE_RANK, 9)},
      {"variable's shape", variableField(0, DLC_VARIABLE_DIMS, -4)},
      {"variable's shape", variableField(0, DLC_VARIABLE_DIMS, INT64_MAX)},
      {"variable's shape", variableField(0, DLC_VARIABLE_DIMS, 64)},
      {"neither trained nor not", variableField(0, DLC_VARIABLE_TRAINED, 2)},
      {"ready after the end", variableField(0, DLC_VARIABLE_READY, 5)},
      {"ready before the begin", variableField(0, DLC_VARIABLE_READY, -2)},
      {"ready without a gradient", variableField(2, DLC_VARIABLE_READY, 3)},
      {"slot's place", [](Line &line) { line.update.slots[DLC_SLOT_PLACE] = 6 * 64; }},
      {"slot's place", [](Line &line) { line.update.slots[DLC_SLOT_PLACE] = -64; }},
      {"slot's place", [](Line &line) { line.update.slots[DLC_SLOT_PLACE] = 32; }},
      {"slot beyond the step's idea",
       [](Line &line) {
         line.update.header[DLC_HEADER_STATE_TRAINED] = 64;
         line.update.slots[DLC_SLOT_PLACE] = 6 * 64;
       }},
      {"slot's name", [](Line &line) { line.update.slots[DLC_SLOT_NAME] = -1; }},
      {"a hyper-parameter of another type", [](Line &line) { line.update.inputs[DLC_TENSOR_TYPE] = DLC_TYPE_I32; }},
      {"two elements",
       [](Line &line) {
         line.update.inputs[DLC_TENSOR_DIMS] = 2;
         line.update.inputs[DLC_TENSOR_BYTES_FIXED] = 8;
       }},
      {"no beta1",
       [](Line &line) { line.update.inputs[4 * DLC_TENSOR_LENGTH + DLC_TENSOR_NAME] = line.update.text("other"); }},
      {"an output of the update", [](Line &line) { line.update.output("y", DLC_TYPE_F32, {1}); }},
      {"the key's type", [](Line &line) { line.step.inputs[DLC_TENSOR_LENGTH + DLC_TENSOR_TYPE] = DLC_TYPE_I32; }},
      {"version", [](Line &line) { line.predict.header[DLC_HEADER_ABI_VERSION] = 1; }, DLC_ERROR_ABI_VERSION},
      {"features", [](Line &line) { line.update.header[DLC_HEADER_FEATURES] = INT64_C(1) << 62; }, DLC_ERROR_CPU},
      {"batch", [](Line &line) { line.predict.header[DLC_HEADER_BATCH] = 5; }, DLC_ERROR_ARGUMENT},
      // Right for two images, wrong for one.
      {"places that move down",
       [](Line &line) {
         line.step.buffers[5 * DLC_BUFFER_LENGTH + DLC_BUFFER_OFFSET_FIXED] = 256;
         line.step.buffers[5 * DLC_BUFFER_LENGTH + DLC_BUFFER_OFFSET_PER_BATCH] = -64;
       }},
  };
  for (const Case &one : cases) {
    Line line(/*hasLoss=*/true, /*hasKey=*/true);
    one.damage(line);
    line.finish();
    EXPECT_EQ(statusOfTrainer(line.training, optionsFor(2, 1)), one.status) << one.what << ": " << creationFault();
  }
  Line line;
  line.training.abi_version = 1;
  EXPECT_EQ(statusOfTrainer(line.training, optionsFor(1, 1)), DLC_ERROR_ABI_VERSION);
  for (const dlc_model *dlc_training::*part : {&dlc_training::step, &dlc_training::update, &dlc_training::predict}) {
    line.finish();
    line.training.*part = nullptr;
    EXPECT_EQ(statusOfTrainer(line.training, optionsFor(1, 1)), DLC_ERROR_MODEL);
    EXPECT_EQ(dlc_training_bytes(&line.training, 1, 1, 0), DLC_ERROR_MODEL);
  }
}

TEST(TrainerFaults, KernelFailureIsAnErrorOfItsPart) {
  Line line;
  static int32_t failAt;
  line.step.setDriver([](void *context, halide_buffer_t *, dlc_trace_function, int32_t begin, int32_t end) {
    (void)dlc_rt_malloc(context, 64); // left behind by the failure
    return begin <= failAt && failAt < end ? -7 : 0;
  });
  line.finish();
  std::vector<std::string> messages;
  dlc_options options = optionsFor(2, 1);
  options.log_context = &messages;
  options.log = [](void *context, dlc_log_level, const char *message) {
    static_cast<std::vector<std::string> *>(context)->push_back(message);
  };
  TrainerPointer trainer = createTrainer(line.training, options);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("'net'"), std::string::npos);
  failAt = 0;
  for (int i = 0; i < 10; ++i) // more often than the scratch would last
    EXPECT_EQ(dlc_trainer_step(trainer.get(), 2, inputs, nullptr), DLC_ERROR_KERNEL);
  EXPECT_EQ(trainerError(trainer), "a kernel failed with code -7");
  EXPECT_EQ(messages.size(), 11u);
  EXPECT_EQ(messages.back(), trainerError(trainer));
  EXPECT_EQ(dlc_trainer_updates(trainer.get()), 0);
  EXPECT_EQ(dlc_trainer_forward(trainer.get(), 2, inputs, nullptr), DLC_ERROR_KERNEL);
  EXPECT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_ERROR_ORDER);
  failAt = 3;
  EXPECT_EQ(dlc_trainer_forward(trainer.get(), 2, inputs, nullptr), DLC_OK);
  EXPECT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_ERROR_KERNEL);
  EXPECT_EQ(dlc_trainer_update(trainer.get()), DLC_ERROR_ORDER);
  EXPECT_EQ(messages.back(), trainerError(trainer));
}

TEST(TrainerFaults, InitialValuesComeFromAWeightsFile) {
  Line line;
  TemporaryFile file;
  line.step.header[DLC_HEADER_WEIGHTS_EXTERNAL] = 1;
  line.step.header[DLC_HEADER_WEIGHTS_NAME] = line.step.text("nowhere.safetensors");
  line.step.header[DLC_HEADER_WEIGHTS_HASH] = static_cast<int64_t>(dlc_hash64(line.weights, sizeof(line.weights)));
  line.finish();
  line.step.model.weights = nullptr;
  dlc_options options = optionsFor(1, 1);
  EXPECT_EQ(statusOfTrainer(line.training, options), DLC_ERROR_FILE);
  file.write(safetensors(R"({"all":{"dtype":"F32","shape":[64],"data_offsets":[0,256]}})",
                         std::string(reinterpret_cast<const char *>(line.weights), sizeof(line.weights)), 64));
  options.weights_path = file.path().c_str();
  TrainerPointer trainer = createTrainer(line.training, options);
  ASSERT_TRUE(trainer) << creationFault();
  EXPECT_EQ(valuesOf<float>(trainer, "w"), (std::vector<float>{1, 2, 3, 4}));
  file.write("damaged");
  EXPECT_EQ(statusOfTrainer(line.training, options), DLC_ERROR_WEIGHTS);
}

} // namespace
