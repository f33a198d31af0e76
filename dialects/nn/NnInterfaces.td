// What passes may ask of a layer: they never list ops, they ask these interfaces.
#ifndef DLC_DIALECTS_NN_INTERFACES_TD
#define DLC_DIALECTS_NN_INTERFACES_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/Interfaces.td"

def Nn_LayerOpInterface : OpInterface<"LayerOpInterface"> {
  let description = [{
    A layer: an op that a network file can name (or, of those in NnTraining.td, a
    training program alone). Its attributes and the keys listed in its definition
    are the schema of the file; the op itself says what shapes its parameters take
    and how much arithmetic it does.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    StaticInterfaceMethod<[{
        Infers the type of every parameter operand, in operand order, from the
        types of the inputs and the layer's keys and attributes (`config`: an
        i64 for a whole number, a bool, an array of i64 for a size; defaults may
        be absent, values may be absurd). An optional parameter that the layer
        is told to do without gets a null type. On misfit, reports at `loc` and
        fails.
      }],
      "::llvm::LogicalResult", "inferParameterTypes",
      (ins "::mlir::Location":$loc, "::llvm::ArrayRef<::mlir::RankedTensorType>":$inputs,
           "::mlir::DictionaryAttr":$config, "::llvm::SmallVectorImpl<::mlir::RankedTensorType> &":$types),
      [{}], [{ return ::mlir::success(); }]>,
    InterfaceMethod<[{
        Floating-point operations for one item of the batch, at most 2^63 − 1. A
        multiply-add is two; the addition of a bias is not counted. Elementwise
        layers count one an element, those that only move data none.
      }],
      "int64_t", "getFlops", (ins), [{}], [{
        return ::dlc::nn::getDefaultFlops($_op);
      }]>,
  ];
}

def Nn_ElementwiseOpInterface : OpInterface<"ElementwiseOpInterface"> {
  let description = [{
    A layer that computes each element of its result from the elements at the
    same (broadcast) position of its operands, so that it fuses anywhere.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<[{
        Whether zeros in give zero out, so that the zeroed pad lanes of a
        blocked layout stay zero without masking.
      }],
      "bool", "preservesZero", (ins), [{}], [{ return true; }]>,
  ];
}

def Nn_WindowOpInterface : OpInterface<"WindowOpInterface"> {
  let description = [{
    A layer that slides a two-dimensional window over its first operand:
    convolutions and pools. Padding is [top, left, bottom, right].
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<"Extent of the window, [height, width].",
      "::llvm::SmallVector<int64_t>", "getWindowSize", (ins), [{}],
      [{ return ::llvm::SmallVector<int64_t>($_op.getKernelSize()); }]>,
    InterfaceMethod<"Step of the window, [height, width].",
      "::llvm::SmallVector<int64_t>", "getWindowStride", (ins), [{}],
      [{ return ::llvm::SmallVector<int64_t>($_op.getStride()); }]>,
    InterfaceMethod<"Spacing between the window's elements, [height, width].",
      "::llvm::SmallVector<int64_t>", "getWindowDilation", (ins), [{}],
      [{ return {1, 1}; }]>,
    InterfaceMethod<"Rows and columns added around the input, [top, left, bottom, right].",
      "::llvm::SmallVector<int64_t>", "getWindowPadding", (ins), [{}],
      [{ return ::llvm::SmallVector<int64_t>($_op.getPadding()); }]>,
  ];
}

def Nn_ContractionOpInterface : OpInterface<"ContractionOpInterface"> {
  let description = [{
    A layer that multiplies its input by a weight and adds an optional bias:
    the anchor that other layers fuse onto, and what batch norm folds into. The
    weight's first dimension is the result's channel.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<"The operand that is contracted.", "::mlir::OpOperand &", "getInputOperand", (ins), [{}],
      [{ return $_op->getOpOperand(0); }]>,
    InterfaceMethod<"The weight.", "::mlir::OpOperand &", "getWeightOperand", (ins), [{}],
      [{ return $_op->getOpOperand(1); }]>,
    InterfaceMethod<"The bias, or null.", "::mlir::Value", "getBiasValue", (ins), [{}],
      [{ return $_op.getBias(); }]>,
    InterfaceMethod<"Sets the bias, adding the operand where there is none.", "void", "setBiasValue",
      (ins "::mlir::Value":$bias), [{}], [{ $_op.getBiasMutable().assign(bias); }]>,
  ];
}

def Nn_ParameterOpInterface : OpInterface<"ParameterOpInterface"> {
  let description = [{
    An op on parameters that is evaluated once, when the object is written: the
    folding and packing of weights.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<[{
        Computes the result's elements (in its type's storage order) from the
        operands'. `operands` holds one array an operand, in operand order.
      }],
      "void", "evaluate",
      (ins "::llvm::ArrayRef<::llvm::ArrayRef<float>>":$operands, "::llvm::MutableArrayRef<float>":$result)>,
  ];
}

def Nn_DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let description = [{
    A layer whose inputs and parameters have gradients.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<[{
        Builds the gradients of those operands that `step.needs`, by ordinary nn
        ops of the layer's operands, its result and `step.gradient`, the gradient
        of its result, and hands them to `step.add`.
      }],
      "void", "differentiate", (ins "::dlc::nn::BackwardStep &":$step)>,
  ];
}

def Nn_TrainingFormOpInterface : OpInterface<"TrainingFormOpInterface"> {
  let description = [{
    A layer that computes something else in training than at inference.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<[{
        Puts the layer's form in training into its place; `form` knows the
        training state. The op is erased or changed.
      }],
      "void", "takeTrainingForm", (ins "::dlc::nn::TrainingForm &":$form)>,
  ];
}

def Nn_StorageEncodingInterface : AttrInterface<"StorageEncodingInterface"> {
  let description = [{
    An encoding of a tensor type that says how its elements are stored.
  }];
  let cppNamespace = "::dlc::nn";
  let methods = [
    InterfaceMethod<"Elements that a tensor of the static `shape` takes in storage.",
      "int64_t", "getStorageElements", (ins "::llvm::ArrayRef<int64_t>":$shape)>,
  ];
}

#endif // DLC_DIALECTS_NN_INTERFACES_TD
