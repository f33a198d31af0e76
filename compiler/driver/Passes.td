// The pass of this room.
#ifndef DLC_COMPILER_DRIVER_PASSES_TD
#define DLC_COMPILER_DRIVER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerToDriver : Pass<"kernel-lower-to-driver", "::mlir::ModuleOp"> {
  let summary = "Turn a planned network into the model of the runtime's ABI";
  let description = [{
    Replaces the network by what runtime/include/dlc/model.h describes: the table
    of numbers, the string pool, the function that launches the kernels in order
    on prebuilt descriptors, and the `dlc_model` that holds them together and is
    all that is visible from outside, as `NAME_model`.

    Wants the storage that --kernel-plan-memory gives. Of each kernel's
    `kernel.scratch` ({worker, caller, caller_scaled, parallel}: bytes of scratch,
    the last times the batch, and whether there are parallel loops), where there
    is one, goes into the table what the session must provide.
    `kernel.weights_file` on the module names a file of weights outside the object.

    The models of a module whose target has a device are `NAME.DEVICE.model`; the
    module of the machine that launches lists them, for the devices in its
    `kernel.devices`, and has the weights of all.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

#endif // DLC_COMPILER_DRIVER_PASSES_TD
