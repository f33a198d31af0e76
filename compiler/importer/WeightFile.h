// Weight files of every kind, as tensors that can be read as f32.
#ifndef DLC_COMPILER_IMPORTER_WEIGHTFILE_H
#define DLC_COMPILER_IMPORTER_WEIGHTFILE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <memory>
#include <string>
#include <vector>

namespace dlc::importer {

/// Types that convert to f32.
enum class ElementType { Bool, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64 };

int64_t getBytes(ElementType type);

/// Converts `elements`, which need no alignment, to `values`.
void convertElements(ElementType type, bool bigEndian, llvm::ArrayRef<uint8_t> elements,
                     llvm::MutableArrayRef<float> values);

/// The product of a shape; nothing where it is beyond 64 bits.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

struct StoredTensor {
  std::string name;
  std::string typeName;            // as the file has it
  std::optional<ElementType> type; // none: dlc does not read it
  llvm::SmallVector<int64_t, 4> shape;
};

/// A weight file whose directory has been read and checked. Reading from it
/// needs no lock.
class WeightFile {
public:
  virtual ~WeightFile() = default;

  llvm::ArrayRef<StoredTensor> getTensors() const { return tensors; }
  /// The tensor of that name, or null.
  const StoredTensor *find(llvm::StringRef name) const;

  /// Reads a tensor of the file that has a type, row-major; `values` has as
  /// many elements.
  virtual llvm::Error read(const StoredTensor &tensor, llvm::MutableArrayRef<float> values) const = 0;

protected:
  /// Adds a tensor; false where there is one of that name.
  bool add(StoredTensor tensor);
  size_t indexOf(const StoredTensor &tensor) const { return &tensor - tensors.data(); }

private:
  std::vector<StoredTensor> tensors;
  llvm::StringMap<size_t> byName;
};

/// Opens a file, of whichever kind its beginning says that it is. Errors say what
/// is wrong, without the file's name.
llvm::Expected<std::unique_ptr<WeightFile>> openWeightFile(const std::string &path);

/// Reads an archive of .npy files that is in memory, which must outlive the result.
llvm::Expected<std::unique_ptr<WeightFile>> readNpz(llvm::MemoryBufferRef buffer);

/// Reads a safetensors file that is in memory, which must outlive the result.
llvm::Expected<std::unique_ptr<WeightFile>> readSafetensors(llvm::MemoryBufferRef buffer);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_WEIGHTFILE_H
