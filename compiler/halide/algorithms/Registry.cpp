// Which function defines which op.
#include "compiler/halide/algorithms/Algorithms.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

namespace {
using Definition = std::function<LogicalResult(Kernel &, Operation *)>;

template <typename Op>
std::pair<StringRef, Definition> row(LogicalResult (*define)(Kernel &, Op)) {
  return {Op::getOperationName(), [define](Kernel &kernel, Operation *op) { return define(kernel, cast<Op>(op)); }};
}
} // namespace

static const llvm::StringMap<Definition> &getRegistry() {
  static const llvm::StringMap<Definition> registry = {
      row(defineRelu),
      row(defineLeakyRelu),
      row(defineSigmoid),
      row(defineTanh),
      row(defineElu),
      row(defineSilu),
      row(defineAdd),
      row(defineMul),
      row(defineConv2d),
      row(defineLinear),
      row(defineBatchNorm2d),
      row(defineLocalResponseNorm),
      row(defineNormalize),
      row(defineMaxPool2d),
      row(defineAvgPool2d),
      row(defineGlobalAvgPool2d),
      row(defineFlatten),
      row(defineReshape),
      row(defineConcat),
      row(definePad),
      row(defineSoftmax),
      row(defineLogSoftmax),
      row(defineSoftplus),
      row(defineClamp),
      row(defineAffine),
      row(definePower),
      row(defineExp),
      row(defineLeakyReluGrad),
      row(defineEluGrad),
      row(defineClampGrad),
      row(defineSub),
      row(defineDiv),
      row(defineConv2dGradWeight),
      row(defineLinearGradWeight),
      row(defineRandomDropout),
      row(defineBinaryCrossEntropy),
      row(defineBinaryCrossEntropyGrad),
      row(defineNllLoss),
      row(defineNllLossGrad),
      row(defineBatchVariance),
      row(defineRunningAverage),
      row(defineBatchNorm2dGradWeight),
      row(defineBatchNorm2dGradInput),
      row(defineBatchNorm2dScale),
      row(defineLocalResponseNormGrad),
      row(defineMaxPool2dArgmax),
      row(defineMaxPool2dGrad),
      row(defineAvgPool2dGrad),
      row(defineReduce),
      row(defineExpand),
      row(defineFill),
      row(defineDilate),
      row(defineTransposeWeight),
      {nn::IdentityOp::getOperationName(), defineCopy},
      {nn::DropoutOp::getOperationName(), defineCopy},
  };
  return registry;
}

LogicalResult halide_backend::defineOp(Kernel &kernel, Operation *op) {
  auto found = getRegistry().find(op->getName().getStringRef());
  if (found == getRegistry().end())
    return op->emitOpError("has no kernel code");
  return found->second(kernel, op);
}
