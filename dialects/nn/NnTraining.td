// Ops of training programs, which no network file names: what gradients, losses and optimisers are made of.
//
// As for layers, tensors are logical NCHW, the first dimension of an activation
// is the batch and may be dynamic. Types of results are written out, as some of
// them (a gradient has the shape of what it is the gradient of) follow from
// nothing else.
#ifndef DLC_DIALECTS_NN_TRAINING_TD
#define DLC_DIALECTS_NN_TRAINING_TD

include "dialects/nn/NnState.td"

/// Class indices of a loss, positions in a window, or words of a random number's key.
def Nn_IndexTensor : RankedTensorOf<[I32, SI32, UI8, UI32]>;

class Nn_TrainingOp<string mnemonic, list<Trait> traits = [], Trait layer = Nn_PlainLayer>
    : Nn_Op<mnemonic, !listconcat([layer], traits)> {
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Nn_FillOp : Nn_TrainingOp<"fill"> {
  let summary = "a static tensor of equal elements";
  let description = [{
    Constraints:
    - (C1) the result is static.

    ```mlir
    %0 = nn.fill {value = 1.0 : f64} : () -> tensor<1xf32>
    ```
  }];
  let arguments = (ins F64Attr:$value);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// All operands and the result are of one shape and element type.
class Nn_ElementwiseTrainingOp<string mnemonic, Trait elementwise = Nn_Elementwise, list<Trait> traits = []>
    : Nn_TrainingOp<mnemonic, !listconcat([elementwise], traits)> {
  let extraClassDefinition = "::llvm::LogicalResult $cppClass::verify() { return ::dlc::nn::verifySameShapes(*this); }";
}

def Nn_AffineOp : Nn_ElementwiseTrainingOp<"affine", Nn_ElementwiseOffZero, [Nn_Differentiable]> {
  let summary = "scale · x + offset";
  let description = [{
    ```mlir
    %1 = nn.affine %0 {scale = -1.0 : f64, offset = 1.0 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, DefaultValuedAttr<F64Attr, "1.0">:$scale, DefaultValuedAttr<F64Attr, "0.0">:$offset);
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "double":$scale, CArg<"double", "0">:$offset), [{
    build($_builder, $_state, input.getType(), input, $_builder.getF64FloatAttr(scale), $_builder.getF64FloatAttr(offset));
  }]>];
}
def Nn_PowerOp : Nn_ElementwiseTrainingOp<"power", Nn_ElementwiseOffZero> {
  let summary = "x to the power of `exponent`";
  let description = [{
    ```mlir
    %1 = nn.power %0 {exponent = 0.5 : f64} : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, F64Attr:$exponent);
}
def Nn_ExpOp : Nn_ElementwiseTrainingOp<"exp", Nn_ElementwiseOffZero> {
  let summary = "e to the power of x";
  let description = [{
    ```mlir
    %1 = nn.exp %0 : (tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input);
}
def Nn_LeakyReluGradOp : Nn_ElementwiseTrainingOp<"leaky_relu_grad"> {
  let summary = "dy where x > 0 or is NaN, otherwise negative_slope · dy, which is 0 where the slope is";
  let description = [{
    ```mlir
    %1 = nn.leaky_relu_grad %dy, %x {negative_slope = 0.01 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, F64Attr:$negative_slope);
}
def Nn_EluGradOp : Nn_ElementwiseTrainingOp<"elu_grad"> {
  let summary = "dy where the layer's result y > 0 or is NaN, otherwise dy · (y + alpha)";
  let description = [{
    ```mlir
    %1 = nn.elu_grad %dy, %y {alpha = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$output, F64Attr:$alpha);
}
def Nn_ClampGradOp : Nn_ElementwiseTrainingOp<"clamp_grad"> {
  let summary = "dy where min ≤ x ≤ max or x is NaN, otherwise 0";
  let description = [{
    ```mlir
    %1 = nn.clamp_grad %dy, %x {min = -1.0 : f64, max = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, F64Attr:$min, F64Attr:$max);
}
def Nn_BinaryCrossEntropyOp : Nn_ElementwiseTrainingOp<"binary_cross_entropy", Nn_ElementwiseOffZero, [Nn_Differentiable]> {
  let summary = "−(t · max(log p, −100) + (1 − t) · max(log(1 − p), −100))";
  let description = [{
    ```mlir
    %1 = nn.binary_cross_entropy %p, %t : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Tensor:$target);
}
def Nn_BinaryCrossEntropyGradOp : Nn_ElementwiseTrainingOp<"binary_cross_entropy_grad", Nn_ElementwiseOffZero> {
  let summary = "dy · (p − t) / max(p · (1 − p), 1e-12)";
  let description = [{
    ```mlir
    %1 = nn.binary_cross_entropy_grad %dy, %p, %t : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, Nn_Tensor:$target);
}

def Nn_RandomDropoutOp : Nn_TrainingOp<"random_dropout", [Nn_Elementwise, Nn_Differentiable]> {
  let summary = "x / (1 − p) with probability 1 − p, otherwise 0";
  let description = [{
    Which elements are dropped is a function of `key`, `stream` (the number of the
    layer) and the element's place alone: Philox-4x32-10 (Salmon et al. 2011). The
    words of its counter are the element's row-major index within the item, the
    item, and the number of the step, words 2 and 3 of `key`, to the last of which
    `stream` is added; its key is words 0 and 1. Each element takes the first word
    of its own block, and stays where that is at least p · 2^32. So the layer's
    gradient is the same op on dy.

    Constraints:
    - (C1) the result is like the input;
    - (C2) `p` is at least 0 and at most 1; with 1 the result is 0;
    - (C3) the key is tensor<4xui32>.

    ```mlir
    %1 = nn.random_dropout %0, %key {p = 0.5 : f64, stream = 0 : i64} : (tensor<?x6x14x14xf32>, tensor<4xui32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_IndexTensor:$key, F64Attr:$p, I64Attr:$stream);
}

//===----------------------------------------------------------------------===//
// Sums, and their inverse
//===----------------------------------------------------------------------===//

def Nn_ReduceOp : Nn_TrainingOp<"reduce", [Nn_Differentiable], Nn_CountedLayer> {
  let summary = "sum or mean over dimensions";
  let description = [{
    The sum over `dims`, which are increasing, or the mean where `mean` is set.
    They become 1 where `keep` is set and are left out otherwise; where nothing is
    left, the result is [1]. Summed in an order that depends on the shape alone.

    Constraints:
    - (C1) `dims` are increasing dimensions of the input;
    - (C2) the result has the shape that follows.

    ```mlir
    %1 = nn.reduce %0 {dims = array<i64: 0, 2, 3>} : (tensor<?x6x28x28xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, DenseI64ArrayAttr:$dims, UnitAttr:$mean, UnitAttr:$keep);
}

def Nn_ExpandOp : Nn_TrainingOp<"expand"> {
  let summary = "the gradient of nn.reduce: each element where its summands were";
  let description = [{
    `like` is what was reduced; only its shape matters. Where `mean` is set, the
    result is divided by the number of elements that were averaged.

    Constraints:
    - (C1) the result is like `like`;
    - (C2) the input has the shape of `like` reduced.

    ```mlir
    %1 = nn.expand %dy, %x {dims = array<i64: 0, 2, 3>, mean} : (tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Tensor:$like, DenseI64ArrayAttr:$dims, UnitAttr:$mean, UnitAttr:$keep);
}

//===----------------------------------------------------------------------===//
// Contractions
//===----------------------------------------------------------------------===//

def Nn_TransposeWeightOp : Nn_TrainingOp<"transpose_weight", [Nn_ParameterShaped]> {
  let summary = "the weight that takes the gradient of a contraction's result to that of its input";
  let description = [{
    For [O, I/groups, kh, kw]: result[g·I/groups + i, o, y, x] = weight[g·O/groups + o, i, kh − 1 − y, kw − 1 − x].
    For [O, I]: its transpose.

    Constraints:
    - (C1) the weight has rank 2 or 4; O is a multiple of `groups`, which is 1 for rank 2;
    - (C2) the result has the shape that follows.

    ```mlir
    %1 = nn.transpose_weight %w : (tensor<16x6x5x5xf32>) -> tensor<6x16x5x5xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$weight, DefaultValuedAttr<I64Attr, "1">:$groups);
}

def Nn_DilateOp : Nn_TrainingOp<"dilate"> {
  let summary = "zeros between the pixels of a plane";
  let description = [{
    result[…, y·sh, x·sw] = input[…, y, x]; all else is 0. The result may end with
    further rows and columns of zeros.

    Constraints:
    - (C1) input and result have rank 4 and agree in batch and channels;
    - (C2) the result's plane holds the last of the input's pixels.

    ```mlir
    %1 = nn.dilate %0 {stride = array<i64: 2, 2>} : (tensor<?x6x7x7xf32>) -> tensor<?x6x13x13xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, DenseI64ArrayAttr:$stride);
}

def Nn_Conv2dGradWeightOp : Nn_TrainingOp<"conv2d_grad_weight", [Nn_ParameterShaped], Nn_CountedLayer> {
  let summary = "the gradient of a convolution's weight";
  let description = [{
    dw[o, i, ky, kx] = Σ over n, y, x of dy[n, o, y, x] · input[n, g·I/groups + i, y·sh + ky·dh − top, x·sw + kx·dw − left],
    g the group of o, with zeros outside the input. Summed in an order that depends on the shapes alone.

    Constraints:
    - (C1) input, gradient and result have rank 4;
    - (C2) the result is [O, I/groups, kh, kw];
    - (C3) `kernel_size`, `stride` and `dilation` are positive pairs, `padding` four numbers that are not negative.

    ```mlir
    %1 = nn.conv2d_grad_weight %x, %dy {kernel_size = array<i64: 5, 5>, stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>,
         dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<?x6x14x14xf32>, tensor<?x16x10x10xf32>) -> tensor<16x6x5x5xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Tensor:$gradient, DenseI64ArrayAttr:$kernel_size, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, I64Attr:$groups);
}

def Nn_LinearGradWeightOp : Nn_TrainingOp<"linear_grad_weight", [Nn_ParameterShaped], Nn_CountedLayer> {
  let summary = "the gradient of a linear layer's weight";
  let description = [{
    dw[o, i] = Σ dy[…, o] · input[…, i] over all dimensions but the last.

    Constraints:
    - (C1) input and gradient agree in all dimensions but the last;
    - (C2) the result is [O, I].

    ```mlir
    %1 = nn.linear_grad_weight %x, %dy : (tensor<?x84xf32>, tensor<?x10xf32>) -> tensor<10x84xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Tensor:$gradient);
}

//===----------------------------------------------------------------------===//
// Pools
//===----------------------------------------------------------------------===//

def Nn_MaxPool2dArgmaxOp : Nn_Op<"max_pool2d_argmax", [Nn_CountedLayer,
    DeclareOpInterfaceMethods<Nn_WindowOpInterface, ["getWindowDilation"]>]> {
  let summary = "where in each window the maximum is";
  let description = [{
    The row-major number within the window of its greatest element, the first one
    of several; a NaN is greater than all numbers, and the last of several NaN
    counts, as in PyTorch.

    Constraints:
    - (C1) the result has the shape of the pool's result; ui8 where windows have at most 256 elements, i32 otherwise;
    - (C2) `kernel_size`, `stride` and `dilation` are positive pairs, `padding` four numbers that are not negative.

    ```mlir
    %1 = nn.max_pool2d_argmax %x {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x14x14xf32>) -> tensor<?x6x7x7xui8>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, DenseI64ArrayAttr:$kernel_size, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation);
  let results = (outs Nn_IndexTensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Nn_MaxPool2dGradOp : Nn_TrainingOp<"max_pool2d_grad", [], Nn_CountedLayer> {
  let summary = "the gradient of max_pool2d: each window's goes to its maximum";
  let description = [{
    Constraints:
    - (C1) gradient and `argmax` have the same shape of rank 4;
    - (C2) the result agrees with them in batch and channels;
    - (C3) `kernel_size`, `stride` and `dilation` are positive pairs, `padding` four numbers that are not negative.

    ```mlir
    %1 = nn.max_pool2d_grad %dy, %argmax {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>} : (tensor<?x6x7x7xf32>, tensor<?x6x7x7xui8>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_IndexTensor:$argmax, DenseI64ArrayAttr:$kernel_size,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation);
}

def Nn_AvgPool2dGradOp : Nn_TrainingOp<"avg_pool2d_grad", [], Nn_CountedLayer> {
  let summary = "the gradient of avg_pool2d: each window's is shared out among its elements";
  let description = [{
    Constraints:
    - (C1) gradient and result have rank 4 and agree in batch and channels;
    - (C2) `kernel_size` and `stride` are positive pairs, `padding` four numbers that are not negative.

    ```mlir
    %1 = nn.avg_pool2d_grad %dy {kernel_size = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, count_include_pad = true} : (tensor<?x6x7x7xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, DenseI64ArrayAttr:$kernel_size, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, BoolAttr:$count_include_pad);
}

//===----------------------------------------------------------------------===//
// Normalisation
//===----------------------------------------------------------------------===//

def Nn_BatchVarianceOp : Nn_TrainingOp<"batch_variance", [], Nn_CountedLayer> {
  let summary = "the variance of each channel over batch and plane, divided by the number of its elements";
  let description = [{
    Constraints:
    - (C1) the input has rank 2 or more; mean and result are [C].

    ```mlir
    %1 = nn.batch_variance %x, %mean : (tensor<?x6x14x14xf32>, tensor<6xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$input, Nn_Tensor:$mean);
}

def Nn_RunningAverageOp : Nn_TrainingOp<"running_average", [Nn_ElementwiseOffZero]> {
  let summary = "(1 − momentum) · running + momentum · batch";
  let description = [{
    Where `unbiased` is set, the batch's value is a variance and is first multiplied by
    M / (M − 1), M the number of elements of a channel of `like`, of which only the
    shape matters (M = 1 gives what PyTorch gives, a quotient by zero).

    Constraints:
    - (C1) running, batch and result are [C], C the channels of `like`.

    ```mlir
    %1 = nn.running_average %running, %variance, %x {momentum = 0.1 : f64, unbiased} : (tensor<6xf32>, tensor<6xf32>, tensor<?x6x14x14xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$running, Nn_Tensor:$batch, Nn_Tensor:$like, F64Attr:$momentum, UnitAttr:$unbiased);
}

def Nn_BatchNorm2dGradWeightOp : Nn_TrainingOp<"batch_norm2d_grad_weight", [], Nn_CountedLayer> {
  let summary = "Σ dy · (x − mean) / √(var + eps), channel by channel";
  let description = [{
    Constraints:
    - (C1) gradient and input have one shape of rank 2 or more;
    - (C2) mean, variance and result are [C].

    ```mlir
    %1 = nn.batch_norm2d_grad_weight %dy, %x, %mean, %variance {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, Nn_Tensor:$mean, Nn_Tensor:$variance, F64Attr:$eps);
}

def Nn_BatchNorm2dGradInputOp : Nn_TrainingOp<"batch_norm2d_grad_input", [Nn_ElementwiseOffZero]> {
  let summary = "the gradient of a batch norm's input, where the statistics are the batch's";
  let description = [{
    w / √(var + eps) · (dy − db / M − x̂ · dw / M), where x̂ = (x − mean) / √(var + eps),
    dw and db are the gradients of weight and bias and M is the number of elements
    of a channel (Ioffe and Szegedy 2015, section 3).

    Constraints:
    - (C1) gradient, input and result have one shape of rank 2 or more;
    - (C2) all others are [C].

    ```mlir
    %1 = nn.batch_norm2d_grad_input %dy, %x, %w, %mean, %variance, %dw, %db {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, Nn_Tensor:$weight, Nn_Tensor:$mean, Nn_Tensor:$variance,
                       Nn_Tensor:$grad_weight, Nn_Tensor:$grad_bias, F64Attr:$eps);
}

def Nn_BatchNorm2dScaleOp : Nn_TrainingOp<"batch_norm2d_scale", [Nn_Elementwise]> {
  let summary = "dy · w / √(var + eps): the gradient of a batch norm's input, where the statistics are constants";
  let description = [{
    Constraints:
    - (C1) gradient and result have one shape of rank 2 or more; all others are [C].

    ```mlir
    %1 = nn.batch_norm2d_scale %dy, %w, %variance {eps = 1.0e-5 : f64} : (tensor<?x6x14x14xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$weight, Nn_Tensor:$variance, F64Attr:$eps);
}

def Nn_LocalResponseNormGradOp : Nn_TrainingOp<"local_response_norm_grad", [], Nn_CountedLayer> {
  let summary = "the gradient of local_response_norm";
  let description = [{
    With s[c] = k + alpha/size · Σ x[c']² as in the layer:
    dx[c] = dy[c] · s[c]^−beta − 2 · alpha · beta / size · x[c] · Σ dy[c'] · x[c'] · s[c']^(−beta − 1),
    the last sum over the channels c' whose windows hold c.

    Constraints:
    - (C1) gradient, input and result have one shape of rank 3 or more.

    ```mlir
    %1 = nn.local_response_norm_grad %dy, %x {size = 5 : i64, alpha = 1.0e-4 : f64, beta = 0.75 : f64, k = 1.0 : f64} : (tensor<?x6x14x14xf32>, tensor<?x6x14x14xf32>) -> tensor<?x6x14x14xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, I64Attr:$size, F64Attr:$alpha, F64Attr:$beta, F64Attr:$k);
}

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

class Nn_NllLoss<string mnemonic, string operands, string types, string result, list<Trait> traits = []>
    : Nn_TrainingOp<mnemonic, traits> {
  let description = [{
    For log-probabilities x [N, C, …], classes t [N, …] and weights w (all 1 where
    there are none), with s the label smoothing, the loss of one place is
    −(1 − s) · w[t] · x[t] − s/C · Σ w[c] · x[c]; the result is the sum over all
    places, divided where `mean` is set by Σ w[t]. (cross_entropy of PyTorch, which
    reads logits, is this one behind log_softmax.) A class that is not from 0 to
    C − 1 makes the loss NaN.

    Constraints:
    - (C1) the input has rank 2 or more; `target` has its shape without dimension 1; `class_weights` is [C];
    - (C2) the loss resp. its gradient is [1].

    ```mlir
    %1 = nn.}] # mnemonic # " " # operands # [{ {label_smoothing = 0.0 : f64, mean} : (}] # types # ") -> " # result # [{
    ```
  }];
}
def Nn_NllLossOp : Nn_NllLoss<"nll_loss", "%x, %t", "tensor<?x10xf32>, tensor<?xi32>", "tensor<1xf32>", [Nn_Differentiable]> {
  let summary = "negative log-likelihood: [1]";
  let arguments = (ins Nn_Tensor:$input, Nn_IndexTensor:$target, Optional<Nn_Tensor>:$class_weights,
                       F64Attr:$label_smoothing, UnitAttr:$mean);
}
def Nn_NllLossGradOp : Nn_NllLoss<"nll_loss_grad", "%dy, %x, %t", "tensor<1xf32>, tensor<?x10xf32>, tensor<?xi32>", "tensor<?x10xf32>"> {
  let summary = "the gradient of nll_loss's input, times the loss' own gradient [1]; only the shape of the input matters";
  let arguments = (ins Nn_Tensor:$gradient, Nn_Tensor:$input, Nn_IndexTensor:$target, Optional<Nn_Tensor>:$class_weights,
                       F64Attr:$label_smoothing, UnitAttr:$mean);
}

#endif // DLC_DIALECTS_NN_TRAINING_TD
