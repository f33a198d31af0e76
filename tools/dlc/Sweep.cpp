// Words are added up, in as many sums as let memory and not arithmetic be what takes the time.
#include "tools/dlc/Sweep.h"

#include <algorithm>

using namespace dlc;

static constexpr size_t step = 16; // words: two lines of a cache

Sweep::Sweep(size_t bytes, SpinningPool *pool)
    : pool(pool), parts(pool ? pool->getThreads() : 1), length(bytes / sizeof(uint64_t) / parts / step * step),
      words(new uint64_t[parts * length]) {
  // By the threads that read them later: pages lie where they are first touched.
  forEachPart([](void *sweep, int32_t part, int32_t) { static_cast<Sweep *>(sweep)->fill(part); });
}

void Sweep::run() {
  forEachPart([](void *sweep, int32_t part, int32_t) { static_cast<Sweep *>(sweep)->read(part); });
}

void Sweep::forEachPart(dlc_task_function function) {
  if (pool)
    return SpinningPool::parallelFor(pool, static_cast<int32_t>(parts), function, this);
  function(this, 0, 0);
}

void Sweep::fill(int32_t part) { std::fill_n(&words[part * length], length, 1); }

void Sweep::read(int32_t part) {
  uint64_t sum[step] = {};
  const uint64_t *begin = &words[part * length];
  for (const uint64_t *word = begin; word != begin + length; word += step)
    for (size_t i = 0; i < step; ++i)
      sum[i] += word[i];
  for (uint64_t each : sum)
    sums += each; // so that it is used
}
