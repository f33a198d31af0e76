// Where the values of parameters come from, and the evaluation of what is folded and packed from them.
#ifndef DLC_DIALECTS_NN_PARAMETERS_H
#define DLC_DIALECTS_NN_PARAMETERS_H

#include "dialects/nn/Nn.h"

namespace dlc::nn {

/// The values of a network's parameters: a weight file, or an initialiser.
class ParameterSource {
public:
  virtual ~ParameterSource() = default;
  /// Writes the values of `parameter`, row-major, to `values`, which has as
  /// many elements as its type. Fails after a diagnostic at the parameter.
  virtual llvm::LogicalResult read(ParameterOp parameter, llvm::MutableArrayRef<float> values) = 0;
};

/// Elements that the storage of a parameter of `type` takes: the shape's
/// product, or what its encoding says.
int64_t getStorageElements(mlir::RankedTensorType type);

/// Computes the values of `value`, the result of a parameter or of ops with
/// ParameterOpInterface over parameters, into `result` (getStorageElements
/// long). Fails after a diagnostic.
llvm::LogicalResult evaluateParameter(mlir::Value value, ParameterSource &source, llvm::MutableArrayRef<float> result);

} // namespace dlc::nn

#endif // DLC_DIALECTS_NN_PARAMETERS_H
