// Arrays of items and labels in an .npz file, read by the importer's reader of such files.
//
// 1. The arrays of a part are found by their names: x_train, images_test, test_labels …
// 2. Items are brought to the shape that the network takes: a grey picture may lack its channel, channels may stand
//    last, and an item may be flat.
// 3. Labels are whole numbers below the number of classes; where the loss takes numbers, any.
#include "compiler/importer/WeightFile.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;
using namespace dlc;
using importer::ElementType;
using importer::StoredTensor;

namespace {

/// The arrays of one part; null where there are none.
struct PartArrays {
  const StoredTensor *items = nullptr, *labels = nullptr;
};

struct Archive {
  std::string path;
  uint64_t bytes;
  std::unique_ptr<importer::WeightFile> file;

  Error fail(const Twine &message) const { return failure(exitInput, path + ": " + message); }
  Error fail(const StoredTensor &array, const Twine &message) const {
    return fail("array '" + array.name + "' " + message);
  }
  /// All elements of an array, which is one that has a type.
  Expected<std::unique_ptr<float[]>> read(const StoredTensor &array) const;
};

class ArrayDataset : public Dataset {
public:
  static Expected<std::shared_ptr<ArrayDataset>> open(const Archive &archive, const PartArrays &arrays,
                                                      const DatasetOptions &options);
  void setClasses(std::vector<std::string> names) { classes = std::move(names); }

  Error read(int64_t item, MutableArrayRef<uint8_t> to) const override;
  std::string describe(int64_t item) const override { return origin + ": record " + std::to_string(item); }
  const std::string &getOrigin() const { return origin; }

private:
  Error setShape(const StoredTensor &items, const DatasetOptions &options);
  Error readItems(const Archive &archive, const StoredTensor &array);
  Error readLabels(const Archive &archive, const StoredTensor &array, bool asTargets);

  std::string origin; // file and array
  Bytes bytes;
  bool isChannelsLast = false; // in `bytes`
};

} // namespace

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

/// Deflate packs no better than 1032 to 1, so that a larger promise is a lie.
static constexpr uint64_t greatestRatio = 1032;

Expected<std::unique_ptr<float[]>> Archive::read(const StoredTensor &array) const {
  const std::optional<int64_t> count = importer::countElements(array.shape);
  const uint64_t size = count ? *count : UINT64_MAX;
  if (!count || size / greatestRatio > bytes / importer::getBytes(*array.type))
    return fail(array, "promises more elements than the file can hold");
  std::unique_ptr<float[]> values(new (std::nothrow) float[size]);
  if (!values)
    return outOfMemory(path, size * sizeof(float));
  if (Error error = file->read(array, MutableArrayRef(values.get(), size)))
    return fail(array, "cannot be read: " + toString(std::move(error)));
  return values;
}

/// The shape of items in the file → the shape the network takes.
Error ArrayDataset::setShape(const StoredTensor &items, const DatasetOptions &options) {
  shape.assign(items.shape.begin() + 1, items.shape.end());
  ArrayRef<int64_t> wanted = options.shape;
  if (shape == wanted)
    return Error::success();
  if (shape.size() == 2 && (wanted.empty() || wanted.size() == 3)) {
    shape.insert(shape.begin(), 1); // grey
  } else if (shape.size() == 3) {
    const bool looksChannelsLast = shape[2] <= 4 && shape[0] > 4;
    if (wanted.empty() ? looksChannelsLast : wanted.size() == 3 && shape[0] != wanted[0] && shape[2] == wanted[0]) {
      isChannelsLast = true;
      shape = {shape[2], shape[0], shape[1]};
    }
  } else if (shape.size() == 1 && !wanted.empty() && product_of(wanted) == shape[0]) {
    shape.assign(wanted.begin(), wanted.end()); // flat
  }
  return checkShape(origin, shape, options);
}

Error ArrayDataset::readItems(const Archive &archive, const StoredTensor &array) {
  Expected<std::unique_ptr<float[]>> values = archive.read(array);
  if (!values)
    return values.takeError();
  const int64_t elements = count * product_of(shape);
  type = *array.type == ElementType::U8 ? DLC_TYPE_U8 : DLC_TYPE_F32;
  bytes = allocateBytes(elements * dlc_type_bytes(type));
  if (!bytes)
    return outOfMemory(archive.path, elements * dlc_type_bytes(type));
  if (type == DLC_TYPE_U8) {
    std::copy_n(values->get(), elements, bytes.get());
    return Error::success();
  }
  for (int64_t i = 0; i < elements; ++i)
    if (!std::isfinite((*values)[i]))
      return failure(exitInput, describe(i / product_of(shape)) + ": holds a value that is not finite");
  std::copy_n(reinterpret_cast<const uint8_t *>(values->get()), elements * sizeof(float), bytes.get());
  return Error::success();
}

Error ArrayDataset::readLabels(const Archive &archive, const StoredTensor &array, bool asTargets) {
  Expected<std::unique_ptr<float[]>> values = archive.read(array);
  if (!values)
    return values.takeError();
  if (asTargets) {
    targetShape.assign(array.shape.begin() + 1, array.shape.end());
    const int64_t size = product_of(targetShape);
    targets.assign(values->get(), values->get() + count * size);
    for (auto [i, target] : enumerate(targets))
      if (!std::isfinite(target))
        return archive.fail(array, "holds a value that is not finite in record " + Twine(i / size));
    return Error::success();
  }
  for (int64_t i = 0; i < count; ++i) {
    const float value = (*values)[i];
    // Floats hold all numbers of this size exactly.
    if (value != std::floor(value) || std::abs(value) > 1 << 24)
      return archive.fail(array, formatv("holds {0} in record {1}, which is no class", format("%g", value), i));
    labels.push_back(static_cast<int64_t>(value));
  }
  return Error::success();
}

Expected<std::shared_ptr<ArrayDataset>> ArrayDataset::open(const Archive &archive, const PartArrays &arrays,
                                                           const DatasetOptions &options) {
  const StoredTensor &items = *arrays.items, &labels = *arrays.labels;
  for (const StoredTensor *array : {&items, &labels}) {
    if (!array->type)
      return archive.fail(*array, "has elements, '" + array->typeName + "', of no type that dlc reads");
    if (array->shape.empty() || is_contained(array->shape, 0))
      return archive.fail(*array, "is of shape " + describeShape(array->shape) + " and holds no records");
  }
  if (items.shape.front() != labels.shape.front())
    return archive.fail(labels, "holds " + Twine(labels.shape.front()) + " labels for the " +
                                    Twine(items.shape.front()) + " items of '" + items.name + "'");
  const ArrayRef<int64_t> labelShape = ArrayRef(labels.shape).drop_front();
  if (!options.wantsTargets && !all_of(labelShape, [](int64_t extent) { return extent == 1; }))
    return archive.fail(labels, "is of shape " + describeShape(labels.shape) +
                                    ", but the network's loss takes one class an item");
  auto part = std::make_shared<ArrayDataset>();
  part->origin = archive.path + ": array '" + items.name + "'";
  part->count = items.shape.front();
  if (Error error = part->setShape(items, options))
    return error;
  if (Error error = part->readItems(archive, items))
    return error;
  if (Error error = part->readLabels(archive, labels, options.wantsTargets))
    return error;
  return part;
}

Error ArrayDataset::read(int64_t item, MutableArrayRef<uint8_t> to) const {
  const uint8_t *from = bytes.get() + item * to.size();
  if (!isChannelsLast) {
    std::copy_n(from, to.size(), to.begin());
    return Error::success();
  }
  const int64_t channels = shape[0], pixels = shape[1] * shape[2], width = dlc_type_bytes(type);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      std::copy_n(from + (pixel * channels + c) * width, width, &to[(c * pixels + pixel) * width]);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The archive
//===----------------------------------------------------------------------===//

static bool isHere(const FolderContent &content) {
  return any_of(content.files, [](StringRef path) { return path.ends_with(".npz"); });
}

/// Finds x_train and train_x, and where `bare` is allowed, x.
static PartArrays findArrays(const importer::WeightFile &file, ArrayRef<StringRef> parts, bool bare) {
  auto find = [&](StringRef name) {
    const StoredTensor *found = nullptr;
    for (StringRef part : parts)
      for (const std::string &full : {(name + "_" + part).str(), (part + "_" + name).str()})
        found = found ? found : file.find(full);
    return found || !bare ? found : file.find(name);
  };
  // Half a pair is given back where there is no whole one.
  PartArrays half;
  for (auto [items, labels] : {std::pair("images", "labels"), std::pair("x", "y"), std::pair("X", "y")}) {
    const PartArrays arrays = {find(items), find(labels)};
    if (arrays.items && arrays.labels)
      return arrays;
    if (arrays.items || arrays.labels)
      half = arrays;
  }
  return half;
}

static Expected<DatasetParts> open(StringRef folder, const FolderContent &content, const DatasetOptions &options) {
  std::vector<std::string> paths;
  copy_if(content.files, std::back_inserter(paths), [](StringRef path) { return path.ends_with(".npz"); });
  if (paths.size() > 1)
    return failure(exitInput, folder + ": holds several .npz files; name one of them");
  Archive archive = {paths.front(), 0, nullptr};
  Expected<std::unique_ptr<importer::WeightFile>> file = importer::openWeightFile(archive.path);
  if (!file)
    return archive.fail(toString(file.takeError()));
  archive.file = std::move(*file);
  if (std::error_code error = sys::fs::file_size(archive.path, archive.bytes))
    return failure(exitEnvironment, archive.path + ": " + error.message());

  DatasetParts parts;
  std::vector<std::shared_ptr<ArrayDataset>> opened;
  std::vector<ArrayRef<int64_t>> labels;
  const struct {
    DatasetPointer *place;
    SmallVector<StringRef> names;
  } rows[] = {
      {&parts.training, {"train"}}, {&parts.validation, {"val", "valid", "validation"}}, {&parts.test, {"test"}}};
  for (const auto &[place, names] : rows) {
    const PartArrays arrays = findArrays(*archive.file, names, place == &parts.training);
    if (!arrays.items && !arrays.labels)
      continue;
    if (!arrays.items || !arrays.labels)
      return archive.fail("there is an array '" + (arrays.items ? arrays.items : arrays.labels)->name +
                          "' but none of " + (arrays.items ? "labels" : "items") + " beside it");
    Expected<std::shared_ptr<ArrayDataset>> part = ArrayDataset::open(archive, arrays, options);
    if (!part)
      return part.takeError();
    opened.push_back(*part);
    labels.push_back(opened.back()->getLabels());
    *place = std::move(*part);
  }
  if (!parts.training) {
    auto names =
        map_range(archive.file->getTensors(), [](const StoredTensor &array) { return "'" + array.name + "'"; });
    return archive.fail(
        "has no arrays named 'x_train' and 'y_train', or 'x' and 'y', or 'images' and 'labels'; it has " +
        (archive.file->getTensors().empty() ? "none" : join(names, ", ")));
  }
  if (options.wantsTargets)
    return parts;
  const std::vector<std::string> classes = numberClasses(labels, options);
  for (const std::shared_ptr<ArrayDataset> &part : opened) {
    part->setClasses(classes);
    if (Error error =
            checkLabels(part->getLabels(), classes.size(), [&](int64_t item) { return part->describe(item); }))
      return error;
  }
  return parts;
}

const DatasetFormat dlc::npzFormat = {".npz files", isHere, open};
