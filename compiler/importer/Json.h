// JSON text as a tree in which every value knows where it stands.
#ifndef DLC_COMPILER_IMPORTER_JSON_H
#define DLC_COMPILER_IMPORTER_JSON_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <deque>
#include <string>
#include <vector>

namespace dlc::importer {

struct Member;

/// A value. Nodes belong to a Document and never move.
struct Node {
  enum Kind { Null, Bool, Integer, Number, String, Array, Object };
  Kind kind = Null;
  bool boolean = false;
  int64_t integer = 0;         // Integer: a number without fraction or exponent, within 64 bits
  double number = 0;           // Integer and Number
  std::string text;            // String
  size_t offset = 0;           // of the value's first byte in the file
  size_t end = 0;              // behind its last byte
  std::vector<Node *> items;   // Array
  std::vector<Member> members; // Object, in the file's order, keys distinct

  bool is(Kind other) const { return kind == other; }
  bool isString(llvm::StringRef value) const { return kind == String && text == value; }
  /// The member of that name, or null; null too where this is no object.
  const Member *find(llvm::StringRef key) const;
};

struct Member {
  std::string key;
  size_t offset; // of the key
  Node *value;
};

/// "a string", "a whole number" ...: what a message calls the value's kind.
llvm::StringRef describe(const Node &node);

/// The text of a network file, and the nodes made from it.
class Document {
public:
  Document(llvm::MemoryBufferRef buffer, mlir::MLIRContext *context);

  /// Parses the text. Null after a diagnostic: faulty syntax or encoding,
  /// duplicate keys, nesting beyond all reason.
  Node *parse();

  /// A further node, such as the value of an expression.
  Node *create(Node node) { return &nodes.emplace_back(std::move(node)); }

  mlir::Location getLocation(size_t offset) const;
  llvm::StringRef getText() const { return text; }
  mlir::MLIRContext *getContext() const { return context; }

private:
  bool checkEncoding();

  llvm::StringRef text;
  mlir::StringAttr filename;
  mlir::MLIRContext *context;
  std::vector<size_t> lines; // offsets at which lines begin
  std::deque<Node> nodes;
};

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_JSON_H
