// Logical indices → coordinates.
#include "compiler/halide/Values.h"

#include <limits>

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

//===----------------------------------------------------------------------===//
// Points and domains
//===----------------------------------------------------------------------===//

Point Point::with(size_t dim, Expr index) const {
  Point moved = *this;
  moved.at[dim] = index;
  if (dim == 1) {
    moved.lanes = 0;
    moved.inPadLanes = false;
  }
  return moved;
}

Point Point::withChannel(Expr newBlock, Expr newLane, int64_t newLanes) const {
  Point moved = *this;
  moved.at[1] = newBlock * static_cast<int>(newLanes) + newLane;
  moved.block = newBlock;
  moved.lane = newLane;
  moved.lanes = newLanes;
  moved.inPadLanes = false;
  return moved;
}

std::pair<Expr, Expr> Point::getBlockAndLane(int64_t size) const {
  if (lanes == size)
    return {block, lane};
  if (lanes && size % lanes == 0) { // a vector of lanes stays one
    int parts = static_cast<int>(size / lanes);
    return {block / parts, block % parts * static_cast<int>(lanes) + lane};
  }
  if (lanes && lanes % size == 0) {
    int parts = static_cast<int>(lanes / size);
    return {block * parts + lane / static_cast<int>(size), lane % static_cast<int>(size)};
  }
  return {at[1] / static_cast<int>(size), at[1] % static_cast<int>(size)};
}

SmallVector<int64_t> Domain::extents() const {
  if (!packedExtents.empty())
    return packedExtents;
  if (!lanes)
    return SmallVector<int64_t>(llvm::reverse(shape));
  int64_t blocks = llvm::divideCeilSigned(shape[1], lanes);
  if (shape.size() == 2)
    return {lanes, blocks, shape[0]};
  return {lanes, shape[3], shape[2], blocks, shape[0]};
}

Domain halide_backend::makeDomain(ArrayRef<int64_t> shape, int64_t lanes) {
  Domain domain;
  domain.shape.assign(shape.begin(), shape.end());
  domain.lanes = lanes;
  if (lanes) {
    Var lane("lane"), x("x"), y("y"), block("block"), n("n");
    domain.point.at = {n, block * static_cast<int>(lanes) + lane};
    domain.point.block = block;
    domain.point.lane = lane;
    domain.point.lanes = lanes;
    domain.point.inPadLanes = domain.hasPadLanes();
    domain.vars = {lane, block, n};
    if (shape.size() == 4) {
      domain.point.at.insert(domain.point.at.end(), {y, x});
      domain.vars = {lane, x, y, block, n};
    }
    return domain;
  }
  static const char *const planeNames[] = {"n", "c", "y", "x"};
  for (size_t i = 0; i < shape.size(); ++i) {
    std::string name = shape.size() == 4 ? planeNames[i] : "i";
    if (shape.size() != 4)
      name += std::to_string(i);
    Var var(name);
    domain.point.at.push_back(var);
    domain.vars.insert(domain.vars.begin(), var);
  }
  return domain;
}

Domain halide_backend::makePackedDomain(ArrayRef<int64_t> shape, kernel::WeightsAttr layout) {
  int lanes = static_cast<int>(layout.getLanes()), inLanes = static_cast<int>(layout.getInLanes());
  Domain domain;
  domain.shape.assign(shape.begin(), shape.end());
  domain.lanes = lanes;
  Var lane("lane"), inLane("in_lane"), x("x"), y("y"), inBlock("in_block"), block("block");
  switch (layout.getForm()) {
  case kernel::WeightsForm::Channels:
    domain.vars = {lane, block};
    break;
  case kernel::WeightsForm::Depthwise:
    domain.vars = {lane, x, y, block};
    break;
  case kernel::WeightsForm::Direct:
    domain.vars = {lane, inLane, x, y, inBlock, block};
    break;
  case kernel::WeightsForm::Winograd:
    domain.vars = {lane, inLane, inBlock, block, Var("place")}; // of its taps; the point says no tap of the weight's
    break;
  }
  std::vector<Expr> at = {block * lanes + lane, inBlock * inLanes + inLane, y, x};
  if (layout.getForm() == kernel::WeightsForm::Depthwise)
    at[1] = 0;
  domain.point.at.assign(at.begin(), at.begin() + shape.size());
  if (domain.vars.size() > 4) {
    domain.point.block = inBlock;
    domain.point.lane = inLane;
    domain.point.lanes = inLanes;
    domain.point.inPadLanes = shape[1] % inLanes != 0;
  }
  auto type = RankedTensorType::get(shape, Float32Type::get(layout.getContext()), layout);
  for (const kernel::DescriptorDimension &dimension : kernel::describeResult(type).dimensions)
    domain.packedExtents.push_back(dimension.extent);
  return domain;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

std::vector<Expr> Tensor::coordinates(const Point &point) const {
  std::vector<Expr> at = point.at;
  if (!lanes) {
    // Pad lanes of the reader have no counterpart here: any value will do.
    if (point.inPadLanes && shape.size() > 1)
      at[1] = Halide::min(at[1], static_cast<int>(shape[1] - 1));
    return {at.rbegin(), at.rend()};
  }
  auto [block, lane] = point.getBlockAndLane(lanes);
  if (shape.size() == 2)
    return {lane, block, at[0]};
  return {lane, at[3], at[2], block, at[0]};
}

Expr Tensor::read(const Point &point) const { return func(coordinates(point)); }

bool Tensor::hasHalo(const std::array<int64_t, 4> &reach) const {
  for (int side = 0; side < 4; ++side)
    if (reach[side] > halo[side])
      return false;
  return true;
}

Expr Tensor::readOrElse(const Point &point, Expr outside) const {
  Point clamped = point;
  size_t rank = shape.size();
  Expr isInside = Halide::Internal::const_true();
  for (size_t dim = rank - 2; dim < rank; ++dim) {
    int last = static_cast<int>(shape[dim] - 1);
    isInside = isInside && point.at[dim] >= 0 && point.at[dim] <= last;
    clamped.at[dim] = Halide::clamp(Halide::likely(point.at[dim]), 0, last);
  }
  return Halide::select(isInside, Halide::likely(read(clamped)), outside);
}

//===----------------------------------------------------------------------===//
// Expressions and types
//===----------------------------------------------------------------------===//

Expr halide_backend::constant(Halide::Type type, double value) {
  // make_const checks that a narrower type can hold the value: infinity needs a way around.
  if (type.bits() == 32)
    return Expr(static_cast<float>(value));
  return Expr(value);
}

Expr halide_backend::isLess(Expr a, Expr b) { return Halide::strict_float(a < b); }

// Halide compiles a strict a <= b as not b < a, which holds where either is NaN.
Expr halide_backend::isLessEqual(Expr a, Expr b) { return isLess(a, b) || Halide::strict_float(a == b); }

Expr halide_backend::maxOrNan(Expr a, Expr b) {
  return Halide::select(Halide::is_nan(b), b, Halide::select(isLess(a, b), b, a));
}

Halide::Type halide_backend::elementType(Type type) {
  Type element = cast<RankedTensorType>(type).getElementType();
  unsigned bits = element.getIntOrFloatBitWidth();
  if (isa<FloatType>(element))
    return Halide::Float(bits);
  return element.isUnsignedInteger() ? Halide::UInt(bits) : Halide::Int(bits);
}

SmallVector<int64_t> halide_backend::logicalShape(Type type) {
  SmallVector<int64_t> shape(cast<RankedTensorType>(type).getShape());
  if (!shape.empty() && ShapedType::isDynamic(shape[0]))
    shape[0] = -1;
  return shape;
}
