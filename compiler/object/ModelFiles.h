// The files of a compiled network: the object, and the weights where they are apart.
#ifndef DLC_COMPILER_OBJECT_MODELFILES_H
#define DLC_COMPILER_OBJECT_MODELFILES_H

#include "compiler/object/Weights.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <functional>
#include <optional>

namespace dlc::object {

/// A file that is written beside its place and then moved there, or not at all.
class OutputFile {
public:
  static llvm::Expected<OutputFile> create(llvm::StringRef path);
  OutputFile(OutputFile &&) = default;
  OutputFile &operator=(OutputFile &&) = default;
  ~OutputFile();

  llvm::Error append(llvm::StringRef bytes);
  /// Appends `bytes` zeros for `fill` to write to; fails where it does.
  llvm::Error appendMapped(int64_t bytes, llvm::function_ref<llvm::LogicalResult(llvm::MutableArrayRef<char>)> fill);
  llvm::Error overwrite(int64_t offset, llvm::StringRef bytes);
  /// Moves the file to its place.
  llvm::Error keep();

private:
  OutputFile(llvm::StringRef path, llvm::sys::fs::TempFile file) : path(path), file(std::move(file)) {}
  llvm::Error fail(std::error_code error) const;
  std::string path;
  std::optional<llvm::sys::fs::TempFile> file;
  int64_t size = 0;
};

/// An Error that says no more than that a diagnostic has been given.
class ReportedError : public llvm::ErrorInfo<ReportedError> {
public:
  static char ID;
  void log(llvm::raw_ostream &os) const override { os << "reported above"; }
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }
};

struct ModelFiles {
  std::string network;    // its name
  llvm::StringRef object; // linked, without weights
  std::string objectPath;
  std::string weightsPath; // "": inside of the object
  std::string headerPath;  // "": none
  llvm::StringRef header;
};

/// Writes the files; all appear, or none does. Weights are evaluated on `jobs`
/// threads straight into the file, and the object learns their hash.
llvm::Error writeModelFiles(const ModelFiles &files, const WeightPlan &weights, nn::ParameterSource &source,
                            unsigned jobs);

} // namespace dlc::object

#endif // DLC_COMPILER_OBJECT_MODELFILES_H
