// What drawings in SVG are made of: axes that end at round numbers, text, grid lines.
#ifndef DLC_TOOLS_DLC_DRAWING_H
#define DLC_TOOLS_DLC_DRAWING_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace dlc {

/// From values to places between 0 and 1.
struct Axis {
  double low = 0, high = 1, step = 1; // where it is logarithmic, of the decimal logarithm
  bool isLogarithmic = false;

  double at(double value) const;
  unsigned countTicks() const;
  double getTick(unsigned index) const;
  std::string getLabel(unsigned index) const;
};

/// From a round number at most `low` to one at least `high`, in about `steps` round steps.
Axis getLinearAxis(double low, double high, unsigned steps);

/// `attributes` begin with a space.
void printText(llvm::raw_ostream &os, double x, double y, llvm::StringRef anchor, const llvm::Twine &text,
               llvm::StringRef attributes = "");
void printGridLine(llvm::raw_ostream &os, double x1, double y1, double x2, double y2);

} // namespace dlc

#endif // DLC_TOOLS_DLC_DRAWING_H
