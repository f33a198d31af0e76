// Fuzzes the reader of .npz: any bytes either give an error or tensors of which
// each can be read or gives an error.
#include "compiler/importer/WeightFile.h"

#include <cstdlib>

using namespace dlc::importer;

static void readAll(WeightFile &file) {
  for (const StoredTensor &tensor : file.getTensors()) {
    if (file.find(tensor.name) != &tensor)
      std::abort();
    std::optional<int64_t> count = countElements(tensor.shape);
    if (!tensor.type || !count || *count > 1 << 20)
      continue;
    std::vector<float> values(*count);
    llvm::consumeError(file.read(tensor, values));
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  llvm::MemoryBufferRef buffer(llvm::StringRef(reinterpret_cast<const char *>(bytes), size), "weights.npz");
  auto file = readNpz(buffer);
  if (file)
    readAll(**file);
  else
    llvm::consumeError(file.takeError());
  return 0;
}
