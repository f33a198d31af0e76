// The steps of Passes.td's plan-memory: see PlanMemory.cpp.
#ifndef DLC_COMPILER_MEMORY_PLANNER_H
#define DLC_COMPILER_MEMORY_PLANNER_H

#include "compiler/memory/StorageForest.h"

#include "dialects/kernel/Kernel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/SymbolTable.h"

namespace dlc::memory {

inline mlir::RankedTensorType getTensor(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

inline int64_t getElementBytes(mlir::Type type) {
  return llvm::divideCeil(mlir::cast<mlir::RankedTensorType>(type).getElementTypeBitWidth(), 8);
}

inline int64_t getBytes(mlir::Type type) {
  return mlir::cast<mlir::RankedTensorType>(type).getNumElements() * getElementBytes(type);
}

/// Whether `value` is a tensor of activations, as opposed to a parameter.
bool isActivation(mlir::Value value);

/// Whether the kernel computes each element of its only result from the elements
/// at the same place of the operand `index`, or from none of it.
bool isElementwise(kernel::FuncOp kernel, unsigned index);

/// Places the tensors of one network.
class Planner {
public:
  /// Parameters are placed behind the `weightsBytes` that there are already.
  Planner(mlir::func::FuncOp network, int64_t &weightsBytes)
      : network(network), symbols(network->getParentOp()), weightsBytes(weightsBytes) {}

  llvm::LogicalResult run();

private:
  llvm::LogicalResult shareOfNecessity();
  llvm::LogicalResult placeOutputs();
  void placeAssigned();
  bool mayLieInState(nn::AssignOp assign);
  void shareInPlace();
  void packArena();
  void placeParameters();
  void writeStorage();

  bool placeInConcat(kernel::ConcatOp concat, mlir::OpOperand &input, int64_t offset);
  mlir::Value copy(mlir::Value value, mlir::Operation *before);
  mlir::Operation *findEndOfPhase(mlir::OpOperand &output);

  bool mayLieInCallersBuffer(mlir::Value value);
  bool isInForwardPhase(mlir::Value value);
  bool isGradientBuffer(mlir::Value value);
  void computeReads();
  bool mayReplace(mlir::Value operand, kernel::LaunchOp launch);

  kernel::StorageAttr getStorage(mlir::Value value);

  mlir::func::FuncOp network;
  mlir::SymbolTable symbols;
  StorageForest forest;
  /// Positions of launches; func.return comes last.
  llvm::DenseMap<mlir::Operation *, int64_t> positions;
  /// Of each activation: where it is written, and read for the last time by a launch or as an output.
  llvm::DenseMap<mlir::Value, int64_t> firstWrite, lastRead;
  /// Of each container in the arena.
  llvm::SmallVector<int64_t> arenaOffsets;
  int64_t scaledBytes = 0, fixedBytes = 0, liveBytes = 0;
  int64_t &weightsBytes;
};

} // namespace dlc::memory

#endif // DLC_COMPILER_MEMORY_PLANNER_H
