// Files for tests: temporary ones, and safetensors files from their parts.
#ifndef DLC_TEST_RUNTIME_FILES_H
#define DLC_TEST_RUNTIME_FILES_H

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace dlc::test {

/// A file with a name of its own, removed at the end.
class TemporaryFile {
public:
  TemporaryFile() {
    name = std::filesystem::temp_directory_path() / "dlc-test-XXXXXX";
    int descriptor = mkstemp(name.data());
    if (descriptor >= 0)
      close(descriptor);
  }
  ~TemporaryFile() { remove(); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  const std::string &path() const { return name; }
  void write(const std::string &bytes) const { std::ofstream(name, std::ios::binary | std::ios::trunc) << bytes; }
  void remove() const { unlink(name.c_str()); }

private:
  std::string name;
};

/// The first 8 bytes of a safetensors file.
inline std::string headerLength(uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i)
    bytes += static_cast<char>(length >> (8 * i));
  return bytes;
}

/// A safetensors file whose data begin at a multiple of `alignment`.
inline std::string safetensors(std::string header, const std::string &data, size_t alignment = 1) {
  while ((8 + header.size()) % alignment)
    header += ' ';
  return headerLength(header.size()) + header + data;
}

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_FILES_H
