// dlc cache: where compiled kernels are kept.
#include "compiler/object/Cache.h"
#include "tools/dlc/ExitCode.h"
#include "tools/dlc/Options.h"
#include "tools/dlc/Verb.h"

#include "llvm/Support/Format.h"

using namespace dlc;

int dlc::cacheMain(llvm::ArrayRef<llvm::StringRef> arguments) {
  bool clear = false;
  OptionTable options("cache", "[--clear]",
                      "Says where compiled kernels are kept ($XDG_CACHE_HOME/dlc, else ~/.cache/dlc), and how many.");
  options.flag("--clear", clear, "removes them all");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;

  object::Cache cache;
  if (cache.getFolder().empty()) {
    llvm::outs() << "no cache: neither XDG_CACHE_HOME nor HOME names a folder\n";
    return exitFine;
  }
  if (clear) {
    size_t removed = cache.clear();
    llvm::outs() << "removed " << removed << (removed == 1 ? " kernel" : " kernels") << " from " << cache.getFolder()
                 << "\n";
    return exitFine;
  }
  object::Cache::Statistics statistics = cache.getStatistics();
  llvm::outs() << cache.getFolder() << ": " << statistics.entries
               << (statistics.entries == 1 ? " kernel, " : " kernels, ")
               << llvm::format("%.1f MB of %.0f", statistics.bytes / 1e6, cache.getLimit() / 1e6) << " MB\n";
  return exitFine;
}
