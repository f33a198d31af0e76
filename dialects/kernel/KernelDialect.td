// The kernel dialect: what will run.
#ifndef DLC_DIALECTS_KERNEL_DIALECT_TD
#define DLC_DIALECTS_KERNEL_DIALECT_TD

include "mlir/IR/OpBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::dlc::kernel";
  let summary = "Fused kernels, the layouts of their tensors and their schedules";
  let description = [{
    A `kernel.func` holds a region of nn ops that becomes one compiled function;
    `kernel.launch` calls it. The storage of a tensor is its type's encoding
    (none: row-major); how a kernel computes is its `schedule` attribute; where a
    result lies in memory is the `storage` attribute of its launch. All of it is
    data: printed, read back, searched and edited.
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void registerAttributes();";
}

#endif // DLC_DIALECTS_KERNEL_DIALECT_TD
