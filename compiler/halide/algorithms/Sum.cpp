// Sums level by level, one loop over the tensor after the other.
//
// 1. The loops are those over the tensor as it lies in memory, innermost first.
//    A long one is cut in parts, so that no level adds up many numbers: errors
//    grow with the length of a level, not with the size of the tensor. Where the
//    innermost dimension is summed, its vectors are, and their lanes last of all.
// 2. Each level sums over one loop what the level below has left of it.
// 3. All levels but the last over whole dimensions are computed together, in
//    registers, for each place of the loops that then remain; threads share
//    these. Partial results are few, and summed in order.
#include "compiler/halide/algorithms/Sum.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;

/// A level adds up as many numbers at most, where it can.
static constexpr int64_t longestLevel = 1024, levelPart = 256;

void Sum::addAxis(size_t dim, Axis::Part part, int64_t extent, bool isSummed) {
  int64_t stride = 1;
  auto add = [&](int64_t count) {
    if (count != 1)
      axes.push_back({dim, part, count, stride, isSummed, Var(("a" + llvm::Twine(axes.size())).str())});
    stride *= count;
  };
  while (isSummed && extent > longestLevel) {
    add(levelPart);
    extent = llvm::divideCeilSigned(extent, levelPart);
  }
  add(extent);
}

void Sum::makeAxes(Kernel &kernel, Halide::Type type, ArrayRef<int64_t> dims) {
  auto isSummed = [&](size_t dim) { return llvm::is_contained(dims, static_cast<int64_t>(dim)); };
  size_t last = shape.size() - 1;
  if (lanes) {
    axes.push_back({1, Axis::Lane, lanes, 1, isSummed(1), Var("lane")});
    vectorWidth = lanes;
    for (size_t dim = last; dim >= 2; --dim)
      addAxis(dim, Axis::Whole, shape[dim], isSummed(dim));
    addAxis(1, Axis::Block, llvm::divideCeilSigned(shape[1], lanes), isSummed(1));
    addAxis(0, Axis::Whole, shape[0], isSummed(0));
    return;
  }
  int64_t extent = shape[last], widest = kernel.vectorLanes(type);
  if (!isSummed(last) || extent < 2) {
    axes.push_back({last, Axis::Whole, extent, 1, isSummed(last), Var("a0")});
    if (!isSummed(last))
      vectorWidth = extent < 0 ? widest : std::min(extent, widest);
  } else {
    vectorWidth = int64_t(1) << llvm::Log2_64(std::min(extent, widest));
    overlapFrom = extent - vectorWidth;
    axes.push_back({last, Axis::Lane, vectorWidth, 1, true, Var("lane")});
    addAxis(last, Axis::Block, llvm::divideCeilSigned(extent, vectorWidth), true);
  }
  for (size_t dim = last; dim-- > 0;)
    addAxis(dim, Axis::Whole, shape[dim], isSummed(dim));
}

/// The element at the axes' variables, zero where a cut loop or a block of channels goes too far.
Expr Sum::readElement(llvm::function_ref<Expr(const Point &)> element, Halide::Type type) const {
  Point point;
  point.at.assign(shape.size(), Expr(0));
  Expr isValid = Halide::Internal::const_true();
  Expr lane = 0, block = 0;
  size_t last = shape.size() - 1;
  auto find = [&](size_t dim, Axis::Part part) {
    Expr index = 0;
    int64_t count = 1;
    for (const Axis &axis : axes)
      if (axis.dim == dim && axis.part == part) {
        index = index + axis.var * static_cast<int>(axis.stride);
        count = axis.extent < 0 ? -1 : count * axis.extent;
      }
    // What the last of several loops of one has too much.
    int64_t extent = part == Axis::Whole  ? shape[dim]
                     : part == Axis::Lane ? count
                     : lanes              ? llvm::divideCeilSigned(shape[dim], lanes)
                                          : llvm::divideCeilSigned(shape[dim], vectorWidth);
    if (extent >= 0 && count > extent) {
      isValid = isValid && index < static_cast<int>(extent);
      index = Halide::min(index, static_cast<int>(extent - 1));
    }
    return index;
  };
  for (size_t dim = 0; dim < shape.size(); ++dim)
    point.at[dim] = find(dim, Axis::Whole);
  if (lanes) {
    point = point.withChannel(find(1, Axis::Block), find(1, Axis::Lane), lanes);
    point.inPadLanes = shape[1] % lanes != 0;
    if (point.inPadLanes && axes[0].isSummed)
      isValid = isValid && point.at[1] < static_cast<int>(shape[1]);
  } else if (axes[0].part == Axis::Lane) {
    // The last vector overlaps its predecessor; what both have counts once.
    Expr begin = find(last, Axis::Block) * static_cast<int>(vectorWidth), in = find(last, Axis::Lane);
    if (shape[last] % vectorWidth) {
      Expr shifted = Halide::min(begin, static_cast<int>(overlapFrom));
      isValid = isValid && shifted + in >= begin;
      begin = shifted;
    }
    point.at[last] = begin + in;
  }
  Expr value = element(point);
  return Halide::Internal::is_const_one(isValid) ? value : Halide::select(isValid, value, constant(type, 0));
}

Sum::Sum(Kernel &kernel, StringRef name, Halide::Type type, ArrayRef<int64_t> shape, int64_t lanes,
         ArrayRef<int64_t> dims, llvm::function_ref<Expr(const Point &)> element)
    : shape(shape), lanes(lanes), sum(name.str()) {
  makeAxes(kernel, type, dims);

  // The order of the levels; a vector's lanes come last.
  std::vector<size_t> order;
  for (size_t i = 1; i < axes.size(); ++i)
    if (axes[i].isSummed)
      order.push_back(i);
  size_t whole = order.size();
  if (axes[0].isSummed)
    order.push_back(0);
  // What is computed at once: levels up to this one.
  size_t task = whole >= 2 ? whole - 1 : whole;

  std::vector<bool> isGone(axes.size(), false);
  auto remaining = [&] {
    std::vector<Var> vars;
    for (size_t i = 0; i < axes.size(); ++i)
      if (!isGone[i])
        vars.push_back(axes[i].var);
    return vars;
  };
  auto countOf = [&](const Axis &axis) {
    return axis.extent < 0 ? kernel.getBatch() : Expr(static_cast<int>(axis.extent));
  };
  int width = static_cast<int>(vectorWidth);
  /// The partial results, with the loops that threads may share.
  auto computePartial = [&](Func func, std::vector<Func> inside) {
    std::vector<std::pair<Var, int64_t>> outer;
    Var inner("inner"), rest("rest");
    for (size_t i = 0; i < axes.size(); ++i)
      if (!isGone[i] && axes[i].extent >= 0)
        func.bound(axes[i].var, 0, static_cast<int>(axes[i].extent));
    if (!isGone[0]) {
      func.split(axes[0].var, rest, inner, width,
                 axes[0].extent < 0 ? Halide::TailStrategy::GuardWithIf : Halide::TailStrategy::ShiftInwards);
      if (width > 1)
        func.vectorize(inner);
      outer.push_back({rest, axes[0].extent < 0 ? -1 : llvm::divideCeilSigned(axes[0].extent, width)});
    }
    for (size_t i = 1; i < axes.size(); ++i)
      if (!isGone[i])
        outer.push_back({axes[i].var, axes[i].extent});
    kernel.computeFirst(func, std::move(outer), std::move(inside));
  };

  Func below;
  Expr value = readElement(element, type);
  std::vector<std::pair<Func, RDom>> inRegisters; // levels of the task, innermost first
  if (order.empty()) {
    sum(remaining()) = value;
    computePartial(sum, {});
  }
  for (size_t level = 0; level < order.size(); ++level) {
    const Axis &axis = axes[order[level]];
    bool isTask = level + 1 <= task;
    RDom range(0, countOf(axis), (name + "_range" + llvm::Twine(level)).str());
    Func next(level + 1 == order.size() && !isTask ? name.str() : (name + "_level" + llvm::Twine(level)).str());
    std::vector<Var> before = remaining();
    isGone[order[level]] = true;
    std::vector<Var> after = remaining();
    Expr term;
    if (below.defined()) {
      std::vector<Expr> at;
      for (const Var &var : before)
        at.push_back(var.name() == axis.var.name() ? Expr(range.x) : Expr(var));
      term = below(at);
    } else {
      term = Halide::Internal::substitute(axis.var.name(), range.x, value);
    }
    next(after) = constant(type, 0);
    next(after) = next(after) + term;
    below = next;
    bool isVector = !isGone[0] && width > 1;
    if (isTask) {
      inRegisters.push_back({next, range});
      if (level + 1 == task) {
        Func partial(level + 1 == order.size() ? name.str() : (name + "_parts").str());
        partial(after) = next(after);
        computePartial(partial, {next});
        for (size_t i = 0; i < inRegisters.size(); ++i) {
          Func func = inRegisters[i].first;
          if (i + 1 < inRegisters.size())
            func.compute_at(inRegisters[i + 1].first, inRegisters[i + 1].second.x);
          func.store_in(Halide::MemoryType::Register);
          for (const Var &var : func.args())
            func.bound_extent(var, var.name() == axes[0].var.name() ? width : 1);
          if (width > 1) {
            func.vectorize(axes[0].var, width);
            func.update().reorder(axes[0].var, inRegisters[i].second.x).vectorize(axes[0].var, width);
          }
        }
        below = partial;
      }
      continue;
    }
    // Few numbers are left.
    next.compute_root();
    std::vector<Halide::VarOrRVar> loops(after.begin(), after.end());
    loops.insert(loops.begin() + isVector, range.x);
    next.update().reorder(loops);
    if (isVector) {
      next.vectorize(axes[0].var, width, Halide::TailStrategy::GuardWithIf);
      next.update().vectorize(axes[0].var, width, Halide::TailStrategy::GuardWithIf);
    }
  }
  if (!order.empty())
    sum = below;
}

Expr Sum::read(const Point &point) const {
  bool isBlocked = lanes && point.lanes == lanes;
  int size = static_cast<int>(lanes);
  std::vector<Expr> at;
  for (const Axis &axis : axes) {
    if (axis.isSummed)
      continue;
    switch (axis.part) {
    case Axis::Lane:
      at.push_back(isBlocked ? point.lane : point.at[1] % size);
      break;
    case Axis::Block:
      at.push_back(isBlocked ? point.block : point.at[1] / size);
      break;
    case Axis::Whole:
      Expr index = point.at[axis.dim];
      if (axis.dim == 1 && point.inPadLanes)
        index = Halide::min(index, static_cast<int>(shape[1] - 1));
      at.push_back(index);
      break;
    }
  }
  return sum(at);
}
