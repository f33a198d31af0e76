// dlc schema: the JSON Schema of network files, for editors.
#include "compiler/importer/Importer.h"
#include "tools/dlc/ExitCode.h"
#include "tools/dlc/Options.h"
#include "tools/dlc/Verb.h"

using namespace dlc;

int dlc::schemaMain(llvm::ArrayRef<llvm::StringRef> arguments) {
  OptionTable options("schema", "",
                      "Prints the JSON Schema of network files, made from the definitions of the layers.");
  if (std::optional<int> exit = options.parse(arguments))
    return *exit;
  importer::writeSchema(llvm::outs());
  return exitFine;
}
