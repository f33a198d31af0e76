// The pass of this room.
#ifndef DLC_COMPILER_MEMORY_PASSES_TD
#define DLC_COMPILER_MEMORY_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlanMemory : Pass<"kernel-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every tensor its place";
  let description = [{
    Sets the `storage` of every launch, concat, view and pack of the network.
    Inputs and outputs lie in the caller's buffers, all else in one arena, where
    tensors that are never live together share bytes. No byte is copied where
    layouts allow: the inputs of a concat lie inside of its result, a view shares
    its input's storage, the result of an elementwise kernel takes the place of
    an operand that nobody reads any more. Where that is impossible (a tensor
    that is wanted in two places) a copying kernel is inserted.

    What is assigned to the training state is written there at once where nobody
    reads the old value afterwards, and else copied there in the end; initial
    values lie in the weights in one piece, as they do in the state.

    Sizes are those of one item of the batch, rounded up to 64 bytes; places
    scale with the batch. Tensors whose batch is fixed follow behind. Packed
    parameters follow one another in the weights, in the order of their use;
    other ops that make a parameter get their place as `kernel.storage`.

    On the function: `kernel.arena_scaled_bytes` (times the batch),
    `kernel.arena_bytes` (the fixed rest) and `kernel.weights_bytes`. Together
    with `kernel.live_bytes`, the most that is live at any one step for one item,
    they say how good the packing is. The weights are those of all functions of the
    module; `kernel.state_weights` is where the state's initial values begin. They
    begin at the module's `kernel.weights_begin`, where it has one: what is before,
    the state's initial values among it, belongs to the network as it is compiled
    for the machine.
  }];
  let dependentDialects = ["::dlc::kernel::KernelDialect", "::dlc::nn::NnDialect"];
}

#endif // DLC_COMPILER_MEMORY_PASSES_TD
