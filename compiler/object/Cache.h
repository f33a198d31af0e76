// Compiled kernels by their content, in the user's cache folder.
#ifndef DLC_COMPILER_OBJECT_CACHE_H
#define DLC_COMPILER_OBJECT_CACHE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>

namespace dlc::object {

/// Entries appear whole; one that is damaged counts as absent and goes. Several
/// processes may use the same folder. Nothing here fails: where there is no
/// folder, or it cannot be written, nothing is found and nothing kept.
class Cache {
public:
  /// The folder is $XDG_CACHE_HOME/dlc, else $HOME/.cache/dlc.
  Cache();
  /// For another folder; "": none.
  explicit Cache(llvm::StringRef folder, int64_t limit = defaultLimit) : folder(folder), limit(limit) {}

  /// The key of what is made from `parts`, and from nothing else.
  static std::string getKey(llvm::ArrayRef<llvm::StringRef> parts);

  std::optional<std::string> find(llvm::StringRef key);
  void store(llvm::StringRef key, llvm::StringRef content);

  /// Removes all entries; returns how many there were.
  size_t clear();
  /// Removes the entries that were not used for longest until the limit holds.
  void trim();

  struct Statistics {
    size_t entries = 0;
    int64_t bytes = 0;
  };
  Statistics getStatistics() const;
  llvm::StringRef getFolder() const { return folder; }
  int64_t getLimit() const { return limit; }

private:
  static constexpr int64_t defaultLimit = INT64_C(512) << 20;
  std::string getPath(llvm::StringRef key) const;

  std::string folder;
  int64_t limit = defaultLimit;
};

} // namespace dlc::object

#endif // DLC_COMPILER_OBJECT_CACHE_H
