// Statistics of batches, and the gradients of batch norm and local response norm.
#include "compiler/halide/algorithms/Algorithms.h"
#include "compiler/halide/algorithms/Math.h"
#include "compiler/halide/algorithms/Sum.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::select;

//===----------------------------------------------------------------------===//
// Batch norm
//===----------------------------------------------------------------------===//

/// All dimensions but the channels.
static SmallVector<int64_t> getAveragedDims(size_t rank) {
  SmallVector<int64_t> dims = {0};
  llvm::append_range(dims, llvm::seq<int64_t>(2, static_cast<int64_t>(rank)));
  return dims;
}

/// The number of elements of a channel.
static Expr countOfChannel(const Kernel &kernel, ArrayRef<int64_t> shape, Halide::Type type) {
  double known = 1;
  for (size_t dim = 2; dim < shape.size(); ++dim)
    known *= static_cast<double>(shape[dim]);
  return Halide::cast(type, kernel.getExtent(shape, 0)) * constant(type, known);
}

/// The place in the whole tensor of the channel that a vector's place stands for.
static Point channelPoint(const Domain &vector, size_t rank) {
  Point point;
  point.at.assign(rank, Expr(0));
  point.at[1] = vector.point.at[0];
  return point;
}

namespace {
/// Vectors of the channels, computed once.
class ChannelVectors {
public:
  ChannelVectors(Kernel &kernel, int64_t channels) : kernel(kernel), channels(channels) { channel.at = {0, c}; }

  Expr read(Value vector) const { return kernel.readVector(vector, channel); }
  Expr reciprocalDeviation(Value variance, double eps) const {
    Expr value = read(variance);
    return constant(value.type(), 1) / Halide::sqrt(value + constant(value.type(), eps));
  }
  /// A Func of `value`, computed from `read`s.
  Func compute(StringRef name, Expr value) {
    Func func(name.str());
    func(c) = value;
    kernel.computeFirst(func, c, channels);
    return func;
  }
  /// The channel of `point`, which may lie in pad lanes.
  Expr at(const Point &point) const {
    return point.inPadLanes ? Halide::min(point.at[1], static_cast<int>(channels - 1)) : point.at[1];
  }

private:
  Kernel &kernel;
  int64_t channels;
  Var c{"c"};
  Point channel;
};
} // namespace

LogicalResult halide_backend::defineBatchVariance(Kernel &kernel, nn::BatchVarianceOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput());
  Sum sum(kernel, "squares", input.type, input.shape, kernel.lanesOf(input.shape), getAveragedDims(input.shape.size()),
          [&](const Point &point) {
            Expr distance = input.read(point) - kernel.readVector(op.getMean(), point);
            return distance * distance;
          });
  kernel.define(op, domain,
                sum.read(channelPoint(domain, input.shape.size())) / countOfChannel(kernel, input.shape, input.type));
  return success();
}

LogicalResult halide_backend::defineRunningAverage(Kernel &kernel, nn::RunningAverageOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &like = kernel.get(op.getLike());
  Point channel;
  channel.at = {0, domain.point.at[0]};
  Expr running = kernel.readVector(op.getRunning(), channel), batch = kernel.readVector(op.getBatch(), channel);
  Halide::Type type = running.type();
  if (op.getUnbiased()) {
    Expr count = countOfChannel(kernel, like.shape, type);
    batch = batch * (count / (count - constant(type, 1)));
  }
  double momentum = op.getMomentum().convertToDouble();
  kernel.define(op, domain, running * constant(type, 1 - momentum) + batch * constant(type, momentum));
  return success();
}

LogicalResult halide_backend::defineBatchNorm2dGradWeight(Kernel &kernel, nn::BatchNorm2dGradWeightOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  Sum sum(kernel, "products", input.type, input.shape, kernel.lanesOf(input.shape), getAveragedDims(input.shape.size()),
          [&](const Point &point) {
            return gradient.read(point) * (input.read(point) - kernel.readVector(op.getMean(), point));
          });
  Point channel;
  channel.at = {0, domain.point.at[0]};
  Expr variance = kernel.readVector(op.getVariance(), channel);
  Expr deviation = Halide::sqrt(variance + constant(input.type, op.getEps().convertToDouble()));
  kernel.define(op, domain, sum.read(channelPoint(domain, input.shape.size())) / deviation);
  return success();
}

LogicalResult halide_backend::defineBatchNorm2dGradInput(Kernel &kernel, nn::BatchNorm2dGradInputOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  // scale · (dy − offset − (x − mean) · slope), all four of the channel.
  ChannelVectors vectors(kernel, domain.shape[1]);
  Expr count = countOfChannel(kernel, domain.shape, input.type);
  Expr reciprocal = vectors.reciprocalDeviation(op.getVariance(), op.getEps().convertToDouble());
  Func scale = vectors.compute("scale", vectors.read(op.getWeight()) * reciprocal);
  Func offset = vectors.compute("offset", vectors.read(op.getGradBias()) / count);
  Func slope = vectors.compute("slope", vectors.read(op.getGradWeight()) * reciprocal / count);
  Func mean = vectors.compute("mean", vectors.read(op.getMean()));
  Expr c = vectors.at(domain.point);
  Expr dy = gradient.read(domain.point), x = input.read(domain.point);
  kernel.define(op, domain, scale(c) * (dy - offset(c) - (x - mean(c)) * slope(c)));
  return success();
}

LogicalResult halide_backend::defineBatchNorm2dScale(Kernel &kernel, nn::BatchNorm2dScaleOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &gradient = kernel.get(op.getGradient());
  ChannelVectors vectors(kernel, domain.shape[1]);
  Func scale =
      vectors.compute("scale", vectors.read(op.getWeight()) *
                                   vectors.reciprocalDeviation(op.getVariance(), op.getEps().convertToDouble()));
  kernel.define(op, domain, gradient.read(domain.point) * scale(vectors.at(domain.point)));
  return success();
}

//===----------------------------------------------------------------------===//
// Local response norm
//===----------------------------------------------------------------------===//

LogicalResult halide_backend::defineLocalResponseNormGrad(Kernel &kernel, nn::LocalResponseNormGradOp op) {
  Domain domain = kernel.makeDomainOf(op.getResult());
  const Tensor &input = kernel.get(op.getInput()), &gradient = kernel.get(op.getGradient());
  Halide::Type type = input.type;
  int channels = static_cast<int>(domain.shape[1]), size = static_cast<int>(op.getSize());
  double alpha = op.getAlpha().convertToDouble() / size, beta = op.getBeta().convertToDouble();
  Expr zero = constant(type, 0);

  // Helpers are addressed by the channel, then by all other dimensions.
  Var channel("channel");
  std::vector<Var> vars = {channel};
  std::vector<Expr> here = {domain.point.at[1]};
  Point place = domain.point;
  for (size_t dim = domain.shape.size(); dim-- > 0;)
    if (dim != 1) {
      vars.push_back(Var("p" + std::to_string(dim)));
      here.push_back(place.at[dim]);
      place.at[dim] = vars.back();
    }
  auto isChannel = [&](Expr c) { return c >= 0 && c < channels; };
  auto readAt = [&](const Tensor &tensor, Expr c) {
    return tensor.read(place.with(1, Halide::clamp(c, 0, channels - 1)));
  };
  auto atOffset = [&](Func func, std::vector<Expr> at, int offset) {
    at[0] = at[0] + offset;
    return func(at);
  };
  auto compute = [&](Func func) {
    if (domain.lanes && domain.shape.size() == 4) {
      func.align_bounds(channel, static_cast<int>(domain.lanes)).vectorize(channel, static_cast<int>(domain.lanes));
      kernel.rowHelpers.push_back(func);
    } else {
      func.compute_root();
    }
  };
  std::vector<Expr> at(vars.begin(), vars.end());

  Func squares("squares"), base("base"), terms("terms");
  Expr x = readAt(input, channel);
  squares(vars) = select(isChannel(channel), x * x, zero);
  Expr sum = zero;
  for (int offset = -(size / 2); offset <= (size - 1) / 2; ++offset)
    sum = sum + atOffset(squares, at, offset);
  base(vars) = constant(type, op.getK().convertToDouble()) + sum * constant(type, alpha);
  Expr term = readAt(gradient, channel) * x * power(base(at), -beta) / base(at);
  terms(vars) = select(isChannel(channel), term, zero);
  // Those whose windows hold this channel: the window turned round.
  Expr total = zero;
  for (int offset = -((size - 1) / 2); offset <= size / 2; ++offset)
    total = total + atOffset(terms, here, offset);
  compute(squares);
  compute(base);
  compute(terms);
  kernel.define(op, domain,
                Halide::strict_float(gradient.read(domain.point) * power(base(here), -beta) -
                                     constant(type, 2 * alpha * beta) * input.read(domain.point) * total));
  return success();
}
