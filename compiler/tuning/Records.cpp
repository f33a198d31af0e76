// A line is written by one write under a lock of the file, so that lines of several writers do not mix. What a writer
// that was killed has left at the end, a line without its end, is cut off or ended by the next one.
#include "compiler/tuning/Records.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace llvm;
using namespace dlc::tuning;

//===----------------------------------------------------------------------===//
// A record as JSON
//===----------------------------------------------------------------------===//

static constexpr StringLiteral statusNames[] = {"ok", "failed", "crashed", "hung", "wrong"};

StringRef dlc::tuning::getStatusName(Status status) { return statusNames[static_cast<size_t>(status)]; }

json::Value dlc::tuning::toJSON(const Record &record) {
  json::Object object{{"dlc", record.environment.version},
                      {"signature", record.signature},
                      {"kernel", record.kernel},
                      {"target", record.environment.target},
                      {"device", record.environment.device},
                      {"threads", record.environment.threads},
                      {"choice", record.choice},
                      {"status", getStatusName(record.status)}};
  if (!record.point.empty())
    object["point"] = json::Array(record.point);
  if (record.status == Status::Fine) {
    object["seconds"] = record.seconds;
    object["incumbent_seconds"] = record.incumbentSeconds;
    object["relative"] = record.relative;
  }
  if (!record.message.empty())
    object["message"] = json::fixUTF8(record.message);
  return object;
}

bool dlc::tuning::fromJSON(const json::Value &value, Record &record, json::Path path) {
  json::ObjectMapper map(value, path);
  std::string status;
  std::optional<std::vector<int64_t>> point;
  if (!map || !map.map("dlc", record.environment.version) || !map.map("signature", record.signature) ||
      !map.map("kernel", record.kernel) || !map.map("target", record.environment.target) ||
      !map.map("device", record.environment.device) || !map.map("threads", record.environment.threads) ||
      !map.map("choice", record.choice) || !map.map("status", status) || !map.map("point", point) ||
      !map.mapOptional("message", record.message))
    return false;
  const auto *name = llvm::find(statusNames, status);
  if (name == std::end(statusNames)) {
    path.field("status").report("is none that is known");
    return false;
  }
  record.status = static_cast<Status>(name - std::begin(statusNames));
  record.point.clear();
  for (int64_t index : point.value_or(std::vector<int64_t>())) {
    if (index < 0 || index > INT32_MAX) {
      path.field("point").report("expects indices");
      return false;
    }
    record.point.push_back(static_cast<unsigned>(index));
  }
  if (record.status != Status::Fine)
    return true;
  if (!map.map("seconds", record.seconds) || !map.map("incumbent_seconds", record.incumbentSeconds) ||
      !map.map("relative", record.relative))
    return false;
  if (!(record.seconds > 0) || !(record.incumbentSeconds > 0) || !(record.relative > 0)) {
    path.report("expects times above 0");
    return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Looking up
//===----------------------------------------------------------------------===//

bool Environment::accepts(const Environment &other) const {
  return version == other.version && target == other.target && device == other.device &&
         (!threads || !other.threads || threads == other.threads);
}

const Record *dlc::tuning::findBest(ArrayRef<Record> records, StringRef signature, const Environment &environment) {
  const Record *best = nullptr;
  for (const Record &record : records) {
    if (record.status != Status::Fine || record.signature != signature || !environment.accepts(record.environment))
      continue;
    const int64_t more = best ? record.environment.threads - best->environment.threads : 1;
    if (more > 0 || (more == 0 && record.relative < best->relative))
      best = &record;
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static std::optional<Record> parseLine(StringRef line) {
  if (!json::isUTF8(line))
    return std::nullopt;
  Expected<json::Value> value = json::parse(line);
  if (!value) {
    consumeError(value.takeError());
    return std::nullopt;
  }
  Record record;
  json::Path::Root root;
  if (!fromJSON(*value, record, root))
    return std::nullopt;
  return record;
}

static std::string printLine(const Record &record) {
  std::string line;
  raw_string_ostream(line) << toJSON(record) << "\n"; // JSON without indentation has no line ends
  return line;
}

void RecordFile::parse(StringRef text) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    StringRef line = text.take_front(end);
    text = end == StringRef::npos ? "" : text.drop_front(end + 1);
    if (line.trim().empty())
      continue;
    if (std::optional<Record> record = parseLine(line))
      records.push_back(std::move(*record));
    else if (end != StringRef::npos)
      damagedLines.push_back(number);
  }
}

static Error fail(const Twine &path, std::error_code code) {
  return createStringError(code, path + ": " + code.message());
}

Expected<RecordFile> RecordFile::open(StringRef path) {
  RecordFile file(path);
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && !sys::fs::is_regular_file(status)) // a device may have no end
    return createStringError(path + ": is no regular file");
  // As a stream: another process may append while it is read.
  auto buffer = MemoryBuffer::getFileAsStream(path);
  if (buffer)
    file.parse((*buffer)->getBuffer());
  else if (buffer.getError() != std::errc::no_such_file_or_directory)
    return fail(path, buffer.getError());
  return file;
}

/// Makes the file end where a line ends: what a killed writer has left is ended if it is a whole record, and else cut
/// off.
static std::error_code mendEnd(int descriptor) {
  const off_t size = lseek(descriptor, 0, SEEK_END);
  if (size <= 0)
    return size < 0 ? errnoAsErrorCode() : std::error_code();
  std::string tail; // the last line
  for (off_t at = size; at > 0;) {
    char piece[4096];
    const off_t begin = std::max<off_t>(0, at - static_cast<off_t>(sizeof(piece)));
    const ssize_t got = pread(descriptor, piece, at - begin, begin);
    if (got != at - begin)
      return got < 0 ? errnoAsErrorCode() : std::make_error_code(std::errc::io_error);
    const StringRef text(piece, got);
    const size_t newline = text.rfind('\n');
    tail = text.drop_front(newline == StringRef::npos ? 0 : newline + 1).str() + tail;
    if (newline != StringRef::npos)
      break;
    at = begin;
  }
  if (tail.empty())
    return {};
  if (parseLine(tail))
    return write(descriptor, "\n", 1) == 1 ? std::error_code() : errnoAsErrorCode();
  return ftruncate(descriptor, size - static_cast<off_t>(tail.size())) ? errnoAsErrorCode() : std::error_code();
}

Error RecordFile::append(const Record &record) {
  const StringRef folder = sys::path::parent_path(path);
  if (!folder.empty())
    if (std::error_code code = sys::fs::create_directories(folder))
      return fail(path, code);
  const int descriptor = sys::RetryAfterSignal(-1, ::open, path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return fail(path, errnoAsErrorCode());
  llvm::scope_exit close([&] { ::close(descriptor); }); // and the lock goes
  if (sys::RetryAfterSignal(-1, flock, descriptor, LOCK_EX))
    return fail(path, errnoAsErrorCode());
  if (std::error_code code = mendEnd(descriptor))
    return fail(path, code);
  const std::string line = printLine(record);
  const off_t before = lseek(descriptor, 0, SEEK_END);
  const ssize_t written = sys::RetryAfterSignal(-1, ::write, descriptor, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    const std::error_code code = written < 0 ? errnoAsErrorCode() : std::make_error_code(std::errc::no_space_on_device);
    if (written > 0 && ftruncate(descriptor, before))
      return fail(path, errnoAsErrorCode());
    return fail(path, code);
  }
  records.push_back(record);
  return Error::success();
}

Error RecordFile::write(StringRef path, ArrayRef<Record> records) {
  Error error = writeToOutput(path, [&](raw_ostream &os) -> Error {
    for (const Record &record : records)
      os << printLine(record);
    os.flush();
    auto &file = static_cast<raw_fd_ostream &>(os);
    const std::error_code code = file.error();
    file.clear_error(); // or it ends the process
    return code ? errorCodeToError(code) : Error::success();
  });
  return error ? createStringError(path + ": " + toString(std::move(error))) : Error::success();
}

std::string dlc::tuning::getDatabasePath() {
  SmallString<128> path;
  if (std::optional<std::string> data = sys::Process::GetEnv("XDG_DATA_HOME"); data && sys::path::is_absolute(*data)) {
    path = *data;
  } else {
    std::optional<std::string> home = sys::Process::GetEnv("HOME");
    if (!home || !sys::path::is_absolute(*home))
      return "";
    path = *home;
    sys::path::append(path, ".local", "share");
  }
  sys::path::append(path, "dlc", "tuning.jsonl");
  return std::string(path);
}
