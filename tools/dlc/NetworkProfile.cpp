// The network is loaded twice, since to look at the clock after every kernel takes time too.
#include "tools/dlc/NetworkProfile.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace dlc;

static constexpr int runs = 10;

/// The seconds of each run; the profile is that of all but the first, which warms up.
static Expected<std::vector<double>> runOften(MeasuredProgram &program) {
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) {
    if (i == 1)
      program.resetProfile();
    Expected<double> seconds = program.run();
    if (!seconds)
      return seconds.takeError();
    times.push_back(*seconds);
  }
  return times;
}

Expected<NetworkProfile> dlc::profileNetwork(const std::string &path, ProgramOptions options) {
  NetworkProfile profile;
  for (bool profiles : {false, true}) {
    options.profiles = profiles;
    Expected<MeasuredProgram> program = MeasuredProgram::load(path, options);
    if (!program)
      return program.takeError();
    Expected<std::vector<double>> times = runOften(*program);
    if (!times)
      return times.takeError();
    if (!profiles) {
      llvm::sort(*times);
      profile.seconds = (*times)[runs / 2];
      profile.arenaBytes = program->getArenaBytes();
      continue;
    }
    for (const dlc_step_info &step : program->getSteps()) {
      if (!step.runs)
        continue;
      NetworkProfile::Usage &usage = profile.kernels[step.kernel];
      usage.seconds += 1e-9 * static_cast<double>(step.nanoseconds) / static_cast<double>(step.runs);
      usage.flops += static_cast<double>(step.flops);
      ++usage.launches;
    }
  }
  return profile;
}
