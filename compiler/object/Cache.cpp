// An entry is a file "KEY.kernel": a magic word, the SHA-256 of the content, the content.
#include "compiler/object/Cache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <utime.h>
#include <vector>

using namespace llvm;
using namespace dlc::object;

static constexpr StringLiteral magic = "dlc kernel 1\n";
static constexpr StringLiteral extension = ".kernel";

Cache::Cache() {
  SmallString<128> path;
  std::optional<std::string> home = sys::Process::GetEnv("XDG_CACHE_HOME");
  if (home && sys::path::is_absolute(*home)) {
    path = *home;
  } else {
    home = sys::Process::GetEnv("HOME");
    if (!home || !sys::path::is_absolute(*home))
      return;
    path = *home;
    sys::path::append(path, ".cache");
  }
  sys::path::append(path, "dlc");
  folder = std::string(path);
}

std::string Cache::getKey(ArrayRef<StringRef> parts) {
  SHA256 hash;
  for (StringRef part : parts) {
    hash.update(std::to_string(part.size()) + ":"); // so that no two lists read alike
    hash.update(part);
  }
  return toHex(hash.final(), /*LowerCase=*/true);
}

static std::string getChecksum(StringRef content) {
  return toHex(SHA256::hash(arrayRefFromStringRef(content)), /*LowerCase=*/true);
}

std::string Cache::getPath(StringRef key) const {
  SmallString<128> path(folder);
  sys::path::append(path, key + extension);
  return std::string(path);
}

std::optional<std::string> Cache::find(StringRef key) {
  if (folder.empty())
    return std::nullopt;
  std::string path = getPath(key);
  auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return std::nullopt;
  StringRef bytes = (*file)->getBuffer();
  constexpr size_t checksumLength = 64;
  if (!bytes.consume_front(magic) || bytes.size() < checksumLength ||
      getChecksum(bytes.drop_front(checksumLength)) != bytes.take_front(checksumLength)) {
    sys::fs::remove(path);
    return std::nullopt;
  }
  utime(path.c_str(), nullptr); // used now
  return bytes.drop_front(checksumLength).str();
}

void Cache::store(StringRef key, StringRef content) {
  if (folder.empty() || sys::fs::create_directories(folder))
    return;
  std::string path = getPath(key);
  Expected<sys::fs::TempFile> file = sys::fs::TempFile::create(path + ".%%%%%%%%.tmp");
  if (!file) {
    consumeError(file.takeError());
    return;
  }
  raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  os << magic << getChecksum(content) << content;
  os.flush();
  bool isWhole = !os.has_error();
  os.clear_error();
  consumeError(isWhole ? file->keep(path) : file->discard());
}

namespace {
struct Entry {
  std::string path;
  int64_t bytes;
  sys::TimePoint<> used;
};
} // namespace

/// All entries, and what writers that were killed have left.
static std::vector<Entry> listEntries(StringRef folder) {
  std::vector<Entry> entries;
  if (folder.empty())
    return entries;
  std::error_code error;
  for (sys::fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error)) {
    if (!sys::path::filename(it->path()).contains(extension))
      continue;
    sys::fs::file_status status;
    if (!sys::fs::status(it->path(), status) && sys::fs::is_regular_file(status))
      entries.push_back({it->path(), static_cast<int64_t>(status.getSize()), status.getLastModificationTime()});
  }
  return entries;
}

size_t Cache::clear() {
  size_t removed = 0;
  for (const Entry &entry : listEntries(folder))
    removed += !sys::fs::remove(entry.path) && StringRef(entry.path).ends_with(extension);
  return removed;
}

void Cache::trim() {
  std::vector<Entry> entries = listEntries(folder);
  int64_t bytes = 0;
  for (const Entry &entry : entries)
    bytes += entry.bytes;
  std::sort(entries.begin(), entries.end(), [](const Entry &a, const Entry &b) { return a.used < b.used; });
  for (const Entry &entry : entries) {
    if (bytes <= limit)
      return;
    if (!sys::fs::remove(entry.path))
      bytes -= entry.bytes;
  }
}

Cache::Statistics Cache::getStatistics() const {
  Statistics statistics;
  for (const Entry &entry : listEntries(folder)) {
    statistics.entries += StringRef(entry.path).ends_with(extension);
    statistics.bytes += entry.bytes;
  }
  return statistics;
}
