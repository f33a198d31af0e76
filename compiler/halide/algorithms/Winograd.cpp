// Y = At · [Σ_c (G · g · Gt) ⊙ (Bt · d · B)] · A, tile by tile of the plane (Lavin and Gray 2015).
//
// 1. Tiles of m x m results are numbered row by row within a strip; a tile reads
//    (m + 2) x (m + 2) pixels. The last strip and the last column may reach
//    beyond the plane: what they read there is zero, what they give is dropped.
// 2. The input's transform, the products and the result's transform are Funcs of
//    their own; a transform is two products with small constant matrices, whose
//    rows are chosen by an index that schedules unroll.
#include "compiler/halide/algorithms/Winograd.h"
#include "dialects/kernel/Winograd.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

kernel::WeightsAttr halide_backend::getWeightsForm(Value weight) {
  return dyn_cast_or_null<kernel::WeightsAttr>(cast<RankedTensorType>(weight.getType()).getEncoding());
}

/// matrix[row] · (element(0), element(1), …) for a row that is known once loops are unrolled.
static Expr multiplyRow(const kernel::WinogradMatrices::Matrix &matrix, Expr row, Halide::Type type,
                        llvm::function_ref<Expr(int)> element) {
  std::vector<Expr> rows;
  for (const std::vector<double> &coefficients : matrix) {
    Expr sum;
    for (auto [i, coefficient] : llvm::enumerate(coefficients)) {
      if (coefficient == 0)
        continue;
      Expr x = element(static_cast<int>(i));
      if (coefficient == 1)
        sum = sum.defined() ? sum + x : x;
      else if (coefficient == -1)
        sum = sum.defined() ? sum - x : -x;
      else
        sum = sum.defined() ? sum + x * constant(type, coefficient) : x * constant(type, coefficient);
    }
    rows.push_back(sum.defined() ? sum : constant(type, 0));
  }
  return Halide::mux(row, rows);
}

static LogicalResult checkWinograd(Kernel &kernel, nn::Conv2dOp op, kernel::WeightsAttr form) {
  auto areAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [&](int64_t each) { return each == value; });
  };
  if (!areAll(op.getKernelSize(), 3) || !areAll(op.getStride(), 1) || !areAll(op.getDilation(), 1) ||
      op.getGroups() != 1)
    return op.emitOpError("expects a 3x3 window of stride and dilation 1 in one group with weights of form winograd");
  if (form.getLanes() != kernel.lanes)
    return op.emitOpError("expects weights of ") << kernel.lanes << " lanes but got " << form.getLanes();
  return success();
}

LogicalResult halide_backend::defineWinogradConv2d(Kernel &kernel, nn::Conv2dOp op) {
  kernel::WeightsAttr form = getWeightsForm(op.getWeight());
  if (failed(checkWinograd(kernel, op, form)))
    return failure();
  const Tensor &input = kernel.get(op.getInput());
  Halide::Type type = input.type;
  Domain domain = kernel.makeDomainOf(op.getResult());
  int m = static_cast<int>(form.getTile()), size = m + 2;
  int64_t height = domain.shape[2], width = domain.shape[3];

  Winograd parts;
  parts.tile = m;
  parts.tileRows = llvm::divideCeilSigned(height, m);
  parts.tileColumns = llvm::divideCeilSigned(width, m);
  auto schedule = dyn_cast_or_null<kernel::WinogradAttr>(kernel.getSchedule());
  parts.stripRows = std::clamp<int64_t>(schedule ? schedule.getStripRows() : 1, 1, parts.tileRows);
  int columns = static_cast<int>(parts.tileColumns), stripRows = static_cast<int>(parts.stripRows);
  kernel::WinogradMatrices matrices = kernel::getWinogradMatrices(m);

  parts.lane = Var("lane"), parts.t = Var("t"), parts.block = Var("block"), parts.x = Var("x"), parts.y = Var("y");
  parts.strip = Var("strip"), parts.n = Var("n");
  const Var &lane = parts.lane, &t = parts.t, &block = parts.block, &x = parts.x, &y = parts.y, &strip = parts.strip,
            &n = parts.n;

  // 1. Bt · d, then · B. `block` counts the input's channels, in blocks or singly.
  int lanes = static_cast<int>(input.lanes), channels = static_cast<int>(input.shape[1]);
  bool inBlocks = lanes > 0;
  int64_t stripCount = llvm::divideCeilSigned(parts.tileRows, parts.stripRows);
  std::array<int64_t, 4> reach = {op.getPadding()[0], op.getPadding()[1],
                                  stripCount * stripRows * m + 2 - op.getPadding()[0] - input.shape[2],
                                  int64_t(columns) * m + 2 - op.getPadding()[1] - input.shape[3]};
  bool inPlace = input.isArgument ? input.hasHalo(reach)
                                  : llvm::all_of(reach, [](int64_t pixels) { return pixels <= 0; });
  auto readTile = [&](Expr tileX, int tileY) {
    Point at;
    at.at = {n, Expr(), (strip * stripRows + t / columns) * m + tileY - static_cast<int>(op.getPadding()[0]),
             (t % columns) * m + tileX - static_cast<int>(op.getPadding()[1])};
    if (inBlocks)
      at = at.withChannel(block, lane, lanes);
    else
      at.at[1] = block;
    return inPlace ? input.read(at) : input.readOrElse(at, constant(type, 0));
  };
  // Row-major inputs have no lanes: their coordinate is 0 alone.
  parts.rows = Func("winograd_rows");
  parts.rows(lane, x, y, t, block, strip, n) =
      multiplyRow(matrices.bt, y, type, [&](int i) { return readTile(x, i); });
  parts.input = Func("winograd_input");
  parts.input(lane, t, block, x, y, strip, n) =
      multiplyRow(matrices.bt, x, type, [&](int i) { return parts.rows(lane, i, y, t, block, strip, n); });

  // 2. The products.
  const Tensor &weight = kernel.get(op.getWeight());
  bool wholeBlocks = inBlocks && channels % lanes == 0 && form.getInLanes() == lanes;
  parts.range = wholeBlocks ? RDom(0, lanes, 0, channels / lanes, "channels") : RDom(0, channels, "channels");
  int inLanes = static_cast<int>(form.getInLanes());
  Expr c = parts.range[0];
  Expr weightAt = wholeBlocks ? weight.func(lane, parts.range[0], parts.range[1], block, y * size + x)
                              : weight.func(lane, c % inLanes, c / inLanes, block, y * size + x);
  Expr inputAt = wholeBlocks ? parts.input(parts.range[0], t, parts.range[1], x, y, strip, n)
                 : inBlocks  ? parts.input(c % lanes, t, c / lanes, x, y, strip, n)
                             : parts.input(0, t, c, x, y, strip, n);
  parts.sum = Func("winograd_sum");
  parts.sum(lane, t, block, x, y, strip, n) = constant(type, 0);
  parts.sum(lane, t, block, x, y, strip, n) += weightAt * inputAt;
  parts.products = Func("winograd_products");
  parts.products(lane, t, block, x, y, strip, n) = parts.sum(lane, t, block, x, y, strip, n);

  // 3. At · products, then · A, and the bias.
  parts.columns = Func("winograd_columns");
  parts.columns(lane, x, y, t, block, strip, n) = multiplyRow(
      matrices.at, y, type, [&](int i) { return parts.products(lane, t, block, x, i, strip, n); });
  const Point &out = domain.point;
  Expr outY = out.at[2], outX = out.at[3], tileRow = outY / m;
  Expr value = multiplyRow(matrices.at, outX % m, type, [&](int i) {
    return parts.columns(out.lane, i, outY % m, (tileRow % stripRows) * columns + outX / m, out.block,
                         tileRow / stripRows, out.at[0]);
  });
  if (op.getBias())
    value = value + kernel.readVector(op.getBias(), out);
  kernel.define(op, domain, value);
  kernel.reductions.push_back({op, parts.sum, domain, parts.range, std::nullopt, std::nullopt, parts});
  return success();
}
