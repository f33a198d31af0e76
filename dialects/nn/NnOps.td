// Every layer of the nn dialect: what it computes, its shape rule, its constraints and an example.
#ifndef DLC_DIALECTS_NN_OPS_TD
#define DLC_DIALECTS_NN_OPS_TD

include "dialects/nn/NnDialect.td"

//===----------------------------------------------------------------------===//
// Parameters and inputs
//===----------------------------------------------------------------------===//

def Nn_ParameterOp : Nn_Op<"parameter"> {
  let summary = "a parameter of the network, by its name in the weight file";
  let description = [{
    Stands for data that live in a file or are initialised by seed; the IR never
    holds them. Names are those of a PyTorch state_dict. `init` says how to draw
    values where no file gives any: "he", "xavier", "zeros" or "ones".

    ```mlir
    %w = nn.parameter "conv1.weight" : tensor<6x1x5x5xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<StrAttr>:$init);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def Nn_NormalizeOp : Nn_Op<"normalize", [InferTypeOpAdaptor]> {
  let summary = "the program's raw values as an NCHW tensor";
  let description = [{
    Converts what the program holds into f32 in NCHW. With `mean` and `std` (one
    value a channel, or one for all) the result is (x·s − mean) / std, where s is
    1/255 for u8 and 1 for f32; without them it is x.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) `layout` is "NCHW" or "NHWC";
    - (C3) `mean` and `std` have one element, or one a channel, or none at all;
    - (C4) no element of `std` is zero.

    ```mlir
    %0 = nn.normalize %image {layout = "NHWC", mean = array<f64: 0.5>, std = array<f64: 0.5>}
       : (tensor<?x32x32x3xui8>) -> tensor<?x3x32x32xf32>
    ```
  }];
  let arguments = (ins Nn_RawTensor:$input, DefaultValuedAttr<StrAttr, "\"NCHW\"">:$layout,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$mean, DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$std);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Nn_FoldScaleOp : Nn_Op<"fold_scale", [DeclareOpInterfaceMethods<Nn_ParameterOpInterface>, AllTypesMatch<["weight", "result"]>]> {
  let summary = "a weight with a batch norm's scale folded in";
  let description = [{
    w'[o, …] = w[o, …] · γ[o] / √(σ²[o] + ε).
  }];
  let arguments = (ins Nn_Tensor:$weight, Nn_Tensor:$gamma, Nn_Tensor:$variance, F64Attr:$eps);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Nn_FoldShiftOp : Nn_Op<"fold_shift", [DeclareOpInterfaceMethods<Nn_ParameterOpInterface>, AllTypesMatch<["beta", "result"]>]> {
  let summary = "a bias with a batch norm's shift folded in";
  let description = [{
    b'[o] = (b[o] − μ[o]) · γ[o] / √(σ²[o] + ε) + β[o]; without a bias b is 0.
  }];
  let arguments = (ins Nn_Tensor:$gamma, Nn_Tensor:$beta, Nn_Tensor:$mean, Nn_Tensor:$variance,
                       Optional<Nn_Tensor>:$bias, F64Attr:$eps);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def Nn_Conv2dOp : Nn_Layer<"conv2d", [Nn_ParametricLayer,
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
  let arguments = (ins Nn_Tensor:$input, Nn_Parameter:$weight, Optional<Nn_Parameter>:$bias,
                       Nn_Size:$kernel_size,
                       DefaultValuedAttr<Nn_Size, "{1, 1}">:$stride,
                       DefaultValuedAttr<Nn_Padding, "{0, 0, 0, 0}">:$padding,
                       DefaultValuedAttr<Nn_Size, "{1, 1}">:$dilation,
                       DefaultValuedAttr<Nn_PositiveInt, "1">:$groups);
  let keys = [Nn_Key<"out_channels", "positive", "", "number of filters">,
              Nn_Key<"bias", "bool", "true", "whether the layer adds a bias">];
}

def Nn_LinearOp : Nn_Layer<"linear", [Nn_ParametricLayer, DeclareOpInterfaceMethods<Nn_ContractionOpInterface>]> {
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
  let arguments = (ins Nn_Tensor:$input, Nn_Parameter:$weight, Optional<Nn_Parameter>:$bias);
  let keys = [Nn_Key<"out_features", "positive", "", "size of the result's last dimension">,
              Nn_Key<"bias", "bool", "true", "whether the layer adds a bias">];
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

class Nn_Activation<string mnemonic, Trait elementwise = Nn_Elementwise>
    : Nn_Layer<mnemonic, [Nn_PlainLayer, elementwise]> {
  let arguments = (ins Nn_Tensor:$input);
}

def Nn_ReluOp : Nn_Activation<"relu"> {
  let summary = "max(x, 0); NaN stays NaN";
}
def Nn_LeakyReluOp : Nn_Activation<"leaky_relu"> {
  let summary = "x where x ≥ 0, otherwise negative_slope · x";
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "0.01">:$negative_slope);
}
def Nn_SigmoidOp : Nn_Activation<"sigmoid", Nn_ElementwiseOffZero> {
  let summary = "1 / (1 + exp(−x))";
}
def Nn_TanhOp : Nn_Activation<"tanh"> {
  let summary = "hyperbolic tangent";
}
def Nn_EluOp : Nn_Activation<"elu"> {
  let summary = "x where x > 0, otherwise alpha · (exp(x) − 1)";
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "1.0">:$alpha);
}
def Nn_SiluOp : Nn_Activation<"silu"> {
  let summary = "x · sigmoid(x)";
}

class Nn_Normalizer<string mnemonic> : Nn_Layer<mnemonic, [Nn_CountedLayer]> {
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Int, "1">:$dim);
}
def Nn_SoftmaxOp : Nn_Normalizer<"softmax"> {
  let summary = "exp(x) / Σ exp(x) along `dim`";
  let description = [{
    Computed from x − max(x), so that it neither overflows nor loses the sum.
    A negative `dim` counts from the last dimension.

    Constraints:
    - (C1) `dim` names a dimension other than the batch.
  }];
}
def Nn_LogSoftmaxOp : Nn_Normalizer<"log_softmax"> {
  let summary = "x − log Σ exp(x) along `dim`";
  let description = [{
    Computed from x − max(x). A negative `dim` counts from the last dimension.

    Constraints:
    - (C1) `dim` names a dimension other than the batch.
  }];
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

def Nn_MaxPool2dOp : Nn_Layer<"max_pool2d", [Nn_CountedLayer,
    DeclareOpInterfaceMethods<Nn_WindowOpInterface, ["getWindowDilation"]>]> {
  let summary = "maximum over a window";
  let description = [{
    Elements outside the input do not take part. `stride` is the window's size
    unless given. NaN in a window gives NaN.

    Shape: as conv2d; with `ceil_mode` rounded up, except that the last window
    starts inside the input or its leading padding.

    Constraints:
    - (C1) the input has rank 4;
    - (C2) padding is at most half of the window;
    - (C3) the window, dilated, is no larger than the padded input.

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

def Nn_AvgPool2dOp : Nn_Layer<"avg_pool2d", [Nn_CountedLayer, DeclareOpInterfaceMethods<Nn_WindowOpInterface>]> {
  let summary = "mean over a window";
  let description = [{
    Divides by the number of elements of the window that lie in the padded input,
    or, without `count_include_pad`, in the input itself. `stride` is the window's
    size unless given.

    Shape and constraints as max_pool2d.
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Size:$kernel_size, Nn_Size:$stride,
                       DefaultValuedAttr<Nn_Padding, "{0, 0, 0, 0}">:$padding,
                       DefaultValuedAttr<Nn_Bool, "false">:$ceil_mode,
                       DefaultValuedAttr<Nn_Bool, "true">:$count_include_pad);
}

def Nn_GlobalAvgPool2dOp : Nn_Layer<"global_avg_pool2d", [Nn_CountedLayer]> {
  let summary = "mean over the plane: [N, C, H, W] → [N, C, 1, 1]";
  let description = [{
    Constraints:
    - (C1) the input has rank 4.
  }];
  let arguments = (ins Nn_Tensor:$input);
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

def Nn_BatchNorm2dOp : Nn_Layer<"batch_norm2d", [Nn_ParametricLayer, Nn_ElementwiseOffZero]> {
  let summary = "batch normalisation with running statistics";
  let description = [{
    (x − running_mean) / √(running_var + eps) · weight + bias, channel by channel
    (Ioffe and Szegedy 2015, algorithm 2). `momentum` matters to training alone.

    Constraints:
    - (C1) the input has rank 2 or more; its channels are dimension 1;
    - (C2) every parameter is [C].
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Parameter:$weight, Nn_Parameter:$bias,
                       Nn_Parameter:$running_mean, Nn_Parameter:$running_var,
                       DefaultValuedAttr<Nn_Float, "1e-5">:$eps,
                       DefaultValuedAttr<Nn_Float, "0.1">:$momentum);
}

def Nn_LocalResponseNormOp : Nn_Layer<"local_response_norm", [Nn_CountedLayer]> {
  let summary = "local response normalisation across channels";
  let description = [{
    x[c] / (k + alpha/size · Σ x[c']²)^beta, the sum over `size` channels around c
    (Krizhevsky et al. 2012, section 3.3, with PyTorch's alpha): from
    c − ⌊size/2⌋ to c + ⌊(size − 1)/2⌋, as far as they exist.

    Constraints:
    - (C1) the input has rank 3 or more.
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_PositiveInt:$size,
                       DefaultValuedAttr<Nn_Float, "1e-4">:$alpha,
                       DefaultValuedAttr<Nn_Float, "0.75">:$beta,
                       DefaultValuedAttr<Nn_Float, "1.0">:$k);
}

def Nn_DropoutOp : Nn_Layer<"dropout", [Nn_PlainLayer, Nn_InferenceIdentity]> {
  let summary = "drops elements in training; nothing at inference";
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Float, "0.5">:$p);
}

//===----------------------------------------------------------------------===//
// Shapes and joins
//===----------------------------------------------------------------------===//

def Nn_IdentityOp : Nn_Layer<"identity", [Nn_PlainLayer, Nn_InferenceIdentity]> {
  let summary = "its input";
  let arguments = (ins Nn_Tensor:$input);
}

def Nn_FlattenOp : Nn_Layer<"flatten", [Nn_PlainLayer]> {
  let summary = "dimensions start_dim to end_dim as one";
  let description = [{
    Constraints:
    - (C1) 1 ≤ start_dim ≤ end_dim < rank, negative values counted from the end;
      the batch stays by itself.
  }];
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<Nn_Int, "1">:$start_dim,
                       DefaultValuedAttr<Nn_Int, "-1">:$end_dim);
}

def Nn_ReshapeOp : Nn_Layer<"reshape", [Nn_PlainLayer]> {
  let summary = "the same elements in another shape";
  let description = [{
    `shape` names every dimension; the first one is the batch and is given as
    "batch" in a network file (ShapedType::kDynamic here) or as its number. One
    of the others may be -1.

    Constraints:
    - (C1) the first dimension is the input's batch;
    - (C2) at most one element is -1, all others are positive;
    - (C3) the number of elements of an item is that of the input's.
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Shape:$shape);
}

def Nn_ConcatOp : Nn_Layer<"concat", [Nn_PlainLayer]> {
  let summary = "its inputs one after the other along `dim`";
  let description = [{
    Constraints:
    - (C1) there is at least one input, and all have the same rank;
    - (C2) `dim` names a dimension other than the batch;
    - (C3) all other dimensions are equal.
  }];
  let arguments = (ins Variadic<Nn_Tensor>:$inputs, DefaultValuedAttr<Nn_Int, "1">:$dim);
}

class Nn_Binary<string mnemonic> : Nn_Layer<mnemonic, [Nn_PlainLayer, Nn_Elementwise, Commutative]> {
  let description = [{
    Shapes broadcast as in NumPy, aligned at the last dimension.

    Constraints:
    - (C1) dimensions are equal or one of them is 1;
    - (C2) the batch is that of both inputs where both reach it.
  }];
  let arguments = (ins Nn_Tensor:$lhs, Nn_Tensor:$rhs);
}
def Nn_AddOp : Nn_Binary<"add"> { let summary = "sum"; }
def Nn_MulOp : Nn_Binary<"mul"> { let summary = "product"; }

def Nn_PadOp : Nn_Layer<"pad", [Nn_PlainLayer]> {
  let summary = "constant border";
  let description = [{
    `padding` counts from the last dimension as F.pad does: [left, right, top,
    bottom, front, back …], two values a dimension; negative values crop.

    Constraints:
    - (C1) the number of values is even and reaches no further than dimension 1;
    - (C2) every dimension of the result is positive.
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Ints:$padding, DefaultValuedAttr<Nn_Float, "0.0">:$value);
}

#endif // DLC_DIALECTS_NN_OPS_TD
