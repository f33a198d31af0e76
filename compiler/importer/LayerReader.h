// Reads lists of layers: names, what each layer reads, the uses of blocks.
#ifndef DLC_COMPILER_IMPORTER_LAYERREADER_H
#define DLC_COMPILER_IMPORTER_LAYERREADER_H

#include "compiler/importer/Expression.h"
#include "compiler/importer/LayerBuilder.h"

namespace dlc::importer {

/// What a name in the network stands for.
struct Definition {
  mlir::Value value; // null where its layer is faulty, which has been reported
  size_t offset = 0; // in the file
  bool isInput = false;
};

/// By full name, "layer1.0.conv1".
using Definitions = llvm::StringMap<Definition>;

/// A layer of the file's own.
struct Block {
  const Node *definition;
  llvm::SmallVector<llvm::StringRef> parameters;
  const Node *layers;
  bool used = false;
  bool faulty = false; // its layers are not read again after an error in them
};
using Blocks = llvm::StringMap<Block>;

/// The file's "blocks"; reports what is wrong with their form.
Blocks readBlocks(const Node &blocks, Reporter &reporter);

/// A list of layers that is being read: the network's, or a block's in one of its uses.
struct Scope;
/// One layer or use of a block in it.
struct Item;

class LayerReader {
public:
  LayerReader(Reporter &reporter, LayerBuilder builder, Blocks &blocks, Definitions &definitions)
      : reporter(reporter), builder(builder), blocks(blocks), definitions(definitions) {}

  /// Builds the network's layers. The first one reads `input`, where there is
  /// one. Defines all names; returns that of the last layer and what it is.
  std::pair<std::string, Definition> read(const Node &layers, const std::optional<Definition> &input);

private:
  Definition readList(Scope &scope);
  Definition readItem(Item &item, Scope &scope);

  bool readOp(Item &item, Scope &scope);
  bool readKeys(Item &item, Scope &scope);
  bool readKey(const Member &member, Node &value, Item &item);
  void reportUnknownKey(const Member &member, const Item &item);

  void nameItem(Item &item, Scope &scope);
  void define(llvm::StringRef name, const Definition &definition);
  /// What the item reads; nothing after a diagnostic.
  std::optional<llvm::SmallVector<Definition>> findInputs(const Item &item, Scope &scope);
  std::optional<Definition> find(const Node &name, const Item &item, Scope &scope);
  void reportUnknownInput(const Node &name, const Item &item, Scope &scope);

  mlir::Value buildLayer(const Item &item, Scope &scope, llvm::ArrayRef<Definition> inputs);
  mlir::Value useBlock(Item &item, Scope &scope, const Definition &input);
  mlir::Value useOnce(Item &item, Scope &scope, const Arguments &arguments, llvm::StringRef name,
                      const Definition &input);

  Reporter &reporter;
  LayerBuilder builder;
  Blocks &blocks;
  Definitions &definitions;
  std::string lastName;
  llvm::SmallVector<llvm::StringRef> blocksInUse; // from the outermost to the innermost
  size_t layerCount = 0;
};

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_LAYERREADER_H
