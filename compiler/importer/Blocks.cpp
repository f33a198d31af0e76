// Reads the definitions of a file's blocks, and expands their uses.
#include "compiler/importer/LayerReader.h"
#include "compiler/importer/Scope.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dlc::importer {

/// Blocks used inside one another.
static constexpr size_t depthLimit = 64;

//===----------------------------------------------------------------------===//
// Definitions
//===----------------------------------------------------------------------===//

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

static bool readParameters(const Node &list, Block &block, Reporter &reporter) {
  if (!reporter.expect(list, Node::Array, "'parameters'"))
    return false;
  for (const Node *item : list.items) {
    if (!reporter.expectName(*item, "a parameter"))
      return false;
    if (!isIdentifier(item->text)) {
      reporter.error(*item) << "parameter '" << item->text << "' is not made of letters, digits and '_'";
      return false;
    }
    if (llvm::is_contained(placementKeys, item->text)) {
      reporter.error(*item) << "a parameter cannot be called '" << item->text << "': every layer has that key";
      return false;
    }
    if (llvm::is_contained(block.parameters, item->text)) {
      reporter.error(*item) << "duplicate parameter '" << item->text << "'";
      return false;
    }
    block.parameters.push_back(item->text);
  }
  return true;
}

Blocks readBlocks(const Node &blocks, Reporter &reporter) {
  Blocks result;
  if (!reporter.expect(blocks, Node::Object, "'blocks'"))
    return result;
  for (const Member &member : blocks.members) {
    const Node &definition = *member.value;
    Block &block = result[member.key];
    block = {&definition, {}, nullptr};
    block.faulty = true;
    if (findLayer(member.key)) {
      reporter.error(member.offset) << "block '" << member.key << "' is called as a layer of dlc's own";
      continue;
    }
    if (member.key.empty()) {
      reporter.error(member.offset) << "a block without a name";
      continue;
    }
    if (!reporter.expect(definition, Node::Object, "a block") ||
        !reporter.checkKeys(definition, {"parameters", "layers"}, "a block"))
      continue;
    const Member *layers = reporter.require(definition, "layers", "a block");
    if (!layers || !reporter.expect(*layers->value, Node::Array, "'layers'"))
      continue;
    if (layers->value->items.empty()) {
      reporter.error(*layers->value) << "a block without layers";
      continue;
    }
    const Member *parameters = definition.find("parameters");
    block.layers = layers->value;
    block.faulty = parameters && !readParameters(*parameters->value, block, reporter);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Uses
//===----------------------------------------------------------------------===//

/// The values of the block's parameters, all of which the use gives.
static std::optional<Arguments> bindArguments(const Item &item, Reporter &reporter) {
  Arguments arguments;
  for (const Member &setting : item.settings)
    arguments[setting.key] = setting.value;
  SmallVector<StringRef> missing;
  for (StringRef parameter : item.block->parameters)
    if (!arguments.contains(parameter))
      missing.push_back(parameter);
  if (missing.empty())
    return arguments;
  InFlightDiagnostic diagnostic = reporter.error(item.node)
                                  << "block '" << item.op << "' needs '" << llvm::join(missing, "', '") << "'";
  diagnostic.attachNote(reporter.getDocument().getLocation(item.block->definition->offset)) << "defined here";
  return std::nullopt;
}

Value LayerReader::useBlock(Item &item, Scope &scope, const Definition &input) {
  item.block->used = true;
  if (item.block->faulty)
    return {};
  if (llvm::is_contained(blocksInUse, item.op)) {
    InFlightDiagnostic diagnostic = reporter.error(*item.opNode) << "block '" << item.op << "' uses itself";
    if (blocksInUse.back() != item.op)
      diagnostic << " by way of '" << blocksInUse.back() << "'";
    return {};
  }
  if (blocksInUse.size() == depthLimit) {
    reporter.error(*item.opNode) << "more than " << depthLimit << " blocks inside one another";
    return {};
  }
  std::optional<Arguments> arguments = bindArguments(item, reporter);
  if (!arguments)
    return {};
  if (!item.repeat)
    return useOnce(item, scope, *arguments, item.name, input);

  Definition last = input;
  for (int64_t i = 0; i < *item.repeat && last.value; ++i) {
    std::string name = item.name + "." + std::to_string(item.start + i);
    last = {useOnce(item, scope, *arguments, name, last), item.node.offset};
    define(name, last);
  }
  return last.value;
}

Value LayerReader::useOnce(Item &item, Scope &scope, const Arguments &arguments, StringRef name,
                           const Definition &input) {
  Location use = reporter.at(item.node);
  Scope inner(*item.block->layers, name.str() + ".", &arguments, input);
  inner.trainable = scope.trainable && item.trainable;
  inner.unnamedUse = scope.unnamedUse;
  if (!item.isNamed)
    inner.unnamedUse = use;

  auto enter = reporter.enterBlock(use);
  blocksInUse.push_back(item.op);
  unsigned errors = reporter.getErrors();
  Definition last = readList(inner);
  blocksInUse.pop_back();
  // An error in a block is reported for its first use alone.
  item.block->faulty = reporter.getErrors() != errors;
  return item.block->faulty ? Value() : last.value;
}

} // namespace dlc::importer
