// The reader's state within a list of layers, and within one of its items.
#ifndef DLC_COMPILER_IMPORTER_SCOPE_H
#define DLC_COMPILER_IMPORTER_SCOPE_H

#include "compiler/importer/LayerReader.h"

namespace dlc::importer {

/// Keys that place a layer in the network; all others are settings.
inline constexpr llvm::StringLiteral placementKeys[] = {"name",   "op",    "input",    "inputs",
                                                        "repeat", "start", "trainable"};

struct Scope {
  Scope(const Node &list, std::string prefix, const Arguments *arguments, std::optional<Definition> input);

  const Node &list;
  std::string prefix;              // of full names: "layer1.0."
  const Arguments *arguments;      // null outside of blocks
  std::optional<Definition> input; // what the first layer reads
  bool trainable = true;
  std::optional<mlir::Location> unnamedUse; // of a block that has no name to call its parameters by

  std::optional<Definition> previous;       // the layer before
  llvm::StringMap<size_t> givenNames;       // the items that have a name of their own
  llvm::StringMap<unsigned> generatedNames; // how many, by op
};

struct Item {
  Item(const Node &node, size_t index) : node(node), index(index) {}

  const Node &node;
  size_t index; // in the list
  const Node *opNode = nullptr;
  llvm::StringRef op;
  const Layer *layer = nullptr; // either this
  Block *block = nullptr;       // or that

  std::string name; // full
  bool isNamed = false;
  llvm::SmallVector<Member> settings; // evaluated
  const Node *input = nullptr, *inputs = nullptr;
  std::optional<int64_t> repeat;
  int64_t start = 0;
  bool trainable = true;
};

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_SCOPE_H
