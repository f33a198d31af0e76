// A run allocates nothing: this program counts every allocation in it, the C
// library's own among them.
#include "TrainingBuilder.h"

#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static std::atomic<long> allocations;

#ifdef SANITIZED
// The sanitizers have replaced malloc and tell of each call.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                                         void (*freed)(const volatile void *));
static const int installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void *, size_t) { ++allocations; }, [](const volatile void *) {});
#else
// The C library lets a program replace malloc and keeps its own at these names.
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t bytes) noexcept {
  ++allocations;
  return __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) noexcept {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void *realloc(void *pointer, size_t bytes) noexcept {
  ++allocations;
  return __libc_realloc(pointer, bytes);
}
void *memalign(size_t alignment, size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void **result, size_t alignment, size_t bytes) noexcept {
  ++allocations;
  *result = __libc_memalign(alignment, bytes);
  return *result ? 0 : 12;
}
}
#endif

using namespace dlc::test;

namespace {

TEST(Allocation, CountsAllocations) {
  long before = allocations;
  void *volatile memory = std::malloc(8);
  EXPECT_EQ(allocations, before + 1);
  std::free(memory);
}

TEST(Allocation, RunsAllocateNothing) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  PoolPointer pool = createPool(2);
  for (int kind = 0; kind < 3; ++kind) {
    dlc_options options = optionsFor(16, kind == 0 ? 1 : 2);
    options.pool = kind == 2 ? pool.get() : nullptr;
    options.profile = 1;
    SessionPointer session = createSession(model, options);
    ASSERT_TRUE(session);
    float x[16 * 8] = {}, y[16 * 8], sum;
    const void *inputs[] = {x};
    void *outputs[] = {y, &sum};
    dlc_status status = DLC_OK;
    // A thread that starts under a sanitizer allocates: let it be done with it.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    long before = allocations;
    for (int i = 0; i < 1000; ++i)
      status = status ? status : dlc_run(session.get(), inputs, outputs);
    // Nor does a failure.
    dlc_status failure = dlc_run(session.get(), nullptr, outputs);
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(status, DLC_OK);
    EXPECT_EQ(failure, DLC_ERROR_ARGUMENT);
  }
}

TEST(Allocation, TrainingStepsAllocateNothing) {
  LineTraining<float> line(/*hasLoss=*/true, /*hasKey=*/true);
  for (int32_t threads : {1, 2}) {
    dlc_options options = optionsFor(16, threads);
    options.profile = 1;
    dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
    more.accumulate = 1;
    more.gradient_ready = [](void *, int32_t) {};
    TrainerPointer trainer = createTrainer(line.training, options, &more);
    ASSERT_TRUE(trainer);
    float x[16 * 4] = {}, t[16 * 4] = {}, loss;
    const void *inputs[] = {x, t};
    void *outputs[] = {nullptr, &loss, nullptr};
    dlc_trainer *raw = trainer.get();
    dlc_status status = DLC_OK;
    auto expect = [&](dlc_status expected, dlc_status actual) {
      status = status ? status : actual == expected ? DLC_OK : DLC_ERROR_MODEL;
    };
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    long before = allocations;
    for (int i = 0; i < 200; ++i) {
      expect(DLC_OK, dlc_trainer_step(raw, 1 + i % 16, inputs, outputs)); // batches of every size
      expect(DLC_OK, dlc_trainer_forward(raw, 16, inputs, outputs));
      expect(DLC_OK, dlc_trainer_backward(raw, nullptr, nullptr));
      expect(DLC_OK, dlc_trainer_accumulate(raw, 0.5));
      expect(DLC_OK, dlc_trainer_update(raw));
      expect(DLC_OK, dlc_trainer_predict(raw, 1 + i % 16, inputs, nullptr));
      expect(DLC_OK, dlc_trainer_set(raw, "lr", 0.5));
      expect(DLC_ERROR_ORDER, dlc_trainer_update(raw));
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(status, DLC_OK);
  }
}

} // namespace
