// A folder for what a run leaves to its children and to itself.
#ifndef DLC_TOOLS_DLC_RUNFOLDER_H
#define DLC_TOOLS_DLC_RUNFOLDER_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"

#include <string>

namespace dlc {

/// Lies where temporary files do and goes when the run does. One whose run was killed goes
/// when the next run of any process makes its own.
class RunFolder {
public:
  RunFolder() = default;
  ~RunFolder();
  RunFolder(const RunFolder &) = delete;

  /// Makes a folder `name` with something behind. From now on all temporary files of this
  /// process, and of those that it starts, lie there.
  llvm::Error create(llvm::StringRef name);

  llvm::StringRef getPath() const { return path; }
  std::string getPath(const llvm::Twine &file) const { return (path + "/" + file).str(); }

private:
  llvm::SmallString<128> path;
  int lock = -1; // a file in it, locked while this process or one that it has started lives
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_RUNFOLDER_H
