// Arrays in NumPy's files: .npy in and out, .npz out.
#ifndef DLC_TOOLS_DLC_ARRAY_H
#define DLC_TOOLS_DLC_ARRAY_H

#include "runtime/include/dlc/dlc.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace dlc {

/// A C-contiguous array.
struct Array {
  dlc_type type = DLC_TYPE_F32;
  llvm::SmallVector<int64_t, 8> shape;
  std::vector<uint8_t> bytes;

  float *floats() { return reinterpret_cast<float *>(bytes.data()); }
  const float *floats() const { return reinterpret_cast<const float *>(bytes.data()); }
};

/// "f32 [1, 3, 224, 224]"
std::string describe(dlc_type type, llvm::ArrayRef<int64_t> shape);

/// The number of bytes of an array, or -1 where it has a negative extent or
/// does not fit into an int64_t.
int64_t getArrayBytes(dlc_type type, llvm::ArrayRef<int64_t> shape);

llvm::Expected<Array> readNpy(llvm::StringRef path);

/// f64 or f16 to f32.
void convertToFloats(Array &array);

struct NamedArray {
  std::string name;
  const Array *array;
};

/// Writes one array as .npy, or any number by name as .npz, by the path's
/// ending. The file appears whole or not at all.
llvm::Error writeArrays(llvm::StringRef path, llvm::ArrayRef<NamedArray> arrays);

} // namespace dlc

#endif // DLC_TOOLS_DLC_ARRAY_H
