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

  Expr x = input.read(domain.point), c = domain.point.at[1], sum = constant(input.type, 0);
  for (int offset = -(size / 2); offset <= (size - 1) / 2; ++offset) {
    Expr neighbour = c + offset;
    Expr value = input.read(domain.point.with(1, Halide::clamp(neighbour, 0, channels - 1)));
    sum = sum + select(neighbour >= 0 && neighbour < channels, value * value, constant(input.type, 0));
  }
  Expr base = constant(input.type, op.getK().convertToDouble()) +
              sum * constant(input.type, op.getAlpha().convertToDouble() / size);
  kernel.define(op, domain, x * power(base, -op.getBeta().convertToDouble()));
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
