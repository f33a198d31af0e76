// Every layer of the nn dialect: what it computes, its shape rule, its constraints and an example.
#ifndef DLC_DIALECTS_NN_OPS_TD
#define DLC_DIALECTS_NN_OPS_TD

include "dialects/nn/NnDialect.td"
include "dialects/nn/NnTraining.td"

//===----------------------------------------------------------------------===//
// Parameters and inputs
//===----------------------------------------------------------------------===//

def Nn_ParameterOp : Nn_Op<"parameter", [DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a parameter of the network, by its name in the weight file";
  let description = [{
    Stands for data that live in a file or are initialised by seed; the IR never
    holds them. Names are those of a PyTorch state_dict. `init` says how to draw
    values where no file gives any: "he", "xavier", "zeros" or "ones". `gain`
    multiplies what is drawn. `values` are the parameter itself, which then is in no
    file.

    Constraints:
    - (C1) the name is not empty;
    - (C2) `init`, where given, is one of the four;
    - (C3) all dimensions are static, and there is no encoding;
    - (C4) `gain`, where given, is finite and positive;
    - (C5) `values`, where given, are as many as the type has elements.

    ```mlir
    %w = nn.parameter "conv1.weight" : tensor<6x1x5x5xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<StrAttr>:$init, OptionalAttr<F64Attr>:$gain,
                       OptionalAttr<DenseF64ArrayAttr>:$values);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Nn_NormalizeOp : Nn_Op<"normalize", [InferTypeOpAdaptor]> {
  let summary = "the program's raw values as an NCHW tensor";
  let description = [{
    Converts what the program holds into f32 in NCHW. With `mean` and `std` (one
    value a channel, or one for all) the result is (x·s − mean) / std, where s is
    1/255 for ui8 and 1 otherwise; where one of them is empty, the mean is 0 or
    the standard deviation 1. With both empty the result is x.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) `layout` is "NCHW" or "NHWC";
    - (C3) `mean` and `std` have one element, or one a channel, or none at all;
    - (C4) all elements are finite, and no element of `std` is zero.

    ```mlir
    %0 = nn.normalize %image {layout = "NHWC", mean = array<f64: 0.5>, std = array<f64: 0.5>}
       : (tensor<?x32x32x3xui8>) -> tensor<?x3x32x32xf32>
    ```
  }];
  let arguments = (ins Nn_RawTensor:$input, DefaultValuedAttr<StrAttr, "\"NCHW\"">:$layout,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$mean, DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$std);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDefinition = "::llvm::LogicalResult $cppClass::verify() { return ::dlc::nn::verifyLayer(*this); }";
}

def Nn_FoldScaleOp : Nn_Op<"fold_scale", [DeclareOpInterfaceMethods<Nn_ParameterOpInterface>, AllTypesMatch<["weight", "result"]>]> {
  let summary = "a weight with a batch norm's scale folded in";
  let description = [{
    w'[o, …] = w[o, …] · γ[o] / √(σ²[o] + ε).

    Constraints:
    - (C1) the weight has a dimension o, and the others are [O];
    - (C2) no operand has an encoding.

    ```mlir
    %1 = nn.fold_scale %w, %gamma, %variance {eps = 1.0e-05 : f64}
       : (tensor<6x1x5x5xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6x1x5x5xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$weight, Nn_Tensor:$gamma, Nn_Tensor:$variance, F64Attr:$eps);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Nn_FoldShiftOp : Nn_Op<"fold_shift", [DeclareOpInterfaceMethods<Nn_ParameterOpInterface>, AllTypesMatch<["beta", "result"]>]> {
  let summary = "a bias with a batch norm's shift folded in";
  let description = [{
    b'[o] = (b[o] − μ[o]) · γ[o] / √(σ²[o] + ε) + β[o]; without a bias b is 0.

    Constraints:
    - (C1) all operands are [O];
    - (C2) no operand has an encoding.

    ```mlir
    %1 = nn.fold_shift %gamma, %beta, %mean, %variance, %b {eps = 1.0e-05 : f64}
       : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gamma, Nn_Tensor:$beta, Nn_Tensor:$mean, Nn_Tensor:$variance,
                       Optional<Nn_Tensor>:$bias, F64Attr:$eps);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def Nn_Conv2dOp : Nn_Layer<"conv2d", [Nn_ParametricLayer, Nn_Differentiable,
    DeclareOpInterfaceMethods<Nn_ContractionOpInterface>,
    DeclareOpInterfaceMethods<Nn_WindowOpInterface, ["getWindowDilation"]>]> {
  let summary = "two-dimensional convolution";
  let description = [{
    result[n, o, y, x] = bias[o] + Σ weight[o, c, ky, kx] · input[n, g·C/groups + c, y·sh + ky·dh − top, x·sw + kx·dw − left],
    a cross-correlation as in PyTorch, with zeros outside the input; g is the group of o.

    Shape: H' = ⌊(H + top + bottom − dh·(kh − 1) − 1) / sh⌋ + 1, W' likewise.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) the input's channels are a multiple of `groups`;
    - (C3) the output channels are a multiple of `groups`;
    - (C4) the weight is [O, C/groups, kh, kw];
    - (C5) the bias is [O];
    - (C6) the window, dilated, is no larger than the padded input.

    ```mlir
    %1 = nn.conv2d %0, %w, %b {kernel_size = array<i64: 5, 5>, padding = array<i64: 2, 2, 2, 2>}
       : (tensor<?x1x28x28xf32>, tensor<6x1x5x5xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Parameter:$weight, Optional<Nn_ZerosParameter>:$bias,
                       Nn_Size:$kernel_size,
                       DefaultValuedAttr<Nn_Size, "{1, 1}">:$stride,
                       DefaultValuedAttr<Nn_Padding, "{0, 0, 0, 0}">:$padding,
                       DefaultValuedAttr<Nn_Size, "{1, 1}">:$dilation,
                       DefaultValuedAttr<Nn_PositiveInt, "1">:$groups);
  let keys = [Nn_Key<"out_channels", "positive", "", "number of filters">,
              Nn_Key<"bias", "bool", "true", "whether the layer adds a bias">];
}

def Nn_LinearOp : Nn_Layer<"linear", [Nn_ParametricLayer, Nn_Differentiable, DeclareOpInterfaceMethods<Nn_ContractionOpInterface>]> {
  let summary = "fully connected layer";
  let description = [{
    result[…, o] = bias[o] + Σ weight[o, i] · input[…, i], over the last dimension.

    Constraints:
    - (C1) the input has rank 2 or more;
    - (C2) the weight is [O, I], I the input's last dimension;
    - (C3) the bias is [O].

    ```mlir
    %1 = nn.linear %0, %w, %b : (tensor<?x84xf32>, tensor<10x84xf32>, tensor<10xf32>) -> tensor<?x10xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Parameter:$weight, Optional<Nn_ZerosParameter>:$bias);
  let keys = [Nn_Key<"out_features", "positive", "", "size of the result's last dimension">,
              Nn_Key<"bias", "bool", "true", "whether the layer adds a bias">];
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

class Nn_Activation<string mnemonic, Trait elementwise = Nn_Elementwise>
    : Nn_Layer<mnemonic, [Nn_PlainLayer, Nn_Differentiable, elementwise]> {
  let description = [{
    ```mlir
    %1 = nn.}] # mnemonic # [{ %0 : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input);
  let weightInit = "he";
}

def Nn_ReluOp : Nn_Activation<"relu"> {
  let summary = "max(x, 0); NaN stays NaN";
  let hasFolder = 1;
}
def Nn_LeakyReluOp : Nn_Activation<"leaky_relu"> {
  let summary = "x where x ≥ 0, otherwise negative_slope · x";
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "0.01">:$negative_slope);
}
def Nn_SigmoidOp : Nn_Activation<"sigmoid", Nn_ElementwiseOffZero> {
  let summary = "1 / (1 + exp(−x))";
  let weightInit = "xavier";
}
def Nn_TanhOp : Nn_Activation<"tanh"> {
  let summary = "hyperbolic tangent";
  let weightInit = "xavier";
}
def Nn_EluOp : Nn_Activation<"elu"> {
  let summary = "x where x > 0, otherwise alpha · (exp(x) − 1)";
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "1.0">:$alpha);
}
def Nn_SoftplusOp : Nn_Activation<"softplus", Nn_ElementwiseOffZero> {
  let summary = "log(1 + exp(x))";
}
def Nn_ClampOp : Nn_Activation<"clamp", Nn_ElementwiseOffZero> {
  let summary = "min(max(x, min), max); NaN stays NaN";
  let description = [{
    ```mlir
    %1 = nn.clamp %0 {min = 0.0 : f64, max = 6.0 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Float:$min, Nn_Float:$max);
}
def Nn_SiluOp : Nn_Activation<"silu"> {
  let summary = "x · sigmoid(x)";
}

class Nn_Normalizer<string mnemonic> : Nn_Layer<mnemonic, [Nn_CountedLayer, Nn_Differentiable, Nn_TakesLogits]> {
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Int, "1">:$dim);
}
def Nn_SoftmaxOp : Nn_Normalizer<"softmax"> {
  let summary = "exp(x) / Σ exp(x) along `dim`";
  let description = [{
    Computed from x − max(x), so that it neither overflows nor loses the sum.
    A negative `dim` counts from the last dimension.

    Constraints:
    - (C1) `dim` names a dimension other than the batch.

    ```mlir
    %1 = nn.softmax %0 {dim = -1 : i64} : (tensor<?x10xf32>) -> tensor<?x10xf32>
    ```
  }];
}
def Nn_LogSoftmaxOp : Nn_Normalizer<"log_softmax"> {
  let summary = "x − log Σ exp(x) along `dim`";
  let description = [{
    Computed from x − max(x). A negative `dim` counts from the last dimension.

    Constraints:
    - (C1) `dim` names a dimension other than the batch.

    ```mlir
    %1 = nn.log_softmax %0 : (tensor<?x21x8x8xf32>) -> tensor<?x21x8x8xf32>
    ```
  }];
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

def Nn_MaxPool2dOp : Nn_Layer<"max_pool2d", [Nn_CountedLayer, Nn_Differentiable,
    DeclareOpInterfaceMethods<Nn_WindowOpInterface, ["getWindowDilation"]>]> {
  let summary = "maximum over a window";
  let description = [{
    Elements outside the input do not take part. `stride` is the window's size
    unless given. NaN in a window gives NaN.

    Shape: as conv2d; with `ceil_mode` rounded up, except that the last window
    starts inside the input or its leading padding.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) padding is at most half of the window, dilated;
    - (C3) the window, dilated, is no larger than the padded input; with
      `ceil_mode` it may be larger by less than a stride.

    ```mlir
    %1 = nn.max_pool2d %0 {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>}
       : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Size:$kernel_size, Nn_Size:$stride,
                       DefaultValuedAttr<Nn_Padding, "{0, 0, 0, 0}">:$padding,
                       DefaultValuedAttr<Nn_Size, "{1, 1}">:$dilation,
                       DefaultValuedAttr<Nn_Bool, "false">:$ceil_mode);
}

def Nn_AvgPool2dOp : Nn_Layer<"avg_pool2d", [Nn_CountedLayer, Nn_Differentiable, DeclareOpInterfaceMethods<Nn_WindowOpInterface>]> {
  let summary = "mean over a window";
  let description = [{
    Divides by the number of elements of the window that lie in the padded input,
    or, without `count_include_pad`, in the input itself. `stride` is the window's
    size unless given.

    Shape: as max_pool2d.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) padding is at most half of the window;
    - (C3) the window is no larger than the padded input; with `ceil_mode` it may
      be larger by less than a stride.

    ```mlir
    %1 = nn.avg_pool2d %0 {kernel_size = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>}
       : (tensor<?x6x28x28xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Size:$kernel_size, Nn_Size:$stride,
                       DefaultValuedAttr<Nn_Padding, "{0, 0, 0, 0}">:$padding,
                       DefaultValuedAttr<Nn_Bool, "false">:$ceil_mode,
                       DefaultValuedAttr<Nn_Bool, "true">:$count_include_pad);
}

def Nn_GlobalAvgPool2dOp : Nn_Layer<"global_avg_pool2d", [Nn_CountedLayer, Nn_Differentiable]> {
  let summary = "mean over the plane: [N, C, H, W] → [N, C, 1, 1]";
  let description = [{
    Constraints:
    - (C1) the input has rank 4.

    ```mlir
    %1 = nn.global_avg_pool2d %0 : (tensor<?x512x7x7xf32>) -> tensor<?x512x1x1xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input);
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

def Nn_BatchNorm2dOp : Nn_Layer<"batch_norm2d", [Nn_ParametricLayer, Nn_Differentiable, Nn_TrainingForm, Nn_ElementwiseOffZero]> {
  let summary = "batch normalisation with running statistics";
  let description = [{
    (x − running_mean) / √(running_var + eps) · weight + bias, channel by channel
    (Ioffe and Szegedy 2015, algorithm 2). `momentum` matters to training alone.

    Constraints:
    - (C1) the input has rank 2 or more; its channels are dimension 1;
    - (C2) every parameter is [C];
    - (C3) `eps` is finite and not negative.

    ```mlir
    %1 = nn.batch_norm2d %0, %w, %b, %mean, %var {eps = 1.0e-03 : f64}
       : (tensor<?x6x28x28xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x28x28xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_OnesParameter:$weight, Nn_ZerosParameter:$bias,
                       Nn_ZerosParameter:$running_mean, Nn_OnesParameter:$running_var,
                       DefaultValuedAttr<Nn_Float, "1e-5">:$eps,
                       DefaultValuedAttr<Nn_Float, "0.1">:$momentum);
}

def Nn_LocalResponseNormOp : Nn_Layer<"local_response_norm", [Nn_CountedLayer, Nn_Differentiable]> {
  let summary = "local response normalisation across channels";
  let description = [{
    x[c] / (k + alpha/size · Σ x[c']²)^beta, the sum over `size` channels around c
    (Krizhevsky et al. 2012, section 3.3, with PyTorch's alpha): from
    c − ⌊size/2⌋ to c + ⌊(size − 1)/2⌋, as far as they exist.

    Constraints:
    - (C1) the input has rank 3 or more; its channels are dimension 1.

    ```mlir
    %1 = nn.local_response_norm %0 {size = 5 : i64, alpha = 1.0e-04 : f64} : (tensor<?x96x55x55xf32>) -> tensor<?x96x55x55xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_PositiveInt:$size,
                       DefaultValuedAttr<Nn_Float, "1e-4">:$alpha,
                       DefaultValuedAttr<Nn_Float, "0.75">:$beta,
                       DefaultValuedAttr<Nn_Float, "1.0">:$k);
}

def Nn_DropoutOp : Nn_Layer<"dropout", [Nn_PlainLayer, Nn_InferenceIdentity, Nn_Differentiable, Nn_TrainingForm]> {
  let summary = "drops elements in training; nothing at inference";
  let description = [{
    Constraints:
    - (C1) `p`, the probability that an element is dropped, is between 0 and 1.

    ```mlir
    %1 = nn.dropout %0 {p = 2.0e-01 : f64} : (tensor<?x84xf32>) -> tensor<?x84xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "0.5">:$p);
}

//===----------------------------------------------------------------------===//
// Shapes and joins
//===----------------------------------------------------------------------===//

def Nn_IdentityOp : Nn_Layer<"identity", [Nn_PlainLayer, Nn_InferenceIdentity, Nn_Differentiable]> {
  let summary = "its input";
  let description = [{
    ```mlir
    %1 = nn.identity %0 : (tensor<?x6xf32>) -> tensor<?x6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input);
}

def Nn_FlattenOp : Nn_Layer<"flatten", [Nn_PlainLayer, Nn_SameElements, Nn_Differentiable]> {
  let summary = "dimensions start_dim to end_dim as one";
  let description = [{
    Constraints:
    - (C1) 1 ≤ start_dim ≤ end_dim < rank, negative values counted from the end;
      the batch stays by itself.

    ```mlir
    %1 = nn.flatten %0 : (tensor<?x16x5x5xf32>) -> tensor<?x400xf32>
    ```
  }];
  let hasFolder = 1;
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Int, "1">:$start_dim,
                       DefaultValuedAttr<Nn_Int, "-1">:$end_dim);
}

def Nn_ReshapeOp : Nn_Layer<"reshape", [Nn_PlainLayer, Nn_SameElements, Nn_Differentiable,
    DeclareOpInterfaceMethods<Nn_ParameterOpInterface>]> {
  let summary = "the same elements in another shape";
  let description = [{
    `shape` names every dimension; the first one is the batch and is given as
    "batch" in a network file (ShapedType::kDynamic here: whatever the input's
    is) or as its number. One of the others may be -1. Weights are reshaped too.

    Constraints:
    - (C1) the first dimension is the input's batch;
    - (C2) at most one element is -1, all others are positive;
    - (C3) the number of elements of an item is that of the input's.

    ```mlir
    %1 = nn.reshape %0 {shape = array<i64: -9223372036854775808, 4, -1>} : (tensor<?x16x5x5xf32>) -> tensor<?x4x100xf32>
    ```
  }];
  let hasFolder = 1;
  let hasCanonicalizeMethod = 1;
  let arguments = (ins Nn_Tensor:$input, Nn_Shape:$shape);
}

def Nn_ConcatOp : Nn_Layer<"concat", [Nn_PlainLayer, Nn_Differentiable]> {
  let summary = "its inputs one after the other along `dim`";
  let description = [{
    Constraints:
    - (C1) there is at least one input, and all have the same rank;
    - (C2) `dim` names a dimension other than the batch;
    - (C3) all other dimensions are equal.

    ```mlir
    %2 = nn.concat %0, %1 : (tensor<?x64x28x28xf32>, tensor<?x32x28x28xf32>) -> tensor<?x96x28x28xf32>
    ```
  }];
  let hasFolder = 1;
  let arguments = (ins Variadic<Nn_Tensor>:$inputs, DefaultValuedAttr<Nn_Int, "1">:$dim);
}

class Nn_Binary<string mnemonic, list<Trait> traits = []>
    : Nn_Layer<mnemonic, !listconcat([Nn_PlainLayer, Nn_Differentiable, Nn_ElementwiseOffZero], traits)> {
  let description = [{
    Shapes broadcast as in NumPy, aligned at the last dimension. Zeros are
    preserved unless an input is broadcast along the channels: its value then
    meets pad lanes too.

    Constraints:
    - (C1) dimensions are equal or one of them is 1;
    - (C2) the batch of an input meets the batch of the other, 1 or nothing.

    ```mlir
    %2 = nn.}] # mnemonic # [{ %0, %1 : (tensor<?x64x56x56xf32>, tensor<?x64x56x56xf32>) -> tensor<?x64x56x56xf32>
    %3 = nn.}] # mnemonic # [{ %2, %gate : (tensor<?x64x56x56xf32>, tensor<?x64x1x1xf32>) -> tensor<?x64x56x56xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$lhs, Nn_Tensor:$rhs);
}
def Nn_AddOp : Nn_Binary<"add", [Commutative]> { let summary = "sum"; }
def Nn_SubOp : Nn_Binary<"sub"> { let summary = "difference"; }
def Nn_MulOp : Nn_Binary<"mul", [Commutative]> { let summary = "product"; }
def Nn_DivOp : Nn_Binary<"div"> { let summary = "quotient"; }

def Nn_PadOp : Nn_Layer<"pad", [Nn_PlainLayer, Nn_Differentiable]> {
  let summary = "constant border";
  let description = [{
    `padding` counts from the last dimension as F.pad does: [left, right, top,
    bottom, front, back …], two values a dimension; negative values crop.

    Constraints:
    - (C1) the number of values is even and reaches no further than dimension 1;
    - (C2) every dimension of the result is positive.

    ```mlir
    %1 = nn.pad %0 {padding = array<i64: 1, 2, 0, -1>} : (tensor<?x3x32x32xf32>) -> tensor<?x3x31x35xf32>
    ```
  }];
  let hasFolder = 1;
  let arguments = (ins Nn_Tensor:$input, Nn_Ints:$padding, DefaultValuedAttr<Nn_Float, "0.0">:$value);
}

#endif // DLC_DIALECTS_NN_OPS_TD
