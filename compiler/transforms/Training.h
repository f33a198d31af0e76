// The losses and optimisers of the network file as nn ops.
#ifndef DLC_COMPILER_TRANSFORMS_TRAINING_H
#define DLC_COMPILER_TRANSFORMS_TRAINING_H

#include "compiler/transforms/StatePlan.h"
#include "mlir/IR/Builders.h"

namespace dlc::transforms {

/// The type that the target of `loss` has for this input; null after a diagnostic at the input, where it does not suit
/// the loss.
mlir::RankedTensorType getTargetType(mlir::Value input, mlir::DictionaryAttr loss);

/// The value, [1], of `loss` over `input` and `target`, times its scale.
mlir::Value buildLoss(mlir::OpBuilder &builder, mlir::Location loc, mlir::DictionaryAttr loss, mlir::Value input,
                      mlir::Value target);

/// Builds the body of `update`, a function without arguments and results: one step
/// of `optimizer` over all of the state's trained parameters at once. Its
/// hyper-parameters become arguments, tensor<1x1>.
void buildUpdate(mlir::func::FuncOp update, mlir::DictionaryAttr optimizer, StatePlan &state);

} // namespace dlc::transforms

#endif // DLC_COMPILER_TRANSFORMS_TRAINING_H
