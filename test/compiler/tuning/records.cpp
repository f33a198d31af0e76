// Files of records: what is written is read, what is damaged is passed over, and several may write at once.
#include "compiler/tuning/Records.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dlc::tuning;

namespace {

class Records : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("records", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }
  std::string getPath(llvm::StringRef name = "log") const { return (folder + "/" + name).str(); }
  std::string read(llvm::StringRef name = "log") const {
    auto buffer = llvm::MemoryBuffer::getFile(getPath(name));
    return buffer ? (*buffer)->getBuffer().str() : "missing";
  }
  void write(llvm::StringRef text, llvm::StringRef name = "log") const { std::ofstream(getPath(name)) << text.str(); }
  RecordFile open(llvm::StringRef name = "log") const { return llvm::cantFail(RecordFile::open(getPath(name))); }

  llvm::SmallString<64> folder;
};

const Environment here = {"0.1.0", "avx512", "cpu", 2};

std::string message(llvm::Error error) { return llvm::toString(std::move(error)); }

Record makeRecord(std::string signature, std::string choice, double relative, Environment environment = here) {
  Record record;
  record.signature = std::move(signature);
  record.kernel = "conv3x3 \"64\"\n";
  record.environment = std::move(environment);
  record.choice = std::move(choice);
  record.point = {1, 0, 7};
  record.seconds = 0.1 + 0.2; // no short decimal
  record.incumbentSeconds = 1e-7;
  record.relative = relative;
  return record;
}

std::string print(const Record &record) {
  std::string text;
  llvm::raw_string_ostream(text) << toJSON(record) << "\n";
  return text;
}

TEST_F(Records, AreReadAsTheyWereWritten) {
  RecordFile file = open("new/folder/log");
  EXPECT_TRUE(file.getRecords().empty());
  Record fine = makeRecord("k", "{schedule = #kernel.dense<tileC = 1>}", 0.7), failed = fine;
  failed.status = Status::Crashed;
  failed.message = "signal 11, \xff";
  ASSERT_EQ(message(file.append(fine)), "");
  ASSERT_EQ(message(file.append(failed)), "");
  EXPECT_EQ(file.getRecords().size(), 2u);

  const RecordFile again = open("new/folder/log");
  ASSERT_EQ(again.getRecords().size(), 2u);
  const Record &first = again.getRecords()[0];
  EXPECT_EQ(first.signature, "k");
  EXPECT_EQ(first.kernel, fine.kernel);
  EXPECT_EQ(first.environment.target, "avx512");
  EXPECT_EQ(first.environment.version, "0.1.0");
  EXPECT_EQ(first.environment.device, "cpu");
  EXPECT_EQ(first.environment.threads, 2);
  EXPECT_EQ(first.choice, fine.choice);
  EXPECT_EQ(first.point, fine.point);
  EXPECT_EQ(first.status, Status::Fine);
  EXPECT_EQ(first.seconds, 0.1 + 0.2);
  EXPECT_EQ(first.incumbentSeconds, 1e-7);
  EXPECT_EQ(first.relative, 0.7);
  EXPECT_EQ(again.getRecords()[1].status, Status::Crashed);
  EXPECT_EQ(again.getRecords()[1].message, "signal 11, \xef\xbf\xbd");
  EXPECT_TRUE(again.getDamagedLines().empty());
}

TEST_F(Records, EveryStatusHasAName) {
  for (Status status : {Status::Fine, Status::Failed, Status::Crashed, Status::Hung, Status::Wrong}) {
    Record record = makeRecord("k", "c", 1), back;
    record.status = status;
    llvm::json::Path::Root root;
    ASSERT_TRUE(fromJSON(toJSON(record), back, root));
    EXPECT_EQ(back.status, status);
  }
}

TEST_F(Records, DamagedLinesArePassedOverAndStay) {
  const std::string good = print(makeRecord("k", "c", 0.5));
  const std::string damage[] = {
      "{\"dlc\":\"0.1.0\",",        "[1, 2]", "null", "\xff\xfe", std::string(3, '\0'), good.substr(0, good.size() / 2),
      "{\"dlc\":1,\"signature\":2}"};
  std::string text = good, all;
  for (const std::string &line : damage)
    text += line + "\n" + good;
  write(text);
  RecordFile file = open();
  EXPECT_EQ(file.getRecords().size(), std::size(damage) + 1);
  EXPECT_EQ(file.getDamagedLines().vec(), (std::vector<size_t>{2, 4, 6, 8, 10, 12, 14}));
  ASSERT_EQ(message(file.append(makeRecord("k", "d", 0.4))), "");
  EXPECT_EQ(read(), text + print(makeRecord("k", "d", 0.4)));
}

TEST_F(Records, ValuesThatNoMeasurementHasAreDamage) {
  const Record good = makeRecord("k", "c", 0.5);
  std::vector<std::pair<std::string, llvm::json::Value>> changes = {{"status", "great"},
                                                                    {"status", 3},
                                                                    {"seconds", 0},
                                                                    {"seconds", -1},
                                                                    {"incumbent_seconds", 0},
                                                                    {"relative", 0},
                                                                    {"relative", "1"},
                                                                    {"threads", "2"},
                                                                    {"choice", nullptr},
                                                                    {"message", 1},
                                                                    {"point", llvm::json::Array{-1}},
                                                                    {"point", 1},
                                                                    {"signature", 1}};
  for (auto &[key, value] : changes) {
    llvm::json::Value json = toJSON(good);
    (*json.getAsObject())[key] = value;
    Record record;
    llvm::json::Path::Root root;
    EXPECT_FALSE(fromJSON(json, record, root)) << key;
  }
  for (const char *key : {"dlc", "signature", "kernel", "target", "device", "threads", "choice", "status", "seconds",
                          "incumbent_seconds", "relative"}) {
    llvm::json::Value json = toJSON(good);
    json.getAsObject()->erase(key);
    Record record;
    llvm::json::Path::Root root;
    EXPECT_FALSE(fromJSON(json, record, root)) << key;
  }
}

/// What a writer leaves that is killed at any byte: the next one's record stands whole on a line of its own.
TEST_F(Records, AnyTornEndIsMended) {
  const std::string whole = print(makeRecord("k", "c", 0.5)), torn = print(makeRecord("k", "torn", 0.25));
  for (size_t length = 0; length <= torn.size(); ++length) {
    write(whole + torn.substr(0, length));
    RecordFile file = open();
    EXPECT_TRUE(file.getDamagedLines().empty());
    ASSERT_EQ(message(file.append(makeRecord("k", "next", 0.75))), "");
    const bool isThere = length + 1 >= torn.size(); // all but the end of the line
    EXPECT_EQ(read(), whole + (isThere ? torn : "") + print(makeRecord("k", "next", 0.75))) << length;
    EXPECT_EQ(open().getRecords().size(), isThere ? 3u : 2u);
  }
}

TEST_F(Records, ALongTornEndIsMended) {
  const std::string whole = print(makeRecord("k", "c", 0.5));
  write(whole + std::string(20000, 'x'));
  RecordFile file = open();
  ASSERT_EQ(message(file.append(makeRecord("k", "c", 0.5))), "");
  EXPECT_EQ(read(), whole + whole);
  write(std::string(20000, 'x'));
  ASSERT_EQ(message(file.append(makeRecord("k", "c", 0.5))), "");
  EXPECT_EQ(read(), whole);
}

TEST_F(Records, SeveralProcessesAppendAtOnce) {
  constexpr int writers = 6, each = 200;
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    const pid_t child = fork();
    if (!child) {
      auto file = RecordFile::open(getPath());
      bool isFine = bool(file);
      for (int i = 0; i < each && isFine; ++i) {
        Record record = makeRecord("k" + std::to_string(writer), std::string(i * 37 % 3000, 'c'), 1 + i);
        llvm::Error error = file->append(record);
        isFine = !error;
        llvm::consumeError(std::move(error));
      }
      _exit(!isFine);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const RecordFile file = open();
  EXPECT_EQ(file.getRecords().size(), size_t(writers * each));
  EXPECT_TRUE(file.getDamagedLines().empty());
  int next[writers] = {};
  for (const Record &record : file.getRecords()) {
    const int writer = record.signature[1] - '0';
    EXPECT_EQ(record.choice.size(), size_t(next[writer] * 37 % 3000)); // in each writer's order
    ++next[writer];
  }
}

TEST_F(Records, TheBestIsOfThisEnvironment) {
  Environment otherTarget = here, otherVersion = here, otherDevice = here, otherThreads = here;
  otherTarget.target = "avx2";
  otherVersion.version = "0.0.9";
  otherDevice.device = "opencl";
  otherThreads.threads = 1;
  std::vector<Record> records = {makeRecord("k", "a", 1),
                                 makeRecord("k", "b", 0.8),
                                 makeRecord("k", "c", 0.9),
                                 makeRecord("j", "d", 0.1),
                                 makeRecord("k", "e", 0.1, otherTarget),
                                 makeRecord("k", "f", 0.1, otherVersion),
                                 makeRecord("k", "g", 0.1, otherDevice),
                                 makeRecord("k", "h", 0.7, otherThreads)};
  records.push_back(makeRecord("k", "i", 0.1));
  records.back().status = Status::Wrong;
  EXPECT_EQ(findBest(records, "k", here)->choice, "b");
  EXPECT_EQ(findBest(records, "j", here)->choice, "d");
  EXPECT_EQ(findBest(records, "l", here), nullptr);
  EXPECT_EQ(findBest(records, "k", otherTarget)->choice, "e");
  EXPECT_EQ(findBest(records, "k", otherVersion)->choice, "f");
  EXPECT_EQ(findBest(records, "k", otherDevice)->choice, "g");
  EXPECT_EQ(findBest(records, "k", otherThreads)->choice, "h");
  Environment anyThreads = here;
  anyThreads.threads = 0;
  EXPECT_EQ(findBest(records, "k", anyThreads)->choice, "b");
}

TEST_F(Records, AreWrittenWhole) {
  write("before");
  const Record records[] = {makeRecord("k", "c", 0.5), makeRecord("j", "d", 0.25)};
  ASSERT_EQ(message(RecordFile::write(getPath(), records)), "");
  EXPECT_EQ(read(), print(makeRecord("k", "c", 0.5)) + print(makeRecord("j", "d", 0.25)));
}

TEST_F(Records, WhatCannotBeReadOrWrittenIsSaid) {
  EXPECT_EQ(message(RecordFile::open(folder).takeError()), (folder + ": is no regular file").str());
  EXPECT_EQ(message(RecordFile::open("/dev/zero").takeError()), "/dev/zero: is no regular file");
  write("file");
  RecordFile file = open("missing");
  EXPECT_TRUE(file.getRecords().empty());
  RecordFile below = llvm::cantFail(RecordFile::open(getPath("missing/x")));
  write("file", "missing");
  EXPECT_NE(message(below.append(makeRecord("k", "c", 1))), "");
  EXPECT_TRUE(below.getRecords().empty());
  EXPECT_NE(message(RecordFile::write(getPath("log/x"), {})), "");
}

/// A disk that is full in the middle of a line: what was there before is still all there is.
TEST_F(Records, AFullDiskLeavesNoHalfLine) {
  RecordFile file = open();
  ASSERT_EQ(message(file.append(makeRecord("k", "c", 0.5))), "");
  const std::string before = read();
  const pid_t child = fork();
  if (!child) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {before.size() + 20, before.size() + 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool fails = !message(file.append(makeRecord("k", "d", 0.25))).empty();
    _exit(fails && file.getRecords().size() == 1 ? 0 : 1);
  }
  int status;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read(), before);
}

TEST_F(Records, TheDatabaseIsInTheDataFolder) {
  setenv("HOME", "/h", 1);
  setenv("XDG_DATA_HOME", "/d", 1);
  EXPECT_EQ(getDatabasePath(), "/d/dlc/tuning.jsonl");
  setenv("XDG_DATA_HOME", "relative", 1);
  EXPECT_EQ(getDatabasePath(), "/h/.local/share/dlc/tuning.jsonl");
  unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(getDatabasePath(), "/h/.local/share/dlc/tuning.jsonl");
  unsetenv("HOME");
  EXPECT_EQ(getDatabasePath(), "");
}

} // namespace
