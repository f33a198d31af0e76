// The search, on times that are formulas: it finds the least, sooner than by chance, with noise and with candidates
// that fail; it proposes nothing twice, and the same again for the same seed.
#include "compiler/tuning/Search.h"

#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

#include <cmath>
#include <functional>

using namespace dlc::tuning;

namespace {

/// Tiles of pixels by blocks as in a register-tiled kernel, an algorithm with a parameter of its own, an axis.
class TileSpace : public SearchSpace {
public:
  TileSpace() {
    auto range = [](unsigned from, unsigned to) {
      std::vector<std::string> values;
      for (unsigned value = from; value <= to; ++value)
        values.push_back(std::to_string(value));
      return values;
    };
    parameters = {{"tileX", range(1, 28)},
                  {"tileC", range(1, 8)},
                  {"algorithm", {"direct", "winograd"}},
                  {"group", range(1, 16)},
                  {"parallel", {"none", "rows", "blocks", "both"}},
                  {"unroll", {"1", "2", "4", "8"}}};
  }
  llvm::ArrayRef<Parameter> getParameters() const override { return parameters; }
  Point getDefault() const override { return {5, 3, 0, 0, 3, 0}; }
  std::optional<std::string> describe(const Point &point) const override {
    if ((point[0] + 1) * (point[1] + 1) > 30) // registers
      return std::nullopt;
    std::string text;
    for (auto [index, parameter] : llvm::zip(point, parameters))
      if (parameter.name != "group" || point[2])
        text += parameter.name + "=" + parameter.values[index] + " ";
    return text;
  }

  /// The least, 0.5, is at 14 x 2, winograd in groups of 6, rows, unrolled by 2.
  double getTime(const Point &point) const {
    const double tile = std::abs(std::log2((point[0] + 1) / 14.0)) + std::abs(std::log2((point[1] + 1) / 2.0));
    const double group = point[2] ? 0.1 * std::abs(std::log2((point[3] + 1) / 6.0)) : 0.4;
    const double axis = std::vector<double>{0.8, 0, 0.3, 0.1}[point[4]];
    return 0.5 + 0.2 * tile + group + axis + 0.05 * std::abs(double(point[5]) - 1);
  }

  std::vector<Parameter> parameters;
};

struct Outcome {
  double best = INFINITY; // without the noise
  std::vector<std::string> proposed;
};

Outcome search(const TileSpace &space, size_t trials, uint64_t seed, double noise = 0, bool fails = false) {
  Search search(space, seed);
  std::mt19937_64 random(seed + 1000);
  Outcome run;
  auto measure = [&](const Candidate &candidate) {
    run.proposed.push_back(candidate.choice);
    if (fails && random() % 4 == 0) {
      search.add({candidate, std::nullopt});
      return;
    }
    const double time = space.getTime(candidate.point);
    run.best = std::min(run.best, time);
    search.add({candidate, time * (1 + noise * (double(random() % 2001) / 1000 - 1))});
  };
  measure({space.getDefault(), *space.describe(space.getDefault())});
  while (run.proposed.size() < trials) {
    const std::vector<Candidate> batch = search.propose(8);
    if (batch.empty())
      break;
    for (const Candidate &candidate : batch)
      measure(candidate);
  }
  return run;
}

/// The best of points drawn evenly.
double drawAtRandom(const TileSpace &space, size_t trials, uint64_t seed) {
  std::mt19937_64 random(seed);
  double best = INFINITY;
  while (trials) {
    Point point;
    for (const Parameter &parameter : space.parameters)
      point.push_back(random() % parameter.values.size());
    if (!space.describe(point))
      continue;
    best = std::min(best, space.getTime(point));
    --trials;
  }
  return best;
}

constexpr uint64_t seeds = 10;

double mean(const std::function<double(uint64_t seed)> &function) {
  double sum = 0;
  for (uint64_t seed = 0; seed < seeds; ++seed)
    sum += function(seed) / seeds;
  return sum;
}

/// A space without algorithms, whose axes are others.
class PlainSpace : public SearchSpace {
public:
  llvm::ArrayRef<Parameter> getParameters() const override { return parameters; }
  Point getDefault() const override { return {1, 1, 0}; }
  std::optional<std::string> describe(const Point &) const override { return ""; }
  std::vector<Parameter> parameters = {{"parallel", {"none", "both"}}, {"lanes", {"8", "16"}}, {"tileC", {"2", "4"}}};
};

TEST(Search, TranslatesWhatTwoSpacesShare) {
  const TileSpace from;
  const PlainSpace to;
  // tileC = 4 and parallel = none are in both; lanes are not, nor is tileX there.
  EXPECT_EQ(translate(from, {13, 3, 1, 5, 0, 1}, to), (Point{0, 1, 1}));
  // tileC = 5 and rows are not: the default's.
  EXPECT_EQ(translate(from, {13, 4, 1, 5, 1, 1}, to), (Point{1, 1, 0}));
  EXPECT_EQ(translate(to, {0, 1, 0}, from), (Point{5, 1, 0, 0, 0, 0}));
}

TEST(Search, BeginsWithWhatIsSuggested) {
  const TileSpace space;
  Search search(space, 0);
  search.add({{space.getDefault(), *space.describe(space.getDefault())}, 1.0});
  std::vector<Candidate> proposed = search.propose(4, {{13, 1, 1, 5, 1, 1}, space.getDefault()});
  ASSERT_EQ(proposed.size(), 4u);
  EXPECT_EQ(proposed[0].point, (Point{13, 1, 1, 5, 1, 1}));
  EXPECT_EQ(llvm::count_if(proposed, [&](const Candidate &each) { return each.point == space.getDefault(); }), 0);
}

TEST(Search, FindsTheOptimum) {
  const TileSpace space;
  EXPECT_LT(mean([&](uint64_t seed) { return search(space, 160, seed).best; }), 0.53);
}

TEST(Search, IsFasterThanChance) {
  const TileSpace space;
  const double found = mean([&](uint64_t seed) { return search(space, 80, seed, 0.03).best; });
  EXPECT_LT(found, mean([&](uint64_t seed) { return drawAtRandom(space, 80, seed); }));
  EXPECT_LT(found, mean([&](uint64_t seed) { return drawAtRandom(space, 400, seed); })); // five times as many
}

TEST(Search, StandsNoiseAndFailures) {
  const TileSpace space;
  EXPECT_LT(mean([&](uint64_t seed) { return search(space, 160, seed, 0.05, true).best; }),
            mean([&](uint64_t seed) { return drawAtRandom(space, 800, seed); }));
}

TEST(Search, ProposesNothingTwice) {
  const TileSpace space;
  const Outcome run = search(space, 400, 3, 0.05);
  EXPECT_EQ(run.proposed.size(), 401u);
  llvm::StringSet<> seen;
  for (const std::string &choice : run.proposed)
    EXPECT_TRUE(seen.insert(choice).second) << choice;
}

TEST(Search, DependsOnTheSeedAlone) {
  const TileSpace space;
  EXPECT_EQ(search(space, 100, 5, 0.05).proposed, search(space, 100, 5, 0.05).proposed);
  EXPECT_NE(search(space, 100, 5, 0.05).proposed, search(space, 100, 6, 0.05).proposed);
}

/// A space of few candidates: all of them, once, then none.
class SmallSpace : public TileSpace {
public:
  SmallSpace() { parameters = {{"a", {"x", "y", "z"}}, {"b", {"1", "2"}}}; }
  Point getDefault() const override { return {0, 0}; }
  std::optional<std::string> describe(const Point &point) const override {
    if (point == Point{2, 1})
      return std::nullopt;
    return point[0] == 1 ? "y" : parameters[0].values[point[0]] + parameters[1].values[point[1]];
  }
};

TEST(Search, ExhaustsASmallSpace) {
  const SmallSpace space;
  Search search(space, 1);
  search.add({{{0, 0}, "x1"}, 1});
  std::vector<std::string> found;
  for (int i = 0; i < 3; ++i)
    for (const Candidate &candidate : search.propose(2)) {
      found.push_back(candidate.choice);
      search.add({candidate, 2});
    }
  llvm::sort(found);
  EXPECT_EQ(found, (std::vector<std::string>{"x2", "y", "z1"}));
  EXPECT_TRUE(search.propose(2).empty());
  EXPECT_EQ(search.getBest()->candidate.choice, "x1");
}

TEST(Search, ASpaceOfNothingHasNoCandidates) {
  class : public SmallSpace {
    llvm::ArrayRef<Parameter> getParameters() const override { return {}; }
    Point getDefault() const override { return {}; }
    std::optional<std::string> describe(const Point &) const override { return "only"; }
  } space;
  Search search(space, 1);
  search.add({{{}, "only"}, 1});
  EXPECT_TRUE(search.propose(4).empty());
}

/// Points of a log that another build has written: not proposed again, and nothing is learned from them.
TEST(Search, ForeignPointsAreOnlyNotRepeated) {
  const SmallSpace space;
  Search search(space, 1);
  search.add({{{0, 0}, "x1"}, 1});
  search.add({{{7, 7}, "x2"}, 0.1});
  search.add({{{}, "y"}, 0.1});
  search.add({{{0, 1}, "gone"}, 0.1});
  EXPECT_EQ(search.countTrials(), 1u);
  EXPECT_EQ(search.getBest()->candidate.choice, "x1");
  const std::vector<Candidate> rest = search.propose(8);
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].choice, "z1");
}

} // namespace
