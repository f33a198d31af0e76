// What kernels call, for running them outside of a session: counts scratch as
// the runtime would and shares loops between two threads.
#include "dlc/model.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct worker {
  int index, in_task;
  int64_t live, most;
  char *top, *arena, *end;
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
  if (w->live == 0 || (char *)pointer - 64 + cost == w->top)
    w->top = (char *)pointer - 64;
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

static void work(worker *w) {
  int i;
  while ((i = atomic_fetch_add(&loop.next, 1)) < loop.end) {
    int64_t live = w->live;
    char *top = w->top;
    w->live = 0;
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
  int seen = atomic_load(&epoch);
  while (atomic_load(&helper_runs)) {
    int now = atomic_load(&epoch);
    if (now == seen)
      continue;
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
    ;
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
ERROR(explicit_bounds_too_small)
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

// The kernel's arguments are descriptors alone.
typedef void *p;
typedef int (*k1)(void *, p);
typedef int (*k2)(void *, p, p);
typedef int (*k3)(void *, p, p, p);
typedef int (*k4)(void *, p, p, p, p);
typedef int (*k5)(void *, p, p, p, p, p);
typedef int (*k6)(void *, p, p, p, p, p, p);
typedef int (*k7)(void *, p, p, p, p, p, p, p);
typedef int (*k8)(void *, p, p, p, p, p, p, p, p);

static int call(void *kernel, void **a, int count) {
  void *c = &workers[0];
  switch (count) {
  case 1: return ((k1)kernel)(c, a[0]);
  case 2: return ((k2)kernel)(c, a[0], a[1]);
  case 3: return ((k3)kernel)(c, a[0], a[1], a[2]);
  case 4: return ((k4)kernel)(c, a[0], a[1], a[2], a[3]);
  case 5: return ((k5)kernel)(c, a[0], a[1], a[2], a[3], a[4]);
  case 6: return ((k6)kernel)(c, a[0], a[1], a[2], a[3], a[4], a[5]);
  case 7: return ((k7)kernel)(c, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  case 8: return ((k8)kernel)(c, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
  default: return -2;
  }
}

// Runs the kernel once. scratch: the most that the caller and a worker had.
int run_kernel(void *kernel, void **buffers, int count, int64_t *scratch) {
  prepare();
  errors = 0;
  caller_most = 0;
  for (int i = 0; i < THREADS; ++i)
    workers[i].most = 0;
  threads = 1;
  int result = call(kernel, buffers, count);
  scratch[0] = caller_most;
  scratch[1] = workers[0].most;
  return errors ? -1 : result;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

// The fastest of some runs, in seconds. With `flush` bytes, so much of other
// memory is read between two runs, so that nothing is in the caches.
double time_kernel(void *kernel, void **buffers, int count, int with_threads,
                   double seconds, int64_t flush) {
  pthread_t thread;
  prepare();
  threads = with_threads;
  atomic_store(&helper_runs, 1);
  if (threads == 2)
    pthread_create(&thread, NULL, helper, NULL);
  char *other = flush ? malloc(flush) : NULL;
  if (other)
    memset(other, 1, flush);
  volatile int64_t sink = 0;
  double best = 1e9, begin = now();
  for (int i = 0; i < 5 || now() - begin < seconds; ++i) {
    for (int64_t j = 0; j < flush; j += 64)
      sink += other[j];
    double t = now();
    call(kernel, buffers, count);
    t = now() - t;
    if (t < best)
      best = t;
  }
  free(other);
  atomic_store(&helper_runs, 0);
  if (threads == 2)
    pthread_join(thread, NULL);
  return best;
}
