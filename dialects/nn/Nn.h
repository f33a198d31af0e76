// The nn dialect in C++: ops, interfaces and what the layers share.
#ifndef DLC_DIALECTS_NN_NN_H
#define DLC_DIALECTS_NN_NN_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <string>

namespace dlc::nn {

class BackwardStep; // Differentiation.h
class TrainingForm;

/// Elements of `type` for one item of the batch; the batch is dimension 0.
int64_t getElementsPerItem(mlir::Type type);

/// One an element for an elementwise layer, none for a layer that moves data.
int64_t getDefaultFlops(mlir::Operation *layer);

/// `dim` counted from the front (negative values count from the back), or
/// nothing where a tensor of `rank` has no such dimension.
std::optional<int64_t> normalizeDim(int64_t dim, int64_t rank);

/// Marks an op whose result is its first operand at inference (dropout, identity).
template <typename ConcreteOp>
struct InferenceIdentity : mlir::OpTrait::TraitBase<ConcreteOp, InferenceIdentity> {};

/// Marks an op whose result is its operand in another shape (flatten, reshape).
template <typename ConcreteOp>
struct SameElements : mlir::OpTrait::TraitBase<ConcreteOp, SameElements> {};

/// Marks an op that no kernel takes in: state, order.
template <typename ConcreteOp>
struct OutsideKernels : mlir::OpTrait::TraitBase<ConcreteOp, OutsideKernels> {};

/// Marks an op whose result has no batch: the gradient of a parameter and the like.
template <typename ConcreteOp>
struct ParameterShaped : mlir::OpTrait::TraitBase<ConcreteOp, ParameterShaped> {};

/// Whether the types are those of equal tensors, however they are stored.
bool haveSameShape(mlir::Type a, mlir::Type b);
/// Marks an op that makes probabilities of logits (softmax, log_softmax).
template <typename ConcreteOp>
struct TakesLogits : mlir::OpTrait::TraitBase<ConcreteOp, TakesLogits> {};

/// Whether `value` is a parameter, or computed from parameters alone by ops with ParameterOpInterface.
bool isParameter(mlir::Value value);

/// The attribute of a function argument or result that holds its name in the network.
inline constexpr llvm::StringLiteral nameAttr = "nn.name";

/// The unit attribute of a function argument whose gradient the program asks for.
inline constexpr llvm::StringLiteral requiresGradAttr = "nn.requires_grad";

/// The unit attribute of a training step's result that belongs to the backward phase.
inline constexpr llvm::StringLiteral gradientAttr = "nn.gradient";

/// The attribute, false, of a parameter that training leaves alone.
inline constexpr llvm::StringLiteral trainableAttr = "nn.trainable";

/// The module's attribute that holds the path of its weight file, relative to the network's file.
inline constexpr llvm::StringLiteral weightsAttr = "nn.weights";

/// The function's dictionary of what the network file says of training.
inline constexpr llvm::StringLiteral trainingAttr = "nn.training";

/// The attribute of a function that belongs to training: "step" (forward, loss, backward), "update" (the optimiser) or
/// "predict" (inference with the parameters of the training state).
inline constexpr llvm::StringLiteral roleAttr = "nn.role";

/// The step's dictionary of the parts of the training state: i64 of bytes. `total`; `initial`, which begins the state and
/// has initial values; `trained`, which begins that; `gradients`, where these lie.
inline constexpr llvm::StringLiteral stateAttr = "nn.state";

/// The update's dictionary of the vectors that the optimiser keeps: i64 of their places.
inline constexpr llvm::StringLiteral slotsAttr = "nn.slots";

/// The f64 attribute of an argument that is a hyper-parameter: its value unless the program sets another one.
inline constexpr llvm::StringLiteral defaultAttr = "nn.default";

/// Whether `type`, the declared type of `layer`'s result, is `inferred`; reports where not.
llvm::LogicalResult verifyResultType(mlir::Operation *layer, mlir::Type inferred);

/// Whether the result of `op` and all its operands are of one shape and element type.
llvm::LogicalResult verifySameShapes(mlir::Operation *op);

/// The verifier of every layer: its constraints hold and its result is what they give.
template <typename LayerOp>
llvm::LogicalResult verifyLayer(LayerOp layer) {
  llvm::SmallVector<mlir::Type, 1> inferred;
  if (failed(LayerOp::inferReturnTypes(layer.getContext(), layer.getLoc(), typename LayerOp::Adaptor(layer), inferred)))
    return llvm::failure();
  return verifyResultType(layer, inferred.front());
}

} // namespace dlc::nn

#include "dialects/nn/NnAttrInterfaces.h.inc"
#include "dialects/nn/NnDialect.h.inc"
#include "dialects/nn/NnInterfaces.h.inc"
#define GET_OP_CLASSES
#include "dialects/nn/NnOps.h.inc"

namespace dlc::nn {

/// Rows and columns at the end of a layer's input that only a further window,
/// one that does not fit, would reach. What a stride larger than the window
/// skips between windows is not counted, nor is padding.
struct UncoveredTail {
  int64_t rows, columns;
};
UncoveredTail getUncoveredTail(WindowOpInterface layer);

/// Says which of them there are and why, such as "window 3, stride 3 does not fit
/// input 7 with padding 0: (7 - 3) / 3 is not whole, the last row is dropped, as
/// is the last column"; empty where the windows cover the input.
std::string describeUncoveredTail(WindowOpInterface layer);

} // namespace dlc::nn

#endif // DLC_DIALECTS_NN_NN_H
