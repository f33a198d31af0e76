// `dlc devices`: what a network can run on here; and the option --gpu of other verbs.
#include "tools/dlc/Failure.h"
#include "tools/dlc/LoadedNetwork.h"
#include "tools/dlc/Verb.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace dlc;

//===----------------------------------------------------------------------===//
// --gpu
//===----------------------------------------------------------------------===//

void dlc::addDeviceTo(OptionTable &options, std::string &device) {
  options.text("--gpu", "DEVICE", device,
               "runs on a device: cuda, opencl, or one of several by\nits number, cuda:1; `dlc devices` lists them");
}

Expected<std::vector<std::string>> dlc::findDevice(StringRef device) {
  if (device == "cpu")
    return std::vector<std::string>();
  dlc_device_info info;
  if (dlc_status status = dlc_find_device(device.str().c_str(), &info); status != DLC_OK)
    return failure(status == DLC_ERROR_ARGUMENT ? exitUsage : getExitCode(status),
                   "--gpu " + device + ": " + dlc_session_error(nullptr));
  return std::vector<std::string>{dlc_device_kind_name(info.kind)};
}

//===----------------------------------------------------------------------===//
// The verb
//===----------------------------------------------------------------------===//

namespace {
/// The devices of one kind, or why there are none.
struct DeviceList {
  dlc_device_kind kind;
  std::vector<dlc_device_info> devices;
  std::string problem;
};
} // namespace

static DeviceList listDevices(dlc_device_kind kind) {
  DeviceList list = {kind, {}, ""};
  const int32_t count = dlc_device_count(kind);
  if (count < 0)
    list.problem = dlc_session_error(nullptr);
  else if (count == 0)
    list.problem = (Twine("the ") + dlc_device_kind_name(kind) + " driver finds no device").str();
  for (int32_t i = 0; i < count; ++i) {
    dlc_device_info info;
    if (dlc_get_device_info(kind, i, &info) == DLC_OK)
      list.devices.push_back(info);
    else
      list.problem = dlc_session_error(nullptr);
  }
  return list;
}

static void printText(ArrayRef<DeviceList> lists, raw_ostream &os) {
  os << left_justify("cpu", 10) << sys::getHostCPUName() << ", " << dlc_default_threads()
     << (dlc_default_threads() == 1 ? " processor\n" : " processors\n");
  for (const DeviceList &list : lists) {
    for (const dlc_device_info &info : list.devices)
      os << left_justify(info.name, 10) << info.description << ", "
         << format("%.1f GB", static_cast<double>(info.memory_bytes) * 1e-9)
         << (info.is_cpu ? ", on the CPU: taken only by its name\n" : "\n");
    if (!list.problem.empty())
      os << left_justify(dlc_device_kind_name(list.kind), 10) << "none: " << list.problem << "\n";
  }
}

static void printJson(ArrayRef<DeviceList> lists, raw_ostream &os) {
  json::OStream json(os, 2);
  json.object([&] {
    json.attributeArray("devices", [&] {
      for (const DeviceList &list : lists)
        for (const dlc_device_info &info : list.devices)
          json.object([&] {
            json.attribute("name", info.name);
            json.attribute("description", json::fixUTF8(info.description));
            json.attribute("kind", dlc_device_kind_name(info.kind));
            json.attribute("is_cpu", info.is_cpu != 0);
            json.attribute("memory_bytes", info.memory_bytes);
          });
    });
    json.attributeObject("problems", [&] {
      for (const DeviceList &list : lists)
        if (!list.problem.empty())
          json.attribute(dlc_device_kind_name(list.kind), json::fixUTF8(list.problem));
    });
  });
  os << "\n";
}

int dlc::devicesMain(ArrayRef<StringRef> arguments) {
  bool json = false;
  OptionTable options("devices", "[--json]",
                      "Lists what a network can run on here, by the names that --gpu takes: the CPU, and the devices\n"
                      "that the drivers of CUDA (libcuda) and OpenCL (libOpenCL) find.");
  options.flag("--json", json, "as JSON");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  const DeviceList lists[] = {listDevices(DLC_DEVICE_CUDA), listDevices(DLC_DEVICE_OPENCL)};
  (json ? printJson : printText)(ArrayRef(lists), outs());
  return exitFine;
}
