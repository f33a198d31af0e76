// A run allocates nothing: this program counts every allocation in it, the C
// library's own among them.
#include "ModelBuilder.h"

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

} // namespace
