// Folds nn.pad with zeros around the plane into the padding of the windows that read it.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_FOLDPAD
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

/// The border of zeros around the plane that `pad` adds, [top, left, bottom,
/// right]; nothing where it does something else.
static std::optional<SmallVector<int64_t>> getZeroBorder(nn::PadOp pad) {
  ArrayRef<int64_t> padding = pad.getPadding();
  if (pad.getType().getRank() != 4 || padding.size() < 2 || !pad.getValue().isZero() ||
      llvm::any_of(padding, [](int64_t width) { return width < 0; }) ||
      llvm::any_of(padding.drop_front(std::min<size_t>(4, padding.size())), [](int64_t width) { return width != 0; }))
    return std::nullopt;
  SmallVector<int64_t> border = {0, padding[0], 0, padding[1]};
  if (padding.size() >= 4) {
    border[0] = padding[2];
    border[2] = padding[3];
  }
  return border;
}

/// Whether zeros around the input and padding of the window are the same to `reader`.
static bool takesZerosAsPadding(Operation *reader, OpOperand &use) {
  if (auto contraction = dyn_cast<nn::ContractionOpInterface>(reader))
    return isa<nn::WindowOpInterface>(reader) && &contraction.getInputOperand() == &use;
  auto pool = dyn_cast<nn::AvgPool2dOp>(reader);
  if (!pool || pool.getCeilMode())
    return false;
  // A pool that leaves its own padding out still counts the zeros that stand in its input.
  return pool.getCountIncludePad() || llvm::all_of(pool.getPadding(), [](int64_t width) { return width == 0; });
}

/// Lets `reader` read the unpadded tensor; undone where its constraints do not allow the padding.
static void foldInto(Operation *reader, OpOperand &use, Value unpadded, ArrayRef<int64_t> border) {
  SmallVector<int64_t> padding = cast<nn::WindowOpInterface>(reader).getWindowPadding();
  for (auto [width, more] : llvm::zip_equal(padding, border))
    width += more;
  auto pool = dyn_cast<nn::AvgPool2dOp>(reader);
  // A pool's padding is at most half of its window.
  if (pool)
    for (auto [side, width] : llvm::enumerate(padding))
      if (2 * width > pool.getKernelSize()[side % 2])
        return;
  reader->setAttr("padding", DenseI64ArrayAttr::get(reader->getContext(), padding));
  if (pool)
    pool.setCountIncludePad(true);
  use.set(unpadded);
}

namespace {
struct FoldPad : transforms::impl::FoldPadBase<FoldPad> {
  void runOnOperation() override {
    for (auto pad : llvm::make_early_inc_range(getOperation().getOps<nn::PadOp>())) {
      auto border = getZeroBorder(pad);
      if (!border)
        continue;
      for (OpOperand &use : llvm::make_early_inc_range(pad->getUses()))
        if (takesZerosAsPadding(use.getOwner(), use))
          foldInto(use.getOwner(), use, pad.getInput(), *border);
      if (pad.use_empty())
        pad.erase();
    }
  }
};
} // namespace
