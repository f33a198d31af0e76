// Arrays in NumPy's .npy format, versions 1 to 3.
#ifndef DLC_COMPILER_IMPORTER_NPY_H
#define DLC_COMPILER_IMPORTER_NPY_H

#include "compiler/importer/Inflate.h"
#include "compiler/importer/WeightFile.h"

namespace dlc::importer {

struct NpyHeader {
  std::string typeName; // "<f4"
  std::optional<ElementType> type;
  bool bigEndian = false;
  bool fortranOrder = false;
  llvm::SmallVector<int64_t, 4> shape;
  uint64_t dataOffset = 0; // in the file
};

/// Reads the header of a .npy and checks that as many elements follow.
llvm::Expected<NpyHeader> readNpyHeader(const Member &file);

/// Reads the elements, row-major whatever their order in the file.
llvm::Error readNpyElements(const Member &file, const NpyHeader &header, llvm::MutableArrayRef<float> values);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_NPY_H
