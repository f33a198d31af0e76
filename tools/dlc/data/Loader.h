// Batches for training: shuffled, augmented, normalised, made by a thread ahead of their use.
//
// What a batch holds is a function of the dataset, the options, the epoch and the batch's number in it, and of nothing
// else: not of timing, nor of the batches before.
#ifndef DLC_TOOLS_DLC_DATA_LOADER_H
#define DLC_TOOLS_DLC_DATA_LOADER_H

#include "tools/dlc/data/Dataset.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace dlc {

/// Random changes to pictures while training; an item is changed anew in each epoch.
struct Augmentation {
  bool flip = false; // left and right, every other time
  int64_t shift = 0; // up to so many pixels each way; what comes in is black
  bool crop = false; // items that are cut are cut anywhere
};

struct LoaderOptions {
  int64_t batch = 64;
  uint64_t seed = 0;
  bool shuffle = false;
  Augmentation augmentation;
  /// Items are cut to this size, in the middle where no augmentation says otherwise; 0: not at all.
  int64_t height = 0, width = 0;

  /// How the network takes its input. Bytes become floats from 0 to 1; then
  /// (value − mean) / std, a pair a channel, where they are given.
  dlc_type type = DLC_TYPE_F32;
  bool channelsLast = false;
  std::vector<float> mean, std;

  int64_t epochs = 0; // how many to go through, from the first of all; 0: no end
  int buffers = 3;    // batches in being at a time
};

struct Batch {
  int64_t epoch = 0, index = 0; // its place: from 0
  int64_t count = 0;            // items; the last batch of an epoch may have fewer
  std::vector<uint8_t> inputs;  // (count, …) as the network takes them
  std::vector<int64_t> labels;  // (count), or
  std::vector<float> targets;   // (count, …)
  std::vector<int64_t> items;   // (count): which they are in the dataset
};

class Loader {
public:
  /// Starts at the batch `index` of `epoch`, so that a run that is resumed
  /// there sees what it would have seen.
  static llvm::Expected<std::unique_ptr<Loader>> create(DatasetPointer dataset, const LoaderOptions &options,
                                                        int64_t epoch = 0, int64_t index = 0);
  ~Loader();
  Loader(const Loader &) = delete;
  Loader &operator=(const Loader &) = delete;

  int64_t getBatchesPerEpoch() const;
  /// The bytes of one item as the network takes it.
  int64_t getItemBytes() const { return itemBytes; }

  /// The memory of its batches, where items have targets of `targetBytes`.
  static int64_t getBytes(const LoaderOptions &options, int64_t itemBytes, int64_t targetBytes) {
    return std::max(options.buffers, 2) * options.batch * (itemBytes + targetBytes + 2 * int64_t(sizeof(int64_t)));
  }

  /// The next batch, which stays until the next call; null after the last one.
  /// An item that cannot be read is the error of its batch and of all later calls.
  llvm::Expected<const Batch *> next();

private:
  Loader(DatasetPointer dataset, const LoaderOptions &options);

  void produce(int64_t epoch, int64_t index);
  llvm::Error fill(Batch &batch, llvm::ArrayRef<int64_t> order);
  template <typename T, typename Convert>
  void place(const uint8_t *item, T *to, int64_t top, int64_t left, bool flip, Convert convert) const;
  void transform(const uint8_t *item, uint8_t *to, int64_t epoch, int64_t index) const;

  DatasetPointer dataset;
  LoaderOptions options;
  int64_t channels = 1, height = 1, width = 1; // of an item
  int64_t outHeight = 1, outWidth = 1;         // of what the network takes
  int64_t itemBytes = 0;
  std::vector<float> table; // (channels, 256): bytes as the network takes them
  std::vector<uint8_t> raw; // one item as the dataset has it

  std::vector<Batch> batches;
  Batch *inUse = nullptr;
  std::mutex lock; // of what follows
  std::condition_variable changed;
  std::deque<Batch *> free, ready;
  bool stopped = false, finished = false;
  std::string fault; // why there are no more batches
  int faultCode = 0;
  std::thread thread;
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_DATA_LOADER_H
