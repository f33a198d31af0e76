// Finds the input that each file is for, checks shapes, and lines pictures up as a batch.
#include "tools/dlc/RunInputs.h"
#include "tools/dlc/Failure.h"
#include "tools/dlc/Image.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace dlc;

static std::string describeInput(const InputFormat &input) {
  std::string text = std::string(dlc_type_name(input.type)) + " [";
  for (auto [index, extent] : enumerate(input.shape))
    text += (index ? ", " : "") + (extent < 0 ? "batch" : std::to_string(extent));
  return text + "]";
}

//===----------------------------------------------------------------------===//
// Pictures
//===----------------------------------------------------------------------===//

namespace {
/// The extents of a picture in an input.
struct Plane {
  int64_t channels, height, width;
};
} // namespace

static std::optional<Plane> getPlane(const InputFormat &input) {
  if (input.shape.size() != 4)
    return std::nullopt;
  ArrayRef<int64_t> shape = input.shape;
  if (input.layout == "NHWC")
    return Plane{shape[3], shape[1], shape[2]};
  return Plane{shape[1], shape[2], shape[3]};
}

/// Pixels as the program would pass them: bytes as they are, floats from 0 to 1.
static Expected<Array> readPicture(const InputFormat &input, StringRef path) {
  std::optional<Plane> plane = getPlane(input);
  if (!plane || (plane->channels != 1 && plane->channels != 3) ||
      (input.type != DLC_TYPE_U8 && input.type != DLC_TYPE_F32))
    return failure(exitInput, path + ": input '" + input.name + "' takes no pictures: it is " + describeInput(input));
  Expected<Image> image = readImage(path, static_cast<int>(plane->channels));
  if (!image)
    return image.takeError();
  if (image->width != plane->width || image->height != plane->height) {
    const std::string sizes = std::to_string(image->width) + " x " + std::to_string(image->height) +
                              " pixels where input '" + input.name + "' takes " + std::to_string(plane->width) + " x " +
                              std::to_string(plane->height);
    if (!input.isPicture)
      return failure(exitInput, path + ": has " + sizes +
                                    "; an input with \"normalize\" or \"layout\" in the network file scales pictures");
    image = fit(*image, static_cast<int>(plane->width), static_cast<int>(plane->height));
    if (!image)
      return failure(exitInput, path + ": " + toString(image.takeError()));
  }

  Array array;
  array.type = input.type;
  array.shape = input.getShape(1);
  array.bytes.resize(getArrayBytes(array.type, array.shape));
  const bool channelsLast = input.layout == "NHWC";
  const int64_t pixels = plane->height * plane->width, channels = plane->channels;
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    for (int64_t c = 0; c < channels; ++c) {
      const uint8_t value = image->pixels[pixel * channels + c];
      const int64_t to = channelsLast ? pixel * channels + c : c * pixels + pixel;
      if (input.type == DLC_TYPE_U8)
        array.bytes[to] = value;
      else
        array.floats()[to] = static_cast<float>(value) / 255;
    }
  return array;
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

/// Checks an array against an input; one item may come without the batch, and
/// floats of any width.
static Expected<Array> readArray(const InputFormat &input, StringRef path) {
  Expected<Array> array = readNpy(path);
  if (!array)
    return array.takeError();
  if (input.type == DLC_TYPE_F32 && (array->type == DLC_TYPE_F64 || array->type == DLC_TYPE_F16))
    convertToFloats(*array);
  if (input.isBatched() && array->shape.size() + 1 == input.shape.size())
    array->shape.insert(array->shape.begin(), 1);
  const bool fits = array->shape.size() == input.shape.size() && all_of(zip(array->shape, input.shape), [](auto pair) {
                      return std::get<1>(pair) < 0 ? std::get<0>(pair) > 0 : std::get<0>(pair) == std::get<1>(pair);
                    });
  if (!fits || array->type != input.type) {
    StringRef advice = fits && input.type == DLC_TYPE_F32  ? "; save x.astype('float32')"
                       : fits && input.type == DLC_TYPE_U8 ? "; save x.astype('uint8')"
                                                           : "";
    return failure(exitInput, path + ": holds " + describe(array->type, array->shape) + " where input '" + input.name +
                                  "' takes " + describeInput(input) + advice);
  }
  return array;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

Expected<RunInputs> dlc::readInputs(ArrayRef<InputFormat> inputs, ArrayRef<std::string> words) {
  // 1. The input that each file is for: by name, else the first that has none yet.
  std::vector<std::vector<std::string>> files(inputs.size());
  for (const std::string &word : words) {
    auto [name, path] = StringRef(word).split('=');
    const InputFormat *input = find_if(inputs, [&, n = name](const InputFormat &i) { return i.name == n; });
    if (!path.empty() && input != inputs.end()) {
      files[input - inputs.begin()].push_back(path.str());
      continue;
    }
    auto free = inputs.size() == 1 ? files.begin() : find_if(files, [](auto &list) { return list.empty(); });
    if (free == files.end())
      return failure(exitUsage, "there is no input left for " + word);
    free->push_back(word);
  }

  // 2. Their contents, one behind the other.
  RunInputs result;
  std::optional<int64_t> batch;
  StringRef batchFrom;
  for (auto [input, paths] : zip(inputs, files)) {
    if (paths.empty())
      return failure(exitUsage, "expects --input " + input.name + "=FILE, " + describeInput(input));
    if (paths.size() > 1 && !input.isBatched())
      return failure(exitUsage, "input '" + input.name + "' takes one file: it is " + describeInput(input));
    Array whole;
    std::vector<std::string> items;
    for (const std::string &path : paths) {
      Expected<Array> part = isImagePath(path) ? readPicture(input, path) : readArray(input, path);
      if (!part)
        return part.takeError();
      const int64_t count = input.isBatched() ? part->shape.front() : 1;
      for (int64_t i = 0; i < count; ++i)
        items.push_back(sys::path::filename(path).str() + (count > 1 ? "[" + std::to_string(i) + "]" : ""));
      if (whole.bytes.empty()) {
        whole = std::move(*part);
      } else {
        whole.bytes.insert(whole.bytes.end(), part->bytes.begin(), part->bytes.end());
        whole.shape.front() += count;
      }
    }
    if (input.isBatched()) {
      const int64_t count = whole.shape.front();
      if (batch && *batch != count)
        return failure(exitInput, "input '" + input.name + "' has " + Twine(count) + " items and input '" + batchFrom +
                                      "' has " + Twine(*batch));
      batch = count;
      batchFrom = input.name;
    }
    if (result.items.empty())
      result.items = std::move(items);
    result.arrays.push_back(std::move(whole));
  }
  result.batch = batch.value_or(0);
  return result;
}
