// What a tuning run says on the way, with measurements that are formulas.
#include "tools/dlc/TuneProgress.h"

#include "gtest/gtest.h"

using namespace dlc;
using namespace dlc::tuning;

namespace {

/// Eight candidates; the later, the faster. A measurement takes two seconds.
class SmallSpace : public SearchSpace {
public:
  llvm::ArrayRef<Parameter> getParameters() const override { return parameters; }
  Point getDefault() const override { return {0}; }
  std::optional<std::string> describe(const Point &point) const override { return parameters[0].values[point[0]]; }
  std::vector<Parameter> parameters = {{"tile", {"1", "2", "3", "4", "5", "6", "7", "8"}}};
};

class SmallEvaluator : public Evaluator {
public:
  const Environment &getEnvironment() const override { return environment; }
  double getNetworkSeconds() const override { return 2e-3; }
  llvm::ArrayRef<TunableKernel> getKernels() const override { return kernels; }
  llvm::Error evaluate(size_t, llvm::StringRef incumbent, llvm::ArrayRef<std::string> choices, Care,
                       llvm::function_ref<bool(size_t, const Measurement &)> done) override {
    for (auto [index, choice] : llvm::enumerate(choices)) {
      clock += 2;
      Measurement measurement = {Status::Fine, 1 / std::stod(choice), 1 / std::stod(incumbent.str()), ""};
      if (choice == "7")
        measurement = {Status::Crashed, 0, 0, "signal 11"};
      if (!done(index, measurement))
        break;
    }
    return llvm::Error::success();
  }
  llvm::Expected<Comparison> compare(llvm::ArrayRef<Record>) override { return Comparison{}; }

  SmallSpace space;
  Environment environment = {"0.1.0", "avx512", "cpu", 2};
  std::vector<TunableKernel> kernels = {{"k", "conv3x3 64x56x56", &space, 1, 1e-3, 1e8, 1e-4}};
  double clock = 0;
};

std::string tune(TuneProgress::Options options) {
  SmallEvaluator evaluator;
  RecordStore store;
  TunerOptions tunerOptions;
  tunerOptions.trials = 10;
  tunerOptions.clock = [&] { return evaluator.clock; };
  Tuner tuner(evaluator, store, tunerOptions);
  std::string text;
  llvm::raw_string_ostream os(text);
  TuneProgress progress(os, options);
  EXPECT_FALSE(tuner.run([&](const Tuner &tuner) { progress.update(tuner); }));
  progress.finish();
  return text;
}

bool has(const std::string &text, const std::string &part) { return text.find(part) != std::string::npos; }

TEST(TuneProgress, WithoutATerminalIsLines) {
  const std::string text = tune({false, 80});
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_TRUE(has(text, "1 trial, network 100.0% of its time, 18 s left; conv3x3 64x56x56: 1.000 ms, default 1.000 ms "
                        "(1.00x), 10% of peak, 1 trial\n"))
      << text;
  // The gain, as soon as there is one.
  EXPECT_TRUE(has(text, "conv3x3 64x56x56: 125.0 µs, default 1.000 ms (8.00x), 80% of peak, ")) << text;
}

TEST(TuneProgress, OnATerminalIsABarThatGoes) {
  const std::string text = tune({true, 60});
  llvm::StringRef rest = text;
  size_t bars = 0;
  while (!rest.empty()) { // what stands on each line of the screen at last
    auto [line, after] = rest.split('\n');
    rest = after;
    llvm::SmallVector<llvm::StringRef> drawings;
    line.split(drawings, '\r', -1, false);
    for (llvm::StringRef drawing : drawings)
      if (drawing.starts_with("[")) {
        ++bars;
        EXPECT_LT(drawing.size(), 60u);
      }
    if (!drawings.empty()) {
      EXPECT_FALSE(drawings.back().starts_with("[")) << "a bar stays: " << text;
    }
  }
  EXPECT_GT(bars, 4u);
  EXPECT_TRUE(has(text, "[====")) << text;
}

TEST(TuneProgress, FailuresAreCounted) {
  SmallEvaluator evaluator;
  TunedKernel tuned = {evaluator.kernels.data(), Search(evaluator.space, 0), {}, {}, {}, 0};
  tuned.progress.trials = 3;
  tuned.failures = 1;
  EXPECT_EQ(describeKernel(tuned),
            "conv3x3 64x56x56: 1.000 ms, default 1.000 ms (1.00x), 10% of peak, 3 trials, 1 failed");
}

} // namespace
