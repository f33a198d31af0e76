// Asks the interfaces of nn's ops and prints the answers.
//   dlc-nn-interfaces answers FILE      of each layer its arithmetic, whether it keeps zeros, what its windows leave
//                                       over; of each parameter that a function returns its values
//   dlc-nn-interfaces absurd COUNT      infers types from operands and attributes without sense: nothing may crash
#include "dialects/nn/Parameters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <limits>
#include <random>

using namespace mlir;
using namespace dlc::nn;

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

namespace {
/// The n-th parameter read holds n, n + 1/8, n + 2/8, …
class Counting : public ParameterSource {
public:
  LogicalResult read(ParameterOp parameter, MutableArrayRef<float> values) override {
    ++count;
    for (auto [i, value] : llvm::enumerate(values))
      value = static_cast<float>(count) + static_cast<float>(i) / 8;
    return success();
  }

private:
  int count = 0;
};
} // namespace

static void printLayer(Operation *op) {
  auto layer = dyn_cast<LayerOpInterface>(op);
  if (!layer)
    return;
  llvm::outs() << op->getName() << ": " << layer.getFlops() << " flops";
  if (auto elementwise = dyn_cast<ElementwiseOpInterface>(op))
    llvm::outs() << (elementwise.preservesZero() ? ", keeps zeros" : ", makes something of zeros");
  if (auto window = dyn_cast<WindowOpInterface>(op)) {
    UncoveredTail tail = getUncoveredTail(window);
    llvm::outs() << ", leaves " << tail.rows << " x " << tail.columns;
    if (std::string text = describeUncoveredTail(window); !text.empty())
      llvm::outs() << ": " << text;
  }
  llvm::outs() << "\n";
}

static LogicalResult printValues(func::ReturnOp op) {
  for (Value value : op.getOperands()) {
    if (!isParameter(value))
      continue;
    std::vector<float> values(getStorageElements(cast<RankedTensorType>(value.getType())));
    Counting source;
    if (failed(evaluateParameter(value, source, values)))
      return failure();
    llvm::interleave(values, llvm::outs(), " ");
    llvm::outs() << "\n";
  }
  return success();
}

static int printAnswers(MLIRContext &context, StringRef path) {
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(path, &context);
  if (!module)
    return 1;
  module->walk(printLayer);
  return module->walk([](func::ReturnOp op) { return WalkResult(printValues(op)); }).wasInterrupted();
}

//===----------------------------------------------------------------------===//
// Absurdities
//===----------------------------------------------------------------------===//

namespace {
class Absurdity {
public:
  explicit Absurdity(MLIRContext &context) : builder(&context) {}

  bool chance(unsigned outOf) { return pick(outOf) == 0; }
  unsigned pick(unsigned count) { return std::uniform_int_distribution<unsigned>(0, count - 1)(random); }

  int64_t getNumber() {
    static constexpr int64_t extremes[] = {0,
                                           -1,
                                           -7,
                                           int64_t(1) << 30,
                                           (int64_t(1) << 31) - 1,
                                           int64_t(1) << 31,
                                           int64_t(1) << 40,
                                           std::numeric_limits<int64_t>::max(),
                                           std::numeric_limits<int64_t>::max() - 1,
                                           std::numeric_limits<int64_t>::min(),
                                           std::numeric_limits<int64_t>::min() + 1};
    return chance(4) ? extremes[pick(std::size(extremes))] : 1 + pick(3);
  }

  Type getType() {
    if (chance(50))
      return builder.getIndexType();
    SmallVector<int64_t> shape;
    for (unsigned rank = chance(4) ? pick(7) : 4; rank > 0; --rank) {
      int64_t dim = chance(8) ? getNumber() : 1 + pick(2);
      shape.push_back(dim < 0 || (shape.empty() && chance(2)) ? ShapedType::kDynamic : dim);
    }
    Type elements[] = {builder.getF32Type(), builder.getF64Type(), builder.getI8Type(),
                       IntegerType::get(builder.getContext(), 8, IntegerType::Unsigned)};
    return RankedTensorType::get(shape, elements[chance(10) ? pick(4) : 0]);
  }

  Attribute getAttribute(StringRef name) {
    auto list = [&](auto make) {
      SmallVector<decltype(make())> values;
      for (size_t count = chance(8)           ? pick(7)
                          : name == "padding" ? 4
                          : name == "shape"   ? 1 + pick(5)
                                              : 2;
           count; --count)
        values.push_back(make());
      return values;
    };
    auto real = [&] { return chance(3) ? std::numeric_limits<double>::quiet_NaN() : chance(3) ? 1e308 : 0.5; };
    if (llvm::is_contained({"kernel_size", "stride", "padding", "dilation", "shape"}, name))
      return builder.getDenseI64ArrayAttr(list([&] { return getNumber(); }));
    if (llvm::is_contained({"mean", "std"}, name))
      return builder.getDenseF64ArrayAttr(list(real));
    if (llvm::is_contained({"ceil_mode", "count_include_pad", "bias"}, name))
      return builder.getBoolAttr(chance(2));
    if (name == "layout")
      return builder.getStringAttr(chance(2) ? "NHWC" : "HWCN");
    if (llvm::is_contained({"groups", "dim", "start_dim", "end_dim", "size", "out_channels", "out_features"}, name))
      return builder.getI64IntegerAttr(getNumber());
    return builder.getF64FloatAttr(real());
  }

  DictionaryAttr getAttributes(ArrayRef<StringRef> names) {
    SmallVector<NamedAttribute> attributes;
    for (StringRef name : names)
      if (!chance(6))
        attributes.push_back(builder.getNamedAttr(name, getAttribute(name)));
    return builder.getDictionaryAttr(attributes);
  }

  Builder builder;

private:
  std::mt19937_64 random{1};
};
} // namespace

static bool isWithinLimits(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && !tensor.getEncoding() && llvm::all_of(llvm::enumerate(tensor.getShape()), [](auto dim) {
           return ShapedType::isDynamic(dim.value()) ? dim.index() == 0
                                                     : dim.value() > 0 && dim.value() < (int64_t(1) << 31);
         });
}

static bool inferOnce(MLIRContext &context, Absurdity &absurd, RegisteredOperationName name) {
  unsigned operands = llvm::StringSwitch<unsigned>(name.stripDialect())
                          .Cases({"conv2d", "linear"}, 2 + absurd.pick(2))
                          .Case("batch_norm2d", 5)
                          .Cases({"add", "mul"}, 2)
                          .Case("concat", absurd.pick(4))
                          .Default(1);
  Block block;
  SmallVector<Value> values;
  SmallVector<RankedTensorType> inputs;
  Type type = absurd.getType();
  for (unsigned i = 0; i < operands; ++i) {
    values.push_back(block.addArgument(absurd.chance(3) ? absurd.getType() : type, UnknownLoc::get(&context)));
    inputs.push_back(dyn_cast<RankedTensorType>(values.back().getType()));
  }

  SmallVector<StringRef> keys;
  for (StringAttr attribute : name.getAttributeNames())
    keys.push_back(attribute);
  DictionaryAttr attributes = absurd.getAttributes(keys);
  std::vector<char> storage(name.getOpPropertyByteSize() + alignof(std::max_align_t));
  void *aligned = storage.data();
  size_t room = storage.size();
  OpaqueProperties properties(
      std::align(alignof(std::max_align_t), std::max<size_t>(name.getOpPropertyByteSize(), 1), aligned, room));
  name.initOpProperties(properties, OpaqueProperties(nullptr));
  std::optional<Location> location;
  if (absurd.chance(2))
    location = UnknownLoc::get(&context);
  SmallVector<Type> types;
  LogicalResult inferred = name.setOpPropertiesFromAttribute(name, properties, attributes,
                                                             [&] { return emitError(UnknownLoc::get(&context)); });
  if (succeeded(inferred))
    inferred = name.getInterface<InferTypeOpInterface>()->inferReturnTypes(&context, location, values, attributes,
                                                                           properties, {}, types);
  name.destroyOpProperties(properties);
  if (succeeded(inferred) && (types.size() != 1 || !isWithinLimits(types[0])))
    llvm::report_fatal_error(name.getStringRef() + Twine(" inferred a type beyond the limits"));

  if (auto *layer = name.getInterface<LayerOpInterface>()) {
    keys.append({"out_channels", "out_features", "bias"});
    SmallVector<RankedTensorType> parameters;
    inputs.resize(std::min<size_t>(inputs.size(), 1 + absurd.pick(2)));
    if (succeeded(
            layer->inferParameterTypes(UnknownLoc::get(&context), inputs, absurd.getAttributes(keys), parameters)))
      for (RankedTensorType parameter : parameters)
        if (parameter && !isWithinLimits(parameter))
          llvm::report_fatal_error(name.getStringRef() + Twine(" inferred a parameter beyond the limits"));
  }
  return succeeded(inferred);
}

static int inferAbsurdly(MLIRContext &context, unsigned count) {
  ScopedDiagnosticHandler silence(&context, [](Diagnostic &) { return success(); });
  Absurdity absurd(context);
  SmallVector<RegisteredOperationName> names;
  for (RegisteredOperationName name : context.getRegisteredOperationsByDialect("nn"))
    if (name.hasInterface<InferTypeOpInterface>() && name.hasTrait<OpTrait::InferTypeOpAdaptor>())
      names.push_back(name);
  unsigned accepted = 0;
  for (unsigned i = 0; i < count; ++i)
    accepted += inferOnce(context, absurd, names[absurd.pick(names.size())]);
  llvm::outs() << names.size() << " ops, " << accepted << " accepted, " << count - accepted << " refused\n";
  return 0;
}

int main(int argc, char **argv) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, NnDialect>();
  StringRef mode = argc == 3 ? argv[1] : "";
  unsigned count = 0;
  if (mode == "answers")
    return printAnswers(context, argv[2]);
  if (mode == "absurd" && !StringRef(argv[2]).getAsInteger(10, count))
    return inferAbsurdly(context, count);
  llvm::errs() << "usage: dlc-nn-interfaces answers FILE | absurd COUNT\n";
  return 2;
}
