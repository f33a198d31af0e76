// Walks the lowered loops and adds up the allocations that are live at once.
//
// 1. The walk runs for several sizes of the batch, whose name is replaced by the
//    number, and finds the greatest sum along any path of nested allocations.
// 2. An allocation counts if Halide's code generator takes it from halide_malloc:
//    what is on the heap, and what is neither in registers nor on the stack and
//    larger than 16 KiB or of no constant size.
// 3. A size that depends on a loop is replaced by its upper bound.
// 4. Where kernels run on a device, what is allocated outside of their loops is
//    device memory, which is given back when all of it is free: all of it counts.
#include "compiler/halide/Scratch.h"
#include "dlc/model.h"

#include <set>

using namespace dlc;
using namespace dlc::halide_backend;
using namespace Halide::Internal;

namespace {
/// The allocations whose size depends on something that is known at run time alone.
class DynamicAllocations : public IRVisitor {
public:
  std::set<std::string> names;

private:
  using IRVisitor::visit;

  void visit(const Allocate *op) override {
    if (!op->extents.empty() && op->constant_allocation_size() <= 0)
      names.insert(op->name);
    op->body.accept(this);
  }
};

class ScratchWalk : public IRVisitor {
public:
  ScratchWalk(const Stmt &body, llvm::ArrayRef<std::string> batchNames, int batch, bool isDevice)
      : batchNames(batchNames), batch(batch), isDevice(isDevice) {
    body.accept(&dynamic);
    body.accept(this);
  }

  int64_t caller = 0, worker = 0;
  bool parallel = false;
  std::string error;

private:
  using IRVisitor::visit;

  int64_t upperBound(const Expr &value, const std::string &name) {
    Interval interval = bounds_of_expr_in_scope(value, scope);
    Expr bound = interval.has_upper_bound() ? simplify(interval.max) : value;
    if (auto constant = as_const_int(bound))
      return *constant;
    error = name;
    return 0;
  }

  /// What an allocation costs at most, linear in its size over sizes that are odd multiples of one number:
  /// how far one is rounded up changes with the batch, and not in step with the others.
  static int64_t boundCost(int64_t bytes) { return DLC_SCRATCH_COST(0) + boundDeviceCost(bytes); }

  /// The same for DLC_DEVICE_SCRATCH_COST.
  static int64_t boundDeviceCost(int64_t bytes) { return bytes + (bytes % 64 ? 63 : 0); }

  void visit(const Allocate *op) override {
    int64_t constantSize = op->type.bytes(); // 0 where an extent is open; Halide's own sum ends at 2^31
    for (const Expr &extent : op->extents) {
      auto constant = as_const_int(extent);
      constantSize *= constant ? *constant : 0;
    }
    int64_t padding = op->padding * int64_t(op->type.bytes());
    bool isSmall = !dynamic.names.count(op->name) && constantSize + padding <= 16 * 1024;
    if (isDevice) {
      int64_t bytes = op->type.bytes() * op->type.lanes();
      for (const Expr &extent : op->extents)
        bytes *= upperBound(extent, op->name);
      if (!op->extents.empty() && !inTask)
        caller += boundDeviceCost(bytes);
      op->body.accept(this);
      return;
    }
    bool onStack = op->memory_type == Halide::MemoryType::Register || op->memory_type == Halide::MemoryType::Stack ||
                   (op->memory_type != Halide::MemoryType::Heap && isSmall) || op->extents.empty();
    int64_t bytes = 0;
    if (!onStack && !op->new_expr.defined()) {
      bytes = op->type.bytes() * op->type.lanes();
      for (const Expr &extent : op->extents)
        bytes *= upperBound(extent, op->name);
      bytes = inTask ? DLC_SCRATCH_COST(bytes + padding) : boundCost(bytes + padding);
    }
    int64_t &live = inTask ? liveWorker : liveCaller;
    live += bytes;
    (inTask ? worker : caller) = std::max(inTask ? worker : caller, live);
    op->body.accept(this);
    live -= bytes;
  }

  void visit(const For *op) override {
    bool wasInTask = inTask;
    if (op->for_type == ForType::Parallel) {
      inTask = true;
      parallel = true;
    }
    inTask |= is_gpu(op->for_type);
    Interval low = bounds_of_expr_in_scope(op->min, scope);
    Interval high = bounds_of_expr_in_scope(simplify(op->min + op->extent - 1), scope);
    {
      ScopedBinding<Interval> binding(scope, op->name, Interval(low.min, high.max));
      op->body.accept(this);
    }
    inTask = wasInTask;
  }

  void visit(const LetStmt *op) override {
    if (llvm::is_contained(batchNames, op->name)) {
      substitute(op->name, Expr(batch), op->body).accept(this);
      return;
    }
    if (op->value.type() != Halide::Int(32)) {
      op->body.accept(this);
      return;
    }
    ScopedBinding<Interval> binding(scope, op->name, bounds_of_expr_in_scope(op->value, scope));
    op->body.accept(this);
  }

  llvm::ArrayRef<std::string> batchNames;
  int batch;
  bool isDevice;
  DynamicAllocations dynamic;
  Scope<Interval> scope;
  bool inTask = false;
  int64_t liveCaller = 0, liveWorker = 0;
};
} // namespace

/// What the caller needs is the greatest of sums that are linear in the batch (odd here: see boundCost). So it grows
/// fastest for the largest batch, unless a bound makes it level off, and a line through the smallest that grows as
/// fast as it ever does is nowhere below it.
Scratch halide_backend::measureScratch(const Stmt &body, llvm::ArrayRef<std::string> batchNames, bool isDevice,
                                       std::string &error) {
  auto walk = [&](int batch) { return ScratchWalk(body, batchNames, batch, isDevice); };
  ScratchWalk one = walk(1), three = walk(3), many = walk(65), almostMost = walk(1023), most = walk(1025);
  Scratch scratch;
  scratch.workerBytes = std::max(one.worker, most.worker);
  scratch.parallel = one.parallel;
  int64_t slope =
      llvm::divideCeilSigned(std::max({three.caller - one.caller, most.caller - almostMost.caller, int64_t(0)}), 2);
  slope = (slope + 63) / 64 * 64;
  scratch.callerBytesPerBatch = slope;
  scratch.callerBytes = (std::max<int64_t>(0, one.caller - slope) + 63) / 64 * 64;
  error = one.error.empty() ? many.error : one.error;
  if (error.empty() && most.worker > many.worker)
    error = "a worker's scratch, which grows with the batch";
  return scratch;
}
