// Data of every kind: what good files hold, and that bad ones are refused with the file and the record.
#include "tools/dlc/data/Dataset.h"
#include "Folder.h"
#include "tools/dlc/Failure.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

#include <numeric>
#include <set>
#include <sys/stat.h>

using namespace dlc;
using namespace dlc::test;

namespace {

std::string bytes(size_t count, int first = 0) {
  std::string text(count, '\0');
  std::iota(text.begin(), text.end(), char(first));
  return text;
}

DatasetParts open(const std::string &path, const DatasetOptions &options = {}) {
  llvm::Expected<DatasetParts> parts = openDataset(path, options);
  if (parts)
    return std::move(*parts);
  ADD_FAILURE() << message(parts.takeError());
  return {};
}

/// The message of opening what must fail as the input's fault, with "DIR" for the folder.
std::string faultOf(const TemporaryFolder &folder, const DatasetOptions &options = {}, ExitCode code = exitInput) {
  llvm::Expected<DatasetParts> parts = openDataset(folder.path(), options);
  if (parts)
    return "opened";
  std::string text;
  llvm::handleAllErrors(parts.takeError(), [&](const Failure &failure) {
    EXPECT_EQ(failure.code, code) << failure.message;
    text = failure.message;
  });
  for (size_t at; (at = text.find(folder.path())) != std::string::npos;)
    text.replace(at, folder.path().size(), "DIR");
  return text;
}

std::vector<uint8_t> readItem(const Dataset &data, int64_t item) {
  std::vector<uint8_t> bytes(data.getItemBytes());
  if (llvm::Error error = data.read(item, bytes))
    ADD_FAILURE() << message(std::move(error));
  return bytes;
}

std::vector<float> readFloats(const Dataset &data, int64_t item) {
  EXPECT_EQ(data.getType(), DLC_TYPE_F32);
  std::vector<uint8_t> bytes = readItem(data, item);
  const float *values = reinterpret_cast<const float *>(bytes.data());
  return std::vector<float>(values, values + bytes.size() / sizeof(float));
}

std::vector<uint8_t> range(int first, int count) {
  std::vector<uint8_t> values(count);
  std::iota(values.begin(), values.end(), uint8_t(first));
  return values;
}

using Shape = std::vector<int64_t>;
Shape shapeOf(const Dataset &data) { return Shape(data.getShape()); }

//===----------------------------------------------------------------------===//
// Idx
//===----------------------------------------------------------------------===//

TEST(Idx, IsReadPackedAndNot) {
  TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx({3, 2, 4}, bytes(24)));
  folder.write("train-labels-idx1-ubyte.gz", gzip(idx({3}, {4, 0, 1})));
  folder.write("t10k-images.idx4-ubyte.gz", gzip(idx({1, 1, 2, 4}, bytes(8, 100))));
  folder.write("t10k-labels.idx1-ubyte", idx({1}, {6}));
  folder.write(".hidden.npz", "");
  folder.write("notes.txt", "");
  DatasetParts parts = open(folder.path());
  ASSERT_TRUE(parts.training && parts.test);
  EXPECT_FALSE(parts.validation);
  EXPECT_EQ(parts.training->getCount(), 3);
  EXPECT_EQ(shapeOf(*parts.training), (Shape{1, 2, 4}));
  EXPECT_EQ(parts.training->getType(), DLC_TYPE_U8);
  EXPECT_EQ(parts.training->getLabels().vec(), (std::vector<int64_t>{4, 0, 1}));
  EXPECT_EQ(parts.training->getClasses().size(), 7u); // of all parts
  EXPECT_EQ(readItem(*parts.training, 1), range(8, 8));
  EXPECT_EQ(readItem(*parts.test, 0), range(100, 8));
  EXPECT_EQ(parts.training->describe(2), folder.path("train-images-idx3-ubyte") + ": record 2");

  DatasetOptions options;
  options.shape = {1, 2, 4};
  options.classes = 10;
  EXPECT_EQ(open(folder.path(), options).training->getClasses().size(), 10u);
}

TEST(Idx, ItsFaultsNameFileAndRecord) {
  const std::string images = idx({3, 2, 2}, bytes(12)), labels = idx({3}, {4, 0, 1});
  const struct {
    std::string images, labels, says;
  } faults[] = {
      {"", labels, "DIR/train-images-idx3-ubyte: is too short for an idx file"},
      {"P" + images, labels, "DIR/train-images-idx3-ubyte: is no idx file: it does not begin with two zero bytes"},
      {std::string("\0\0\x0d\3", 4) + bytes(100), labels,
       "DIR/train-images-idx3-ubyte: holds elements of idx type 13; bytes, type 8, are read"},
      {labels, labels, "DIR/train-images-idx3-ubyte: holds 1-dimensional data, which are no images"},
      {images.substr(0, 13), labels, "DIR/train-images-idx3-ubyte: ends in the header"},
      {images.substr(0, 16 + 9), labels, "DIR/train-images-idx3-ubyte: ends in record 2 of 3"},
      {idx({30, 2, 2}, bytes(100)), labels, "DIR/train-images-idx3-ubyte: ends in record 25 of 30"},
      {images + "x", labels, "DIR/train-images-idx3-ubyte: goes on behind its last record, 2"},
      {idx({~0u, ~0u, ~0u}, ""), labels,
       "DIR/train-images-idx3-ubyte: promises images of shape [4294967295, 4294967295, 4294967295], which a file of "
       "its size cannot hold: it is cut short or damaged"},
      {idx({1u << 31, 1u << 30, 2}, ""), labels,
       "DIR/train-images-idx3-ubyte: promises images of shape [2147483648, 1073741824, 2], which a file of its size "
       "cannot hold: it is cut short or damaged"},
      {idx({3, 0, 2}, ""), labels, "DIR/train-images-idx3-ubyte: holds images of no size: [3, 0, 2]"},
      {idx({0, 2, 2}, ""), idx({0}, ""), "DIR/train-images-idx3-ubyte: holds no records"},
      {images, idx({2}, {1, 1}),
       "DIR/train-labels-idx1-ubyte: holds 2 labels for the 3 images of train-images-idx3-ubyte"},
      {images, idx({3}, {1, 2, 5}),
       "DIR/train-labels-idx1-ubyte: record 2: label 5 is not one of the 5 classes from 0 to 4"},
      {images, idx({3}, {1, char(255), 5}),
       "DIR/train-labels-idx1-ubyte: record 1: label 255 is not one of the 5 classes from 0 to 4"},
  };
  DatasetOptions options;
  options.classes = 5;
  for (const auto &fault : faults) {
    TemporaryFolder folder;
    folder.write("train-images-idx3-ubyte", fault.images);
    folder.write("train-labels-idx1-ubyte", fault.labels);
    EXPECT_EQ(faultOf(folder, options), fault.says);
  }
}

TEST(Idx, WhatDoesNotFitTheNetworkIsRefused) {
  TemporaryFolder folder;
  folder.write("train-images-idx3-ubyte", idx({3, 2, 2}, bytes(12)));
  EXPECT_EQ(faultOf(folder), "DIR: train-images-idx3-ubyte has no file of labels beside it");
  folder.write("train-labels-idx1-ubyte", idx({3}, {0, 0, 1}));
  DatasetOptions options;
  options.input = "image";
  options.shape = {3, 32, 32};
  EXPECT_EQ(faultOf(folder, options), "DIR/train-images-idx3-ubyte: holds items of shape [1, 2, 2], but the network's "
                                      "input 'image' takes [3, 32, 32]");
  options.shape = {1, 1, 2};
  EXPECT_NE(faultOf(folder, options), "opened");
  options.crops = true;
  EXPECT_EQ(shapeOf(*open(folder.path(), options).training), (Shape{1, 2, 2}));
}

TEST(Idx, EveryCutOfGzipIsNamed) {
  TemporaryFolder folder;
  std::string pixels;
  for (unsigned i = 0, random = 1; i < 100 * 16; ++i)
    pixels += char((random = random * 1664525 + 1013904223) >> 24);
  const std::string packed = gzip(idx({100, 4, 4}, pixels));
  folder.write("train-labels-idx1-ubyte", idx({100}, std::string(100, '\1')));
  std::set<int> records;
  for (size_t size = 0; size < packed.size(); ++size) {
    folder.write("train-images-idx3-ubyte.gz", packed.substr(0, size));
    const std::string fault = faultOf(folder);
    EXPECT_EQ(fault.find("DIR/train-images-idx3-ubyte.gz: "), 0u) << fault;
    int record;
    if (std::sscanf(fault.c_str(), "DIR/train-images-idx3-ubyte.gz: the gzip data are cut short in record %d of 100",
                    &record) == 1)
      records.insert(record);
  }
  EXPECT_GT(records.size(), 50u);
  EXPECT_EQ(*records.rbegin(), 99);
  folder.write("train-images-idx3-ubyte.gz", packed);
  const std::vector<uint8_t> last = readItem(*open(folder.path()).training, 99);
  EXPECT_EQ(std::string(last.begin(), last.end()), pixels.substr(99 * 16));
}

TEST(Idx, EveryDamageOfGzipIsFoundOrHarmless) {
  TemporaryFolder folder;
  const std::string pixels = bytes(160), packed = gzip(idx({10, 4, 4}, pixels));
  folder.write("train-labels-idx1-ubyte", idx({10}, std::string(10, '\1')));
  int found = 0;
  for (size_t at = 0; at < packed.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = packed;
      damaged[at] = char(damaged[at] ^ 1 << bit);
      folder.write("train-images-idx3-ubyte.gz", damaged);
      llvm::Expected<DatasetParts> parts = openDataset(folder.path(), {});
      if (parts) { // a time stamp, say
        EXPECT_EQ(readItem(*parts->training, 9), range(144, 16)) << at;
        continue;
      }
      ++found;
      EXPECT_EQ(message(parts.takeError()).find(folder.path("train-images-idx3-ubyte.gz: ")), 0u);
    }
  EXPECT_GT(found, 8 * int(packed.size() - 12));
}

//===----------------------------------------------------------------------===//
// CIFAR-10
//===----------------------------------------------------------------------===//

std::string record(int label, int pixel) { return char(label) + std::string(3072, char(pixel)); }

TEST(Cifar, IsRead) {
  TemporaryFolder folder;
  folder.write("data_batch_2.bin", record(9, 3));
  folder.write("data_batch_1.bin", record(0, 1) + char(7) + bytes(3072));
  folder.write("test_batch.bin", record(2, 4));
  DatasetParts parts = open(folder.path());
  ASSERT_TRUE(parts.training && parts.test);
  EXPECT_EQ(parts.training->getCount(), 3);
  EXPECT_EQ(shapeOf(*parts.training), (Shape{3, 32, 32}));
  EXPECT_EQ(parts.training->getLabels().vec(), (std::vector<int64_t>{0, 7, 9}));
  EXPECT_EQ(parts.training->getClasses()[7], "horse");
  EXPECT_EQ(readItem(*parts.training, 0), std::vector<uint8_t>(3072, 1));
  const std::string pixels = bytes(3072);
  EXPECT_EQ(readItem(*parts.training, 1), std::vector<uint8_t>(pixels.begin(), pixels.end()));
  EXPECT_EQ(readItem(*parts.training, 2), std::vector<uint8_t>(3072, 3));
  EXPECT_EQ(parts.training->describe(1), folder.path("data_batch_1.bin") + ": record 1");
  EXPECT_EQ(parts.training->describe(2), folder.path("data_batch_2.bin") + ": record 0");
  EXPECT_EQ(parts.test->getCount(), 1);

  folder.write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\r\nj\n\n");
  EXPECT_EQ(open(folder.path()).training->getClasses()[8], "i");
  folder.write("batches.meta.txt", "a\nb\n");
  EXPECT_EQ(faultOf(folder), "DIR/batches.meta.txt: names 2 classes instead of 10");
}

TEST(Cifar, ItsFaultsNameFileAndRecord) {
  TemporaryFolder folder;
  folder.write("data_batch_1.bin", record(0, 1) + record(1, 1));
  folder.write("data_batch_2.bin", record(0, 1) + record(10, 1));
  EXPECT_EQ(faultOf(folder), "DIR/data_batch_2.bin: record 1: label 10 is not one of the 10 classes from 0 to 9");
  folder.write("data_batch_2.bin", record(0, 1) + record(1, 1).substr(1));
  EXPECT_EQ(faultOf(folder), "DIR/data_batch_2.bin: ends in record 1: its 6145 bytes are no whole number of CIFAR-10's "
                             "records of 3073");
  folder.write("data_batch_2.bin", "");
  EXPECT_EQ(faultOf(folder), "DIR/data_batch_2.bin: is empty");
  folder.write("data_batch_2.bin", record(1, 1));
  folder.write("other.bin", record(1, 1));
  EXPECT_EQ(faultOf(folder), "DIR/other.bin: its name does not say whether it is for training ('data_batch', 'train') "
                             "or for testing ('test')");
  folder.clear();
  folder.write("test_batch.bin", record(1, 1));
  EXPECT_EQ(faultOf(folder), "DIR: holds no items to train on");
}

//===----------------------------------------------------------------------===//
// Npz
//===----------------------------------------------------------------------===//

TEST(Npz, KnowsTheUsualNames) {
  const std::string x = npy<uint8_t>("|u1", "(2, 2, 3)", range(0, 12)), y = npy<int64_t>("<i8", "(2,)", {1, 0});
  const std::pair<const char *, const char *> trainings[] = {
      {"x", "y"}, {"images", "labels"}, {"x_train", "y_train"}, {"train_images", "train_labels"}, {"X", "y"}};
  for (auto [items, labels] : trainings) {
    TemporaryFolder folder;
    folder.write("digits.npz", zip({{std::string(items) + ".npy", x},
                                    {std::string(labels) + ".npy", y},
                                    {"x_test.npy", x},
                                    {"y_test.npy", y},
                                    {"val_images.npy", x},
                                    {"val_labels.npy", y}}));
    for (const std::string &path : {folder.path(), folder.path("digits.npz")}) {
      DatasetParts parts = open(path);
      ASSERT_TRUE(parts.training && parts.test) << items;
      EXPECT_EQ(shapeOf(*parts.training), (Shape{1, 2, 3}));
      EXPECT_EQ(parts.training->getType(), DLC_TYPE_U8);
      EXPECT_EQ(readItem(*parts.training, 1), range(6, 6));
      EXPECT_EQ(parts.training->getLabels().vec(), (std::vector<int64_t>{1, 0}));
      EXPECT_EQ(parts.training->getClasses().size(), 2u);
      EXPECT_TRUE(parts.validation);
    }
  }
}

TEST(Npz, BringsItemsToTheNetworksShape) {
  TemporaryFolder folder;
  const std::string y = npy<uint8_t>("|u1", "(1, 1)", {2});
  DatasetOptions options;
  options.shape = {3, 2, 2};
  // Channels last, as bytes and as doubles.
  folder.write("a.npz", zip({{"x.npy", npy<uint8_t>("|u1", "(1, 2, 2, 3)", range(0, 12))}, {"y.npy", y}}));
  EXPECT_EQ(readItem(*open(folder.path(), options).training, 0),
            (std::vector<uint8_t>{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}));
  folder.write("a.npz", zip({{"x.npy", npy<double>("<f8", "(1, 2, 2, 3)", {0, .5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})},
                             {"y.npy", y}}));
  EXPECT_EQ(readFloats(*open(folder.path(), options).training, 0),
            (std::vector<float>{0, 2, 5, 8, .5, 3, 6, 9, 1, 4, 7, 10}));
  // Channels first; flat.
  folder.write("a.npz", zip({{"x.npy", npy<uint8_t>("|u1", "(1, 3, 2, 2)", range(0, 12))}, {"y.npy", y}}));
  EXPECT_EQ(readItem(*open(folder.path(), options).training, 0), range(0, 12));
  folder.write("a.npz", zip({{"x.npy", npy<uint8_t>("|u1", "(1, 12)", range(0, 12))}, {"y.npy", y}}));
  EXPECT_EQ(shapeOf(*open(folder.path(), options).training), (Shape{3, 2, 2}));
  EXPECT_EQ(readItem(*open(folder.path(), options).training, 0), range(0, 12));
  options.shape = {3, 2, 3};
  options.input = "image";
  EXPECT_EQ(faultOf(folder, options),
            "DIR/a.npz: array 'x': holds items of shape [12], but the network's input 'image' takes [3, 2, 3]");
  // Without a network, small last extents are channels.
  folder.write("a.npz", zip({{"x.npy", npy<uint8_t>("|u1", "(1, 5, 1, 3)", range(0, 15))}, {"y.npy", y}}));
  EXPECT_EQ(shapeOf(*open(folder.path()).training), (Shape{3, 5, 1}));
}

TEST(Npz, HoldsTargetsToo) {
  TemporaryFolder folder;
  folder.write("xor.npz", zip({{"x.npy", npy<float>("<f4", "(4, 2)", {0, 0, 0, 1, 1, 0, 1, 1})},
                               {"y.npy", npy<float>("<f4", "(4, 1)", {0, 1, 1, .5})}}));
  DatasetOptions options;
  options.wantsTargets = true;
  DatasetParts parts = open(folder.path(), options);
  ASSERT_TRUE(parts.training);
  EXPECT_TRUE(parts.training->hasTargets());
  EXPECT_EQ(Shape(parts.training->getTargetShape()), (Shape{1}));
  EXPECT_EQ(parts.training->getTarget(3).vec(), (std::vector<float>{.5}));
  EXPECT_EQ(readFloats(*parts.training, 2), (std::vector<float>{1, 0}));
  EXPECT_EQ(faultOf(folder), "DIR/xor.npz: array 'y' holds 0.5 in record 3, which is no class");
}

TEST(Npz, ItsFaultsNameArrayAndRecord) {
  const std::string x = npy<float>("<f4", "(3, 2)", {0, 1, 2, 3, 4, 5}), y = npy<int32_t>("<i4", "(3,)", {0, 1, 2});
  const float infinity = std::numeric_limits<float>::infinity();
  const struct {
    std::string content, says;
  } faults[] = {
      {"", "DIR/a.npz: it is empty"},
      {"PK", "DIR/a.npz: it is no whole zip archive: there is no directory at its end"},
      {zip({{"x.npy", x}, {"y.npy", y}}).substr(0, 200),
       "DIR/a.npz: it is no whole zip archive: there is no directory at its end"},
      {zip({{"z.npy", x}, {"w.npy", y}}),
       "DIR/a.npz: has no arrays named 'x_train' and 'y_train', or 'x' and 'y', or 'images' and 'labels'; it has 'z', "
       "'w'"},
      {zip({{"x.npy", x}}), "DIR/a.npz: there is an array 'x' but none of labels beside it"},
      {zip({{"y_train.npy", y}}), "DIR/a.npz: there is an array 'y_train' but none of items beside it"},
      {zip({{"x.npy", x}, {"y.npy", npy<int32_t>("<i4", "(2,)", {0, 1})}}),
       "DIR/a.npz: array 'y' holds 2 labels for the 3 items of 'x'"},
      {zip({{"x.npy", x}, {"y.npy", npy<int32_t>("<i4", "(3,)", {0, 3, 2})}}),
       "DIR/a.npz: array 'x': record 1: label 3 is not one of the 3 classes from 0 to 2"},
      {zip({{"x.npy", x}, {"y.npy", npy<int32_t>("<i4", "(3,)", {0, 1, -1})}}),
       "DIR/a.npz: array 'x': record 2: label -1 is not one of the 3 classes from 0 to 2"},
      {zip({{"x.npy", x}, {"y.npy", npy<int64_t>("<i8", "(3,)", {0, int64_t(1) << 62, 0})}}),
       "DIR/a.npz: array 'y' holds 4.61169e+18 in record 1, which is no class"},
      {zip({{"x.npy", x}, {"y.npy", npy<int32_t>("<i4", "(3, 2)", {0, 1, 2, 0, 1, 2})}}),
       "DIR/a.npz: array 'y' is of shape [3, 2], but the network's loss takes one class an item"},
      {zip({{"x.npy", npy<float>("<f4", "(3, 2)", {0, 1, 2, infinity, 4, 5})}, {"y.npy", y}}),
       "DIR/a.npz: array 'x': record 1: holds a value that is not finite"},
      {zip({{"x.npy", npy<float>("<f4", "()", {0})}, {"y.npy", y}}),
       "DIR/a.npz: array 'x' is of shape [] and holds no records"},
      {zip({{"x.npy", npy<float>("<f4", "(0, 2)", {})}, {"y.npy", y}}),
       "DIR/a.npz: array 'x' is of shape [0, 2] and holds no records"},
      {zip({{"x.npy", npy<float>("<U1", "(3, 2)", {0, 1, 2, 3, 4, 5})}, {"y.npy", y}}),
       "DIR/a.npz: array 'x' has elements, '<U1', of no type that dlc reads"},
  };
  DatasetOptions options;
  options.classes = 3;
  TemporaryFolder folder;
  for (const auto &fault : faults) {
    folder.write("a.npz", fault.content);
    EXPECT_EQ(faultOf(folder, options), fault.says);
  }
  // Shapes near 2^63, whose product is beyond it.
  for (const char *shape :
       {"(9223372036854775807, 9223372036854775807)", "(4611686018427387904, 2)", "(1099511627776, 1048576)"}) {
    folder.write("a.npz", zip({{"x.npy", npy<float>("<f4", shape, {0})}, {"y.npy", y}}));
    EXPECT_EQ(faultOf(folder).find("DIR/a.npz: member 'x': it has 4 bytes of data"), 0u);
  }
  folder.write("b.npz", "");
  EXPECT_EQ(faultOf(folder), "DIR: holds several .npz files; name one of them");
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

std::vector<uint8_t> solid(int pixels, uint8_t r, uint8_t g, uint8_t b) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < pixels; ++i)
    bytes.insert(bytes.end(), {r, g, b});
  return bytes;
}

TEST(Pictures, AreReadByClass) {
  TemporaryFolder folder;
  folder.write("train/zebra/1.png", png(2, 1, {1, 2, 3, 4, 5, 6}));
  folder.write("train/ant/b.PNG", png(2, 1, solid(2, 7, 8, 9)));
  folder.write("train/ant/a.png", png(2, 1, solid(2, 10, 20, 30)));
  folder.write("train/ant/notes.txt", "left out");
  folder.write("val/zebra/1.png", png(2, 1, solid(2, 1, 1, 1)));
  folder.write("test/ant/1.png", png(2, 1, solid(2, 1, 1, 1)));
  DatasetParts parts = open(folder.path());
  ASSERT_TRUE(parts.training && parts.validation && parts.test);
  EXPECT_EQ(parts.training->getClasses().vec(), (std::vector<std::string>{"ant", "zebra"}));
  EXPECT_EQ(parts.training->getLabels().vec(), (std::vector<int64_t>{0, 0, 1}));
  EXPECT_EQ(parts.validation->getLabels().vec(), (std::vector<int64_t>{1}));
  EXPECT_EQ(shapeOf(*parts.training), (Shape{3, 1, 2}));
  for (int times = 0; times < 2; ++times) { // decoded, and kept
    EXPECT_EQ(readItem(*parts.training, 0), (std::vector<uint8_t>{10, 10, 20, 20, 30, 30}));
    EXPECT_EQ(readItem(*parts.training, 2), (std::vector<uint8_t>{1, 4, 2, 5, 3, 6}));
  }
  EXPECT_EQ(parts.training->describe(0), folder.path("train/ant/a.png"));
  DatasetOptions grey;
  grey.shape = {1, 1, 2};
  EXPECT_EQ(readItem(*open(folder.path(), grey).training, 0), (std::vector<uint8_t>{18, 18}));
}

TEST(Pictures, MayStandInTheFolderItself) {
  TemporaryFolder folder;
  folder.write("cat/1.png", png(1, 1, {1, 2, 3}));
  folder.write("dog/1.png", png(1, 1, {1, 2, 3}));
  DatasetParts parts = open(folder.path());
  EXPECT_EQ(parts.training->getCount(), 2);
  EXPECT_FALSE(parts.test);
}

TEST(Pictures, AreScaledWhereTheNetworkSaysSo) {
  TemporaryFolder folder;
  folder.write("a/1.png", png(8, 16, solid(128, 50, 60, 70)));
  DatasetOptions options;
  options.shape = {3, 4, 4};
  std::vector<uint8_t> item(48);
  llvm::Error error = open(folder.path(), options).training->read(0, item);
  EXPECT_NE(message(std::move(error)).find("a/1.png: has 8 x 16 pixels where the network's input takes 4 x 4"),
            std::string::npos);
  options.scalesPictures = true;
  item = readItem(*open(folder.path(), options).training, 0);
  EXPECT_EQ(item[0], 50);
  EXPECT_EQ(item[47], 70);
  options.crops = true; // what is large enough is left to the loader
  EXPECT_EQ(shapeOf(*open(folder.path(), options).training), (Shape{3, 16, 8}));
}

TEST(Pictures, ACorruptOneInTheMiddleIsNamed) {
  TemporaryFolder folder;
  std::vector<uint8_t> noise;
  for (unsigned i = 0, random = 1; i < 3 * 16 * 16; ++i)
    noise.push_back((random = random * 1664525 + 1013904223) >> 24);
  const std::string good = png(16, 16, noise);
  for (int i = 0; i < 5; ++i)
    folder.write("a/" + std::to_string(i) + ".png", good);
  DatasetParts parts = open(folder.path());
  for (size_t size = 0; size < good.size() - 12; size += 7) { // without IEND, libpng still has all pixels
    folder.write("a/3.png", good.substr(0, size));
    folder.write("a/4.jpg", good.substr(0, size));
    parts = open(folder.path());
    EXPECT_EQ(readItem(*parts.training, 2).size(), 768u);
    for (int item : {3, 5}) {
      std::vector<uint8_t> pixels(parts.training->getItemBytes());
      if (item == 5)
        continue;
      const std::string fault = message(parts.training->read(item, pixels));
      EXPECT_EQ(fault.find(folder.path("a/3.png: ")), 0u) << size << fault;
    }
  }
}

TEST(Pictures, TheirFoldersFaultsAreNamed) {
  TemporaryFolder folder;
  folder.write("a/1.png", png(1, 1, {1, 2, 3}));
  folder.write("b/notes.txt", "");
  EXPECT_EQ(faultOf(folder), "DIR/b: holds no pictures (.png, .jpg, .jpeg)");
  folder.clear();
  folder.write("train/a/1.png", png(1, 1, {1, 2, 3}));
  folder.write("test/c/1.png", png(1, 1, {1, 2, 3}));
  EXPECT_EQ(faultOf(folder), "DIR/test/c: there is no class of this name to train on");
  folder.clear();
  folder.write("train/1.png", png(1, 1, {1, 2, 3}));
  EXPECT_EQ(faultOf(folder), "DIR/train: holds no folder of pictures");
  folder.clear();
  for (const char *name : {"a", "b", "c"})
    folder.write(std::string(name) + "/1.png", png(1, 1, {1, 2, 3}));
  DatasetOptions options;
  options.classes = 2;
  EXPECT_EQ(faultOf(folder, options), "DIR: holds 3 classes, one a folder, but the network tells 2 apart");
  options = {};
  options.shape = {2};
  EXPECT_EQ(faultOf(folder, options), "DIR: holds pictures, but the network's input takes items of shape [2]");
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

TEST(Dataset, FoldersWithoutDataAreNamed) {
  const std::string kinds = "; it may hold idx files (train-images-idx3-ubyte …), CIFAR-10's records (data_batch_1.bin "
                            "…), .npz files, a folder of pictures a class";
  TemporaryFolder folder;
  EXPECT_EQ(faultOf(folder), "DIR: is empty" + kinds);
  mkfifo(folder.path("train-images-idx3-ubyte").c_str(), 0600);
  EXPECT_EQ(faultOf(folder), "DIR: is empty" + kinds);
  folder.clear();
  folder.write("notes.txt", "");
  EXPECT_EQ(faultOf(folder), "DIR: holds no data that dlc reads" + kinds);
  folder.write("a.npz", "");
  folder.write("b.bin", "");
  EXPECT_EQ(faultOf(folder), "DIR: holds both CIFAR-10's records (data_batch_1.bin …) and .npz files");
  llvm::Expected<DatasetParts> parts = openDataset(folder.path("notes.txt"), {});
  EXPECT_EQ(message(parts.takeError()), folder.path("notes.txt") + ": is neither a folder nor an .npz file");
  std::filesystem::remove_all(folder.path());
  EXPECT_EQ(faultOf(folder, {}, exitEnvironment), "DIR: no such file or folder");
}

TEST(Dataset, IsSplitBySeed) {
  TemporaryFolder folder;
  std::string records;
  for (int i = 0; i < 100; ++i)
    records += record(i % 10, i);
  folder.write("data_batch_1.bin", records);
  DatasetPointer whole = open(folder.path()).training;
  auto itemsOf = [&](const Dataset &part) {
    std::vector<int> items;
    for (int64_t i = 0; i < part.getCount(); ++i) {
      items.push_back(readItem(part, i).front());
      EXPECT_EQ(part.getLabels()[i], items.back() % 10);
      EXPECT_EQ(part.describe(i), whole->describe(items.back()));
    }
    return items;
  };
  auto [rest, taken] = splitDataset(whole, 20, 7);
  EXPECT_EQ(rest->getClasses().vec(), whole->getClasses().vec());
  std::vector<int> kept = itemsOf(*rest), drawn = itemsOf(*taken);
  EXPECT_EQ(kept.size(), 80u);
  EXPECT_EQ(drawn.size(), 20u);
  EXPECT_TRUE(llvm::is_sorted(kept) && llvm::is_sorted(drawn));
  std::set<int> all(kept.begin(), kept.end());
  all.insert(drawn.begin(), drawn.end());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(itemsOf(*splitDataset(whole, 20, 7).second), drawn);
  EXPECT_NE(itemsOf(*splitDataset(whole, 20, 8).second), drawn);
  EXPECT_EQ(splitDataset(whole, 1000, 7).first->getCount(), 0);
}

//===----------------------------------------------------------------------===//
// The real ones
//===----------------------------------------------------------------------===//

/// A folder of real data, or "" where there is none.
std::string realData(const std::string &name) {
  const char *root = std::getenv("DLC_TEST_DATA");
  const std::string path = root ? std::string(root) + "/" + name : "";
  return !path.empty() && std::filesystem::is_directory(path) ? path : "";
}

std::vector<int64_t> countLabels(const Dataset &data) {
  std::vector<int64_t> counts(data.getClasses().size());
  for (int64_t label : data.getLabels())
    ++counts[label];
  return counts;
}

// The published counts of each digit, and the mean that everyone normalises by.
TEST(RealData, Mnist) {
  const std::string path = realData("mnist");
  if (path.empty())
    GTEST_SKIP() << "no MNIST";
  DatasetParts parts = open(path);
  ASSERT_TRUE(parts.training && parts.test);
  EXPECT_EQ(countLabels(*parts.training),
            (std::vector<int64_t>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
  EXPECT_EQ(countLabels(*parts.test), (std::vector<int64_t>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  double sum = 0;
  for (int64_t i = 0; i < parts.training->getCount(); ++i)
    for (uint8_t pixel : readItem(*parts.training, i))
      sum += pixel;
  EXPECT_NEAR(sum / 255 / (60000 * 784), 0.1307, 0.00005);
}

TEST(RealData, Cifar) {
  const std::string path = realData("cifar10");
  if (path.empty())
    GTEST_SKIP() << "no CIFAR-10";
  DatasetParts parts = open(path);
  ASSERT_TRUE(parts.training && parts.test);
  EXPECT_EQ(parts.training->getCount(), 4000);
  EXPECT_EQ(parts.test->getCount(), 1000);
  // A frog, two trucks, a deer, a car; a cat and two ships.
  EXPECT_EQ(parts.training->getLabels().take_front(5).vec(), (std::vector<int64_t>{6, 9, 9, 4, 1}));
  EXPECT_EQ(parts.test->getLabels().take_front(3).vec(), (std::vector<int64_t>{3, 8, 8}));
  const std::vector<uint8_t> frog = readItem(*parts.training, 0);
  EXPECT_EQ(std::vector<uint8_t>(frog.begin(), frog.begin() + 3), (std::vector<uint8_t>{59, 43, 50}));
}

} // namespace
