// The safetensors writer: what it writes is read back, and whatever stops it
// leaves the earlier file.
#include "CountingAllocator.h"
#include "Files.h"
#include "dlc/safetensors.h"

#include "gtest/gtest.h"

#include <csignal>
#include <cstring>
#include <memory>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace dlc::test;

namespace {

struct Close {
  void operator()(dlc_safetensors *file) const { dlc_safetensors_close(file); }
};
using FilePointer = std::unique_ptr<dlc_safetensors, Close>;

FilePointer open(const std::string &path) {
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error;
  EXPECT_EQ(dlc_safetensors_open(path.c_str(), nullptr, &file, &error), DLC_OK) << error.message;
  return FilePointer(file);
}

// A tensor of bytes that it owns.
struct Tensor {
  Tensor(std::string name, dlc_safetensors_type type, std::vector<int64_t> shape, std::string data)
      : name(std::move(name)), type(type), shape(std::move(shape)), data(std::move(data)) {}
  std::string name;
  dlc_safetensors_type type;
  std::vector<int64_t> shape;
  std::string data;

  operator dlc_safetensors_tensor() const {
    return {name.c_str(), type, int32_t(shape.size()), shape.data(), data.data(), data.size(), 0, 0};
  }
};

dlc_status write(const std::string &path, const std::vector<Tensor> &tensors,
                 const std::vector<dlc_safetensors_entry> &metadata = {}, dlc_safetensors_error *error = nullptr,
                 const dlc_allocator *allocator = nullptr) {
  std::vector<dlc_safetensors_tensor> list(tensors.begin(), tensors.end());
  return dlc_safetensors_write(path.c_str(), list.data(), list.size(), metadata.data(), metadata.size(), allocator,
                               error);
}

bool exists(const std::string &path) { return access(path.c_str(), F_OK) == 0; }

TEST(SafetensorsWrite, IsReadBack) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < DLC_SAFETENSORS_TYPE_COUNT; ++i) {
    auto type = static_cast<dlc_safetensors_type>(i);
    tensors.emplace_back("type " + std::to_string(i), type, std::vector<int64_t>{2, 1, 4},
                         std::string(size_t(dlc_safetensors_type_bits(type)), char('a' + i)));
  }
  tensors.emplace_back("scalar", DLC_SAFETENSORS_F64, std::vector<int64_t>{}, "01234567");
  tensors.emplace_back("empty", DLC_SAFETENSORS_I16, std::vector<int64_t>{3, 0}, "");
  tensors.emplace_back("q\"\\\n\u00e9\U0001f600/", DLC_SAFETENSORS_BOOL, std::vector<int64_t>{1}, "\1");
  TemporaryFile file;
  dlc_safetensors_error error;
  ASSERT_EQ(write(file.path(), tensors, {{"a", "1\t\"two\""}, {"\u00e9", ""}}, &error), DLC_OK) << error.message;
  EXPECT_FALSE(exists(file.path() + ".tmp"));

  FilePointer read = open(file.path());
  ASSERT_TRUE(read);
  ASSERT_EQ(dlc_safetensors_count(read.get()), tensors.size());
  int32_t bits = 64;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const dlc_safetensors_tensor *stored = dlc_safetensors_at(read.get(), i);
    EXPECT_LE(dlc_safetensors_type_bits(stored->type), bits); // wider elements first
    bits = dlc_safetensors_type_bits(stored->type);
    if (bits % 8 == 0) {
      EXPECT_EQ(stored->data_offset % size_t(bits / 8), 0u) << stored->name;
    }
  }
  for (const Tensor &tensor : tensors) {
    const dlc_safetensors_tensor *stored = dlc_safetensors_find(read.get(), tensor.name.c_str());
    ASSERT_NE(stored, nullptr) << tensor.name;
    EXPECT_EQ(stored->type, tensor.type);
    EXPECT_EQ(std::vector<int64_t>(stored->shape, stored->shape + stored->rank), tensor.shape);
    EXPECT_EQ(std::string(static_cast<const char *>(stored->data), stored->bytes), tensor.data);
  }
  EXPECT_EQ(dlc_safetensors_at(read.get(), 0)->data_offset % 64, 0u);
  ASSERT_EQ(dlc_safetensors_metadata_count(read.get()), 2u);
  const char *key, *value;
  dlc_safetensors_metadata_at(read.get(), 0, &key, &value);
  EXPECT_STREQ(key, "a");
  EXPECT_STREQ(value, "1\t\"two\"");
  dlc_safetensors_metadata_at(read.get(), 1, &key, &value);
  EXPECT_STREQ(key, "\u00e9");
  EXPECT_STREQ(value, "");
}

TEST(SafetensorsWrite, WhatWasReadIsWrittenTheSame) {
  TemporaryFile first, second;
  ASSERT_EQ(write(first.path(), {{"b", DLC_SAFETENSORS_F32, {1}, "0123"}, {"a", DLC_SAFETENSORS_U8, {3}, "xyz"}}),
            DLC_OK);
  FilePointer read = open(first.path());
  ASSERT_TRUE(read);
  ASSERT_EQ(
      dlc_safetensors_write(second.path().c_str(), dlc_safetensors_at(read.get(), 0), 2, nullptr, 0, nullptr, nullptr),
      DLC_OK);
  auto content = [](const std::string &path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  EXPECT_EQ(content(first.path()), content(second.path()));
  EXPECT_EQ(content(first.path()).size() % 64, 7u);
}

TEST(SafetensorsWrite, MayHoldNothing) {
  TemporaryFile file;
  ASSERT_EQ(write(file.path(), {}), DLC_OK);
  EXPECT_EQ(dlc_safetensors_count(open(file.path()).get()), 0u);
  ASSERT_EQ(write(file.path(), {}, {{"k", "v"}}), DLC_OK);
  EXPECT_EQ(dlc_safetensors_metadata_count(open(file.path()).get()), 1u);
}

// test/runtime/safetensors-write.test hands the file to the format's own reader.
TEST(SafetensorsWrite, ForOtherReaders) {
  const char *path = std::getenv("DLC_TEST_SAFETENSORS");
  if (!path)
    GTEST_SKIP() << "DLC_TEST_SAFETENSORS names no file";
  const float values[] = {1.5f, -2, 3, 4, 5, 6};
  std::string data(reinterpret_cast<const char *>(values), sizeof(values));
  ASSERT_EQ(write(path,
                  {{"byte", DLC_SAFETENSORS_U8, {3}, "abc"},
                   {"conv.weight", DLC_SAFETENSORS_F32, {2, 3}, data},
                   {"empty", DLC_SAFETENSORS_F32, {0, 7}, ""},
                   {"steps", DLC_SAFETENSORS_I64, {}, std::string("\x07\0\0\0\0\0\0\0", 8)}},
                  {{"note", "\"quoted\"\n\u00e9"}}),
            DLC_OK);
}

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

TEST(SafetensorsWrite, WrongTensorsAreRefused) {
  const int64_t huge[] = {INT64_MAX, 2}, negative[] = {-1}, four[] = {4}, three[] = {3};
  const struct {
    dlc_safetensors_tensor tensor;
    const char *says;
  } faults[] = {
      {{nullptr, DLC_SAFETENSORS_U8, 1, four, "0123", 4, 0, 0}, "no name"},
      {{"a", static_cast<dlc_safetensors_type>(99), 1, four, "0123", 4, 0, 0}, "no type"},
      {{"a", DLC_SAFETENSORS_U8, -1, four, "0123", 4, 0, 0}, "no shape"},
      {{"a", DLC_SAFETENSORS_U8, 1, nullptr, "0123", 4, 0, 0}, "no shape"},
      {{"a", DLC_SAFETENSORS_U8, 1, negative, "0123", 4, 0, 0}, "enormous"},
      {{"a", DLC_SAFETENSORS_U8, 2, huge, "0123", 4, 0, 0}, "enormous"},
      {{"a", DLC_SAFETENSORS_U16, 1, four, "0123", 4, 0, 0}, "takes 64 bits"},
      {{"a", DLC_SAFETENSORS_F4, 1, three, "01", 1, 0, 0}, "takes 12 bits"},
      {{"a", DLC_SAFETENSORS_U8, 1, four, nullptr, 4, 0, 0}, "no data"},
      {{"two", DLC_SAFETENSORS_U8, 1, four, "0123", 4, 0, 0}, "appears twice"},
      {{"__metadata__", DLC_SAFETENSORS_U8, 1, four, "0123", 4, 0, 0}, "expected"},
      {{"\xff", DLC_SAFETENSORS_U8, 1, four, "0123", 4, 0, 0}, "UTF-8"},
  };
  TemporaryFile file;
  file.write("earlier");
  for (const auto &fault : faults) {
    dlc_safetensors_tensor pair[] = {fault.tensor, {"two", DLC_SAFETENSORS_U8, 1, four, "0123", 4, 0, 0}};
    dlc_safetensors_error error;
    EXPECT_EQ(dlc_safetensors_write(file.path().c_str(), pair, 2, nullptr, 0, nullptr, &error), DLC_ERROR_ARGUMENT);
    EXPECT_NE(std::string(error.message).find(fault.says), std::string::npos) << fault.says << ": " << error.message;
    EXPECT_FALSE(exists(file.path() + ".tmp"));
  }
  EXPECT_EQ(dlc_safetensors_write(nullptr, nullptr, 0, nullptr, 0, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_safetensors_write(file.path().c_str(), nullptr, 1, nullptr, 0, nullptr, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(write(file.path(), {}, {{"k", nullptr}}), DLC_ERROR_ARGUMENT);
  struct stat info;
  ASSERT_EQ(stat(file.path().c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 7); // still "earlier"
}

TEST(SafetensorsWrite, PathsThatCannotBeWrittenAreErrors) {
  dlc_safetensors_error error;
  EXPECT_EQ(write("no/such/folder/file", {}, {}, &error), DLC_ERROR_FILE);
  EXPECT_NE(std::string(error.message).find("No such file"), std::string::npos) << error.message;
  TemporaryFile folder;
  folder.remove();
  ASSERT_EQ(mkdir(folder.path().c_str(), 0700), 0);
  EXPECT_EQ(write(folder.path(), {}, {}, &error), DLC_ERROR_FILE);
  EXPECT_FALSE(exists(folder.path() + ".tmp"));
  rmdir(folder.path().c_str());
  // What is in the way is no file.
  ASSERT_EQ(mkfifo((folder.path() + ".tmp").c_str(), 0600), 0);
  EXPECT_EQ(write(folder.path(), {}, {}, &error), DLC_ERROR_FILE);
  unlink((folder.path() + ".tmp").c_str());
}

TEST(SafetensorsWrite, MemoryThatRunsOutIsAnError) {
  CountingAllocator counting;
  TemporaryFile file;
  file.write("earlier");
  dlc_status status = DLC_ERROR_MEMORY;
  int fail = 0;
  for (; status == DLC_ERROR_MEMORY; ++fail) {
    EXPECT_FALSE(exists(file.path() + ".tmp"));
    counting.restart(fail);
    dlc_safetensors_error error = {0, ""};
    status =
        write(file.path(), {{"a", DLC_SAFETENSORS_U8, {4}, "0123"}}, {{"key", "value"}}, &error, &counting.allocator);
    EXPECT_STREQ(error.message, status ? "out of memory" : "");
    EXPECT_EQ(counting.live, 0);
  }
  EXPECT_EQ(status, DLC_OK);
  EXPECT_GT(fail, 8); // header and name beside the six allocations of the reader
}

//===----------------------------------------------------------------------===//
// What stops a writer
//===----------------------------------------------------------------------===//

// A file of `bytes` equal bytes in two tensors.
dlc_status writeFilled(const std::string &path, char value, size_t bytes, dlc_safetensors_error *error = nullptr) {
  std::string half(bytes / 2, value);
  return write(path,
               {{"a", DLC_SAFETENSORS_U8, {int64_t(half.size())}, half},
                {"b", DLC_SAFETENSORS_U8, {int64_t(half.size())}, half}},
               {{"value", std::string(1, value).c_str()}}, error);
}

// The value that a file is filled with; 0 where it is not whole.
char filledWith(const std::string &path) {
  FilePointer file = open(path);
  if (!file)
    return 0;
  const char *key, *value;
  dlc_safetensors_metadata_at(file.get(), 0, &key, &value);
  size_t bytes;
  const char *data = static_cast<const char *>(dlc_safetensors_data(file.get(), &bytes));
  return std::string(data, bytes) == std::string(bytes, *value) ? *value : 0;
}

TEST(SafetensorsWrite, FullDiskLeavesTheEarlierFile) {
  TemporaryFile file;
  ASSERT_EQ(writeFilled(file.path(), 'a', 1000), DLC_OK);
  // A limit on the size of files, at every kind of place: in the header, between
  // the tensors, at the last byte.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct stat info;
  ASSERT_EQ(stat(file.path().c_str(), &info), 0);
  const rlim_t size = rlim_t(info.st_size) + 99000;
  for (rlim_t limit : {rlim_t(0), rlim_t(1), rlim_t(60), rlim_t(1000), rlim_t(50000), rlim_t(60000), size - 1}) {
    rlimit now = {limit, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    dlc_safetensors_error error = {0, ""};
    dlc_status status = writeFilled(file.path(), 'b', 100000, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(status, DLC_ERROR_FILE) << limit;
    EXPECT_NE(std::string(error.message).find("too large"), std::string::npos) << error.message;
    EXPECT_EQ(filledWith(file.path()), 'a') << limit;
    EXPECT_FALSE(exists(file.path() + ".tmp"));
  }
  std::signal(SIGXFSZ, handler);
  ASSERT_EQ(writeFilled(file.path(), 'b', 100000), DLC_OK);
  EXPECT_EQ(filledWith(file.path()), 'b');
}

TEST(SafetensorsWrite, KilledWriterLeavesAWholeFile) {
  TemporaryFile file;
  ASSERT_EQ(writeFilled(file.path(), 'a', 1 << 20), DLC_OK);
  unsigned random = 1;
  int interrupted = 0;
  for (int i = 0; i < 30; ++i) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (char value = 'b';; value = value == 'z' ? 'b' : char(value + 1))
        if (writeFilled(file.path(), value, 1 << 20) != DLC_OK)
          _exit(1);
    }
    random = random * 1664525 + 1013904223;
    usleep(random >> 16); // up to 65 ms
    kill(child, SIGKILL);
    int status;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_NE(filledWith(file.path()), 0);
    interrupted += exists(file.path() + ".tmp");
  }
  EXPECT_GT(interrupted, 0); // some were in the middle
  ASSERT_EQ(writeFilled(file.path(), 'A', 1000), DLC_OK);
  EXPECT_EQ(filledWith(file.path()), 'A');
  EXPECT_FALSE(exists(file.path() + ".tmp")); // the next one takes it over
}

TEST(SafetensorsWrite, WritersTakeTurns) {
  TemporaryFile file;
  ASSERT_EQ(writeFilled(file.path(), 'a', 1000), DLC_OK);
  std::vector<std::thread> writers;
  std::vector<dlc_status> statuses(4);
  for (size_t i = 0; i < statuses.size(); ++i)
    writers.emplace_back([&, i] {
      for (size_t k = 0; k < 25 && !statuses[i]; ++k)
        statuses[i] = writeFilled(file.path(), char('b' + i), 100000 * (i + 1));
    });
  for (int i = 0; i < 50; ++i)
    EXPECT_NE(filledWith(file.path()), 0);
  for (std::thread &writer : writers)
    writer.join();
  for (dlc_status status : statuses)
    EXPECT_EQ(status, DLC_OK);
  EXPECT_NE(filledWith(file.path()), 0);
}

} // namespace
