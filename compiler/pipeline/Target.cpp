// Target names → triple, features, width of vectors.
#include "compiler/pipeline/Target.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;
using namespace dlc;

// The levels of the x86-64 ABI, each beyond the one before, in LLVM's names.
static constexpr StringRef level2[] = {"sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "cx16"};
static constexpr StringRef level3[] = {"avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe"};
static constexpr StringRef level4[] = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};

static constexpr StringRef names[] = {"host", "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4", "aarch64-linux"};

ArrayRef<StringRef> pipeline::getTargetNames() { return names; }

static constexpr StringRef deviceNames[] = {"opencl", "cuda"};

ArrayRef<StringRef> pipeline::getDeviceNames() { return deviceNames; }

static DictionaryAttr makeTarget(MLIRContext *context, StringRef triple, ArrayRef<StringRef> features,
                                 StringRef cpu = "") {
  Builder builder(context);
  int64_t vectorBytes = 16;
  if (llvm::is_contained(features, "avx2"))
    vectorBytes = 32;
  if (llvm::is_contained(features, "avx512vl"))
    vectorBytes = 64;
  SmallVector<NamedAttribute> entries = {
      builder.getNamedAttr("triple", builder.getStringAttr(triple)),
      builder.getNamedAttr("features", builder.getStringAttr(llvm::join(features, ","))),
      builder.getNamedAttr("vector_bytes", builder.getI64IntegerAttr(vectorBytes)),
  };
  if (!cpu.empty())
    entries.push_back(builder.getNamedAttr("cpu", builder.getStringAttr(cpu)));
  return builder.getDictionaryAttr(entries);
}

DictionaryAttr pipeline::resolveTarget(StringRef name, MLIRContext *context) {
  constexpr StringRef x86 = "x86_64-unknown-linux-gnu", arm = "aarch64-unknown-linux-gnu";
  SmallVector<StringRef> features;
  if (name == "host") {
    llvm::Triple host(llvm::sys::getProcessTriple());
    if (!host.isOSLinux())
      return {};
    if (host.getArch() == llvm::Triple::aarch64)
      return makeTarget(context, arm, {}, llvm::sys::getHostCPUName());
    if (host.getArch() != llvm::Triple::x86_64)
      return {};
    // Only what the kernels have a use for: an object that asks for more would
    // refuse to run on machines where it could.
    llvm::StringMap<bool> available = llvm::sys::getHostCPUFeatures();
    auto has = [&](StringRef feature) { return available.lookup(feature); };
    llvm::copy_if(level2, std::back_inserter(features), has);
    if (has("avx") && has("avx2") && has("fma"))
      llvm::copy_if(level3, std::back_inserter(features), has);
    if (llvm::is_contained(features, "avx2") && llvm::all_of(level4, has))
      llvm::append_range(features, level4);
    return makeTarget(context, x86, features, llvm::sys::getHostCPUName());
  }
  if (name == "aarch64-linux")
    return makeTarget(context, arm, features);
  if (!llvm::is_contained(names, name))
    return {};
  if (name != "x86-64")
    llvm::append_range(features, level2);
  if (name == "x86-64-v3" || name == "x86-64-v4")
    llvm::append_range(features, level3);
  if (name == "x86-64-v4")
    llvm::append_range(features, level4);
  return makeTarget(context, x86, features);
}
