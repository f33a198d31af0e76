// Sessions: arenas, allocators, options, runs, profiles, error paths.
#include "CountingAllocator.h"
#include "ModelBuilder.h"

#include "gtest/gtest.h"

#include <atomic>
#include <cstring>
#include <thread>

using namespace dlc::test;

namespace {

TEST(Session, RunsForEveryBatchAndThreadCount) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  for (int64_t batch : {1, 2, 3, 7, 64, 1000})
    for (int32_t threads : {1, 2, 3, 8}) {
      SessionPointer session = createSession(model, optionsFor(batch, threads));
      ASSERT_TRUE(session) << creationError();
      EXPECT_EQ(dlc_session_batch(session.get()), batch);
      EXPECT_EQ(dlc_session_threads(session.get()), threads);
      for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(runsRight(session.get(), static_cast<float>(i)));
    }
}

TEST(Session, DefaultsAreBatchOneAndAllProcessors) {
  AddNetwork network;
  dlc_session *session = nullptr;
  ASSERT_EQ(dlc_session_create(&network.finish(), nullptr, &session), DLC_OK);
  EXPECT_EQ(dlc_session_batch(session), 1);
  EXPECT_EQ(dlc_session_threads(session), dlc_default_threads());
  EXPECT_TRUE(runsRight(session));
  EXPECT_STREQ(dlc_session_error(session), "");
  EXPECT_EQ(dlc_session_model(session), &network.model);
  dlc_session_destroy(session);
  dlc_session_destroy(nullptr);
}

TEST(Session, UsesTheCallersArenaAndNotAByteMore) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  dlc_options options = optionsFor(3, 2);
  size_t bytes = static_cast<size_t>(dlc_arena_bytes(&model, 3, 2));
  std::vector<unsigned char> memory(bytes + 256, 0xa5);
  auto address = reinterpret_cast<uintptr_t>(memory.data());
  unsigned char *arena = memory.data() + (64 - address % 64) + 64;
  options.arena = arena;
  options.arena_bytes = bytes;
  SessionPointer session = createSession(model, options);
  ASSERT_TRUE(session) << creationError();
  EXPECT_EQ(dlc_session_arena_bytes(session.get()), bytes);
  EXPECT_TRUE(runsRight(session.get()));
  EXPECT_EQ(arena[-1], 0xa5);
  EXPECT_EQ(arena[bytes], 0xa5);
  bool touched = false;
  for (size_t i = 0; i < bytes; ++i)
    touched |= arena[i] != 0xa5;
  EXPECT_TRUE(touched);

  options.arena_bytes = bytes - 1;
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARENA);
  EXPECT_NE(creationError().find(std::to_string(bytes)), std::string::npos);
  options.arena_bytes = bytes;
  options.arena = arena + 16;
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARENA);
}

TEST(Session, TakesAllMemoryFromTheAllocatorAndGivesItBack) {
  CountingAllocator counting;
  AddNetwork network;
  const dlc_model &model = network.finish();
  dlc_options options = optionsFor(2, 2);
  options.allocator = &counting.allocator;
  {
    SessionPointer session = createSession(model, options);
    ASSERT_TRUE(session) << creationError();
    EXPECT_GT(counting.live, dlc_arena_bytes(&model, 2, 2));
    int64_t calls = counting.calls;
    EXPECT_TRUE(runsRight(session.get()));
    EXPECT_EQ(counting.calls, calls);
  }
  EXPECT_EQ(counting.live, 0);

  // Whichever allocation fails, the result is an error and nothing leaks.
  int64_t needed = counting.calls;
  EXPECT_EQ(needed, 3); // session, arena, pool
  for (int64_t i = 0; i < needed; ++i) {
    counting.restart(i);
    EXPECT_EQ(statusOf(model, options), DLC_ERROR_MEMORY);
    EXPECT_NE(creationError(), "");
    EXPECT_EQ(counting.live, 0);
  }
  dlc_allocator half = counting.allocator;
  half.deallocate = nullptr;
  options.allocator = &half;
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARGUMENT);
}

TEST(Session, ScalesPlacesWithTheBatch) {
  static halide_buffer_t seen[5];
  ModelBuilder builder([](void *, halide_buffer_t *buffers, dlc_trace_function, int32_t, int32_t) -> int32_t {
    std::memcpy(seen, buffers, sizeof(seen));
    return 0;
  });
  builder.input("image", DLC_TYPE_U8, {-1, 4, 4, 3});
  builder.output("y", DLC_TYPE_F32, {-1, 64});
  builder.header[DLC_HEADER_ARENA_FIXED] = 128;
  builder.header[DLC_HEADER_ARENA_PER_BATCH] = 4096;
  int32_t image = builder.buffer(DLC_SPACE_INPUT, 0, 0, 0, {{0, 3, 1}, {0, 4, 3}, {0, 4, 12}});
  builder.buffers[DLC_BUFFER_TYPE_CODE] = 1;
  builder.buffers[DLC_BUFFER_TYPE_BITS] = 8;
  int32_t moved = builder.buffer(DLC_SPACE_ARENA, 0, 64, 1024, {{0, 16, 1}, {-1, 6, 16}, {0, -1, 256}});
  // 49 pixels an image as one dimension.
  int32_t flat = builder.buffer(DLC_SPACE_ARENA, 0, 0, 0, {{0, 8, 1}, {0, -49, 8}});
  int32_t part = builder.buffer(DLC_SPACE_OUTPUT, 0, 128, 0, {{0, 32, 1}, {0, -1, 64}});
  const dlc_model &model = builder.finish();

  SessionPointer session = createSession(model, optionsFor(2, 1));
  // The part begins at byte 128 of 2 * 256: its last element ends exactly there.
  ASSERT_TRUE(session) << creationError();
  alignas(64) unsigned char in[96], out[512];
  alignas(64) static unsigned char arena[128 + 2 * 4096];
  dlc_options options = optionsFor(2, 1);
  options.arena = arena;
  options.arena_bytes = sizeof(arena);
  session = createSession(model, options);
  ASSERT_TRUE(session) << creationError();
  const void *inputs[] = {in};
  void *outputs[] = {out};
  ASSERT_EQ(dlc_run(session.get(), inputs, outputs), DLC_OK);
  EXPECT_EQ(seen[image].host, in);
  EXPECT_EQ(seen[image].type.code, 1);
  EXPECT_EQ(seen[image].type.bits, 8);
  EXPECT_EQ(seen[image].type.lanes, 1);
  EXPECT_EQ(seen[image].dimensions, 3);
  EXPECT_EQ(seen[moved].host, arena + 64 + 2 * 1024);
  EXPECT_EQ(seen[moved].dim[1].min, -1);
  EXPECT_EQ(seen[moved].dim[2].extent, 2);
  EXPECT_EQ(seen[moved].dim[2].stride, 256);
  EXPECT_EQ(seen[flat].dim[1].extent, 98);
  EXPECT_EQ(seen[part].host, out + 128);
}

TEST(Session, OptionsGrowWithVersions) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  dlc_options options = optionsFor(2, 1);
  options.struct_size = 0;
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARGUMENT);
  options.struct_size = 1 << 20;
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARGUMENT);

  // An older program knows fewer fields; the rest of its memory is not ours.
  options.struct_size = offsetof(dlc_options, threads);
  options.threads = -5;
  SessionPointer session = createSession(model, options);
  ASSERT_TRUE(session);
  EXPECT_EQ(dlc_session_batch(session.get()), 2);

  // A newer one is fine as long as it does not use what we lack.
  struct {
    dlc_options options;
    int64_t later;
  } newer = {optionsFor(2, 1), 0};
  newer.options.struct_size = sizeof(newer);
  EXPECT_EQ(statusOf(model, newer.options), DLC_OK);
  newer.later = 1;
  EXPECT_EQ(statusOf(model, newer.options), DLC_ERROR_ARGUMENT);

  options = optionsFor(1, -1);
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARGUMENT);
  options = optionsFor(1, DLC_MAX_THREADS + 1);
  EXPECT_EQ(statusOf(model, options), DLC_ERROR_ARGUMENT);
}

TEST(Session, RunChecksPointers) {
  AddNetwork network;
  SessionPointer session = createSession(network.finish(), optionsFor(1, 1));
  float x[8] = {}, y[9], sum;
  const void *inputs[] = {x};
  void *outputs[] = {y, &sum};
  EXPECT_EQ(dlc_run(nullptr, inputs, outputs), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_run(session.get(), nullptr, outputs), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_run(session.get(), inputs, nullptr), DLC_ERROR_ARGUMENT);
  inputs[0] = nullptr;
  EXPECT_EQ(dlc_run(session.get(), inputs, outputs), DLC_ERROR_ARGUMENT);
  EXPECT_STREQ(dlc_session_error(session.get()), "input 'x' is null");
  inputs[0] = x;
  outputs[0] = reinterpret_cast<char *>(y) + 2;
  EXPECT_EQ(dlc_run(session.get(), inputs, outputs), DLC_ERROR_ARGUMENT);
  EXPECT_STREQ(dlc_session_error(session.get()), "output 'y' is not aligned to its elements");
  outputs[0] = y + 1; // the alignment of the element is enough
  EXPECT_EQ(dlc_run(session.get(), inputs, outputs), DLC_OK);
}

TEST(Session, LogsCreationAndFailures) {
  std::vector<std::pair<dlc_log_level, std::string>> lines;
  AddNetwork network;
  dlc_options options = optionsFor(1, 1);
  options.log_context = &lines;
  options.log = [](void *context, dlc_log_level level, const char *message) {
    static_cast<decltype(lines) *>(context)->emplace_back(level, message);
  };
  SessionPointer session = createSession(network.finish(), options);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].first, DLC_LOG_INFO);
  EXPECT_NE(lines[0].second.find("'net'"), std::string::npos);
  dlc_run(session.get(), nullptr, nullptr);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].first, DLC_LOG_ERROR);
  EXPECT_EQ(lines[1].second, dlc_session_error(session.get()));
  options.batch = -1;
  EXPECT_EQ(statusOf(network.model, options), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(lines.size(), 3u);
  options.threads = -1;
  EXPECT_EQ(statusOf(network.model, options), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(lines.size(), 4u);
}

TEST(Session, ProfilesStepsOverRuns) {
  AddNetwork network;
  dlc_options options = optionsFor(2, 1);
  options.profile = 1;
  SessionPointer session = createSession(network.finish(), options);
  ASSERT_TRUE(session);
  ASSERT_EQ(dlc_step_count(session.get()), 2);
  for (int i = 0; i < 10; ++i)
    runsRight(session.get());
  dlc_step_info step;
  ASSERT_EQ(dlc_get_step_info(session.get(), 0, &step), DLC_OK);
  EXPECT_STREQ(step.name, "add");
  EXPECT_STREQ(step.kernel, "add_8");
  EXPECT_EQ(step.flops, 16);
  EXPECT_EQ(step.bytes_read, 32 + 2 * 32);
  EXPECT_EQ(step.bytes_written, 2 * 32);
  EXPECT_GT(step.nanoseconds, 0);
  EXPECT_EQ(step.runs, 10);
  EXPECT_EQ(dlc_get_step_info(session.get(), 2, &step), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_get_step_info(session.get(), -1, &step), DLC_ERROR_ARGUMENT);
  dlc_profile_reset(session.get());
  ASSERT_EQ(dlc_get_step_info(session.get(), 0, &step), DLC_OK);
  EXPECT_EQ(step.nanoseconds, 0);
  EXPECT_EQ(step.runs, 0);

  options.profile = 0;
  session = createSession(network.model, options);
  runsRight(session.get());
  ASSERT_EQ(dlc_get_step_info(session.get(), 1, &step), DLC_OK);
  EXPECT_EQ(step.nanoseconds + step.runs, 0);
}

TEST(Session, SecondRunAtTheSameTimeIsBusy) {
  static std::atomic<int> inside, proceed;
  inside = proceed = 0;
  ModelBuilder builder([](void *, halide_buffer_t *, dlc_trace_function, int32_t, int32_t) -> int32_t {
    inside = 1;
    while (!proceed)
      std::this_thread::yield();
    return 0;
  });
  SessionPointer session = createSession(builder.finish(), optionsFor(1, 1));
  ASSERT_TRUE(session) << creationError();
  std::thread first([&] { EXPECT_EQ(dlc_run(session.get(), nullptr, nullptr), DLC_OK); });
  while (!inside)
    std::this_thread::yield();
  EXPECT_EQ(dlc_run(session.get(), nullptr, nullptr), DLC_ERROR_BUSY);
  proceed = 1;
  first.join();
  EXPECT_EQ(dlc_run(session.get(), nullptr, nullptr), DLC_OK);
}

TEST(Session, KernelFailureBecomesAnError) {
  ModelBuilder builder([](void *, halide_buffer_t *, dlc_trace_function, int32_t, int32_t) { return -11; });
  SessionPointer session = createSession(builder.finish(), optionsFor(1, 1));
  EXPECT_EQ(dlc_run(session.get(), nullptr, nullptr), DLC_ERROR_KERNEL);
  EXPECT_STREQ(dlc_session_error(session.get()), "a kernel failed with code -11");
}

} // namespace
