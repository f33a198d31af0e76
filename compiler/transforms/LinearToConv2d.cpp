// Turns a linear layer over a flattened plane into a convolution over the plane.
#include "compiler/transforms/Passes.h"

namespace dlc::transforms {
#define GEN_PASS_DEF_LINEARTOCONV2D
#include "compiler/transforms/Passes.h.inc"
} // namespace dlc::transforms

using namespace mlir;
using namespace dlc;

/// The tensor [N, C, H, W] of which `flat` is the flattened form, where that is
/// a layer's result and its plane has more than one pixel; null otherwise.
static Value getPlane(Value flat) {
  Operation *view = flat.getDefiningOp();
  if (!view || !view->hasTrait<nn::SameElements>() || cast<RankedTensorType>(flat.getType()).getRank() != 2)
    return {};
  Value plane = view->getOperand(0);
  auto type = cast<RankedTensorType>(plane.getType());
  if (!plane.getDefiningOp() || type.getRank() != 4 || type.getDimSize(2) * type.getDimSize(3) == 1)
    return {};
  return plane;
}

/// Moves `flatten` behind the unary elementwise layers that follow it.
static void sink(Operation *flatten) {
  while (flatten->hasOneUse()) {
    Operation *layer = *flatten->user_begin();
    if (!isa<nn::ElementwiseOpInterface>(layer) || layer->getNumOperands() != 1)
      return;
    // layer(flatten(x)) → flatten(layer(x))
    Value flat = flatten->getResult(0), result = layer->getResult(0);
    layer->setOperand(0, flatten->getOperand(0));
    result.replaceAllUsesWith(flat);
    result.setType(flatten->getOperand(0).getType());
    flatten->moveAfter(layer);
    flatten->setOperand(0, result);
  }
}

static void convert(nn::LinearOp linear, Value plane) {
  OpBuilder builder(linear);
  Location loc = linear.getLoc();
  auto input = cast<RankedTensorType>(plane.getType());
  auto weight = cast<RankedTensorType>(linear.getWeight().getType());
  SmallVector<int64_t> window(input.getShape().drop_front(2));
  SmallVector<int64_t> shape = {weight.getDimSize(0), input.getDimSize(1), window[0], window[1]};
  Value reshaped = nn::ReshapeOp::create(builder, loc, linear.getWeight(), builder.getDenseI64ArrayAttr(shape));

  OperationState state(loc, nn::Conv2dOp::getOperationName());
  state.addOperands({plane, reshaped});
  if (linear.getBias())
    state.addOperands(linear.getBias());
  state.addAttribute("kernel_size", builder.getDenseI64ArrayAttr(window));
  state.addTypes(RankedTensorType::get({input.getDimSize(0), shape[0], 1, 1}, input.getElementType()));
  Operation *conv = builder.create(state);
  auto flatten = nn::FlattenOp::create(builder, loc, conv->getResult(0));
  linear.replaceAllUsesWith(flatten.getResult());
  linear.erase();
  sink(flatten);
}

namespace {
struct LinearToConv2d : transforms::impl::LinearToConv2dBase<LinearToConv2d> {
  void runOnOperation() override {
    for (auto linear : llvm::make_early_inc_range(getOperation().getOps<nn::LinearOp>()))
      if (Value plane = getPlane(linear.getInput())) {
        Operation *view = linear.getInput().getDefiningOp();
        convert(linear, plane);
        if (view->use_empty())
          view->erase();
      }
  }
};
} // namespace
