// Draws the curves of a training run.
//
// 1. A panel takes its values from the points: a loss, or an accuracy in percent.
// 2. Axes end at round numbers. A loss with outliers gets a logarithmic axis.
// 3. Long curves are thinned to means of neighbours.
#include "tools/dlc/Curves.h"
#include "tools/dlc/Drawing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

json::Value dlc::toJSON(const CurvePoint &point) {
  json::Object object{{"step", point.step}, {"epoch", point.epoch}, {"loss", nullptr}};
  if (std::isfinite(point.loss)) // JSON has no other numbers
    object["loss"] = point.loss;
  if (point.accuracy)
    object["accuracy"] = *point.accuracy;
  return object;
}

bool dlc::fromJSON(const json::Value &value, CurvePoint &point, json::Path path) {
  json::ObjectMapper map(value, path);
  std::optional<double> loss;
  if (!map || !map.map("step", point.step) || !map.map("epoch", point.epoch) || !map.map("loss", loss) ||
      !map.map("accuracy", point.accuracy))
    return false;
  point.loss = loss.value_or(NAN);
  return true;
}

json::Value dlc::toJSON(const Curves &curves) {
  return json::Object{{"training", curves.training}, {"validation", curves.validation}};
}

bool dlc::fromJSON(const json::Value &value, Curves &curves, json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("training", curves.training) && map.map("validation", curves.validation);
}

namespace {

struct Sample {
  double x, y;
};

struct Panel {
  StringRef name, unit;
  std::vector<Sample> training, validation;
};

} // namespace

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// Losses begin at 0; where the largest would flatten the rest, decades.
static Axis getLossAxis(ArrayRef<double> sorted) {
  const double least = sorted.front(), most = sorted.back(), median = sorted[sorted.size() / 2];
  if (least > 0 && most > 50 * median) {
    const double low = std::floor(std::log10(least)), high = std::max(std::ceil(std::log10(most)), low + 1);
    return {low, high, std::ceil((high - low) / 8), true};
  }
  return getLinearAxis(std::min(least, 0.0), most, 5);
}

/// Percents, from near the least to near the most.
static Axis getAccuracyAxis(ArrayRef<double> sorted) {
  Axis axis = getLinearAxis(sorted.front(), std::max(sorted.back(), sorted.front() + 0.1), 5);
  if (axis.high > 100) // all the same, at the top
    axis = getLinearAxis(95, 100, 5);
  return axis;
}

//===----------------------------------------------------------------------===//
// Drawing
//===----------------------------------------------------------------------===//

static constexpr int width = 720, left = 64, right = 16, top = 56, panelHeight = 220, gap = 28, bottom = 48;
static constexpr int plotWidth = width - left - right;
static constexpr size_t mostPoints = 400;
/// Up to so many points are shown as such.
static constexpr size_t mostMarks = 40;

static constexpr StringRef style = R"(
  text { font: 12px system-ui, sans-serif; fill: #333333; }
  .title { font-size: 15px; font-weight: 600; }
  .page { fill: #ffffff; }
  .grid { stroke: #e2e2e2; stroke-width: 1; }
  .frame { stroke: #8a8a8a; stroke-width: 1; fill: none; }
  .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .training { stroke: #0072b2; }
  .validation { stroke: #d55e00; }
  circle.training { fill: #0072b2; }
  circle.validation { fill: #d55e00; }
  @media (prefers-color-scheme: dark) {
    text { fill: #d8d8d8; }
    .page { fill: #14171a; }
    .grid { stroke: #2c3136; }
    .frame { stroke: #7d858c; }
    .training { stroke: #56b4e9; }
    .validation { stroke: #ff9e4a; }
    circle.training { fill: #56b4e9; }
    circle.validation { fill: #ff9e4a; }
  }
)";

/// Takes a value from each point that has one.
static std::vector<Sample> collect(ArrayRef<CurvePoint> points, bool isAccuracy) {
  std::vector<Sample> samples;
  for (const CurvePoint &point : points) {
    const double value = isAccuracy ? point.accuracy.value_or(NAN) * 100 : point.loss;
    if (std::isfinite(value) && std::isfinite(point.epoch))
      samples.push_back({point.epoch, value});
  }
  if (samples.size() <= mostPoints)
    return samples;
  std::vector<Sample> means;
  const size_t group = divideCeil(samples.size(), mostPoints);
  for (ArrayRef<Sample> rest = samples; !rest.empty(); rest = rest.drop_front(std::min(group, rest.size()))) {
    Sample mean = {0, 0};
    const ArrayRef<Sample> part = rest.take_front(group);
    for (const Sample &sample : part) {
      mean.x += sample.x / part.size();
      mean.y += sample.y / part.size();
    }
    means.push_back(mean);
  }
  return means;
}

static void printLine(raw_ostream &os, StringRef name, ArrayRef<Sample> samples, const Axis &x, const Axis &y,
                      int panelTop) {
  auto placeX = [&](const Sample &sample) { return left + x.at(sample.x) * plotWidth; };
  auto placeY = [&](const Sample &sample) { return panelTop + (1 - y.at(sample.y)) * panelHeight; };
  if (samples.size() > 1) {
    os << "<polyline class=\"line " << name << "\" points=\"";
    for (const Sample &sample : samples)
      os << format("%.1f,%.1f ", placeX(sample), placeY(sample));
    os << "\"/>\n";
  }
  if (samples.size() <= mostMarks)
    for (const Sample &sample : samples)
      os << format("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n", name.str().c_str(), placeX(sample),
                   placeY(sample));
}

static void printPanel(raw_ostream &os, const Panel &panel, const Axis &x, int panelTop, bool isLast) {
  std::vector<double> values;
  for (const std::vector<Sample> *line : {&panel.training, &panel.validation})
    for (const Sample &sample : *line)
      values.push_back(sample.y);
  sort(values);
  const Axis y = panel.unit.empty() ? getLossAxis(values) : getAccuracyAxis(values);
  const int panelBottom = panelTop + panelHeight;
  for (unsigned i = 0; i < y.countTicks(); ++i) {
    const double place = panelTop + (1 - y.at(y.getTick(i))) * panelHeight;
    printGridLine(os, left, place, left + plotWidth, place);
    printText(os, left - 8, place + 4, "end", y.getLabel(i) + panel.unit);
  }
  for (unsigned i = 0; i < x.countTicks(); ++i) {
    const double place = left + x.at(x.getTick(i)) * plotWidth;
    printGridLine(os, place, panelTop, place, panelBottom);
    if (isLast)
      printText(os, place, panelBottom + 18, "middle", x.getLabel(i));
  }
  os << "<rect class=\"frame\" x=\"" << left << "\" y=\"" << panelTop << "\" width=\"" << plotWidth << "\" height=\""
     << panelHeight << "\"/>\n";
  printText(os, left, panelTop - 8, "start", panel.name);
  printLine(os, "training", panel.training, x, y, panelTop);
  printLine(os, "validation", panel.validation, x, y, panelTop);
}

static void printLegend(raw_ostream &os, bool hasTraining, bool hasValidation) {
  double at = left + plotWidth;
  for (auto [name, length, isThere] : {std::tuple("validation", 58, hasValidation), {"training", 48, hasTraining}}) {
    if (!isThere)
      continue;
    at -= length;
    printText(os, at, 26, "start", name);
    os << format("<line class=\"line %s\" x1=\"%.1f\" y1=\"22\" x2=\"%.1f\" y2=\"22\"/>\n", name, at - 28, at - 6);
    at -= 44;
  }
}

void dlc::printCurves(const Curves &curves, StringRef title, raw_ostream &os) {
  std::vector<Panel> panels;
  for (auto [name, unit, isAccuracy] : {std::tuple("loss", "", false), {"accuracy", "%", true}}) {
    Panel panel = {name, unit, collect(curves.training, isAccuracy), collect(curves.validation, isAccuracy)};
    if (!panel.training.empty() || !panel.validation.empty())
      panels.push_back(std::move(panel));
  }
  double epochs = 0;
  for (const Panel &panel : panels)
    for (const std::vector<Sample> *line : {&panel.training, &panel.validation})
      for (const Sample &sample : *line)
        epochs = std::max(epochs, sample.x);
  Axis x = getLinearAxis(0, epochs > 0 ? epochs : 1, 10);

  const int panelCount = std::max<int>(panels.size(), 1);
  const int height = top + panelCount * panelHeight + (panelCount - 1) * gap + bottom;
  os << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height << "\" width=\"" << width
     << "\" height=\"" << height << "\" role=\"img\">\n<title>";
  printHTMLEscaped(title, os);
  os << "</title>\n<style>" << style << "</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n";
  printText(os, left, 26, "start", title, " class=\"title\"");
  printLegend(os, !curves.training.empty(), !curves.validation.empty());
  for (auto [index, panel] : enumerate(panels))
    printPanel(os, panel, x, top + index * (panelHeight + gap), index + 1 == panels.size());
  printText(os, left + plotWidth / 2.0, height - 10, "middle", panels.empty() ? "no steps yet" : "epoch");
  os << "</svg>\n";
}
