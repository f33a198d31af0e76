// Diagnostics about values of a network file, and the checks of their form that every part of the importer makes.
#ifndef DLC_COMPILER_IMPORTER_REPORTER_H
#define DLC_COMPILER_IMPORTER_REPORTER_H

#include "compiler/importer/Json.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/SaveAndRestore.h"

namespace dlc::importer {

/// "; did you mean 'x'?" with the candidate that is written most like `wrong`,
/// or nothing where none is much like it.
std::string didYouMean(llvm::StringRef wrong, llvm::ArrayRef<llvm::StringRef> candidates);

class Reporter {
public:
  explicit Reporter(Document &document) : document(document) {}

  /// The place of a byte of the file; within a block, called from the place of its use.
  mlir::Location at(size_t offset) const;
  mlir::Location at(const Node &node) const { return at(node.offset); }

  mlir::InFlightDiagnostic error(size_t offset) { return error(at(offset)); }
  mlir::InFlightDiagnostic error(const Node &node) { return error(at(node)); }
  mlir::InFlightDiagnostic error(mlir::Location location) {
    ++errors;
    return mlir::emitError(location);
  }
  /// Warns unless the same was said of the same place before: a block that is
  /// used often warns once.
  void warning(mlir::Location location, const llvm::Twine &message);

  /// Something that reports by itself has failed.
  void noteFailure() { ++errors; }
  unsigned getErrors() const { return errors; }
  /// Whether there are so many errors that nobody wants to read more.
  bool isFull() const { return errors >= 20; }

  /// From here to the end of the result's life, places lie in a block that is used at `use`.
  [[nodiscard]] llvm::SaveAndRestore<std::optional<mlir::Location>> enterBlock(mlir::Location use) {
    return llvm::SaveAndRestore<std::optional<mlir::Location>>(blockUse, use);
  }

  Document &getDocument() { return document; }
  mlir::MLIRContext *getContext() const { return document.getContext(); }

  // Checks. `what` is the value's name in the message: "'name'", "a shape".

  bool expect(const Node &node, Node::Kind kind, llvm::StringRef what);
  /// A string that is not empty and has no control characters.
  bool expectName(const Node &node, llvm::StringRef what);
  /// A whole number from `minimum` up.
  bool expectInteger(const Node &node, int64_t minimum, llvm::StringRef what);
  /// Every key of `object` is among `known`; `owner` ("a network") names what has these keys.
  bool checkKeys(const Node &object, llvm::ArrayRef<llvm::StringRef> known, llvm::StringRef owner);
  /// The member of that name; reports where it is missing.
  const Member *require(const Node &object, llvm::StringRef key, llvm::StringRef owner);

private:
  Document &document;
  std::optional<mlir::Location> blockUse;
  unsigned errors = 0;
  std::vector<std::pair<mlir::Location, std::string>> warnings;
};

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_REPORTER_H
