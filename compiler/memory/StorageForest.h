// Which tensors share storage: containers of one item of the batch, and the tensors' offsets inside of them.
#ifndef DLC_COMPILER_MEMORY_STORAGEFOREST_H
#define DLC_COMPILER_MEMORY_STORAGEFOREST_H

#include "dialects/kernel/Kernel.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace dlc::memory {

/// A piece of storage that tensors share; its items lie `elements` apart.
struct Container {
  int64_t elements = 0;                       // of one item
  kernel::Space space = kernel::Space::Arena; // or fixed to an output or to the state
  int64_t index = 0;                          // of the output; in the state the place
  std::vector<mlir::Value> members;
};

class StorageForest {
public:
  struct Place {
    size_t container;
    int64_t offset; // in elements of an item
  };

  /// Gives `value` a container of its own.
  void add(mlir::Value value);

  /// Lets `inner` lie in the container of `outer`, `offset` elements behind the
  /// latter's begin; all that shares storage with `inner` moves along. Possible
  /// where `inner`'s container is not fixed and fits into that of `outer`; where
  /// the two share a container already, only at this very place. Whether the
  /// tensors that then share elements may do so is the caller's question.
  /// Returns whether it was done.
  bool embed(mlir::Value inner, mlir::Value outer, int64_t offset);

  /// Fixes the container of `value` to an input, an output or the state, where it holds just
  /// this value and is not fixed yet.
  bool fix(mlir::Value value, kernel::Space space, int64_t index);

  bool contains(mlir::Value value) const { return places.contains(value); }
  Place getPlace(mlir::Value value) const { return places.lookup(value); }
  const Container &getContainer(mlir::Value value) const { return containers[getPlace(value).container]; }
  llvm::ArrayRef<Container> getContainers() const { return containers; }

  /// Whether the two share elements.
  bool overlaps(mlir::Value a, mlir::Value b) const;

  /// Whether the value's container is no larger than the value.
  bool isWhole(mlir::Value value) const;

private:
  std::vector<Container> containers; // those without members are gone
  llvm::DenseMap<mlir::Value, Place> places;
};

} // namespace dlc::memory

#endif // DLC_COMPILER_MEMORY_STORAGEFOREST_H
