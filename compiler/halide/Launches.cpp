// Walks the lowered loops: a launch is a nest of loops over blocks, with loops over threads in it.
//
// 1. Extents are those for one batch, whose name is replaced by the number.
// 2. A launch has as many threads as the greatest of its loops over them, and the
//    shared memory that is allocated between the blocks and the threads.
// 3. Loops and stores outside of launches are the machine's own.
#include "compiler/halide/Launches.h"

#include <array>

using namespace dlc;
using namespace dlc::halide_backend;
using namespace Halide::Internal;

namespace {
class LaunchWalk : public IRVisitor {
public:
  LaunchWalk(llvm::ArrayRef<std::string> batchNames, int batch) : batchNames(batchNames), batch(batch) {}

  std::string text, error;

private:
  using IRVisitor::visit;

  struct Launch {
    std::array<int64_t, 3> blocks = {1, 1, 1}, threads = {1, 1, 1};
    int64_t shared = 0;
  };

  int64_t upperBound(const Expr &value, const std::string &name) {
    Interval interval = bounds_of_expr_in_scope(value, scope);
    if (auto constant = as_const_int(interval.has_upper_bound() ? simplify(interval.max) : value))
      return *constant;
    error = name;
    return 0;
  }

  /// Halide's loops over blocks and threads end with the axis.
  static size_t getAxis(const std::string &name) { return static_cast<size_t>(name.back() - 'x'); }

  void visit(const For *op) override {
    const bool isOutermost = !launch && is_gpu(op->for_type);
    Launch one;
    if (isOutermost)
      launch = &one;
    else if (!launch)
      text += "host " + op->name + "\n";
    if (is_gpu(op->for_type)) {
      int64_t &extent = (op->for_type == ForType::GPUBlock ? launch->blocks : launch->threads)[getAxis(op->name)];
      extent = std::max(extent, upperBound(op->extent, op->name));
    }
    {
      Interval low = bounds_of_expr_in_scope(op->min, scope);
      Interval high = bounds_of_expr_in_scope(simplify(op->min + op->extent - 1), scope);
      ScopedBinding<Interval> binding(scope, op->name, Interval(low.min, high.max));
      op->body.accept(this);
    }
    if (!isOutermost)
      return;
    launch = nullptr;
    auto axes = [](const std::array<int64_t, 3> &extents) {
      std::string list;
      for (int64_t extent : extents)
        list += " " + std::to_string(extent);
      return list;
    };
    text +=
        "blocks" + axes(one.blocks) + " threads" + axes(one.threads) + " shared " + std::to_string(one.shared) + "\n";
  }

  void visit(const Allocate *op) override {
    if (launch && op->memory_type == Halide::MemoryType::GPUShared) {
      int64_t bytes = op->type.bytes() * op->type.lanes();
      for (const Expr &extent : op->extents)
        bytes *= upperBound(extent, op->name);
      launch->shared += bytes;
    }
    op->body.accept(this);
  }

  void visit(const Store *op) override {
    if (!launch)
      text += "host " + op->name + "\n";
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
  Scope<Interval> scope;
  Launch *launch = nullptr;
};
} // namespace

namespace {
/// Whether what it is shown waits for the block's other threads.
class BarrierFinder : public IRVisitor {
public:
  bool found = false;

private:
  using IRVisitor::visit;
  void visit(const Call *op) override {
    found |= op->is_intrinsic(Call::gpu_thread_barrier);
    IRVisitor::visit(op);
  }
};

/// Follows what differs from thread to thread into conditions and bounds of loops.
class DivergenceWalk : public IRVisitor {
public:
  std::string place;

private:
  using IRVisitor::visit;

  void check(const Expr &decides, const Stmt &body, const std::string &name) {
    BarrierFinder finder;
    if (!body.defined() || !expr_uses_vars(decides, ofThread))
      return;
    body.accept(&finder);
    if (finder.found)
      place = name;
  }

  void visit(const For *op) override {
    ScopedBinding<> binding(op->for_type == ForType::GPUThread, ofThread, op->name);
    if (op->for_type != ForType::GPUThread) {
      check(op->min, op->body, op->name);
      check(op->extent, op->body, op->name);
    }
    op->body.accept(this);
  }

  void visit(const IfThenElse *op) override {
    check(op->condition, op->then_case, "a condition");
    check(op->condition, op->else_case, "a condition");
    IRVisitor::visit(op);
  }

  void visit(const LetStmt *op) override {
    ScopedBinding<> binding(expr_uses_vars(op->value, ofThread), ofThread, op->name);
    op->body.accept(this);
  }

  Scope<> ofThread;
};
} // namespace

std::string halide_backend::findDivergentBarrier(const Stmt &body) {
  DivergenceWalk walk;
  body.accept(&walk);
  return walk.place;
}

std::string halide_backend::describeLaunches(const Stmt &body, llvm::ArrayRef<std::string> batchNames, int batch,
                                             std::string &error) {
  LaunchWalk walk(batchNames, batch);
  body.accept(&walk);
  error = walk.error;
  return walk.text;
}
