// Ops of a training program as a whole, which no kernel holds: the state between its runs, and its phases.
#ifndef DLC_DIALECTS_NN_STATE_TD
#define DLC_DIALECTS_NN_STATE_TD

include "dialects/nn/NnDialect.td"

def Nn_VariableOp : Nn_Op<"variable", [Nn_OutsideKernels, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a tensor of the training state, as it is when the program begins";
  let description = [{
    The state belongs to the training session and outlives its runs: parameters,
    running statistics, gradients, what optimisers keep. `place` is the tensor's
    first byte in it, a multiple of 64. Before the first run the state is zero,
    but for the variables with an `initial` parameter, which begin with its values.

    Constraints:
    - (C1) `place` is a multiple of 64 and not negative;
    - (C2) the result is static, without encoding, and of the type of `initial`.

    ```mlir
    %0 = nn.parameter "conv1.weight" : tensor<6x1x5x5xf32>
    %1 = nn.variable %0 {place = 0 : i64} : (tensor<6x1x5x5xf32>) -> tensor<6x1x5x5xf32>
    ```
  }];
  let arguments = (ins Optional<Nn_Tensor>:$initial, I64Attr:$place);
  let results = (outs Nn_Tensor:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Nn_AssignOp : Op<Nn_Dialect, "assign", [Nn_OutsideKernels]> {
  let summary = "what a tensor of the training state is when the program has ended";
  let description = [{
    Constraints:
    - (C1) `place` is a multiple of 64 and not negative;
    - (C2) the value is static.

    ```mlir
    nn.assign %gradient {place = 4096 : i64} : tensor<6x1x5x5xf32>
    ```
  }];
  let arguments = (ins Nn_Tensor:$value, I64Attr:$place);
  let assemblyFormat = "$value attr-dict `:` type($value)";
  let hasVerifier = 1;
}

def Nn_BackwardOp : Op<Nn_Dialect, "backward", [Nn_OutsideKernels]> {
  let summary = "where the backward phase begins";
  let description = [{
    What stands before it computes the network's outputs and the loss, and can be
    run by itself.

    ```mlir
    nn.backward
    ```
  }];
  let assemblyFormat = "attr-dict";
}

#endif // DLC_DIALECTS_NN_STATE_TD
