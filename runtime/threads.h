// The thread pool: woken once a run, spinning through it, asleep when idle.
#ifndef DLC_RUNTIME_THREADS_H
#define DLC_RUNTIME_THREADS_H

#include "dlc/dlc.h"
#include "runtime/table.h"

#pragma GCC visibility push(hidden)

// Starts threads - 1 workers. Memory comes from `allocator`.
dlc_status dlc_pool_start(int32_t threads, const dlc_allocator *allocator, dlc_pool **pool, dlc_message *message);

// Takes the pool for a run of at most `threads` threads and wakes the workers;
// 0 where another run has it. Every begin that returned 1 needs an end.
int dlc_pool_begin(dlc_pool *pool, int32_t threads);
void dlc_pool_end(dlc_pool *pool);

// A parallel loop within a run: the caller is worker 0 and works too. Has the
// signature of the user's hook; `pool` is a dlc_pool.
void dlc_pool_parallel_for(void *pool, int32_t tasks, dlc_task_function function, void *closure);

// The allocator of a session or pool whose options name none.
extern const dlc_allocator dlc_default_allocator;

// The modes of the floating-point unit (rounding, denormals, traps) without
// its sticky flags.
uint64_t dlc_float_modes(void);
void dlc_set_float_modes(uint64_t modes);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_THREADS_H
