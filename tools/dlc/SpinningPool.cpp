// A parallel loop is a ticket that all threads draw from by compare-and-swap.
#include "tools/dlc/SpinningPool.h"

#include <algorithm>
#include <sched.h>

using namespace dlc;

static void pinTo(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof(set), &set);
}

static void waitBriefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::vector<int> SpinningPool::getProcessors() {
  std::vector<int> processors;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &set))
        processors.push_back(i);
  return processors;
}

SpinningPool::SpinningPool(llvm::ArrayRef<int> processors) {
  pinTo(processors.front());
  for (size_t i = 1; i < processors.size(); ++i)
    workers.emplace_back([this, i, processor = processors[i]] {
      pinTo(processor);
      work(static_cast<int32_t>(i));
    });
}

SpinningPool::~SpinningPool() {
  isOver = true;
  for (std::thread &worker : workers)
    worker.join();
}

bool SpinningPool::takeTasks(int32_t worker) {
  constexpr uint64_t mask = (uint64_t(1) << taskBits) - 1;
  bool any = false;
  for (uint64_t drawn = ticket.load(std::memory_order_acquire);;) {
    const uint64_t task = drawn & mask, tasks = (drawn >> taskBits) & mask;
    if (task >= tasks)
      return any;
    // As a session's threads (runtime/threads.c).
    const uint64_t count = std::max<uint64_t>(1, (tasks - task) / (2 * getThreads()));
    if (!ticket.compare_exchange_weak(drawn, drawn + count, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    any = true;
    for (uint64_t each = task; each < task + count; ++each)
      function(closure, static_cast<int32_t>(each), worker);
    open.fetch_sub(static_cast<int32_t>(count), std::memory_order_release);
    drawn = ticket.load(std::memory_order_acquire);
  }
}

void SpinningPool::work(int32_t worker) {
  while (!isOver.load(std::memory_order_relaxed))
    if (!takeTasks(worker))
      waitBriefly();
}

void SpinningPool::parallelFor(void *context, int32_t tasks, dlc_task_function function, void *closure) {
  auto &pool = *static_cast<SpinningPool *>(context);
  constexpr int32_t most = (1 << taskBits) - 1;
  if (tasks > most) { // than there are bits for
    for (int32_t task = 0; task < tasks; ++task)
      function(closure, task, 0);
    return;
  }
  pool.function = function;
  pool.closure = closure;
  pool.open.store(tasks, std::memory_order_relaxed);
  const uint64_t number = (pool.ticket.load(std::memory_order_relaxed) >> (2 * taskBits)) + 1;
  pool.ticket.store(number << (2 * taskBits) | static_cast<uint64_t>(tasks) << taskBits, std::memory_order_release);
  pool.takeTasks(0);
  while (pool.open.load(std::memory_order_acquire) > 0)
    waitBriefly();
}
