// What a network launches on a device, as `dlc inspect --gpu` shows it.
#ifndef DLC_TOOLS_DLC_DEVICETABLE_H
#define DLC_TOOLS_DLC_DEVICETABLE_H

#include "compiler/pipeline/DeviceSteps.h"

namespace dlc {

struct DeviceTable {
  std::string network, device;
  int64_t batch = 1;
  std::vector<pipeline::DeviceStep> steps;
};

void printTable(const DeviceTable &table, llvm::raw_ostream &os);
void printJson(const DeviceTable &table, llvm::raw_ostream &os);

} // namespace dlc

#endif // DLC_TOOLS_DLC_DEVICETABLE_H
