// Axes, and the elements of SVG that all drawings are made of.
#include "tools/dlc/Drawing.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace dlc;

double Axis::at(double value) const { return ((isLogarithmic ? std::log10(value) : value) - low) / (high - low); }

unsigned Axis::countTicks() const { return static_cast<unsigned>(std::lround((high - low) / step)) + 1; }

double Axis::getTick(unsigned index) const {
  const double place = low + index * step;
  return isLogarithmic ? std::pow(10, place) : place;
}

std::string Axis::getLabel(unsigned index) const {
  std::string text;
  raw_string_ostream os(text);
  if (isLogarithmic)
    os << format("%g", getTick(index));
  else // as many digits as tell neighbours apart
    os << format("%.*f", std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9))), getTick(index));
  return text;
}

/// 1, 2 or 5 times a power of ten: the least that makes no more than `most` steps of a range.
static double getRoundStep(double range, unsigned most) {
  const double power = std::pow(10, std::floor(std::log10(range / most)));
  for (double factor : {1.0, 2.0, 5.0})
    if (range / (factor * power) <= most * (1 + 1e-9))
      return factor * power;
  return 10 * power;
}

Axis dlc::getLinearAxis(double low, double high, unsigned steps) {
  if (high - low < 1e-9 * std::max({std::abs(low), std::abs(high), 1e-9})) // all the same
    high = low + std::max(std::abs(low), 1.0) / 10;
  const double step = getRoundStep(high - low, steps);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, step};
}

void dlc::printText(raw_ostream &os, double x, double y, StringRef anchor, const Twine &text, StringRef attributes) {
  os << "<text x=\"" << format("%.1f", x) << "\" y=\"" << format("%.1f", y) << "\" text-anchor=\"" << anchor << "\""
     << attributes << ">";
  printHTMLEscaped(text.str(), os);
  os << "</text>\n";
}

void dlc::printGridLine(raw_ostream &os, double x1, double y1, double x2, double y2) {
  os << format("<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x1, y1, x2, y2);
}
