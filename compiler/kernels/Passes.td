// The passes of this room, in the order in which the pipeline runs them.
#ifndef DLC_COMPILER_KERNELS_PASSES_TD
#define DLC_COMPILER_KERNELS_PASSES_TD

include "mlir/Pass/PassBase.td"

class KernelPass<string argument> : Pass<argument, "::mlir::ModuleOp"> {
  let dependentDialects = ["::dlc::nn::NnDialect", "::dlc::kernel::KernelDialect"];
}

class KernelFlag<string name, string effect> : Option<name, name, "bool", /*default=*/"false", effect>;
def Exact : KernelFlag<"exact", "Forbid kernels that round differently from a plain sum (Winograd)">;

def Fuse : KernelPass<"kernel-fuse"> {
  let summary = "Group layers into kernels";
  let description = [{
    Every layer becomes part of a `kernel.func`, which a `kernel.launch` calls; all
    tensors are row-major. A group is
    - a contraction, before it the conversion of the program's raw values where
      it alone reads them, after it elementwise layers, after them a pool where
      the cost model says that it pays, and elementwise layers again;
    - or elementwise layers, and a pool whose windows do not overlap;
    - or a pool and elementwise layers;
    - or one layer.
    Elementwise layers join as long as nobody outside the group reads what is
    inside it. Layers that move nothing (flatten, reshape) and concats stay outside:
    layouts decide what becomes of them. Kernels that are alike are emitted once.

    A launch's `layers` are the names of the layers that it runs. Where the module
    has no `kernel.target`, costs are those of 16 lanes and 32 registers.
  }];
  let options = [Exact, KernelFlag<"plain", "One kernel a layer">];
}

def AssignLayouts : KernelPass<"kernel-assign-layouts"> {
  let summary = "Choose how every tensor is stored";
  let description = [{
    Tensors between kernels are blocked by the lanes of `kernel.target`; inputs and
    outputs of the network are row-major, and so are tensors of few channels
    between kernels that read and write row-major rows. A blocked tensor's halo is
    the greatest padding that a convolution reading it wants. Weights and biases
    go through `kernel.pack` into the form that the kernel's algorithm reads,
    which is thereby chosen.

    A concat along the channels becomes `kernel.concat` where its inputs can be
    written in place, otherwise a copying kernel; layers that move nothing become
    `kernel.view`. A tensor that is wanted both ways is repacked by a kernel.

    Where the target has a device, all is row-major, and weights stay as they are.

    A kernel that is launched with different layouts is emitted once for each. A
    `schedule` that a kernel has already decides its algorithm.
  }];
  let options = [Exact, KernelFlag<"plain", "Everything row-major, weights as they are">];
}

def SelectSchedules : KernelPass<"kernel-select-schedules"> {
  let summary = "Give every kernel a schedule";
  let description = [{
    Sets `schedule` on kernels that have none, by the cost model's rules for the
    machine in `kernel.target`. The algorithm is that of the weights' form. Kernels
    for a device get tiles where they multiply, else a thread for each result.
    With `costs`, the nanoseconds that one thread is expected to take for one item of the
    batch are kept as `kernel.cost`.
  }];
  let options = [KernelFlag<"plain", "Every kernel pointwise">,
                 KernelFlag<"costs", "Keep the estimated time of each kernel">];
}

def ApplyTuning : KernelPass<"kernel-apply-tuning"> {
  let summary = "Give kernels what a tuner has found best for them";
  let description = [{
    The module's `kernel.tuning`, which goes, maps signatures of kernels to
    choices: {schedule}, {weights}, the form that the contraction's weight is
    packed in where there are several, and {split} where the pool and what follows
    it become a kernel of their own. A choice that is none of the kernel's space is
    passed over with a warning. With `signatures`, these are kept as
    `kernel.signature`, and with `spaces`, what can be chosen, the cost model's
    choice first, as `kernel.space`.
  }];
  let options = [Exact, KernelFlag<"signatures", "Keep the signature of each kernel">,
                 KernelFlag<"spaces", "Keep what can be chosen for each kernel">];
}

#endif // DLC_COMPILER_KERNELS_PASSES_TD
