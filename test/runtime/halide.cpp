// What kernels call: scratch and halos.
#include "ModelBuilder.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace dlc::test;

namespace {

using Body = void (*)(void *context);
Body body;

int32_t drive(void *context, halide_buffer_t *, dlc_trace_function, int32_t, int32_t) {
  body(context);
  return 0;
}

// Runs `function` as a kernel of a session with so much scratch a worker.
dlc_status runKernel(Body function, int64_t scratch, int64_t callerScratch = 0, std::string *error = nullptr,
                     int32_t threads = 1) {
  ModelBuilder builder(drive);
  builder.header[DLC_HEADER_SCRATCH] = scratch;
  builder.header[DLC_HEADER_CALLER_SCRATCH_FIXED] = callerScratch;
  builder.header[DLC_HEADER_PARALLEL] = 1;
  SessionPointer session = createSession(builder.finish(), optionsFor(1, threads));
  if (!session)
    return DLC_ERROR_MODEL;
  body = function;
  dlc_status status = dlc_run(session.get(), nullptr, nullptr);
  if (error)
    *error = dlc_session_error(session.get());
  return status;
}

char *take(void *context, size_t bytes) {
  auto *memory = static_cast<char *>(dlc_rt_malloc(context, bytes));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
  std::memset(memory, 0x5a, bytes);
  return memory;
}

TEST(Scratch, CostsWhatTheCompilerCounts) {
  EXPECT_EQ(DLC_SCRATCH_COST(0), 64);
  EXPECT_EQ(DLC_SCRATCH_COST(1), 128);
  EXPECT_EQ(DLC_SCRATCH_COST(64), 128);
  EXPECT_EQ(DLC_SCRATCH_COST(65), 192);
  Body twice = [](void *context) {
    for (int i = 0; i < 3; ++i) {
      char *a = take(context, 100), *b = take(context, 1);
      dlc_rt_free(context, b);
      dlc_rt_free(context, a);
    }
  };
  int64_t exact = DLC_SCRATCH_COST(100) + DLC_SCRATCH_COST(1);
  EXPECT_EQ(runKernel(twice, exact), DLC_OK);
  // Worker 0 has the caller's scratch before its slice.
  EXPECT_EQ(runKernel(twice, 64, exact - 64), DLC_OK);
  std::string error;
  EXPECT_EQ(runKernel(twice, exact - 64, 0, &error), DLC_ERROR_KERNEL);
  EXPECT_NE(error.find("1 bytes of scratch"), std::string::npos) << error;
  EXPECT_EQ(runKernel(twice, 0), DLC_ERROR_KERNEL);
}

TEST(Scratch, TakesBlocksFreedOutOfTurn) {
  Body body = [](void *context) {
    for (int i = 0; i < 4; ++i) {
      char *a = take(context, 64), *b = take(context, 64), *c = take(context, 64);
      dlc_rt_free(context, a);
      dlc_rt_free(context, b); // both wait for c
      dlc_rt_free(context, c);
      char *d = take(context, 64);
      EXPECT_EQ(d, a);
      char *e = take(context, 64);
      dlc_rt_free(context, d);
      char *f = take(context, 64);
      EXPECT_GT(f, e);
      dlc_rt_free(context, f);
      dlc_rt_free(context, e);
      dlc_rt_free(context, nullptr);
    }
  };
  EXPECT_EQ(runKernel(body, 3 * DLC_SCRATCH_COST(64)), DLC_OK);
}

TEST(Scratch, RandomTrafficKeepsBlocksApart) {
  Body body = [](void *context) {
    struct Block {
      unsigned char *memory;
      size_t bytes;
      unsigned char mark;
    };
    std::mt19937 random(7);
    std::vector<Block> live;
    for (int i = 0; i < 5000; ++i) {
      if (live.size() < 20 && random() % 2) {
        size_t bytes = random() % 500;
        auto mark = static_cast<unsigned char>(i);
        auto *memory = static_cast<unsigned char *>(dlc_rt_malloc(context, bytes));
        std::memset(memory, mark, bytes);
        live.push_back({memory, bytes, mark});
      } else if (!live.empty()) {
        size_t which = random() % live.size();
        Block block = live[which];
        for (size_t k = 0; k < block.bytes; ++k)
          ASSERT_EQ(block.memory[k], block.mark);
        dlc_rt_free(context, block.memory);
        live.erase(live.begin() + static_cast<ptrdiff_t>(which));
      }
    }
    for (Block block : live)
      dlc_rt_free(context, block.memory);
  };
  EXPECT_EQ(runKernel(body, 1 << 22), DLC_OK);
  // Too little is an error at the end, but not a crash on the way.
  EXPECT_EQ(runKernel(body, 1 << 10), DLC_ERROR_KERNEL);
}

TEST(Scratch, AbsurdRequestIsNull) {
  std::string error;
  EXPECT_EQ(runKernel(
                [](void *context) {
                  EXPECT_EQ(dlc_rt_malloc(context, SIZE_MAX), nullptr);
                  EXPECT_EQ(dlc_rt_malloc(context, SIZE_MAX - 63), nullptr);
                },
                256, 0, &error),
            DLC_ERROR_KERNEL);
  EXPECT_NE(error.find(std::to_string(SIZE_MAX)), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Assertions of kernels
//===----------------------------------------------------------------------===//

extern "C" int dlc_rt_error_out_of_memory(void *context);
extern "C" int dlc_rt_error_access_out_of_bounds(void *context, const char *name, int dimension, int minTouched,
                                                 int maxTouched, int minValid, int maxValid);

TEST(Assertions, BecomeTheRunsMessage) {
  std::string error;
  Body body = [](void *context) {
    EXPECT_NE(dlc_rt_error_access_out_of_bounds(context, "x", 1, -1, 8, 0, 7), 0);
    EXPECT_NE(dlc_rt_error_out_of_memory(context), 0); // the first one counts
  };
  EXPECT_EQ(runKernel(body, 256, 0, &error), DLC_ERROR_KERNEL);
  EXPECT_EQ(error, "'x' is used from -1 to 8 in dimension 1, where it has 0 to 7");
}

//===----------------------------------------------------------------------===//
// Halos
//===----------------------------------------------------------------------===//

struct Halo {
  int32_t lanes, columns, rows, blocks, batch, left, right, top, bottom;
  float value;
  int32_t rowPadding = 0, planePadding = 0;
};
const Halo *halo;

void fillAndCheck(void *context) {
  const Halo &h = *halo;
  int32_t width = h.left + h.columns + h.right;
  int32_t height = h.top + h.rows + h.bottom;
  int32_t yStride = width * h.lanes + h.rowPadding;
  int32_t blockStride = yStride * height + h.planePadding;
  int32_t batchStride = blockStride * h.blocks;
  // A guard on both sides; everything holds a value that no halo has.
  const int32_t guard = 64;
  std::vector<float> memory(static_cast<size_t>(batchStride * h.batch + 2 * guard), -7.0f);
  float *first = memory.data() + guard;
  dlc_buffer_dimension dims[] = {{0, h.lanes, 1, 0},
                                 {0, h.columns, h.lanes, 0},
                                 {0, h.rows, yStride, 0},
                                 {0, h.blocks, blockStride, 0},
                                 {0, h.batch, batchStride, 0}};
  halide_buffer_t interior = {};
  interior.type = {2, 32, 1};
  interior.dimensions = 5;
  interior.dim = dims;
  interior.host = reinterpret_cast<uint8_t *>(first + h.top * yStride + h.left * h.lanes);
  dlc_rt_fill_halo(context, &interior, h.left, h.right, h.top, h.bottom, h.value);

  std::vector<float> expected(memory.size(), -7.0f);
  for (int32_t n = 0; n < h.batch; ++n)
    for (int32_t b = 0; b < h.blocks; ++b)
      for (int32_t y = 0; y < height; ++y)
        for (int32_t x = 0; x < width; ++x) {
          bool inside = y >= h.top && y < h.top + h.rows && x >= h.left && x < h.left + h.columns;
          for (int32_t lane = 0; lane < h.lanes && !inside; ++lane)
            expected[static_cast<size_t>(guard + n * batchStride + b * blockStride + y * yStride + x * h.lanes +
                                         lane)] = h.value;
        }
  EXPECT_EQ(std::memcmp(memory.data(), expected.data(), memory.size() * sizeof(float)), 0);
}

TEST(Halo, FillsTheFrameAndNothingElse) {
  const Halo cases[] = {
      {16, 7, 5, 2, 3, 1, 1, 1, 1, 0.0f},
      {16, 7, 5, 2, 3, 1, 1, 1, 1, -INFINITY},
      {8, 3, 4, 1, 1, 2, 0, 0, 3, 1.5f},
      {16, 1, 1, 1, 1, 3, 2, 1, 0, 0.0f},
      {4, 6, 6, 3, 2, 0, 0, 1, 1, -1.0f},
      {4, 6, 6, 3, 2, 1, 2, 0, 0, -1.0f},
      {16, 6, 6, 3, 2, 0, 0, 0, 0, 3.0f},
      {16, 5, 4, 2, 2, 1, 1, 1, 1, 0.0f, 48, 0}, // rows not behind each other
      {16, 5, 4, 2, 2, 1, 1, 1, 1, 0.0f, 0, 32}, // planes neither
      {3, 5, 4, 2, 2, 1, 2, 3, 1, 2.0f, 5, 7},
      {16, 112, 112, 4, 2, 1, 1, 1, 1, 0.0f}, // large enough for a loop
  };
  for (const Halo &each : cases) {
    halo = &each;
    EXPECT_EQ(runKernel(fillAndCheck, 256, 0, nullptr, 2), DLC_OK);
  }
}

TEST(Halo, OtherBuffersAreAnError) {
  std::string error;
  EXPECT_EQ(runKernel(
                [](void *context) {
                  halide_buffer_t bytes = {};
                  bytes.type = {1, 8, 1};
                  bytes.dimensions = 5;
                  dlc_rt_fill_halo(context, &bytes, 1, 1, 1, 1, 0);
                },
                256, 0, &error),
            DLC_ERROR_KERNEL);
  EXPECT_NE(error.find("f32"), std::string::npos);
}

} // namespace
