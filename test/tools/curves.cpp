// The picture of a training run: its scales, and that it survives what runs may bring.
#include "tools/dlc/Curves.h"

#include "gtest/gtest.h"

#include <cmath>
#include <regex>

using namespace dlc;

namespace {

std::string draw(const Curves &curves, llvm::StringRef title = "run") {
  std::string text;
  llvm::raw_string_ostream os(text);
  printCurves(curves, title, os);
  return text;
}

size_t count(const std::string &text, const std::string &part) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
    ++found;
  return found;
}

/// What stands at the axes and elsewhere, in order.
std::vector<std::string> textsOf(const std::string &svg) {
  std::vector<std::string> texts;
  const std::regex pattern("<text[^>]*>([^<]*)</text>");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at)
    texts.push_back((*at)[1]);
  return texts;
}

bool has(const std::string &svg, const std::string &text) {
  for (const std::string &other : textsOf(svg))
    if (other == text)
      return true;
  return false;
}

/// Every place in the drawing is a number within it.
void expectPlacesInside(const std::string &svg) {
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  const std::regex pattern("points=\"([^\"]*)\"");
  for (std::sregex_iterator at(svg.begin(), svg.end(), pattern), end; at != end; ++at) {
    std::string points = (*at)[1];
    std::istringstream stream(points);
    double x, y;
    char comma;
    while (stream >> x >> comma >> y) {
      EXPECT_GE(x, 63.9);
      EXPECT_LE(x, 704.1);
      EXPECT_GE(y, 55.9);
      EXPECT_LE(y, 524.1);
    }
  }
}

Curves makeRun(int epochs) {
  Curves curves;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    curves.training.push_back({epoch * 100, double(epoch), 2.3 / epoch, 1 - .9 / epoch});
    curves.validation.push_back({epoch * 100, double(epoch), 2.4 / epoch, 1 - .95 / epoch});
  }
  return curves;
}

TEST(Curves, HaveTwoPanelsWithRoundTicks) {
  const std::string svg = draw(makeRun(20), "lenet5 <&>");
  EXPECT_EQ(count(svg, "<polyline"), 4u);
  EXPECT_EQ(count(svg, "<circle"), 80u);
  EXPECT_EQ(count(svg, "class=\"frame\""), 2u);
  for (const char *text : {"loss", "accuracy", "epoch", "training", "validation", "lenet5 &lt;&amp;&gt;", "0.0", "0.5",
                           "2.5", "0%", "20%", "100%", "0", "2", "20"})
    EXPECT_TRUE(has(svg, text)) << text;
  EXPECT_FALSE(has(svg, "3.0"));
  EXPECT_FALSE(has(svg, "120%"));
  expectPlacesInside(svg);
}

TEST(Curves, WithoutAccuracyHaveOnePanel) {
  Curves curves;
  for (int i = 0; i < 5; ++i)
    curves.training.push_back({i, i / 5.0, 0.0123 + i * 0.001});
  const std::string svg = draw(curves);
  EXPECT_EQ(count(svg, "class=\"frame\""), 1u);
  EXPECT_FALSE(has(svg, "accuracy"));
  EXPECT_FALSE(has(svg, "validation"));
  EXPECT_TRUE(has(svg, "0.005"));
  EXPECT_TRUE(has(svg, "0.8"));
  expectPlacesInside(svg);
}

TEST(Curves, AnOutlierMakesTheAxisLogarithmic) {
  Curves curves = makeRun(20);
  curves.training.front().loss = 1e5;
  const std::string svg = draw(curves);
  for (const char *text : {"0.1", "1", "10", "100", "1000", "10000", "100000"})
    EXPECT_TRUE(has(svg, text)) << text;
  expectPlacesInside(svg);
}

TEST(Curves, AnyRunCanBeDrawn) {
  EXPECT_TRUE(has(draw({}), "no steps yet"));
  const double huge = 1e300, infinity = std::numeric_limits<double>::infinity();
  for (const std::vector<double> &losses :
       {std::vector<double>{0}, {1}, {0, 0, 0}, {5, 5}, {-1, -2}, {1e-300}, {NAN, 1}, {infinity, NAN}, {0, huge}}) {
    Curves curves;
    for (size_t i = 0; i < losses.size(); ++i)
      curves.training.push_back({int64_t(i), double(i), losses[i], 1.0});
    expectPlacesInside(draw(curves));
  }
  Curves perfect;
  perfect.training = {{0, 1, 0.5, 1.0}, {1, 2, 0.4, 1.0}};
  EXPECT_TRUE(has(draw(perfect), "100%"));
  EXPECT_FALSE(has(draw(perfect), "101%"));
}

TEST(Curves, LongRunsAreThinned) {
  Curves curves;
  for (int i = 0; i < 100000; ++i)
    curves.training.push_back({i, i / 1000.0, 1 + (i % 2) * 0.5});
  const std::string svg = draw(curves);
  EXPECT_LT(svg.size(), 20000u);
  expectPlacesInside(svg);
}

TEST(Curves, AreKeptAsJson) {
  Curves curves = makeRun(3), back;
  curves.training[0].loss = NAN;
  curves.validation[1].accuracy.reset();
  curves.training[2].loss = 0.1 + 0.2; // no short decimal
  std::string text;
  llvm::raw_string_ostream(text) << toJSON(curves);
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  ASSERT_TRUE(bool(value)) << text;
  llvm::json::Path::Root root;
  ASSERT_TRUE(fromJSON(*value, back, root));
  ASSERT_EQ(back.training.size(), 3u);
  ASSERT_EQ(back.validation.size(), 3u);
  EXPECT_TRUE(std::isnan(back.training[0].loss));
  EXPECT_EQ(back.training[2].loss, 0.1 + 0.2);
  EXPECT_EQ(back.training[2].step, 300);
  EXPECT_EQ(back.training[1].epoch, 2);
  EXPECT_EQ(back.training[1].accuracy, curves.training[1].accuracy);
  EXPECT_FALSE(back.validation[1].accuracy);
  EXPECT_FALSE(fromJSON(llvm::json::Array{1}, back, root));
  EXPECT_FALSE(fromJSON(llvm::json::Object{{"training", 1}, {"validation", llvm::json::Array{}}}, back, root));
}

} // namespace
