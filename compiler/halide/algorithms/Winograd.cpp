// Y = At · [Σ_c (G · g · Gt) ⊙ (Bt · d · B)] · A, tile by tile of the plane (Lavin and Gray 2015).
//
// 1. Tiles of m x m results are numbered row by row within a strip; a tile reads
//    (m + 2) x (m + 2) pixels. Where tiles reach beyond the plane they read its
//    last row or column of padding again, and what they give is dropped.
// 2. The input's transform writes the tiles of a strip and no more: a schedule
//    may round their number up in the products, whose surplus is dropped too.
// 3. A strip may go through several images; those beyond the batch are its last
//    one again.
// 4. A transform is two products with small constant matrices, whose rows are
//    chosen by an index that schedules unroll.
#include "compiler/halide/algorithms/Winograd.h"
#include "dialects/kernel/Winograd.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Matrix = kernel::WinogradMatrices::Matrix;

kernel::WeightsAttr halide_backend::getWeightsForm(Value weight) {
  return dyn_cast_or_null<kernel::WeightsAttr>(cast<RankedTensorType>(weight.getType()).getEncoding());
}

//===----------------------------------------------------------------------===//
// Products with constant matrices
//===----------------------------------------------------------------------===//

/// Σ coefficients[k] · values[k].
static Expr combine(ArrayRef<double> coefficients, ArrayRef<Expr> values) {
  Expr sum;
  // What needs no product comes first: the rest are then multiply-adds.
  for (bool plain : {true, false})
    for (auto [coefficient, value] : llvm::zip_equal(coefficients, values)) {
      if (coefficient == 0 || (coefficient == 1) != plain)
        continue;
      if (coefficient == -1) {
        sum = sum.defined() ? sum - value : -value;
        continue;
      }
      Expr term = plain ? value : value * constant(value.type(), coefficient);
      sum = sum.defined() ? sum + term : term;
    }
  return sum.defined() ? sum : Halide::Internal::make_zero(values[0].type());
}

/// Bt · values, or G · values. The rows of a pair of points are the sum and the
/// difference of what stands in even and in odd places.
static std::vector<Expr> multiplyInput(const Matrix &bt, ArrayRef<Expr> values) {
  std::vector<Expr> results = {combine(bt[0], values)};
  for (size_t row = 1; row + 1 < bt.size(); row += 2) {
    std::vector<double> even(bt[row]), odd(bt[row]);
    for (size_t k = 0; k < values.size(); ++k)
      (k % 2 ? even : odd)[k] = 0;
    Expr evens = combine(even, values), odds = combine(odd, values);
    results.push_back(evens + odds);
    results.push_back(evens - odds);
  }
  results.push_back(combine(bt.back(), values));
  return results;
}

/// At · values. Even rows see the sum of a pair's values, odd rows their difference.
static std::vector<Expr> multiplyResult(const Matrix &at, ArrayRef<Expr> values) {
  std::vector<Expr> sums = {values.front()}, differences = {values.front()};
  for (size_t k = 1; k + 1 < values.size(); k += 2) {
    sums.push_back(values[k] + values[k + 1]);
    differences.push_back(values[k] - values[k + 1]);
  }
  sums.push_back(values.back());
  differences.push_back(values.back());
  std::vector<Expr> results;
  for (auto [i, row] : llvm::enumerate(at)) {
    std::vector<double> coefficients = {row.front()};
    for (size_t k = 1; k + 1 < row.size(); k += 2)
      coefficients.push_back(row[k]);
    coefficients.push_back(row.back());
    results.push_back(combine(coefficients, i % 2 ? differences : sums));
  }
  return results;
}

//===----------------------------------------------------------------------===//
// The convolution
//===----------------------------------------------------------------------===//

static LogicalResult checkWinograd(Kernel &kernel, nn::Conv2dOp op, kernel::WeightsAttr form) {
  auto areAll = [](ArrayRef<int64_t> values, int64_t value) {
    return llvm::all_of(values, [&](int64_t each) { return each == value; });
  };
  if (!areAll(op.getKernelSize(), 3) || !areAll(op.getStride(), 1) || !areAll(op.getDilation(), 1) ||
      op.getGroups() != 1)
    return op.emitOpError("expects a 3x3 window of stride and dilation 1 in one group with weights of form winograd");
  int64_t inputLanes = kernel.get(op.getInput()).lanes;
  if (form.getLanes() != kernel.lanes || form.getInLanes() != inputLanes)
    return op.emitOpError("expects weights for the ")
           << inputLanes << " lanes of its input and the " << kernel.lanes << " of its result but got " << form;
  auto schedule = dyn_cast_or_null<kernel::WinogradAttr>(kernel.getSchedule());
  if (!schedule)
    return kernel.op.emitOpError("expects the schedule winograd and weights of form winograd together");
  if (schedule.getTile() != form.getTile())
    return kernel.op.emitOpError("expects the tile of its weights, ")
           << form.getTile() << ", in its schedule but got " << schedule.getTile();
  return success();
}

LogicalResult halide_backend::defineWinogradConv2d(Kernel &kernel, nn::Conv2dOp op) {
  kernel::WeightsAttr form = getWeightsForm(op.getWeight());
  if (failed(checkWinograd(kernel, op, form)))
    return failure();
  const Tensor &input = kernel.get(op.getInput()), &weight = kernel.get(op.getWeight());
  auto schedule = cast<kernel::WinogradAttr>(kernel.getSchedule());
  Domain domain = kernel.makeDomainOf(op.getResult());
  Winograd parts;
  parts.tile = form.getTile();
  parts.inputLanes = input.lanes;
  parts.tileRows = llvm::divideCeilSigned(domain.shape[2], parts.tile);
  parts.tileColumns = llvm::divideCeilSigned(domain.shape[3], parts.tile);
  parts.stripRows = std::clamp<int64_t>(schedule.getStripRows(), 1, parts.tileRows);
  parts.strips = llvm::divideCeilSigned(parts.tileRows, parts.stripRows);
  const int m = static_cast<int>(parts.tile), size = m + 2, lanes = static_cast<int>(input.lanes);
  const int columns = static_cast<int>(parts.tileColumns), stripRows = static_cast<int>(parts.stripRows);
  const int images = static_cast<int>(parts.images = std::max<int64_t>(1, schedule.getImages()));
  const kernel::WinogradMatrices matrices = kernel::getWinogradMatrices(m);
  const auto &[lane, t, place, block, strip, n, i, j, tileX, tileY, image] = parts.vars;

  // 1. The transform of the input, in place where the halo holds the padding.
  std::array<int64_t, 4> reach = {op.getPadding()[0], op.getPadding()[1], 0, 0};
  for (unsigned dim = 0; dim < 2; ++dim)
    reach[dim + 2] = std::max<int64_t>(0, domain.shape[dim + 2] + 2 - reach[dim] - input.shape[dim + 2]);
  bool inPlace = input.isArgument && input.hasHalo(reach);
  // Pixel `offset` of tile `tile` along the plane's dimension `dim`, whose tiles cover `covered` pixels.
  auto locate = [&](unsigned dim, const Expr &tile, const Expr &offset, int64_t covered) -> Expr {
    Expr at = tile * m + offset - static_cast<int>(reach[dim]);
    int64_t last = input.shape[dim + 2] + reach[dim + 2] - 1;
    return inPlace && covered != domain.shape[dim + 2] ? Halide::min(at, static_cast<int>(last)) : at;
  };
  std::vector<Expr> values;
  for (int row = 0; row < size; ++row) {
    Point at;
    at.at = {image, Expr(), locate(0, tileY, row, parts.strips * stripRows * m), locate(1, tileX, i, columns * m)};
    at = at.withChannel(block, lane, lanes);
    values.push_back(inPlace ? input.read(at) : input.readOrElse(at, constant(input.type, 0)));
  }
  std::string name = kernel.nameOf(op);
  parts.inputColumns = Func(name + "_input_columns");
  parts.inputColumns(lane, i, j, tileX, tileY, block, image) = Halide::mux(j, multiplyInput(matrices.bt, values));
  parts.tiles = RDom(0, columns, 0, stripRows, 0, images, "tiles");
  Expr imageOfTile = n;
  if (images > 1)
    imageOfTile = Halide::min(n * images + parts.tiles.z, kernel.getExtent(domain.shape, 0) - 1);
  values.clear();
  for (int column = 0; column < size; ++column)
    values.push_back(parts.inputColumns(lane, column, place / size, parts.tiles.x, strip * stripRows + parts.tiles.y,
                                        block, imageOfTile));
  parts.input = Func(name + "_input");
  parts.input(lane, t, block, place, strip, n) = Halide::undef(input.type);
  parts.input(lane, (parts.tiles.z * stripRows + parts.tiles.y) * columns + parts.tiles.x, block, place, strip, n) =
      Halide::mux(place % size, multiplyInput(matrices.bt, values));

  // 2. The products. Blocks may be rounded up as tiles are, but there is no weight to read for those.
  parts.channels = RDom(0, static_cast<int>(input.shape[1]), "channels");
  RVar channel = parts.channels.x;
  int64_t blocks = llvm::divideCeilSigned(domain.shape[1], kernel.lanes);
  int64_t tileBlocks = std::max<int64_t>(1, schedule.getTileC());
  int64_t groupBlocks = llvm::alignTo(std::max<int64_t>(1, schedule.getGroupC()), tileBlocks);
  Expr weightBlock = blocks % groupBlocks == 0 ? Expr(block) : Expr(Halide::min(block, static_cast<int>(blocks - 1)));
  parts.sum = Func(name + "_sum");
  parts.sum(lane, t, block, place, strip, n) = constant(input.type, 0);
  parts.sum(lane, t, block, place, strip, n) += parts.input(channel % lanes, t, channel / lanes, place, strip, n) *
                                                weight.func(lane, channel % lanes, channel / lanes, weightBlock, place);
  parts.products = Func(name + "_products");
  parts.products(lane, t, block, place, strip, n) = parts.sum(lane, t, block, place, strip, n);

  // 3. The transform of the result, and the bias.
  values.clear();
  for (int row = 0; row < size; ++row)
    values.push_back(parts.products(lane, (image % images * stripRows + tileY % stripRows) * columns + tileX, block,
                                    row * size + i, tileY / stripRows, image / images));
  parts.resultRows = Func(name + "_result_rows");
  parts.resultRows(lane, i, j, tileX, tileY, block, image) = Halide::mux(j, multiplyResult(matrices.at, values));
  const Point &out = domain.point;
  Expr x = out.at[3], y = out.at[2];
  values.clear();
  for (int column = 0; column < size; ++column)
    values.push_back(parts.resultRows(out.lane, column, y % m, x / m, y / m, out.block, out.at[0]));
  Expr value = Halide::mux(x % m, multiplyResult(matrices.at, values));
  if (op.getBias())
    value = value + kernel.readVector(op.getBias(), out);
  kernel.define(op, domain, value);
  parts.result = kernel.get(op.getResult()).func;
  kernel.reductions.push_back({op, parts.sum, domain, parts.channels, {}, {}, parts, {}, {}});
  return success();
}

//===----------------------------------------------------------------------===//
// Weights that change
//===----------------------------------------------------------------------===//

Expr halide_backend::defineWinogradWeight(Kernel &kernel, const Domain &domain, int64_t tile,
                                          llvm::function_ref<Expr(Expr, Expr)> read) {
  const kernel::WinogradMatrices matrices = kernel::getWinogradMatrices(tile);
  const int size = static_cast<int>(tile) + 2;
  const Var &place = domain.vars.back();
  std::vector<Var> element(domain.vars.begin(), domain.vars.end() - 1);
  Var i("i"), j("j");
  std::vector<Var> columnVars = element;
  columnVars.insert(columnVars.end(), {i, j});
  Func columns("weight_columns");
  columns(columnVars) = Halide::mux(j, multiplyInput(matrices.g, {read(0, i), read(1, i), read(2, i)}));
  std::vector<Expr> values;
  for (int column = 0; column < 3; ++column) {
    std::vector<Expr> at(element.begin(), element.end());
    at.insert(at.end(), {Expr(column), place / size});
    values.push_back(columns(at));
  }
  kernel.weightColumns = columns;
  return Halide::mux(place % size, multiplyInput(matrices.g, values));
}
