// The run of a tuner, with measurements that are formulas: what it chooses, when it ends, how it goes on.
#include "compiler/tuning/Tuner.h"

#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

#include <cmath>
#include <map>

using namespace dlc::tuning;

namespace {

/// A tile and an axis; kernels differ in where their best tile is.
class LineSpace : public SearchSpace {
public:
  LineSpace() {
    parameters = {{"tile", {}}, {"axis", {"none", "rows", "both"}}};
    for (int value = 1; value <= 40; ++value)
      parameters[0].values.push_back(std::to_string(value));
  }
  llvm::ArrayRef<Parameter> getParameters() const override { return parameters; }
  Point getDefault() const override { return {3, 0}; }
  std::optional<std::string> describe(const Point &point) const override {
    return parameters[0].values[point[0]] + " " + parameters[1].values[point[1]];
  }
  std::vector<Parameter> parameters;
};

/// Kernels of 1 ms; the least is at tile `best`, axis both. A measurement takes a second of a clock of its own.
class FakeEvaluator : public Evaluator {
public:
  FakeEvaluator(std::vector<std::pair<std::string, int>> named, std::vector<size_t> launches = {}) {
    for (auto [index, kernel] : llvm::enumerate(named)) {
      kernels.push_back({kernel.first, "kernel " + kernel.first, &space, index < launches.size() ? launches[index] : 1,
                         1e-3, 1e9, 1e-4});
      bests.push_back(kernel.second);
    }
  }

  const Environment &getEnvironment() const override { return environment; }
  double getNetworkSeconds() const override {
    double seconds = 0;
    for (const TunableKernel &kernel : kernels)
      seconds += kernel.launches * kernel.seconds;
    return seconds;
  }
  llvm::ArrayRef<TunableKernel> getKernels() const override { return kernels; }

  double getTime(size_t kernel, llvm::StringRef choice) const {
    unsigned tile = 0;
    auto [number, axis] = choice.split(' ');
    EXPECT_FALSE(number.getAsInteger(10, tile)) << choice.str();
    const double penalty = axis == "none" ? 0.4 : axis == "rows" ? 0.2 : 0;
    return 1e-3 * (0.5 + 0.2 * std::abs(std::log2(double(tile) / bests[kernel])) + penalty);
  }

  llvm::Error evaluate(size_t kernel, llvm::StringRef incumbent, llvm::ArrayRef<std::string> choices, Care care,
                       llvm::function_ref<bool(size_t, const Measurement &)> done) override {
    if (failure)
      return llvm::createStringError("no disk");
    for (auto [index, choice] : llvm::enumerate(choices)) {
      ++measured[kernels[kernel].signature + " " + choice][care == Care::Thorough];
      clock += 1;
      auto draw = [&] { return 1 + noise * (double(random() % 2001) / 1000 - 1) * (care == Care::Thorough ? 0.2 : 1); };
      Measurement measurement{Status::Fine, getTime(kernel, choice) * draw(), getTime(kernel, incumbent) * draw(), ""};
      if (auto found = faults.find(choice); found != faults.end())
        measurement = {found->second, 0, 0, "injected"};
      if (!done(index, measurement))
        break;
    }
    return llvm::Error::success();
  }
  llvm::Expected<Comparison> compare(llvm::ArrayRef<Record>) override { return Comparison{}; }

  LineSpace space;
  Environment environment = {"0.1.0", "avx512", "cpu", 2};
  std::vector<TunableKernel> kernels;
  std::vector<int> bests;
  std::map<std::string, std::map<bool, int>> measured; // how often, thoroughly or not
  std::map<std::string, Status> faults;                // by choice
  std::mt19937_64 random{1};
  double noise = 0, clock = 0;
  bool failure = false;
};

/// The best of each kernel that was measured.
std::vector<Record> getBests(const Tuner &tuner) {
  std::vector<Record> bests;
  for (const TunedKernel &tuned : tuner.getKernels())
    if (tuned.best)
      bests.push_back(*tuned.best);
  return bests;
}

class TunerTest : public testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("tuner", folder)); }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  RecordFile open(llvm::StringRef name = "log") {
    return llvm::cantFail(RecordFile::open((folder + "/" + name).str()));
  }
  /// A whole run on the log; returns the tuner's answer.
  std::vector<Record> tune(FakeEvaluator &evaluator, TunerOptions options = {}) {
    RecordStore store;
    store.take(open(), true);
    options.clock = [&] { return evaluator.clock; };
    Tuner tuner(evaluator, store, options);
    EXPECT_EQ(llvm::toString(tuner.run([&](const Tuner &tuner) { last = tuner.countTrials(); })), "");
    relative = tuner.getRelative();
    return getBests(tuner);
  }

  llvm::SmallString<64> folder;
  size_t last = 0;
  double relative = 1;
};

TEST_F(TunerTest, FindsTheBestOfEachKernel) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 30}});
  std::vector<Record> chosen = tune(evaluator);
  ASSERT_EQ(chosen.size(), 2u);
  for (auto [index, record] : llvm::enumerate(chosen)) {
    EXPECT_EQ(record.choice, std::to_string(evaluator.bests[index]) + " both");
    EXPECT_NEAR(record.relative, 5e-4 / evaluator.getTime(index, "4 none"), 1e-9); // over all incumbents on the way
    EXPECT_EQ(record.kernel, index ? "kernel b" : "kernel a");
  }
  EXPECT_NEAR(relative, (chosen[0].relative + chosen[1].relative) / 2, 1e-9);
  EXPECT_LT(evaluator.clock, 600); // nothing more was expected
}

TEST_F(TunerTest, WhatIsGoodInOneKernelIsTriedInTheNext) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 14}}, {100, 1}); // the first one is tuned first
  std::vector<Record> chosen = tune(evaluator);
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[1].choice, "14 both");
  // The default, then the other's best.
  std::vector<std::string> tried;
  const RecordFile log = open();
  for (const Record &record : log.getRecords())
    if (record.signature == "b")
      tried.push_back(record.choice);
  ASSERT_GT(tried.size(), 9u);
  EXPECT_TRUE(llvm::is_contained(llvm::ArrayRef(tried).take_front(9), "14 both"));
}

TEST_F(TunerTest, ANoisyMachineDoesNotFoolIt) {
  FakeEvaluator evaluator({{"a", 14}});
  evaluator.noise = 0.1;
  std::vector<Record> chosen = tune(evaluator);
  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_LT(evaluator.getTime(0, chosen[0].choice), 5.6e-4);
  // What it says of the best is near the truth: it was measured again.
  EXPECT_NEAR(chosen[0].relative, evaluator.getTime(0, chosen[0].choice) / evaluator.getTime(0, "4 none"), 0.05);
}

TEST_F(TunerTest, TheDefaultStaysWhereItIsBest) {
  FakeEvaluator evaluator({{"a", 14}});
  LineSpace &space = evaluator.space;
  space.parameters[1].values = {"both"};
  space.parameters[0].values = {"1", "2", "3", "14", "40"};
  evaluator.noise = 0.008; // below what counts as faster
  std::vector<Record> chosen = tune(evaluator);
  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_EQ(chosen[0].choice, "14 both");
  EXPECT_EQ(chosen[0].relative, 1);
}

TEST_F(TunerTest, EveryCandidateHasOneRecord) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 30}});
  evaluator.noise = 0.05;
  tune(evaluator);
  const RecordFile log = open();
  llvm::StringSet<> seen;
  for (const Record &record : log.getRecords())
    EXPECT_TRUE(seen.insert(record.signature + " " + record.choice).second);
  EXPECT_EQ(log.getRecords().size(), last);
  EXPECT_EQ(seen.size(), evaluator.measured.size());
  for (auto &[choice, counts] : evaluator.measured) {
    EXPECT_EQ(counts[false], 1) << choice;
    EXPECT_LE(counts[true], 1) << choice;
  }
}

/// Short runs one after the other measure nothing twice, and end where a long one does.
TEST_F(TunerTest, GoesOnWhereItWas) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 30}});
  std::vector<Record> chosen;
  for (int i = 0; i < 200; ++i) {
    TunerOptions options;
    options.seconds = evaluator.clock + 3;
    options.batch = 2;
    RecordStore store;
    store.take(open(), true);
    const double begin = evaluator.clock;
    options.seconds = 3;
    options.clock = [&] { return evaluator.clock; };
    Tuner tuner(evaluator, store, options);
    EXPECT_EQ(llvm::toString(tuner.run([](const Tuner &) {})), "");
    chosen = getBests(tuner);
    if (evaluator.clock == begin)
      break;
  }
  ASSERT_EQ(chosen.size(), 2u);
  EXPECT_EQ(chosen[0].choice, "14 both");
  EXPECT_EQ(chosen[1].choice, "30 both");
  for (auto &[choice, counts] : evaluator.measured)
    EXPECT_EQ(counts[false], 1) << choice;
}

TEST_F(TunerTest, FaultsCostTheirCandidates) {
  FakeEvaluator evaluator({{"a", 14}});
  evaluator.faults = {{"14 both", Status::Crashed}, {"13 both", Status::Wrong}, {"15 both", Status::Hung}};
  std::vector<Record> chosen = tune(evaluator);
  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_TRUE(chosen[0].choice == "12 both" || chosen[0].choice == "16 both") << chosen[0].choice;
  size_t injected = 0;
  for (const Record &record : open().getRecords())
    if (record.status != Status::Fine) {
      EXPECT_EQ(record.status, evaluator.faults.at(record.choice));
      EXPECT_EQ(record.message, "injected");
      ++injected;
    }
  EXPECT_EQ(injected, 3u);
}

TEST_F(TunerTest, AKernelThatCannotBeMeasuredIsLeft) {
  FakeEvaluator evaluator({{"a", 14}});
  evaluator.faults = {{"4 none", Status::Crashed}};
  EXPECT_TRUE(tune(evaluator).empty());
  EXPECT_EQ(evaluator.measured.size(), 1u);
}

TEST_F(TunerTest, TimeAndTrialsAreKept) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 30}});
  TunerOptions options;
  options.trials = 21;
  tune(evaluator, options);
  EXPECT_EQ(last, 21u);
  EXPECT_EQ(open().getRecords().size(), 21u);
  FakeEvaluator timed({{"c", 14}, {"d", 30}});
  options.trials.reset();
  options.seconds = 30;
  tune(timed, options);
  EXPECT_GE(timed.clock, 30);
  EXPECT_LT(timed.clock, 40); // what was promising is confirmed
}

TEST_F(TunerTest, TheLargerShareGetsMore) {
  FakeEvaluator evaluator({{"a", 14}, {"b", 14}}, {1, 20});
  TunerOptions options;
  options.trials = 50;
  tune(evaluator, options);
  size_t ofA = 0;
  for (const Record &record : open().getRecords())
    ofA += record.signature == "a";
  EXPECT_LT(ofA, 10u);
}

/// Ctrl-C: a candidate that ended with it has no record.
TEST_F(TunerTest, AnInterruptionIsNoFault) {
  FakeEvaluator evaluator({{"a", 14}});
  for (int tile = 1; tile <= 40; ++tile)
    for (const char *axis : {" rows", " both"})
      evaluator.faults[std::to_string(tile) + axis] = Status::Crashed;
  TunerOptions options;
  options.isInterrupted = [&] { return evaluator.clock >= 10; };
  tune(evaluator, options);
  EXPECT_LE(evaluator.clock, 11);
  EXPECT_LE(open().getRecords().size(), 10u);
}

TEST_F(TunerTest, AnErrorOfTheRunEndsIt) {
  FakeEvaluator evaluator({{"a", 14}});
  evaluator.failure = true;
  RecordStore store;
  Tuner tuner(evaluator, store, {});
  EXPECT_EQ(llvm::toString(tuner.run([](const Tuner &) {})), "no disk");
}

/// Records of another environment stay in the file and have no part in the run.
TEST_F(TunerTest, OtherEnvironmentsArePassedOver) {
  FakeEvaluator there({{"a", 14}});
  there.environment.target = "avx2";
  tune(there);
  const size_t count = open().getRecords().size();
  FakeEvaluator here({{"a", 30}});
  std::vector<Record> chosen = tune(here);
  ASSERT_EQ(chosen.size(), 1u);
  EXPECT_EQ(chosen[0].choice, "30 both");
  EXPECT_GT(open().getRecords().size(), count);
  RecordStore store;
  store.take(open(), false);
  EXPECT_EQ(store.countOthers(here.environment), count);
}

TEST_F(TunerTest, AStoreMergesFiles) {
  FakeEvaluator evaluator({{"a", 14}});
  tune(evaluator);
  const size_t count = open().getRecords().size();
  RecordStore store;
  store.take(open("new"), true);
  store.take(open(), false);
  store.take(open(), false); // the same again
  EXPECT_EQ(store.getRecords().size(), count);
  for (const Record &record : std::vector<Record>(store.getRecords()))
    EXPECT_EQ(llvm::toString(store.add(record)), "");
  EXPECT_EQ(open("new").getRecords().size(), count);
  EXPECT_EQ(open().getRecords().size(), count);
}

} // namespace
