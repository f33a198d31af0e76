// The gradient of a convolution's weight: a tile of it in registers, its sums over the batch in the cache.
//
// 1. part: a tile of output channels by input channels by columns of the window,
//    summed over the planes of a group of images, in registers.
// 2. sum: for a block of input channels and some of output channels, the images
//    in order; for each image all tiles, so that its planes are read from the
//    first caches. Threads share these blocks, and chunks of the batch.
// 3. The result: packed sums → row-major, lanes over the output channels.
#include "compiler/halide/schedules/Schedules.h"

using namespace mlir;
using namespace dlc;
using namespace dlc::halide_backend;
using Halide::TailStrategy;

namespace {
struct Tile {
  int64_t outputs, inputs, columns, chunks;
  kernel::Operands inside;
};
} // namespace

static void scheduleSums(GradWeight &grad, const Tile &tile, bool parallel) {
  const GradWeight::Vars &v = grad.vars;
  Var oTile("o_tile"), o("o_in"), iTile("i_tile"), i("i_in"), kTile("k_tile"), k("k_in");
  auto split = [&](Halide::Stage stage) {
    stage.split(v.o, oTile, o, static_cast<int>(tile.outputs), TailStrategy::GuardWithIf)
        .split(v.i, iTile, i, static_cast<int>(tile.inputs), TailStrategy::GuardWithIf)
        .split(v.kx, kTile, k, static_cast<int>(tile.columns), TailStrategy::GuardWithIf);
  };
  // Blocks inside of the loop over the images, and what is left outside.
  std::vector<Halide::VarOrRVar> tiles = {iTile, kTile, v.ky}, shared;
  bool inputsInside = tile.inside == kernel::Operands::Inputs || tile.inside == kernel::Operands::All;
  bool outputsInside = tile.inside == kernel::Operands::Outputs || tile.inside == kernel::Operands::All;
  (inputsInside ? tiles : shared).push_back(v.iBlock);
  (outputsInside ? tiles : shared).push_back(oTile);
  shared.push_back(v.chunk);
  auto order = [&](Halide::Stage stage, bool isUpdate) {
    std::vector<Halide::VarOrRVar> loops = {v.lane, i, k, o};
    llvm::append_range(loops, tiles);
    if (isUpdate)
      loops.push_back(grad.groups.x);
    llvm::append_range(loops, shared);
    stage.reorder(loops).vectorize(v.lane);
    Var last = shared[0].var;
    for (size_t index = 1; index < shared.size(); ++index) {
      Var both("both" + std::to_string(index));
      stage.fuse(last, shared[index].var, both);
      last = both;
    }
    if (parallel)
      stage.parallel(last);
  };
  // The tiles of the planes in cache go round innermost, the images outside of them.
  grad.sum.compute_root();
  grad.sum.bound(v.lane, 0, static_cast<int>(grad.lanes))
      .bound(v.kx, 0, static_cast<int>(grad.width))
      .bound(v.ky, 0, static_cast<int>(grad.height))
      .bound(v.i, 0, static_cast<int>(grad.inputs))
      .bound(v.iBlock, 0, static_cast<int>(grad.inputBlocks))
      .bound(v.o, 0, static_cast<int>(grad.outputs))
      .bound(v.chunk, 0, static_cast<int>(tile.chunks));
  Halide::Stage zero = grad.sum, update = grad.sum.update();
  split(zero);
  order(zero, false);
  split(update);
  order(update, true);
  update.unroll(i).unroll(k).unroll(o);

  Func part = grad.part;
  part.compute_at(grad.sum, iTile).store_in(Halide::MemoryType::Register);
  part.bound_extent(v.lane, static_cast<int>(grad.lanes)).bound_extent(v.group, 1);
  part.vectorize(v.lane).unroll(v.i).unroll(v.kx).unroll(v.o);
  std::vector<Halide::VarOrRVar> loops = {v.lane, v.kx, v.i, v.o};
  for (int dim = 0; dim < grad.plane.dimensions(); ++dim)
    loops.push_back(grad.plane[dim]);
  part.update().reorder(loops).vectorize(v.lane).unroll(v.i).unroll(v.kx).unroll(v.o);
}

LogicalResult halide_backend::scheduleGradWeight(Kernel &kernel, Attribute schedule) {
  GradWeight &grad = *kernel.gradWeight;
  auto given = dyn_cast_or_null<kernel::GradWeightAttr>(schedule);
  Tile tile = grad.inRows ? Tile{4, 1, 3, 1, kernel::Operands::None} : Tile{2, 8, 1, 1, kernel::Operands::None};
  if (given) {
    if (failed(checkParameter(kernel, "tileC", given.getTileC(), 1, 64)) ||
        failed(checkParameter(kernel, "tileI", given.getTileI(), 1, 64)) ||
        failed(checkParameter(kernel, "tileK", given.getTileK(), 1, 64)) ||
        failed(checkParameter(kernel, "images", given.getImages(), 1, 64)) ||
        failed(checkParameter(kernel, "chunks", given.getChunks(), 1, 64)))
      return failure();
    tile = {given.getTileC(), given.getTileI(), given.getTileK(), given.getChunks(), given.getInside()};
  }
  tile.outputs = std::min(tile.outputs, grad.outputs);
  tile.inputs = std::min(tile.inputs, grad.inputs);
  tile.columns = std::min(tile.columns, grad.width);
  bool parallel = isParallel(schedule);
  scheduleSums(grad, tile, parallel);
  for (auto &[copy, domain] : grad.copies) {
    Stage stage = {copy, domain, {}, {}, false, std::nullopt};
    schedulePlainStage(kernel, stage, 0, 1, parallel);
  }
  for (Stage &stage : kernel.stages) {
    ArrayRef<Var> vars = stage.domain.vars;
    if (!stage.isResult || grad.inRows || stage.domain.lanes || vars.size() != 4 || stage.domain.shape[0] < 2) {
      schedulePlainStage(kernel, stage, 0, 1, parallel);
      continue;
    }
    Var block("block_of_o"), lane("lane_of_o");
    int64_t width = std::min(grad.lanes, stage.domain.shape[0]);
    stage.func.split(vars[3], block, lane, static_cast<int>(width), TailStrategy::GuardWithIf)
        .reorder(lane, vars[0], vars[1], vars[2], block)
        .vectorize(lane);
    if (parallel)
      stage.func.parallel(block);
  }
  return success();
}
