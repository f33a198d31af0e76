// The nn dialect: what a network is. Types, attribute kinds and the base class of layers.
#ifndef DLC_DIALECTS_NN_DIALECT_TD
#define DLC_DIALECTS_NN_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/nn/NnInterfaces.td"

def Nn_Dialect : Dialect {
  let name = "nn";
  let cppNamespace = "::dlc::nn";
  let summary = "Layers of convolutional networks on tensors in logical NCHW";
  let description = [{
    One op a layer, named and parametrised as PyTorch's modules. Tensors are
    logical NCHW whatever their storage; the first dimension is the batch and
    may be dynamic, all others are static. An encoding on a tensor type is its
    storage and means nothing to the ops here: they ignore it on operands and
    never put one on a result.

    A network is a `func.func` whose arguments and results carry `nn.name`. What
    else the network file says stands in attributes that Nn.h lists.
  }];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// A tensor of activations.
def Nn_Tensor : RankedTensorOf<[F32, F64]>;

/// A tensor that the layer owns and that a weight file holds under `<layer>.<operand>`.
/// Where there is no file, `init` says how it is drawn: "weights" (He or Xavier, by what takes the sums), "zeros" or "ones".
class Nn_ParameterTensor<string init> : RankedTensorOf<[F32, F64]> {
  string initialiser = init;
}
def Nn_Parameter : Nn_ParameterTensor<"weights">;
def Nn_ZerosParameter : Nn_ParameterTensor<"zeros">;
def Nn_OnesParameter : Nn_ParameterTensor<"ones">;

/// Raw values as the program holds them.
def Nn_RawTensor : RankedTensorOf<[F32, UI8, SI8]>;

//===----------------------------------------------------------------------===//
// Attributes. The network file takes a value by the kind's name; see tools that
// read this file's records (`dlc schema`, the importer).
//===----------------------------------------------------------------------===//

class Nn_AttrKind<Attr base, string kind> : ConfinedAttr<base, []> {
  string fileKind = kind;
}

/// A size in the plane: a number, or [height, width].
def Nn_Size : Nn_AttrKind<ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<2>, DenseArrayStrictlyPositive<DenseI64ArrayAttr>]>, "size">;
/// Padding around a window: a number, a pair [height, width], [top, left, bottom, right], "same" or "valid".
def Nn_Padding : Nn_AttrKind<ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<4>, DenseArrayNonNegative<DenseI64ArrayAttr>]>, "padding">;
/// A list of whole numbers.
def Nn_Ints : Nn_AttrKind<DenseI64ArrayAttr, "ints">;
/// A shape: whole numbers, of which one may be -1 (inferred) and the first may be "batch".
def Nn_Shape : Nn_AttrKind<DenseI64ArrayAttr, "shape">;
class Nn_SignedInt<Attr base, string kind> : Nn_AttrKind<base, kind> {
  let returnType = "int64_t";
  let convertFromStorage = "$_self.getInt()";
}
def Nn_Int : Nn_SignedInt<I64Attr, "int">;
def Nn_PositiveInt : Nn_SignedInt<ConfinedAttr<I64Attr, [IntPositive]>, "positive">;
def Nn_Float : Nn_AttrKind<F64Attr, "float">;
def Nn_Bool : Nn_AttrKind<BoolAttr, "bool">;

/// A key of the network file that shapes the layer's parameters and is no attribute of the op.
class Nn_Key<string name, string kind, string default, string summary> {
  string keyName = name;
  string keyKind = kind;
  string keyDefault = default;   // empty: required
  string keySummary = summary;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

class Nn_Op<string mnemonic, list<Trait> traits = []>
    : Op<Nn_Dialect, mnemonic, !listconcat(traits, [Pure])>;

/// A layer: one result, whose type is inferred. Its constraints are checked by
/// the inference, so that importers get them before there is an op; the verifier
/// runs the inference again and compares.
class Nn_Layer<string mnemonic, list<Trait> traits = []>
    : Nn_Op<mnemonic, !listconcat([InferTypeOpAdaptor], traits)> {
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDefinition = "::llvm::LogicalResult $cppClass::verify() { return ::dlc::nn::verifyLayer(*this); }";
  /// Keys of the network file beside the op's attributes.
  list<Nn_Key> keys = [];
  /// How to draw the weights whose sums this layer takes, where it matters: "he" or "xavier".
  string weightInit = "";
}

def Nn_PlainLayer : DeclareOpInterfaceMethods<Nn_LayerOpInterface>;
/// A layer that owns parameters or does arithmetic of its own counting.
def Nn_ParametricLayer : DeclareOpInterfaceMethods<Nn_LayerOpInterface, ["inferParameterTypes", "getFlops"]>;
def Nn_CountedLayer : DeclareOpInterfaceMethods<Nn_LayerOpInterface, ["getFlops"]>;

def Nn_Elementwise : DeclareOpInterfaceMethods<Nn_ElementwiseOpInterface>;
/// An elementwise layer of which zeros may make something else.
def Nn_ElementwiseOffZero : DeclareOpInterfaceMethods<Nn_ElementwiseOpInterface, ["preservesZero"]>;

/// A layer with gradients.
def Nn_Differentiable : DeclareOpInterfaceMethods<Nn_DifferentiableOpInterface>;
/// A layer that training replaces by something else.
def Nn_TrainingForm : DeclareOpInterfaceMethods<Nn_TrainingFormOpInterface>;

/// The op does nothing at inference: its result is its first operand.
def Nn_InferenceIdentity : NativeOpTrait<"InferenceIdentity"> { let cppNamespace = "::dlc::nn"; }
/// The op is about state or order, and stays outside of kernels.
def Nn_OutsideKernels : NativeOpTrait<"OutsideKernels"> { let cppNamespace = "::dlc::nn"; }
/// The result is of a parameter's shape: its first dimension is no batch, and it is stored row-major.
def Nn_ParameterShaped : NativeOpTrait<"ParameterShaped"> { let cppNamespace = "::dlc::nn"; }
/// The result has the elements of an item in the operand's row-major order, in another shape.
def Nn_SameElements : NativeOpTrait<"SameElements"> { let cppNamespace = "::dlc::nn"; }
/// The op makes probabilities of logits: its result may say little of its operand.
def Nn_TakesLogits : NativeOpTrait<"TakesLogits"> { let cppNamespace = "::dlc::nn"; }

#endif // DLC_DIALECTS_NN_DIALECT_TD
