// The loader: a thread takes empty batches, fills them in order, and hands them over.
#include "tools/dlc/data/Loader.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"
#include "tools/dlc/data/Random.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Making
//===----------------------------------------------------------------------===//

static Error check(const Dataset &dataset, const LoaderOptions &options) {
  const bool arePictures = dataset.getShape().size() == 3;
  const bool changes = options.augmentation.flip || options.augmentation.shift || options.height || options.width;
  if (!arePictures && (changes || !options.mean.empty()))
    return failure(exitInput, "items of shape " + describeShape(dataset.getShape()) +
                                  " are no pictures: they cannot be flipped, shifted, cut or normalised by channel");
  if (options.type == DLC_TYPE_U8 && dataset.getType() != DLC_TYPE_U8)
    return failure(exitInput, dataset.describe(0) + ": holds floats, but the network's input takes bytes");
  if (options.mean.size() != options.std.size() ||
      (!options.mean.empty() && static_cast<int64_t>(options.mean.size()) != dataset.getShape().front()))
    return failure(exitInput, "mean and std are not one a channel: there are " + Twine(options.mean.size()) + " and " +
                                  Twine(options.std.size()));
  if (arePictures && (options.height > dataset.getShape()[1] || options.width > dataset.getShape()[2]))
    return failure(exitInput, "items of shape " + describeShape(dataset.getShape()) + " cannot be cut to " +
                                  Twine(options.height) + " x " + Twine(options.width));
  if (dataset.getCount() == 0)
    return failure(exitInput, "there are no items");
  return Error::success();
}

Loader::Loader(DatasetPointer from, const LoaderOptions &options) : dataset(std::move(from)), options(options) {
  // Items that are no pictures are one row.
  const ArrayRef<int64_t> shape = dataset->getShape();
  const bool arePictures = shape.size() == 3;
  channels = arePictures ? shape[0] : 1;
  height = arePictures ? shape[1] : 1;
  width = arePictures ? shape[2] : product_of(shape);
  outHeight = options.height ? options.height : height;
  outWidth = options.width ? options.width : width;
  itemBytes = channels * outHeight * outWidth * dlc_type_bytes(options.type);
  raw.resize(dataset->getItemBytes());
  for (int64_t c = 0; c < channels; ++c)
    for (int value = 0; value < 256; ++value) {
      const float share = static_cast<float>(value) / 255;
      table.push_back(options.mean.empty() ? share : (share - options.mean[c]) / options.std[c]);
    }
  batches.resize(std::max(options.buffers, 2));
  for (Batch &batch : batches)
    free.push_back(&batch);
}

Expected<std::unique_ptr<Loader>> Loader::create(DatasetPointer dataset, const LoaderOptions &options, int64_t epoch,
                                                 int64_t index) {
  assert(options.batch > 0 && epoch >= 0 && index >= 0);
  if (Error error = check(*dataset, options))
    return error;
  std::unique_ptr<Loader> loader(new Loader(std::move(dataset), options));
  try {
    loader->thread = std::thread([loader = loader.get(), epoch, index] { loader->produce(epoch, index); });
  } catch (const std::system_error &error) {
    return failure(exitEnvironment, "cannot start the thread that loads data: " + Twine(error.what()));
  }
  return loader;
}

Loader::~Loader() {
  {
    const std::lock_guard<std::mutex> guard(lock);
    stopped = true;
  }
  changed.notify_all();
  if (thread.joinable())
    thread.join();
}

int64_t Loader::getBatchesPerEpoch() const { return divideCeil(dataset->getCount(), options.batch); }

//===----------------------------------------------------------------------===//
// The two sides
//===----------------------------------------------------------------------===//

Expected<const Batch *> Loader::next() {
  std::unique_lock<std::mutex> guard(lock);
  if (inUse) {
    free.push_back(inUse);
    inUse = nullptr;
    changed.notify_all();
  }
  changed.wait(guard, [&] { return !ready.empty() || finished; });
  if (!ready.empty()) {
    inUse = ready.front();
    ready.pop_front();
    return inUse;
  }
  if (faultCode)
    return failure(static_cast<ExitCode>(faultCode), fault);
  return nullptr;
}

void Loader::produce(int64_t epoch, int64_t index) {
  const int64_t perEpoch = getBatchesPerEpoch();
  epoch += index / perEpoch;
  index %= perEpoch;
  for (; !options.epochs || epoch < options.epochs; ++epoch, index = 0) {
    std::vector<int64_t> order;
    if (options.shuffle)
      order = drawPermutation(options.seed, RandomPurpose::Shuffle, epoch, dataset->getCount());
    else
      append_range(order, seq(dataset->getCount()));
    for (; index < perEpoch; ++index) {
      Batch *batch;
      {
        std::unique_lock<std::mutex> guard(lock);
        changed.wait(guard, [&] { return !free.empty() || stopped; });
        if (stopped)
          return;
        batch = free.front();
        free.pop_front();
      }
      batch->epoch = epoch;
      batch->index = index;
      Error error = fill(*batch, ArrayRef(order).slice(index * options.batch).take_front(options.batch));
      const std::lock_guard<std::mutex> guard(lock);
      if (error) {
        handleAllErrors(
            std::move(error),
            [&](const Failure &failure) {
              faultCode = failure.code;
              fault = failure.message;
            },
            [&](const ErrorInfoBase &other) {
              faultCode = exitInternal;
              fault = other.message();
            });
        finished = true;
      } else {
        ready.push_back(batch);
      }
      changed.notify_all();
      if (finished)
        return;
    }
  }
  const std::lock_guard<std::mutex> guard(lock);
  finished = true;
  changed.notify_all();
}

//===----------------------------------------------------------------------===//
// One batch
//===----------------------------------------------------------------------===//

Error Loader::fill(Batch &batch, ArrayRef<int64_t> order) {
  batch.count = static_cast<int64_t>(order.size());
  batch.items.assign(order.begin(), order.end());
  batch.inputs.resize(batch.count * itemBytes);
  batch.labels.clear();
  batch.targets.clear();
  for (auto [place, item] : enumerate(order)) {
    if (Error error = dataset->read(item, raw))
      return error;
    transform(raw.data(), &batch.inputs[place * itemBytes], batch.epoch, item);
    if (dataset->hasTargets())
      append_range(batch.targets, dataset->getTarget(item));
    else
      batch.labels.push_back(dataset->getLabels()[item]);
  }
  return Error::success();
}

/// Writes the part of an item that begins at (top, left), which may lie outside
/// of it. `convert` takes an element's place in the item, or -1 outside, and its channel.
template <typename T, typename Convert>
void Loader::place(const uint8_t *item, T *to, int64_t top, int64_t left, bool flip, Convert convert) const {
  const int64_t elementStride = options.channelsLast ? channels : 1;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t y = 0; y < outHeight; ++y) {
      const int64_t fromY = top + y;
      const bool isInside = fromY >= 0 && fromY < height;
      T *row = options.channelsLast ? to + y * outWidth * channels + c : to + (c * outHeight + y) * outWidth;
      for (int64_t x = 0; x < outWidth; ++x) {
        const int64_t fromX = left + (flip ? outWidth - 1 - x : x);
        const bool isHere = isInside && fromX >= 0 && fromX < width;
        row[x * elementStride] = convert(isHere ? (c * height + fromY) * width + fromX : -1, c);
      }
    }
}

void Loader::transform(const uint8_t *item, uint8_t *to, int64_t epoch, int64_t index) const {
  // 1. Which part of the item it will be.
  const Augmentation &change = options.augmentation;
  const int64_t spareHeight = height - outHeight, spareWidth = width - outWidth;
  int64_t top = spareHeight / 2, left = spareWidth / 2;
  bool flip = false;
  if (change.flip || change.shift || change.crop) {
    const std::array<uint32_t, 4> words = drawWords(options.seed, RandomPurpose::Augment, epoch, index);
    flip = change.flip && (words[0] & 1);
    const bool moves = change.shift || change.crop;
    if (moves) {
      top = below(words[1], static_cast<uint32_t>(spareHeight + 2 * change.shift + 1)) - change.shift;
      left = below(words[2], static_cast<uint32_t>(spareWidth + 2 * change.shift + 1)) - change.shift;
    }
  }

  // 2. Its elements.
  if (options.type == DLC_TYPE_U8) {
    place(item, to, top, left, flip, [&](int64_t from, int64_t) -> uint8_t { return from < 0 ? 0 : item[from]; });
  } else if (dataset->getType() == DLC_TYPE_U8) {
    place(item, reinterpret_cast<float *>(to), top, left, flip,
          [&](int64_t from, int64_t c) { return table[c * 256 + (from < 0 ? 0 : item[from])]; });
  } else {
    const float *values = reinterpret_cast<const float *>(item);
    place(item, reinterpret_cast<float *>(to), top, left, flip, [&](int64_t from, int64_t c) {
      const float value = from < 0 ? 0 : values[from];
      return options.mean.empty() ? value : (value - options.mean[c]) / options.std[c];
    });
  }
}
