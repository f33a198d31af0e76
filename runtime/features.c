// What the processor can do and the operating system lets it do.
#include "dlc/model.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#else
#error "the runtime knows x86-64 and AArch64"
#endif

#define BIT(feature) (UINT64_C(1) << (feature))

#if defined(__x86_64__)

enum dlc_architecture dlc_cpu_architecture(void) { return DLC_ARCHITECTURE_X86_64; }

// One bit of a cpuid leaf, and the register state it relies on.
enum state { ANY, YMM, ZMM };
enum leaf { LEAF1_ECX, LEAF7_EBX, LEAF7_ECX, LEAF7_EDX, LEAF71_EAX, EXT1_ECX };
static const struct {
  uint8_t feature, leaf, bit, state;
} x86_features[] = {
    {DLC_FEATURE_SSE3, LEAF1_ECX, 0, ANY},          {DLC_FEATURE_SSSE3, LEAF1_ECX, 9, ANY},
    {DLC_FEATURE_SSE41, LEAF1_ECX, 19, ANY},        {DLC_FEATURE_SSE42, LEAF1_ECX, 20, ANY},
    {DLC_FEATURE_POPCNT, LEAF1_ECX, 23, ANY},       {DLC_FEATURE_CX16, LEAF1_ECX, 13, ANY},
    {DLC_FEATURE_MOVBE, LEAF1_ECX, 22, ANY},        {DLC_FEATURE_LZCNT, EXT1_ECX, 5, ANY},
    {DLC_FEATURE_BMI1, LEAF7_EBX, 3, ANY},          {DLC_FEATURE_BMI2, LEAF7_EBX, 8, ANY},
    {DLC_FEATURE_AVX, LEAF1_ECX, 28, YMM},          {DLC_FEATURE_F16C, LEAF1_ECX, 29, YMM},
    {DLC_FEATURE_FMA, LEAF1_ECX, 12, YMM},          {DLC_FEATURE_AVX2, LEAF7_EBX, 5, YMM},
    {DLC_FEATURE_AVXVNNI, LEAF71_EAX, 4, YMM},      {DLC_FEATURE_AVX512F, LEAF7_EBX, 16, ZMM},
    {DLC_FEATURE_AVX512DQ, LEAF7_EBX, 17, ZMM},     {DLC_FEATURE_AVX512IFMA, LEAF7_EBX, 21, ZMM},
    {DLC_FEATURE_AVX512CD, LEAF7_EBX, 28, ZMM},     {DLC_FEATURE_AVX512BW, LEAF7_EBX, 30, ZMM},
    {DLC_FEATURE_AVX512VL, LEAF7_EBX, 31, ZMM},     {DLC_FEATURE_AVX512VBMI, LEAF7_ECX, 1, ZMM},
    {DLC_FEATURE_AVX512VBMI2, LEAF7_ECX, 6, ZMM},   {DLC_FEATURE_AVX512VNNI, LEAF7_ECX, 11, ZMM},
    {DLC_FEATURE_AVX512BITALG, LEAF7_ECX, 12, ZMM}, {DLC_FEATURE_AVX512VPOPCNTDQ, LEAF7_ECX, 14, ZMM},
    {DLC_FEATURE_AVX512FP16, LEAF7_EDX, 23, ZMM},   {DLC_FEATURE_AVX512BF16, LEAF71_EAX, 5, ZMM},
};

uint64_t dlc_cpu_features(void) {
  uint32_t words[EXT1_ECX + 1] = {0}; // by enum leaf
  uint32_t eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    words[LEAF1_ECX] = ecx;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    uint32_t last_subleaf = eax;
    words[LEAF7_EBX] = ebx;
    words[LEAF7_ECX] = ecx;
    words[LEAF7_EDX] = edx;
    if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx))
      words[LEAF71_EAX] = eax;
  }
  if (__get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx))
    words[EXT1_ECX] = ecx;

  // XCR0 says which registers the system saves at a context switch: 1 SSE,
  // 2 the upper halves of ymm; 5 mask registers, 6 and 7 zmm.
  enum state saved = ANY;
  if (words[LEAF1_ECX] & (1u << 27)) { // OSXSAVE: xgetbv may be used
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06) == 0x06)
      saved = (low & 0xe0) == 0xe0 ? ZMM : YMM;
  }

  uint64_t features = 0;
  for (size_t i = 0; i < sizeof(x86_features) / sizeof(x86_features[0]); ++i)
    if (x86_features[i].state <= saved && (words[x86_features[i].leaf] >> x86_features[i].bit & 1))
      features |= BIT(x86_features[i].feature);
  return features;
}

#else // AArch64

enum dlc_architecture dlc_cpu_architecture(void) { return DLC_ARCHITECTURE_AARCH64; }

uint64_t dlc_cpu_features(void) {
  unsigned long first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
  uint64_t features = 0;
  if (first & HWCAP_ATOMICS)
    features |= BIT(DLC_FEATURE_ATOMICS);
  if (first & HWCAP_ASIMDHP)
    features |= BIT(DLC_FEATURE_FP16);
  if (first & HWCAP_ASIMDDP)
    features |= BIT(DLC_FEATURE_DOTPROD);
  if (first & HWCAP_SVE)
    features |= BIT(DLC_FEATURE_SVE);
#ifdef HWCAP2_SVE2
  if (second & HWCAP2_SVE2)
    features |= BIT(DLC_FEATURE_SVE2);
#endif
#ifdef HWCAP2_I8MM
  if (second & HWCAP2_I8MM)
    features |= BIT(DLC_FEATURE_I8MM);
#endif
#ifdef HWCAP2_BF16
  if (second & HWCAP2_BF16)
    features |= BIT(DLC_FEATURE_BF16);
#endif
  return features;
}

#endif

static const char *const names[DLC_FEATURE_COUNT] = {
    [DLC_FEATURE_SSE3] = "sse3",
    [DLC_FEATURE_SSSE3] = "ssse3",
    [DLC_FEATURE_SSE41] = "sse4.1",
    [DLC_FEATURE_SSE42] = "sse4.2",
    [DLC_FEATURE_POPCNT] = "popcnt",
    [DLC_FEATURE_CX16] = "cx16",
    [DLC_FEATURE_AVX] = "avx",
    [DLC_FEATURE_F16C] = "f16c",
    [DLC_FEATURE_FMA] = "fma",
    [DLC_FEATURE_AVX2] = "avx2",
    [DLC_FEATURE_BMI1] = "bmi",
    [DLC_FEATURE_BMI2] = "bmi2",
    [DLC_FEATURE_LZCNT] = "lzcnt",
    [DLC_FEATURE_MOVBE] = "movbe",
    [DLC_FEATURE_AVX512F] = "avx512f",
    [DLC_FEATURE_AVX512CD] = "avx512cd",
    [DLC_FEATURE_AVX512BW] = "avx512bw",
    [DLC_FEATURE_AVX512DQ] = "avx512dq",
    [DLC_FEATURE_AVX512VL] = "avx512vl",
    [DLC_FEATURE_AVX512IFMA] = "avx512ifma",
    [DLC_FEATURE_AVX512VBMI] = "avx512vbmi",
    [DLC_FEATURE_AVX512VBMI2] = "avx512vbmi2",
    [DLC_FEATURE_AVX512VNNI] = "avx512vnni",
    [DLC_FEATURE_AVX512BITALG] = "avx512bitalg",
    [DLC_FEATURE_AVX512VPOPCNTDQ] = "avx512vpopcntdq",
    [DLC_FEATURE_AVX512BF16] = "avx512bf16",
    [DLC_FEATURE_AVX512FP16] = "avx512fp16",
    [DLC_FEATURE_AVXVNNI] = "avxvnni",
    [DLC_FEATURE_ATOMICS] = "lse",
    [DLC_FEATURE_FP16] = "fullfp16",
    [DLC_FEATURE_DOTPROD] = "dotprod",
    [DLC_FEATURE_I8MM] = "i8mm",
    [DLC_FEATURE_BF16] = "bf16",
    [DLC_FEATURE_SVE] = "sve",
    [DLC_FEATURE_SVE2] = "sve2",
};

const char *dlc_feature_name(int32_t feature) {
  return feature >= 0 && feature < DLC_FEATURE_COUNT ? names[feature] : NULL;
}
