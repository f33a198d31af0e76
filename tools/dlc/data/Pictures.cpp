// A folder of pictures: each class is a folder, named as the class, with PNG and JPEG files; other files are left out.
//
// Pictures are decoded when they are first read, and kept while there is room.
#include "tools/dlc/Failure.h"
#include "tools/dlc/Image.h"
#include "tools/dlc/data/Formats.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Path.h"

#include <mutex>

using namespace llvm;
using namespace dlc;

/// What decoded pictures of one part may take.
static constexpr int64_t greatestCache = int64_t(1) << 30;

namespace {

class PictureDataset : public Dataset {
public:
  PictureDataset(std::vector<std::string> paths, std::vector<int64_t> classOf, std::vector<std::string> names,
                 ArrayRef<int64_t> itemShape, const DatasetOptions &options)
      : paths(std::move(paths)), options(options) {
    count = static_cast<int64_t>(this->paths.size());
    shape.assign(itemShape.begin(), itemShape.end());
    labels = std::move(classOf);
    classes = std::move(names);
    if (getItemBytes() * count <= greatestCache)
      cache.resize(count);
  }

  Error read(int64_t item, MutableArrayRef<uint8_t> bytes) const override {
    if (!cache.empty()) {
      const std::lock_guard<std::mutex> guard(lock);
      if (!cache[item].empty()) {
        copy(cache[item], bytes.begin());
        return Error::success();
      }
    }
    if (Error error = decode(item, bytes))
      return error;
    if (!cache.empty()) {
      const std::lock_guard<std::mutex> guard(lock);
      cache[item].assign(bytes.begin(), bytes.end());
    }
    return Error::success();
  }
  std::string describe(int64_t item) const override { return paths[item]; }
  int64_t getCacheBytes() const override { return static_cast<int64_t>(cache.size()) * getItemBytes(); }

private:
  Error decode(int64_t item, MutableArrayRef<uint8_t> bytes) const;

  std::vector<std::string> paths;
  DatasetOptions options;
  mutable std::mutex lock;
  mutable std::vector<std::vector<uint8_t>> cache;
};

} // namespace

Error PictureDataset::decode(int64_t item, MutableArrayRef<uint8_t> bytes) const {
  const int64_t channels = shape[0], height = shape[1], width = shape[2];
  Expected<Image> image = readImage(paths[item], static_cast<int>(channels));
  if (!image)
    return image.takeError();
  if (image->width != width || image->height != height) {
    if (!options.scalesPictures)
      return failure(exitInput, paths[item] + ": has " + Twine(image->width) + " x " + Twine(image->height) +
                                    " pixels where the network's input takes " + Twine(width) + " x " + Twine(height) +
                                    "; an input with \"normalize\" or \"layout\" in the network file scales pictures");
    image = fit(*image, static_cast<int>(width), static_cast<int>(height));
    if (!image)
      return failure(exitInput, paths[item] + ": " + toString(image.takeError()));
  }
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t pixel = 0; pixel < height * width; ++pixel)
      bytes[c * height * width + pixel] = image->pixels[pixel * channels + c];
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

static bool isHere(const FolderContent &content) { return !content.folders.empty(); }

/// The shape of items: as the network wants them, else that of the first picture.
static Expected<SmallVector<int64_t, 4>> getItemShape(StringRef path, const DatasetOptions &options) {
  SmallVector<int64_t, 4> shape = options.shape;
  if (shape.empty() || options.crops) {
    Expected<Image> image = readImage(path, shape.empty() ? 3 : static_cast<int>(shape.front()));
    if (!image)
      return image.takeError();
    // Where pictures are cut while training, they are scaled to the first one's size.
    if (shape.empty() || (image->height >= shape[1] && image->width >= shape[2]))
      return SmallVector<int64_t, 4>{image->channels, image->height, image->width};
  }
  return shape;
}

/// `classes` are set by the first part, and the others keep to them.
static Expected<DatasetPointer> openPart(StringRef folder, std::vector<std::string> &classes,
                                         const DatasetOptions &options) {
  Expected<FolderContent> content = listFolder(folder);
  if (!content)
    return content.takeError();
  const bool isFirst = classes.empty();
  std::vector<std::string> paths;
  std::vector<int64_t> labels;
  for (const std::string &classFolder : content->folders) {
    const std::string name = sys::path::filename(classFolder).str();
    auto place = find(classes, name);
    if (place == classes.end()) {
      if (!isFirst)
        return failure(exitInput, classFolder + ": there is no class of this name to train on");
      place = classes.insert(place, name);
    }
    Expected<FolderContent> inside = listFolder(classFolder);
    if (!inside)
      return inside.takeError();
    const size_t before = paths.size();
    for (const std::string &path : inside->files)
      if (isImagePath(path))
        paths.push_back(path);
    if (paths.size() == before)
      return failure(exitInput, classFolder + ": holds no pictures (.png, .jpg, .jpeg)");
    labels.resize(paths.size(), place - classes.begin());
  }
  if (paths.empty())
    return failure(exitInput, folder + ": holds no folder of pictures");
  const int64_t classCount = static_cast<int64_t>(classes.size());
  if (options.classes && classCount > options.classes)
    return failure(exitInput, folder + ": holds " + Twine(classCount) + " classes, one a folder, but the network " +
                                  "tells " + Twine(options.classes) + " apart");
  Expected<SmallVector<int64_t, 4>> shape = getItemShape(paths.front(), options);
  if (!shape)
    return shape.takeError();
  return std::make_shared<PictureDataset>(std::move(paths), std::move(labels), classes, *shape, options);
}

static Expected<DatasetParts> open(StringRef folder, const FolderContent &content, const DatasetOptions &options) {
  if (!options.shape.empty() && (options.shape.size() != 3 || (options.shape[0] != 1 && options.shape[0] != 3)))
    return failure(exitInput, folder + ": holds pictures, but the network's input takes items of shape " +
                                  describeShape(options.shape));
  DatasetParts parts;
  SmallVector<std::pair<DatasetPointer *, StringRef>> found;
  for (const std::string &path : content.folders) {
    const StringRef name = sys::path::filename(path);
    DatasetPointer *part = StringSwitch<DatasetPointer *>(name)
                               .Cases({"train", "training"}, &parts.training)
                               .Cases({"val", "valid", "validation"}, &parts.validation)
                               .Case("test", &parts.test)
                               .Default(nullptr);
    if (part && is_contained(make_first_range(found), part))
      return failure(exitInput, path + ": there is another folder for the same");
    if (part)
      found.emplace_back(part, path);
  }
  // Without a folder to train on, the names are those of classes.
  if (none_of(found, [&](auto &entry) { return entry.first == &parts.training; }))
    found = {{&parts.training, folder}};
  sort(found); // as the parts stand in the structure: training first
  std::vector<std::string> classes;
  for (auto [part, path] : found) {
    Expected<DatasetPointer> opened = openPart(path, classes, options);
    if (!opened)
      return opened.takeError();
    *part = std::move(*opened);
  }
  return parts;
}

const DatasetFormat dlc::picturesFormat = {"a folder of pictures a class", isHere, open};
