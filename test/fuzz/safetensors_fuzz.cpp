// Fuzzes the safetensors reader: any bytes either give an error with a place
// and a message, or a file in which everything can be read. The input is taken
// as a whole file, and once more as a header and data without the length, which
// mutations would spoil.
#include "dlc/safetensors.h"

#include <cstdlib>
#include <cstring>
#include <vector>

// A check that also counts where asserts are off.
static void require(bool condition) {
  if (!condition)
    std::abort();
}

static unsigned long readAll(const void *data, size_t bytes) {
  unsigned long sum = 0;
  for (size_t i = 0; i < bytes; ++i)
    sum += static_cast<const unsigned char *>(data)[i];
  return sum;
}

static void readFile(const uint8_t *bytes, size_t size) {
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error = {-9, ""};
  dlc_status status = dlc_safetensors_parse(bytes, size, nullptr, &file, &error);
  if (status != DLC_OK) {
    require(status == DLC_ERROR_WEIGHTS && !file);
    require(error.offset >= 0 && error.offset <= static_cast<int64_t>(size));
    require(error.message[0] != '\0' && std::strlen(error.message) < sizeof(error.message));
    return;
  }
  size_t dataBytes = 0, covered = 0;
  const void *data = dlc_safetensors_data(file, &dataBytes);
  volatile unsigned long sum = readAll(data, dataBytes);
  for (size_t i = 0; i < dlc_safetensors_count(file); ++i) {
    const dlc_safetensors_tensor *tensor = dlc_safetensors_at(file, i);
    require(dlc_safetensors_find(file, tensor->name) == tensor);
    require(tensor->data_offset + tensor->bytes <= size);
    int64_t bits = dlc_safetensors_type_bits(tensor->type);
    for (int32_t d = 0; d < tensor->rank; ++d)
      bits *= tensor->shape[d];
    require(static_cast<size_t>(bits) == 8 * tensor->bytes);
    sum = sum + readAll(tensor->data, tensor->bytes);
    covered += tensor->bytes;
  }
  require(covered == dataBytes);
  for (size_t i = 0; i < dlc_safetensors_metadata_count(file); ++i) {
    const char *key, *value;
    dlc_safetensors_metadata_at(file, i, &key, &value);
    sum = sum + std::strlen(key) + std::strlen(value);
  }
  dlc_safetensors_close(file);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  readFile(bytes, size);
  // The header ends at the first zero byte.
  const void *zero = std::memchr(bytes, 0, size);
  size_t header = zero ? static_cast<const uint8_t *>(zero) - bytes : size;
  std::vector<uint8_t> file;
  for (int i = 0; i < 8; ++i)
    file.push_back(static_cast<uint8_t>(static_cast<uint64_t>(header) >> 8 * i));
  file.insert(file.end(), bytes, bytes + header);
  file.insert(file.end(), bytes + header + (zero != nullptr), bytes + size);
  readFile(file.data(), file.size());
  return 0;
}
