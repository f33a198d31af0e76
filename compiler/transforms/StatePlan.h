// Where the tensors of a training session lie in its state.
#ifndef DLC_COMPILER_TRANSFORMS_STATEPLAN_H
#define DLC_COMPILER_TRANSFORMS_STATEPLAN_H

#include "dialects/nn/Nn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace dlc::transforms {

/// The state is, in this order, each part a multiple of 64 bytes:
/// 1. the parameters that are trained, in the order of the network;
/// 2. the other ones: frozen ones and running statistics;
/// 3. the gradients of 1., laid out alike;
/// 4. each slot of the optimiser, likewise.
/// So parameters, gradients and slots are vectors over which an optimiser works at once.
class StatePlan {
public:
  struct Entry {
    nn::ParameterOp parameter; // of the network
    int64_t place;
    bool isTrained;
  };

  /// Fails after a diagnostic where two parameters of a name differ.
  static llvm::FailureOr<StatePlan> of(mlir::func::FuncOp network);

  /// The entry of the parameter of that name.
  const Entry &get(llvm::StringRef name) const { return entries.find(name)->second; }
  const llvm::MapVector<llvm::StringRef, Entry> &getEntries() const { return entries; }
  int64_t getGradientPlace(const Entry &entry) const { return initialBytes + entry.place; }
  /// The place of a further slot.
  int64_t addSlot() { return initialBytes + ++slots * trainedBytes; }
  int64_t getBytes() const { return initialBytes + (1 + slots) * trainedBytes; }

  /// 1. and 2., which have initial values.
  int64_t initialBytes = 0;
  int64_t trainedBytes = 0;
  mlir::Type elementType;

private:
  llvm::MapVector<llvm::StringRef, Entry> entries;
  int64_t slots = 0;
};

} // namespace dlc::transforms

#endif // DLC_COMPILER_TRANSFORMS_STATEPLAN_H
