// Threads for measuring: each on a processor of its own, and always awake.
#ifndef DLC_TOOLS_DLC_SPINNINGPOOL_H
#define DLC_TOOLS_DLC_SPINNINGPOOL_H

#include "runtime/include/dlc/dlc.h"

#include "llvm/ADT/ArrayRef.h"

#include <atomic>
#include <thread>
#include <vector>

namespace dlc {

/// In a network, the threads of a session are awake when a kernel begins. A kernel that
/// is run by itself, after a pause, would wake them, which may take longer than it does,
/// and they might wake on the processor where the caller runs. So these never sleep and
/// stay where they are.
class SpinningPool {
public:
  /// Moves the calling thread to the first processor, and starts one on each of the others.
  explicit SpinningPool(llvm::ArrayRef<int> processors);
  ~SpinningPool();
  SpinningPool(const SpinningPool &) = delete;

  /// A dlc_parallel_for_function; `context` is the pool. One caller at a time.
  static void parallelFor(void *context, int32_t tasks, dlc_task_function function, void *closure);
  size_t getThreads() const { return workers.size() + 1; }

  /// The processors that the calling thread may run on.
  static std::vector<int> getProcessors();

private:
  void work(int32_t worker);
  /// Runs tasks of the present loop until all are taken; whether there was one.
  bool takeTasks(int32_t worker);

  // The loop's number, how many tasks it has and how many of them are taken: one word, so
  // that a task is taken of this loop or not at all. What else it is made of changes only
  // when all of its tasks are done.
  static constexpr unsigned taskBits = 20;
  std::atomic<uint64_t> ticket = 0;
  std::atomic<int32_t> open = 0; // tasks that are not done
  dlc_task_function function = nullptr;
  void *closure = nullptr;

  std::atomic<bool> isOver = false;
  std::vector<std::thread> workers;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_SPINNINGPOOL_H
