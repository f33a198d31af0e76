// What the tuner may ask of a schedule: each family brings its space along.
#ifndef DLC_DIALECTS_KERNEL_INTERFACES_TD
#define DLC_DIALECTS_KERNEL_INTERFACES_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/Interfaces.td"

def Kernel_ScheduleInterface : AttrInterface<"ScheduleInterface"> {
  let description = [{
    A schedule: an attribute of numbers and enumerators, of which the tuner tries
    others. Values are in the order of the attribute's parameters.
  }];
  let cppNamespace = "::dlc::kernel";
  let methods = [
    InterfaceMethod<[{
        The schedule's parameters and the values of each that are worth trying for
        this kernel, ascending; one value where there is nothing to choose.
      }],
      "::llvm::SmallVector<::dlc::kernel::ScheduleParameter>", "getSpace",
      (ins "::mlir::Operation *":$func, "const ::dlc::kernel::Machine &":$machine)>,
    InterfaceMethod<"The values of this schedule.", "::llvm::SmallVector<int64_t>", "getValues">,
    InterfaceMethod<"The schedule of the same family with these values.",
      "::mlir::Attribute", "withValues", (ins "::llvm::ArrayRef<int64_t>":$values)>,
    InterfaceMethod<[{
        Whether these values go together: their tile fits the registers, or the
        memory that a block's threads share.
      }],
      "bool", "isFeasible", (ins "::mlir::Operation *":$func, "const ::dlc::kernel::Machine &":$machine)>,
  ];
}

#endif // DLC_DIALECTS_KERNEL_INTERFACES_TD
