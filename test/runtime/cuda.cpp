// Sessions and trainers on CUDA devices, through a driver that the tests provide: it
// is the libcuda.so.1 that LD_LIBRARY_PATH leads to.
#include "MockDriver.h"

#include <unistd.h>

#include <cstdlib>
#include <numeric>

using namespace dlc::test;

namespace {

using Floats = std::vector<float>;
using CudaLine = DeviceLine<cudaHooks>;

constexpr int illegalAddress = 700;

template <typename Function>
Function driverFunction(const char *name) {
  return reinterpret_cast<Function>(dlsym(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL), name));
}

class Cuda : public MockDriverTest {
protected:
  Cuda() : MockDriverTest("libcuda.so.1", "mock_cuda", illegalAddress) {}
  void SetUp() override {
    MockDriverTest::SetUp();
    if (mock) {
      ASSERT_EQ(dlc_device_count(DLC_DEVICE_CUDA), 2) << creationError();
    }
  }
};

TEST_F(Cuda, Lists) {
  dlc_device_info info;
  ASSERT_EQ(dlc_get_device_info(DLC_DEVICE_CUDA, 1, &info), DLC_OK);
  EXPECT_STREQ(info.name, "cuda:1");
  EXPECT_STREQ(info.description, "Mock 1");
  EXPECT_EQ(info.memory_bytes, int64_t(1) << 30);
  EXPECT_FALSE(info.is_cpu);
  ASSERT_EQ(dlc_find_device("cuda", &info), DLC_OK);
  EXPECT_STREQ(info.name, "cuda:0");
  EXPECT_EQ(dlc_find_device("cuda:2", &info), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(), "there is no device cuda:2, the last one is cuda:1");
  for (const char *bad : {"cpu", "auto", "cuda:-1", static_cast<const char *>(nullptr)})
    EXPECT_EQ(dlc_find_device(bad, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_device_count(DLC_DEVICE_CPU), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_get_device_info(DLC_DEVICE_CUDA, 2, &info), DLC_ERROR_ARGUMENT);
}

TEST_F(Cuda, Runs) {
  AddObject object;
  for (const char *name : {"cuda", "cuda:1", "auto", static_cast<const char *>(nullptr)})
    for (int64_t batch : {1, 7}) {
      SessionPointer session = createSession(object.host.model, optionsOn(name, batch));
      ASSERT_NE(session, nullptr) << creationError();
      EXPECT_STREQ(dlc_session_device(session.get()), name && name[0] == 'c' && name[4] ? "cuda:1" : "cuda:0");
      EXPECT_EQ(dlc_session_model(session.get()), &object.host.model);
      EXPECT_EQ(dlc_session_threads(session.get()), 1);
      for (int run = 0; run < 3; ++run)
        EXPECT_TRUE(runsRight(session.get(), static_cast<float>(run))) << dlc_session_error(session.get());
    }
  SessionPointer host = createSession(object.host.model, optionsOn("cpu"));
  EXPECT_STREQ(dlc_session_device(host.get()), "cpu");
  EXPECT_TRUE(runsRight(host.get()));
}

TEST_F(Cuda, LoadsKernelsAtCreation) {
  AddObject object;
  SessionPointer session = createSession(object.host.model, optionsOn("cuda"));
  EXPECT_EQ(dlc_session_device_bytes(session.get()), int64_t(mock->allocated));
  EXPECT_EQ(mock->modules, 1);
  ASSERT_TRUE(runsRight(session.get())); // allows the kernel's shared memory
  // Enter, upload, three launches, two downloads, wait, leave.
  mock->calls = 0;
  EXPECT_TRUE(runsRight(session.get()));
  EXPECT_EQ(mock->calls, 9);
  // Sessions share the object's static but no module.
  SessionPointer second = createSession(object.host.model, optionsOn("cuda:1"));
  EXPECT_EQ(mock->modules, 2);
  EXPECT_TRUE(runsRight(second.get()));
  session.reset();
  EXPECT_TRUE(runsRight(second.get()));
}

TEST_F(Cuda, NamesWhatIsWrong) {
  AddObject object;
  auto expect = [&](const dlc_options &options, dlc_status status, const char *text) {
    EXPECT_EQ(statusOf(object.host.model, options), status);
    EXPECT_NE(creationError().find(text), std::string::npos) << creationError();
  };
  expect(optionsOn("gpu"), DLC_ERROR_ARGUMENT, "'gpu' is no device");
  for (const char *bad : {"cuda:", "cuda:x", "cuda:1x", "cudas", "cpu:0", "", "cuda:99999999999", "CUDA"})
    expect(optionsOn(bad), DLC_ERROR_ARGUMENT, "is no device");
  expect(optionsOn("cuda:2"), DLC_ERROR_DEVICE, "there is no device cuda:2, the last one is cuda:1");

  dlc_options options = optionsOn("cuda");
  alignas(64) std::array<char, 4096> arena;
  options.arena = arena.data();
  options.arena_bytes = arena.size();
  expect(options, DLC_ERROR_ARGUMENT, "takes no arena");
  options.device = nullptr;
  SessionPointer session = createSession(object.host.model, options);
  EXPECT_STREQ(dlc_session_device(session.get()), "cpu");
  session.reset();

  options = optionsOn("cpu");
  options.device_memory = 1;
  expect(options, DLC_ERROR_ARGUMENT, "not on the CPU");
  options = optionsOn("cpu");
  options.stream = &options;
  expect(options, DLC_ERROR_ARGUMENT, "the CPU takes no stream");
  options.device = "cuda:0";
  expect(options, DLC_ERROR_ARGUMENT, "name cuda, without a number");
  options.device = "auto";
  expect(options, DLC_ERROR_ARGUMENT, "name the kind of its device");

  object.finish(/*hasCuda=*/false);
  expect(optionsOn("cuda"), DLC_ERROR_DEVICE, "'net' was not compiled for cuda");
  EXPECT_EQ(dlc_model_supports(&object.host.model, DLC_DEVICE_CUDA), 0);
  EXPECT_EQ(dlc_model_supports(&object.host.model, DLC_DEVICE_OPENCL), 1);
  EXPECT_EQ(dlc_model_supports(&object.host.model, DLC_DEVICE_CPU), 1);
}

TEST_F(Cuda, ReportsBadKernels) {
  AddObject object;
  AddVariant<cudaHooks>::source = "broken";
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(), "cuda:0: step 'add' (add_8): cuModuleLoadDataEx: CUDA_ERROR_INVALID_PTX (a mock error): "
                             "line 1: this is broken");
  AddVariant<cudaHooks>::source = "add copy";
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(),
            "cuda:0: step 'double' (double_8): cuModuleGetFunction: CUDA_ERROR_NOT_FOUND (a mock error)");
  AddVariant<cudaHooks>::source = addSource(DLC_DEVICE_CUDA);
}

TEST_F(Cuda, ReportsMissingMemory) {
  AddObject object;
  mock->memory = 1000;
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda", 100)), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(), "cuda:0: cuMemAlloc of 26176 bytes: CUDA_ERROR_OUT_OF_MEMORY (out of memory)");
  mock->memory = 2000;
  // The plan of the scratch is checked at creation too.
  object.cuda.header[DLC_HEADER_CALLER_SCRATCH_PER_BATCH] = 0;
  object.finish();
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_KERNEL);
  EXPECT_EQ(creationError(), "a kernel asked for 128 bytes of device scratch, where 0 of 0 are left");
}

TEST_F(Cuda, Profiles) {
  AddObject object;
  dlc_options options = optionsOn("cuda");
  options.profile = 1;
  SessionPointer session = createSession(object.host.model, options);
  ASSERT_TRUE(runsRight(session.get()));
  ASSERT_TRUE(runsRight(session.get()));
  for (int32_t i : {0, 1}) {
    dlc_step_info info;
    ASSERT_EQ(dlc_get_step_info(session.get(), i, &info), DLC_OK);
    EXPECT_EQ(info.runs, 2);
    EXPECT_EQ(info.nanoseconds, 1000000); // the mock's events are half a millisecond apart
  }
}

TEST_F(Cuda, TakesDeviceMemoryAndAStream) {
  auto retain = driverFunction<int (*)(void **, int)>("cuDevicePrimaryCtxRetain");
  auto push = driverFunction<int (*)(void *)>("cuCtxPushCurrent_v2");
  auto createStream = driverFunction<int (*)(void **, unsigned)>("cuStreamCreate");
  auto allocate = driverFunction<int (*)(uint64_t *, size_t)>("cuMemAlloc_v2");
  void *context, *stream;
  std::array<uint64_t, 3> memory; // on this device, where the host can read it
  retain(&context, 1);
  push(context);
  createStream(&stream, 0);
  for (uint64_t &part : memory)
    allocate(&part, 256);
  auto *x = reinterpret_cast<float *>(memory[0]), *y = reinterpret_cast<float *>(memory[1]);
  std::iota(x, x + 24, 0.0f);
  std::array<const void *, 1> inputs = {x};
  std::array<void *, 2> outputs = {y, reinterpret_cast<void *>(memory[2])};

  AddObject object;
  object.finish(true, /*hasOpencl=*/false);
  for (bool hasStream : {false, true}) {
    dlc_options options = optionsOn(hasStream ? nullptr : "cuda:1");
    options.stream = hasStream ? stream : nullptr;
    options.device_memory = 1;
    SessionPointer session = createSession(object.host.model, options);
    ASSERT_NE(session, nullptr) << creationError();
    EXPECT_STREQ(dlc_session_device(session.get()), "cuda:1");
    std::fill(y, y + 24, -1.0f);
    mock->finishes = 0;
    ASSERT_EQ(dlc_run(session.get(), inputs.data(), outputs.data()), DLC_OK) << dlc_session_error(session.get());
    EXPECT_EQ(mock->finishes, hasStream ? 0 : 1);
    for (size_t i = 0; i < 24; ++i)
      EXPECT_EQ(y[i], 2 * (x[i] + static_cast<float>(i % 8 + 1)));
  }
  EXPECT_EQ(mock->contexts, 1);
  EXPECT_EQ(mock->streams, 1);
  EXPECT_EQ(mock->pushed, 1);
  for (uint64_t part : memory)
    driverFunction<int (*)(uint64_t)>("cuMemFree_v2")(part);
  driverFunction<int (*)(void *)>("cuStreamDestroy_v2")(stream);
  driverFunction<int (*)(void **)>("cuCtxPopCurrent_v2")(&context);
  driverFunction<int (*)(int)>("cuDevicePrimaryCtxRelease_v2")(1);
}

TEST_F(Cuda, SurvivesEveryFault) {
  AddObject object;
  for (int profile : {0, 1}) {
    dlc_options options = optionsOn("cuda");
    options.profile = profile;
    survivesEveryFault(object.host.model, options, {"CUDA_ERROR_ILLEGAL_ADDRESS"});
  }
}

TEST_F(Cuda, NamesWhatTheDeviceCannotLaunch) {
  AddObject object;
  auto expect = [&](const char *text) {
    EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_DEVICE);
    EXPECT_EQ(creationError(), std::string("cuda:0: step 'add' (add_8): ") + text);
    *mock = initial;
  };
  mock->shared_bytes = 32 * 1024;
  expect("a block needs 65536 bytes of shared memory, where the device has 32768");
  mock->block_threads = 4;
  expect("a block has 8 threads, where the device takes 4");
  mock->grid_blocks[0] = 2;
  expect("a grid has 3 blocks along x, where the device takes 2");
}

TEST_F(Cuda, NamesTheStepThatFailed) {
  AddObject object;
  SessionPointer session = createSession(object.host.model, optionsOn("cuda"));
  ASSERT_TRUE(runsRight(session.get()));
  mock->calls = 0;
  mock->fail_at = 5; // enter, upload, add, copy, twice
  mock->fail_with = illegalAddress;
  EXPECT_FALSE(runsRight(session.get()));
  EXPECT_STREQ(dlc_session_error(session.get()), "cuda:0: step 'double' (double_8): cuLaunchKernel: "
                                                 "CUDA_ERROR_ILLEGAL_ADDRESS (a mock error)");
}

//===----------------------------------------------------------------------===//
// Trainers
//===----------------------------------------------------------------------===//

dlc_options trainOn(const char *device) {
  dlc_options options = optionsFor(4, 1);
  options.device = device;
  return options;
}

struct Data {
  Floats x, t;
  const void *pointers[2];
  const void *const *at(int round) {
    x.resize(16);
    t.resize(16);
    for (int i = 0; i < 16; ++i) {
      x[static_cast<size_t>(i)] = static_cast<float>((i * 7 + round) % 5) - 2;
      t[static_cast<size_t>(i)] = static_cast<float>((i * 3 + round) % 4);
    }
    pointers[0] = x.data();
    pointers[1] = t.data();
    return pointers;
  }
};

/// Steps, parts, batches, what the caller reads and writes: the same on both.
Floats exercise(const TrainerPointer &trainer, const std::string &path) {
  Floats log;
  Data data;
  auto note = [&](const Floats &values) { log.insert(log.end(), values.begin(), values.end()); };
  auto noteState = [&] {
    for (const Floats &values : stateOf(trainer))
      note(values);
  };
  float loss = -1;
  Floats y(16, -1), dx(16, -1);
  void *outputs[] = {y.data(), &loss, dx.data()}, *onlyLoss[] = {nullptr, &loss, nullptr};
  for (int round : {0, 1, 2}) {
    EXPECT_EQ(dlc_trainer_step(trainer.get(), 4 - round, data.at(round), outputs), DLC_OK) << trainerError(trainer);
    note({loss});
    note(y);
    note(dx);
  }
  noteState();
  // The caller writes parameters, and slots.
  static_cast<float *>(variable(trainer, "b").values)[1] = 3;
  static_cast<float *>(dlc_trainer_slot(trainer.get(), 0, 0))[2] = -1;
  EXPECT_EQ(dlc_trainer_step(trainer.get(), 4, data.at(3), onlyLoss), DLC_OK);
  note({loss});
  noteState();
  // Parts, with gradients that the caller sees and replaces.
  EXPECT_EQ(dlc_trainer_forward(trainer.get(), 2, data.at(4), outputs), DLC_OK);
  note({loss});
  EXPECT_EQ(dlc_trainer_backward(trainer.get(), nullptr, &outputs[2]), DLC_OK) << trainerError(trainer);
  note(dx);
  note({static_cast<float *>(variable(trainer, "w").gradient)[1]});
  static_cast<float *>(variable(trainer, "w").gradient)[1] = 0.5f;
  EXPECT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
  noteState();
  for (int round : {5, 6}) {
    EXPECT_EQ(dlc_trainer_forward(trainer.get(), 3, data.at(round), nullptr), DLC_OK);
    EXPECT_EQ(dlc_trainer_backward(trainer.get(), nullptr, nullptr), DLC_OK);
    EXPECT_EQ(dlc_trainer_accumulate(trainer.get(), 0.5), DLC_OK) << trainerError(trainer);
  }
  EXPECT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
  void *predicted[] = {y.data()};
  EXPECT_EQ(dlc_trainer_predict(trainer.get(), 2, data.at(7), predicted), DLC_OK);
  note(y);
  // Files.
  EXPECT_EQ(dlc_trainer_save(trainer.get(), path.c_str()), DLC_OK) << trainerError(trainer);
  EXPECT_EQ(dlc_trainer_step(trainer.get(), 4, data.at(8), onlyLoss), DLC_OK);
  noteState();
  EXPECT_EQ(dlc_trainer_load(trainer.get(), path.c_str()), DLC_OK) << trainerError(trainer);
  EXPECT_EQ(dlc_trainer_step(trainer.get(), 4, data.at(8), onlyLoss), DLC_OK);
  noteState();
  return log;
}

TEST_F(Cuda, TrainsAsTheCpu) {
  CudaLine line;
  const std::string path = testing::TempDir() + "cuda-trainer-" + std::to_string(getpid()) + ".safetensors";
  const dlc_trainer_options more = accumulating();
  TrainerPointer host = createTrainer(line.training(), trainOn("cpu"), &more);
  TrainerPointer device = createTrainer(line.training(), trainOn("cuda:1"), &more);
  ASSERT_NE(host, nullptr) << dlc_trainer_error(nullptr);
  ASSERT_NE(device, nullptr) << dlc_trainer_error(nullptr);
  EXPECT_STREQ(dlc_session_device(dlc_trainer_session(device.get(), DLC_PART_STEP)), "cuda:1");
  EXPECT_EQ(dlc_session_device_bytes(dlc_trainer_session(device.get(), DLC_PART_STEP)), int64_t(mock->allocated));
  EXPECT_EQ(dlc_session_device_bytes(dlc_trainer_session(host.get(), DLC_PART_STEP)), 0);
  EXPECT_EQ(exercise(host, path), exercise(device, path));
  std::remove(path.c_str());
}

TEST_F(Cuda, TellsGradients) {
  CudaLine line;
  struct Context {
    TrainerPointer *trainer;
    std::vector<int32_t> order;
    Floats seen;
  };
  auto train = [&](const char *name) {
    TrainerPointer trainer;
    Context context = {&trainer, {}, {}};
    dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
    more.gradient_context = &context;
    more.gradient_ready = [](void *data, int32_t index) {
      auto *told = static_cast<Context *>(data);
      dlc_variable_info info;
      ASSERT_EQ(dlc_trainer_variable(told->trainer->get(), index, &info), DLC_OK);
      auto *gradient = static_cast<float *>(info.gradient);
      told->order.push_back(index);
      told->seen.insert(told->seen.end(), gradient, gradient + 4);
      gradient[0] *= 2;
    };
    trainer = createTrainer(line.training(), trainOn(name), &more);
    Data data;
    for (int round : {0, 1, 2}) {
      EXPECT_EQ(dlc_trainer_step(trainer.get(), 4, data.at(round), nullptr), DLC_OK) << trainerError(trainer);
    }
    for (const Floats &values : stateOf(trainer))
      context.seen.insert(context.seen.end(), values.begin(), values.end());
    EXPECT_EQ(context.order, (std::vector<int32_t>{1, 0, 1, 0, 1, 0}));
    return context.seen;
  };
  EXPECT_EQ(train("cpu"), train("cuda"));
}

TEST_F(Cuda, TrainerTakesGradientsAndKeys) {
  Data data;
  for (bool hasLoss : {true, false}) {
    CudaLine line(hasLoss, /*hasKey=*/true);
    auto train = [&](const char *name) {
      TrainerPointer trainer = createTrainer(line.training(), trainOn(name));
      dlc_trainer_set_seed(trainer.get(), 77);
      const void *const *inputs = data.at(1);
      EXPECT_EQ(dlc_trainer_forward(trainer.get(), 4, inputs, nullptr), DLC_OK) << trainerError(trainer);
      EXPECT_EQ(dlc_trainer_backward(trainer.get(), hasLoss ? nullptr : inputs + 1, nullptr), DLC_OK);
      EXPECT_EQ(dlc_trainer_update(trainer.get()), DLC_OK);
      EXPECT_EQ(seen.key[0], 77u);
      EXPECT_EQ(seen.key[2], 1u);
      return stateOf(trainer);
    };
    EXPECT_EQ(train("cpu"), train("cuda"));
  }
}

TEST_F(Cuda, TrainerSurvivesEveryFault) {
  CudaLine line;
  trainerSurvivesEveryFault(line.training(), trainOn("cuda"));
}

TEST_F(Cuda, TrainerRefusesDeviceMemory) {
  CudaLine line;
  dlc_options options = trainOn("cuda");
  options.device_memory = 1;
  EXPECT_EQ(statusOfTrainer(line.training(), options), DLC_ERROR_ARGUMENT);
  line.line.update.model.variants = nullptr;
  EXPECT_EQ(statusOfTrainer(line.training(), trainOn("cuda")), DLC_ERROR_MODEL);
}

} // namespace
