// The kinds of files that data come in, one file a kind, and what they share.
#ifndef DLC_TOOLS_DLC_DATA_FORMATS_H
#define DLC_TOOLS_DLC_DATA_FORMATS_H

#include "tools/dlc/data/Dataset.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace dlc {

struct FolderContent {
  std::vector<std::string> files, folders; // paths, sorted; hidden ones are left out
};
llvm::Expected<FolderContent> listFolder(llvm::StringRef path);

/// One kind of data: whether a folder holds it, and how it is opened.
struct DatasetFormat {
  llvm::StringRef name; // in the plural
  bool (*isHere)(const FolderContent &content);
  llvm::Expected<DatasetParts> (*open)(llvm::StringRef folder, const FolderContent &content,
                                       const DatasetOptions &options);
};

extern const DatasetFormat idxFormat;      // Idx.cpp
extern const DatasetFormat cifarFormat;    // Cifar.cpp
extern const DatasetFormat npzFormat;      // Npz.cpp
extern const DatasetFormat picturesFormat; // Pictures.cpp

/// Bytes that may be too many for the memory: null where they are.
using Bytes = std::unique_ptr<uint8_t[]>;
Bytes allocateBytes(uint64_t count);
llvm::Error outOfMemory(llvm::StringRef path, uint64_t bytes);

/// "[1, 28, 28]"
std::string describeShape(llvm::ArrayRef<int64_t> shape);

/// Checks that a network can take items of this shape; `path` is where they come from.
llvm::Error checkShape(llvm::StringRef path, llvm::ArrayRef<int64_t> shape, const DatasetOptions &options);

/// Checks that labels are below `classes`.
llvm::Error checkLabels(llvm::ArrayRef<int64_t> labels, int64_t classes,
                        llvm::function_ref<std::string(int64_t)> describe);

/// Names for classes that have none but their numbers: as many as the network
/// tells apart, else as the labels of all parts want.
std::vector<std::string> numberClasses(llvm::ArrayRef<llvm::ArrayRef<int64_t>> labels, const DatasetOptions &options);

} // namespace dlc

#endif // DLC_TOOLS_DLC_DATA_FORMATS_H
