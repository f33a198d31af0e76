// The nn dialect in C++: ops, interfaces and what the layers share.
#ifndef DLC_DIALECTS_NN_NN_H
#define DLC_DIALECTS_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace dlc::nn {

/// Elements of `type` for one item of the batch; the batch is dimension 0.
int64_t getElementsPerItem(mlir::Type type);

/// Marks an op whose result is its first operand at inference (dropout, identity).
template <typename ConcreteOp>
struct InferenceIdentity : mlir::OpTrait::TraitBase<ConcreteOp, InferenceIdentity> {};

/// The attribute of a function argument or result that holds its name in the network.
inline constexpr llvm::StringLiteral nameAttr = "nn.name";

} // namespace dlc::nn

#include "dialects/nn/NnDialect.h.inc"
#include "dialects/nn/NnInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NnOps.h.inc"

#endif // DLC_DIALECTS_NN_NN_H
