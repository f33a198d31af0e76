// Parallel loops: the pool, shared pools, the caller's threads, and what a
// worker inherits from the caller.
#include "ModelBuilder.h"

#include "gtest/gtest.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <pthread.h>
#include <thread>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace dlc::test;

// The linker sends the runtime's calls of pthread_create here, so that they can
// be made to fail.
static int threadsLeft = -1; // no limit

extern "C" {
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument) {
  if (threadsLeft >= 0 && threadsLeft-- == 0)
    return EAGAIN;
  return __real_pthread_create(thread, attributes, function, argument);
}
}

namespace {

// A model whose driver is the test's own function of the kernels' context.
class Program {
public:
  using Body = std::function<int32_t(void *context)>;

  Program(Body body, dlc_options options, int64_t scratch = 256) : builder(drive) {
    builder.header[DLC_HEADER_PARALLEL] = 1;
    builder.header[DLC_HEADER_SCRATCH] = scratch;
    session = createSession(builder.finish(), options);
    this->body = std::move(body);
  }

  dlc_status run() {
    current = &body;
    return dlc_run(session.get(), nullptr, nullptr);
  }

  SessionPointer session;

private:
  static int32_t drive(void *context, halide_buffer_t *, dlc_trace_function, int32_t, int32_t) {
    return (*current)(context);
  }
  static thread_local Body *current;
  ModelBuilder builder;
  Body body;
};
thread_local Program::Body *Program::current;

// A loop over a lambda (context, i) -> int.
template <typename Function>
int parallelFor(void *context, int min, int size, Function &&function) {
  using Type = std::remove_reference_t<Function>;
  return dlc_rt_do_par_for(
      context,
      [](void *context, int i, uint8_t *closure) -> int { return (*reinterpret_cast<Type *>(closure))(context, i); },
      min, size, reinterpret_cast<uint8_t *>(&function));
}

int32_t workerIndex(void *context) { return static_cast<dlc_worker *>(context)->index; }

TEST(Threads, EveryTaskRunsOnceWhateverTheCounts) {
  for (int32_t threads : {1, 2, 3, 5, 16}) {
    Program program(
        [](void *context) {
          for (int size : {-3, 0, 1, 2, 3, 4, 5, 16, 17, 1000}) {
            std::vector<std::atomic<int>> count(static_cast<size_t>(std::max(size, 0)));
            int result = parallelFor(context, -7, size, [&](void *, int i) {
              count.at(static_cast<size_t>(i + 7))++;
              return 0;
            });
            EXPECT_EQ(result, 0);
            for (std::atomic<int> &n : count)
              EXPECT_EQ(n, 1);
          }
          return 0;
        },
        optionsFor(1, threads));
    ASSERT_TRUE(program.session) << dlc_session_error(nullptr);
    for (int i = 0; i < 20; ++i)
      EXPECT_EQ(program.run(), DLC_OK);
  }
}

TEST(Threads, ManyShortLoopsAndRuns) {
  std::atomic<int64_t> sum = 0;
  Program program(
      [&](void *context) {
        for (int loop = 0; loop < 100; ++loop)
          parallelFor(context, 0, 3, [&](void *, int i) {
            sum += i;
            return 0;
          });
        return 0;
      },
      optionsFor(1, 3));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(program.run(), DLC_OK);
    // Now and then long enough for the workers to fall asleep.
    if (i % 20 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(sum, 100 * 100 * 3);
}

TEST(Threads, WorkersReallyTakePart) {
  // Each of two tasks waits for the other to begin.
  Program program(
      [&](void *context) {
        std::atomic<int> begun = 0;
        std::atomic<int32_t> workers[2];
        parallelFor(context, 0, 2, [&](void *context, int i) {
          workers[i] = workerIndex(context);
          ++begun;
          while (begun < 2)
            std::this_thread::yield();
          return 0;
        });
        EXPECT_NE(workers[0], workers[1]);
        return 0;
      },
      optionsFor(1, 2));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(program.run(), DLC_OK);
    if (i % 10 == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(Threads, NestedLoopsRunOnTheSameWorker) {
  Program program(
      [&](void *context) {
        std::atomic<int> count = 0;
        int result = parallelFor(context, 0, 8, [&](void *outer, int) {
          return parallelFor(outer, 0, 8, [&](void *inner, int) {
            EXPECT_EQ(inner, outer);
            ++count;
            return 0;
          });
        });
        EXPECT_EQ(count, 64);
        return result;
      },
      optionsFor(1, 4));
  EXPECT_EQ(program.run(), DLC_OK);
}

TEST(Threads, NoTwoTasksShareAWorkerAtATime) {
  std::atomic<int> inUse[4] = {};
  Program program(
      [&](void *context) {
        return parallelFor(context, 0, 200, [&](void *context, int) {
          int32_t worker = workerIndex(context);
          EXPECT_EQ(inUse[worker]++, 0);
          auto *memory = static_cast<int *>(dlc_rt_malloc(context, 64));
          memory[0] = worker;
          std::this_thread::yield();
          EXPECT_EQ(memory[0], worker);
          dlc_rt_free(context, memory);
          EXPECT_EQ(--inUse[worker], 0);
          return 0;
        });
      },
      optionsFor(1, 4));
  EXPECT_EQ(program.run(), DLC_OK);
}

TEST(Threads, FirstFailureIsTheResult) {
  for (int32_t threads : {1, 2, 4}) {
    Program program(
        [&](void *context) {
          return parallelFor(context, 0, 100, [&](void *context, int i) {
            dlc_rt_malloc(context, 64); // never freed: the task failed
            return i == 37 ? -5 : 0;
          });
        },
        optionsFor(1, threads), 64 * 256);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(program.run(), DLC_ERROR_KERNEL);
      EXPECT_STREQ(dlc_session_error(program.session.get()), "a kernel failed with code -5");
    }
  }
}

TEST(Threads, BusySharedPoolMeansTheCallingThread) {
  PoolPointer pool = createPool(2);
  ASSERT_TRUE(pool);
  EXPECT_EQ(dlc_pool_threads(pool.get()), 2);
  dlc_options options = optionsFor(1, 0);
  options.pool = pool.get();
  std::thread::id innerThread;
  Program inner(
      [&](void *context) {
        return parallelFor(context, 0, 10, [&](void *context, int) {
          EXPECT_EQ(std::this_thread::get_id(), innerThread);
          EXPECT_EQ(workerIndex(context), 0);
          return 0;
        });
      },
      options);
  Program outer(
      [&](void *) {
        innerThread = std::this_thread::get_id();
        return static_cast<int32_t>(inner.run());
      },
      options);
  EXPECT_EQ(dlc_session_threads(outer.session.get()), 2);
  EXPECT_EQ(outer.run(), DLC_OK);
  EXPECT_EQ(outer.run(), DLC_OK);
}

TEST(Threads, SharedPoolHasAtMostItsThreads) {
  PoolPointer pool = createPool(3);
  for (auto [asked, got] : {std::pair{0, 3}, {1, 1}, {2, 2}, {3, 3}, {9, 3}}) {
    dlc_options options = optionsFor(1, asked);
    options.pool = pool.get();
    std::atomic<int32_t> highest = 0;
    Program program(
        [&](void *context) {
          return parallelFor(context, 0, 1000, [&](void *context, int) {
            int32_t index = workerIndex(context), seen = highest;
            while (seen < index && !highest.compare_exchange_weak(seen, index))
              ;
            return 0;
          });
        },
        options);
    EXPECT_EQ(dlc_session_threads(program.session.get()), got);
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(program.run(), DLC_OK);
    EXPECT_LT(highest, got);
  }
}

TEST(Threads, SessionsRunAtOnceOnSeveralThreads) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  PoolPointer pool = createPool(2);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      // Half of them share a pool, half have their own.
      dlc_options options = optionsFor(i + 1, 2);
      options.pool = i % 2 ? pool.get() : nullptr;
      for (int session = 0; session < 5; ++session) {
        SessionPointer own = createSession(model, options);
        for (int run = 0; run < 50; ++run)
          wrong += !own || !runsRight(own.get(), static_cast<float>(run));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, SessionsComeAndGo) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  for (int i = 0; i < 200; ++i) {
    SessionPointer session = createSession(model, optionsFor(4, 3));
    ASSERT_TRUE(session);
    if (i % 2) {
      EXPECT_TRUE(runsRight(session.get()));
    }
  }
}

// The caller's threads: every task on a thread of its own, worker by worker.
void spawnThreads(void *context, int32_t tasks, dlc_task_function function, void *closure) {
  int32_t workers = *static_cast<int32_t *>(context);
  std::vector<std::thread> threads;
  for (int32_t worker = 0; worker < workers; ++worker)
    threads.emplace_back([=] {
      for (int32_t task = worker; task < tasks; task += workers)
        function(closure, task, worker);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Threads, CallersParallelForRunsTheLoops) {
  AddNetwork network;
  int32_t workers = 3;
  dlc_options options = optionsFor(16, workers);
  options.parallel_for = spawnThreads;
  options.parallel_for_context = &workers;
  SessionPointer session = createSession(network.finish(), options);
  ASSERT_TRUE(session);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(runsRight(session.get(), static_cast<float>(i)));

  // A worker that does not exist is an error, not a crash.
  workers = 5;
  EXPECT_FALSE(runsRight(session.get()));
  EXPECT_NE(std::string(dlc_session_error(session.get())).find("worker"), std::string::npos);
  workers = 3;
  EXPECT_TRUE(runsRight(session.get()));

  PoolPointer pool = createPool(2);
  options.pool = pool.get();
  dlc_session *refused;
  EXPECT_EQ(dlc_session_create(&network.model, &options, &refused), DLC_ERROR_ARGUMENT);
}

TEST(Threads, LongLoopsHaveFewTasks) {
  static int32_t most;
  dlc_options options = optionsFor(1, 3);
  options.parallel_for = [](void *, int32_t tasks, dlc_task_function function, void *closure) {
    most = std::max(most, tasks);
    for (int32_t task = tasks; task-- > 0;)
      function(closure, task, task % 3);
  };
  for (int size : {2, 23, 24, 25, 31, 48, 1000, 1 << 20}) {
    std::vector<uint8_t> seen(size);
    most = 0;
    Program program(
        [&](void *context) {
          return parallelFor(context, -5, size, [&](void *, int i) {
            ++seen[i + 5];
            return 0;
          });
        },
        options);
    EXPECT_EQ(program.run(), DLC_OK);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), size);
    EXPECT_EQ(most, std::min(size, 24));
  }
}

TEST(Threads, ThreadsThatCannotStartAreAnError) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  for (int left : {0, 1, 2}) {
    threadsLeft = left;
    EXPECT_EQ(statusOf(model, optionsFor(1, 4)), DLC_ERROR_THREADS);
    EXPECT_NE(creationError().find("worker thread " + std::to_string(left + 1) + " of 3"), std::string::npos);
  }
  threadsLeft = -1;
  EXPECT_EQ(statusOf(model, optionsFor(1, 4)), DLC_OK);
}

TEST(Threads, PoolArgumentsAreChecked) {
  dlc_pool *pool = nullptr;
  EXPECT_EQ(dlc_pool_create(2, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_pool_create(-1, nullptr, &pool), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_pool_create(DLC_MAX_THREADS + 1, nullptr, &pool), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(pool, nullptr);
  ASSERT_EQ(dlc_pool_create(0, nullptr, &pool), DLC_OK);
  EXPECT_EQ(dlc_pool_threads(pool), dlc_default_threads());
  dlc_pool_destroy(pool);
  dlc_pool_destroy(nullptr);
  dlc_allocator none = {nullptr, [](void *, size_t, size_t) -> void * { return nullptr; },
                        [](void *, void *, size_t) {}};
  EXPECT_EQ(dlc_pool_create(2, &none, &pool), DLC_ERROR_MEMORY);
}

#if defined(__x86_64__)
// Whether denormals are zero on the thread that runs the task.
bool denormalsAreZero() {
  volatile float tiny = 1e-40f;
  return tiny * 1.0f == 0.0f;
}

TEST(Threads, WorkersCopyTheCallersModesAndLeaveItsAlone) {
  // Flush to zero and denormals are zero, with a sticky flag set.
  constexpr unsigned modes = 0x8040, inexact = 0x20;
  int32_t workers = 2;
  for (bool hook : {false, true}) {
    dlc_options options = optionsFor(1, 2);
    if (hook) {
      options.parallel_for = spawnThreads;
      options.parallel_for_context = &workers;
    }
    std::atomic<bool> expected = false;
    Program program(
        [&](void *context) {
          return parallelFor(context, 0, 64, [&](void *, int) {
            EXPECT_EQ(denormalsAreZero(), expected);
            std::this_thread::yield();
            return 0;
          });
        },
        options);
    unsigned before = _mm_getcsr();
    for (int i = 0; i < 6; ++i) {
      expected = i % 2;
      _mm_setcsr(((before & ~modes) | inexact) | (expected ? modes : 0u));
      unsigned set = _mm_getcsr();
      EXPECT_EQ(program.run(), DLC_OK);
      EXPECT_EQ(_mm_getcsr() & ~0x3fu, set & ~0x3fu);
    }
    _mm_setcsr(before);
  }

  // A run without threads does not write the register at all.
  AddNetwork network;
  SessionPointer session = createSession(network.finish(), optionsFor(4, 1));
  const float x[32] = {}; // exact sums, so that kernels raise no flag
  float y[32], sum;
  const void *inputs[] = {x};
  void *outputs[] = {y, &sum};
  unsigned before = _mm_getcsr();
  _mm_setcsr((before | inexact) & ~0x1fu);
  unsigned set = _mm_getcsr();
  EXPECT_EQ(dlc_run(session.get(), inputs, outputs), DLC_OK);
  EXPECT_EQ(_mm_getcsr(), set);
  _mm_setcsr(before);
}
#endif

} // namespace
