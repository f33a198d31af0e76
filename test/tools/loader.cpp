// Batches: what they hold is a function of seed, epoch and place alone, and faults of items reach the caller.
#include "tools/dlc/data/Loader.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Random.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

#include <chrono>
#include <map>
#include <set>

using namespace dlc;

namespace {

/// Items whose elements are all different; reading may take its time or fail.
class FakeDataset : public Dataset {
public:
  FakeDataset(int64_t items, llvm::ArrayRef<int64_t> itemShape, dlc_type elementType = DLC_TYPE_U8) {
    count = items;
    shape.assign(itemShape.begin(), itemShape.end());
    type = elementType;
    classes = {"even", "odd"};
    for (int64_t i = 0; i < items; ++i)
      labels.push_back(i % 2);
  }
  llvm::Error read(int64_t item, llvm::MutableArrayRef<uint8_t> bytes) const override {
    if (item == broken)
      return failure(exitInput, describe(item) + ": is broken");
    if (slow)
      std::this_thread::sleep_for(std::chrono::microseconds(item * 7919 % 300));
    for (size_t i = 0; i < bytes.size() / dlc_type_bytes(type); ++i) {
      const uint8_t value = static_cast<uint8_t>(item * 37 + i + 1);
      if (type == DLC_TYPE_U8)
        bytes[i] = value;
      else
        reinterpret_cast<float *>(bytes.data())[i] = value;
    }
    return llvm::Error::success();
  }
  std::string describe(int64_t item) const override { return "record " + std::to_string(item); }
  /// Labels become numbers.
  void makeTargets() {
    classes.clear();
    targetShape = {2};
    for (int64_t i = 0; i < 2 * count; ++i)
      targets.push_back(static_cast<float>(i));
  }

  int64_t broken = -1;
  bool slow = false;
};

std::unique_ptr<Loader> load(DatasetPointer data, const LoaderOptions &options, int64_t epoch = 0, int64_t index = 0) {
  llvm::Expected<std::unique_ptr<Loader>> loader = Loader::create(std::move(data), options, epoch, index);
  if (loader)
    return std::move(*loader);
  ADD_FAILURE() << llvm::toString(loader.takeError());
  std::abort();
}

/// Copies the next batches, up to `most`.
std::vector<Batch> take(Loader &loader, size_t most) {
  std::vector<Batch> batches;
  while (batches.size() < most) {
    llvm::Expected<const Batch *> batch = loader.next();
    if (!batch) {
      ADD_FAILURE() << llvm::toString(batch.takeError());
      break;
    }
    if (!*batch)
      break;
    batches.push_back(**batch);
  }
  return batches;
}

void expectSame(const Batch &a, const Batch &b) {
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.items, b.items);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.inputs, b.inputs);
}

const float *floats(const Batch &batch) { return reinterpret_cast<const float *>(batch.inputs.data()); }

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

// The known answers that come with the generator's reference code.
TEST(Random, IsPhilox) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, PermutationsAreUniform) {
  std::map<std::vector<int64_t>, int> counts;
  const int draws = 6000;
  for (int epoch = 0; epoch < draws; ++epoch)
    ++counts[drawPermutation(5, RandomPurpose::Shuffle, epoch, 3)];
  EXPECT_EQ(counts.size(), 6u);
  // Each count is binomial with standard deviation 29: five of them.
  for (const auto &[permutation, count] : counts)
    EXPECT_NEAR(count, draws / 6, 145);
  EXPECT_NE(drawPermutation(1, RandomPurpose::Shuffle, 0, 50), drawPermutation(2, RandomPurpose::Shuffle, 0, 50));
  EXPECT_NE(drawPermutation(1, RandomPurpose::Shuffle, 0, 50), drawPermutation(1, RandomPurpose::Split, 0, 50));
  EXPECT_NE(drawPermutation(uint64_t(1) << 40, RandomPurpose::Shuffle, 0, 50),
            drawPermutation(0, RandomPurpose::Shuffle, 0, 50));
  EXPECT_TRUE(drawPermutation(1, RandomPurpose::Shuffle, 0, 0).empty());
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

TEST(Loader, GoesThroughAllItemsOnceAnEpoch) {
  auto data = std::make_shared<FakeDataset>(10, llvm::ArrayRef<int64_t>{1, 2, 2});
  LoaderOptions options;
  options.batch = 4;
  options.shuffle = true;
  options.epochs = 3;
  auto loader = load(data, options);
  EXPECT_EQ(loader->getBatchesPerEpoch(), 3);
  std::vector<Batch> batches = take(*loader, 100);
  ASSERT_EQ(batches.size(), 9u);
  EXPECT_EQ(take(*loader, 1).size(), 0u); // it stays at the end
  std::set<std::vector<int64_t>> orders;
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> order;
    for (int64_t index = 0; index < 3; ++index) {
      const Batch &batch = batches[epoch * 3 + index];
      EXPECT_EQ(batch.epoch, epoch);
      EXPECT_EQ(batch.index, index);
      EXPECT_EQ(batch.count, index < 2 ? 4 : 2);
      EXPECT_EQ(int64_t(batch.items.size()), batch.count);
      EXPECT_EQ(batch.inputs.size(), batch.count * 4 * sizeof(float));
      for (auto [item, label] : llvm::zip_equal(batch.items, batch.labels))
        EXPECT_EQ(label, item % 2);
      llvm::append_range(order, batch.items);
    }
    orders.insert(order);
    llvm::sort(order);
    EXPECT_EQ(order, (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  }
  EXPECT_EQ(orders.size(), 3u);

  options.shuffle = false;
  EXPECT_EQ(take(*load(data, options), 1).front().items, (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(Loader, IsTheSameWhereverItStartsAndHoweverFastItIs) {
  auto data = std::make_shared<FakeDataset>(23, llvm::ArrayRef<int64_t>{3, 5, 4});
  LoaderOptions options;
  options.batch = 5;
  options.seed = 99;
  options.shuffle = true;
  options.augmentation = {true, 2, false};
  const std::vector<Batch> whole = take(*load(data, options), 20);
  ASSERT_EQ(whole.size(), 20u);
  auto slow = std::make_shared<FakeDataset>(*data);
  slow->slow = true;
  for (size_t start = 0; start < whole.size(); ++start) {
    options.buffers = 2 + start % 3;
    // A place beyond the end of its epoch is one in a later epoch.
    const bool carries = start % 2;
    auto loader = load(start % 4 ? data : slow, options, carries ? 0 : start / 5, carries ? start : start % 5);
    for (size_t i = start; i < whole.size(); ++i) {
      if (i % 3 == 0)
        std::this_thread::sleep_for(std::chrono::microseconds(i * 104729 % 500));
      std::vector<Batch> batch = take(*loader, 1);
      ASSERT_EQ(batch.size(), 1u);
      expectSame(batch.front(), whole[i]);
    }
  }
  options.seed = 100;
  EXPECT_NE(take(*load(data, options), 1).front().items, whole.front().items);
}

TEST(Loader, MayBeLeftAtAnyTime) {
  auto data = std::make_shared<FakeDataset>(1000, llvm::ArrayRef<int64_t>{1, 8, 8});
  LoaderOptions options;
  options.batch = 10;
  for (size_t taken = 0; taken < 20; ++taken)
    take(*load(data, options), taken);
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

TEST(Loader, NormalisesLikePyTorch) {
  auto data = std::make_shared<FakeDataset>(3, llvm::ArrayRef<int64_t>{3, 2, 2});
  LoaderOptions options;
  options.mean = {0.485f, 0.456f, 0.406f};
  options.std = {0.229f, 0.224f, 0.225f};
  for (bool channelsLast : {false, true}) {
    options.channelsLast = channelsLast;
    const Batch batch = take(*load(data, options), 1).front();
    ASSERT_EQ(batch.count, 3);
    for (int n = 0; n < 3; ++n)
      for (int c = 0; c < 3; ++c)
        for (int pixel = 0; pixel < 4; ++pixel) {
          const float byte = static_cast<uint8_t>(n * 37 + c * 4 + pixel + 1);
          const float want = (byte / 255 - options.mean[c]) / options.std[c];
          EXPECT_EQ(floats(batch)[n * 12 + (channelsLast ? pixel * 3 + c : c * 4 + pixel)], want);
        }
  }
}

TEST(Loader, PassesBytesAndFloatsOn) {
  LoaderOptions options;
  options.type = DLC_TYPE_U8;
  auto bytes = std::make_shared<FakeDataset>(2, llvm::ArrayRef<int64_t>{2, 1, 2});
  EXPECT_EQ(take(*load(bytes, options), 1).front().inputs, (std::vector<uint8_t>{1, 2, 3, 4, 38, 39, 40, 41}));
  options.channelsLast = true;
  EXPECT_EQ(take(*load(bytes, options), 1).front().inputs, (std::vector<uint8_t>{1, 3, 2, 4, 38, 40, 39, 41}));

  options = {};
  auto numbers = std::make_shared<FakeDataset>(2, llvm::ArrayRef<int64_t>{3}, DLC_TYPE_F32);
  numbers->makeTargets();
  Batch batch = take(*load(numbers, options), 1).front();
  EXPECT_EQ(std::vector<float>(floats(batch), floats(batch) + 6), (std::vector<float>{1, 2, 3, 38, 39, 40}));
  EXPECT_EQ(batch.targets, (std::vector<float>{0, 1, 2, 3}));
  EXPECT_TRUE(batch.labels.empty());
  auto pictures = std::make_shared<FakeDataset>(1, llvm::ArrayRef<int64_t>{1, 1, 2}, DLC_TYPE_F32);
  options.mean = {1};
  options.std = {2};
  batch = take(*load(pictures, options), 1).front();
  EXPECT_EQ(std::vector<float>(floats(batch), floats(batch) + 2), (std::vector<float>{0, .5}));
}

//===----------------------------------------------------------------------===//
// Augmentation
//===----------------------------------------------------------------------===//

TEST(Loader, FlipsAndShifts) {
  const int64_t height = 4, width = 5, shift = 1, draws = 1800;
  auto data = std::make_shared<FakeDataset>(1, llvm::ArrayRef<int64_t>{2, height, width});
  LoaderOptions options;
  options.type = DLC_TYPE_U8;
  options.augmentation = {true, shift, false};
  // What each change makes of the item, by the definition.
  std::map<std::vector<uint8_t>, std::array<int64_t, 3>> changes;
  for (int64_t flip = 0; flip < 2; ++flip)
    for (int64_t dy = -shift; dy <= shift; ++dy)
      for (int64_t dx = -shift; dx <= shift; ++dx) {
        std::vector<uint8_t> item;
        for (int64_t c = 0; c < 2; ++c)
          for (int64_t y = 0; y < height; ++y)
            for (int64_t x = 0; x < width; ++x) {
              const int64_t fromY = y + dy, fromX = (flip ? width - 1 - x : x) + dx;
              const bool inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
              item.push_back(inside ? static_cast<uint8_t>((c * height + fromY) * width + fromX + 1) : 0);
            }
        changes[item] = {flip, dy, dx};
      }
  ASSERT_EQ(changes.size(), 18u);
  std::map<std::vector<uint8_t>, int> seen;
  for (const Batch &batch : take(*load(data, options), draws))
    ++seen[batch.inputs];
  EXPECT_EQ(seen.size(), 18u);
  // Each is binomial with mean 100 and standard deviation 9.7: five of them.
  for (const auto &[item, count] : seen) {
    EXPECT_EQ(changes.count(item), 1u);
    EXPECT_NEAR(count, draws / 18, 49);
  }
  // What comes in is black before it is normalised.
  options = {};
  options.augmentation = {false, 9, false};
  options.mean = {.5f, .5f};
  options.std = {.25f, .25f};
  std::set<float> values;
  for (const Batch &batch : take(*load(data, options), 50))
    values.insert(floats(batch), floats(batch) + 40);
  EXPECT_EQ(*values.begin(), -2);
}

TEST(Loader, Cuts) {
  auto data = std::make_shared<FakeDataset>(1, llvm::ArrayRef<int64_t>{1, 4, 5});
  LoaderOptions options;
  options.type = DLC_TYPE_U8;
  options.height = 2;
  options.width = 3;
  EXPECT_EQ(take(*load(data, options), 1).front().inputs, (std::vector<uint8_t>{7, 8, 9, 12, 13, 14}));
  options.augmentation.crop = true;
  std::set<uint8_t> corners;
  for (const Batch &batch : take(*load(data, options), 300)) {
    const uint8_t corner = batch.inputs.front();
    corners.insert(corner);
    EXPECT_EQ(batch.inputs, (std::vector<uint8_t>{corner, uint8_t(corner + 1), uint8_t(corner + 2), uint8_t(corner + 5),
                                                  uint8_t(corner + 6), uint8_t(corner + 7)}));
  }
  EXPECT_EQ(corners, (std::set<uint8_t>{1, 2, 3, 6, 7, 8, 11, 12, 13}));
}

//===----------------------------------------------------------------------===//
// Faults
//===----------------------------------------------------------------------===//

TEST(Loader, AFaultComesAtItsBatch) {
  auto data = std::make_shared<FakeDataset>(100, llvm::ArrayRef<int64_t>{1, 2, 2});
  data->broken = 57;
  LoaderOptions options;
  options.batch = 10;
  auto loader = load(data, options);
  EXPECT_EQ(take(*loader, 5).size(), 5u);
  for (int times = 0; times < 2; ++times) {
    llvm::Expected<const Batch *> batch = loader->next();
    ASSERT_FALSE(batch);
    llvm::handleAllErrors(batch.takeError(), [](const Failure &failure) {
      EXPECT_EQ(failure.code, exitInput);
      EXPECT_EQ(failure.message, "record 57: is broken");
    });
  }
}

TEST(Loader, WhatDoesNotFitIsRefused) {
  auto faultOf = [](DatasetPointer data, const LoaderOptions &options) {
    llvm::Expected<std::unique_ptr<Loader>> loader = Loader::create(std::move(data), options);
    return loader ? "created" : llvm::toString(loader.takeError());
  };
  auto pictures = std::make_shared<FakeDataset>(4, llvm::ArrayRef<int64_t>{3, 4, 4});
  auto rows = std::make_shared<FakeDataset>(4, llvm::ArrayRef<int64_t>{7}, DLC_TYPE_F32);
  LoaderOptions options;
  EXPECT_EQ(faultOf(rows, options), "created");
  options.augmentation.flip = true;
  EXPECT_NE(faultOf(rows, options).find("items of shape [7] are no pictures"), std::string::npos);
  options = {};
  options.type = DLC_TYPE_U8;
  EXPECT_EQ(faultOf(rows, options), "record 0: holds floats, but the network's input takes bytes");
  options = {};
  options.mean = options.std = {1};
  EXPECT_EQ(faultOf(pictures, options), "mean and std are not one a channel: there are 1 and 1");
  options = {};
  options.height = options.width = 5;
  EXPECT_EQ(faultOf(pictures, options), "items of shape [3, 4, 4] cannot be cut to 5 x 5");
  EXPECT_EQ(faultOf(std::make_shared<FakeDataset>(0, llvm::ArrayRef<int64_t>{3, 4, 4}), {}), "there are no items");
}

} // namespace
