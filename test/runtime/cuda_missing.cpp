// Sessions where CUDA has no device, or no driver: each in a process of its own, see cuda.test.
#include "DeviceModels.h"

#include "gtest/gtest.h"

#include <cstdlib>

using namespace dlc::test;

namespace {

// In a process of its own, with DLC_MOCK_CUDA=none.
TEST(CudaNone, IsSaid) {
  if (!getenv("DLC_MOCK_CUDA"))
    GTEST_SKIP() << "the mock has devices";
  AddObject object;
  EXPECT_EQ(dlc_device_count(DLC_DEVICE_CUDA), 0);
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_DEVICE);
  EXPECT_EQ(creationError(), "the cuda driver finds no device");
  object.finish(/*hasCuda=*/true, /*hasOpencl=*/false);
  SessionPointer session = createSession(object.host.model, optionsOn(nullptr));
  EXPECT_STREQ(dlc_session_device(session.get()), "cpu");
  EXPECT_TRUE(runsRight(session.get()));
}

// In a process of its own, where libcuda.so.1 is something else.
TEST(CudaDriver, IsMissing) {
  if (dlc_device_count(DLC_DEVICE_CUDA) != DLC_ERROR_DEVICE)
    GTEST_SKIP() << "there is a driver";
  AddObject object;
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cuda")), DLC_ERROR_DEVICE);
  EXPECT_TRUE(creationError().find("there is no CUDA driver: libcuda.so") == 0 ||
              creationError().find("the CUDA driver is too old: it has no cuInit") == 0)
      << creationError();
  object.finish(/*hasCuda=*/true, /*hasOpencl=*/false);
  SessionPointer session = createSession(object.host.model, optionsOn("auto"));
  EXPECT_STREQ(dlc_session_device(session.get()), "cpu");
}
} // namespace
