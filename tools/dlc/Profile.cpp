// Reads a session's profile and prints it as a table.
#include "tools/dlc/Profile.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace dlc;

std::vector<KernelProfile> dlc::readProfile(const LoadedNetwork &network, dlc_session *session) {
  std::vector<KernelProfile> kernels;
  double sum = 0;
  for (int32_t i = 0, count = dlc_step_count(session); i < count; ++i) {
    dlc_step_info info;
    if (dlc_get_step_info(session, i, &info) != DLC_OK)
      continue;
    KernelProfile kernel = {info.kernel, info.name, network.getSchedule(info.kernel)};
    if (info.runs)
      kernel.milliseconds = 1e-6 * info.nanoseconds / info.runs;
    if (info.nanoseconds)
      kernel.gflops = static_cast<double>(info.flops) * info.runs / info.nanoseconds;
    sum += kernel.milliseconds;
    kernels.push_back(std::move(kernel));
  }
  for (KernelProfile &kernel : kernels)
    kernel.share = sum > 0 ? kernel.milliseconds / sum : 0;
  return kernels;
}

void dlc::printProfile(ArrayRef<KernelProfile> kernels, raw_ostream &os) {
  constexpr size_t longest = 44;
  size_t width = 6;
  for (const KernelProfile &kernel : kernels)
    width = std::max(width, std::min(kernel.layers.size(), longest));
  os << "      ms  share  GFLOP/s  " << left_justify("layers", width) << "  schedule\n";
  for (const KernelProfile &kernel : kernels) {
    std::string layers = kernel.layers;
    if (layers.size() > longest)
      layers = layers.substr(0, longest - 3) + "...";
    os << format("%8.4f %5.1f%% %8.1f  ", kernel.milliseconds, 100 * kernel.share, kernel.gflops)
       << left_justify(layers, width) << "  " << (kernel.schedule.empty() ? kernel.name : kernel.schedule) << "\n";
  }
}
