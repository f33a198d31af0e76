// Which candidates of a kernel to measure next.
//
//   Search search(space, seed);
//   search.add({point, text, 1.0});                      // what is known already
//   for (Candidate &candidate : search.propose(8)) ...   // then measured and added
#ifndef DLC_COMPILER_TUNING_SEARCH_H
#define DLC_COMPILER_TUNING_SEARCH_H

#include "compiler/tuning/Forest.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace dlc::tuning {

/// What can be chosen by itself: the values as text, in an order in which neighbours are alike.
struct Parameter {
  std::string name;
  std::vector<std::string> values;
};

/// An index into the values of each parameter.
using Point = std::vector<unsigned>;

/// The candidates of a kernel.
class SearchSpace {
public:
  virtual ~SearchSpace();
  virtual llvm::ArrayRef<Parameter> getParameters() const = 0;
  /// What is done to the kernel at `point`, as text; nothing where that cannot
  /// be. Points of the same text are the same candidate: where a parameter means
  /// something for some values of another only, it is left out of the text elsewhere.
  virtual std::optional<std::string> describe(const Point &point) const = 0;
  /// The point that the cost model chooses.
  virtual Point getDefault() const = 0;
  /// Points to begin with: what it would choose if it had to compute the kernel otherwise.
  virtual std::vector<Point> getSeeds() const { return {getDefault()}; }
};

/// `point` of another space in this one: the values of parameters that both have, its own default's of the others.
Point translate(const SearchSpace &from, const Point &point, const SearchSpace &to);

struct Candidate {
  Point point;
  std::string choice;
};

/// A candidate that was measured: its time as a share of the default's; nothing where it failed.
struct Trial {
  Candidate candidate;
  std::optional<double> relative;
};

/// Proposes in batches: the default's neighbours and a few points drawn at random first; later what has come of
/// mutations and crossings of the best, ranked by a model of all trials so far, and still a few drawn at random. The
/// same seed and the same trials give the same proposals.
class Search {
public:
  Search(const SearchSpace &space, uint64_t seed);

  /// Takes up a result. A candidate whose point is not the space's own (it is from elsewhere) is only not proposed
  /// again.
  void add(const Trial &trial);

  /// Up to `count` candidates that were neither added nor proposed before; fewer where there are no more. They begin
  /// with those at `suggested`: what was good elsewhere.
  std::vector<Candidate> propose(size_t count, llvm::ArrayRef<Point> suggested = {});

  /// The fastest so far; null before the first that is fine.
  const Trial *getBest() const { return best ? &trials[*best] : nullptr; }
  size_t countTrials() const { return trials.size(); }

private:
  unsigned below(unsigned bound) { return static_cast<unsigned>(random() % bound); }
  Point drawPoint();
  Point mutate(Point point);
  Point cross(const Point &a, const Point &b);
  std::vector<const Trial *> getElite() const;
  void collectAround(const Point &point, std::vector<Candidate> &pool, llvm::StringSet<> &inPool) const;
  void offer(const Point &point, std::vector<Candidate> &pool, llvm::StringSet<> &inPool) const;
  std::vector<double> getFeatures(const Point &point) const;
  void rank(std::vector<Candidate> &pool);

  const SearchSpace &space;
  std::mt19937_64 random;
  std::vector<Trial> trials; // with points
  std::optional<size_t> best;
  llvm::StringSet<> known; // choices measured or proposed
};

} // namespace dlc::tuning

#endif // DLC_COMPILER_TUNING_SEARCH_H
