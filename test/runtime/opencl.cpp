// Sessions on OpenCL devices, through the machine's own library.
#include "DeviceModels.h"

#include <gtest/gtest.h>

#include <dlfcn.h>

#include <numeric>

using namespace dlc::test;

namespace {

TEST(OpenCL, Lists) {
  int32_t count = dlc_device_count(DLC_DEVICE_OPENCL);
  ASSERT_GT(count, 0) << creationError();
  for (int32_t i = 0; i < count; ++i) {
    dlc_device_info info;
    ASSERT_EQ(dlc_get_device_info(DLC_DEVICE_OPENCL, i, &info), DLC_OK) << creationError();
    EXPECT_EQ(info.name, "opencl:" + std::to_string(i));
    EXPECT_EQ(info.kind, DLC_DEVICE_OPENCL);
    EXPECT_GT(info.memory_bytes, 0);
    EXPECT_STRNE(info.description, "");
  }
  dlc_device_info info;
  EXPECT_EQ(dlc_get_device_info(DLC_DEVICE_OPENCL, count, &info), DLC_ERROR_ARGUMENT);
}

TEST(OpenCL, Runs) {
  AddObject object;
  for (const char *name : {"opencl", "opencl:0"})
    for (int64_t batch : {1, 7}) {
      SessionPointer session = createSession(object.host.model, optionsOn(name, batch));
      ASSERT_NE(session, nullptr) << creationError();
      EXPECT_STREQ(dlc_session_device(session.get()), "opencl:0");
      for (int run = 0; run < 3; ++run)
        EXPECT_TRUE(runsRight(session.get(), static_cast<float>(run))) << dlc_session_error(session.get());
    }
}

TEST(OpenCL, CpuDevicesAreNotAutomatic) {
  AddObject object;
  object.finish(/*hasCuda=*/false);
  bool hasOther = false;
  for (int32_t i = 0; i < dlc_device_count(DLC_DEVICE_OPENCL); ++i) {
    dlc_device_info info;
    ASSERT_EQ(dlc_get_device_info(DLC_DEVICE_OPENCL, i, &info), DLC_OK);
    hasOther |= !info.is_cpu;
  }
  SessionPointer session = createSession(object.host.model, optionsOn("auto"));
  ASSERT_NE(session, nullptr) << creationError();
  EXPECT_EQ(std::string(dlc_session_device(session.get())) == "cpu", !hasOther);
  EXPECT_TRUE(runsRight(session.get()));
}

TEST(OpenCL, Profiles) {
  AddObject object;
  dlc_options options = optionsOn("opencl");
  options.profile = 1;
  SessionPointer session = createSession(object.host.model, options);
  ASSERT_NE(session, nullptr) << creationError();
  for (int run : {0, 1, 2})
    ASSERT_TRUE(runsRight(session.get(), static_cast<float>(run))) << dlc_session_error(session.get());
  for (int32_t i : {0, 1}) {
    dlc_step_info info;
    ASSERT_EQ(dlc_get_step_info(session.get(), i, &info), DLC_OK);
    EXPECT_EQ(info.runs, 3);
    EXPECT_GT(info.nanoseconds, 0);
    EXPECT_LT(info.nanoseconds, INT64_C(60000000000));
  }
}

TEST(OpenCL, ReportsBadKernels) {
  AddObject object;
  AddVariant<openclHooks>::source = "__kernel void add() { return 1 +; }";
  EXPECT_EQ(statusOf(object.host.model, optionsOn("opencl")), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError().find("opencl:0: step 'add' (add_8): clBuildProgram: CL_BUILD_PROGRAM_FAILURE (-11): "), 0u)
      << creationError();
  EXPECT_NE(creationError().find("error"), std::string::npos) << creationError();
  EXPECT_EQ(creationError().find('\n'), std::string::npos);
  AddVariant<openclHooks>::source = "__kernel void subtract() {}";
  EXPECT_EQ(statusOf(object.host.model, optionsOn("opencl")), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(), "opencl:0: step 'add' (add_8): clCreateKernel: CL_INVALID_KERNEL_NAME (-46)");
  AddVariant<openclHooks>::source = addSource(DLC_DEVICE_OPENCL);
}

TEST(OpenCL, ReportsFailingLaunches) {
  AddObject object;
  // A kernel with another list of arguments than it is launched with.
  AddVariant<openclHooks>::source = addSource(DLC_DEVICE_OPENCL);
  std::string &source = AddVariant<openclHooks>::source;
  source.replace(source.find("int unused"), 10, "double unused");
  SessionPointer session = createSession(object.host.model, optionsOn("opencl"));
  ASSERT_NE(session, nullptr) << creationError();
  EXPECT_FALSE(runsRight(session.get()));
  EXPECT_STREQ(dlc_session_error(session.get()),
               "opencl:0: step 'add' (add_8): clSetKernelArg: CL_INVALID_ARG_SIZE (-51)");
  source = addSource(DLC_DEVICE_OPENCL);
}

TEST(OpenCL, ReportsMissingMemory) {
  AddObject object;
  object.opencl.header[DLC_HEADER_ARENA_FIXED] = INT64_C(1) << 50;
  object.finish();
  EXPECT_EQ(statusOf(object.host.model, optionsOn("opencl")), DLC_ERROR_DEVICE);
  EXPECT_NE(creationError().find("opencl:0: clSVMAlloc of "), std::string::npos) << creationError();
}

TEST(OpenCL, TakesTheCallersQueueAndMemory) {
  void *library = dlopen("libOpenCL.so.1", RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr);
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
  constexpr uint64_t copyHost = 1 << 5, readWrite = 1, outOfOrder = 1, profiling = 2, properties = 0x1093;
  void *platform, *device;
  int error;
  ASSERT_EQ(clGetPlatformIDs(1, &platform, nullptr), 0);
  ASSERT_EQ(clGetDeviceIDs(platform, 0xffffffff, 1, &device, nullptr), 0);
  void *context = clCreateContext(nullptr, 1, &device, nullptr, nullptr, &error);
  std::vector<float> x(24), y(24, -1);
  std::iota(x.begin(), x.end(), 0.0f);
  void *memory[] = {clCreateBuffer(context, readWrite | copyHost, 96, x.data(), &error),
                    clCreateBuffer(context, readWrite | copyHost, 96, y.data(), &error),
                    clCreateBuffer(context, readWrite, 4, nullptr, &error)};
  const void *inputs[] = {memory[0]};

  AddObject object;
  object.finish(/*hasCuda=*/false);
  for (uint64_t given : {uint64_t(0), profiling})
    for (int profile : {0, 1}) {
      const uint64_t list[] = {properties, given, 0};
      void *queue = clCreateCommandQueueWithProperties(context, device, list, &error);
      ASSERT_NE(queue, nullptr);
      dlc_options options = optionsOn(nullptr);
      options.stream = queue;
      options.profile = profile;
      // Memory of the host, on the caller's queue.
      SessionPointer session = createSession(object.host.model, options);
      ASSERT_NE(session, nullptr) << creationError();
      EXPECT_TRUE(runsRight(session.get())) << dlc_session_error(session.get());
      // Memory of the device; what it held before is overwritten.
      options.device_memory = 1;
      session = createSession(object.host.model, options);
      ASSERT_NE(session, nullptr) << creationError();
      ASSERT_EQ(dlc_run(session.get(), inputs, memory + 1), DLC_OK) << dlc_session_error(session.get());
      ASSERT_EQ(clEnqueueReadBuffer(queue, memory[1], 1, 0, 96, y.data(), 0, nullptr, nullptr), 0);
      for (size_t i = 0; i < y.size(); ++i)
        EXPECT_EQ(y[i], 2 * (x[i] + static_cast<float>(i % 8 + 1)));
      if (profile) {
        dlc_step_info info;
        dlc_get_step_info(session.get(), 1, &info);
        EXPECT_GT(info.nanoseconds, 0);
      }
      session.reset();
      clReleaseCommandQueue(queue);
    }

  const uint64_t list[] = {properties, outOfOrder, 0};
  if (void *queue = clCreateCommandQueueWithProperties(context, device, list, &error)) {
    dlc_options options = optionsOn("opencl");
    options.stream = queue;
    EXPECT_EQ(statusOf(object.host.model, options), DLC_ERROR_ARGUMENT);
    EXPECT_EQ(creationError(), "the command queue must execute in order");
    clReleaseCommandQueue(queue);
  }
  dlc_options options = optionsOn("opencl");
  options.device_memory = 1;
  EXPECT_EQ(statusOf(object.host.model, options), DLC_ERROR_ARGUMENT);
  for (void *part : memory)
    clReleaseMemObject(part);
  clReleaseContext(context);
}

} // namespace
