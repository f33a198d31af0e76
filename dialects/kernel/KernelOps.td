// Kernels, their launches, and the views and packings between them.
#ifndef DLC_DIALECTS_KERNEL_OPS_TD
#define DLC_DIALECTS_KERNEL_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/kernel/KernelAttrs.td"

class Kernel_Op<string mnemonic, list<Trait> traits = []> : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_FuncOp : Kernel_Op<"func", [Symbol, IsolatedFromAbove, SingleBlock]> {
  let summary = "a fused kernel";
  let description = [{
    One block of nn ops from the arguments to `kernel.return`. Argument and result
    types carry the layouts; values inside do not. `items` is how many items of an
    open batch the kernel is expected to run at once; 1 unless given.

    Constraints:
    - (C1) the block's arguments are the function type's inputs;
    - (C2) `kernel.return` has the function type's results up to encodings.

    ```mlir
    kernel.func private @relu(%x: tensor<?x64x56x56xf32, #kernel.blocked<16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>>
        attributes {schedule = #kernel.pointwise<lanes = 16>} {
      %0 = nn.relu %x : (tensor<?x64x56x56xf32, #kernel.blocked<16>>) -> tensor<?x64x56x56xf32>
      kernel.return %0 : tensor<?x64x56x56xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<StrAttr>:$sym_visibility, OptionalAttr<AnyAttr>:$schedule,
                       OptionalAttr<I64Attr>:$items);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type)>];
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    ReturnOp getReturn();
  }];
}

def Kernel_ReturnOp : Kernel_Op<"return", [Terminator, Pure, HasParent<"FuncOp">]> {
  let summary = "what a kernel computes";
  let arguments = (ins Variadic<AnyRankedTensor>:$operands);
  let assemblyFormat = "attr-dict ($operands^ `:` type($operands))?";
}

def Kernel_LaunchOp : Kernel_Op<"launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    `storage`, where memory is planned, says where each result lies.

    Constraints:
    - (C1) the callee is a kernel.func of the same type;
    - (C2) `storage` has one #kernel.storage for each result.

    ```mlir
    %1 = kernel.launch @relu(%0) : (tensor<?x64x56x56xf32, #kernel.blocked<16>>) -> tensor<?x64x56x56xf32, #kernel.blocked<16>>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyRankedTensor>:$operands, OptionalAttr<ArrayAttr>:$storage);
  let results = (outs Variadic<AnyRankedTensor>);
  let assemblyFormat = "$callee `(` $operands `)` attr-dict `:` functional-type($operands, results)";
}

def Kernel_ConcatOp : Kernel_Op<"concat", [Pure]> {
  let summary = "inputs that lie side by side in one tensor";
  let description = [{
    A concatenation along the channels without a copy: the producers of the inputs
    write into the result's storage.

    Constraints:
    - (C1) inputs and result are blocked alike, halo included, or all row-major;
    - (C2) every input but the last has a multiple of `lanes` channels.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$inputs, OptionalAttr<ArrayAttr>:$storage);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` functional-type($inputs, results)";
  let hasVerifier = 1;
}

def Kernel_ViewOp : Kernel_Op<"view", [Pure]> {
  let summary = "the same storage as a tensor of another shape";
  let description = [{
    A reshape of an item without moving an element.

    Constraints:
    - (C1) both types store the same number of elements an item.
  }];
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<ArrayAttr>:$storage);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}

def Kernel_PackOp : Kernel_Op<"pack", [Pure, DeclareOpInterfaceMethods<Nn_ParameterOpInterface>]> {
  let summary = "a parameter in the layout that a kernel reads";
  let arguments = (ins AnyRankedTensor:$input, OptionalAttr<ArrayAttr>:$storage);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}

#endif // DLC_DIALECTS_KERNEL_OPS_TD
