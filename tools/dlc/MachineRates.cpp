// 1. Each thread multiplies and adds into as many sums as hide the latency, which stay in registers.
// 2. Each thread reads its part of a sweep.
#include "tools/dlc/MachineRates.h"
#include "tools/dlc/SpinningPool.h"
#include "tools/dlc/Sweep.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace llvm;
using namespace dlc;

/// Two multiply-adds a cycle that take up to five wait for no other; with their operands they fit 16 registers.
static constexpr int sums = 12;
static constexpr int mostLanes = 16;
static constexpr int64_t steps = 50'000;

//===----------------------------------------------------------------------===//
// Multiply-adds
//===----------------------------------------------------------------------===//

// Each takes `sums` vectors, different ones so that none can stand for another, through
// `steps` steps that leave them where halves of 1, 1/2, 1/4 … add up to: nothing overflows
// or vanishes, and the results are stored.
using MultiplyAdd = void (*)(float *vectors);

/// Vectors of four lanes, which every machine has.
static void multiplyAdd4(float *vectors) {
  using Vector = float __attribute__((vector_size(16), may_alias));
  Vector sum[sums], half = Vector{} + 0.5f, one = Vector{} + 1.0f;
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    sum[i] = reinterpret_cast<Vector *>(vectors)[i];
  for (int64_t step = 0; step < steps; ++step)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i)
      sum[i] = sum[i] * half + one;
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    reinterpret_cast<Vector *>(vectors)[i] = sum[i];
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void multiplyAdd8(float *vectors) {
  __m256 sum[sums];
  const __m256 half = _mm256_set1_ps(0.5f), one = _mm256_set1_ps(1);
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    sum[i] = _mm256_load_ps(vectors + 8 * i);
  for (int64_t step = 0; step < steps; ++step)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i)
      sum[i] = _mm256_fmadd_ps(sum[i], half, one);
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    _mm256_store_ps(vectors + 8 * i, sum[i]);
}

__attribute__((target("avx512f"))) static void multiplyAdd16(float *vectors) {
  __m512 sum[sums];
  const __m512 half = _mm512_set1_ps(0.5f), one = _mm512_set1_ps(1);
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    sum[i] = _mm512_load_ps(vectors + 16 * i);
  for (int64_t step = 0; step < steps; ++step)
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i)
      sum[i] = _mm512_fmadd_ps(sum[i], half, one);
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    _mm512_store_ps(vectors + 16 * i, sum[i]);
}
#endif

namespace {
struct Arithmetic {
  MultiplyAdd run;
  int64_t lanes;
  double getFlops() const { return 2.0 * sums * lanes * steps; }
};
} // namespace

/// With the widest vectors of at most `lanes` that this machine has.
static Arithmetic chooseArithmetic([[maybe_unused]] int64_t lanes) {
#if defined(__x86_64__)
  if (lanes >= 16 && __builtin_cpu_supports("avx512f"))
    return {multiplyAdd16, 16};
  if (lanes >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {multiplyAdd8, 8};
#endif
  return {multiplyAdd4, 4};
}

//===----------------------------------------------------------------------===//
// Rounds
//===----------------------------------------------------------------------===//

/// The nanoseconds of the fastest of as many rounds as fit `seconds`, of three at least.
template <typename Round>
static double getFastest(double seconds, Round round) {
  using Clock = std::chrono::steady_clock;
  double fastest = std::numeric_limits<double>::infinity();
  const auto start = Clock::now();
  for (int i = 0; i < 3 || Clock::now() - start < std::chrono::duration<double>(seconds); ++i) {
    const auto begin = Clock::now();
    round();
    fastest = std::min(fastest, std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  return fastest;
}

static double measureFlops(SpinningPool &pool, int64_t lanes) {
  const Arithmetic arithmetic = chooseArithmetic(lanes);
  auto task = [](void *run, int32_t, int32_t) {
    alignas(64) float vectors[sums * mostLanes];
    for (int i = 0; i < sums * mostLanes; ++i)
      vectors[i] = static_cast<float>(i);
    (*static_cast<MultiplyAdd *>(run))(vectors);
    [[maybe_unused]] volatile float used = *std::max_element(std::begin(vectors), std::end(vectors));
  };
  const auto threads = static_cast<int32_t>(pool.getThreads());
  MultiplyAdd run = arithmetic.run;
  return threads * arithmetic.getFlops() /
         getFastest(0.025, [&] { SpinningPool::parallelFor(&pool, threads, task, &run); });
}

/// Bytes of the last cache that a thread can use, as Linux knows it.
static size_t getCacheBytes() {
  size_t most = 0;
  for (int index = 0; index < 8; ++index) {
    // "32768K"
    auto file = MemoryBuffer::getFileAsStream("/sys/devices/system/cpu/cpu0/cache/index" + Twine(index) + "/size");
    size_t kilobytes;
    if (file && !(*file)->getBuffer().trim("K\n").getAsInteger(10, kilobytes))
      most = std::max(most, kilobytes << 10);
  }
  constexpr size_t usual = 32 << 20;
  return most ? most : usual;
}

static double measureBytes(SpinningPool &pool) {
  // In thrice its size a cache finds next to nothing again.
  constexpr size_t most = 512 << 20;
  Sweep sweep(std::min(3 * getCacheBytes(), most), &pool);
  return static_cast<double>(sweep.getBytes()) / getFastest(0.025, [&] { sweep.run(); });
}

std::optional<kernels::Rates> dlc::measureRates(int64_t threads, int64_t lanes) {
  const std::vector<int> processors = SpinningPool::getProcessors();
  if (processors.empty())
    return std::nullopt;
  kernels::Rates rates;
  // In a thread of its own, as a pool keeps its caller on one processor.
  std::thread([&] {
    SpinningPool pool(ArrayRef<int>(processors).take_front(std::max<int64_t>(threads, 1)));
    rates = {measureFlops(pool, lanes), measureBytes(pool)};
  }).join();
  return rates;
}

std::string dlc::describeRates(const kernels::Rates &rates, int64_t threads) {
  std::string text;
  raw_string_ostream os(text);
  os << threads << (threads == 1 ? " thread, " : " threads, ")
     << format("%.0f GFLOP/s, %.1f GB/s", rates.flops, rates.bytes);
  return text;
}
