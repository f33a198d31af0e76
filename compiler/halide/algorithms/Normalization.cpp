// Batch norm, local response norm, and the conversion of raw inputs.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Math.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

LogicalResult halide_backend::defineBatchNorm2d(Kernel &kernel, nn::BatchNorm2dOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  int64_t channels = domain.shape[1];

  // x · scale + shift, one of each a channel.
  Var c("c");
  Point channel;
  channel.at = {0, c};
  auto read = [&](Value vector) { return kernel.readVector(vector, channel); };
  Func scale("scale"), shift("shift");
  scale(c) = read(op.getWeight()) /
             Halide::sqrt(read(op.getRunningVar()) + constant(input.type, op.getEps().convertToDouble()));
  shift(c) = read(op.getBias()) - read(op.getRunningMean()) * scale(c);
  kernel.computeFirst(scale, c, channels);
  kernel.computeFirst(shift, c, channels);

  Expr at = domain.point.at[1];
  if (domain.point.inPadLanes)
    at = Halide::min(at, static_cast<int>(channels - 1));
  kernel.define(op, domain, input.read(domain.point) * scale(at) + shift(at));
  return success();
}

LogicalResult halide_backend::defineLocalResponseNorm(Kernel &kernel, nn::LocalResponseNormOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  int channels = static_cast<int>(domain.shape[1]), size = static_cast<int>(op.getSize());

  Expr c = domain.point.at[1], zero = constant(input.type, 0), sum = zero;
  auto squareAt = [&](const Point &point, Expr channel) {
    Expr value = input.read(point.with(1, Halide::clamp(channel, 0, channels - 1)));
    return select(channel >= 0 && channel < channels, value * value, zero);
  };
  // Blocked tensors: the squares of a row lie channel by channel, so that the
  // neighbours of a block are a vector too.
  std::optional<Func> squares;
  if (domain.lanes && domain.shape.size() == 4) {
    Var channel("channel");
    squares = Func("squares");
    std::vector<Var> vars = {channel, domain.vars[1], domain.vars[2], domain.vars[4]};
    (*squares)(vars) = squareAt(domain.point, channel);
    squares->align_bounds(channel, static_cast<int>(domain.lanes)).vectorize(channel, static_cast<int>(domain.lanes));
    kernel.rowHelpers.push_back(*squares);
  }
  for (int offset = -(size / 2); offset <= (size - 1) / 2; ++offset)
    sum = sum + (squares ? (*squares)(c + offset, domain.vars[1], domain.vars[2], domain.vars[4])
                         : squareAt(domain.point, c + offset));
  Expr base = constant(input.type, op.getK().convertToDouble()) +
              sum * constant(input.type, op.getAlpha().convertToDouble() / size);
  // Strict, for infinity times the zero that a sum with infinity gives is NaN.
  kernel.define(op, domain,
                Halide::strict_float(input.read(domain.point) * power(base, -op.getBeta().convertToDouble())));
  return success();
}

LogicalResult halide_backend::defineNormalize(Kernel &kernel, nn::NormalizeOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  Halide::Type type = elementType(op.getType());

  Point point = domain.point;
  Expr c = point.at[1];
  if (op.getLayout() == "NHWC") {
    // The raw tensor's dimension 1 is its rows: no blocks of channels here.
    if (point.inPadLanes)
      c = Halide::min(c, static_cast<int>(domain.shape[1] - 1));
    Point raw;
    raw.at = {point.at[0], point.at[2], point.at[3], c};
    point = raw;
  }
  Expr x = Halide::cast(type, input.read(point));

  double unit = input.type.is_uint() ? 1.0 / 255 : 1.0;
  ArrayRef<double> mean = op.getMean(), std = op.getStd();
  if (mean.empty() && std.empty()) {
    kernel.define(op, domain, x);
    return success();
  }
  // x · factor + offset, chosen by the channel where there are several.
  size_t count = std::max<size_t>({1, mean.size(), std.size()});
  auto pick = [](ArrayRef<double> values, size_t i, double fallback) {
    return values.empty() ? fallback : values[values.size() == 1 ? 0 : i];
  };
  Expr factor, offset;
  for (size_t i = count; i-- > 0;) {
    double deviation = pick(std, i, 1);
    Expr thisFactor = constant(type, unit / deviation), thisOffset = constant(type, -pick(mean, i, 0) / deviation);
    bool isLast = !factor.defined();
    factor = isLast ? thisFactor : select(c == static_cast<int>(i), thisFactor, factor);
    offset = isLast ? thisOffset : select(c == static_cast<int>(i), thisOffset, offset);
  }
  kernel.define(op, domain, x * factor + offset);
  return success();
}
