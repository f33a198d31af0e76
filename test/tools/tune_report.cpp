// The report of a tuning run: its numbers, and that it survives what runs may bring.
#include "tools/dlc/TuneReport.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <fstream>
#include <regex>

using namespace dlc;

namespace {

std::string draw(const TuneReport &report) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTuneReport(report, os);
  return text;
}

size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

/// Every place in the drawings is a number within them.
void expectPlacesInside(const std::string &html) {
  const std::regex places("(?:points|cx|cy|x1|x2|y1|y2)=\"([^\"]*)\"");
  for (std::sregex_iterator at(html.begin(), html.end(), places), end; at != end; ++at) {
    std::string text = (*at)[1];
    EXPECT_FALSE(has(text, "nan") || has(text, "inf")) << text;
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream stream(text);
    for (double place; stream >> place;) {
      EXPECT_GE(place, -0.1) << text;
      EXPECT_LE(place, 720.1) << text;
    }
  }
}

TuneReport makeReport() {
  TuneReport report;
  report.network = "a <network> & \"more\"";
  report.environment = {"0.1.0", "{features = \"+avx512f\", triple = \"x86_64\"}", "cpu", 2};
  report.machine = "2 threads, 231 GFLOP/s, 38.1 GB/s";
  TuneReport::Kernel conv;
  conv.name = "conv3x3_relu 64x56x56 -> 64x56x56";
  conv.launches = 4;
  conv.share = 0.4;
  conv.seconds = 1.6e-3;
  conv.bound = 0.9e-3;
  conv.defaultChoice = "{schedule = #kernel.winograd<tile = 4, tileX = 14>}";
  conv.bestChoice = "{schedule = #kernel.winograd<tile = 2, tileX = 7>}";
  for (int i = 0; i < 60; ++i)
    if (i % 13 == 5)
      conv.trials.push_back(std::nullopt);
    else
      conv.trials.push_back(i == 0 ? 1.0 : std::max(0.75, 1 - 0.005 * i) + 0.02 * (i * 7 % 11) * (i % 3));
  conv.trials.push_back(7.5); // above the drawing
  report.kernels.push_back(conv);
  conv.name = "max_pool2d 3x3 <64x112x112>";
  conv.share = 0.05;
  conv.seconds = 56.7e-6;
  conv.bound = 0;
  conv.bestChoice = conv.defaultChoice = "{schedule = #kernel.pointwise<lanes = 16>}";
  conv.trials = {1.0};
  report.kernels.push_back(conv);
  conv.name = "linear 512 -> 1000";
  conv.trials.clear();
  report.kernels.push_back(conv);
  report.faults = {{"conv3x3_relu", "crashed", "{schedule = #kernel.winograd<tile = 6>}", "signal 11 <&>"}};
  report.comparison = {{30.5e-3, 34.8e-3}};
  return report;
}

TEST(TuneReport, HasATableAndACurveForEachKernelThatWasMeasured) {
  const std::string html = draw(makeReport());
  EXPECT_EQ(count(html, "<tr>"), 4u);
  EXPECT_EQ(count(html, "<h2"), 2u);
  EXPECT_EQ(count(html, "class=\"best\" points="), 2u); // and one in the key
  EXPECT_EQ(count(html, "class=\"failed\""), 6u);
  for (const char *text :
       {"1.600 ms", "1.200 ms", "1.33x", "56.7 µs", "75.0%", "40.0%", "30.500 ms", "34.800 ms", "1.14x", "tileX = 7",
        "a &lt;network&gt; &amp; &quot;more&quot;", "2 threads", "&lt;64x112x112&gt;", "+avx512f",
        "signal 11 &lt;&amp;&gt;", "tile = 6", "The machine's peak, measured: 2 threads, 231 GFLOP/s, 38.1 GB/s.",
        "</svg> the machine's peak, measured</span>"})
    EXPECT_TRUE(has(html, text)) << text;
  EXPECT_FALSE(has(html, "<network>"));
  EXPECT_FALSE(has(html, "http")); // nothing from elsewhere
  expectPlacesInside(html);
}

TEST(TuneReport, SaysNothingOfAMachineThatWasNotMeasured) {
  TuneReport report = makeReport();
  report.machine.clear();
  EXPECT_FALSE(has(draw(report), "The machine's peak"));
}

TEST(TuneReport, SaysWhatCameOfTheWhole) {
  TuneReport report = makeReport();
  report.keepsDefaults = true;
  EXPECT_TRUE(has(draw(report), "so the defaults stay"));
  report.comparison.reset();
  EXPECT_TRUE(has(draw(report), "was not compared"));
}

TEST(TuneReport, ListsTheLastFaults) {
  TuneReport report;
  for (int i = 0; i < 250; ++i)
    report.faults.push_back({"kernel", "wrong", "choice " + std::to_string(i) + ";", ""});
  const std::string html = draw(report);
  EXPECT_EQ(count(html, "<li>"), 100u);
  EXPECT_TRUE(has(html, "choice 249;"));
  EXPECT_FALSE(has(html, "choice 149;"));
  EXPECT_TRUE(has(html, "And 150 before these."));
}

TEST(TuneReport, AnyRunCanBeDrawn) {
  expectPlacesInside(draw({}));
  TuneReport report;
  for (std::vector<std::optional<double>> trials : std::vector<std::vector<std::optional<double>>>{
           {std::nullopt}, {1.0}, {1.0, 1.0}, {1e-9}, {1e9, 1.0}, std::vector<std::optional<double>>(5000, 1.0)}) {
    TuneReport::Kernel kernel;
    kernel.trials = trials;
    for (double seconds : {0.0, 1e-12, 1e3})
      for (double bound : {0.0, 1e-3, 1e9}) {
        kernel.seconds = seconds;
        kernel.bound = bound;
        report.kernels.push_back(kernel);
      }
  }
  expectPlacesInside(draw(report));
}

TEST(TuneReport, AsTextIsATable) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTuneTable(makeReport(), os);
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n', -1, false);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].trim(), "kernel                             launches   share     default        best    gain"
                             "  of peak  trials  failed");
  EXPECT_EQ(lines[1].trim(), "conv3x3_relu 64x56x56 -> 64x56x56         4   40.0%    1.600 ms    1.200 ms   1.33x"
                             "    75.0%      61       5");
  EXPECT_EQ(lines[2].trim(), "max_pool2d 3x3 <64x112x112>               4    5.0%     56.7 µs     56.7 µs   1.00x"
                             "                1       0");
}

TEST(TuneReport, TimesHaveTheirUnit) {
  EXPECT_EQ(describeTime(2.5), "2.500 s");
  EXPECT_EQ(describeTime(1e-3), "1.000 ms");
  EXPECT_EQ(describeTime(3.21e-6), "3.2 µs");
  EXPECT_EQ(describeTime(3.21e-7), "321 ns");
}

/// For a browser: tune-report.test looks at it.
TEST(TuneReport, IsAPage) {
  const char *path = std::getenv("DLC_TUNE_REPORT");
  if (!path)
    GTEST_SKIP() << "DLC_TUNE_REPORT names no file";
  std::ofstream(path) << draw(makeReport());
}

} // namespace
