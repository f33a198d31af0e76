// lld and objcopy as libraries.
//
// 1. In each kernel's object: the function gets its name, halide_* becomes dlc_rt_*, all else is local.
// 2. lld -r makes one object of all.
// 3. Every symbol that need not be seen becomes local or goes.
#include "compiler/object/Link.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <deque>

LLD_HAS_DRIVER(elf)

using namespace llvm;
using namespace dlc;
using dlc::object::kernelEntry;
using dlc::object::KernelObject;

namespace {
/// A folder that goes with everything in it.
class TemporaryFolder {
public:
  ~TemporaryFolder() {
    if (!path.empty())
      sys::fs::remove_directories(path);
  }
  Error create() {
    if (std::error_code error = sys::fs::createUniqueDirectory("dlc", path))
      return createStringError(error, "cannot create a temporary folder: " + error.message());
    return Error::success();
  }
  std::string getFile(const Twine &name) const {
    SmallString<128> file = path;
    sys::path::append(file, name);
    return std::string(file);
  }

private:
  SmallString<128> path;
};
} // namespace

static Error writeFile(const std::string &path, StringRef bytes) {
  std::error_code error;
  raw_fd_ostream os(path, error);
  if (!error) {
    os << bytes;
    os.close();
    error = os.error();
    os.clear_error();
  }
  return error ? createStringError(error, "cannot write '" + path + "': " + error.message()) : Error::success();
}

static Error runLld(ArrayRef<std::string> arguments) {
  SmallVector<const char *> pointers = {"ld.lld"};
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string said;
  raw_string_ostream os(said);
  lld::Result result = lld::lldMain(pointers, os, os, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return createStringError(inconvertibleErrorCode(), "cannot link: " + StringRef(said).trim());
  return Error::success();
}

static Expected<std::string> runObjcopy(StringRef bytes, const objcopy::ConfigManager &config) {
  auto object = llvm::object::ObjectFile::createObjectFile(MemoryBufferRef(bytes, "object"));
  if (!object)
    return object.takeError();
  SmallString<0> copied;
  raw_svector_ostream os(copied);
  if (Error error = objcopy::executeObjcopyOnBinary(config, **object, os))
    return error;
  return copied.str().str();
}

static Expected<objcopy::NameOrPattern> getLiteral(StringRef name) {
  return objcopy::NameOrPattern::create(name, objcopy::MatchStyle::Literal, [](Error error) { return error; });
}

/// Names the entry, hides all else and turns the symbols of Halide's runtime into ours.
static Expected<std::string> renameSymbols(const KernelObject &kernel) {
  auto object = llvm::object::ObjectFile::createObjectFile(MemoryBufferRef(kernel.bytes, kernel.symbol));
  if (!object)
    return object.takeError();
  std::deque<std::string> names; // which the configuration refers to
  objcopy::ConfigManager config;
  for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (*name == kernelEntry)
      config.Common.SymbolsToRename[*name] = kernel.symbol;
    else if (name->starts_with("halide_"))
      config.Common.SymbolsToRename[*name] = names.emplace_back(("dlc_rt_" + name->drop_front(7)).str());
    else if (name->starts_with(kernelEntry)) // bodies of its loops, for profilers
      config.Common.SymbolsToRename[*name] =
          names.emplace_back((kernel.symbol + name->drop_front(kernelEntry.size())).str());
  }
  if (!config.Common.SymbolsToRename.count(kernelEntry))
    return createStringError(inconvertibleErrorCode(),
                             "the object of '" + kernel.symbol + "' has no function '" + kernelEntry + "'");
  if (Error error = config.Common.SymbolsToKeepGlobal.addMatcher(getLiteral(kernelEntry)))
    return error;
  return runObjcopy(kernel.bytes, config);
}

Expected<std::string> dlc::object::linkModel(ArrayRef<std::string> drivers, ArrayRef<KernelObject> kernels,
                                             ArrayRef<std::string> exported, StringRef kept) {
  TemporaryFolder folder;
  if (Error error = folder.create())
    return error;
  // One thread: others would stay alive. No dates, no paths: the same bytes every time.
  std::vector<std::string> arguments = {"-r", "--threads=1", "--no-undefined-version", "-o",
                                        folder.getFile("linked.o")};
  for (auto [index, driver] : enumerate(drivers)) {
    arguments.push_back(folder.getFile("driver" + Twine(index) + ".o"));
    if (Error error = writeFile(arguments.back(), driver))
      return error;
  }
  for (auto [index, kernel] : enumerate(kernels)) {
    Expected<std::string> renamed = renameSymbols(kernel);
    if (!renamed)
      return renamed.takeError();
    arguments.push_back(folder.getFile("kernel" + Twine(index) + ".o"));
    if (Error error = writeFile(arguments.back(), *renamed))
      return error;
  }
  if (Error error = runLld(arguments))
    return error;

  auto linked = MemoryBuffer::getFile(folder.getFile("linked.o"));
  if (!linked)
    return createStringError(linked.getError(), "cannot read the linked object: " + linked.getError().message());
  objcopy::ConfigManager config;
  for (StringRef symbol : exported)
    if (Error error = config.Common.SymbolsToKeepGlobal.addMatcher(getLiteral(symbol)))
      return error;
  if (Error error = config.Common.SymbolsToKeep.addMatcher(
          objcopy::NameOrPattern::create(kept, objcopy::MatchStyle::Wildcard, [](Error error) { return error; })))
    return error;
  for (StringRef section : {".comment", ".llvm_addrsig"})
    if (Error error = config.Common.ToRemove.addMatcher(getLiteral(section)))
      return error;
  config.Common.StripUnneeded = true;
  return runObjcopy((*linked)->getBuffer(), config);
}

Error dlc::object::linkSharedLibrary(StringRef object, StringRef library) {
  return runLld({"-shared", "--threads=1", "-z", "text", "-o", library.str(), object.str()});
}
