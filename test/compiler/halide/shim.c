// What kernels call, for running them outside of a session: counts scratch as
// the runtime would and shares loops between two threads.
#include "dlc/model.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct worker {
  int index, in_task;
  int64_t live, most;
  char *top, *begin, *arena, *end; // begin: of the task's allocations
} worker;

enum { THREADS = 2, ARENA = 256 << 20 };
static worker workers[THREADS];
static int threads = 1;

static int64_t caller_most;
static int errors;

// Fills the scratch with NaN, for kernels that read what nobody wrote.
static void prepare(void) {
  for (worker *w = workers; w < workers + THREADS; ++w) {
    if (!w->arena && posix_memalign((void **)&w->arena, 4096, ARENA))
      abort();
    memset(w->arena, 0xff, 4 << 20);
    w->top = w->arena;
    w->end = w->arena + ARENA;
  }
}

void *halide_malloc(void *context, size_t bytes) {
  worker *w = context;
  int64_t cost = DLC_SCRATCH_COST(bytes);
  if (cost > w->end - w->top)
    abort();
  *(int64_t *)w->top = cost;
  char *memory = w->top + 64;
  w->top += cost;
  w->live += cost;
  if (w->in_task) {
    if (w->live > w->most)
      w->most = w->live;
  } else if (w->live > caller_most) {
    caller_most = w->live;
  }
  return memory;
}

void halide_free(void *context, void *pointer) {
  worker *w = context;
  if (!pointer)
    return;
  int64_t cost = *(int64_t *)((char *)pointer - 64);
  w->live -= cost;
  if (w->live == 0) // a task's own begin is put back when it ends
    w->top = w->in_task ? w->begin : w->arena;
}

void halide_error(void *context, const char *message) {
  (void)context;
  if (!errors++)
    fprintf(stderr, "kernel: %s\n", message);
}

// One helper that spins while a benchmark runs.
typedef int (*task)(void *context, int i, uint8_t *closure);
static struct {
  task function;
  uint8_t *closure;
  atomic_int next, end, done, result;
} loop;
static atomic_int epoch, helper_runs;
static int first_epoch; // when the helper was created: it may start after the first loop

static void work(worker *w) {
  int i;
  while ((i = atomic_fetch_add(&loop.next, 1)) < loop.end) {
    int64_t live = w->live;
    char *top = w->top;
    w->live = 0;
    w->begin = top;
    w->in_task = 1;
    int result = loop.function(w, i, loop.closure);
    w->in_task = 0;
    w->live = live;
    w->top = top;
    if (result)
      atomic_store(&loop.result, result);
  }
}

static void *helper(void *unused) {
  (void)unused;
  int seen = first_epoch, idle = 0;
  while (atomic_load(&helper_runs)) {
    int now = atomic_load(&epoch);
    if (now == seen) {
      if (++idle > 1000) // the processor may have other work
        sched_yield();
      continue;
    }
    idle = 0;
    seen = now;
    work(&workers[1]);
    atomic_store(&loop.done, now);
  }
  return NULL;
}

int halide_do_par_for(void *context, task function, int min, int size,
                      uint8_t *closure) {
  worker *w = context;
  if (w->in_task || threads == 1) {
    int64_t live = w->live;
    char *top = w->top;
    int in_task = w->in_task;
    for (int i = 0; i < size; ++i) {
      w->live = in_task ? live : 0;
      if (!in_task)
        w->begin = top;
      w->in_task = 1;
      int result = function(w, min + i, closure);
      w->in_task = in_task;
      w->live = live;
      w->top = top;
      if (result)
        return result;
    }
    return 0;
  }
  loop.function = function;
  loop.closure = closure;
  atomic_store(&loop.result, 0);
  atomic_store(&loop.end, min + size);
  atomic_store(&loop.next, min);
  int mine = atomic_fetch_add(&epoch, 1) + 1;
  work(w);
  while (atomic_load(&loop.done) != mine)
    sched_yield();
  return loop.result;
}

// Checks of Halide's that a test wants to see. What they say first is enough.
#define ERROR(name)                                                            \
  int halide_error_##name(void *context) {                                    \
    halide_error(context, #name);                                              \
    return -1;                                                                 \
  }
ERROR(constraint_violated)
ERROR(bad_dimensions)
ERROR(bad_type)
ERROR(buffer_argument_is_null)
ERROR(buffer_allocation_too_large)
ERROR(buffer_extents_negative)
ERROR(buffer_extents_too_large)
ERROR(host_is_null)
ERROR(out_of_memory)
ERROR(unaligned_host_ptr)
ERROR(fold_factor_too_small)
ERROR(bad_fold)
ERROR(bad_extern_fold)
ERROR(requirement_failed)
ERROR(param_too_small_i64)
ERROR(param_too_large_i64)
ERROR(storage_bound_too_small)
ERROR(specialize_fail)
ERROR(device_dirty_with_no_device_support)
ERROR(host_and_device_dirty)
ERROR(buffer_is_null)
ERROR(constraints_make_required_region_smaller)
ERROR(split_factor_not_positive)
int halide_error_explicit_bounds_too_small(void *context, const char *func,
                                           const char *var, int min_bound,
                                           int max_bound, int min_required,
                                           int max_required) {
  char text[256];
  snprintf(text, sizeof(text), "%s is computed from %d to %d in %s but required from %d to %d", func, min_bound,
           max_bound, var, min_required, max_required);
  halide_error(context, text);
  return -1;
}
int halide_error_access_out_of_bounds(void *context, const char *name,
                                      int dimension, int min_touched,
                                      int max_touched, int min_valid,
                                      int max_valid) {
  char text[256];
  snprintf(text, sizeof(text), "%s is read from %d to %d in dimension %d but valid from %d to %d",
           name, min_touched, max_touched, dimension, min_valid, max_valid);
  halide_error(context, text);
  return -1;
}

// The kernel's arguments are descriptors alone; more of them than it takes do no harm.
static int call(void *kernel, void **a, int count) {
  void *b[16] = {0};
  if (count > 16)
    return -2;
  memcpy(b, a, (size_t)count * sizeof(*b));
  typedef void *p;
  return ((int (*)(p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p, p))kernel)(
      &workers[0], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
      b[10], b[11], b[12], b[13], b[14], b[15]);
}

static pthread_t helper_thread;

static void begin_threads(int count) {
  prepare();
  threads = count;
  atomic_store(&helper_runs, 1);
  first_epoch = atomic_load(&epoch);
  if (threads == 2)
    pthread_create(&helper_thread, NULL, helper, NULL);
}

static void end_threads(void) {
  atomic_store(&helper_runs, 0);
  if (threads == 2)
    pthread_join(helper_thread, NULL);
}

// Runs the kernel once. scratch: the most that the caller and a worker had.
int run_kernel(void *kernel, void **buffers, int count, int64_t *scratch,
               int with_threads) {
  errors = 0;
  caller_most = 0;
  for (int i = 0; i < THREADS; ++i)
    workers[i].most = 0;
  begin_threads(with_threads);
  int result = call(kernel, buffers, count);
  end_threads();
  scratch[0] = caller_most;
  scratch[1] = workers[0].most > workers[1].most ? workers[0].most : workers[1].most;
  return errors ? -1 : result;
}

// With one thread what others do with the processor does not count.
static double now(void) {
  struct timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#if defined(__x86_64__)
typedef float vector __attribute__((vector_size(64)));
__attribute__((target("avx512f"), optimize("O2", "fp-contract=fast"))) double
measure_peak(void) {
  vector a[16], x = {0}, y = {0};
  for (int i = 0; i < 16; ++i)
    a[i] = x;
  double best = 1e9;
  for (int repeat = 0; repeat < 200; ++repeat) {
    double t = now();
    for (int i = 0; i < 20000; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < 16; ++j)
        a[j] = a[j] * x + y;
      __asm__ volatile("" : "+v"(x), "+v"(y));
    }
    t = now() - t;
    if (t < best)
      best = t;
  }
  for (int i = 1; i < 16; ++i)
    a[0] += a[i];
  __asm__ volatile("" ::"v"(a[0]));
  return 20000.0 * 16 * 32 / best * 1e-9;
}
#endif

// The fastest of some runs, in seconds. With `flush` bytes, so much of other
// memory is read between two runs, so that nothing is in the caches.
double time_kernel(void *kernel, void **buffers, int count, int with_threads,
                   double seconds, int64_t flush) {
  begin_threads(with_threads);
  char *other = flush ? malloc(flush) : NULL;
  if (other)
    memset(other, 1, flush);
  volatile int64_t sink = 0;
  double t = now();
  call(kernel, buffers, count);
  t = now() - t;
  // Short kernels several times in a row: the clock is not that fine.
  int calls = flush || t > 2e-5 ? 1 : 32;
  double best = 1e9, begin = now();
  for (int i = 0; i < 5 || now() - begin < seconds; ++i) {
    for (int64_t j = 0; j < flush; j += 64)
      sink += other[j];
    t = now();
    for (int j = 0; j < calls; ++j)
      call(kernel, buffers, count);
    t = (now() - t) / calls;
    if (t < best)
      best = t;
  }
  free(other);
  end_threads();
  return best;
}
