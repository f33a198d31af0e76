// All that can be done to a kernel: its algorithms, whether its pool is split off, and the parameters of their
// schedules.
#ifndef DLC_COMPILER_KERNELS_TUNINGSPACE_H
#define DLC_COMPILER_KERNELS_TUNINGSPACE_H

#include "compiler/kernels/Choice.h"
#include "mlir/IR/OwningOpRef.h"

#include <string>
#include <vector>

namespace dlc::kernels {

/// Parameters of the same name are one, whatever the schedule. The first is the
/// form: what is computed, and by which family of schedules. A parameter that the
/// form's schedule lacks means nothing there.
class TuningSpace {
public:
  /// Of a kernel with a schedule, in a module. `exact` forbids what rounds differently from a plain sum.
  static TuningSpace of(kernel::FuncOp func, const kernel::Machine &machine, bool exact);

  struct Parameter {
    std::string name;
    std::vector<std::string> values; // numbers in ascending order
  };
  const std::vector<Parameter> &getParameters() const { return parameters; }

  /// What the cost model has chosen, as an index for each parameter.
  const std::vector<unsigned> &getDefault() const { return defaultPoint; }
  /// What it would choose for each form, the default first.
  std::vector<std::vector<unsigned>> getSeeds() const;

  /// The choice at a point; nothing where its values do not go together.
  std::optional<Choice> make(llvm::ArrayRef<unsigned> point) const;
  /// Whether the choice is one of this space.
  bool contains(const Choice &choice) const;

private:
  struct Form {
    std::string name;
    kernel::WeightsAttr weights;
    bool isSplit = false;
    kernel::ScheduleInterface schedule; // the cost model's
    mlir::OwningOpRef<kernel::FuncOp> func;
    llvm::SmallVector<kernel::ScheduleParameter> parameters;
  };

  void addForm(kernel::FuncOp func, kernel::WeightsAttr weights, bool isSplit, mlir::Attribute schedule);
  void addForms(kernel::FuncOp func, bool isSplit, bool exact);
  void collectParameters();
  std::vector<unsigned> getPoint(size_t form) const;
  bool isFeasible(const Form &form, kernel::ScheduleInterface schedule) const;

  kernel::Machine machine;
  std::vector<Form> forms;
  std::vector<Parameter> parameters;
  std::vector<unsigned> defaultPoint;
};

} // namespace dlc::kernels

#endif // DLC_COMPILER_KERNELS_TUNINGSPACE_H
