// What a layer is handed when it is differentiated, and when it takes its form in training.
#ifndef DLC_DIALECTS_NN_DIFFERENTIATION_H
#define DLC_DIALECTS_NN_DIFFERENTIATION_H

#include "dialects/nn/Nn.h"
#include "mlir/IR/Builders.h"

namespace dlc::nn {

/// The backward step of one layer. Ops are built with `builder`, at `loc`.
class BackwardStep {
public:
  BackwardStep(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value gradient,
               llvm::function_ref<bool(mlir::Value)> isNeeded, llvm::function_ref<void(mlir::Value, mlir::Value)> addTo)
      : builder(builder), loc(loc), gradient(gradient), isNeeded(isNeeded), addTo(addTo) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;
  /// The gradient of the layer's result, of the result's type.
  mlir::Value gradient;

  /// Whether anybody wants the gradient of `operand`.
  bool needs(mlir::Value operand) const { return operand && isNeeded(operand); }
  /// Adds `value`, of the operand's type, to the gradient of `operand`.
  void add(mlir::Value operand, mlir::Value value) { addTo(operand, value); }

private:
  llvm::function_ref<bool(mlir::Value)> isNeeded;
  llvm::function_ref<void(mlir::Value, mlir::Value)> addTo;
};

/// The training program around a layer that takes its form in training.
class TrainingForm {
public:
  TrainingForm(mlir::OpBuilder &builder, mlir::Value randomKey, int64_t stream,
               llvm::function_ref<bool(mlir::Value)> isTrained, llvm::function_ref<void(mlir::Value, mlir::Value)> assignTo)
      : builder(builder), randomKey(randomKey), stream(stream), trained(isTrained), assignTo(assignTo) {}

  mlir::OpBuilder &builder;
  /// The key of the random numbers of this step, tensor<4xui32>, and the number of the layer among those that draw.
  mlir::Value randomKey;
  int64_t stream;

  /// Whether the parameter is trained, as opposed to frozen.
  bool isTrained(mlir::Value variable) const { return trained(variable); }
  /// Makes `value` the value of `variable` from the next step on.
  void assign(mlir::Value variable, mlir::Value value) { assignTo(variable, value); }

private:
  llvm::function_ref<bool(mlir::Value)> trained;
  llvm::function_ref<void(mlir::Value, mlir::Value)> assignTo;
};

} // namespace dlc::nn

#endif // DLC_DIALECTS_NN_DIFFERENTIATION_H
