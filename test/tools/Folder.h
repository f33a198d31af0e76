// Folders for tests, and the files that data come in, from their parts.
#ifndef DLC_TEST_TOOLS_FOLDER_H
#define DLC_TEST_TOOLS_FOLDER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <png.h>
#include <zlib.h>

namespace dlc::test {

/// A folder with a name of its own, removed at the end with all that is in it.
class TemporaryFolder {
public:
  TemporaryFolder() {
    name = (std::filesystem::temp_directory_path() / "dlc-test-XXXXXX").string();
    if (!mkdtemp(name.data()))
      std::abort();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(name, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  std::string path(const std::string &file = "") const { return file.empty() ? name : name + "/" + file; }
  std::string write(const std::string &file, const std::string &bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    std::ofstream(path(file), std::ios::binary | std::ios::trunc) << bytes;
    return path(file);
  }
  void clear() const {
    for (const auto &entry : std::filesystem::directory_iterator(name))
      std::filesystem::remove_all(entry.path());
  }

private:
  std::string name;
};

inline std::string readFile(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

inline std::string bigEndian(uint32_t value) {
  return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

inline std::string littleEndian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text += char(value >> (8 * i));
  return text;
}

/// An idx file of bytes.
inline std::string idx(std::vector<uint32_t> shape, const std::string &elements) {
  std::string text = {0, 0, 8, char(shape.size())};
  for (uint32_t extent : shape)
    text += bigEndian(extent);
  return text + elements;
}

inline std::string gzip(const std::string &bytes) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<Bytef *>(packed.data());
  stream.avail_out = packed.size();
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// A .npy file of `type` ("<f4") and `shape` ("(2, 3)").
template <typename T>
std::string npy(const std::string &type, const std::string &shape, const std::vector<T> &elements) {
  const std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
  return std::string("\x93NUMPY\1\0", 8) + littleEndian(header.size(), 2) + header +
         std::string(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T));
}

/// A zip archive of files as they are.
inline std::string zip(const std::vector<std::pair<std::string, std::string>> &members) {
  std::string files, directory;
  for (const auto &[name, bytes] : members) {
    const uint32_t checksum = crc32(0, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size());
    const std::string fields = littleEndian(20, 2) + std::string(8, '\0') + littleEndian(checksum, 4) +
                               littleEndian(bytes.size(), 4) + littleEndian(bytes.size(), 4) +
                               littleEndian(name.size(), 2) + littleEndian(0, 2);
    directory += "PK\1\2" + littleEndian(20, 2) + fields + std::string(10, '\0') + littleEndian(files.size(), 4) + name;
    files += "PK\3\4" + fields + name + bytes;
  }
  return files + directory + "PK\5\6" + std::string(4, '\0') + littleEndian(members.size(), 2) +
         littleEndian(members.size(), 2) + littleEndian(directory.size(), 4) + littleEndian(files.size(), 4) +
         std::string(2, '\0');
}

/// A PNG of red, green and blue bytes.
inline std::string png(uint32_t width, uint32_t height, const std::vector<uint8_t> &pixels) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

inline std::string message(llvm::Error error) { return llvm::toString(std::move(error)); }

} // namespace dlc::test

#endif // DLC_TEST_TOOLS_FOLDER_H
