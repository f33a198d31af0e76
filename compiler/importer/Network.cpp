// The file as a whole: version, name, inputs, layers, outputs, training, weights.
#include "compiler/importer/AssignInitialisers.h"
#include "compiler/importer/Importer.h"
#include "compiler/importer/LayerReader.h"
#include "compiler/importer/Training.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dlc::importer {

namespace {

/// What the file says of an input.
struct Input {
  const Member *member = nullptr;
  SmallVector<int64_t> shape; // logical, NCHW
  Type elementType;           // as the program holds it
  bool isChannelsLast = false;
  SmallVector<double> mean, std;
  bool isNormalized = false;
  bool requiresGrad = false;
};

class NetworkReader {
public:
  NetworkReader(Document &document, const ImportOptions &options)
      : document(document), options(options), reporter(document), builder(document.getContext()) {}

  OwningOpRef<ModuleOp> read(const Node &file);

private:
  bool readHead(const Node &file);
  bool readInputs(const Node &inputs);
  bool readInput(Input &input);
  bool readShape(const Node &shape, Input &input);
  bool readNormalize(const Node &normalize, Input &input);
  Definition addInput(const Input &input);
  bool readOutputs(const Node *outputs, const std::pair<std::string, Definition> &last);
  void dropUnused(const Blocks &blocks);

  Document &document;
  const ImportOptions &options;
  Reporter reporter;
  OpBuilder builder;
  std::string name;
  std::vector<Input> inputs;
  Definitions definitions;
  func::FuncOp function;
  Outputs outputs;
};

} // namespace

//===----------------------------------------------------------------------===//
// Version and name
//===----------------------------------------------------------------------===//

bool NetworkReader::readHead(const Node &file) {
  if (!reporter.expect(file, Node::Object, "a network file"))
    return false;
  bool good = reporter.checkKeys(
      file, {"$schema", "dlc", "name", "inputs", "blocks", "layers", "outputs", "training", "weights"}, "a network");
  if (const Member *version = reporter.require(file, "dlc", "a network"); !version) {
    good = false;
  } else if (!version->value->is(Node::Integer) || version->value->integer != 1) {
    reporter.error(*version->value) << "'dlc' is the version of the format, and this dlc reads version 1";
    good = false;
  }
  const Member *given = reporter.require(file, "name", "a network");
  if (!given || !reporter.expectName(*given->value, "'name'"))
    return false;
  name = given->value->text;
  if (llvm::isDigit(name.front()) || !llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; })) {
    reporter.error(*given->value) << "'" << name
                                  << "' is no C identifier: functions of the compiled network begin with its name";
    return false;
  }
  return good;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

bool NetworkReader::readShape(const Node &shape, Input &input) {
  if (!reporter.expect(shape, Node::Array, "'shape'"))
    return false;
  if (shape.items.empty()) {
    reporter.error(shape) << "a shape without dimensions";
    return false;
  }
  for (auto [index, item] : llvm::enumerate(shape.items)) {
    if (index == 0 && item->isString("batch")) {
      input.shape.push_back(options.batch.value_or(ShapedType::kDynamic));
      continue;
    }
    if (item->is(Node::String)) {
      reporter.error(*item) << "a size is a whole number"
                            << (index == 0 ? " or \"batch\"" : "; only the first one may be \"batch\"");
      return false;
    }
    if (!reporter.expectInteger(*item, 1, "a size"))
      return false;
    if (item->integer > INT32_MAX) {
      reporter.error(*item) << "a size is at most " << INT32_MAX << ", not " << item->integer;
      return false;
    }
    input.shape.push_back(item->integer);
  }
  return true;
}

bool NetworkReader::readNormalize(const Node &normalize, Input &input) {
  input.isNormalized = true;
  if (!reporter.expect(normalize, Node::Object, "'normalize'") ||
      !reporter.checkKeys(normalize, {"mean", "std"}, "'normalize'"))
    return false;
  for (auto [key, values] : {std::make_pair("mean", &input.mean), std::make_pair("std", &input.std)}) {
    const Member *member = normalize.find(key);
    if (!member)
      continue;
    std::string what = "'" + member->key + "'";
    std::vector<Node *> single{member->value};
    bool isList = member->value->is(Node::Array);
    for (const Node *item : isList ? member->value->items : single) {
      if (!reporter.expect(*item, Node::Number, what))
        return false;
      if (*key == 's' && item->number == 0) {
        reporter.error(*item) << "a standard deviation of 0";
        return false;
      }
      values->push_back(item->number);
    }
    int64_t channels = input.shape.size() == 4 ? input.shape[1] : 0;
    if (values->size() != 1 && int64_t(values->size()) != channels) {
      reporter.error(*member->value) << what << " has " << values->size() << " values for " << channels << " channels";
      return false;
    }
  }
  return true;
}

bool NetworkReader::readInput(Input &input) {
  const Node &node = *input.member->value;
  if (!reporter.expect(node, Node::Object, "an input") ||
      !reporter.checkKeys(node, {"shape", "type", "layout", "normalize", "requires_grad"}, "an input"))
    return false;
  const Member *shape = reporter.require(node, "shape", "an input");
  if (!shape || !readShape(*shape->value, input))
    return false;

  input.elementType = builder.getF32Type();
  if (const Member *type = node.find("type")) {
    const Node &value = *type->value;
    if (value.isString("u8"))
      input.elementType = builder.getIntegerType(8, /*isSigned=*/false);
    else if (value.isString("i8"))
      input.elementType = builder.getIntegerType(8, /*isSigned=*/true);
    else if (!value.isString("f32")) {
      reporter.error(value) << "'type' is \"f32\", \"u8\" or \"i8\"";
      return false;
    }
  }
  if (const Member *layout = node.find("layout")) {
    input.isChannelsLast = layout->value->isString("NHWC");
    if (!input.isChannelsLast && !layout->value->isString("NCHW")) {
      reporter.error(*layout->value) << "'layout' is \"NCHW\" or \"NHWC\"";
      return false;
    }
  }
  if (const Member *normalize = node.find("normalize"); normalize && !readNormalize(*normalize->value, input))
    return false;
  if (const Member *grad = node.find("requires_grad")) {
    if (!reporter.expect(*grad->value, Node::Bool, "'requires_grad'"))
      return false;
    input.requiresGrad = grad->value->boolean;
  }
  bool isRaw = input.isNormalized || input.isChannelsLast || !input.elementType.isF32();
  if (isRaw && input.shape.size() != 4) {
    reporter.error(*shape->value) << "an input with 'normalize', layout \"NHWC\" or type \"u8\" or \"i8\" has four "
                                     "dimensions, [batch, channels, height, width], not "
                                  << input.shape.size();
    return false;
  }
  input.isNormalized = isRaw;
  return true;
}

bool NetworkReader::readInputs(const Node &node) {
  if (!reporter.expect(node, Node::Object, "'inputs'"))
    return false;
  if (node.members.empty()) {
    reporter.error(node) << "a network without inputs";
    return false;
  }
  bool good = true;
  for (const Member &member : node.members) {
    if (member.key.empty() || member.key.front() == '$' ||
        llvm::any_of(member.key, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      reporter.error(member.offset)
          << "an input's name is not empty, has no control characters and does not begin with '$'";
      good = false;
    }
    Input input;
    input.member = &member;
    good &= readInput(input);
    inputs.push_back(std::move(input));
  }
  return good;
}

/// Adds the argument, and what makes an NCHW tensor of it.
Definition NetworkReader::addInput(const Input &input) {
  SmallVector<int64_t> shape = input.shape;
  if (input.isChannelsLast)
    shape = {shape[0], shape[2], shape[3], shape[1]};
  Location location =
      NameLoc::get(builder.getStringAttr(input.member->key), document.getLocation(input.member->offset));
  SmallVector<NamedAttribute> attributes{builder.getNamedAttr(nn::nameAttr, builder.getStringAttr(input.member->key))};
  if (input.requiresGrad)
    attributes.push_back(builder.getNamedAttr(nn::requiresGradAttr, builder.getUnitAttr()));
  unsigned index = function.getNumArguments();
  (void)function.insertArgument(index, RankedTensorType::get(shape, input.elementType),
                                builder.getDictionaryAttr(attributes), location);
  Value value = function.getArgument(index);
  if (input.isNormalized)
    value = nn::NormalizeOp::create(builder, location, RankedTensorType::get(input.shape, builder.getF32Type()), value,
                                    input.isChannelsLast ? "NHWC" : "NCHW", input.mean, input.std);
  return {value, input.member->offset, /*isInput=*/true};
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

bool NetworkReader::readOutputs(const Node *list, const std::pair<std::string, Definition> &last) {
  if (!list) {
    outputs.push_back({last.first, last.second.value});
    return bool(last.second.value);
  }
  if (!reporter.expect(*list, Node::Array, "'outputs'"))
    return false;
  if (list->items.empty()) {
    reporter.error(*list) << "a network without outputs";
    return false;
  }
  bool good = true;
  for (const Node *item : list->items) {
    if (!reporter.expectName(*item, "an output"))
      return false;
    auto found = definitions.find(item->text);
    if (found == definitions.end()) {
      SmallVector<StringRef> known(definitions.keys());
      llvm::sort(known);
      if (reporter.getErrors() == 0) // otherwise it may be what could not be read
        reporter.error(*item) << "unknown layer '" << item->text << "'" << didYouMean(item->text, known);
      return false;
    }
    Value value = found->second.value;
    if (found->second.isInput) {
      reporter.error(*item) << "output '" << item->text << "' is an input of the network";
      good = false;
    }
    for (auto &[other, otherValue] : outputs) {
      if (value && otherValue == value) {
        reporter.error(*item) << "output '" << item->text << "' is output '" << other << "' once more";
        good = false;
        break;
      }
    }
    outputs.push_back({item->text, value});
    good &= bool(value);
  }
  return good;
}

//===----------------------------------------------------------------------===//
// What nothing needs
//===----------------------------------------------------------------------===//

void NetworkReader::dropUnused(const Blocks &blocks) {
  for (BlockArgument argument : function.getArguments()) {
    // The conversion of an input is no reader of it.
    bool isUsed = llvm::any_of(argument.getUsers(),
                               [](Operation *user) { return !isa<nn::NormalizeOp>(user) || !user->use_empty(); });
    if (!isUsed)
      reporter.warning(cast<NameLoc>(argument.getLoc()).getChildLoc(),
                       "input '" + inputs[argument.getArgNumber()].member->key + "' is never used");
  }
  // What only a dropped layer reads is dropped without a word.
  llvm::SmallPtrSet<Operation *, 16> readByDropped;
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front()))) {
    if (!op.use_empty() || op.hasTrait<OpTrait::IsTerminator>() || op.hasAttr(nn::nameAttr))
      continue;
    if (isa<nn::LayerOpInterface>(op) && !readByDropped.contains(&op)) {
      auto location = cast<NameLoc>(op.getLoc());
      reporter.warning(location.getChildLoc(),
                       "nothing uses the result of layer '" + location.getName().getValue() + "'");
    }
    for (Value operand : op.getOperands())
      if (Operation *source = operand.getDefiningOp())
        readByDropped.insert(source);
    op.erase();
  }
  for (const auto &block : blocks)
    if (!block.second.used)
      reporter.warning(document.getLocation(block.second.definition->offset),
                       "block '" + block.first() + "' is never used");
}

//===----------------------------------------------------------------------===//
// All of it
//===----------------------------------------------------------------------===//

OwningOpRef<ModuleOp> NetworkReader::read(const Node &file) {
  // 1. What does not depend on layers.
  if (!readHead(file))
    return {};
  const Member *inputsMember = reporter.require(file, "inputs", "a network");
  const Member *layersMember = reporter.require(file, "layers", "a network");
  if (!inputsMember || !layersMember || !readInputs(*inputsMember->value) ||
      !reporter.expect(*layersMember->value, Node::Array, "'layers'"))
    return {};
  if (layersMember->value->items.empty()) {
    reporter.error(*layersMember->value) << "a network without layers";
    return {};
  }
  const Member *weights = file.find("weights");
  if (weights && !reporter.expectName(*weights->value, "'weights'"))
    return {};
  Blocks blocks;
  if (const Member *member = file.find("blocks"))
    blocks = readBlocks(*member->value, reporter);

  // 2. The function, its arguments and layers.
  OwningOpRef<ModuleOp> module = ModuleOp::create(document.getLocation(weights ? weights->value->offset : 0));
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, document.getLocation(file.offset), name, builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  std::optional<Definition> onlyInput;
  for (const Input &input : inputs) {
    Definition definition = addInput(input);
    definitions[input.member->key] = definition;
    if (inputs.size() == 1)
      onlyInput = definition;
  }
  LayerReader reader(reporter, LayerBuilder(reporter, builder), blocks, definitions);
  std::pair<std::string, Definition> last = reader.read(*layersMember->value, onlyInput);

  // 3. What goes out.
  const Member *outputsMember = file.find("outputs");
  bool good = readOutputs(outputsMember ? outputsMember->value : nullptr, last);
  DictionaryAttr training;
  if (const Member *member = file.find("training"))
    good &= bool(training = readTraining(*member->value, definitions, outputs, reporter));
  if (!good || reporter.getErrors() > 0)
    return {};
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> resultAttributes;
  for (auto &[outputName, value] : outputs) {
    values.push_back(value);
    types.push_back(value.getType());
    resultAttributes.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr(nn::nameAttr, builder.getStringAttr(outputName))));
  }
  builder.setInsertionPointToEnd(&function.getBody().front());
  func::ReturnOp::create(builder, function.getLoc(), values);
  function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(resultAttributes);
  if (training)
    function->setAttr(nn::trainingAttr, training);
  if (weights)
    (*module)->setAttr(nn::weightsAttr, builder.getStringAttr(weights->value->text));

  dropUnused(blocks);
  assignInitialisers(function);
  return failed(verify(*module)) ? nullptr : std::move(module);
}

OwningOpRef<ModuleOp> importNetwork(const llvm::SourceMgr &sources, MLIRContext *context,
                                    const ImportOptions &options) {
  context->loadDialect<func::FuncDialect, nn::NnDialect>();
  Document document(sources.getMemoryBuffer(sources.getMainFileID())->getMemBufferRef(), context);
  Node *file = document.parse();
  return file ? NetworkReader(document, options).read(*file) : nullptr;
}

} // namespace dlc::importer
