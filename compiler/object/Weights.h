// The weights of a network: evaluated once, into the object file or a file of their own.
#ifndef DLC_COMPILER_OBJECT_WEIGHTS_H
#define DLC_COMPILER_OBJECT_WEIGHTS_H

#include "dialects/nn/Parameters.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace dlc::object {

/// A tensor of the weights' space.
struct WeightTensor {
  mlir::Value value;
  std::string name; // the parameter's that it is made of; unique
  int64_t offset;   // in bytes
  int64_t elements; // of its storage, f32 or f64
};

struct WeightPlan {
  std::vector<WeightTensor> tensors; // by offset
  int64_t bytes = 0;                 // in all, a multiple of 64
};

/// What --kernel-plan-memory placed in the weights of the functions of `modules`, a
/// network compiled for several devices. Fails after a diagnostic.
llvm::FailureOr<WeightPlan> collectWeights(llvm::ArrayRef<mlir::ModuleOp> modules);

/// Evaluates the tensors, several at a time, into `target`, which is zeroed and
/// as long as the plan says. Fails after a diagnostic.
llvm::LogicalResult evaluateWeights(const WeightPlan &plan, nn::ParameterSource &source, unsigned jobs,
                                    llvm::MutableArrayRef<char> target);

} // namespace dlc::object

#endif // DLC_COMPILER_OBJECT_WEIGHTS_H
