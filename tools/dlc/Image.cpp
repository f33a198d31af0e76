// Pictures: libpng and libjpeg-turbo decode, the rest is arithmetic on bytes.
#include "tools/dlc/Image.h"
#include "tools/dlc/Failure.h"

#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cmath>

#include <png.h>
#include <turbojpeg.h>

using namespace llvm;
using namespace dlc;

bool dlc::isImagePath(StringRef path) {
  return path.ends_with_insensitive(".png") || path.ends_with_insensitive(".jpg") ||
         path.ends_with_insensitive(".jpeg");
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// Larger pictures are taken for damaged files.
static constexpr int64_t maxPixels = 1 << 28;

static Expected<Image> readPng(StringRef path, StringRef content) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  auto fail = [&] {
    std::string message = png.message;
    png_image_free(&png);
    return failure(exitInput, path + ": " + message);
  };
  if (!png_image_begin_read_from_memory(&png, content.data(), content.size()))
    return fail();
  if (static_cast<int64_t>(png.width) * png.height > maxPixels) {
    png_image_free(&png);
    return failure(exitInput, path + ": " + Twine(png.width) + " x " + Twine(png.height) + " pixels are too many");
  }
  // With an alpha channel libpng leaves the colours alone; it is dropped below.
  png.format = PNG_FORMAT_RGBA;
  std::vector<uint8_t> rgba(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, rgba.data(), 0, nullptr))
    return fail();
  Image image = {static_cast<int>(png.width), static_cast<int>(png.height), 3, {}};
  image.pixels.resize(rgba.size() / 4 * 3);
  for (size_t i = 0; i < rgba.size() / 4; ++i)
    std::copy_n(&rgba[4 * i], 3, &image.pixels[3 * i]);
  return image;
}

static Expected<Image> readJpeg(StringRef path, StringRef content) {
  tjhandle decoder = tjInitDecompress();
  if (!decoder)
    return failure(exitEnvironment, "no JPEG decoder: " + Twine(tjGetErrorStr()));
  auto fail = [&] {
    std::string message = tjGetErrorStr2(decoder);
    tjDestroy(decoder);
    return failure(exitInput, path + ": " + message);
  };
  Image image;
  image.channels = 3;
  int subsampling, colorspace;
  const unsigned char *data = content.bytes_begin();
  if (tjDecompressHeader3(decoder, data, content.size(), &image.width, &image.height, &subsampling, &colorspace))
    return fail();
  if (static_cast<int64_t>(image.width) * image.height > maxPixels) {
    tjDestroy(decoder);
    return failure(exitInput, path + ": " + Twine(image.width) + " x " + Twine(image.height) + " pixels are too many");
  }
  image.pixels.resize(static_cast<size_t>(image.width) * image.height * 3);
  if (tjDecompress2(decoder, data, content.size(), image.pixels.data(), image.width, 0, image.height, TJPF_RGB,
                    TJFLAG_ACCURATEDCT))
    return fail();
  tjDestroy(decoder);
  return image;
}

/// ITU-R 601-2 luma, in 16-bit fixed point.
static Image toGrey(const Image &image) {
  Image grey = {image.width, image.height, 1, {}};
  grey.pixels.reserve(image.pixels.size() / 3);
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    const uint8_t *p = &image.pixels[i];
    grey.pixels.push_back((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
  }
  return grey;
}

Expected<Image> dlc::readImage(StringRef path, int channels) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return failure(exitEnvironment, path + ": " + file.getError().message());
  StringRef content = (*file)->getBuffer();
  Expected<Image> image = content.starts_with("\x89PNG") ? readPng(path, content) : readJpeg(path, content);
  if (image && channels == 1)
    return toGrey(*image);
  return image;
}

//===----------------------------------------------------------------------===//
// Scaling
//===----------------------------------------------------------------------===//

namespace {
/// Which old pixels one new pixel is made of, with weights in fixed point.
struct Window {
  int first;
  std::vector<int32_t> weights;
};
} // namespace

static constexpr int fixedPointBits = 22;

static std::vector<Window> getWindows(int from, int to) {
  const double scale = static_cast<double>(from) / to, reach = std::max(scale, 1.0);
  std::vector<Window> windows;
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - reach + 0.5), 0);
    const int last = std::min(static_cast<int>(center + reach + 0.5), from);
    std::vector<double> triangle;
    double sum = 0;
    for (int j = first; j < last; ++j) {
      triangle.push_back(std::max(1 - std::abs((j - center + 0.5) / reach), 0.0));
      sum += triangle.back();
    }
    Window window = {first, {}};
    for (double weight : triangle)
      window.weights.push_back(static_cast<int32_t>(std::lround(weight / sum * (1 << fixedPointBits))));
    windows.push_back(std::move(window));
  }
  return windows;
}

static uint8_t toByte(int64_t sum) {
  return static_cast<uint8_t>(std::clamp<int64_t>((sum + (1 << (fixedPointBits - 1))) >> fixedPointBits, 0, 255));
}

/// Columns first, then rows; each pass rounds to bytes.
Image dlc::resize(const Image &image, int width, int height) {
  const int channels = image.channels;
  Image wide = {width, image.height, channels, {}};
  wide.pixels.resize(static_cast<size_t>(width) * image.height * channels);
  std::vector<Window> columns = getWindows(image.width, width);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) {
        int64_t sum = 0;
        for (size_t i = 0; i < columns[x].weights.size(); ++i)
          sum += static_cast<int64_t>(columns[x].weights[i]) * image.at(y, columns[x].first + i)[c];
        wide.pixels[(static_cast<size_t>(y) * width + x) * channels + c] = toByte(sum);
      }

  Image result = {width, height, channels, {}};
  result.pixels.resize(static_cast<size_t>(width) * height * channels);
  std::vector<Window> rows = getWindows(image.height, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) {
        int64_t sum = 0;
        for (size_t i = 0; i < rows[y].weights.size(); ++i)
          sum += static_cast<int64_t>(rows[y].weights[i]) * wide.at(rows[y].first + i, x)[c];
        result.pixels[(static_cast<size_t>(y) * width + x) * channels + c] = toByte(sum);
      }
  return result;
}

Expected<Image> dlc::fit(const Image &image, int width, int height) {
  // The side that is scaled to 8/7 of the network's; the other one keeps the proportions.
  const bool byWidth = static_cast<int64_t>(image.width) * height <= static_cast<int64_t>(image.height) * width;
  int64_t scaledWidth, scaledHeight;
  if (byWidth) {
    scaledWidth = std::lround(width * 8 / 7.0);
    scaledHeight = std::max<int64_t>(scaledWidth * image.height / image.width, height);
  } else {
    scaledHeight = std::lround(height * 8 / 7.0);
    scaledWidth = std::max<int64_t>(scaledHeight * image.width / image.height, width);
  }
  if (scaledWidth * scaledHeight > maxPixels || scaledWidth * image.height > maxPixels)
    return failure(exitInput, "a picture of " + Twine(image.width) + " x " + Twine(image.height) +
                                  " pixels is too narrow to be cut to " + Twine(width) + " x " + Twine(height));
  Image scaled = resize(image, static_cast<int>(scaledWidth), static_cast<int>(scaledHeight));

  // The middle; halves are rounded to even.
  const int top = static_cast<int>(std::lrint((scaled.height - height) / 2.0));
  const int left = static_cast<int>(std::lrint((scaled.width - width) / 2.0));
  Image result = {width, height, image.channels, {}};
  for (int y = 0; y < height; ++y) {
    const uint8_t *row = scaled.at(top + y, left);
    result.pixels.insert(result.pixels.end(), row, row + static_cast<size_t>(width) * image.channels);
  }
  return result;
}
