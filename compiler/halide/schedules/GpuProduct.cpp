// Contractions on devices: tiles with their operands in shared memory, and sums shared by a block's threads.
//
// A tile. Threads x stand for columns, threads y for groups of channels; both
// operands of a slab are copied to shared memory by all threads together. Sums of a
// thread cannot live in registers across the loop over the slabs, in whose body
// threads wait for each other: `part` does for a slab, `sum` is in shared memory.
#include "compiler/halide/schedules/Gpu.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::MemoryType;
using Halide::TailStrategy;

/// The stage of the kernel's only product, or null.
static Stage *findProductStage(Kernel &kernel) {
  Stage *found = nullptr;
  for (Stage &stage : kernel.stages)
    for (Reduction *reduction : stage.reductions)
      if (reduction->product || reduction->dense)
        found = stage.reductions.size() == 1 ? &stage : nullptr;
  return found;
}

/// Makes one line of blocks of `loops`, innermost first, and returns it: along y and z a
/// grid ends at 65535, which a batch may exceed.
static Var mapToBlocks(Func func, ArrayRef<Var> loops) {
  Var block = fuseAll(func, loops);
  func.gpu_blocks(block);
  return block;
}

/// Copies an operand to shared memory, `loops` as they lie in memory.
static void stage(Func operand, ArrayRef<Var> loops, int64_t threadsX, int64_t threadsY) {
  operand.store_in(MemoryType::GPUShared);
  std::vector<Halide::VarOrRVar> order(loops.begin(), loops.end());
  operand.reorder(order);
  Var all = fuseAll(operand, loops), rest("rest"), thread("thread"), x("thread_x"), y("thread_y");
  operand.split(all, rest, thread, static_cast<int>(threadsX * threadsY), TailStrategy::GuardWithIf)
      .split(thread, y, x, static_cast<int>(threadsX))
      .gpu_threads(x, y);
}

LogicalResult halide_backend::scheduleGpuTiled(Kernel &kernel, kernel::GpuTiledAttr schedule) {
  const int64_t columns = schedule.getThreadsX(), rows = schedule.getRows(), groups = schedule.getThreadsC(),
                channels = schedule.getChannels(), slab = schedule.getSlab();
  if (failed(checkParameter(kernel, "threadsX", columns, 1, maxThreads)) ||
      failed(checkParameter(kernel, "threadsC", groups, 1, maxThreads / columns)) ||
      failed(checkParameter(kernel, "rows", rows, 1, 64)) ||
      failed(checkParameter(kernel, "channels", channels, 1, 64)) ||
      failed(checkParameter(kernel, "slab", slab, 1, 256)))
    return failure();
  Stage *reader = findProductStage(kernel);
  if (!reader)
    return kernel.op.emitOpError("expects one contraction, alone in its stage, where its schedule is gpu_tiled");
  const Product &product = *reader->reductions[0]->product;
  const Product::Vars &v = product.vars;

  // 1. The results of a tile.
  Func result = reader->func;
  if (!reader->isResult)
    result.compute_root();
  std::vector<Var> items;
  for (auto [dim, var] : llvm::enumerate(reader->domain.vars))
    if (dim != product.channelDim && dim != product.pixelDim && (product.isFlat || dim != product.pixelDim + 1))
      items.push_back(var);
  ArrayRef<Var> vars = reader->domain.vars;
  Var xTile("x_tile"), x("x_in"), yTile("y_tile"), y("y_in"), cTile("c_tile"), cIn("c_in"), group("group"),
      c("channel");
  result.split(vars[product.channelDim], cTile, cIn, static_cast<int>(groups * channels), TailStrategy::GuardWithIf)
      .split(cIn, group, c, static_cast<int>(channels));
  if (product.isFlat) {
    Var line("line");
    result.split(vars[product.pixelDim], line, x, static_cast<int>(columns), TailStrategy::GuardWithIf)
        .split(line, yTile, y, static_cast<int>(rows), TailStrategy::GuardWithIf);
  } else {
    result.split(vars[product.pixelDim], xTile, x, static_cast<int>(columns), TailStrategy::GuardWithIf)
        .split(vars[product.pixelDim + 1], yTile, y, static_cast<int>(rows), TailStrategy::GuardWithIf);
  }
  std::vector<Halide::VarOrRVar> order = {c, y, x, group};
  if (!product.isFlat)
    order.push_back(xTile);
  order.push_back(yTile);
  order.push_back(cTile);
  llvm::append_range(order, items);
  result.reorder(order);
  std::vector<Var> blocks = {yTile, cTile};
  if (!product.isFlat)
    blocks.insert(blocks.begin(), xTile);
  llvm::append_range(blocks, items);
  Var tile = mapToBlocks(result, blocks);
  result.gpu_threads(x, group);

  // 2. Their sums, slab by slab.
  auto bound = [](Func func, std::initializer_list<std::pair<Var, int64_t>> extents) {
    for (auto &[var, extent] : extents)
      func.bound_extent(var, static_cast<int>(extent));
  };
  Func sum = product.sum;
  sum.compute_at(result, tile).store_in(MemoryType::GPUShared);
  bound(sum, {{v.x, columns}, {v.y, rows}, {v.c, groups * channels}, {v.n, 1}});
  sum.split(v.c, group, c, static_cast<int>(channels)).reorder(c, v.y, v.x, group, v.n).gpu_threads(v.x, group);
  sum.update()
      .split(v.c, group, c, static_cast<int>(channels))
      .reorder(c, v.y, v.x, group, v.n, product.slabs.x)
      .unroll(c)
      .unroll(v.y)
      .gpu_threads(v.x, group);

  Func part = product.part;
  part.compute_at(sum, v.x).store_in(MemoryType::Register);
  bound(part, {{v.x, 1}, {v.y, rows}, {v.c, channels}, {v.n, 1}, {v.slab, 1}});
  part.unroll(v.c).unroll(v.y);
  RVar kx = product.inner[0], ky = product.inner[1], k = product.inner[2];
  part.update().reorder(v.c, v.y, kx, ky, k).unroll(v.c).unroll(v.y);
  const int64_t taps = product.window[0] * product.window[1];
  if (product.window[1] > 1 && product.window[1] <= 7)
    part.update().unroll(kx);
  if (taps > 1 && taps <= 9)
    part.update().unroll(ky);

  // 3. Operands.
  auto reach = [&](unsigned dim, int64_t tileExtent) {
    return (tileExtent - 1) * product.stride[dim] + (product.window[dim] - 1) * product.dilation[dim] + 1;
  };
  Func left = product.left, right = product.right;
  left.compute_at(sum, product.slabs.x);
  bound(left, {{v.x, reach(1, columns)}, {v.y, reach(0, rows)}, {v.k, slab}, {v.n, 1}});
  right.compute_at(sum, product.slabs.x);
  bound(right, {{v.c, groups * channels}, {v.kx, product.window[1]}, {v.ky, product.window[0]}, {v.k, slab}});
  if (product.leftAlongK)
    stage(left, {v.k, v.x, v.y, v.n}, columns, groups);
  else
    stage(left, {v.x, v.y, v.k, v.n}, columns, groups);
  if (product.rightAlongK)
    stage(right, {v.kx, v.ky, v.k, v.c}, columns, groups);
  else
    stage(right, {v.c, v.kx, v.ky, v.k}, columns, groups);
  return success();
}

LogicalResult halide_backend::scheduleGpuDense(Kernel &kernel, kernel::GpuDenseAttr schedule) {
  const int64_t threads = schedule.getThreads(), channels = schedule.getChannels();
  if (failed(checkParameter(kernel, "threads", threads, DenseProduct::first, maxThreads)) ||
      failed(checkParameter(kernel, "channels", channels, 1, maxThreads / DenseProduct::first)))
    return failure();
  if (threads % DenseProduct::first)
    return kernel.op.emitOpError("expects a multiple of ")
           << int(DenseProduct::first) << " threads in its schedule but got " << threads;
  Stage *reader = findProductStage(kernel);
  if (!reader)
    return kernel.op.emitOpError("expects one contraction, alone in its stage, where its schedule is gpu_dense");
  const DenseProduct &dense = *reader->reductions[0]->dense;
  const DenseProduct::Vars &v = dense.vars;

  Func result = reader->func;
  if (!reader->isResult)
    result.compute_root();
  ArrayRef<Var> vars = reader->domain.vars;
  const size_t channelDim = vars.size() == 4 ? 2 : 0;
  std::vector<Var> items;
  for (auto [dim, var] : llvm::enumerate(vars))
    if (dim != channelDim)
      items.push_back(var);
  Var tile("c_tile"), c("c_in");
  result.split(vars[channelDim], tile, c, static_cast<int>(channels), TailStrategy::GuardWithIf);
  std::vector<Halide::VarOrRVar> order = {c, tile};
  llvm::append_range(order, items);
  result.reorder(order);
  std::vector<Var> blocks = {tile};
  llvm::append_range(blocks, items);
  Var block = mapToBlocks(result, blocks);
  result.gpu_threads(c);

  Func sum = dense.sum, few = dense.few, shared = dense.shared, part = dense.part;
  sum.compute_at(result, c);
  const auto count = static_cast<int>(channels);
  few.compute_at(result, block).store_in(MemoryType::GPUShared).bound_extent(v.c, count).bound_extent(v.n, 1);
  few.bound_extent(v.thread, DenseProduct::first).gpu_threads(v.thread, v.c);
  few.update().gpu_threads(v.thread, v.c);
  shared.compute_at(result, block).store_in(MemoryType::GPUShared).bound_extent(v.c, count).bound_extent(v.n, 1);
  shared.bound_extent(v.thread, static_cast<int>(threads))
      .reorder(v.c, v.thread, v.n)
      .unroll(v.c)
      .gpu_threads(v.thread);
  part.compute_at(shared, v.thread).store_in(MemoryType::Register);
  part.bound_extent(v.c, count).bound_extent(v.n, 1).bound_extent(v.thread, 1).unroll(v.c);
  part.update().reorder(v.c, dense.steps.x).unroll(v.c);
  return success();
}
