// Pictures in PNG and JPEG files as 8-bit pixels, and their way to a network's size.
#ifndef DLC_TOOLS_DLC_IMAGE_H
#define DLC_TOOLS_DLC_IMAGE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <vector>

namespace dlc {

struct Image {
  int width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels; // (height, width, channels)

  const uint8_t *at(int y, int x) const { return &pixels[(static_cast<size_t>(y) * width + x) * channels]; }
};

/// Whether a path is taken for a picture: .png, .jpg or .jpeg.
bool isImagePath(llvm::StringRef path);

/// Reads a picture as red, green and blue (`channels` = 3) or as grey (1).
llvm::Expected<Image> readImage(llvm::StringRef path, int channels);

/// Scales to `width` x `height`: each new pixel is the mean of the old ones
/// under it, weighted by a triangle (bilinear with antialiasing).
Image resize(const Image &image, int width, int height);

/// What torchvision's classifiers are evaluated on: the picture is scaled until
/// it covers 8/7 of `width` x `height`, and the middle is cut out. Fails where
/// the picture is so narrow that the scaled one would be enormous.
llvm::Expected<Image> fit(const Image &image, int width, int height);

} // namespace dlc

#endif // DLC_TOOLS_DLC_IMAGE_H
