// The thread pool.
//
// 1. A run takes the pool (`busy`) and wakes the workers once (`runs`); they
//    spin until the run has ended (`active`) and a little longer, then sleep. A
//    wake-up costs as much as a small layer, so no loop pays for one.
// 2. A loop is published in one 64-bit word: the loop's number in the upper
//    half, the tasks not yet claimed in the lower. Claiming is a compare-and-swap
//    that counts down: by a part of what is left, so that the first claims are
//    few and the last ones even out what threads have to do (guided
//    self-scheduling, Polychronopoulos and Kuck 1987). The other fields of a loop
//    are read before the claim and are valid if it succeeds: they change only
//    when no task is unclaimed, and a number does not come back.
// 3. Workers count the tasks that they have finished; the caller knows how many
//    it left to them and waits for that many more.
//
// A cache line that crosses to another core takes 100 to 200 ns, a good part of
// what a loop costs: what the caller writes at other times than the workers
// read it lies on lines of its own, and the caller has task 0 without a claim.
#define _GNU_SOURCE
#include "runtime/threads.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

// How long a worker spins after a run before it sleeps.
#define SPIN_NANOSECONDS 200000

// Spins (of some 20 to 50 ns) before a waiting thread first offers the processor
// to others, which matters where there are more threads than processors, and
// from then on between two offers.
#define SPINS_BEFORE_YIELD 1024
#define SPINS_PER_YIELD 256

#define CACHE_LINE 64

struct pool_worker {
  pthread_t thread;
  dlc_pool *pool;
  int32_t index; // 1 .. threads - 1
};

struct dlc_pool {
  // The current loop, which every spinning worker reads.
  _Alignas(CACHE_LINE) atomic_uint_fast64_t claim;
  _Atomic(dlc_task_function) function;
  _Atomic(void *) closure;
  atomic_uint_fast64_t float_modes; // of the caller
  atomic_int tasks;
  atomic_int participants; // workers with a smaller index take part

  _Alignas(CACHE_LINE) atomic_uint finished; // by workers, in all loops

  // The current run, which idle workers look at now and then.
  _Alignas(CACHE_LINE) atomic_int busy;
  atomic_int active; // a run goes on
  atomic_uint runs;  // how many were begun; what sleepers wait for
  atomic_int limit;  // participants of the run's loops
  atomic_int sleepers;
  atomic_int stopping;
  unsigned expected; // what `finished` is when the last loop is done

  dlc_allocator allocator;
  int32_t threads;
  size_t bytes;
  struct pool_worker workers[]; // threads - 1
};

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

int32_t dlc_default_threads(void) {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof(processors), &processors))
    return 1; // more than 1024 processors: let the caller choose
  int count = CPU_COUNT(&processors);
  return count < 1 ? 1 : count > DLC_MAX_THREADS ? DLC_MAX_THREADS : count;
}

static void relax(void) {
#if defined(__x86_64__)
  _mm_pause();
#else
  __asm__ volatile("isb" ::: "memory"); // a longer wait than yield, as pause is
#endif
}

#if defined(__x86_64__)
uint64_t dlc_float_modes(void) { return _mm_getcsr() & 0xffc0; }
void dlc_set_float_modes(uint64_t modes) { _mm_setcsr((_mm_getcsr() & ~0xffc0u) | (uint32_t)modes); }
#else
uint64_t dlc_float_modes(void) {
  uint64_t modes;
  __asm__ volatile("mrs %0, fpcr" : "=r"(modes));
  return modes;
}
void dlc_set_float_modes(uint64_t modes) { __asm__ volatile("msr fpcr, %0" ::"r"(modes)); }
#endif

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *allocate(void *context, size_t bytes, size_t alignment) {
  (void)context;
  void *pointer = NULL;
  return posix_memalign(&pointer, alignment, bytes ? bytes : 1) ? NULL : pointer;
}

static void deallocate(void *context, void *pointer, size_t bytes) {
  (void)context;
  (void)bytes;
  free(pointer);
}

const dlc_allocator dlc_default_allocator = {NULL, allocate, deallocate};

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

// Claims and runs tasks of the current loop until none is left; returns how
// many it ran. `modes` is what the thread's floating-point unit is set to.
static int work(dlc_pool *pool, int32_t worker, uint64_t *modes) {
  int done = 0;
  uint_fast64_t claim = atomic_load_explicit(&pool->claim, memory_order_acquire);
  while ((uint32_t)claim > 0) {
    dlc_task_function function = atomic_load_explicit(&pool->function, memory_order_relaxed);
    void *closure = atomic_load_explicit(&pool->closure, memory_order_relaxed);
    int32_t tasks = atomic_load_explicit(&pool->tasks, memory_order_relaxed);
    uint64_t wanted = atomic_load_explicit(&pool->float_modes, memory_order_relaxed);
    int32_t participants = atomic_load_explicit(&pool->participants, memory_order_relaxed);
    if (worker >= participants)
      break;
    int32_t left = (int32_t)(uint32_t)claim, share = left / (2 * participants), count = share > 1 ? share : 1;
    if (!atomic_compare_exchange_weak_explicit(&pool->claim, &claim, claim - (uint32_t)count, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    if (wanted != *modes) {
      dlc_set_float_modes(wanted);
      *modes = wanted;
    }
    for (int32_t task = tasks - left; task < tasks - left + count; ++task)
      function(closure, task, worker);
    done += count;
    // Behind this the loop may end and its closure be gone.
    if (worker != 0)
      atomic_fetch_add_explicit(&pool->finished, (unsigned)count, memory_order_acq_rel);
    claim = atomic_load_explicit(&pool->claim, memory_order_acquire);
  }
  return done;
}

void dlc_pool_parallel_for(void *context, int32_t tasks, dlc_task_function function, void *closure) {
  dlc_pool *pool = context;
  if (tasks <= 0)
    return;
  uint64_t modes = dlc_float_modes();
  uint_fast64_t last = atomic_load_explicit(&pool->claim, memory_order_relaxed);
  uint_fast64_t number = (last >> 32) + 1;
  int limit = atomic_load_explicit(&pool->limit, memory_order_relaxed);
  atomic_store_explicit(&pool->function, function, memory_order_relaxed);
  atomic_store_explicit(&pool->closure, closure, memory_order_relaxed);
  atomic_store_explicit(&pool->tasks, tasks, memory_order_relaxed);
  atomic_store_explicit(&pool->participants, limit, memory_order_relaxed);
  atomic_store_explicit(&pool->float_modes, modes, memory_order_relaxed);
  atomic_store_explicit(&pool->claim, number << 32 | (uint32_t)(tasks - 1), memory_order_release);

  function(closure, 0, 0);
  pool->expected += (unsigned)(tasks - 1 - work(pool, 0, &modes));
  for (unsigned spins = 1; atomic_load_explicit(&pool->finished, memory_order_acquire) != pool->expected; ++spins) {
    relax();
    if (spins >= SPINS_BEFORE_YIELD && spins % SPINS_PER_YIELD == 0)
      sched_yield();
  }
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

// Wakes every thread that sleeps until `runs` changes.
static void wake_all(dlc_pool *pool) { syscall(SYS_futex, &pool->runs, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

int dlc_pool_begin(dlc_pool *pool, int32_t threads) {
  if (atomic_exchange_explicit(&pool->busy, 1, memory_order_acquire))
    return 0;
  atomic_store_explicit(&pool->limit, threads, memory_order_relaxed);
  atomic_store_explicit(&pool->active, 1, memory_order_relaxed);
  atomic_fetch_add(&pool->runs, 1);
  // A worker counts itself among the sleepers before the system looks at `runs`
  // for it, so either that sees this run or we see the worker.
  if (atomic_load(&pool->sleepers) > 0)
    wake_all(pool);
  return 1;
}

void dlc_pool_end(dlc_pool *pool) {
  atomic_store_explicit(&pool->active, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->busy, 0, memory_order_release);
}

// Waits until a run later than `seen` begins or the pool is stopped.
static void sleep_until_run(dlc_pool *pool, unsigned seen) {
  atomic_fetch_add(&pool->sleepers, 1);
  while (atomic_load(&pool->runs) == seen)
    syscall(SYS_futex, &pool->runs, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  atomic_fetch_sub(&pool->sleepers, 1);
}

static void *worker_main(void *argument) {
  struct pool_worker *self = argument;
  dlc_pool *pool = self->pool;
  uint64_t modes = dlc_float_modes();
  unsigned seen = 0;      // runs that were begun when this worker became idle
  int64_t idle_since = 0; // and the time
  unsigned spins = 0;     // since the last task
  for (;;) {
    if (work(pool, self->index, &modes)) {
      spins = 0;
      continue;
    }
    relax();
    if (++spins < SPINS_BEFORE_YIELD || spins % SPINS_PER_YIELD != 0)
      continue;
    if (atomic_load_explicit(&pool->stopping, memory_order_acquire))
      return NULL;
    sched_yield();
    int64_t time = now();
    unsigned runs = atomic_load_explicit(&pool->runs, memory_order_acquire);
    int takes_part = atomic_load_explicit(&pool->active, memory_order_relaxed) &&
                     self->index < atomic_load_explicit(&pool->limit, memory_order_relaxed);
    if (takes_part || runs != seen || spins == SPINS_BEFORE_YIELD) {
      idle_since = time;
      seen = runs;
    } else if (time - idle_since > SPIN_NANOSECONDS) {
      sleep_until_run(pool, seen);
      spins = 0;
    }
  }
}

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

// Joins the first `started` workers and frees the pool.
static void stop(dlc_pool *pool, int32_t started) {
  atomic_store(&pool->stopping, 1);
  atomic_fetch_add(&pool->runs, 1);
  wake_all(pool);
  for (int32_t i = 0; i < started; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  dlc_allocator allocator = pool->allocator;
  allocator.deallocate(allocator.context, pool, pool->bytes);
}

dlc_status dlc_pool_start(int32_t threads, const dlc_allocator *allocator, dlc_pool **result, dlc_message *message) {
  size_t bytes = sizeof(dlc_pool) + (size_t)(threads - 1) * sizeof(struct pool_worker);
  dlc_pool *pool = allocator->allocate(allocator->context, bytes, _Alignof(dlc_pool));
  if (!pool)
    return dlc_fail(message, DLC_ERROR_MEMORY, "no memory for a pool of %d threads", threads);
  memset(pool, 0, bytes);
  pool->allocator = *allocator;
  pool->threads = threads;
  pool->bytes = bytes;

  // The application's signals are handled on the application's threads.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  int error = 0;
  int32_t started = 0;
  for (; started < threads - 1 && !error; started += !error) {
    struct pool_worker *worker = &pool->workers[started];
    worker->pool = pool;
    worker->index = started + 1;
    error = pthread_create(&worker->thread, NULL, worker_main, worker);
    if (!error)
      pthread_setname_np(worker->thread, "dlc-worker");
  }
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  if (error) {
    stop(pool, started);
    return dlc_fail(message, DLC_ERROR_THREADS, "worker thread %d of %d cannot be started: %s", started + 1,
                    threads - 1, strerror(error));
  }
  *result = pool;
  return DLC_OK;
}

void dlc_pool_destroy(dlc_pool *pool) {
  if (pool)
    stop(pool, pool->threads - 1);
}

int32_t dlc_pool_threads(const dlc_pool *pool) { return pool ? pool->threads : 1; }
