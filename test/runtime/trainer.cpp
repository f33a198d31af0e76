// Trainers: steps and their parts, batches, order, hyper-parameters, variables.
#include "TrainingBuilder.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace dlc::test;

namespace {

using Floats = std::vector<float>;
using Line = LineTraining<float>;

// So many images and targets; small whole numbers, on which floats are exact.
struct Batch {
  explicit Batch(int64_t n) : x(static_cast<size_t>(4 * n)), t(x.size()) {
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(i * 7 % 5) - 2;
      t[i] = static_cast<float>(i * 3 % 4);
    }
  }
  const void *const *inputs(size_t image = 0) {
    pointers[0] = x.data() + 4 * image;
    pointers[1] = t.data() + 4 * image;
    return pointers;
  }
  Floats x, t;
  const void *pointers[2];
};

TEST(Trainer, StepIsForwardLossGradientsUpdate) {
  Line line;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(1, 1));
  ASSERT_TRUE(trainer) << dlc_trainer_error(nullptr);
  float x[] = {1, 2, 3, 4}, t[] = {1.5, 4.5, 9.5, 12.5}, y[4], loss, dx[4];
  const void *inputs[] = {x, t};
  void *outputs[] = {y, &loss, dx};
  ASSERT_EQ(dlc_trainer_step(trainer.get(), 1, inputs, outputs), DLC_OK) << trainerError(trainer);
  // y = {1, 2, 3, 4} x + 0.5; only y3 = 16.5 is off, by 4.
  EXPECT_EQ(Floats(y, y + 4), (Floats{1.5, 4.5, 9.5, 16.5}));
  EXPECT_EQ(loss, 8);
  EXPECT_EQ(Floats(dx, dx + 4), (Floats{0, 0, 0, 16}));
  // Gradients 16 and 4, rate 0.25.
  EXPECT_EQ(valuesOf<float>(trainer, "w"), (Floats{1, 2, 3, 0}));
  EXPECT_EQ(valuesOf<float>(trainer, "b"), (Floats{0.5, 0.5, 0.5, -0.5}));
  EXPECT_EQ(valuesOf<float>(trainer, "s"), (Floats{1, 1.25, 1.5, 1.75}));
  // Now y3 = -0.5, off by -13: momentum 0.5 * 16 - 52 and 0.5 * 4 - 13.
  ASSERT_EQ(dlc_trainer_step(trainer.get(), 1, inputs, outputs), DLC_OK);
  EXPECT_EQ(loss, 84.5f);
  EXPECT_EQ(valuesOf<float>(trainer, "w")[3], 11);
  EXPECT_EQ(valuesOf<float>(trainer, "b")[3], 2.25f);
  EXPECT_EQ(static_cast<float *>(dlc_trainer_slot(trainer.get(), 0, 0))[3], -44);
  EXPECT_EQ(static_cast<float *>(dlc_trainer_slot(trainer.get(), 0, 1))[3], -11);
  EXPECT_EQ(dlc_trainer_updates(trainer.get()), 2);
}

TEST(Trainer, PartsAreTheStep) {
  Line line;
  TrainerPointer whole = createTrainer(line.training, optionsFor(8, 2));
  TrainerPointer parts = createTrainer(line.training, optionsFor(8, 2));
  Batch batch(8);
  for (int64_t n : {8, 3, 8, 1}) {
    float y[32], loss, dx[32], y2[32], loss2, dx2[32];
    void *outputs[] = {y, &loss, dx}, *forward[] = {y2, &loss2}, *backward[] = {dx2};
    ASSERT_EQ(dlc_trainer_step(whole.get(), n, batch.inputs(), outputs), DLC_OK);
    ASSERT_EQ(dlc_trainer_forward(parts.get(), n, batch.inputs(), forward), DLC_OK);
    ASSERT_EQ(dlc_trainer_backward(parts.get(), nullptr, backward), DLC_OK);
    ASSERT_EQ(dlc_trainer_update(parts.get()), DLC_OK);
    EXPECT_EQ(loss, loss2);
    EXPECT_EQ(Floats(y, y + 4 * n), Floats(y2, y2 + 4 * n));
    EXPECT_EQ(Floats(dx, dx + 4 * n), Floats(dx2, dx2 + 4 * n));
    EXPECT_EQ(stateOf(whole), stateOf(parts));
  }
}

TEST(Trainer, RunsEveryBatchUpToItsLargest) {
  Line line;
  Batch batch(8);
  for (int32_t threads : {1, 3}) {
    TrainerPointer large = createTrainer(line.training, optionsFor(8, threads));
    for (int64_t n : {8, 1, 5, 2, 7, 3, 6, 4}) {
      TrainerPointer exact = createTrainer(line.training, optionsFor(n, threads));
      TrainerPointer fresh = createTrainer(line.training, optionsFor(8, threads));
      Floats y(32, -1), z(32, -1);
      void *first[] = {y.data(), nullptr, nullptr}, *second[] = {z.data(), nullptr, nullptr};
      ASSERT_EQ(dlc_trainer_step(exact.get(), n, batch.inputs(), first), DLC_OK);
      ASSERT_EQ(dlc_trainer_step(fresh.get(), n, batch.inputs(), second), DLC_OK);
      EXPECT_EQ(stateOf(exact), stateOf(fresh));
      EXPECT_EQ(y, z);
      EXPECT_EQ(z[static_cast<size_t>(4 * n) % 32], n < 8 ? -1 : z[0]); // nothing beyond n images
      EXPECT_EQ(dlc_trainer_predict(large.get(), n, batch.inputs(), first), DLC_OK);
      EXPECT_EQ(seen.predictBatch, n);
    }
    for (int64_t n : {INT64_C(0), INT64_C(-1), INT64_C(9), INT64_MAX, INT64_MIN}) {
      EXPECT_EQ(dlc_trainer_step(large.get(), n, batch.inputs(), nullptr), DLC_ERROR_ARGUMENT);
      EXPECT_EQ(dlc_trainer_forward(large.get(), n, batch.inputs(), nullptr), DLC_ERROR_ARGUMENT);
      EXPECT_EQ(dlc_trainer_predict(large.get(), n, batch.inputs(), nullptr), DLC_ERROR_ARGUMENT);
    }
    EXPECT_EQ(dlc_trainer_updates(large.get()), 0);
  }
  for (ModelBuilder *model : {&line.step, &line.update, &line.predict})
    model->header[DLC_HEADER_BATCH] = 4;
  line.finish();
  EXPECT_EQ(statusOfTrainer(line.training, optionsFor(3, 1)), DLC_ERROR_ARGUMENT);
  TrainerPointer fixed = createTrainer(line.training, optionsFor(0, 1));
  ASSERT_TRUE(fixed);
  EXPECT_EQ(dlc_trainer_batch(fixed.get()), 4);
  EXPECT_EQ(dlc_trainer_step(fixed.get(), 3, batch.inputs(), nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_step(fixed.get(), 4, batch.inputs(), nullptr), DLC_OK);
}

// The same bits for any threads: ours, a pool that others use, the caller's.
TEST(Trainer, ThreadsChangeNothing) {
  Line line;
  Batch batch(8);
  TrainerPointer one = createTrainer(line.training, optionsFor(8, 1));
  PoolPointer pool = createPool(3);
  dlc_options pooled = optionsFor(8, 3), hooked = optionsFor(8, 2);
  pooled.pool = pool.get();
  hooked.parallel_for = [](void *, int32_t tasks, dlc_task_function function, void *closure) {
    for (int32_t i = 0; i < tasks; ++i)
      function(closure, i, i % 2);
  };
  for (const dlc_options &options : {optionsFor(8, 4), pooled, hooked}) {
    TrainerPointer other = createTrainer(line.training, options);
    ASSERT_TRUE(other) << dlc_trainer_error(nullptr);
    EXPECT_EQ(dlc_trainer_threads(other.get()), options.threads);
    one = createTrainer(line.training, optionsFor(8, 1));
    for (int i = 0; i < 50; ++i) {
      ASSERT_EQ(dlc_trainer_step(one.get(), 1 + i % 8, batch.inputs(), nullptr), DLC_OK);
      ASSERT_EQ(dlc_trainer_step(other.get(), 1 + i % 8, batch.inputs(), nullptr), DLC_OK);
    }
    for (size_t i = 0; i < stateOf(one).size(); ++i)
      EXPECT_EQ(std::memcmp(stateOf(one)[i].data(), stateOf(other)[i].data(), 16), 0);
  }
}

TEST(Trainer, AccumulatedGradientsAreThoseOfTheWholeBatch) {
  Line line;
  Batch batch(8);
  dlc_trainer_options options = accumulating();
  TrainerPointer whole = createTrainer(line.training, optionsFor(8, 1));
  TrainerPointer pieces = createTrainer(line.training, optionsFor(4, 1), &options);
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(dlc_trainer_forward(whole.get(), 8, batch.inputs(), nullptr), DLC_OK);
    ASSERT_EQ(dlc_trainer_backward(whole.get(), nullptr, nullptr), DLC_OK);
    Floats expected(static_cast<float *>(variable(whole, "w").gradient),
                    static_cast<float *>(variable(whole, "w").gradient) + 4);
    ASSERT_EQ(dlc_trainer_update(whole.get()), DLC_OK);
    // 4, 2 and 2 of the 8 images; the loss is a mean.
    for (auto [first, n] : {std::pair<size_t, int64_t>{0, 4}, {4, 2}, {6, 2}}) {
      ASSERT_EQ(dlc_trainer_forward(pieces.get(), n, batch.inputs(first), nullptr), DLC_OK);
      ASSERT_EQ(dlc_trainer_backward(pieces.get(), nullptr, nullptr), DLC_OK);
      ASSERT_EQ(dlc_trainer_accumulate(pieces.get(), static_cast<double>(n) / 8), DLC_OK);
    }
    ASSERT_EQ(dlc_trainer_update(pieces.get()), DLC_OK);
    auto *gradient = static_cast<float *>(variable(pieces, "w").gradient);
    EXPECT_EQ(Floats(gradient, gradient + 4), expected);
    EXPECT_EQ(valuesOf<float>(whole, "w"), valuesOf<float>(pieces, "w"));
    EXPECT_EQ(valuesOf<float>(whole, "b"), valuesOf<float>(pieces, "b"));
  }
}

TEST(Trainer, PartsOutOfOrderAreAnErrorThatChangesNothing) {
  Line line;
  Batch batch(2);
  dlc_trainer_options options = accumulating();
  TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1), &options);
  dlc_trainer *raw = trainer.get();
  std::vector<Floats> before = stateOf(trainer);
  auto forward = [&] { return dlc_trainer_forward(raw, 2, batch.inputs(), nullptr); };
  auto backward = [&] { return dlc_trainer_backward(raw, nullptr, nullptr); };
  auto accumulate = [&] { return dlc_trainer_accumulate(raw, 1); };
  auto update = [&] { return dlc_trainer_update(raw); };
  auto step = [&] { return dlc_trainer_step(raw, 2, batch.inputs(), nullptr); };
  auto predict = [&] { return dlc_trainer_predict(raw, 2, batch.inputs(), nullptr); };

  EXPECT_EQ(backward(), DLC_ERROR_ORDER);
  EXPECT_NE(trainerError(trainer).find("forward"), std::string::npos);
  EXPECT_EQ(accumulate(), DLC_ERROR_ORDER);
  EXPECT_EQ(update(), DLC_ERROR_ORDER);
  EXPECT_NE(trainerError(trainer).find("backward"), std::string::npos);
  EXPECT_EQ(stateOf(trainer), before);

  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(accumulate(), DLC_ERROR_ORDER);
  EXPECT_EQ(update(), DLC_ERROR_ORDER);
  EXPECT_EQ(backward(), DLC_OK);
  EXPECT_EQ(backward(), DLC_ERROR_ORDER); // the activations are used up
  EXPECT_EQ(update(), DLC_OK);
  EXPECT_EQ(update(), DLC_ERROR_ORDER);
  EXPECT_EQ(accumulate(), DLC_ERROR_ORDER);

  // Others use the activations' memory.
  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(predict(), DLC_OK);
  EXPECT_EQ(backward(), DLC_ERROR_ORDER);
  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(step(), DLC_OK);
  EXPECT_EQ(backward(), DLC_ERROR_ORDER);
  EXPECT_EQ(update(), DLC_ERROR_ORDER);

  // Gradients survive a prediction; a prediction is refused without harm.
  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(dlc_trainer_predict(raw, 99, batch.inputs(), nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(backward(), DLC_OK);
  EXPECT_EQ(predict(), DLC_OK);
  EXPECT_EQ(accumulate(), DLC_OK);
  EXPECT_EQ(accumulate(), DLC_ERROR_ORDER);
  EXPECT_EQ(step(), DLC_ERROR_ORDER);
  EXPECT_NE(trainerError(trainer).find("accumulated"), std::string::npos);
  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(backward(), DLC_OK);
  EXPECT_EQ(update(), DLC_ERROR_ORDER); // the last gradients would be lost
  EXPECT_EQ(accumulate(), DLC_OK);
  EXPECT_EQ(update(), DLC_OK);
  EXPECT_EQ(step(), DLC_OK);

  trainer = createTrainer(line.training, optionsFor(2, 1));
  raw = trainer.get();
  EXPECT_EQ(forward(), DLC_OK);
  EXPECT_EQ(backward(), DLC_OK);
  EXPECT_EQ(accumulate(), DLC_ERROR_ARGUMENT); // there is no memory for it
  EXPECT_NE(trainerError(trainer).find("accumulate"), std::string::npos);
  EXPECT_EQ(update(), DLC_OK);
}

TEST(Trainer, WithoutALossGradientsComeFromTheCaller) {
  Line line(/*hasLoss=*/false);
  const dlc_training &training = line.training;
  EXPECT_EQ(dlc_training_input_count(&training), 2);
  EXPECT_EQ(dlc_training_forward_input_count(&training), 1);
  EXPECT_EQ(dlc_training_output_count(&training), 2);
  EXPECT_EQ(dlc_training_forward_output_count(&training), 1);
  TrainerPointer trainer = createTrainer(training, optionsFor(2, 1));
  ASSERT_TRUE(trainer);
  float x[] = {1, 2, 3, 4}, y[4], dy[] = {0, 0, 0, 4}, dx[4];
  const void *inputs[] = {x}, *gradients[] = {dy};
  void *outputs[] = {y}, *results[] = {dx};
  ASSERT_EQ(dlc_trainer_forward(trainer.get(), 1, inputs, outputs), DLC_OK) << trainerError(trainer);
  EXPECT_EQ(y[3], 16.5f);
  EXPECT_EQ(dlc_trainer_backward(trainer.get(), nullptr, results), DLC_ERROR_ARGUMENT);
  ASSERT_EQ(dlc_trainer_backward(trainer.get(), gradients, results), DLC_OK);
  EXPECT_EQ(Floats(dx, dx + 4), (Floats{0, 0, 0, 16}));
  ASSERT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
  EXPECT_EQ(valuesOf<float>(trainer, "w"), (Floats{1, 2, 3, 0}));

  // In one step they are known beforehand.
  trainer = createTrainer(training, optionsFor(2, 1));
  const void *both[] = {x, dy};
  ASSERT_EQ(dlc_trainer_step(trainer.get(), 1, both, nullptr), DLC_OK);
  EXPECT_EQ(valuesOf<float>(trainer, "w"), (Floats{1, 2, 3, 0}));
}

TEST(Trainer, DoublesTrainAsDoubles) {
  LineTraining<double> line;
  dlc_trainer_options options = accumulating();
  TrainerPointer trainer = createTrainer(line.training, optionsFor(1, 1), &options);
  ASSERT_TRUE(trainer) << dlc_trainer_error(nullptr);
  double x[] = {1, 2, 3, 4}, t[] = {1.5, 4.5, 9.5, 12.5}, loss;
  const void *inputs[] = {x, t};
  void *outputs[] = {nullptr, &loss};
  ASSERT_EQ(dlc_trainer_set(trainer.get(), "lr", 0.1), DLC_OK);
  ASSERT_EQ(dlc_trainer_forward(trainer.get(), 1, inputs, outputs), DLC_OK);
  ASSERT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_accumulate(trainer.get(), 0.3), DLC_OK);
  ASSERT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
  EXPECT_EQ(loss, 8);
  EXPECT_EQ(valuesOf<double>(trainer, "w")[3], 4 - 0.1 * (0.3 * 16.0));
}

TEST(Trainer, HyperParametersByName) {
  Line line;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1));
  dlc_trainer *raw = trainer.get();
  std::vector<std::string> names;
  for (int32_t i = 0; i < dlc_trainer_hyperparameter_count(raw); ++i)
    names.push_back(dlc_trainer_hyperparameter_name(raw, i));
  EXPECT_EQ(names, (std::vector<std::string>{"lr", "momentum", "lr_decay", "beta1", "beta2"}));
  EXPECT_EQ(dlc_trainer_hyperparameter_name(raw, 5), nullptr);
  EXPECT_EQ(dlc_trainer_hyperparameter_name(raw, -1), nullptr);
  double value = -1;
  EXPECT_EQ(dlc_trainer_get(raw, "lr", &value), DLC_OK);
  EXPECT_EQ(value, 0.25);
  EXPECT_EQ(dlc_trainer_set(raw, "lr", 0.1), DLC_OK);
  EXPECT_EQ(dlc_trainer_get(raw, "lr", &value), DLC_OK);
  EXPECT_EQ(value, 0.1);
  for (const char *name : {"Lr", "", "decayed_lr", "correction1", "correction2"})
    EXPECT_EQ(dlc_trainer_set(raw, name, 1), DLC_ERROR_ARGUMENT) << name;
  EXPECT_NE(trainerError(trainer).find("'correction2'"), std::string::npos);
  EXPECT_EQ(dlc_trainer_set(raw, nullptr, 1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_set(raw, "lr", NAN), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_get(raw, "nothing", &value), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_get(raw, "lr", nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(value, 0.1);
}

TEST(Trainer, CorrectionsFollowTheNumberOfUpdates) {
  LineTraining<double> line;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(1, 1));
  dlc_trainer *raw = trainer.get();
  double x[4] = {}, t[4] = {};
  const void *inputs[] = {x, t};
  ASSERT_EQ(dlc_trainer_set(raw, "lr_decay", 0.5), DLC_OK);
  for (int64_t t : {0, 1, 2, 9, 1000, 1000000}) {
    ASSERT_EQ(dlc_trainer_set_updates(raw, t), DLC_OK);
    ASSERT_EQ(dlc_trainer_step(raw, 1, inputs, nullptr), DLC_OK);
    EXPECT_EQ(dlc_trainer_updates(raw), t + 1);
    // Squaring rounds about log2 t times, and each error counts up to t times.
    double n = static_cast<double>(t + 1), error = (n + 20) * 0x1p-52;
    EXPECT_NEAR(seen.correction1, 1 - std::pow(0.875, n), error);
    EXPECT_NEAR(seen.correction2, 1 - std::pow(0.999, n), error);
    EXPECT_EQ(seen.decayedLr, 0.25 / (1 + 0.5 * (n - 1)));
  }
  EXPECT_EQ(dlc_trainer_set_updates(raw, -1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_set_updates(raw, INT64_MAX), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_updates(raw), 1000001);
}

TEST(Trainer, RandomKeysDifferInEveryPass) {
  Line line(/*hasLoss=*/true, /*hasKey=*/true);
  line.watchKey();
  EXPECT_EQ(dlc_training_input_count(&line.training), 2);
  dlc_tensor_info info;
  ASSERT_EQ(dlc_training_input_info(&line.training, 1, 3, &info), DLC_OK);
  EXPECT_STREQ(info.name, "t"); // the key is not the caller's
  EXPECT_EQ(info.shape[0], 3);
  dlc_trainer_options options = accumulating();
  options.seed = UINT64_C(0x123456789abcdef0);
  TrainerPointer trainer = createTrainer(line.training, optionsFor(2, 1), &options);
  dlc_trainer *raw = trainer.get();
  Batch batch(2);
  auto key = [] { return std::vector<uint32_t>(seen.key, seen.key + 4); };
  ASSERT_EQ(dlc_trainer_step(raw, 2, batch.inputs(), nullptr), DLC_OK) << trainerError(trainer);
  EXPECT_EQ(key(), (std::vector<uint32_t>{0x9abcdef0, 0x12345678, 1, 0}));
  ASSERT_EQ(dlc_trainer_step(raw, 2, batch.inputs(), nullptr), DLC_OK);
  EXPECT_EQ(key(), (std::vector<uint32_t>{0x9abcdef0, 0x12345678, 2, 0}));
  // Several passes for one update.
  std::vector<std::vector<uint32_t>> keys;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(dlc_trainer_forward(raw, 2, batch.inputs(), nullptr), DLC_OK);
    keys.push_back(key());
    ASSERT_EQ(dlc_trainer_backward(raw, nullptr, nullptr), DLC_OK);
    EXPECT_EQ(key(), keys.back()); // the backward phase draws the same
    ASSERT_EQ(dlc_trainer_accumulate(raw, 1), DLC_OK);
  }
  EXPECT_EQ(keys[0], (std::vector<uint32_t>{0x9abcdef0, 0x12345678, 3, 0}));
  EXPECT_NE(keys[1], keys[0]);
  EXPECT_NE(keys[2], keys[1]);
  ASSERT_EQ(dlc_trainer_update(raw), DLC_OK);
  // Counters put back bring the draws back.
  EXPECT_EQ(dlc_trainer_seed(raw), options.seed);
  dlc_trainer_set_seed(raw, 7);
  ASSERT_EQ(dlc_trainer_set_updates(raw, 2), DLC_OK);
  ASSERT_EQ(dlc_trainer_step(raw, 2, batch.inputs(), nullptr), DLC_OK);
  EXPECT_EQ(key(), (std::vector<uint32_t>{7, 0, 3, 0}));
}

TEST(Trainer, VariablesAreReadAndWritten) {
  Line line;
  TrainerPointer trainer = createTrainer(line.training, optionsFor(1, 1));
  dlc_trainer *raw = trainer.get();
  ASSERT_EQ(dlc_trainer_variable_count(raw), 3);
  dlc_variable_info info = variable(trainer, "b");
  EXPECT_STREQ(info.name, "b");
  EXPECT_EQ(info.type, DLC_TYPE_F32);
  EXPECT_EQ(info.rank, 2);
  EXPECT_EQ(info.shape[0], 2);
  EXPECT_EQ(info.shape[1], 2);
  EXPECT_EQ(info.shape[2], 0);
  EXPECT_EQ(info.bytes, 16u);
  EXPECT_EQ(info.trained, 1);
  EXPECT_NE(info.gradient, nullptr);
  EXPECT_EQ(valuesOf<float>(trainer, "b"), (Floats{0.5, 0.5, 0.5, 0.5}));
  EXPECT_EQ(valuesOf<float>(trainer, "s"), (Floats{1, 0.5, 0, -0.5}));
  EXPECT_EQ(variable(trainer, "s").gradient, nullptr);
  EXPECT_EQ(variable(trainer, "s").trained, 0);
  EXPECT_EQ(dlc_trainer_find_variable(raw, "none"), -1);
  EXPECT_EQ(dlc_trainer_find_variable(raw, nullptr), -1);
  EXPECT_EQ(dlc_trainer_variable(raw, 3, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_variable(raw, -1, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_trainer_variable(raw, 0, nullptr), DLC_ERROR_ARGUMENT);

  EXPECT_EQ(dlc_trainer_slot_count(raw), 1);
  EXPECT_STREQ(dlc_trainer_slot_name(raw, 0), "momentum_buffer");
  EXPECT_EQ(dlc_trainer_slot_name(raw, 1), nullptr);
  EXPECT_EQ(dlc_trainer_slot_name(raw, -1), nullptr);
  EXPECT_NE(dlc_trainer_slot(raw, 0, 0), nullptr);
  EXPECT_EQ(dlc_trainer_slot(raw, 0, 2), nullptr); // not trained
  EXPECT_EQ(dlc_trainer_slot(raw, 1, 0), nullptr);
  EXPECT_EQ(dlc_trainer_slot(raw, 0, 3), nullptr);

  // What is written holds: values, a gradient, a slot.
  static_cast<float *>(variable(trainer, "w").values)[0] = 10;
  float x[] = {1, 1, 1, 1}, t[4] = {}, y[4];
  const void *inputs[] = {x, t};
  void *outputs[] = {y};
  ASSERT_EQ(dlc_trainer_predict(raw, 1, inputs, outputs), DLC_OK);
  EXPECT_EQ(y[0], 10.5f);
  ASSERT_EQ(dlc_trainer_forward(raw, 1, inputs, nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_backward(raw, nullptr, nullptr), DLC_OK);
  static_cast<float *>(variable(trainer, "w").gradient)[0] = 8;
  static_cast<float *>(dlc_trainer_slot(raw, 0, 0))[0] = 4;
  ASSERT_EQ(dlc_trainer_update(raw), DLC_OK);
  EXPECT_EQ(valuesOf<float>(trainer, "w")[0], 10 - 0.25f * (8 + 0.5f * 4));
}

TEST(Trainer, GradientsAreToldAsTheyAreReady) {
  Line line;
  struct Context {
    TrainerPointer trainer;
    std::vector<std::pair<int32_t, float>> told;
    dlc_status inner = DLC_OK;
  } context;
  dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
  more.gradient_context = &context;
  more.gradient_ready = [](void *argument, int32_t index) {
    auto &context = *static_cast<Context *>(argument);
    dlc_variable_info info;
    dlc_trainer_variable(context.trainer.get(), index, &info);
    auto *gradient = static_cast<float *>(info.gradient);
    context.told.emplace_back(index, gradient[3]);
    gradient[3] /= 2; // as a mean over processes would
    context.inner = dlc_trainer_update(context.trainer.get());
  };
  for (int32_t profile : {0, 1}) {
    dlc_options options = optionsFor(2, 2);
    options.profile = profile;
    context.trainer = createTrainer(line.training, options, &more);
    context.told.clear();
    float x[] = {1, 2, 3, 4}, t[] = {1.5, 4.5, 9.5, 12.5};
    const void *inputs[] = {x, t};
    ASSERT_EQ(dlc_trainer_forward(context.trainer.get(), 1, inputs, nullptr), DLC_OK);
    EXPECT_TRUE(context.told.empty());
    ASSERT_EQ(dlc_trainer_backward(context.trainer.get(), nullptr, nullptr), DLC_OK);
    // b after step 3, w after step 4.
    EXPECT_EQ(context.told, (std::vector<std::pair<int32_t, float>>{{1, 4}, {0, 16}}));
    EXPECT_EQ(context.inner, DLC_ERROR_BUSY);
    ASSERT_EQ(dlc_trainer_update(context.trainer.get()), DLC_OK);
    EXPECT_EQ(valuesOf<float>(context.trainer, "w")[3], 4 - 0.25f * 8);
    context.told.clear();
    ASSERT_EQ(dlc_trainer_step(context.trainer.get(), 1, inputs, nullptr), DLC_OK);
    EXPECT_EQ(context.told.size(), 2u);
    const dlc_session *step = dlc_trainer_session(context.trainer.get(), DLC_PART_STEP);
    dlc_step_info info;
    ASSERT_EQ(dlc_get_step_info(step, 3, &info), DLC_OK);
    EXPECT_EQ(info.runs, profile ? 2 : 0);
    EXPECT_EQ(info.nanoseconds > 0, profile == 1);
  }
}

TEST(Trainer, ProfilesItsParts) {
  Line line;
  dlc_options options = optionsFor(4, 1);
  options.profile = 1;
  TrainerPointer trainer = createTrainer(line.training, options);
  Batch batch(4);
  ASSERT_EQ(dlc_trainer_forward(trainer.get(), 3, batch.inputs(), nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_forward(trainer.get(), 4, batch.inputs(), nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_OK);
  ASSERT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
  EXPECT_EQ(dlc_trainer_forward_step_count(trainer.get()), 2);
  const dlc_session *step = dlc_trainer_session(trainer.get(), DLC_PART_STEP);
  ASSERT_EQ(dlc_step_count(step), 5);
  int64_t runs[] = {2, 2, 1, 1, 1};
  dlc_step_info info;
  for (int32_t i = 0; i < 5; ++i) {
    ASSERT_EQ(dlc_get_step_info(step, i, &info), DLC_OK);
    EXPECT_EQ(info.runs, runs[i]);
    EXPECT_EQ(info.flops, 4 * 8); // of the largest batch
  }
  ASSERT_EQ(dlc_get_step_info(dlc_trainer_session(trainer.get(), DLC_PART_UPDATE), 0, &info), DLC_OK);
  EXPECT_EQ(info.runs, 1);
  ASSERT_EQ(dlc_get_step_info(dlc_trainer_session(trainer.get(), DLC_PART_PREDICT), 0, &info), DLC_OK);
  EXPECT_EQ(info.runs, 0);
  dlc_trainer_profile_reset(trainer.get());
  ASSERT_EQ(dlc_get_step_info(step, 0, &info), DLC_OK);
  EXPECT_EQ(info.runs + info.nanoseconds, 0);
  EXPECT_EQ(dlc_trainer_session(trainer.get(), static_cast<dlc_part>(3)), nullptr);
  EXPECT_EQ(dlc_trainer_session(trainer.get(), static_cast<dlc_part>(-1)), nullptr);
}

TEST(Trainer, DescribesItsTensors) {
  Line line;
  const dlc_training &training = line.training;
  EXPECT_EQ(dlc_training_model(&training, DLC_PART_STEP), training.step);
  EXPECT_EQ(dlc_training_model(&training, DLC_PART_UPDATE), training.update);
  EXPECT_EQ(dlc_training_model(&training, DLC_PART_PREDICT), training.predict);
  EXPECT_EQ(dlc_training_model(&training, static_cast<dlc_part>(3)), nullptr);
  EXPECT_EQ(dlc_training_model(nullptr, DLC_PART_STEP), nullptr);
  EXPECT_EQ(dlc_training_input_count(&training), 2);
  EXPECT_EQ(dlc_training_forward_input_count(&training), 2);
  EXPECT_EQ(dlc_training_output_count(&training), 3);
  EXPECT_EQ(dlc_training_forward_output_count(&training), 2);
  EXPECT_EQ(dlc_training_input_count(nullptr), 0);
  EXPECT_EQ(dlc_training_forward_output_count(nullptr), 0);
  dlc_tensor_info info;
  ASSERT_EQ(dlc_training_output_info(&training, 1, 5, &info), DLC_OK);
  EXPECT_STREQ(info.name, "loss");
  EXPECT_EQ(info.bytes, 4u);
  EXPECT_EQ(dlc_training_output_info(&training, 3, 5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_training_input_info(&training, 2, 5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_training_input_info(&training, -1, 5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_training_input_info(nullptr, 0, 5, &info), DLC_ERROR_ARGUMENT);
}

} // namespace
