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
