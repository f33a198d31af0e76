// Layouts, schedules and storage: the data that say how a kernel runs.
#ifndef DLC_DIALECTS_KERNEL_ATTRS_TD
#define DLC_DIALECTS_KERNEL_ATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "dialects/kernel/KernelDialect.td"
include "dialects/kernel/KernelInterfaces.td"
include "dialects/nn/NnInterfaces.td"

class Kernel_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Kernel_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Layouts: encodings of tensor types
//===----------------------------------------------------------------------===//

def Kernel_BlockedAttr : Kernel_Attr<"Blocked", "blocked", [DeclareAttrInterfaceMethods<Nn_StorageEncodingInterface>]> {
  let summary = "channels in blocks of `lanes`, innermost, with a halo around the plane";
  let description = [{
    [N, C, H, W] is stored as [N, ⌈C/lanes⌉, top + H + bottom, left + W + right, lanes];
    [N, C] as [N, ⌈C/lanes⌉, lanes]. The lanes of the last block beyond C are zero.
    The halo, [top, left, bottom, right], is zero: consumers with padding read it
    instead of testing bounds.

    ```mlir
    tensor<?x64x56x56xf32, #kernel.blocked<16, halo = [1, 1, 1, 1]>>
    ```
  }];
  let parameters = (ins "int64_t":$lanes, OptionalArrayRefParameter<"int64_t">:$halo);
  let assemblyFormat = "`<` $lanes (`,` `halo` `=` `[` $halo^ `]`)? `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The halo at `side`: 0 top, 1 left, 2 bottom, 3 right.
    int64_t getHaloAt(unsigned side) const { return getHalo().empty() ? 0 : getHalo()[side]; }
  }];
}

def Kernel_WeightsForm : I32EnumAttr<"WeightsForm", "how a weight is packed", [
    I32EnumAttrCase<"Direct", 0, "direct">, I32EnumAttrCase<"Depthwise", 1, "depthwise">,
    I32EnumAttrCase<"Winograd", 2, "winograd">, I32EnumAttrCase<"Channels", 3, "channels">]> {
  let cppNamespace = "::dlc::kernel";
}

def Kernel_WeightsAttr : Kernel_Attr<"Weights", "weights", [DeclareAttrInterfaceMethods<Nn_StorageEncodingInterface>]> {
  let summary = "a weight packed for a kernel";
  let description = [{
    For a weight [O, I, kh, kw] or [O, I] (kh = kw = 1) and `lanes` l, `inLanes` m:
    - `direct`: [⌈O/l⌉, ⌈I/m⌉, kh, kw, m, l];
    - `depthwise` (I = 1): [⌈O/l⌉, kh, kw, l];
    - `winograd`: F(tile x tile, 3x3), transformed to [(tile + 2)², ⌈O/l⌉, ⌈I/m⌉, m, l]
      (Lavin and Gray 2015);
    - `channels`: a vector [O] as [⌈O/l⌉, l].
    What lies beyond O or I is zero.

    The vectors of a convolution's sum have the lanes of its `direct` weight, which
    may be a part of those of the tensors' layout: for a block of channels that is
    partly pad, vectors of pad alone are left out.
  }];
  let parameters = (ins EnumParameter<Kernel_WeightsForm>:$form, "int64_t":$lanes,
                        DefaultValuedParameter<"int64_t", "1">:$inLanes,
                        DefaultValuedParameter<"int64_t", "0">:$tile);
  let assemblyFormat = "`<` $form `,` struct($lanes, $inLanes, $tile) `>`";
  let genVerifyDecl = 1;
}

//===----------------------------------------------------------------------===//
// Schedules
//===----------------------------------------------------------------------===//

def Kernel_Axis : I32EnumAttr<"Axis", "what the threads share out", [
    I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Rows", 1, "rows">,
    I32EnumAttrCase<"Blocks", 2, "blocks">, I32EnumAttrCase<"Both", 3, "both">]> {
  let cppNamespace = "::dlc::kernel";
}

class Kernel_AxisParameter<string default> : EnumParameter<Kernel_Axis> {
  let defaultValue = "Axis::" # default;
}

/// A schedule says how the kernel of its family runs; its parameters are what the
/// tuner searches, among the values that Schedules.cpp declares.
class Kernel_Schedule<string name, string attrMnemonic>
    : Kernel_Attr<name, attrMnemonic, [DeclareAttrInterfaceMethods<Kernel_ScheduleInterface>]>;

def Kernel_DirectConvAttr : Kernel_Schedule<"DirectConv", "direct_conv"> {
  let summary = "register-tiled direct convolution or matrix product";
  let description = [{
    A tile of `tileX` pixels by `tileC` blocks of output channels stays in
    registers over the whole reduction; `unrollK` input channels a step.
    `strips` > 0: rows in so many strips, each producing what the fused pool
    reads in a rolling buffer. Pixels are those of a row, or of the whole plane
    where a 1x1 window reads and writes tensors without halo. Where the result is
    row-major, lanes run over x, and a tile is `tileX` rows by `tileC` channels.
    Windows with a stride want few pixels by many blocks (6 x 4 rather than 14 x 2).

    Without strips, `outer` = blocks goes through all rows with a tile's channels
    before the next ones, so that weights stay in the cache; = rows through all
    channels of a row before the next row, so that the input does. Threads share
    these loops in about `tasks` tasks.
  }];
  let parameters = (ins "int64_t":$tileX, "int64_t":$tileC, DefaultValuedParameter<"int64_t", "1">:$unrollK,
                        DefaultValuedParameter<"int64_t", "0">:$strips,
                        Kernel_AxisParameter<"Both">:$parallel, Kernel_AxisParameter<"Blocks">:$outer,
                        DefaultValuedParameter<"int64_t", "usualTasks">:$tasks);
  let assemblyFormat = "`<` struct($tileX, $tileC, $unrollK, $strips, $parallel, $outer, $tasks) `>`";
}

def Kernel_WinogradAttr : Kernel_Schedule<"Winograd", "winograd"> {
  let summary = "Winograd F(tile x tile, 3x3) in strips of tile rows";
  let description = [{
    The input of a strip, `stripRows` rows of tiles, is transformed at once:
    (tile + 2)² numbers a tile and channel. Its tiles then form one line, of which
    `tileX` by `tileC` blocks of output channels stay in registers; both are
    rounded up to whole register tiles. The products of `groupC` blocks
    (rounded up to a multiple of `tileC`) are kept until their results are
    computed. A pool whose windows divide the tile is computed with them.

    A strip goes through `images` images of the batch, so that small planes fill it.

    `parallel` = rows: strips are shared out; each worker holds a strip's
    transformed input and a group's products, which together want to fit the
    second cache. Weights are read once a strip. = blocks or both: first blocks of
    input channels are shared out, then groups; strips are then best the whole
    plane, so that weights are read once.
  }];
  let parameters = (ins "int64_t":$tile, "int64_t":$stripRows, "int64_t":$tileX, "int64_t":$tileC,
                        DefaultValuedParameter<"int64_t", "4">:$groupC,
                        DefaultValuedParameter<"int64_t", "1">:$images,
                        Kernel_AxisParameter<"Rows">:$parallel);
  let assemblyFormat = "`<` struct($tile, $stripRows, $tileX, $tileC, $groupC, $images, $parallel) `>`";
}

def Kernel_DepthwiseAttr : Kernel_Schedule<"Depthwise", "depthwise"> {
  let summary = "depthwise convolution, a block of channels at a time, in about `tasks` tasks";
  let parameters = (ins "int64_t":$tileX, "int64_t":$tileY, Kernel_AxisParameter<"Both">:$parallel,
                        DefaultValuedParameter<"int64_t", "usualTasks">:$tasks);
  let assemblyFormat = "`<` struct($tileX, $tileY, $parallel, $tasks) `>`";
}

def Kernel_DenseAttr : Kernel_Schedule<"Dense", "dense"> {
  let summary = "fully connected: `tileC` blocks of outputs by `tileN` items of the batch in registers";
  let description = [{
    For linear layers, and for convolutions whose window is the whole plane. A step
    of the sum is `unrollK` input channels; threads share the blocks in about
    `tasks` tasks.
  }];
  let parameters = (ins "int64_t":$tileC, "int64_t":$tileN, Kernel_AxisParameter<"Blocks">:$parallel,
                        DefaultValuedParameter<"int64_t", "4">:$unrollK,
                        DefaultValuedParameter<"int64_t", "usualTasks">:$tasks);
  let assemblyFormat = "`<` struct($tileC, $tileN, $parallel, $unrollK, $tasks) `>`";
}

def Kernel_Operands : I32EnumAttr<"Operands", "operands of a gradient", [
    I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Inputs", 1, "inputs">,
    I32EnumAttrCase<"Outputs", 2, "outputs">, I32EnumAttrCase<"All", 3, "all">]> {
  let cppNamespace = "::dlc::kernel";
}

class Kernel_OperandsParameter<string default> : EnumParameter<Kernel_Operands> {
  let defaultValue = "Operands::" # default;
}

def Kernel_GradWeightAttr : Kernel_Schedule<"GradWeight", "grad_weight"> {
  let summary = "gradient of a convolution's weight: sums over images, tile by tile of the weight";
  let description = [{
    A tile of `tileC` blocks of output channels by `tileI` input channels by
    `tileK` columns of the window stays in registers while the planes of `images`
    images are summed. These sums are added up in order, and where there are
    several `chunks` of the batch, these in order at last. `inside` says which
    blocks are gone through for each image, the others having it outside of them:
    threads share those and the chunks. Where the gradient is row-major, lanes run over x, and a block is a
    channel.
  }];
  let parameters = (ins "int64_t":$tileC, "int64_t":$tileI, DefaultValuedParameter<"int64_t", "1">:$tileK,
                        DefaultValuedParameter<"int64_t", "1">:$images, DefaultValuedParameter<"int64_t", "1">:$chunks,
                        Kernel_OperandsParameter<"None">:$inside,
                        Kernel_AxisParameter<"Both">:$parallel);
  let assemblyFormat = "`<` struct($tileC, $tileI, $tileK, $images, $chunks, $inside, $parallel) `>`";
}

def Kernel_PointwiseAttr : Kernel_Schedule<"Pointwise", "pointwise"> {
  let summary = "each result by itself: elementwise chains, pools, normalisation, copies";
  let parameters = (ins "int64_t":$lanes, DefaultValuedParameter<"int64_t", "1">:$unroll,
                        Kernel_AxisParameter<"Both">:$parallel);
  let assemblyFormat = "`<` struct($lanes, $unroll, $parallel) `>`";
}

//===----------------------------------------------------------------------===//
// Schedules for devices
//===----------------------------------------------------------------------===//

def Kernel_GpuElementwiseAttr : Kernel_Schedule<"GpuElementwise", "gpu_elementwise"> {
  let summary = "on a device: each result by a thread of its own, `threads` to a block";
  let description = [{
    Elementwise chains, pools, normalisation, copies, sums: whatever reads an element
    once, or finds it in the caches where it is read again.
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "128">:$threads);
  let assemblyFormat = "`<` struct($threads) `>`";
}

def Kernel_GpuTiledAttr : Kernel_Schedule<"GpuTiled", "gpu_tiled"> {
  let summary = "on a device: a contraction in tiles";
  let description = [{
    A block has `threadsX` by `threadsC` threads. Each computes `rows` by `channels`
    results: one column of `rows` rows of the plane by so many output channels next
    to each other, so that a block's tile is threadsX x rows pixels by
    threadsC · channels output channels of an item. The sum over a slab of `slab`
    input channels, all of the window, stays in a thread's registers; a slab's input
    and weights are in shared memory, and so are the tile's sums from slab to slab.
    Where a 1x1 window makes it a matrix product, pixels are those of the whole
    plane, in rows of `threadsX`; for a linear layer they are the items of the batch;
    for a weight's gradient they are input channels, and a slab is one of pixels.
  }];
  let parameters = (ins "int64_t":$threadsX, "int64_t":$rows, "int64_t":$threadsC, "int64_t":$channels,
                        "int64_t":$slab);
  let assemblyFormat = "`<` struct($threadsX, $rows, $threadsC, $channels, $slab) `>`";
}

def Kernel_GpuDenseAttr : Kernel_Schedule<"GpuDense", "gpu_dense"> {
  let summary = "on a device: fully connected, few items; `threads` share each of `channels` outputs of a block";
  let description = [{
    Each thread sums every `threads`-th product, and the sums of a block are added up
    in shared memory, in two steps whose order is fixed.
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$channels);
  let assemblyFormat = "`<` struct($threads, $channels) `>`";
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Kernel_Space : I32EnumAttr<"Space", "what an address counts from", [
    I32EnumAttrCase<"Arena", 0, "arena">, I32EnumAttrCase<"Weights", 1, "weights">,
    I32EnumAttrCase<"Input", 2, "input">, I32EnumAttrCase<"Output", 3, "output">,
    I32EnumAttrCase<"State", 4, "state">]> {
  let cppNamespace = "::dlc::kernel";
}

def Kernel_StorageAttr : Kernel_Attr<"Storage", "storage"> {
  let summary = "where a tensor lies";
  let description = [{
    The tensor's storage, halo included, begins at `offset` + batch · `scaled` bytes
    of its space (of input or output `index`). `item` is the distance between two
    items of the batch in elements.
  }];
  let parameters = (ins EnumParameter<Kernel_Space>:$space, DefaultValuedParameter<"int64_t", "0">:$index,
                        DefaultValuedParameter<"int64_t", "0">:$scaled, DefaultValuedParameter<"int64_t", "0">:$offset,
                        "int64_t":$item);
  let assemblyFormat = "`<` $space `,` struct($index, $scaled, $offset, $item) `>`";
}

#endif // DLC_DIALECTS_KERNEL_ATTRS_TD
