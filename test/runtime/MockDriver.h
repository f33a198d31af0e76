// Tests with a driver that they play: its kernels, and a failure of each of its calls.
#ifndef DLC_TEST_RUNTIME_MOCKDRIVER_H
#define DLC_TEST_RUNTIME_MOCKDRIVER_H

#include "DeviceModels.h"
#include "TrainingBuilder.h"
#include "mock_driver.h"

#include "gtest/gtest.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>

namespace dlc::test {

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

inline float *floats(void *argument) { return *static_cast<float **>(argument); }

inline void add(void **arguments, unsigned blocks) {
  for (unsigned i = 0; i < blocks * 8; ++i)
    floats(arguments[2])[i] = floats(arguments[0])[i] + floats(arguments[1])[i % 8];
}
inline void copy(void **arguments, unsigned blocks) {
  std::copy_n(floats(arguments[0]), blocks * 8, floats(arguments[1]));
}
inline void twice(void **arguments, unsigned blocks) {
  *floats(arguments[2]) = 0;
  for (unsigned i = 0; i < blocks * 8; ++i)
    *floats(arguments[2]) += floats(arguments[1])[i] = 2 * floats(arguments[0])[i];
}

/// One step of a model for the CPU, as a kernel.
struct HostStep {
  Driver driver;
  const halide_buffer_t *buffers;
  size_t count;
  int32_t step;
};
inline void runHostStep(void **arguments, unsigned) {
  const HostStep &step = **static_cast<HostStep **>(arguments[0]);
  std::vector<halide_buffer_t> buffers(step.buffers, step.buffers + step.count);
  for (halide_buffer_t &buffer : buffers)
    buffer.host = reinterpret_cast<uint8_t *>(buffer.device);
  alignas(64) std::array<char, 4096> scratch;
  dlc_worker worker = {};
  worker.in_task = 1;
  worker.scratch = worker.top = scratch.data();
  worker.end = scratch.data() + scratch.size();
  step.driver(&worker, buffers.data(), nullptr, step.step, step.step + 1);
}

inline constexpr std::array<mock_kernel, 4> mockKernels = {
    {{"add", add}, {"copy", copy}, {"twice", twice}, {"host", runHostStep}}};

/// A model whose steps are kernels that do what another one does on the CPU.
template <const Hooks &hooks, int part>
int32_t runOnDevice(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin, int32_t end);
struct HostModel {
  Driver driver;
  size_t buffers;
};
inline std::array<HostModel, 3> hostModels;

template <const Hooks &hooks, int part>
int32_t runOnDevice(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin, int32_t end) {
  static void *state;
  for (int32_t i = begin; i < end; ++i) {
    if (int result = hooks.initialize(context, &state, "host", 5))
      return result;
    HostStep step = {hostModels[part].driver, buffers, hostModels[part].buffers, i};
    const HostStep *pointer = &step;
    std::array<size_t, 2> sizes = {sizeof(pointer), 0};
    std::array<void *, 1> arguments = {&pointer};
    std::array<int8_t, 1> isBuffer = {0};
    if (int result =
            hooks.run(context, state, "host", 1, 1, 1, 1, 1, 1, 0, sizes.data(), arguments.data(), isBuffer.data()))
      return result;
    if (trace)
      trace(context, i);
  }
  return 0;
}

/// LineTraining with a variant for a device.
template <const Hooks &hooks>
struct DeviceLine {
  explicit DeviceLine(bool hasLoss = true, bool hasKey = false) : line(hasLoss, hasKey), twin(hasLoss, hasKey) {
    if (hasKey) {
      line.watchKey();
      twin.watchKey();
    }
    take<0>(line.step, twin.step, line.weights);
    take<1>(line.update, twin.update, nullptr);
    take<2>(line.predict, twin.predict, nullptr);
  }

  const dlc_training &training() const { return line.training; }

  LineTraining<float> line, twin;
  std::array<std::array<const dlc_model *, 2>, 3> variants = {};

private:
  template <int part>
  void take(ModelBuilder &host, ModelBuilder &device, const float *weights) {
    hostModels[part] = {device.model.run, device.buffers.size() / DLC_BUFFER_LENGTH};
    device.header[DLC_HEADER_DEVICE] = hooks.kind;
    device.header[DLC_HEADER_SCRATCH] = device.header[DLC_HEADER_PARALLEL] = 0;
    device.setDriver(runOnDevice<hooks, part>);
    variants[part] = {&device.finish(weights), nullptr};
    host.model.variants = variants[part].data();
  }
};

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

/// What such a driver's calls cannot do is to end the process, and every test ends with
/// nothing left on the device.
class MockDriverTest : public testing::Test {
protected:
  MockDriverTest(const char *library, const char *symbol, int fault) : fault(fault) {
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    mock = handle ? static_cast<mock_driver *>(dlsym(handle, symbol)) : nullptr;
    if (!mock)
      return;
    mock->kernels = mockKernels.data();
    mock->kernel_count = mockKernels.size();
    initial = *mock;
  }

  void SetUp() override {
    if (!mock)
      GTEST_SKIP() << "there is no mock driver";
  }
  void TearDown() override {
    if (!mock)
      return;
    expectNothingLeft();
    *mock = initial;
  }

  void expectNothingLeft() const {
    EXPECT_EQ(mock->contexts, 0);
    EXPECT_EQ(mock->streams, 0);
    EXPECT_EQ(mock->allocations, 0);
    EXPECT_EQ(mock->modules, 0);
    EXPECT_EQ(mock->functions, 0);
    EXPECT_EQ(mock->handles, 0);
    EXPECT_EQ(mock->events, 0);
  }

  /// Does `act` once for each call of the driver in it, which then fails: alone, or
  /// with all that follow. act returns whether something failed, having destroyed
  /// what it made.
  template <typename Act>
  void failEverywhere(Act act) {
    failures = 0;
    mock->calls = 0;
    ASSERT_FALSE(act());
    const int calls = mock->calls;
    ASSERT_GT(calls, 20);
    for (int dead : {0, 1})
      for (int call = 1; call <= calls; ++call) {
        mock->calls = 0;
        mock->pushed = 0;
        mock->fail_at = call;
        mock->fail_with = fault;
        mock->stays_dead = dead;
        failures += act();
        mock->fail_at = 0;
        expectNothingLeft();
        if (HasFailure())
          FAIL() << "where call " << call << " of " << calls << " failed" << (dead ? " for good" : "");
      }
    mock->pushed = 0;
    // All but those that give something back.
    EXPECT_GT(failures, calls);
  }

  /// A session and its runs; a failure is told with one of the reasons.
  void survivesEveryFault(const dlc_model &model, const dlc_options &options,
                          std::initializer_list<const char *> reasons) {
    auto isSaid = [&](const std::string &message) {
      return std::any_of(reasons.begin(), reasons.end(),
                         [&](const char *reason) { return message.find(reason) != std::string::npos; });
    };
    failEverywhere([&] {
      SessionPointer session = createSession(model, options);
      if (!session) {
        EXPECT_TRUE(isSaid(creationError())) << creationError();
        return 1;
      }
      bool isRight = runsRight(session.get());
      if (!isRight) {
        EXPECT_TRUE(isSaid(dlc_session_error(session.get()))) << dlc_session_error(session.get());
        if (!mock->stays_dead) { // the next run is as good as any
          EXPECT_TRUE(runsRight(session.get())) << dlc_session_error(session.get());
        }
      }
      return isRight ? 0 : 1;
    });
  }

  /// A trainer and all that it can do.
  void trainerSurvivesEveryFault(const dlc_training &training, const dlc_options &options) {
    const std::array<float, 16> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    const std::array<const void *, 2> inputs = {x.data(), x.data()};
    failEverywhere([&] {
      dlc_trainer_options more = accumulating();
      more.gradient_ready = [](void *, int32_t) {};
      TrainerPointer trainer = createTrainer(training, options, &more);
      if (!trainer)
        return 1;
      dlc_variable_info info;
      bool isRight = dlc_trainer_forward(trainer.get(), 4, inputs.data(), nullptr) == DLC_OK &&
                     dlc_trainer_backward(trainer.get(), nullptr, nullptr) == DLC_OK &&
                     dlc_trainer_accumulate(trainer.get(), 1) == DLC_OK &&
                     dlc_trainer_update(trainer.get()) == DLC_OK &&
                     dlc_trainer_variable(trainer.get(), 0, &info) == DLC_OK && dlc_trainer_slot(trainer.get(), 0, 0) &&
                     dlc_trainer_step(trainer.get(), 4, inputs.data(), nullptr) == DLC_OK &&
                     dlc_trainer_save(trainer.get(), "/dev/null/no") == DLC_ERROR_FILE;
      return isRight ? 0 : 1;
    });
  }

  mock_driver *mock = nullptr;
  mock_driver initial = {};
  int fault;
  int failures = 0;
};

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_MOCKDRIVER_H
