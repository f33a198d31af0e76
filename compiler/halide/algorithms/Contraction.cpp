// Convolutions and fully connected layers: sums of products.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Product.h"
#include "compiler/halide/algorithms/Winograd.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

static Expr initialValue(Kernel &kernel, Value bias, const Point &point, Halide::Type type) {
  return bias ? kernel.readVector(bias, point) : constant(type, 0);
}

/// Pixels that the window reaches beyond the plane: top, left, bottom, right.
static std::array<int64_t, 4> getReach(nn::Conv2dOp op) {
  ArrayRef<int64_t> in = cast<RankedTensorType>(op.getInput().getType()).getShape().drop_front(2);
  ArrayRef<int64_t> out = cast<RankedTensorType>(op.getType()).getShape().drop_front(2);
  std::array<int64_t, 4> reach;
  for (unsigned dim = 0; dim < 2; ++dim) {
    int64_t last = (out[dim] - 1) * op.getStride()[dim] + (op.getKernelSize()[dim] - 1) * op.getDilation()[dim];
    reach[dim] = op.getPadding()[dim];
    reach[dim + 2] = std::max<int64_t>(0, last - op.getPadding()[dim] - (in[dim] - 1));
  }
  return reach;
}

LogicalResult halide_backend::defineConv2d(Kernel &kernel, nn::Conv2dOp op) {
  if (isTiledProduct(kernel))
    return defineTiledConv2d(kernel, op);
  if (isDenseProduct(kernel))
    return defineDenseProduct(kernel, cast<nn::ContractionOpInterface>(op.getOperation()));
  kernel::WeightsAttr form = getWeightsForm(op.getWeight());
  if (form && form.getForm() == kernel::WeightsForm::Winograd)
    return defineWinogradConv2d(kernel, op);
  // The sum's vectors are the weight's, which may be parts of a block. What is pad alone is not summed.
  SmallVector<int64_t> shape = kernel.shapeOf(op.getType());
  int64_t block = kernel.lanesOf(shape), vector = block;
  if (form && block % form.getLanes() == 0)
    vector = std::min(block, form.getLanes());
  Domain domain = makeDomain(shape, vector);
  int64_t vectors = vector ? llvm::divideCeilSigned(shape[1], vector) : 0;
  bool hasPadVectors = vector && vectors % (block / vector) != 0;
  domain.point.inPadLanes |= hasPadVectors;
  const Point &out = domain.point;
  Tensor input = kernel.get(op.getInput());

  // 1. The input with its padding: in place where the halo suffices, else a copy.
  std::array<int64_t, 4> reach = getReach(op);
  bool reaches = llvm::any_of(reach, [](int64_t pixels) { return pixels > 0; });
  std::optional<Func> padded;
  std::optional<Domain> paddedDomain;
  if (!input.isArgument || !input.hasHalo(reach)) {
    paddedDomain = makeDomain(input.shape, input.lanes);
    padded = Func(kernel.nameOf(op) + "_padded");
    (*padded)(paddedDomain->vars) =
        reaches ? input.readOrElse(paddedDomain->point, constant(input.type, 0)) : input.read(paddedDomain->point);
    input.func = *padded;
  }

  // 2. The window and the channels of a group. Channels are counted in blocks
  // where the input's blocks are whole.
  int groups = static_cast<int>(op.getGroups());
  int inputs = static_cast<int>(input.shape[1]) / groups, outputs = static_cast<int>(domain.shape[1]) / groups;
  int height = static_cast<int>(op.getKernelSize()[0]), width = static_cast<int>(op.getKernelSize()[1]);
  int lanes = static_cast<int>(input.lanes);
  bool isDepthwise = groups > 1 && inputs == 1 && outputs == 1;
  if (form && (form.getForm() == kernel::WeightsForm::Depthwise) != isDepthwise &&
      form.getForm() != kernel::WeightsForm::Direct)
    return op.emitOpError("cannot read weights of the form of ") << op.getWeight().getType();
  bool inBlocks = !isDepthwise && lanes && inputs % lanes == 0;
  RDom range = isDepthwise ? RDom(0, width, 0, height, "window")
               : inBlocks  ? RDom(0, lanes, 0, width, 0, height, 0, inputs / lanes, "window")
                           : RDom(0, inputs, 0, width, 0, height, "window");
  RVar x = isDepthwise ? range[0] : range[1], y = isDepthwise ? range[1] : range[2];

  Point at = out, weightInput; // the places in the input and in the weight
  weightInput.at = {0, 0};
  if (!isDepthwise) {
    Expr group = 0;
    if (groups > 1) {
      bool alike = out.lanes && outputs % out.lanes == 0;
      group = alike ? out.block / static_cast<int>(outputs / out.lanes) : out.at[1] / outputs;
      if (out.inPadLanes)
        group = Halide::min(group, groups - 1);
    }
    if (inBlocks) {
      weightInput = weightInput.withChannel(range[3], range[0], lanes);
      at = at.withChannel(groups > 1 ? group * (inputs / lanes) + range[3] : range[3], range[0], lanes);
    } else {
      weightInput = weightInput.with(1, range[0]);
      at = at.with(1, groups > 1 ? group * inputs + range[0] : range[0]);
    }
  }
  auto reposition = [&](unsigned dim, RVar tap) {
    return out.at[dim + 2] * static_cast<int>(op.getStride()[dim]) + tap * static_cast<int>(op.getDilation()[dim]) -
           static_cast<int>(op.getPadding()[dim]);
  };
  at.at[2] = reposition(0, y);
  at.at[3] = reposition(1, x);

  // 3. The sum.
  if (hasPadVectors)
    range.where(Halide::likely(out.block < static_cast<int>(vectors)));
  Expr product = kernel.readWeight(op.getWeight(), out, weightInput, y, x) * input.read(at);
  Reduction &sum = kernel.defineReduction(op, domain, initialValue(kernel, op.getBias(), out, input.type), range,
                                          [&](Expr previous) { return previous + product; });
  sum.padded = padded;
  sum.paddedDomain = paddedDomain;
  return success();
}

LogicalResult halide_backend::defineLinear(Kernel &kernel, nn::LinearOp op) {
  if (isTiledProduct(kernel))
    return defineTiledLinear(kernel, op);
  if (isDenseProduct(kernel))
    return defineDenseProduct(kernel, cast<nn::ContractionOpInterface>(op.getOperation()));
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  size_t last = input.shape.size() - 1;
  int inputs = static_cast<int>(input.shape[last]), lanes = static_cast<int>(input.lanes);
  bool inBlocks = lanes && inputs % lanes == 0;
  RDom range = inBlocks ? RDom(0, lanes, 0, inputs / lanes, "features") : RDom(0, inputs, "features");

  Point out = domain.point, at = domain.point, weightInput;
  if (last != 1) {
    out = Point();
    out.at = {0, domain.point.at[last]};
  }
  weightInput.at = {0, 0};
  if (inBlocks) {
    at = at.withChannel(range[1], range[0], lanes);
    weightInput = weightInput.withChannel(range[1], range[0], lanes);
  } else {
    at = at.with(last, range[0]);
    weightInput = weightInput.with(1, range[0]);
  }
  Expr product = kernel.readWeight(op.getWeight(), out, weightInput, 0, 0) * input.read(at);
  kernel.defineReduction(op, domain, initialValue(kernel, op.getBias(), out, input.type), range,
                         [&](Expr previous) { return previous + product; });
  return success();
}
