// What a network is trained and tested on: items with a label each, from the files in a folder.
//
// Records are counted from 0, in code and in messages.
#ifndef DLC_TOOLS_DLC_DATA_DATASET_H
#define DLC_TOOLS_DLC_DATA_DATASET_H

#include "runtime/include/dlc/dlc.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace dlc {

/// Items of one shape and type. Reading needs no lock.
class Dataset {
public:
  virtual ~Dataset() = default;

  int64_t getCount() const { return count; }
  /// The shape of an item without the batch: [C, H, W] for pictures.
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  /// DLC_TYPE_U8, pixels from 0 to 255, or DLC_TYPE_F32.
  dlc_type getType() const { return type; }
  int64_t getItemBytes() const;
  /// The memory that reading all items will take and keep.
  virtual int64_t getCacheBytes() const { return 0; }

  /// The classes' names; empty where items have targets, numbers to come close to.
  llvm::ArrayRef<std::string> getClasses() const { return classes; }
  /// Of a dataset with classes, each label is one of them.
  llvm::ArrayRef<int64_t> getLabels() const { return labels; }
  bool hasTargets() const { return classes.empty(); }
  llvm::ArrayRef<int64_t> getTargetShape() const { return targetShape; }
  llvm::ArrayRef<float> getTarget(int64_t item) const;

  /// Writes an item, row-major, into getItemBytes() bytes that are aligned as its type.
  virtual llvm::Error read(int64_t item, llvm::MutableArrayRef<uint8_t> bytes) const = 0;
  /// Where an item comes from: "DIR/data_batch_1.bin: record 17".
  virtual std::string describe(int64_t item) const = 0;

protected:
  int64_t count = 0;
  llvm::SmallVector<int64_t, 4> shape;
  dlc_type type = DLC_TYPE_U8;
  std::vector<std::string> classes;
  std::vector<int64_t> labels;
  llvm::SmallVector<int64_t, 4> targetShape;
  std::vector<float> targets; // of all items, one behind the other
};

using DatasetPointer = std::shared_ptr<const Dataset>;

/// What a network takes. What is left out is taken as the data have it.
struct DatasetOptions {
  llvm::SmallVector<int64_t, 4> shape; // of an item
  std::string input;                   // the name of the input, for messages
  int64_t classes = 0;                 // how many it tells apart
  bool wantsTargets = false;           // the loss takes numbers, not classes
  bool scalesPictures = false;         // pictures of other sizes are scaled and cut
  bool crops = false;                  // items may be higher and wider; what reads them cuts them
};

/// The parts of a dataset; null where the data have none, but for the first.
struct DatasetParts {
  DatasetPointer training, validation, test;
};

/// Opens the data at a path, of the kind that its content says:
/// - idx files as MNIST has them: [train|t10k|test]-images-idx3-ubyte and
///   …-labels-idx1-ubyte, as they are or with .gz;
/// - CIFAR-10's binary records: *.bin with `train` or `data_batch`, or with
///   `test`, in the name; class names from batches.meta.txt where that is there;
/// - an .npz file with x and y, or images and labels: x_train, y_train, x_val,
///   x_test or test_images …;
/// - a folder a class with its pictures, below train/, val/ and test/ or not.
llvm::Expected<DatasetParts> openDataset(llvm::StringRef path, const DatasetOptions &options);

/// Takes `taken` items, drawn by seed, off a dataset. Both parts keep the order.
std::pair<DatasetPointer, DatasetPointer> splitDataset(DatasetPointer whole, int64_t taken, uint64_t seed);

} // namespace dlc

#endif // DLC_TOOLS_DLC_DATA_DATASET_H
