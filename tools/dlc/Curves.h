// Loss and accuracy over a training run, and their picture.
#ifndef DLC_TOOLS_DLC_CURVES_H
#define DLC_TOOLS_DLC_CURVES_H

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>
#include <vector>

namespace dlc {

struct CurvePoint {
  int64_t step = 0;
  double epoch = 0; // how many have passed: 2.5 is in the middle of the third
  double loss = 0;
  std::optional<double> accuracy = std::nullopt; // from 0 to 1, where there is such a thing
};

struct Curves {
  std::vector<CurvePoint> training, validation;
};

llvm::json::Value toJSON(const CurvePoint &point);
llvm::json::Value toJSON(const Curves &curves);
bool fromJSON(const llvm::json::Value &value, CurvePoint &point, llvm::json::Path path);
bool fromJSON(const llvm::json::Value &value, Curves &curves, llvm::json::Path path);

/// A drawing in SVG that stands by itself and is readable on light and on dark
/// pages: loss, and below it accuracy where there is any, over the epochs.
void printCurves(const Curves &curves, llvm::StringRef title, llvm::raw_ostream &os);

} // namespace dlc

#endif // DLC_TOOLS_DLC_CURVES_H
