// What has been measured: records of candidates, one line of JSON each, in files that several runs may append to.
//
//   Expected<RecordFile> log = RecordFile::open("net.tune.log");
//   if (const Record *best = RecordSet(log->getRecords()).findBest(key)) ...
//   if (Error error = log->append(record)) ...
#ifndef DLC_COMPILER_TUNING_RECORDS_H
#define DLC_COMPILER_TUNING_RECORDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dlc::tuning {

/// How a candidate ended.
enum class Status {
  Fine,
  Failed,  // did not compile
  Crashed, // ended by a signal
  Hung,    // took longer than its limit
  Wrong,   // computed something else than the default
};
llvm::StringRef getStatusName(Status status);

/// Where a kernel runs: what must agree for a measurement to say anything.
struct Environment {
  std::string version;        // of dlc
  std::string target;         // the module's `kernel.target` as text
  std::string device = "cpu"; // or the device's kind
  int64_t threads = 0;        // 0: any number (for lookups)

  /// Whether a measurement there is one here; threads count where both name some.
  bool accepts(const Environment &other) const;
};

struct Record {
  std::string signature; // of the kernel: equal for equal kernels in whatever network
  std::string kernel;    // what a reader calls it
  Environment environment;
  std::string choice;          // what was done to the kernel, as IR
  std::vector<unsigned> point; // the same in the search space; may be empty
  Status status = Status::Fine;
  double seconds = 0;          // of the kernel, this candidate
  double incumbentSeconds = 0; // of the best one before, in alternation
  /// The time as a share of the default choice's: seconds / incumbentSeconds, times the incumbent's own share.
  double relative = 1;
  std::string message; // what went wrong
};

llvm::json::Value toJSON(const Record &record);
bool fromJSON(const llvm::json::Value &value, Record &record, llvm::json::Path path);

/// The record of the least `relative` among those of `signature` that are fine
/// and measured where `environment` accepts it; null where there is none. Of several
/// numbers of threads that `environment` leaves open, the greatest.
const Record *findBest(llvm::ArrayRef<Record> records, llvm::StringRef signature, const Environment &environment);

/// A file of records. Other tools may have written lines of other forms into it: they stay.
class RecordFile {
public:
  /// Reads the records of `path`; a file that is not there has none. Fails where it cannot be read.
  static llvm::Expected<RecordFile> open(llvm::StringRef path);

  llvm::StringRef getPath() const { return path; }
  llvm::ArrayRef<Record> getRecords() const { return records; }
  /// The lines that are no records, from 1. A last line without an end, which a
  /// writer that was killed has left, does not count.
  llvm::ArrayRef<size_t> getDamagedLines() const { return damagedLines; }

  /// Adds a record to the file, whole, whoever else writes to it, and makes the
  /// folder and the file where they are missing.
  llvm::Error append(const Record &record);

  /// Writes a file of just these records, whole or not at all.
  static llvm::Error write(llvm::StringRef path, llvm::ArrayRef<Record> records);

private:
  explicit RecordFile(llvm::StringRef path) : path(path.str()) {}
  void parse(llvm::StringRef text);

  std::string path;
  std::vector<Record> records;
  std::vector<size_t> damagedLines;
};

/// The file that all networks of this user share: $XDG_DATA_HOME/dlc/tuning.jsonl,
/// else $HOME/.local/share/dlc/tuning.jsonl; "" where there is neither.
std::string getDatabasePath();

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_RECORDS_H
