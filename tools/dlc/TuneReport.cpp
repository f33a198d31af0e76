// The report of a tuning run: a table of the kernels, and for each the curve over its trials.
#include "tools/dlc/TuneReport.h"
#include "tools/dlc/Drawing.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace dlc;

double TuneReport::Kernel::getBest() const {
  double best = 1;
  for (std::optional<double> trial : trials)
    best = std::min(best, trial.value_or(1));
  return best;
}

std::string dlc::describeTime(double seconds) {
  std::string text;
  raw_string_ostream os(text);
  if (seconds >= 1)
    os << format("%.3f s", seconds);
  else if (seconds >= 1e-3)
    os << format("%.3f ms", seconds * 1e3);
  else if (seconds >= 1e-6)
    os << format("%.1f µs", seconds * 1e6);
  else
    os << format("%.0f ns", seconds * 1e9);
  return text;
}

static size_t countFailed(const TuneReport::Kernel &kernel) {
  return llvm::count_if(kernel.trials, [](std::optional<double> trial) { return !trial; });
}

/// The default alone makes no curve.
static bool hasCurve(const TuneReport::Kernel &kernel) { return kernel.trials.size() > 1; }

static std::string describePercent(double share) {
  std::string text;
  raw_string_ostream(text) << format("%.1f%%", 100 * share);
  return text;
}

/// Of its bound's speed; "" where none is known.
static std::string describePeak(const TuneReport::Kernel &kernel, double relative) {
  return kernel.bound > 0 && kernel.seconds > 0 ? describePercent(kernel.bound / (kernel.seconds * relative)) : "";
}

static std::string describeSpeedUp(double relative) {
  std::string text;
  raw_string_ostream(text) << format("%.2fx", 1 / relative);
  return text;
}

//===----------------------------------------------------------------------===//
// The curve of a kernel
//===----------------------------------------------------------------------===//

static constexpr int width = 720, height = 230, left = 56, right = 16, top = 12, bottom = 40;
static constexpr int plotWidth = width - left - right, plotHeight = height - top - bottom;
/// What takes longer than so many times the default is drawn at the upper edge.
static constexpr double mostRelative = 2;

static void printCurve(const TuneReport::Kernel &kernel, raw_ostream &os) {
  const ArrayRef<std::optional<double>> trials = kernel.trials;
  const double bound = kernel.seconds > 0 ? std::min(kernel.bound / kernel.seconds, 1.0) : 0;
  double least = std::min(kernel.getBest(), bound > 0 ? bound : 1.0), most = 1;
  for (std::optional<double> trial : trials)
    most = std::max(most, std::min(trial.value_or(1), mostRelative));
  const Axis y = getLinearAxis(100 * std::min(least, 0.95), 100 * std::max(most, 1.05), 5);
  const Axis x = getLinearAxis(0, std::max<double>(trials.size(), 1), std::clamp<size_t>(trials.size(), 1, 10));
  auto placeX = [&](double trial) { return left + x.at(trial) * plotWidth; };
  auto placeY = [&](double relative) { return top + (1 - y.at(100 * relative)) * plotHeight; };

  os << "<svg viewBox=\"0 0 " << width << " " << height << "\" width=\"" << width << "\" height=\"" << height
     << "\" role=\"img\">\n<title>";
  printHTMLEscaped(kernel.name, os);
  os << "</title>\n";
  for (unsigned i = 0; i < y.countTicks(); ++i) {
    const double place = top + (1 - y.at(y.getTick(i))) * plotHeight;
    printGridLine(os, left, place, left + plotWidth, place);
    printText(os, left - 8, place + 4, "end", y.getLabel(i) + "%");
  }
  for (unsigned i = 0; i < x.countTicks(); ++i) {
    printGridLine(os, placeX(x.getTick(i)), top, placeX(x.getTick(i)), top + plotHeight);
    printText(os, placeX(x.getTick(i)), top + plotHeight + 16, "middle", x.getLabel(i));
  }
  os << "<rect class=\"frame\" x=\"" << left << "\" y=\"" << top << "\" width=\"" << plotWidth << "\" height=\""
     << plotHeight << "\"/>\n";
  auto printLevel = [&](StringRef name, double relative) {
    os << "<line class=\"" << name
       << format("\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", left, placeY(relative), left + plotWidth,
                 placeY(relative));
  };
  printLevel("default", 1);
  if (bound > 0)
    printLevel("bound", bound);

  double best = 1;
  std::string line;
  raw_string_ostream lineOs(line);
  lineOs << format("%.1f,%.1f", placeX(0), placeY(1));
  for (auto [index, trial] : enumerate(trials)) {
    const double at = placeX(index + 1);
    if (!trial) {
      os << format("<path class=\"failed\" d=\"M%.1f %d l6 6 m0 -6 l-6 6\"/>\n", at - 3, top + 3);
    } else {
      os << format("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n", *trial < best ? "better" : "trial", at,
                   placeY(std::min(*trial, mostRelative)));
      if (*trial < best) {
        lineOs << format(" %.1f,%.1f", at, placeY(best)); // a step
        best = *trial;
        lineOs << format(" %.1f,%.1f", at, placeY(best));
      }
    }
  }
  lineOs << format(" %.1f,%.1f", placeX(trials.size()), placeY(best));
  os << "<polyline class=\"best\" points=\"" << line << "\"/>\n";
  printText(os, left + plotWidth / 2.0, height - 6, "middle", "trial");
  os << "</svg>\n";
}

//===----------------------------------------------------------------------===//
// The page
//===----------------------------------------------------------------------===//

static constexpr StringRef style = R"(
:root { color-scheme: light dark; --text: #333333; --page: #ffffff; --soft: #e2e2e2; --frame: #8a8a8a; --best: #0072b2;
  --trial: #9a9a9a; --bad: #d55e00; --bound: #009e73; }
@media (prefers-color-scheme: dark) { :root { --text: #d8d8d8; --page: #14171a; --soft: #2c3136; --frame: #7d858c;
  --best: #56b4e9; --trial: #7d858c; --bad: #ff9e4a; --bound: #2fc79b; } }
body { font: 14px system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2em auto; max-width: 60em;
  padding: 0 1em; }
h1 { font-size: 22px; } h2 { font-size: 15px; margin: 2em 0 .3em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; } th, td { padding: .25em .5em; font-size: 13px; text-align: right; white-space: nowrap; }
th { border-bottom: 1px solid var(--frame); font-weight: 600; } td { border-bottom: 1px solid var(--soft); }
th:first-child, td:first-child { text-align: left; } a { color: var(--best); }
code { font-size: 12px; overflow-wrap: anywhere; } dt { float: left; clear: left; width: 4.5em; } dd { margin-left: 5em; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
.grid { stroke: var(--soft); } .frame { stroke: var(--frame); fill: none; }
.best { stroke: var(--best); stroke-width: 1.8; fill: none; } circle.better { fill: var(--best); }
circle.trial { fill: var(--trial); } .failed { stroke: var(--bad); stroke-width: 1.5; fill: none; }
.default { stroke: var(--text); stroke-dasharray: 2 3; } .bound { stroke: var(--bound); stroke-dasharray: 6 4; }
.key line, .key path { stroke-width: 1.8; } .key span { margin-right: 1.2em; white-space: nowrap; }
)";

static std::string escape(StringRef text) {
  std::string escaped;
  raw_string_ostream os(escaped);
  printHTMLEscaped(text, os);
  return escaped;
}

static void printKey(raw_ostream &os) {
  os << "<p class=\"key\">";
  for (auto [mark, text] :
       {std::pair("<circle class=\"trial\" cx=\"8\" cy=\"5\" r=\"2.5\"/>", "a trial"),
        {"<polyline class=\"best\" points=\"0,5 16,5\"/>", "the best so far"},
        {"<path class=\"failed\" d=\"M5 2 l6 6 m0 -6 l-6 6\"/>", "a trial that failed"},
        {"<line class=\"default\" x1=\"0\" y1=\"5\" x2=\"16\" y2=\"5\"/>", "the default"},
        {"<line class=\"bound\" x1=\"0\" y1=\"5\" x2=\"16\" y2=\"5\"/>", "the machine's peak, measured"}})
    os << "<span><svg width=\"16\" height=\"10\" aria-hidden=\"true\">" << mark << "</svg> " << text << "</span>\n";
  os << "</p>\n";
}

static void printSummary(const TuneReport &report, raw_ostream &os) {
  os << "<h1>Tuning of " << escape(report.network) << "</h1>\n<p>" << escape(report.environment.device);
  if (report.environment.threads)
    os << ", " << report.environment.threads << (report.environment.threads == 1 ? " thread" : " threads");
  os << ", dlc " << escape(report.environment.version) << "<br><code>" << escape(report.environment.target)
     << "</code></p>\n<p>";
  if (!report.machine.empty())
    os << "The machine's peak, measured: " << escape(report.machine) << ".</p>\n<p>";
  if (!report.comparison)
    os << "The whole network was not compared.";
  else if (report.keepsDefaults)
    os << "The whole network takes " << describeTime(report.comparison->untuned) << " by the defaults and "
       << describeTime(report.comparison->tuned) << " tuned, so the defaults stay.";
  else
    os << "The whole network takes " << describeTime(report.comparison->tuned) << " tuned, "
       << describeTime(report.comparison->untuned)
       << " by the defaults: " << describeSpeedUp(report.comparison->tuned / report.comparison->untuned) << " as fast.";
  os << "</p>\n";
}

static void printRow(const TuneReport::Kernel &kernel, size_t number, raw_ostream &os) {
  const double best = kernel.getBest();
  os << "<tr><td>";
  if (!hasCurve(kernel))
    os << escape(kernel.name);
  else
    os << "<a href=\"#kernel" << number << "\">" << escape(kernel.name) << "</a>";
  os << "</td><td>" << kernel.launches << "</td><td>" << describePercent(kernel.share) << "</td><td>"
     << describeTime(kernel.seconds) << "</td><td>" << describeTime(kernel.seconds * best) << "</td><td>"
     << describeSpeedUp(best) << "</td><td>" << (kernel.bound > 0 ? describeTime(kernel.bound) : "") << "</td><td>"
     << describePeak(kernel, best) << "</td><td>" << kernel.trials.size() << "</td><td>" << countFailed(kernel)
     << "</td></tr>\n";
}

static void printFaults(ArrayRef<TuneReport::Fault> faults, raw_ostream &os) {
  constexpr size_t most = 100;
  if (faults.empty())
    return;
  os << "<h2>Candidates that failed</h2>\n<ul class=\"faults\">\n";
  for (const TuneReport::Fault &fault : faults.take_back(most))
    os << "<li>" << escape(fault.kernel) << ": <b>" << escape(fault.status) << "</b> " << escape(fault.message)
       << "<br><code>" << escape(fault.choice) << "</code></li>\n";
  os << "</ul>\n";
  if (faults.size() > most)
    os << "<p>And " << faults.size() - most << " before these.</p>\n";
}

void dlc::printTuneReport(const TuneReport &report, raw_ostream &os) {
  os << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Tuning of "
     << escape(report.network) << "</title>\n<style>" << style << "</style>\n</head>\n<body>\n";
  printSummary(report, os);
  os << "<div class=\"scroll\"><table>\n<thead><tr>";
  for (StringRef head :
       {"kernel", "launches", "share", "default", "best", "gain", "bound", "of peak", "trials", "failed"})
    os << "<th>" << head << "</th>";
  os << "</tr></thead>\n<tbody>\n";
  for (auto [number, kernel] : enumerate(report.kernels))
    printRow(kernel, number, os);
  os << "</tbody></table></div>\n";
  printKey(os);
  for (auto [number, kernel] : enumerate(report.kernels)) {
    if (!hasCurve(kernel))
      continue;
    os << "<h2 id=\"kernel" << number << "\">" << escape(kernel.name) << "</h2>\n<dl><dt>default</dt><dd><code>"
       << escape(kernel.defaultChoice) << "</code></dd>";
    if (kernel.bestChoice != kernel.defaultChoice)
      os << "<dt>best</dt><dd><code>" << escape(kernel.bestChoice) << "</code></dd>";
    os << "</dl>\n";
    printCurve(kernel, os);
  }
  printFaults(report.faults, os);
  os << "</body>\n</html>\n";
}

//===----------------------------------------------------------------------===//
// The table as text
//===----------------------------------------------------------------------===//

void dlc::printTuneTable(const TuneReport &report, raw_ostream &os) {
  size_t longest = 6;
  for (const TuneReport::Kernel &kernel : report.kernels)
    longest = std::max(longest, kernel.name.size());
  auto print = [&](StringRef name, StringRef launches, StringRef share, StringRef first, StringRef best, StringRef gain,
                   StringRef peak, StringRef trials, StringRef failed) {
    os << left_justify(name, longest) << right_justify(launches, 10) << right_justify(share, 8);
    // The sign of a millionth takes two bytes.
    for (StringRef time : {first, best})
      os << right_justify(time, time.contains("µ") ? 13 : 12);
    os << right_justify(gain, 8) << right_justify(peak, 9) << right_justify(trials, 8) << right_justify(failed, 8)
       << "\n";
  };
  print("kernel", "launches", "share", "default", "best", "gain", "of peak", "trials", "failed");
  for (const TuneReport::Kernel &kernel : report.kernels) {
    const double best = kernel.getBest();
    print(kernel.name, std::to_string(kernel.launches), describePercent(kernel.share), describeTime(kernel.seconds),
          describeTime(kernel.seconds * best), describeSpeedUp(best), describePeak(kernel, best),
          std::to_string(kernel.trials.size()), std::to_string(countFailed(kernel)));
  }
}
