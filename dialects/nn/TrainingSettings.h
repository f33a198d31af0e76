// What a network file may say of training: losses, optimisers and schedules with their settings.
//
// One table for those who read the file and those who build the program. Names
// and defaults are PyTorch's, where it has them.
#ifndef DLC_DIALECTS_NN_TRAININGSETTINGS_H
#define DLC_DIALECTS_NN_TRAININGSETTINGS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dlc::nn {

struct TrainingSetting {
  enum Kind {
    Number,    // from `low` to `high`
    Flag,      // true or false
    Reduction, // "mean" or "sum"
    Numbers,   // a list, each from `low` to `high`; `count` of them, or any number where that is 0
  };
  llvm::StringLiteral name;
  Kind kind;
  /// For a flag 0 or 1; for a list of `count` numbers each of `defaults`.
  std::array<double, 2> defaults;
  double low, high;
  llvm::StringLiteral summary;
  unsigned count = 0;
};

/// A loss, an optimiser or a schedule.
struct TrainingPart {
  llvm::StringLiteral name, summary;
  llvm::ArrayRef<TrainingSetting> settings;
  /// Of a loss: its targets are classes, not values of the input's shape.
  bool takesClasses = false;

  const TrainingSetting *find(llvm::StringRef setting) const;
};

llvm::ArrayRef<TrainingPart> getLosses();
llvm::ArrayRef<TrainingPart> getOptimizers();
llvm::ArrayRef<TrainingPart> getSchedules();

/// The part of that name, or null.
const TrainingPart *findTrainingPart(llvm::ArrayRef<TrainingPart> parts, llvm::StringRef name);

/// What `part`, a dictionary with "op", says of a setting, or its default.
double getNumber(mlir::DictionaryAttr part, const TrainingPart &known, llvm::StringRef setting);
llvm::SmallVector<double> getNumbers(mlir::DictionaryAttr part, const TrainingPart &known, llvm::StringRef setting);
/// Whether the reduction is the mean.
bool isMean(mlir::DictionaryAttr part);

/// Why `value` is not what `setting` takes: "a number from 0 to 1" and the like; empty where it is.
std::string describeMisfit(const TrainingSetting &setting, mlir::Attribute value);

} // namespace dlc::nn

#endif // DLC_DIALECTS_NN_TRAININGSETTINGS_H
