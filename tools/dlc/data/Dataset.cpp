// Finds out what kind of data a folder holds; what all kinds share.
#include "tools/dlc/data/Dataset.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"
#include "tools/dlc/data/Random.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace dlc;

int64_t Dataset::getItemBytes() const { return product_of(shape) * dlc_type_bytes(type); }

ArrayRef<float> Dataset::getTarget(int64_t item) const {
  const size_t size = product_of(targetShape);
  return ArrayRef(targets).slice(item * size, size);
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

static constexpr const DatasetFormat *formats[] = {&idxFormat, &cifarFormat, &npzFormat, &picturesFormat};

Expected<FolderContent> dlc::listFolder(StringRef path) {
  FolderContent content;
  std::error_code error;
  for (sys::fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (sys::path::filename(entry->path()).starts_with("."))
      continue;
    if (sys::fs::is_directory(entry->path()))
      content.folders.push_back(entry->path());
    else if (sys::fs::is_regular_file(entry->path())) // a pipe would be waited for
      content.files.push_back(entry->path());
  }
  if (error)
    return failure(exitEnvironment, path + ": " + error.message());
  sort(content.files);
  sort(content.folders);
  return content;
}

Expected<DatasetParts> dlc::openDataset(StringRef path, const DatasetOptions &options) {
  if (!sys::fs::exists(path))
    return failure(exitEnvironment, path + ": no such file or folder");
  if (!sys::fs::is_directory(path)) {
    const FolderContent alone = {{path.str()}, {}};
    if (!npzFormat.isHere(alone))
      return failure(exitInput, path + ": is neither a folder nor an .npz file");
    return npzFormat.open(path, alone, options);
  }
  Expected<FolderContent> content = listFolder(path);
  if (!content)
    return content.takeError();
  const DatasetFormat *found = nullptr;
  for (const DatasetFormat *format : formats) {
    if (!format->isHere(*content))
      continue;
    // Sub-folders may be anything where there are other data.
    if (found && format != &picturesFormat)
      return failure(exitInput, path + ": holds both " + found->name + " and " + format->name);
    found = found ? found : format;
  }
  if (!found) {
    const bool isEmpty = content->files.empty() && content->folders.empty();
    return failure(exitInput, path + (isEmpty ? ": is empty" : ": holds no data that dlc reads") + "; it may hold " +
                                  join(map_range(formats, [](auto *format) { return format->name; }), ", "));
  }
  Expected<DatasetParts> parts = found->open(path, *content, options);
  if (parts && !parts->training)
    return failure(exitInput, path + ": holds no items to train on");
  return parts;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

Bytes dlc::allocateBytes(uint64_t count) {
  if (count > static_cast<uint64_t>(PTRDIFF_MAX))
    return nullptr;
  return Bytes(new (std::nothrow) uint8_t[count]);
}

Error dlc::outOfMemory(StringRef path, uint64_t bytes) {
  return failure(exitEnvironment, path + ": there is no memory for " + Twine(bytes) + " bytes");
}

std::string dlc::describeShape(ArrayRef<int64_t> shape) {
  return "[" + join(map_range(shape, [](int64_t extent) { return std::to_string(extent); }), ", ") + "]";
}

Error dlc::checkShape(StringRef path, ArrayRef<int64_t> shape, const DatasetOptions &options) {
  ArrayRef<int64_t> wanted = options.shape;
  if (wanted.empty() || shape == wanted)
    return Error::success();
  if (options.crops && shape.size() == 3 && wanted.size() == 3 && shape[0] == wanted[0] && shape[1] >= wanted[1] &&
      shape[2] >= wanted[2])
    return Error::success();
  return failure(exitInput, path + ": holds items of shape " + describeShape(shape) + ", but the network's input " +
                                (options.input.empty() ? "" : "'" + options.input + "' ") + "takes " +
                                describeShape(wanted));
}

Error dlc::checkLabels(ArrayRef<int64_t> labels, int64_t classes, function_ref<std::string(int64_t)> describe) {
  for (auto [item, label] : enumerate(labels))
    if (label < 0 || label >= classes)
      return failure(exitInput, describe(item) + ": label " + Twine(label) + " is not one of the " + Twine(classes) +
                                    " classes from 0 to " + Twine(classes - 1));
  return Error::success();
}

std::vector<std::string> dlc::numberClasses(ArrayRef<ArrayRef<int64_t>> labels, const DatasetOptions &options) {
  // Larger numbers are no classes; checkLabels will say so.
  constexpr int64_t most = 1 << 16;
  int64_t classes = options.classes;
  if (!classes)
    for (ArrayRef<int64_t> part : labels)
      for (int64_t label : part)
        classes = std::max(classes, std::min(label, most - 1) + 1);
  std::vector<std::string> names;
  for (int64_t i = 0; i < classes; ++i)
    names.push_back(std::to_string(i));
  return names;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

namespace {
/// Some items of another dataset.
class Subset : public Dataset {
public:
  Subset(DatasetPointer whole, std::vector<int64_t> items) : whole(std::move(whole)), items(std::move(items)) {
    const Dataset &from = *this->whole;
    count = static_cast<int64_t>(this->items.size());
    shape.assign(from.getShape().begin(), from.getShape().end());
    type = from.getType();
    classes = from.getClasses();
    targetShape.assign(from.getTargetShape().begin(), from.getTargetShape().end());
    for (int64_t item : this->items) {
      if (from.hasTargets())
        append_range(targets, from.getTarget(item));
      else
        labels.push_back(from.getLabels()[item]);
    }
  }

  Error read(int64_t item, MutableArrayRef<uint8_t> bytes) const override { return whole->read(items[item], bytes); }
  std::string describe(int64_t item) const override { return whole->describe(items[item]); }
  int64_t getCacheBytes() const override { return whole->getCacheBytes() / whole->getCount() * count; }

private:
  DatasetPointer whole;
  std::vector<int64_t> items;
};
} // namespace

std::pair<DatasetPointer, DatasetPointer> dlc::splitDataset(DatasetPointer whole, int64_t taken, uint64_t seed) {
  std::vector<int64_t> order = drawPermutation(seed, RandomPurpose::Split, 0, whole->getCount());
  auto middle = order.begin() + std::min(taken, whole->getCount());
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  return {std::make_shared<Subset>(whole, std::vector<int64_t>(middle, order.end())),
          std::make_shared<Subset>(whole, std::vector<int64_t>(order.begin(), middle))};
}
