// Collects descriptors, steps, inputs and outputs, and writes them one after the other.
#include "compiler/driver/ModelTable.h"
#include "dialects/kernel/Descriptor.h"
#include "dialects/nn/Parameters.h"
#include "dlc/model.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <map>

using namespace mlir;
using namespace dlc;
using namespace dlc::driver;

namespace {
/// The string pool: every string once.
class StringPool {
public:
  int64_t add(StringRef text) {
    auto [entry, isNew] = offsets.try_emplace(text, pool.size());
    if (isNew)
      pool += text.str() + '\0';
    return entry->second;
  }
  std::string pool;

private:
  llvm::StringMap<int64_t> offsets;
};

/// Records of one kind, written one after the other.
class Records {
public:
  explicit Records(int64_t length) : length(length) {}
  /// Adds a record of zeros and returns it; valid until the next one is added.
  MutableArrayRef<int64_t> add() {
    entries.resize(entries.size() + length);
    return MutableArrayRef<int64_t>(entries).take_back(length);
  }
  int64_t count() const { return entries.size() / length; }
  /// Appends the records to `table`, whose header tells where.
  void write(std::vector<int64_t> &table, int countField, int beginField) const {
    table[countField] = count();
    table[beginField] = table.size();
    table.insert(table.end(), entries.begin(), entries.end());
  }

private:
  int64_t length;
  std::vector<int64_t> entries;
};

/// How elements of a type are called in the ABI.
struct ElementType {
  dlc_type type;
  int64_t code, bits; // Halide's
};

class TableBuilder {
public:
  explicit TableBuilder(func::FuncOp network) : network(network) {}
  FailureOr<ModelTable> build();

private:
  LogicalResult addTensors(Records &records, TypeRange types, function_ref<Attribute(unsigned, StringRef)> getAttribute,
                           StringRef defaultName);
  LogicalResult addStep(kernel::LaunchOp launch);
  FailureOr<int64_t> addBuffer(Value value, bool isResult, Operation *user);
  LogicalResult addTarget(std::vector<int64_t> &header);
  LogicalResult addState(std::vector<int64_t> &header);
  std::optional<int64_t> getModuleNumber(StringRef attribute) const {
    auto number = network->getParentOp()->getAttrOfType<IntegerAttr>(attribute);
    return number ? std::optional<int64_t>(number.getInt()) : std::nullopt;
  }

  func::FuncOp network;
  StringPool strings;
  Records inputs{DLC_TENSOR_LENGTH}, outputs{DLC_TENSOR_LENGTH}, buffers{DLC_BUFFER_LENGTH},
      dimensions{DLC_DIMENSION_LENGTH}, steps{DLC_STEP_LENGTH}, variables{DLC_VARIABLE_LENGTH}, slots{DLC_SLOT_LENGTH};
  std::map<std::vector<int64_t>, int64_t> knownBuffers, knownDimensions;
  std::vector<Step> launches;
};
} // namespace

static FailureOr<ElementType> getElementType(Type type, Operation *op) {
  if (type.isF32())
    return ElementType{DLC_TYPE_F32, 2, 32};
  if (type.isF64())
    return ElementType{DLC_TYPE_F64, 2, 64};
  if (type.isF16())
    return ElementType{DLC_TYPE_F16, 2, 16};
  if (type.isBF16())
    return ElementType{DLC_TYPE_BF16, 4, 16};
  auto integer = dyn_cast<IntegerType>(type);
  bool isUnsigned = integer && integer.isUnsigned();
  switch (integer ? integer.getWidth() : 0) {
  case 8:
    return ElementType{isUnsigned ? DLC_TYPE_U8 : DLC_TYPE_I8, isUnsigned, 8};
  case 16:
    return ElementType{isUnsigned ? DLC_TYPE_U16 : DLC_TYPE_I16, isUnsigned, 16};
  case 32:
    return ElementType{isUnsigned ? DLC_TYPE_U32 : DLC_TYPE_I32, isUnsigned, 32};
  case 64:
    return ElementType{isUnsigned ? DLC_TYPE_U64 : DLC_TYPE_I64, isUnsigned, 64};
  }
  op->emitOpError("expects tensors of a type that programs can hold but got ") << type;
  return failure();
}

static int64_t getElementBytes(RankedTensorType type) { return llvm::divideCeil(type.getElementTypeBitWidth(), 8); }

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

LogicalResult TableBuilder::addTensors(Records &records, TypeRange types,
                                       function_ref<Attribute(unsigned, StringRef)> getAttribute,
                                       StringRef defaultName) {
  for (auto [index, value] : llvm::enumerate(types)) {
    auto type = dyn_cast<RankedTensorType>(value);
    if (!type || type.getEncoding() || type.getRank() < 1 || type.getRank() > DLC_MAX_RANK)
      return network.emitOpError("expects row-major tensors of 1 to ")
             << DLC_MAX_RANK << " dimensions as inputs and outputs but got " << value;
    FailureOr<ElementType> element = getElementType(type.getElementType(), network);
    if (failed(element))
      return failure();
    MutableArrayRef<int64_t> record = records.add();
    auto name = dyn_cast_or_null<StringAttr>(getAttribute(index, nn::nameAttr));
    record[DLC_TENSOR_NAME] = strings.add(name ? name.getValue().str() : defaultName.str() + std::to_string(index));
    record[DLC_TENSOR_TYPE] = element->type;
    record[DLC_TENSOR_RANK] = type.getRank();
    int64_t itemBytes = kernel::getItemElements(type) * getElementBytes(type);
    if (type.isDynamicDim(0))
      record[DLC_TENSOR_BYTES_PER_BATCH] = itemBytes;
    else
      record[DLC_TENSOR_BYTES_FIXED] = itemBytes * type.getDimSize(0);
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      record[DLC_TENSOR_DIMS + dim] = type.isDynamicDim(dim) ? -1 : type.getDimSize(dim);
    if (auto value = dyn_cast_or_null<FloatAttr>(getAttribute(index, nn::defaultAttr)))
      record[DLC_TENSOR_DEFAULT] = llvm::bit_cast<int64_t>(value.getValueAsDouble());
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Buffers and steps
//===----------------------------------------------------------------------===//

/// Where `value` lies; null where the plan does not say.
static kernel::StorageAttr getStorage(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return kernel::StorageAttr::get(value.getContext(), kernel::Space::Input, argument.getArgNumber(), 0, 0, 0);
  Operation *op = value.getDefiningOp();
  ArrayAttr storage;
  for (StringRef name : {"storage", "kernel.storage"})
    if (auto found = op->getAttrOfType<ArrayAttr>(name))
      storage = found;
  unsigned index = cast<OpResult>(value).getResultNumber();
  return storage && index < storage.size() ? dyn_cast<kernel::StorageAttr>(storage[index]) : kernel::StorageAttr();
}

FailureOr<int64_t> TableBuilder::addBuffer(Value value, bool isResult, Operation *user) {
  kernel::StorageAttr storage = getStorage(value);
  if (!storage)
    return user->emitOpError("expects planned memory");
  auto type = cast<RankedTensorType>(value.getType());
  FailureOr<ElementType> element = getElementType(type.getElementType(), user);
  if (failed(element))
    return failure();
  kernel::Descriptor descriptor =
      isResult ? kernel::describeResult(type, storage.getItem()) : kernel::describeArgument(type, storage.getItem());

  std::vector<int64_t> extents;
  for (const kernel::DescriptorDimension &dimension : descriptor.dimensions)
    llvm::append_values(extents, dimension.min, dimension.extent, dimension.stride);
  auto [shape, isNewShape] = knownDimensions.try_emplace(extents, dimensions.count());
  if (isNewShape)
    for (const kernel::DescriptorDimension &dimension : descriptor.dimensions) {
      MutableArrayRef<int64_t> record = dimensions.add();
      record[DLC_DIMENSION_MIN] = dimension.min;
      record[DLC_DIMENSION_EXTENT] = dimension.extent;
      record[DLC_DIMENSION_STRIDE] = dimension.stride;
    }

  std::vector<int64_t> record(DLC_BUFFER_LENGTH);
  record[DLC_BUFFER_SPACE] = static_cast<int64_t>(storage.getSpace()); // numbered alike
  record[DLC_BUFFER_INDEX] = storage.getIndex();
  record[DLC_BUFFER_OFFSET_FIXED] = storage.getOffset() + descriptor.offset * getElementBytes(type);
  if (storage.getSpace() == kernel::Space::Weights)
    record[DLC_BUFFER_OFFSET_FIXED] -= getModuleNumber(kernel::weightsBeginAttr).value_or(0);
  record[DLC_BUFFER_OFFSET_PER_BATCH] = storage.getScaled();
  record[DLC_BUFFER_TYPE_CODE] = element->code;
  record[DLC_BUFFER_TYPE_BITS] = element->bits;
  record[DLC_BUFFER_RANK] = descriptor.dimensions.size();
  record[DLC_BUFFER_DIMENSION] = shape->second;
  auto [buffer, isNew] = knownBuffers.try_emplace(record, buffers.count());
  if (isNew)
    llvm::copy(record, buffers.add().begin());
  return buffer->second;
}

/// Whether the frame of `result` is filled already: an operand of the same type lay in the same place.
static bool isInPlace(kernel::LaunchOp launch, OpResult result) {
  return llvm::any_of(launch.getOperands(), [&](Value operand) {
    return operand.getType() == result.getType() && getStorage(operand) == getStorage(result);
  });
}

/// The names of the layers that a launch runs, or else its kernel's name.
static StringRef getStepName(kernel::LaunchOp launch) {
  auto layers = launch->getAttrOfType<StringAttr>("layers");
  return layers && !layers.empty() ? layers.getValue() : launch.getCallee();
}

LogicalResult TableBuilder::addStep(kernel::LaunchOp launch) {
  Step step = {launch, {}, {}};
  for (Value operand : launch.getOperands()) {
    FailureOr<int64_t> buffer = addBuffer(operand, /*isResult=*/false, launch);
    if (failed(buffer))
      return failure();
    step.buffers.push_back(*buffer);
  }
  for (OpResult result : launch->getResults()) {
    FailureOr<int64_t> buffer = addBuffer(result, /*isResult=*/true, launch);
    if (failed(buffer))
      return failure();
    step.buffers.push_back(*buffer);
    kernel::BlockedAttr blocked = kernel::getBlocked(result.getType());
    bool hasHalo = blocked && llvm::any_of(blocked.getHalo(), [](int64_t width) { return width > 0; });
    if (hasHalo && !isInPlace(launch, result))
      step.halos.push_back(
          {*buffer, blocked.getHaloAt(1), blocked.getHaloAt(3), blocked.getHaloAt(0), blocked.getHaloAt(2)});
  }

  auto callee = SymbolTable::lookupNearestSymbolFrom<kernel::FuncOp>(launch, launch.getCalleeAttr());
  MutableArrayRef<int64_t> record = steps.add();
  record[DLC_STEP_NAME] = strings.add(getStepName(launch));
  record[DLC_STEP_KERNEL] = strings.add(launch.getCallee());
  callee.walk([&](nn::LayerOpInterface layer) {
    int64_t flops = layer.getFlops(), sum;
    record[DLC_STEP_FLOPS_PER_BATCH] =
        llvm::AddOverflow(record[DLC_STEP_FLOPS_PER_BATCH], flops, sum) ? INT64_MAX : sum;
  });
  for (Value operand : launch.getOperands()) {
    auto type = cast<RankedTensorType>(operand.getType());
    if (getStorage(operand).getSpace() == kernel::Space::Weights)
      record[DLC_STEP_BYTES_READ_FIXED] += nn::getStorageElements(type) * getElementBytes(type);
    else
      record[DLC_STEP_BYTES_READ_PER_BATCH] += kernel::getItemElements(type) * getElementBytes(type);
  }
  for (Type result : launch.getResultTypes())
    record[DLC_STEP_BYTES_WRITTEN_PER_BATCH] +=
        kernel::getItemElements(result) * getElementBytes(cast<RankedTensorType>(result));
  launches.push_back(std::move(step));
  return success();
}

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

LogicalResult TableBuilder::addTarget(std::vector<int64_t> &header) {
  // LLVM's names.
  static const std::pair<StringRef, dlc_feature> features[] = {
      {"sse3", DLC_FEATURE_SSE3},
      {"ssse3", DLC_FEATURE_SSSE3},
      {"sse4.1", DLC_FEATURE_SSE41},
      {"sse4.2", DLC_FEATURE_SSE42},
      {"popcnt", DLC_FEATURE_POPCNT},
      {"cx16", DLC_FEATURE_CX16},
      {"avx", DLC_FEATURE_AVX},
      {"f16c", DLC_FEATURE_F16C},
      {"fma", DLC_FEATURE_FMA},
      {"avx2", DLC_FEATURE_AVX2},
      {"bmi", DLC_FEATURE_BMI1},
      {"bmi2", DLC_FEATURE_BMI2},
      {"lzcnt", DLC_FEATURE_LZCNT},
      {"movbe", DLC_FEATURE_MOVBE},
      {"avx512f", DLC_FEATURE_AVX512F},
      {"avx512cd", DLC_FEATURE_AVX512CD},
      {"avx512bw", DLC_FEATURE_AVX512BW},
      {"avx512dq", DLC_FEATURE_AVX512DQ},
      {"avx512vl", DLC_FEATURE_AVX512VL},
      {"avx512ifma", DLC_FEATURE_AVX512IFMA},
      {"avx512vbmi", DLC_FEATURE_AVX512VBMI},
      {"avx512vbmi2", DLC_FEATURE_AVX512VBMI2},
      {"avx512vnni", DLC_FEATURE_AVX512VNNI},
      {"avx512bitalg", DLC_FEATURE_AVX512BITALG},
      {"avx512vpopcntdq", DLC_FEATURE_AVX512VPOPCNTDQ},
      {"avx512bf16", DLC_FEATURE_AVX512BF16},
      {"avx512fp16", DLC_FEATURE_AVX512FP16},
      {"avxvnni", DLC_FEATURE_AVXVNNI},
      {"lse", DLC_FEATURE_ATOMICS},
      {"fullfp16", DLC_FEATURE_FP16},
      {"dotprod", DLC_FEATURE_DOTPROD},
      {"i8mm", DLC_FEATURE_I8MM},
      {"bf16", DLC_FEATURE_BF16},
      {"sve", DLC_FEATURE_SVE},
      {"sve2", DLC_FEATURE_SVE2},
  };
  auto target = network->getParentOp()->getAttrOfType<DictionaryAttr>("kernel.target");
  auto triple = target ? target.getAs<StringAttr>("triple") : StringAttr();
  auto wanted = target ? target.getAs<StringAttr>("features") : StringAttr();
  if (!triple || !wanted)
    return network->getParentOp()->emitError("expects the attribute kernel.target with triple and features");
  if (triple.getValue().starts_with("x86_64"))
    header[DLC_HEADER_ARCHITECTURE] = DLC_ARCHITECTURE_X86_64;
  else if (triple.getValue().starts_with("aarch64"))
    header[DLC_HEADER_ARCHITECTURE] = DLC_ARCHITECTURE_AARCH64;
  else
    return network->getParentOp()->emitError("has no runtime for the target ") << triple;
  SmallVector<StringRef> names;
  wanted.getValue().split(names, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef name : names) {
    auto known = llvm::find_if(features, [&](const auto &feature) { return feature.first == name.trim().ltrim('+'); });
    // Without a number the session could not check it, and the program would die of it.
    if (known == std::end(features))
      return network->getParentOp()->emitError("expects features that sessions can check but got '") << name << "'";
    header[DLC_HEADER_FEATURES] |= INT64_C(1) << known->second;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// The training state
//===----------------------------------------------------------------------===//

LogicalResult TableBuilder::addState(std::vector<int64_t> &header) {
  header[DLC_HEADER_FORWARD_STEPS] = launches.size();
  auto module = cast<ModuleOp>(network->getParentOp());
  DictionaryAttr parts;
  for (auto function : module.getOps<func::FuncOp>())
    if (auto state = function->getAttrOfType<DictionaryAttr>(nn::stateAttr); state && network->hasAttr(nn::roleAttr))
      parts = state;
  if (!parts)
    return success();
  auto get = [&](StringRef name) {
    auto bytes = parts.getAs<IntegerAttr>(name);
    return bytes ? bytes.getInt() : 0;
  };
  header[DLC_HEADER_STATE_BYTES] = get("total");
  header[DLC_HEADER_STATE_INITIAL] = get("initial");
  header[DLC_HEADER_STATE_TRAINED] = get("trained");
  header[DLC_HEADER_STATE_GRADIENTS] = get("gradients");
  if (auto begin = network->getAttrOfType<IntegerAttr>(kernel::stateWeightsAttr))
    header[DLC_HEADER_STATE_WEIGHTS] = begin.getInt();

  // Which launch is the first of the backward phase, and which one writes what.
  llvm::DenseMap<int64_t, int64_t> writers; // by place
  int64_t step = 0;
  for (Operation &op : network.getBody().front()) {
    if (isa<nn::BackwardOp>(op))
      header[DLC_HEADER_FORWARD_STEPS] = step;
    auto launch = dyn_cast<kernel::LaunchOp>(op);
    if (!launch)
      continue;
    for (Value result : launch.getResults())
      if (kernel::StorageAttr storage = getStorage(result); storage && storage.getSpace() == kernel::Space::State)
        writers[storage.getOffset()] = step;
    ++step;
  }
  for (auto variable : network.getOps<nn::VariableOp>()) {
    auto parameter = variable.getInitial() ? variable.getInitial().getDefiningOp<nn::ParameterOp>() : nn::ParameterOp();
    if (!parameter)
      continue;
    auto type = cast<RankedTensorType>(variable.getType());
    FailureOr<ElementType> element = getElementType(type.getElementType(), variable);
    if (failed(element) || type.getRank() > DLC_MAX_RANK)
      return failure();
    int64_t place = variable.getPlace();
    bool isTrained = place < get("trained");
    auto writer = writers.find(get("gradients") + place);
    MutableArrayRef<int64_t> record = variables.add();
    record[DLC_VARIABLE_NAME] = strings.add(parameter.getName());
    record[DLC_VARIABLE_TYPE] = element->type;
    record[DLC_VARIABLE_PLACE] = place;
    record[DLC_VARIABLE_TRAINED] = isTrained;
    record[DLC_VARIABLE_READY] = isTrained && writer != writers.end() ? writer->second : -1;
    record[DLC_VARIABLE_RANK] = type.getRank();
    llvm::copy(type.getShape(), record.begin() + DLC_VARIABLE_DIMS);
  }
  if (auto kept = network->getAttrOfType<DictionaryAttr>(nn::slotsAttr))
    for (NamedAttribute slot : kept) {
      MutableArrayRef<int64_t> record = slots.add();
      record[DLC_SLOT_NAME] = strings.add(slot.getName());
      record[DLC_SLOT_PLACE] = cast<IntegerAttr>(slot.getValue()).getInt();
    }
  return success();
}

ArenaSize driver::getArenaSize(func::FuncOp network) {
  ArenaSize size;
  auto getBytes = [&](StringRef name) -> int64_t {
    auto bytes = network->getAttrOfType<IntegerAttr>(name);
    return bytes ? bytes.getInt() : 0;
  };
  size.fixed = getBytes("kernel.arena_bytes");
  size.perBatch = getBytes("kernel.arena_scaled_bytes");
  auto raise = [](int64_t &most, IntegerAttr bytes) {
    if (bytes)
      most = std::max<int64_t>(most, llvm::alignTo(bytes.getInt(), DLC_ARENA_ALIGNMENT));
  };
  SymbolTable symbols(network->getParentOp());
  for (auto launch : network.getOps<kernel::LaunchOp>()) {
    auto kernel = symbols.lookup<kernel::FuncOp>(launch.getCallee());
    auto scratch = kernel->getAttrOfType<DictionaryAttr>("kernel.scratch");
    if (!scratch)
      continue;
    raise(size.perThread, scratch.getAs<IntegerAttr>("worker"));
    raise(size.callerFixed, scratch.getAs<IntegerAttr>("caller"));
    raise(size.callerPerBatch, scratch.getAs<IntegerAttr>("caller_scaled"));
    if (auto parallel = scratch.getAs<BoolAttr>("parallel"))
      size.isParallel |= parallel.getValue();
  }
  return size;
}

FailureOr<ModelTable> TableBuilder::build() {
  strings.add("");
  std::vector<int64_t> table(DLC_HEADER_LENGTH);
  table[DLC_HEADER_MAGIC] = DLC_MODEL_MAGIC;
  table[DLC_HEADER_ABI_VERSION] = DLC_ABI_VERSION;
  table[DLC_HEADER_NAME] = strings.add(network.getSymName());
  StringRef device = kernel::getDevice(cast<ModuleOp>(network->getParentOp()));
  table[DLC_HEADER_DEVICE] = llvm::StringSwitch<int64_t>(device)
                                 .Case("cuda", DLC_DEVICE_CUDA)
                                 .Case("opencl", DLC_DEVICE_OPENCL)
                                 .Default(DLC_DEVICE_CPU);
  if (failed(addTarget(table)))
    return failure();

  auto arguments = network.getArgumentTypes();
  bool isOpen = llvm::any_of(arguments, [](Type type) { return cast<RankedTensorType>(type).isDynamicDim(0); });
  // A function of hyper-parameters alone has no batch.
  bool hasBatch = llvm::any_of(llvm::seq<unsigned>(0, arguments.size()),
                               [&](unsigned index) { return !network.getArgAttr(index, nn::defaultAttr); });
  if (!isOpen && hasBatch)
    table[DLC_HEADER_BATCH] = cast<RankedTensorType>(arguments.front()).getDimSize(0);

  ArenaSize arena = getArenaSize(network);
  table[DLC_HEADER_ARENA_FIXED] = arena.fixed;
  table[DLC_HEADER_ARENA_PER_BATCH] = arena.perBatch;
  table[DLC_HEADER_CALLER_SCRATCH_FIXED] = arena.callerFixed;
  table[DLC_HEADER_CALLER_SCRATCH_PER_BATCH] = arena.callerPerBatch;
  table[DLC_HEADER_SCRATCH] = arena.perThread;
  table[DLC_HEADER_PARALLEL] = arena.isParallel;
  if (auto end = network->getAttrOfType<IntegerAttr>("kernel.weights_bytes")) {
    int64_t begin = getModuleNumber(kernel::weightsBeginAttr).value_or(0);
    table[DLC_HEADER_OWN_WEIGHTS] = begin;
    table[DLC_HEADER_OWN_WEIGHTS_BYTES] = end.getInt() - begin;
    table[DLC_HEADER_WEIGHTS_BYTES] = getModuleNumber(kernel::weightsTotalAttr).value_or(end.getInt());
  }
  if (auto file = network->getParentOp()->getAttrOfType<StringAttr>("kernel.weights_file")) {
    table[DLC_HEADER_WEIGHTS_EXTERNAL] = 1;
    table[DLC_HEADER_WEIGHTS_NAME] = strings.add(file);
  }

  if (failed(addTensors(
          inputs, network.getArgumentTypes(),
          [&](unsigned index, StringRef name) { return network.getArgAttr(index, name); }, "input")) ||
      failed(addTensors(
          outputs, network.getResultTypes(),
          [&](unsigned index, StringRef name) { return network.getResultAttr(index, name); }, "output")))
    return failure();
  for (auto launch : network.getOps<kernel::LaunchOp>())
    if (failed(addStep(launch)))
      return failure();

  if (failed(addState(table)))
    return failure();

  inputs.write(table, DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS);
  outputs.write(table, DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS);
  buffers.write(table, DLC_HEADER_BUFFER_COUNT, DLC_HEADER_BUFFERS);
  dimensions.write(table, DLC_HEADER_DIMENSION_COUNT, DLC_HEADER_DIMENSIONS);
  steps.write(table, DLC_HEADER_STEP_COUNT, DLC_HEADER_STEPS);
  variables.write(table, DLC_HEADER_VARIABLE_COUNT, DLC_HEADER_VARIABLES);
  slots.write(table, DLC_HEADER_SLOT_COUNT, DLC_HEADER_SLOTS);
  table[DLC_HEADER_TABLE_LENGTH] = table.size();
  table[DLC_HEADER_STRINGS_BYTES] = strings.pool.size();
  return ModelTable{std::move(table), std::move(strings.pool), std::move(launches)};
}

FailureOr<ModelTable> driver::buildModelTable(func::FuncOp network) { return TableBuilder(network).build(); }
