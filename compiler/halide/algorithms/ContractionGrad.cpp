// Gradients of the weights of convolutions and fully connected layers.
//
// Of a convolution: a tile of the weight is summed over the planes of some images
// in registers; the tile's sums over the batch follow in order, so that the result
// is the same for any number of threads.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Product.h"
#include "compiler/halide/algorithms/Sum.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// What the schedule says, or what serves where it says nothing of it.
static kernel::GradWeightAttr getSchedule(Kernel &kernel, bool inRows) {
  if (auto given = dyn_cast_or_null<kernel::GradWeightAttr>(kernel.getSchedule()))
    return given;
  return kernel::GradWeightAttr::get(kernel::FuncOp(kernel.op).getContext(), inRows ? 4 : 2, inRows ? 1 : 8,
                                     inRows ? 3 : 1, /*images=*/1, /*chunks=*/1, kernel::Operands::None,
                                     kernel::Axis::Both);
}

/// Pixels that the window reaches beyond the input: top, left, bottom, right.
static std::array<int64_t, 4> getReach(nn::Conv2dGradWeightOp op, ArrayRef<int64_t> in, ArrayRef<int64_t> out) {
  std::array<int64_t, 4> reach;
  for (unsigned dim : {0, 1}) {
    int64_t last = (out[dim] - 1) * op.getStride()[dim] + (op.getKernelSize()[dim] - 1) * op.getDilation()[dim];
    reach[dim] = op.getPadding()[dim];
    reach[dim + 2] = std::max<int64_t>(0, last - op.getPadding()[dim] - (in[dim] - 1));
  }
  return reach;
}

/// In register tiles: lanes over the output channels of a blocked gradient, or over x of a row-major one.
static void defineTiled(Kernel &kernel, nn::Conv2dGradWeightOp op, bool isDepthwise) {
  Tensor input = kernel.get(op.getInput()), gradient = kernel.get(op.getGradient());
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  GradWeight grad;
  grad.inRows = gradient.lanes == 0;
  kernel::GradWeightAttr schedule = getSchedule(kernel, grad.inRows);
  const GradWeight::Vars &v = grad.vars;
  grad.width = op.getKernelSize()[1];
  grad.height = op.getKernelSize()[0];
  int64_t channels = domain.shape[1];
  grad.inputs = isDepthwise ? 1 : input.lanes ? input.lanes : std::min<int64_t>(channels, 16);
  grad.inputBlocks = isDepthwise ? 1 : llvm::divideCeilSigned(channels, grad.inputs);
  grad.lanes = grad.inRows ? kernel.vectorLanes(input.type) : gradient.lanes;
  grad.outputs = grad.inRows ? domain.shape[0] : llvm::divideCeilSigned(domain.shape[0], grad.lanes);
  Expr zero = constant(input.type, 0);

  // 1. Operands that cannot be read in place. In rows, the last vector of a row
  // meets zeros in the gradient, and whatever lies beside the input.
  int64_t rowVectors = llvm::divideCeilSigned(gradient.shape[3], grad.lanes);
  if (grad.inRows && gradient.shape[3] % grad.lanes) {
    SmallVector<int64_t> shape(gradient.shape);
    shape[3] = rowVectors * grad.lanes;
    Domain wide = makeDomain(shape, 0);
    Func copy("gradient_rows");
    copy(wide.vars) = gradient.readOrElse(wide.point, zero);
    gradient.func = copy;
    gradient.isArgument = false;
    grad.copies.push_back({copy, wide});
  }
  SmallVector<int64_t> windows(ArrayRef<int64_t>(gradient.shape).drop_front(2));
  if (grad.inRows)
    windows[1] = rowVectors * grad.lanes;
  std::array<int64_t, 4> reach = getReach(op, ArrayRef<int64_t>(input.shape).drop_front(2), windows);
  if (!input.isArgument || !input.hasHalo(reach)) {
    Domain padded = makeDomain(input.shape, input.lanes);
    Func copy("input_padded");
    copy(padded.vars) = input.readOrElse(padded.point, zero);
    input.func = copy;
    grad.copies.push_back({copy, padded});
  }

  // 2. The sum over the planes of a group of images.
  int64_t images = std::max<int64_t>(1, schedule.getImages()), chunks = std::max<int64_t>(1, schedule.getChunks());
  Expr batch = kernel.getExtent(gradient.shape, 0);
  int width = static_cast<int>(grad.inRows ? rowVectors : gradient.shape[3]),
      height = static_cast<int>(gradient.shape[2]);
  grad.pixels = width;
  Expr n = v.group;
  if (images == 1) {
    grad.plane = RDom(0, width, 0, height, "plane");
  } else {
    grad.plane = RDom(0, width, 0, height, 0, static_cast<int>(images), "plane");
    n = v.group * static_cast<int>(images) + grad.plane[2];
    grad.plane.where(n < batch);
    n = Halide::min(n, batch - 1); // for the sake of what Halide proves
  }
  Expr x = grad.inRows ? grad.plane[0] * static_cast<int>(grad.lanes) + v.lane : Expr(grad.plane[0]), y = grad.plane[1];
  Point out, in;
  out.at = {n, v.o, y, x};
  in.at = {n, 0,
           y * static_cast<int>(op.getStride()[0]) + v.ky * static_cast<int>(op.getDilation()[0]) -
               static_cast<int>(op.getPadding()[0]),
           x * static_cast<int>(op.getStride()[1]) + v.kx * static_cast<int>(op.getDilation()[1]) -
               static_cast<int>(op.getPadding()[1])};
  if (!grad.inRows)
    out = out.withChannel(v.o, v.lane, grad.lanes);
  if (isDepthwise) {
    in = grad.inRows ? in.with(1, v.o) : in.withChannel(v.o, v.lane, grad.lanes);
    in.inPadLanes = !grad.inRows && input.shape[1] % grad.lanes != 0;
  } else if (input.lanes) {
    in = in.withChannel(v.iBlock, v.i, grad.inputs);
  } else {
    Expr channel = v.iBlock * static_cast<int>(grad.inputs) + v.i;
    in = in.with(1, channels % grad.inputs ? Halide::min(channel, static_cast<int>(channels - 1)) : channel);
  }
  std::vector<Var> tile = {v.lane, v.kx, v.ky, v.i, v.iBlock, v.o};
  std::vector<Var> partVars = tile, sumVars = tile;
  partVars.push_back(v.group);
  sumVars.push_back(v.chunk);
  grad.part = Func("part");
  grad.part(partVars) = zero;
  grad.part(partVars) = grad.part(partVars) + gradient.read(out) * input.read(in);

  // 3. Over the groups of a chunk.
  Expr groups = images == 1 ? batch : (batch + static_cast<int>(images - 1)) / static_cast<int>(images);
  Expr perChunk = chunks == 1 ? groups : (groups + static_cast<int>(chunks - 1)) / static_cast<int>(chunks);
  grad.groups = RDom(0, perChunk, "groups");
  Expr group = grad.groups.x;
  if (chunks > 1) {
    group = v.chunk * perChunk + grad.groups.x;
    grad.groups.where(group < groups);
    group = Halide::min(group, groups - 1);
  }
  std::vector<Expr> at(tile.begin(), tile.end());
  at.push_back(group);
  grad.sum = Func("sum");
  grad.sum(sumVars) = zero;
  grad.sum(sumVars) = grad.sum(sumVars) + grad.part(at);

  // 4. Over the chunks, then over lanes where these are summed.
  Func all = grad.sum;
  std::vector<Expr> last = {};
  if (chunks > 1) {
    RDom range(0, static_cast<int>(chunks), "chunks");
    at.back() = range.x;
    all = Func("all_chunks");
    all(tile) = zero;
    all(tile) = all(tile) + grad.sum(at);
    all.compute_root().vectorize(v.lane, static_cast<int>(grad.lanes));
    all.update().reorder(v.lane, range.x).vectorize(v.lane, static_cast<int>(grad.lanes));
  } else {
    last.push_back(0);
  }
  const Point &point = domain.point;
  auto readSum = [&](Expr lane) -> Expr {
    int blockSize = static_cast<int>(grad.lanes), inputs = static_cast<int>(grad.inputs);
    Expr i = grad.inputBlocks == 1 ? point.at[1] : point.at[1] % inputs;
    Expr iBlock = grad.inputBlocks == 1 ? Expr(0) : point.at[1] / inputs;
    Expr block = grad.inRows ? point.at[0] : point.at[0] / blockSize;
    std::vector<Expr> place = {
        grad.inRows ? lane : point.at[0] % blockSize, point.at[3], point.at[2], i, iBlock, block};
    place.insert(place.end(), last.begin(), last.end());
    return all(place);
  };
  if (grad.inRows) {
    RDom lanes(0, static_cast<int>(grad.lanes), "lanes");
    Func folded("folded");
    folded(domain.vars) = zero;
    folded(domain.vars) = folded(domain.vars) + readSum(lanes.x);
    folded.compute_root();
    kernel.define(op, domain, folded(domain.vars));
  } else {
    kernel.define(op, domain, readSum(0));
  }
  kernel.gradWeight = grad;
}

LogicalResult halide_backend::defineConv2dGradWeight(Kernel &kernel, nn::Conv2dGradWeightOp op) {
  if (isTiledProduct(kernel))
    return defineTiledConv2dGradWeight(kernel, op);
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  int groupInputs = static_cast<int>(domain.shape[1]),
      groupOutputs = static_cast<int>(domain.shape[0] / op.getGroups());
  bool isDepthwise = op.getGroups() > 1 && groupInputs == 1 && groupOutputs == 1 && input.lanes == gradient.lanes;
  if (!kernel.target.isDevice() && (op.getGroups() == 1 || isDepthwise) && !kernel.gradWeight &&
      (gradient.lanes || op.getStride()[1] == 1)) {
    defineTiled(kernel, op, isDepthwise);
    return success();
  }
  // Several groups of channels: each element of the weight by itself.
  // (n, o, i, ky, kx, y, x)
  SmallVector<int64_t> shape = {gradient.shape[0]};
  llvm::append_range(shape, domain.shape);
  llvm::append_range(shape, ArrayRef<int64_t>(gradient.shape).drop_front(2));
  Sum sum(kernel, "products", input.type, shape, /*lanes=*/0, {0, 5, 6}, [&](const Point &point) {
    Point out, in;
    out.at = {point.at[0], point.at[1], point.at[5], point.at[6]};
    in.at = {point.at[0], point.at[2], 0, 0};
    if (op.getGroups() > 1)
      in.at[1] = point.at[1] / groupOutputs * groupInputs + point.at[2];
    for (unsigned dim : {0, 1})
      in.at[dim + 2] = point.at[dim + 5] * static_cast<int>(op.getStride()[dim]) +
                       point.at[dim + 3] * static_cast<int>(op.getDilation()[dim]) -
                       static_cast<int>(op.getPadding()[dim]);
    return gradient.read(out) * input.readOrElse(in, constant(input.type, 0));
  });
  Point point = domain.point;
  point.at.insert(point.at.begin(), Expr(0));
  point.at.resize(7, Expr(0));
  kernel.define(op, domain, sum.read(point));
  return success();
}

//===----------------------------------------------------------------------===//
// Fully connected layers
//===----------------------------------------------------------------------===//

LogicalResult halide_backend::defineLinearGradWeight(Kernel &kernel, nn::LinearGradWeightOp op) {
  if (isTiledProduct(kernel))
    return defineTiledLinearGradWeight(kernel, op);
  Domain domain = makeDomain(kernel.shapeOf(op.getType()), 0);
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  size_t rank = input.shape.size();
  LinearGrad grad;
  const LinearGrad::Vars &v = grad.vars;
  bool inBlocks = rank == 2 && input.lanes; // the features are channels
  grad.lanes = inBlocks ? input.lanes : kernel.vectorLanes(input.type);
  int inputs = static_cast<int>(domain.shape[1]), outputs = static_cast<int>(domain.shape[0]);
  int lanes = static_cast<int>(grad.lanes);
  grad.blocks = std::min<int64_t>(LinearGrad::maxBlocks, llvm::divideCeilSigned(inputs, lanes));
  grad.rows = std::min<int64_t>(LinearGrad::maxRows, outputs);
  int blocks = static_cast<int>(grad.blocks), rows = static_cast<int>(grad.rows);

  // 1. Both operands as the tiles read them: one line of a tile's channels after the other.
  Point at;
  at.at.assign(rank, Expr(0));
  Expr line = v.line, count = kernel.getExtent(input.shape, 0);
  for (size_t dim = rank - 1; dim-- > 0;) {
    int extent = static_cast<int>(input.shape[dim]);
    at.at[dim] = dim ? line % extent : line;
    line = dim ? line / extent : line;
    count = dim ? count * extent : count;
  }
  int lastBlock = (inputs - 1) / lanes;
  Expr block = Halide::min(v.iTile * blocks + v.block, lastBlock), feature = block * lanes + v.lane;
  Point in = inBlocks ? at.withChannel(block, v.lane, lanes)
                      : at.with(rank - 1, inputs % lanes ? Halide::min(feature, inputs - 1) : feature);
  grad.input = Func("input_tiles");
  grad.input(v.lane, v.block, v.line, v.iTile) = input.read(in);
  Point out = at.with(rank - 1, Halide::min(v.oTile * rows + v.row, outputs - 1));
  grad.gradient = Func("gradient_tiles");
  grad.gradient(v.row, v.line, v.oTile) = gradient.read(out);

  // 2. Their products, summed in the order of the lines.
  grad.lines = RDom(0, count, "lines");
  grad.sum = Func("sum");
  grad.sum(v.lane, v.block, v.row, v.iTile, v.oTile) = constant(input.type, 0);
  grad.sum(v.lane, v.block, v.row, v.iTile, v.oTile) +=
      grad.input(v.lane, v.block, grad.lines.x, v.iTile) * grad.gradient(v.row, grad.lines.x, v.oTile);
  Expr i = domain.point.at[1], o = domain.point.at[0];
  kernel.define(op, domain, grad.sum(i % lanes, i / lanes % blocks, o % rows, i / lanes / blocks, o / rows));
  kernel.linearGrad = grad;
  return success();
}
