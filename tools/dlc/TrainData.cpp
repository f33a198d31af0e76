// Opens the data and checks them against the network.
#include "tools/dlc/TrainData.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

/// "0.1,0.2" as floats; false where it is none.
static bool parseFloats(StringRef text, std::vector<float> &values) {
  for (StringRef part : split(text, ',')) {
    double value;
    if (part.trim().getAsDouble(value) || !std::isfinite(value))
      return false;
    values.push_back(static_cast<float>(value));
  }
  return !values.empty();
}

/// Mean and standard deviation of each channel over all items.
static Error measure(const Dataset &dataset, std::vector<float> &mean, std::vector<float> &deviation) {
  const int64_t channels = dataset.getShape().front(), pixels = product_of(dataset.getShape()) / channels;
  const bool isBytes = dataset.getType() == DLC_TYPE_U8;
  std::vector<double> sum(channels), squares(channels);
  std::vector<uint8_t> item(dataset.getItemBytes());
  for (int64_t i = 0; i < dataset.getCount(); ++i) {
    if (Error error = dataset.read(i, item))
      return error;
    const auto *floats = reinterpret_cast<const float *>(item.data());
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t at = c * pixels; at < (c + 1) * pixels; ++at) {
        const double value = isBytes ? item[at] / 255.0 : floats[at];
        sum[c] += value;
        squares[c] += value * value;
      }
  }
  const double count = static_cast<double>(dataset.getCount()) * static_cast<double>(pixels);
  for (int64_t c = 0; c < channels; ++c) {
    mean.push_back(static_cast<float>(sum[c] / count));
    const double variance = std::max(squares[c] / count - sum[c] / count * (sum[c] / count), 0.0);
    deviation.push_back(variance > 0 ? static_cast<float>(std::sqrt(variance)) : 1);
  }
  return Error::success();
}

static Error setNormalisation(const TrainDescription &description, const TrainDataOptions &options,
                              const Dataset &dataset, LoaderOptions &loading) {
  if (options.normalize.empty())
    return Error::success();
  if (description.input.isPicture)
    return failure(exitInput, "input '" + description.input.name +
                                  "' has a type, a layout or a normalisation of its own in the network file; "
                                  "--normalize cannot change it");
  if (dataset.getShape().size() != 3)
    return failure(exitInput,
                   "--normalize is for pictures, but items are of shape " + describeShape(dataset.getShape()));
  if (options.normalize == "data")
    return measure(dataset, loading.mean, loading.std);
  auto [mean, deviation] = StringRef(options.normalize).split(':');
  if (!parseFloats(mean, loading.mean) || !parseFloats(deviation, loading.std) ||
      loading.mean.size() != loading.std.size() || any_of(loading.std, [](float value) { return value <= 0; }))
    return failure(exitUsage, "option '--normalize' expects data, or MEAN:STD with one number a channel each, "
                              "0.5,0.5,0.5:0.25,0.25,0.25 say, but got '" +
                                  options.normalize + "'");
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Opening
//===----------------------------------------------------------------------===//

/// Whether the loss can take what the items are labelled with.
static Error checkTargets(const TrainDescription &description, const TrainDataOptions &options,
                          const Dataset &dataset) {
  if (description.takesClasses) {
    const int64_t classes = static_cast<int64_t>(dataset.getClasses().size());
    if (classes > description.classes)
      return failure(exitInput, options.path + ": holds " + Twine(classes) + " classes, but '" + description.lossInput +
                                    "' tells " + Twine(description.classes) + " apart");
    return Error::success();
  }
  if (dataset.hasTargets()) {
    if (product_of(dataset.getTargetShape()) != description.classes)
      return failure(exitInput, options.path + ": holds targets of shape " + describeShape(dataset.getTargetShape()) +
                                    ", but the loss compares them with '" + description.lossInput + "' of shape " +
                                    describeShape(description.targetShape));
    return Error::success();
  }
  // One number for each class, or one that tells two classes apart.
  const int64_t most = std::max<int64_t>(description.classes, 2);
  if (static_cast<int64_t>(dataset.getClasses().size()) > most)
    return failure(exitInput, options.path + ": holds " + Twine(dataset.getClasses().size()) + " classes, but '" +
                                  description.lossInput + "' of shape " + describeShape(description.targetShape) +
                                  " tells " + Twine(most) + " apart");
  return Error::success();
}

Expected<TrainData> TrainData::open(const TrainDescription &description, const TrainDataOptions &options) {
  // 1. The files.
  DatasetOptions wanted;
  wanted.shape = description.itemShape;
  wanted.input = description.input.name;
  wanted.classes = description.takesClasses ? description.classes : std::max<int64_t>(description.classes, 2);
  wanted.wantsTargets = !description.takesClasses;
  wanted.scalesPictures = description.input.isPicture;
  wanted.crops = options.augmentation.crop;
  Expected<DatasetParts> opened = openDataset(options.path, wanted);
  if (!opened)
    return opened.takeError();
  TrainData data;
  data.parts = std::move(*opened);

  // 2. Fewer of them; a validation part.
  DatasetParts &parts = data.parts;
  if (options.limit)
    for (DatasetPointer *part : {&parts.training, &parts.validation, &parts.test})
      if (*part && (*part)->getCount() > options.limit)
        *part = splitDataset(*part, options.limit, options.seed).second;
  if (!parts.validation) {
    const auto taken = static_cast<int64_t>(options.validation * static_cast<double>(parts.training->getCount()));
    if (taken > 0)
      std::tie(parts.training, parts.validation) = splitDataset(parts.training, taken, options.seed);
  }
  if (options.validation == 0)
    parts.validation = nullptr;
  for (const DatasetPointer &part : {parts.training, parts.validation, parts.test})
    if (part)
      if (Error error = checkTargets(description, options, *part))
        return error;

  // 3. How batches are made of them.
  LoaderOptions loading;
  loading.batch = options.batch;
  loading.seed = options.seed;
  loading.type = description.input.type;
  loading.channelsLast = description.input.layout == "NHWC";
  if (options.augmentation.crop && description.itemShape.size() == 3) {
    loading.height = description.itemShape[1];
    loading.width = description.itemShape[2];
  }
  if (Error error = setNormalisation(description, options, *parts.training, loading))
    return error;
  data.evaluation = data.training = loading;
  data.training.shuffle = true;
  data.training.augmentation = options.augmentation;
  data.evaluation.epochs = 1;

  data.settings = json::Object{{"batch", options.batch},
                               {"items", parts.training->getCount()},
                               {"validation items", parts.validation ? parts.validation->getCount() : 0},
                               {"flip", options.augmentation.flip},
                               {"shift", options.augmentation.shift},
                               {"crop", options.augmentation.crop},
                               {"limit", options.limit}};
  if (!loading.mean.empty()) {
    data.settings["mean"] = json::Array(loading.mean);
    data.settings["std"] = json::Array(loading.std);
  }
  return data;
}

//===----------------------------------------------------------------------===//
// What there is
//===----------------------------------------------------------------------===//

int64_t TrainData::getBytes() const {
  int64_t bytes = 0;
  auto add = [&](const DatasetPointer &part, const LoaderOptions &options) {
    if (!part)
      return;
    const ArrayRef<int64_t> shape = part->getShape();
    const int64_t elements = options.height ? shape.front() * options.height * options.width : product_of(shape);
    const int64_t targetBytes = part->hasTargets() ? product_of(part->getTargetShape()) * sizeof(float) : 0;
    LoaderOptions batches = options; // a part of a few items has no full batch
    batches.batch = std::min(options.batch, part->getCount());
    bytes += Loader::getBytes(batches, elements * dlc_type_bytes(options.type), targetBytes) + part->getCacheBytes();
  };
  add(parts.training, training);
  add(parts.validation, evaluation);
  return bytes;
}

void TrainData::print(raw_ostream &os) const {
  os << "data: " << parts.training->getCount() << " items to train on";
  if (parts.validation)
    os << ", " << parts.validation->getCount() << " to validate with";
  if (parts.test)
    os << ", " << parts.test->getCount() << " to test with";
  os << ", " << describeShape(parts.training->getShape());
  const ArrayRef<std::string> classes = parts.training->getClasses();
  constexpr size_t most = 10;
  if (!classes.empty())
    os << "; " << classes.size() << " classes: " << join(classes.take_front(most), ", ")
       << (classes.size() > most ? ", …" : "");
  os << "\n";
  if (training.mean.empty())
    return;
  os << "data: normalised as \"normalize\": { \"mean\": [";
  interleaveComma(training.mean, os);
  os << "], \"std\": [";
  interleaveComma(training.std, os);
  os << "] } in the network file would; without it the program that runs the network does the same\n";
}
