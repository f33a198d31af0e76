// A line a launch; a kernel's name and schedule stand beside its first one.
#include "tools/dlc/DeviceTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatAdapters.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace dlc;

/// "16 x 4"
static std::string writeExtents(const std::array<int64_t, 3> &extents) {
  std::string text;
  raw_string_ostream os(text);
  ArrayRef<int64_t> shown(extents);
  while (shown.size() > 1 && shown.back() == 1)
    shown = shown.drop_back();
  interleave(shown, os, " x ");
  return text;
}

void dlc::printTable(const DeviceTable &table, raw_ostream &os) {
  std::vector<std::array<std::string, 5>> rows = {{"blocks", "threads", "shared", "layers", "schedule"}};
  std::vector<std::string> onHost;
  size_t launches = 0;
  for (const pipeline::DeviceStep &step : table.steps) {
    launches += step.launches.size();
    for (auto [index, launch] : enumerate(step.launches))
      rows.push_back({writeExtents(launch.blocks), writeExtents(launch.threads), std::to_string(launch.sharedBytes),
                      index ? "" : step.layers, index ? "" : step.schedule});
    if (!step.onHost.empty())
      onHost.push_back(step.layers);
  }
  std::array<size_t, 5> widths = {};
  for (const auto &row : rows)
    for (auto [width, cell] : zip(widths, row))
      width = std::max(width, std::min<size_t>(cell.size(), 44));
  os << table.network << " on " << table.device << ", batch " << table.batch << ": " << table.steps.size()
     << " kernels, " << launches << " launches\n";
  for (const auto &row : rows) {
    std::string line;
    raw_string_ostream text(line);
    for (size_t column : {0, 1, 2})
      text << right_justify(row[column], widths[column]) << "  ";
    const std::string &layers = row[3];
    text << left_justify(layers.size() > widths[3] ? layers.substr(0, widths[3] - 3) + "..." : layers, widths[3])
         << "  " << row[4];
    os << StringRef(line).rtrim() << "\n";
  }
  os << "On the host: " << (onHost.empty() ? "nothing but the copies of inputs and outputs" : join(onHost, ", "))
     << "\n";
}

void dlc::printJson(const DeviceTable &table, raw_ostream &os) {
  json::OStream json(os, 2);
  json.object([&] {
    json.attribute("name", table.network);
    json.attribute("device", table.device);
    json.attribute("batch", table.batch);
    json.attributeArray("kernels", [&] {
      for (const pipeline::DeviceStep &step : table.steps)
        json.object([&] {
          json.attribute("layers", step.layers);
          json.attribute("kernel", step.kernel);
          json.attribute("runs_on", step.onHost.empty() ? table.device : "host");
          json.attribute("schedule", step.schedule);
          json.attributeArray("launches", [&] {
            for (const pipeline::DeviceLaunch &launch : step.launches)
              json.object([&] {
                json.attribute("blocks", json::Array(launch.blocks));
                json.attribute("threads", json::Array(launch.threads));
                json.attribute("shared_bytes", launch.sharedBytes);
              });
          });
        });
    });
  });
  os << "\n";
}
