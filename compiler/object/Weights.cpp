// Finds the weights in the plan and evaluates them.
#include "compiler/object/Weights.h"
#include "dialects/kernel/Kernel.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

#include <atomic>
#include <thread>

using namespace mlir;
using namespace dlc;
using namespace dlc::object;

/// The parameter that `value` is made of, in the first place.
static std::string getParameterName(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto parameter = dyn_cast<nn::ParameterOp>(op))
      return parameter.getName().str();
    if (op->getNumOperands() == 0)
      break;
    value = op->getOperand(0);
  }
  return "parameter";
}

/// Adds what `network` has in the weights; `uses` counts the names.
static LogicalResult collect(func::FuncOp network, llvm::StringMap<unsigned> &uses, WeightPlan &plan) {
  for (Operation &op : network.getBody().front()) {
    // Activations have other spaces, and what is only evaluated on the way has none.
    ArrayAttr attribute;
    for (StringRef name : {"storage", "kernel.storage"})
      if (auto found = op.getAttrOfType<ArrayAttr>(name))
        attribute = found;
    auto storage =
        attribute && attribute.size() == 1 ? dyn_cast<kernel::StorageAttr>(attribute[0]) : kernel::StorageAttr();
    if (!storage || storage.getSpace() != kernel::Space::Weights)
      continue;
    auto type = cast<RankedTensorType>(op.getResult(0).getType());
    if (!isa<Float32Type, Float64Type>(type.getElementType()))
      return op.emitOpError("expects weights of f32 or f64 but got ") << type;
    std::string name = getParameterName(op.getResult(0));
    if (unsigned count = uses[name]++)
      name += "." + std::to_string(count + 1);
    plan.tensors.push_back({op.getResult(0), name, storage.getOffset(), nn::getStorageElements(type)});
  }
  if (auto bytes = network->getAttrOfType<IntegerAttr>("kernel.weights_bytes"))
    plan.bytes = std::max(plan.bytes, bytes.getInt());
  return success();
}

FailureOr<WeightPlan> object::collectWeights(ArrayRef<ModuleOp> modules) {
  WeightPlan plan;
  llvm::StringMap<unsigned> uses;
  for (ModuleOp module : modules)
    for (auto network : module.getOps<func::FuncOp>())
      if (failed(collect(network, uses, plan)))
        return failure();
  llvm::sort(plan.tensors, [](const WeightTensor &a, const WeightTensor &b) { return a.offset < b.offset; });
  return plan;
}

/// Evaluates one tensor to `target`. Values are f32; those of an f64 tensor are widened.
static LogicalResult evaluate(const WeightTensor &tensor, nn::ParameterSource &source, char *target) {
  if (cast<RankedTensorType>(tensor.value.getType()).getElementType().isF32())
    return nn::evaluateParameter(tensor.value, source,
                                 MutableArrayRef<float>(reinterpret_cast<float *>(target), tensor.elements));
  std::vector<float> values(tensor.elements);
  if (failed(nn::evaluateParameter(tensor.value, source, values)))
    return failure();
  llvm::copy(values, reinterpret_cast<double *>(target));
  return success();
}

LogicalResult object::evaluateWeights(const WeightPlan &plan, nn::ParameterSource &source, unsigned jobs,
                                      MutableArrayRef<char> target) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> isWrong = false;
  auto work = [&] {
    for (size_t index; !isWrong && (index = next++) < plan.tensors.size();) {
      const WeightTensor &tensor = plan.tensors[index];
      if (failed(evaluate(tensor, source, target.data() + tensor.offset)))
        isWrong = true;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned thread = 1; thread < std::min<size_t>(jobs, plan.tensors.size()); ++thread)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
  return failure(isWrong);
}
