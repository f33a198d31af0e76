// One more result for a function.
#ifndef DLC_COMPILER_TRANSFORMS_APPENDRESULT_H
#define DLC_COMPILER_TRANSFORMS_APPENDRESULT_H

#include "dialects/nn/Nn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dlc::transforms {

/// Returns `value` behind the results that `function` has; under `name`, which may be null.
inline void appendResult(mlir::func::FuncOp function, mlir::Value value, mlir::StringAttr name) {
  const unsigned index = function.getNumResults();
  mlir::NamedAttrList attributes;
  if (name)
    attributes.set(nn::nameAttr, name);
  // A function's type takes any result.
  (void)function.insertResult(index, value.getType(), attributes.getDictionary(function.getContext()));
  function.getBody().front().getTerminator()->insertOperands(index, value);
}

} // namespace dlc::transforms

#endif // DLC_COMPILER_TRANSFORMS_APPENDRESULT_H
