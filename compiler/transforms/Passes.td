// The passes of this room, in the order in which the pipeline runs them.
#ifndef DLC_COMPILER_TRANSFORMS_PASSES_TD
#define DLC_COMPILER_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def BuildTraining : Pass<"nn-build-training", "::mlir::ModuleOp"> {
  let summary = "Build the functions that train a network, beside it";
  let description = [{
    From the network `@net`, as it was imported, and its `nn.training`:

    - `@net.step`: the forward pass with each layer in its form in training
      (statistics of the batch, dropout), the loss and, behind `nn.backward`, the
      gradients of all that is trained. It takes the network's inputs, the losses'
      targets and, where a layer draws, the key of its random numbers; it returns
      the network's outputs, the loss and the gradients of those inputs that
      require one. Without a loss it takes the gradients of the outputs instead.
    - `@net.update`: one step of the optimiser; its arguments are the
      hyper-parameters.
    - `@net.predict`: the network at inference. With `evaluates-loss` it takes
      the targets and returns the loss, too.

    Parameters, gradients and what the optimiser keeps are variables of a state
    that outlives the runs; `nn.state` and `nn.slots` say where they lie.
  }];
  let options = [Option<"evaluatesLoss", "evaluates-loss", "bool", "false",
                        "The prediction returns the loss, too">];
  let dependentDialects = ["::dlc::nn::NnDialect"];
}

class NetworkPass<string argument> : Pass<argument, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::dlc::nn::NnDialect"];
}

def UseDouble : NetworkPass<"nn-use-double"> {
  let summary = "Compute in f64";
  let description = [{
    Every tensor of f32 becomes one of f64, inputs, outputs and parameters alike.
    Kernels are then simple ones. Networks that convert raw values of the program
    are refused.
  }];
}

def ExposeLogits : NetworkPass<"nn-expose-logits"> {
  let summary = "Return what goes into a final softmax, too";
  let description = [{
    For every result `y` of the network that a layer with the trait TakesLogits
    (softmax, log_softmax) computes, appends that layer's operand as a result
    called `y.logits`. Two programs whose probabilities are all 0 and 1 agree
    whatever they computed before; their logits do not.
  }];
}

def ExposeLayers : NetworkPass<"nn-expose-layers"> {
  let summary = "Return every layer's result";
  let description = [{
    Appends what each layer computes, in their order, to the network's results,
    called as the layer. Whoever runs it sees where a value first goes wrong.
  }];
}

def DropInferenceIdentity : NetworkPass<"nn-drop-inference-identity"> {
  let summary = "Drop layers that do nothing at inference";
  let description = [{
    Replaces every layer with the trait InferenceIdentity (dropout, identity) by
    its input.
  }];
}

def FoldBatchNorm : NetworkPass<"nn-fold-batch-norm"> {
  let summary = "Fold batch norm into the convolution or linear layer before it";
  let description = [{
    A batch norm over the channels of a contraction whose result nobody else reads
    is a scale of the weight and a shift of the bias:

    ```mlir
    %1 = nn.conv2d %0, %w …
    %2 = nn.batch_norm2d %1, %gamma, %beta, %mean, %variance
    // becomes
    %w1 = nn.fold_scale %w, %gamma, %variance
    %b1 = nn.fold_shift %gamma, %beta, %mean, %variance
    %2 = nn.conv2d %0, %w1, %b1 …
    ```

    The parameters themselves stay as they are: another layer may share them.
  }];
}

def FoldPad : NetworkPass<"nn-fold-pad"> {
  let summary = "Fold zero padding of the plane into the window that reads it";
  let description = [{
    A convolution that reads `nn.pad` with zeros around the plane takes the border
    as its own padding, and so does an average pool that counts the border,
    unless its size is rounded up. Other readers of the pad keep it.
  }];
}

def FlattenConcat : NetworkPass<"nn-flatten-concat"> {
  let summary = "Make a concat of concats one concat";
  let description = [{
    An input of a concat that is itself a concat along the same dimension, and is
    read by nobody else, gives its own inputs instead.
  }];
}

def LinearToConv2d : NetworkPass<"nn-linear-to-conv2d"> {
  let summary = "Turn a linear layer over a flattened plane into a convolution";
  let description = [{
    A linear layer over the flattened [N, C, H, W] is a convolution whose window is
    the whole plane. As such it reads the tensor in whatever layout its producer
    writes, instead of forcing it to be row-major:

    ```mlir
    %1 = nn.flatten %0 : [N, C, H, W] → [N, C·H·W]
    %2 = nn.linear %1, %w, %b
    // becomes
    %w1 = nn.reshape %w : [O, C·H·W] → [O, C, H, W]
    %1 = nn.conv2d %0, %w1, %b {kernel_size = [H, W]} : [N, O, 1, 1]
    %2 = nn.flatten %1
    ```

    Unary elementwise layers that follow move before the flatten, so that they
    still fuse. Inputs of the network, which are row-major, are left alone, and
    so are planes of one pixel, whose flattening moves nothing.
  }];
}

#endif // DLC_COMPILER_TRANSFORMS_PASSES_TD
