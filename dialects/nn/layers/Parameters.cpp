// nn.parameter and the folding of batch norm into parameters: verification and evaluation.
#include "dialects/nn/Parameters.h"
#include "dialects/nn/LayerCheck.h"

#include <cmath>

using namespace mlir;

namespace dlc::nn {

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult ParameterOp::verify() {
  LayerCheck check(getLoc(), getOperationName());
  if (getName().empty()) // (C1)
    return check.error("expects a name that is not empty");
  if (std::optional<StringRef> init = getInit()) // (C2)
    if (!llvm::is_contained({"he", "xavier", "zeros", "ones"}, *init))
      return check.error("expects init \"he\", \"xavier\", \"zeros\" or \"ones\" but got \"", *init, "\"");
  if (getType().getEncoding()) // (C3)
    return check.error("expects a result without encoding but got ", getType());
  if (std::optional<APFloat> gain = getGain()) // (C4)
    if (!gain->isFiniteNonZero() || gain->isNegative())
      return check.error("expects gain to be finite and positive but got ", gain->convertToDouble());
  if (!check.parameter(getResult(), "the result"))
    return failure();
  if (auto values = getValues(); values && (int64_t)values->size() != getType().getNumElements()) // (C5)
    return check.error("expects ", getType().getNumElements(), " values but got ", values->size());
  return success();
}

/// Printed IR shows a parameter by its name.
void ParameterOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }

/// All operands but `skipped` are of shape [channels] and none has an encoding.
static LogicalResult verifyFolding(Operation *op, Value skipped, int64_t channels) {
  for (Value value : op->getOperands()) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getEncoding())
      return op->emitOpError("expects operands without encoding but got ") << type;
    if (value != skipped && type.getShape() != ArrayRef(channels))
      return op->emitOpError("expects statistics of shape ")
             << shapeText(channels) << " but got " << shapeText(type.getShape());
  }
  return success();
}

LogicalResult FoldScaleOp::verify() {
  if (getType().getRank() < 1 || getType().isDynamicDim(0))
    return emitOpError("expects a weight with a static first dimension but got ") << getType();
  return verifyFolding(*this, getWeight(), getType().getDimSize(0));
}

LogicalResult FoldShiftOp::verify() {
  if (getType().getRank() != 1 || getType().isDynamicDim(0))
    return emitOpError("expects a static result of rank 1 but got ") << getType();
  return verifyFolding(*this, Value(), getType().getDimSize(0));
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// γ / √(σ² + ε), in double so that folding adds no rounding of its own.
static double getScale(float gamma, float variance, double eps) { return gamma / std::sqrt(variance + eps); }

void FoldScaleOp::evaluate(ArrayRef<ArrayRef<float>> operands, MutableArrayRef<float> result) {
  ArrayRef<float> weight = operands[0], gamma = operands[1], variance = operands[2];
  double eps = getEps().convertToDouble();
  size_t filterSize = weight.size() / gamma.size();
  for (size_t filter = 0; filter < gamma.size(); ++filter) {
    double scale = getScale(gamma[filter], variance[filter], eps);
    for (size_t i = filter * filterSize; i < (filter + 1) * filterSize; ++i)
      result[i] = static_cast<float>(weight[i] * scale);
  }
}

void FoldShiftOp::evaluate(ArrayRef<ArrayRef<float>> operands, MutableArrayRef<float> result) {
  ArrayRef<float> gamma = operands[0], beta = operands[1], mean = operands[2], variance = operands[3];
  double eps = getEps().convertToDouble();
  for (size_t i = 0; i < gamma.size(); ++i) {
    double bias = getBias() ? operands[4][i] : 0.0;
    result[i] = static_cast<float>((bias - mean[i]) * getScale(gamma[i], variance[i], eps) + beta[i]);
  }
}

int64_t getStorageElements(RankedTensorType type) {
  if (auto encoding = dyn_cast_or_null<StorageEncodingInterface>(type.getEncoding()))
    return encoding.getStorageElements(type.getShape());
  return type.getNumElements();
}

LogicalResult evaluateParameter(Value value, ParameterSource &source, MutableArrayRef<float> result) {
  Operation *op = value.getDefiningOp();
  if (auto parameter = dyn_cast_or_null<ParameterOp>(op)) {
    if (auto values = parameter.getValues()) {
      llvm::transform(*values, result.begin(), [](double element) { return static_cast<float>(element); });
      return success();
    }
    return source.read(parameter, result);
  }
  auto computed = dyn_cast_or_null<ParameterOpInterface>(op);
  if (!computed)
    return emitError(value.getLoc(), "expects a value computed from parameters alone");

  SmallVector<std::vector<float>> storage;
  SmallVector<ArrayRef<float>> operands;
  for (Value operand : op->getOperands()) {
    std::vector<float> &values = storage.emplace_back(getStorageElements(cast<RankedTensorType>(operand.getType())));
    if (failed(evaluateParameter(operand, source, values)))
      return failure();
  }
  operands.append(storage.begin(), storage.end());
  computed.evaluate(operands, result);
  return success();
}

} // namespace dlc::nn
