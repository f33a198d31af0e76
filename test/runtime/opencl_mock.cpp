// Sessions and trainers on OpenCL where the driver fails: one that the tests play, the
// libOpenCL.so.1 that LD_LIBRARY_PATH leads to.
#include "MockDriver.h"

#include <numeric>

using namespace dlc::test;

namespace {

constexpr int outOfResources = -5;

class OpenCLMock : public MockDriverTest {
protected:
  OpenCLMock() : MockDriverTest("libOpenCL.so.1", "mock_opencl", outOfResources) {}
  void SetUp() override {
    MockDriverTest::SetUp();
    if (mock) {
      ASSERT_EQ(dlc_device_count(DLC_DEVICE_OPENCL), 2) << creationError();
    }
    AddVariant<openclHooks>::source = "add copy twice";
  }
  void TearDown() override {
    MockDriverTest::TearDown();
    AddVariant<openclHooks>::source = addSource(DLC_DEVICE_OPENCL);
  }

  AddObject object;
};

TEST_F(OpenCLMock, Runs) {
  for (const char *name : {"opencl", "opencl:1"})
    for (int64_t batch : {1, 7}) {
      SessionPointer session = createSession(object.host.model, optionsOn(name, batch));
      ASSERT_NE(session, nullptr) << creationError();
      for (int run = 0; run < 3; ++run)
        EXPECT_TRUE(runsRight(session.get(), static_cast<float>(run))) << dlc_session_error(session.get());
    }
}

TEST_F(OpenCLMock, SurvivesEveryFault) {
  for (int profile : {0, 1}) {
    dlc_options options = optionsOn("opencl");
    options.profile = profile;
    survivesEveryFault(object.host.model, options, {"CL_OUT_OF_RESOURCES (-5)", "clSVMAlloc of "});
  }
}

TEST_F(OpenCLMock, NamesTheStepThatFailed) {
  SessionPointer session = createSession(object.host.model, optionsOn("opencl"));
  mock->calls = 0;
  ASSERT_TRUE(runsRight(session.get()));
  const int calls = mock->calls;
  int inSteps = 0;
  for (int call = 1; call <= calls; ++call) {
    mock->calls = 0;
    mock->fail_at = call;
    mock->fail_with = outOfResources;
    EXPECT_FALSE(runsRight(session.get()));
    const std::string error = dlc_session_error(session.get());
    EXPECT_NE(error.find("CL_OUT_OF_RESOURCES (-5)"), std::string::npos) << error;
    inSteps += error.find("opencl:0: step 'add' (add_8): cl") == 0 ||
               error.find("opencl:0: step 'double' (double_8): cl") == 0;
  }
  // The upload counts as part of the first step; two downloads and the wait belong to none.
  EXPECT_EQ(inSteps, calls - 3);
}

TEST_F(OpenCLMock, NamesWhatTheDeviceCannotLaunch) {
  auto expect = [&](const char *text) {
    EXPECT_EQ(statusOf(object.host.model, optionsOn("opencl")), DLC_ERROR_DEVICE);
    EXPECT_EQ(creationError(), std::string("opencl:0: step 'add' (add_8): ") + text);
    *mock = initial;
  };
  mock->shared_bytes = 32 * 1024;
  expect("a block needs 65536 bytes of shared memory, where the device has 32768");
  mock->block_threads = 4;
  expect("a block has 8 threads, where the device takes 4");
}

TEST_F(OpenCLMock, TheCallersQueueAndMemorySurviveEveryFault) {
  void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
#define FIND(name, result, ...) auto *name = reinterpret_cast<result (*)(__VA_ARGS__)>(dlsym(library, #name))
  FIND(clGetPlatformIDs, int, unsigned, void **, unsigned *);
  FIND(clGetDeviceIDs, int, void *, uint64_t, unsigned, void **, unsigned *);
  FIND(clCreateContext, void *, const void *, unsigned, void **, void *, void *, int *);
  FIND(clCreateCommandQueueWithProperties, void *, void *, void *, const uint64_t *, int *);
  FIND(clCreateBuffer, void *, void *, uint64_t, size_t, void *, int *);
  FIND(clEnqueueReadBuffer, int, void *, void *, unsigned, size_t, size_t, void *, unsigned, void *, void *);
  FIND(clReleaseMemObject, int, void *);
  FIND(clReleaseCommandQueue, int, void *);
  FIND(clReleaseContext, int, void *);
#undef FIND
  std::vector<float> x(24);
  std::iota(x.begin(), x.end(), 0.0f);
  object.finish(/*hasCuda=*/false);
  failEverywhere([&] {
    // What the caller does, does not fail.
    const int calls = mock->calls, failAt = mock->fail_at;
    mock->fail_at = 0;
    void *platform, *device;
    unsigned count;
    int error;
    clGetPlatformIDs(1, &platform, nullptr);
    clGetDeviceIDs(platform, 0xffffffff, 1, &device, &count);
    void *context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
    void *queue = clCreateCommandQueueWithProperties(context, device, nullptr, &error);
    void *memory[] = {clCreateBuffer(context, 1 | 32, 96, x.data(), &error),
                      clCreateBuffer(context, 1, 96, nullptr, &error), clCreateBuffer(context, 1, 4, nullptr, &error)};
    mock->calls = calls;
    mock->fail_at = failAt;

    dlc_options options = optionsOn("opencl");
    options.stream = queue;
    options.device_memory = 1;
    const void *inputs[] = {memory[0]};
    SessionPointer session = createSession(object.host.model, options);
    bool isRight = session && dlc_run(session.get(), inputs, memory + 1) == DLC_OK;
    if (isRight) {
      std::vector<float> y(24, -1);
      clEnqueueReadBuffer(queue, memory[1], 1, 0, 96, y.data(), 0, nullptr, nullptr);
      for (size_t i = 0; i < y.size(); ++i)
        EXPECT_EQ(y[i], 2 * (x[i] + static_cast<float>(i % 8 + 1)));
    }
    session.reset();
    const int made = mock->calls;
    mock->fail_at = 0;
    for (void *part : memory)
      clReleaseMemObject(part);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    mock->calls = made;
    return isRight ? 0 : 1;
  });
}

TEST_F(OpenCLMock, TrainerSurvivesEveryFault) {
  DeviceLine<openclHooks> line;
  dlc_options options = optionsFor(4, 1);
  options.device = "opencl";
  trainerSurvivesEveryFault(line.training(), options);
}

} // namespace
