// Checkpoints: the runtime writes and reads the files; the state of the run is JSON among their metadata.
#include "tools/dlc/Checkpoint.h"
#include "tools/dlc/Failure.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

#include <cmath>

using namespace llvm;
using namespace dlc;

static constexpr char stateKey[] = "dlc_checkpoint";
static constexpr int64_t version = 1;
/// How many faults a message lists.
static constexpr size_t mostFaults = 5;

static std::string inFolder(StringRef folder, StringRef name) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  return path.str().str();
}

std::string dlc::getLastCheckpoint(StringRef folder) { return inFolder(folder, "last.safetensors"); }
std::string dlc::getBestCheckpoint(StringRef folder) { return inFolder(folder, "best.safetensors"); }

//===----------------------------------------------------------------------===//
// The state as JSON
//===----------------------------------------------------------------------===//

static std::string getChecksum(const void *data, size_t bytes) {
  return utohexstr(xxh3_64bits(ArrayRef(static_cast<const uint8_t *>(data), bytes)), /*LowerCase=*/true, 16);
}

static json::Object getJson(const RunState &state) {
  json::Object object{{"version", version},
                      {"step", state.step},
                      {"epoch", state.epoch},
                      {"batch", state.batch},
                      {"seed", state.seed},
                      {"loss_sum", nullptr},
                      {"correct", state.correct},
                      {"items", state.items},
                      {"best_epoch", state.bestEpoch},
                      {"curves", toJSON(state.curves)}};
  object["settings"] = json::Object(state.settings);
  if (std::isfinite(state.lossSum))
    object["loss_sum"] = state.lossSum;
  if (state.best && std::isfinite(*state.best))
    object["best"] = *state.best;
  return object;
}

/// What is wrong with the text, or nothing.
static std::string parseState(StringRef text, RunState &state, json::Object &checksums) {
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return toString(value.takeError());
  const json::Object *object = value->getAsObject();
  const std::optional<int64_t> found = object ? object->getInteger("version") : std::nullopt;
  if (found && *found != version)
    return "it is of version " + std::to_string(*found) + ", and this dlc reads version " + std::to_string(version);
  json::Path::Root root("state");
  json::ObjectMapper map(*value, root);
  std::optional<double> lossSum;
  if (!map || !map.map("step", state.step) || !map.map("epoch", state.epoch) || !map.map("batch", state.batch) ||
      !map.map("seed", state.seed) || !map.map("loss_sum", lossSum) || !map.map("correct", state.correct) ||
      !map.map("items", state.items) || !map.map("best", state.best) || !map.map("best_epoch", state.bestEpoch) ||
      !map.map("curves", state.curves))
    return toString(root.getError());
  const json::Object *settings = object->getObject("settings"), *sums = object->getObject("checksums");
  if (!found || !settings || !sums || state.step < 0 || state.epoch < 0 || state.batch < 0 || state.items < 0)
    return "a field is missing or negative";
  state.lossSum = lossSum.value_or(NAN);
  state.settings = *settings;
  checksums = *sums;
  return "";
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static dlc_safetensors_type getStoredType(dlc_type type) {
  int stored = 0;
  while (stored < DLC_SAFETENSORS_TYPE_COUNT &&
         dlc_safetensors_element_type(static_cast<dlc_safetensors_type>(stored)) != type)
    ++stored;
  return static_cast<dlc_safetensors_type>(stored);
}

static size_t getBytes(const StateTensor &tensor) { return product_of(tensor.shape) * dlc_type_bytes(tensor.type); }

dlc_safetensors_tensor dlc::toStored(const StateTensor &tensor) {
  return {tensor.name.c_str(),
          getStoredType(tensor.type),
          static_cast<int32_t>(tensor.shape.size()),
          tensor.shape.data(),
          tensor.data,
          getBytes(tensor),
          0,
          0};
}

Error dlc::writeCheckpoint(StringRef folder, ArrayRef<StateTensor> tensors, const RunState &state, bool isBest) {
  if (std::error_code error = sys::fs::create_directories(folder))
    return failure(exitEnvironment, folder + ": " + error.message());
  json::Object object = getJson(state), checksums;
  std::vector<dlc_safetensors_tensor> stored;
  for (const StateTensor &tensor : tensors) {
    checksums[tensor.name] = getChecksum(tensor.data, getBytes(tensor));
    stored.push_back(toStored(tensor));
  }
  object["checksums"] = std::move(checksums);
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(object));
  const dlc_safetensors_entry metadata[] = {{"format", "pt"}, {stateKey, text.c_str()}};

  // The best one first: a run that ends between the two takes the same step again and writes both.
  for (const std::string &path : {getBestCheckpoint(folder), getLastCheckpoint(folder)}) {
    if (!isBest && path == getBestCheckpoint(folder))
      continue;
    dlc_safetensors_error error;
    const dlc_status status = dlc_safetensors_write(path.c_str(), stored.data(), stored.size(), metadata,
                                                    std::size(metadata), nullptr, &error);
    if (status == DLC_ERROR_ARGUMENT)
      return failure(exitInternal, path + ": " + error.message);
    if (status)
      return failure(exitEnvironment, path + ": " + error.message);
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

Expected<Checkpoint> Checkpoint::open(StringRef path) {
  Checkpoint checkpoint(path.str());
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error;
  if (dlc_status status = dlc_safetensors_open(checkpoint.path.c_str(), nullptr, &file, &error)) {
    const std::string place = error.offset < 0 ? "" : " (at byte " + std::to_string(error.offset) + ")";
    return failure(status == DLC_ERROR_WEIGHTS ? exitInput : exitEnvironment, path + ": " + error.message + place);
  }
  checkpoint.file.reset(file);
  const char *key = nullptr, *value = nullptr;
  for (size_t i = 0; i < dlc_safetensors_metadata_count(file); ++i) {
    dlc_safetensors_metadata_at(file, i, &key, &value);
    if (StringRef(key) == stateKey)
      break;
    key = nullptr;
  }
  if (!key)
    return failure(exitInput, path + ": is no checkpoint: its metadata have no '" + stateKey + "'");
  const std::string fault = parseState(value, checkpoint.state, checkpoint.checksums);
  if (!fault.empty())
    return failure(exitInput, path + ": its '" + stateKey + "' is damaged: " + fault);
  return checkpoint;
}

static std::string describe(dlc_type type, StringRef typeName, ArrayRef<int64_t> shape) {
  const char *name = dlc_type_name(type);
  return (name ? StringRef(name) : typeName).str() + " [" +
         join(map_range(shape, [](int64_t extent) { return std::to_string(extent); }), ", ") + "]";
}

static std::string list(ArrayRef<std::string> faults) {
  std::string text = join(faults.take_front(mostFaults), "; ");
  if (faults.size() > mostFaults)
    text += "; and " + std::to_string(faults.size() - mostFaults) + " more";
  return text;
}

Error Checkpoint::read(ArrayRef<StateTensor> tensors) const {
  std::vector<std::string> faults;
  StringSet<> wanted;
  for (const StateTensor &tensor : tensors) {
    wanted.insert(tensor.name);
    const std::string name = "'" + tensor.name + "'";
    const dlc_safetensors_tensor *stored = dlc_safetensors_find(file.get(), tensor.name.c_str());
    if (!stored) {
      faults.push_back(name + " is missing");
      continue;
    }
    const ArrayRef<int64_t> shape(stored->shape, stored->rank);
    const dlc_type type = dlc_safetensors_element_type(stored->type);
    if (type != tensor.type || shape != ArrayRef<int64_t>(tensor.shape))
      faults.push_back(name + " is " + describe(type, dlc_safetensors_type_name(stored->type), shape) +
                       ", but the network has " + describe(tensor.type, "", tensor.shape));
    else if (checksums.getString(tensor.name) != StringRef(getChecksum(stored->data, stored->bytes)))
      faults.push_back(name + " is damaged");
  }
  for (size_t i = 0; i < dlc_safetensors_count(file.get()); ++i) {
    const char *name = dlc_safetensors_at(file.get(), i)->name;
    if (!wanted.contains(name))
      faults.push_back("'" + std::string(name) + "' has no place in the network");
  }
  if (!faults.empty())
    return failure(exitInput, path + ": does not fit: " + list(faults));
  for (const StateTensor &tensor : tensors) {
    const dlc_safetensors_tensor *stored = dlc_safetensors_find(file.get(), tensor.name.c_str());
    std::copy_n(static_cast<const uint8_t *>(stored->data), stored->bytes, static_cast<uint8_t *>(tensor.data));
  }
  return Error::success();
}

Error Checkpoint::checkSettings(const json::Object &settings) const {
  auto show = [](const json::Value *value) {
    std::string text;
    raw_string_ostream os(text);
    if (value)
      os << *value;
    return value ? text : "not set";
  };
  std::vector<std::string> names, faults;
  for (const json::Object *object : {&state.settings, &settings})
    for (const auto &entry : *object)
      names.push_back(entry.first.str());
  sort(names);
  names.erase(unique(names), names.end());
  for (const std::string &name : names) {
    const json::Value *before = state.settings.get(name), *now = settings.get(name);
    if (!before || !now || *before != *now)
      faults.push_back("'" + name + "' was " + show(before) + " and is " + show(now));
  }
  if (faults.empty())
    return Error::success();
  return failure(exitInput, path + ": the run was started with other settings: " + list(faults));
}
