// Who can lock the file in a folder has made it, or comes after the end of its owner and of the owner's children, who
// have the lock too, as they may still write: the kernel lets go of it however they end. A folder without the file is
// left alone: its owner may be about to write it.
#include "tools/dlc/RunFolder.h"
#include "tools/dlc/Failure.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace dlc;

static std::string getLockPath(StringRef folder) { return (folder + "/lock").str(); }

/// Removes a folder of this user if its run is over.
static void removeIfLeft(const std::string &folder) {
  struct stat status;
  if (lstat(folder.c_str(), &status) || !S_ISDIR(status.st_mode) || status.st_uid != getuid())
    return;
  const int lock = open(getLockPath(folder).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (lock < 0)
    return;
  if (flock(lock, LOCK_EX | LOCK_NB) == 0)
    sys::fs::remove_directories(folder);
  close(lock);
}

/// Whether the open file is the one at `path`, and not one that has been removed.
static bool isAt(int file, const std::string &path) {
  struct stat open, there;
  return fstat(file, &open) == 0 && stat(path.c_str(), &there) == 0 && open.st_ino == there.st_ino &&
         open.st_dev == there.st_dev;
}

Error RunFolder::create(StringRef name) {
  SmallString<128> parent;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, parent);
  std::error_code wrong;
  for (sys::fs::directory_iterator at(parent, wrong), end; at != end && !wrong; at.increment(wrong))
    if (sys::path::filename(at->path()).starts_with((name + "-").str()))
      removeIfLeft(at->path());

  while (lock < 0) {
    if (std::error_code wrong = sys::fs::createUniqueDirectory(name, path))
      return failure(exitEnvironment, "cannot make a temporary folder: " + wrong.message());
    const std::string file = getLockPath(path);
    lock = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (lock < 0 || flock(lock, LOCK_EX))
      return failure(exitEnvironment, file + ": " + std::error_code(errno, std::generic_category()).message());
    if (isAt(lock, file))
      break;
    // Another run has locked it first, and removed it.
    close(lock);
    lock = -1;
  }
  setenv("TMPDIR", path.c_str(), /*overwrite=*/1);
  return Error::success();
}

RunFolder::~RunFolder() {
  if (!path.empty())
    sys::fs::remove_directories(path);
  if (lock >= 0)
    close(lock);
}
