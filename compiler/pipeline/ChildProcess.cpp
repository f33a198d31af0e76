// posix_spawn of /proc/self/exe, with files in memory in place of pipes: nobody has to wait for both ends.
#include "compiler/pipeline/ChildProcess.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace dlc::pipeline;

namespace {
/// A file in memory that goes with its descriptor.
class MemoryFile {
public:
  explicit MemoryFile(const char *name) : descriptor(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (descriptor >= 0)
      close(descriptor);
  }
  bool write(StringRef text) {
    while (!text.empty()) {
      ssize_t written = ::write(descriptor, text.data(), text.size());
      if (written < 0 && errno != EINTR)
        return false;
      text = text.drop_front(std::max<ssize_t>(written, 0));
    }
    return lseek(descriptor, 0, SEEK_SET) == 0;
  }
  std::string read() {
    std::string text;
    char buffer[1 << 16];
    for (int64_t offset = 0;;) {
      ssize_t length = pread(descriptor, buffer, sizeof(buffer), offset);
      if (length < 0 && errno == EINTR)
        continue;
      if (length <= 0)
        return text;
      text.append(buffer, length);
      offset += length;
    }
  }
  const int descriptor;
};
} // namespace

extern char **environ;

/// Waits until the child has ended, or for so long.
static bool hasEnded(pid_t child, double seconds) {
  int descriptor = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
  if (descriptor < 0)
    return true; // an old kernel: wait without a limit
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int ready;
  do {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd waited = {descriptor, POLLIN, 0};
    ready = poll(&waited, 1, static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX)));
  } while (ready < 0 && errno == EINTR);
  close(descriptor);
  return ready != 0;
}

ChildResult dlc::pipeline::runChild(ArrayRef<std::string> arguments, StringRef input, std::optional<double> seconds) {
  ChildResult result;
  MemoryFile in("dlc-in"), out("dlc-out"), errors("dlc-errors");
  if (in.descriptor < 0 || out.descriptor < 0 || errors.descriptor < 0 || !in.write(input)) {
    result.failure = std::strerror(errno);
    return result;
  }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.descriptor, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor, STDERR_FILENO);
  SmallVector<char *> argv = {const_cast<char *>("dlc")};
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  if (seconds) {
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
  }
  pid_t child;
  int error = posix_spawn(&child, "/proc/self/exe", &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error) {
    result.failure = std::strerror(error);
    return result;
  }

  if (seconds) {
    result.isLate = !hasEnded(child, *seconds);
    kill(-child, SIGKILL); // what it may have started, too
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) {
      result.failure = std::strerror(errno);
      return result;
    }
  if (WIFEXITED(status))
    result.exitCode = WEXITSTATUS(status);
  else
    result.signal = WTERMSIG(status);
  result.output = out.read();
  result.errors = errors.read();
  return result;
}
