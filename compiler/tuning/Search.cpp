// 1. A pool of candidates that are new: neighbours, mutations and crossings of the best so far, and points drawn
// anywhere.
//    Of a small space, all that is left.
// 2. The model, fitted to the logarithms of all times so far, puts the pool in order.
// 3. Most of a batch is taken from the front, the rest anywhere, so that the model learns of what it does not expect.
#include "compiler/tuning/Search.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace dlc::tuning;

/// Spaces of so many points are gone through.
static constexpr size_t smallSpace = 2048;
/// Of how many the descendants are proposed, and how many of each kind are drawn for the pool.
static constexpr size_t eliteSize = 6, poolPart = 64;
/// Before so many trials a model says nothing.
static constexpr size_t leastSamples = 8;
/// A candidate that failed counts as so many times the default, one that is very slow as no more than that.
static constexpr double failedRelative = 1.5, worstRelative = 4;
/// One of so many in a batch is drawn anywhere.
static constexpr size_t exploration = 4;

SearchSpace::~SearchSpace() = default;

Search::Search(const SearchSpace &space, uint64_t seed) : space(space), random(seed) {}

void Search::add(const Trial &trial) {
  known.insert(trial.candidate.choice);
  const Point &point = trial.candidate.point;
  const ArrayRef<Parameter> parameters = space.getParameters();
  if (point.size() != parameters.size())
    return;
  for (auto [index, parameter] : zip(point, parameters))
    if (index >= parameter.values.size())
      return;
  if (space.describe(point) != trial.candidate.choice)
    return;
  trials.push_back(trial);
  if (trial.relative && (!best || *trial.relative < *trials[*best].relative))
    best = trials.size() - 1;
}

Point dlc::tuning::translate(const SearchSpace &from, const Point &point, const SearchSpace &to) {
  Point translated = to.getDefault();
  for (auto [mine, place] : zip(to.getParameters(), translated))
    for (auto [other, value] : zip(from.getParameters(), point))
      if (other.name == mine.name)
        if (auto same = llvm::find(mine.values, other.values[value]); same != mine.values.end())
          place = same - mine.values.begin();
  return translated;
}

//===----------------------------------------------------------------------===//
// The pool
//===----------------------------------------------------------------------===//

Point Search::drawPoint() {
  Point point;
  for (const Parameter &parameter : space.getParameters())
    point.push_back(below(parameter.values.size()));
  return point;
}

/// Changes one parameter, sometimes several: by a step or two, or to anything.
Point Search::mutate(Point point) {
  const ArrayRef<Parameter> parameters = space.getParameters();
  do {
    const unsigned which = below(point.size());
    const unsigned count = parameters[which].values.size();
    if (count < 2)
      continue;
    if (below(2)) {
      const int step = (below(2) ? 1 : -1) * static_cast<int>(1 + below(2));
      point[which] = std::clamp(static_cast<int>(point[which]) + step, 0, static_cast<int>(count) - 1);
    } else {
      point[which] = below(count);
    }
  } while (below(2));
  return point;
}

Point Search::cross(const Point &a, const Point &b) {
  Point point = a;
  for (auto [mine, other] : zip(point, b))
    if (below(2))
      mine = other;
  return point;
}

std::vector<const Trial *> Search::getElite() const {
  std::vector<const Trial *> elite;
  for (const Trial &trial : trials)
    if (trial.relative)
      elite.push_back(&trial);
  llvm::stable_sort(elite, [](const Trial *a, const Trial *b) { return *a->relative < *b->relative; });
  elite.resize(std::min(elite.size(), eliteSize));
  return elite;
}

void Search::offer(const Point &point, std::vector<Candidate> &pool, StringSet<> &inPool) const {
  std::optional<std::string> choice = space.describe(point);
  if (choice && !known.contains(*choice) && inPool.insert(*choice).second)
    pool.push_back({point, std::move(*choice)});
}

/// All points that differ in one parameter.
void Search::collectAround(const Point &point, std::vector<Candidate> &pool, StringSet<> &inPool) const {
  for (auto [which, parameter] : enumerate(space.getParameters()))
    for (unsigned value = 0; value < parameter.values.size(); ++value)
      if (value != point[which]) {
        Point neighbour = point;
        neighbour[which] = value;
        offer(neighbour, pool, inPool);
      }
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

/// A number as its logarithm, where a value reads as one; else its place, and for each value whether it is that.
std::vector<double> Search::getFeatures(const Point &point) const {
  std::vector<double> features;
  for (auto [index, parameter] : zip(point, space.getParameters())) {
    double number;
    if (!StringRef(parameter.values[index]).getAsDouble(number)) {
      features.push_back(std::copysign(std::log2(1 + std::abs(number)), number));
      continue;
    }
    features.push_back(index);
    for (unsigned value = 0; value < parameter.values.size(); ++value)
      features.push_back(value == index);
  }
  return features;
}

static double getScore(std::optional<double> relative) {
  return std::log2(std::min(relative.value_or(failedRelative), worstRelative));
}

void Search::rank(std::vector<Candidate> &pool) {
  std::shuffle(pool.begin(), pool.end(), random); // of equals, any
  std::vector<std::vector<double>> features;
  std::vector<double> scores;
  for (const Trial &trial : trials) {
    features.push_back(getFeatures(trial.candidate.point));
    scores.push_back(getScore(trial.relative));
  }
  const Forest forest = Forest::fit(features, scores);
  std::vector<std::pair<double, size_t>> order;
  for (auto [index, candidate] : enumerate(pool))
    order.emplace_back(forest.predict(getFeatures(candidate.point)), index);
  llvm::sort(order);
  std::vector<Candidate> ranked;
  for (auto [score, index] : order)
    ranked.push_back(std::move(pool[index]));
  pool = std::move(ranked);
}

//===----------------------------------------------------------------------===//
// Proposals
//===----------------------------------------------------------------------===//

std::vector<Candidate> Search::propose(size_t count, ArrayRef<Point> suggested) {
  const ArrayRef<Parameter> parameters = space.getParameters();
  if (parameters.empty()) // the default is all there is
    return {};
  size_t points = 1;
  for (const Parameter &parameter : parameters)
    points = std::min(points * parameter.values.size(), smallSpace + 1);

  std::vector<Candidate> proposed, near, anywhere;
  StringSet<> inPool;
  for (const Point &seed : space.getSeeds())
    offer(seed, proposed, inPool);
  for (const Point &point : suggested)
    offer(point, proposed, inPool);
  proposed.resize(std::min(proposed.size(), count));
  const std::vector<const Trial *> elite = getElite();
  if (elite.empty())
    collectAround(space.getDefault(), near, inPool);
  for (const Trial *trial : elite)
    collectAround(trial->candidate.point, near, inPool);
  for (size_t i = 0; i < poolPart && !elite.empty(); ++i) {
    const Point &a = elite[below(elite.size())]->candidate.point, &b = elite[below(elite.size())]->candidate.point;
    offer(mutate(a), near, inPool);
    offer(cross(a, b), near, inPool);
  }
  if (points <= smallSpace) {
    for (Point point(parameters.size(), 0);;) { // as an odometer
      offer(point, anywhere, inPool);
      size_t digit = 0;
      while (digit < point.size() && ++point[digit] == parameters[digit].values.size())
        point[digit++] = 0;
      if (digit == point.size())
        break;
    }
  } else {
    // Where little is feasible, more is drawn.
    for (size_t draws = 0; draws < 16 * poolPart && anywhere.size() < poolPart; ++draws)
      offer(drawPoint(), anywhere, inPool);
  }

  // While there is no model, half of a batch is the default's neighbours and half is anywhere.
  const bool isBlind = trials.size() < leastSamples;
  const size_t left = count - proposed.size();
  const size_t explored =
      std::min(anywhere.size(), isBlind ? left / 2 : std::min(left, std::max<size_t>(1, left / exploration)));
  std::shuffle(anywhere.begin(), anywhere.end(), random);
  std::move(anywhere.end() - explored, anywhere.end(), std::back_inserter(proposed));
  anywhere.resize(anywhere.size() - explored);
  if (isBlind)
    std::shuffle(near.begin(), near.end(), random);
  llvm::move(anywhere, std::back_inserter(near));
  if (!isBlind)
    rank(near);
  for (Candidate &candidate : near) {
    if (proposed.size() >= count)
      break;
    proposed.push_back(std::move(candidate));
  }
  for (const Candidate &candidate : proposed)
    known.insert(candidate.choice);
  return proposed;
}
