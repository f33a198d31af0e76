// Reads one layer after the other.
//
// For each: 1. its op, a layer of the dialect's or a block of the file's; 2. its
// keys, expressions evaluated; 3. its name; 4. what it reads; 5. its settings,
// from which the layer is built, or the block's layers are read in turn.
#include "compiler/importer/LayerReader.h"
#include "compiler/importer/Scope.h"
#include "compiler/importer/Settings.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace dlc::importer {

/// Layers of a network, blocks expanded; far beyond any that makes sense.
static constexpr size_t layerLimit = 100000;

/// Keys that PyTorch wants and this format does not.
static constexpr StringLiteral inferredKeys[] = {"in_channels", "in_features", "num_features"};

Scope::Scope(const Node &list, std::string prefix, const Arguments *arguments, std::optional<Definition> input)
    : list(list), prefix(std::move(prefix)), arguments(arguments), input(input), previous(input) {
  for (auto [index, item] : llvm::enumerate(list.items))
    if (const Member *name = item->find("name"); name && name->value->is(Node::String))
      givenNames.try_emplace(name->value->text, index);
}

std::pair<std::string, Definition> LayerReader::read(const Node &layers, const std::optional<Definition> &input) {
  Scope scope(layers, "", nullptr, input);
  Definition last = readList(scope);
  return {lastName, last};
}

Definition LayerReader::readList(Scope &scope) {
  Definition last;
  for (auto [index, node] : llvm::enumerate(scope.list.items)) {
    if (reporter.isFull())
      break;
    Item item(*node, index);
    last = readItem(item, scope);
    scope.previous = last;
  }
  return last;
}

Definition LayerReader::readItem(Item &item, Scope &scope) {
  Definition result{{}, item.node.offset};
  if (!reporter.expect(item.node, Node::Object, "a layer"))
    return result;
  bool good = readOp(item, scope);
  good = readKeys(item, scope) && good;
  nameItem(item, scope);
  std::optional<SmallVector<Definition>> inputs = findInputs(item, scope);
  if (good && inputs)
    result.value = item.block ? useBlock(item, scope, inputs->front()) : buildLayer(item, scope, *inputs);
  define(item.name, result);
  lastName = item.name;
  return result;
}

//===----------------------------------------------------------------------===//
// Op and keys
//===----------------------------------------------------------------------===//

bool LayerReader::readOp(Item &item, Scope &scope) {
  const Member *op = reporter.require(item.node, "op", "a layer");
  item.opNode = op ? evaluate(op->value, scope.arguments, reporter) : nullptr;
  if (!item.opNode || !reporter.expectName(*item.opNode, "'op'"))
    return false;
  item.op = item.opNode->text;
  item.layer = findLayer(item.op);
  if (auto block = blocks.find(item.op); !item.layer && block != blocks.end())
    item.block = &block->second;
  if (item.layer || item.block)
    return true;
  SmallVector<StringRef> known(blocks.keys());
  llvm::sort(known);
  for (const Layer &layer : getLayers())
    known.push_back(layer.name);
  reporter.error(*item.opNode) << "unknown op '" << item.op << "'" << didYouMean(item.op, known);
  return false;
}

bool LayerReader::readKeys(Item &item, Scope &scope) {
  bool good = true;
  for (const Member &member : item.node.members) {
    if (member.key == "op")
      continue;
    // Names of layers are no expressions: "$input" is one of them.
    bool isReference = member.key == "input" || member.key == "inputs";
    Node *value = isReference ? member.value : evaluate(member.value, scope.arguments, reporter);
    good &= value && readKey(member, *value, item);
  }
  if (item.input && item.inputs) {
    reporter.error(*item.inputs) << "either 'input' or 'inputs'";
    good = false;
  }
  if (item.repeat && item.start > INT64_MAX - *item.repeat) {
    reporter.error(item.node) << "'start' + 'repeat' is out of range";
    good = false;
  }
  return good;
}

bool LayerReader::readKey(const Member &member, Node &value, Item &item) {
  StringRef key = member.key;
  if (key == "name") {
    if (!reporter.expectName(value, "'name'"))
      return false;
    item.name = value.text;
    return item.isNamed = true;
  }
  if (key == "input") {
    item.input = &value;
    return true;
  }
  if (key == "inputs") {
    item.inputs = &value;
    return reporter.expect(value, Node::Array, "'inputs'");
  }
  if (key == "trainable") {
    item.trainable = value.boolean;
    return reporter.expect(value, Node::Bool, "'trainable'");
  }
  if (key == "repeat" || key == "start") {
    if (!item.block) {
      if (item.layer)
        reporter.error(member.offset) << "'" << key << "' goes with blocks, and '" << item.op << "' is a layer";
      return !item.layer;
    }
    if (!reporter.expectInteger(value, key == "repeat" ? 1 : 0, "'" + member.key + "'"))
      return false;
    if (key == "repeat" && value.integer > static_cast<int64_t>(layerLimit)) {
      // A block has a layer at least: better said here than after so many of them.
      reporter.error(value) << "'repeat' is at most " << layerLimit << ", not " << value.integer;
      return false;
    }
    if (key == "repeat")
      item.repeat = value.integer;
    else
      item.start = value.integer;
    return true;
  }
  bool isKnown = item.layer   ? item.layer->findSetting(key) != nullptr
                 : item.block ? llvm::is_contained(item.block->parameters, key) || item.block->faulty
                              : true;
  if (isKnown)
    item.settings.push_back({member.key, member.offset, &value});
  else
    reportUnknownKey(member, item);
  return isKnown;
}

void LayerReader::reportUnknownKey(const Member &member, const Item &item) {
  if (item.layer && llvm::is_contained(inferredKeys, member.key)) {
    reporter.error(member.offset) << "'" << member.key << "' is never written: it follows from what the layer reads";
    return;
  }
  SmallVector<StringRef> known(std::begin(placementKeys), std::end(placementKeys));
  if (item.block)
    known.append(item.block->parameters.begin(), item.block->parameters.end());
  else
    for (const Setting &setting : item.layer->settings)
      known.push_back(setting.name);
  InFlightDiagnostic diagnostic = reporter.error(member.offset) << "'" << item.op << "' has no '" << member.key << "'"
                                                                << didYouMean(member.key, known);
  if (item.block)
    diagnostic.attachNote(reporter.getDocument().getLocation(item.block->definition->offset)) << "defined here";
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// Gives the item its full name. One that has no name is called by its op and
/// a number, in a list of layers the first relu is "relu_1".
void LayerReader::nameItem(Item &item, Scope &scope) {
  if (!item.isNamed) {
    std::string op = item.op.empty() ? "layer" : item.op.str();
    do
      item.name = op + "_" + std::to_string(++scope.generatedNames[op]);
    while (scope.givenNames.contains(item.name) || definitions.contains(scope.prefix + item.name));
    item.name = scope.prefix + item.name;
    return;
  }
  item.name = scope.prefix + item.name;
  auto taken = definitions.find(item.name);
  if (taken == definitions.end())
    return;
  InFlightDiagnostic diagnostic = reporter.error(*item.node.find("name")->value)
                                  << "duplicate name '" << item.name << "'";
  diagnostic.attachNote(reporter.getDocument().getLocation(taken->second.offset)) << "first used here";
}

void LayerReader::define(StringRef name, const Definition &definition) { definitions.try_emplace(name, definition); }

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

std::optional<SmallVector<Definition>> LayerReader::findInputs(const Item &item, Scope &scope) {
  SmallVector<Definition> inputs;
  if (item.input || item.inputs) {
    SmallVector<const Node *> names;
    if (item.input)
      names.push_back(item.input);
    else
      names.append(item.inputs->items.begin(), item.inputs->items.end());
    for (const Node *name : names) {
      std::optional<Definition> input = find(*name, item, scope);
      if (!input)
        return std::nullopt;
      inputs.push_back(*input);
    }
  } else if (scope.previous) {
    inputs.push_back(*scope.previous);
  } else {
    reporter.error(item.node) << "the network has several inputs: 'input' says which one this layer reads";
    return std::nullopt;
  }
  if (!item.layer && !item.block)
    return std::nullopt;

  size_t wanted = 1;
  bool isVariadic = false;
  if (item.layer) {
    wanted = llvm::count_if(item.layer->operands, [](const Operand &o) { return o.role != Operand::Parameter; });
    isVariadic = llvm::any_of(item.layer->operands, [](const Operand &o) { return o.role == Operand::Inputs; });
  }
  if (inputs.size() == wanted || (isVariadic && inputs.size() > wanted))
    return inputs;
  reporter.error(item.inputs ? *item.inputs : item.node)
      << "'" << item.op << "' reads " << (isVariadic ? "at least " : "") << wanted
      << (wanted == 1 ? " input" : " inputs") << " but got " << inputs.size()
      << (wanted > 1 && !item.inputs ? ": \"inputs\" names them" : "");
  return std::nullopt;
}

std::optional<Definition> LayerReader::find(const Node &name, const Item &item, Scope &scope) {
  if (!reporter.expectName(name, "the name of an input"))
    return std::nullopt;
  if (name.text == "$input" && scope.arguments)
    return scope.input;
  if (StringRef(name.text).starts_with("$")) {
    reporter.error(name) << (scope.arguments ? "of names with '$' there is only \"$input\" here"
                                             : "'$' outside of a block");
    return std::nullopt;
  }
  auto found = definitions.find(scope.prefix + name.text);
  if (found != definitions.end())
    return found->second;
  reportUnknownInput(name, item, scope);
  return std::nullopt;
}

/// Whether item `from` of the list needs item `to`, as far as names in the list say.
static bool needs(const Scope &scope, size_t from, size_t to) {
  llvm::SmallDenseSet<size_t> seen;
  SmallVector<size_t> open{from};
  while (!open.empty()) {
    size_t index = open.pop_back_val();
    if (index == to)
      return true;
    if (!seen.insert(index).second)
      continue;
    const Node &item = *scope.list.items[index];
    SmallVector<const Node *> names;
    if (const Member *input = item.find("input"))
      names.push_back(input->value);
    else if (const Member *inputs = item.find("inputs"))
      names.append(inputs->value->items.begin(), inputs->value->items.end());
    else if (index > 0)
      open.push_back(index - 1);
    for (const Node *name : names)
      if (auto found = scope.givenNames.find(name->text); found != scope.givenNames.end())
        open.push_back(found->second);
  }
  return false;
}

void LayerReader::reportUnknownInput(const Node &name, const Item &item, Scope &scope) {
  // A later layer of the list?
  if (auto later = scope.givenNames.find(name.text); later != scope.givenNames.end()) {
    if (later->second == item.index) {
      reporter.error(name) << "layer '" << name.text << "' reads itself";
      return;
    }
    bool isCycle = needs(scope, later->second, item.index);
    InFlightDiagnostic diagnostic = reporter.error(name);
    if (isCycle)
      diagnostic << "a cycle: this layer reads '" << name.text << "', which needs this layer";
    else
      diagnostic << "layer '" << name.text << "' comes later: a layer reads what stands before it";
    diagnostic.attachNote(reporter.at(*scope.list.items[later->second])) << "'" << name.text << "' is here";
    return;
  }
  // Part of what could not be read?
  std::string full = scope.prefix + name.text;
  for (size_t dot = full.find('.'); dot != std::string::npos; dot = full.find('.', dot + 1)) {
    auto outer = definitions.find(full.substr(0, dot));
    if (outer != definitions.end() && !outer->second.value && reporter.getErrors() > 0)
      return;
  }
  SmallVector<StringRef> known;
  for (StringRef candidate : definitions.keys())
    if (candidate.consume_front(scope.prefix))
      known.push_back(candidate);
  llvm::sort(known);
  InFlightDiagnostic diagnostic = reporter.error(name)
                                  << "unknown layer '" << name.text << "'" << didYouMean(name.text, known);
  if (auto outside = definitions.find(name.text); outside != definitions.end() && scope.arguments)
    diagnostic.attachNote(reporter.getDocument().getLocation(outside->second.offset))
        << "'" << name.text << "' stands outside of the block, which sees its own layers and \"$input\"";
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value LayerReader::buildLayer(const Item &item, Scope &scope, ArrayRef<Definition> inputs) {
  if (++layerCount > layerLimit) {
    if (layerCount == layerLimit + 1)
      reporter.error(item.node) << "the network has more than " << layerLimit << " layers";
    return {};
  }
  if (item.layer->hasParameters() && (!item.isNamed || scope.unnamedUse)) {
    InFlightDiagnostic diagnostic = reporter.error(item.node)
                                    << "'" << item.op
                                    << "' owns parameters, so it needs a 'name' for them to be called by";
    if (item.isNamed)
      diagnostic.attachNote(*scope.unnamedUse) << "this block has no name";
    return {};
  }
  auto config = readSettings({*item.layer, item.node.offset, item.settings}, reporter);
  if (failed(config) || llvm::any_of(inputs, [](const Definition &input) { return !input.value; }))
    return {};
  LayerPlan plan{*item.layer, item.name, reporter.at(item.node), std::move(*config), {}};
  plan.trainable = scope.trainable && item.trainable;
  for (const Definition &input : inputs)
    plan.inputs.push_back(input.value);
  return builder.build(plan);
}

} // namespace dlc::importer
