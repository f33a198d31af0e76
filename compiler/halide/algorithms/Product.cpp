// Contractions in tiles, for devices: see Product in Kernel.h.
//
// 1. `left` and `right` are the operands as a block of threads stages them, slab by
//    slab of what is summed over; zero beyond the tensors, so that tiles are whole.
// 2. `part` is the sum over one slab and the window, `sum` that over the slabs, in
//    order: a fixed tree, whatever the device.
#include "compiler/halide/algorithms/Product.h"
#include "compiler/halide/algorithms/Winograd.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

bool halide_backend::isTiledProduct(const Kernel &kernel) {
  return isa_and_nonnull<kernel::GpuTiledAttr>(kernel.getSchedule());
}

bool halide_backend::isDenseProduct(const Kernel &kernel) {
  return isa_and_nonnull<kernel::GpuDenseAttr>(kernel.getSchedule());
}

static Expr toExpr(int64_t value) { return static_cast<int>(value); }

static Expr zeroOf(Halide::Type type) { return constant(type, 0); }

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

namespace {
/// What is particular to an op. Coordinates: column and row of the results' plane
/// (moved by stride and dilation for `left`), k through all slabs, the item.
struct Operands {
  llvm::function_ref<Expr(Expr x, Expr y, Expr k, Expr n)> left;
  llvm::function_ref<Expr(Expr c, Expr kx, Expr ky, Expr k)> right;
  llvm::function_ref<Expr(Expr c)> initial;
  /// Where the sum of an element of the op's result stands: x, y, c, n.
  llvm::function_ref<std::vector<Expr>(const Point &)> place;
};
} // namespace

/// `product` with its sizes filled in; `slabs` is how many there are.
static void defineProduct(Kernel &kernel, Operation *op, Product product, Expr slabs, const Operands &operands) {
  auto schedule = cast<kernel::GpuTiledAttr>(kernel.getSchedule());
  int slab = static_cast<int>(schedule.getSlab());
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  const Product::Vars &v = product.vars;
  std::string name = kernel.nameOf(op);

  product.left = Func(name + "_left");
  product.left(v.x, v.y, v.k, v.n) = operands.left(v.x, v.y, v.k, v.n);
  product.right = Func(name + "_right");
  product.right(v.c, v.kx, v.ky, v.k) = operands.right(v.c, v.kx, v.ky, v.k);

  product.inner =
      RDom(0, static_cast<int>(product.window[1]), 0, static_cast<int>(product.window[0]), 0, slab, name + "_window");
  RVar kx = product.inner[0], ky = product.inner[1], k = product.inner[2];
  Expr x = v.x * toExpr(product.stride[1]) + kx * toExpr(product.dilation[1]);
  Expr y = v.y * toExpr(product.stride[0]) + ky * toExpr(product.dilation[0]);
  Expr at = v.slab * slab + k;
  Expr term = product.left(x, y, at, v.n) * product.right(v.c, kx, ky, at);
  product.part = Func(name + "_part");
  product.part(v.x, v.y, v.c, v.n, v.slab) = zeroOf(term.type());
  product.part(v.x, v.y, v.c, v.n, v.slab) += term;

  product.slabs = RDom(0, slabs, name + "_slabs");
  product.sum = Func(name + "_sum");
  product.sum(v.x, v.y, v.c, v.n) = operands.initial(v.c);
  product.sum(v.x, v.y, v.c, v.n) += product.part(v.x, v.y, v.c, v.n, product.slabs.x);

  kernel.define(op, domain, product.sum(operands.place(domain.point)));
  kernel.reductions.push_back({op, product.sum, domain, product.slabs, {}, {}, {}, product, {}});
}

/// The places of pixels that stand in rows of `columns` each.
static std::vector<Expr> inRows(Expr pixel, int64_t columns, Expr c, Expr n) {
  return {pixel % toExpr(columns), pixel / toExpr(columns), c, n};
}

static Expr readBias(const Kernel &kernel, Value bias, Expr c, Halide::Type type) {
  if (!bias)
    return zeroOf(type);
  Point channel;
  channel.at = {0, c};
  channel.inPadLanes = true; // of the last tile
  return kernel.readVector(bias, channel);
}

/// The weight [O, I, kh, kw] or [O, I]; what is beyond O is anything, beyond I zero.
static Expr readWeight(const Kernel &kernel, Value weight, int64_t inputs, Expr c, Expr kx, Expr ky, Expr k) {
  Point output, input;
  output.at = {0, c};
  output.inPadLanes = true;
  input.at = {0, Halide::min(k, toExpr(inputs - 1))};
  Expr value = kernel.readWeight(weight, output, input, ky, kx);
  return select(k < toExpr(inputs), value, zeroOf(value.type()));
}

LogicalResult halide_backend::defineTiledConv2d(Kernel &kernel, nn::Conv2dOp op) {
  if (op.getGroups() != 1)
    return op.emitOpError("in groups cannot be computed with the schedule gpu_tiled");
  auto schedule = cast<kernel::GpuTiledAttr>(kernel.getSchedule());
  Tensor input = kernel.get(op.getInput());
  SmallVector<int64_t> out = kernel.shapeOf(op.getType());
  int64_t channels = input.shape[1], columns = schedule.getThreadsX(), pixels = out[2] * out[3];
  Product product;
  product.isFlat = kernel.flatPlane;
  product.pixelDim = 0;
  product.channelDim = 2;
  product.rightAlongK = true;
  if (!product.isFlat) {
    product.window = {op.getKernelSize()[0], op.getKernelSize()[1]};
    product.stride = {op.getStride()[0], op.getStride()[1]};
    product.dilation = {op.getDilation()[0], op.getDilation()[1]};
  }
  Expr zero = zeroOf(input.type);
  auto left = [&](Expr x, Expr y, Expr k, Expr n) {
    Point point;
    point.at = {n, Halide::min(k, toExpr(channels - 1)), y - toExpr(op.getPadding()[0]),
                x - toExpr(op.getPadding()[1])};
    if (product.isFlat) {
      point.at[2] = 0;
      point.at[3] = Halide::min(y * toExpr(columns) + x, toExpr(pixels - 1));
    }
    return select(k < toExpr(channels), product.isFlat ? input.read(point) : input.readOrElse(point, zero), zero);
  };
  auto right = [&](Expr c, Expr kx, Expr ky, Expr k) {
    return readWeight(kernel, op.getWeight(), channels, c, kx, ky, k);
  };
  auto initial = [&](Expr c) { return readBias(kernel, op.getBias(), c, input.type); };
  auto place = [&](const Point &point) -> std::vector<Expr> {
    if (product.isFlat)
      return inRows(point.at[3], columns, point.at[1], point.at[0]);
    return {point.at[3], point.at[2], point.at[1], point.at[0]};
  };
  defineProduct(kernel, op, product, toExpr(llvm::divideCeilSigned(channels, schedule.getSlab())),
                {left, right, initial, place});
  return success();
}

LogicalResult halide_backend::defineTiledLinear(Kernel &kernel, nn::LinearOp op) {
  auto schedule = cast<kernel::GpuTiledAttr>(kernel.getSchedule());
  const Tensor &input = kernel.get(op.getInput());
  if (input.shape.size() != 2)
    return op.emitOpError("over more than items and features cannot be computed with the schedule gpu_tiled");
  int64_t features = input.shape[1], columns = schedule.getThreadsX();
  Product product;
  product.isFlat = true;
  product.pixelDim = 1;
  product.channelDim = 0;
  product.leftAlongK = product.rightAlongK = true;
  Expr items = kernel.getExtent(input.shape, 0);
  auto left = [&](Expr x, Expr y, Expr k, Expr) {
    Point point;
    point.at = {Halide::clamp(y * toExpr(columns) + x, 0, items - 1), Halide::min(k, toExpr(features - 1))};
    return select(k < toExpr(features), input.read(point), zeroOf(input.type));
  };
  auto right = [&](Expr c, Expr, Expr, Expr k) { return readWeight(kernel, op.getWeight(), features, c, 0, 0, k); };
  auto initial = [&](Expr c) { return readBias(kernel, op.getBias(), c, input.type); };
  auto place = [&](const Point &point) { return inRows(point.at[0], columns, point.at[1], 0); };
  defineProduct(kernel, op, product, toExpr(llvm::divideCeilSigned(features, schedule.getSlab())),
                {left, right, initial, place});
  return success();
}

//===----------------------------------------------------------------------===//
// Gradients of weights
//===----------------------------------------------------------------------===//

/// Sums go over the items, for each over the pixels of its plane in whole slabs.
LogicalResult halide_backend::defineTiledConv2dGradWeight(Kernel &kernel, nn::Conv2dGradWeightOp op) {
  if (op.getGroups() != 1)
    return op.emitOpError("in groups cannot be computed with the schedule gpu_tiled");
  auto schedule = cast<kernel::GpuTiledAttr>(kernel.getSchedule());
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  int64_t columns = schedule.getThreadsX(), inputs = input.shape[1], outputs = gradient.shape[1];
  int64_t width = gradient.shape[3], pixels = gradient.shape[2] * width, kernelWidth = op.getKernelSize()[1];
  int64_t slabs = llvm::divideCeilSigned(pixels, schedule.getSlab()), plane = slabs * schedule.getSlab();
  Product product;
  product.isFlat = true;
  product.pixelDim = 2;
  product.channelDim = 3;
  product.leftAlongK = product.rightAlongK = true;
  Expr zero = zeroOf(input.type);
  // k → the item and the pixel.
  auto left = [&](Expr x, Expr y, Expr k, Expr tap) {
    Expr pixel = k % toExpr(plane), row = pixel / toExpr(width), column = pixel % toExpr(width);
    Point point;
    point.at = {k / toExpr(plane), Halide::min(y * toExpr(columns) + x, toExpr(inputs - 1)),
                row * toExpr(op.getStride()[0]) + tap / toExpr(kernelWidth) * toExpr(op.getDilation()[0]) -
                    toExpr(op.getPadding()[0]),
                column * toExpr(op.getStride()[1]) + tap % toExpr(kernelWidth) * toExpr(op.getDilation()[1]) -
                    toExpr(op.getPadding()[1])};
    return input.readOrElse(point, zero);
  };
  auto right = [&](Expr c, Expr, Expr, Expr k) {
    Expr pixel = k % toExpr(plane), inside = Halide::min(pixel, toExpr(pixels - 1));
    Point point;
    point.at = {k / toExpr(plane), Halide::min(c, toExpr(outputs - 1)), inside / toExpr(width), inside % toExpr(width)};
    return select(pixel < toExpr(pixels), gradient.read(point), zero);
  };
  auto initial = [&](Expr) { return zero; };
  auto place = [&](const Point &point) {
    return inRows(point.at[1], columns, point.at[0], point.at[2] * toExpr(kernelWidth) + point.at[3]);
  };
  defineProduct(kernel, op, product, kernel.getExtent(input.shape, 0) * toExpr(slabs), {left, right, initial, place});
  return success();
}

LogicalResult halide_backend::defineTiledLinearGradWeight(Kernel &kernel, nn::LinearGradWeightOp op) {
  auto schedule = cast<kernel::GpuTiledAttr>(kernel.getSchedule());
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  size_t last = input.shape.size() - 1; // of the features; all others are lines
  int64_t columns = schedule.getThreadsX(), inputs = input.shape[last], outputs = gradient.shape[last];
  int slab = static_cast<int>(schedule.getSlab());
  Product product;
  product.isFlat = true;
  product.pixelDim = 0;
  product.channelDim = 1;
  Expr zero = zeroOf(input.type), lines = kernel.getExtent(input.shape, 0);
  for (size_t dim = 1; dim < last; ++dim)
    lines = lines * toExpr(input.shape[dim]);
  auto readAt = [&](const Tensor &tensor, Expr line, Expr feature) {
    Expr rest = Halide::clamp(line, 0, lines - 1);
    Point point;
    point.at.resize(last + 1);
    point.at[last] = feature;
    for (size_t dim = last; dim-- > 0;) {
      point.at[dim] = dim ? rest % toExpr(tensor.shape[dim]) : rest;
      rest = dim ? rest / toExpr(tensor.shape[dim]) : rest;
    }
    return select(line < lines, tensor.read(point), zero);
  };
  auto left = [&](Expr x, Expr y, Expr k, Expr) {
    return readAt(input, k, Halide::min(y * toExpr(columns) + x, toExpr(inputs - 1)));
  };
  auto right = [&](Expr c, Expr, Expr, Expr k) { return readAt(gradient, k, Halide::min(c, toExpr(outputs - 1))); };
  auto initial = [&](Expr) { return zero; };
  auto place = [&](const Point &point) { return inRows(point.at[1], columns, point.at[0], 0); };
  defineProduct(kernel, op, product, (lines + (slab - 1)) / slab, {left, right, initial, place});
  return success();
}

//===----------------------------------------------------------------------===//
// Dense
//===----------------------------------------------------------------------===//

LogicalResult halide_backend::defineDenseProduct(Kernel &kernel, nn::ContractionOpInterface op) {
  auto schedule = cast<kernel::GpuDenseAttr>(kernel.getSchedule());
  Value weight = op.getWeightOperand().get();
  const Tensor &input = kernel.get(op.getInputOperand().get());
  Domain domain = kernel.makeDomainOf(op->getResult(0));
  ArrayRef<int64_t> inputs = ArrayRef<int64_t>(input.shape).drop_front(), window = kernel.get(weight).shape;
  if (inputs != window.drop_front() || getWeightsForm(weight))
    return op->emitOpError("expects a window of the whole plane and a row-major weight with the schedule gpu_dense");
  int64_t length = 1;
  for (int64_t extent : inputs)
    length *= extent;
  int threads = static_cast<int>(schedule.getThreads()), steps = static_cast<int>((length + threads - 1) / threads);
  constexpr int first = DenseProduct::first; // sums of so many threads at once

  DenseProduct dense;
  const DenseProduct::Vars &v = dense.vars;
  std::string name = kernel.nameOf(op);
  // An index in the order of memory → the indices of the dimensions behind the first.
  auto readAt = [&](const Tensor &tensor, Expr outer, Expr index) {
    Point point;
    point.at.resize(inputs.size() + 1);
    point.at[0] = outer;
    for (size_t dim = inputs.size(); dim > 0; --dim) {
      point.at[dim] = dim > 1 ? index % toExpr(inputs[dim - 1]) : index;
      index = index / toExpr(inputs[dim - 1]);
    }
    return tensor.read(point);
  };
  dense.steps = RDom(0, steps, name + "_steps");
  Expr index = dense.steps.x * threads + v.thread;
  Expr inside = length % threads ? Halide::min(index, toExpr(length - 1)) : index;
  Expr term = readAt(kernel.get(weight), Halide::min(v.c, toExpr(window[0] - 1)), inside) * readAt(input, v.n, inside);
  if (length % threads)
    term = select(index < toExpr(length), term, zeroOf(term.type()));
  dense.part = Func(name + "_part");
  dense.part(v.thread, v.c, v.n) = zeroOf(term.type());
  dense.part(v.thread, v.c, v.n) += term;

  dense.shared = Func(name + "_shared");
  dense.shared(v.thread, v.c, v.n) = dense.part(v.thread, v.c, v.n);
  RDom few(0, threads / first, name + "_few"), last(0, first, name + "_last");
  dense.few = Func(name + "_sums");
  dense.few(v.thread, v.c, v.n) = zeroOf(term.type());
  dense.few(v.thread, v.c, v.n) += dense.shared(v.thread + first * few.x, v.c, v.n);
  dense.sum = Func(name + "_sum");
  dense.sum(v.c, v.n) = readBias(kernel, op.getBiasValue(), v.c, input.type);
  dense.sum(v.c, v.n) += dense.few(last.x, v.c, v.n);

  kernel.define(op, domain, dense.sum(domain.point.at[1], domain.point.at[0]));
  kernel.reductions.push_back({op, dense.sum, domain, last, {}, {}, {}, {}, dense});
  return success();
}
