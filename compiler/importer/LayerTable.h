// What the network file may say of each layer: a table generated from the nn dialect's definitions.
#ifndef DLC_COMPILER_IMPORTER_LAYERTABLE_H
#define DLC_COMPILER_IMPORTER_LAYERTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace dlc::importer {

/// How the file writes a value; the Nn_AttrKinds of the dialect.
enum class Kind { Size, Padding, Ints, Shape, Int, Positive, Float, Bool };

/// A key of a layer: an attribute of the op, or what shapes its parameters.
struct Setting {
  llvm::StringLiteral name;
  Kind kind;
  bool isAttribute;
  bool required;
  llvm::StringLiteral defaultValue; // JSON; empty where there is none
  llvm::StringLiteral follows;      // the setting whose value it has unless given
  llvm::StringLiteral summary;
};

struct Operand {
  enum Role { Input, Inputs, Parameter };
  llvm::StringLiteral name;
  Role role;                // Inputs: any number of them
  llvm::StringLiteral init; // of a parameter: "weights", "zeros" or "ones"
};

struct Layer {
  llvm::StringLiteral name; // of the op, without "nn."
  llvm::StringLiteral summary, description;
  llvm::StringLiteral weightInit; // how to draw weights whose sums it takes; may be empty
  llvm::ArrayRef<Setting> settings;
  llvm::ArrayRef<Operand> operands;

  const Setting *findSetting(llvm::StringRef key) const;
  bool hasParameters() const;
};

/// All layers, in the order of the dialect's definition.
llvm::ArrayRef<Layer> getLayers();

/// The layer of that name, or null.
const Layer *findLayer(llvm::StringRef name);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_LAYERTABLE_H
