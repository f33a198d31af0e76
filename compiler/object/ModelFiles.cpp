// Appends the weights to the object and fills in what depends on them.
#include "compiler/object/ModelFiles.h"
#include "dialects/kernel/ModelSymbols.h"
#include "dlc/model.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/xxhash.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;
using namespace dlc;
using namespace dlc::object;

char ReportedError::ID;

//===----------------------------------------------------------------------===//
// OutputFile
//===----------------------------------------------------------------------===//

Expected<OutputFile> OutputFile::create(StringRef path) {
  // Otherwise noticed when it is to be replaced, when other files are in their place.
  if (sys::fs::is_directory(path))
    return createStringError(inconvertibleErrorCode(), "cannot write '" + path + "': it is a folder");
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".%%%%%%%%.tmp", sys::fs::all_read | sys::fs::all_write);
  if (!file)
    return createStringError(inconvertibleErrorCode(), "cannot write '" + path + "': " + toString(file.takeError()));
  return OutputFile(path, std::move(*file));
}

OutputFile::~OutputFile() {
  if (file)
    consumeError(file->discard());
}

Error OutputFile::fail(std::error_code error) const {
  return createStringError(error, "cannot write '" + path + "': " + error.message());
}

static std::error_code getLastError() { return std::error_code(errno, std::generic_category()); }

/// Writes all of `bytes` at `offset`.
static std::error_code writeAt(int descriptor, int64_t offset, StringRef bytes) {
  while (!bytes.empty()) {
    ssize_t written = pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return getLastError();
    bytes = bytes.drop_front(written);
    offset += written;
  }
  return {};
}

Error OutputFile::append(StringRef bytes) {
  if (Error error = overwrite(size, bytes))
    return error;
  size += bytes.size();
  return Error::success();
}

Error OutputFile::overwrite(int64_t offset, StringRef bytes) {
  std::error_code error = writeAt(file->FD, offset, bytes);
  return error ? fail(error) : Error::success();
}

Error OutputFile::appendMapped(int64_t bytes, function_ref<LogicalResult(MutableArrayRef<char>)> fill) {
  if (bytes == 0)
    return Error::success();
  // The room is taken before it is written to: a full disk is an error, not a signal.
  if (int error = posix_fallocate(file->FD, size, bytes))
    return fail(std::error_code(error, std::generic_category()));
  int64_t page = sysconf(_SC_PAGESIZE), begin = size / page * page, length = size + bytes - begin;
  void *mapping = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file->FD, begin);
  if (mapping == MAP_FAILED)
    return fail(getLastError());
  LogicalResult filled = fill(MutableArrayRef<char>(static_cast<char *>(mapping) + (size - begin), bytes));
  munmap(mapping, length);
  size += bytes;
  return failed(filled) ? make_error<ReportedError>() : Error::success();
}

Error OutputFile::keep() {
  Error error = file->keep(path);
  file.reset();
  return error ? fail(errorToErrorCode(std::move(error))) : Error::success();
}

//===----------------------------------------------------------------------===//
// The object
//===----------------------------------------------------------------------===//

namespace {
/// Places in an object file, as offsets from its begin.
struct ObjectPlaces {
  SmallVector<int64_t> tables; // one a model
  int64_t weightsHeader = 0; // the section header of the weights; 0: there is none
};
} // namespace

static Expected<ObjectPlaces> findPlaces(StringRef bytes) {
  using ELF = llvm::object::ELFFile<llvm::object::ELF64LE>;
  Expected<ELF> elf = ELF::create(bytes);
  if (!elf)
    return elf.takeError();
  auto sections = elf->sections();
  if (!sections)
    return sections.takeError();
  ObjectPlaces places;
  for (const ELF::Elf_Shdr &section : *sections) {
    Expected<StringRef> name = elf->getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name == kernel::tableSection)
      for (int64_t at = section.sh_offset, end = at + section.sh_size; at + int64_t(sizeof(int64_t)) < end;) {
        auto read = [&](int64_t field) {
          return static_cast<int64_t>(support::endian::read64le(bytes.data() + at + field * sizeof(int64_t)));
        };
        if (read(DLC_HEADER_MAGIC) != DLC_MODEL_MAGIC)
          return createStringError(inconvertibleErrorCode(), "the linked object's tables are damaged");
        places.tables.push_back(at);
        at += read(DLC_HEADER_TABLE_LENGTH) * sizeof(int64_t);
      }
    if (*name == kernel::largeWeightsSection || *name == kernel::weightsSection)
      places.weightsHeader = reinterpret_cast<const char *>(&section) - bytes.data();
  }
  if (places.tables.empty())
    return createStringError(inconvertibleErrorCode(), "the linked object has no table");
  return places;
}

static std::string getBytes(uint64_t value) {
  std::string bytes(sizeof(value), '\0');
  support::endian::write64le(bytes.data(), value);
  return bytes;
}

/// Writes the weights to the end of `file` and returns their hash.
static Expected<uint64_t> appendWeights(OutputFile &file, const WeightPlan &weights, nn::ParameterSource &source,
                                        unsigned jobs) {
  uint64_t hash = 0;
  Error error = file.appendMapped(weights.bytes, [&](MutableArrayRef<char> target) {
    if (failed(evaluateWeights(weights, source, jobs, target)))
      return failure();
    hash = xxHash64(StringRef(target.data(), target.size()));
    return success();
  });
  if (error)
    return error;
  return hash;
}

/// The header of the weights' own file; see runtime/include/dlc/model.h.
static std::string getSafetensorsHeader(const ModelFiles &files, const WeightPlan &weights) {
  std::string text;
  raw_string_ostream os(text);
  llvm::json::OStream json(os);
  json.object([&] {
    json.attributeObject("__metadata__", [&] { json.attribute("dlc_network", files.network); });
    for (auto [index, tensor] : enumerate(weights.tensors)) {
      // Without holes: what aligns the next tensor belongs to this one.
      int64_t end = index + 1 < weights.tensors.size() ? weights.tensors[index + 1].offset : weights.bytes;
      json.attributeObject(tensor.name, [&] {
        bool isDouble = cast<mlir::RankedTensorType>(tensor.value.getType()).getElementType().isF64();
        json.attribute("dtype", isDouble ? "F64" : "F32");
        json.attributeArray("shape", [&] { json.value((end - tensor.offset) / (isDouble ? 8 : 4)); });
        json.attributeArray("data_offsets", [&] {
          json.value(tensor.offset);
          json.value(end);
        });
      });
    }
  });
  os.flush();
  text.resize(alignTo(text.size() + sizeof(uint64_t), DLC_WEIGHTS_ALIGNMENT) - sizeof(uint64_t), ' ');
  return getBytes(text.size()) + text;
}

Error dlc::object::writeModelFiles(const ModelFiles &files, const WeightPlan &weights, nn::ParameterSource &source,
                                   unsigned jobs) {
  Expected<ObjectPlaces> places = findPlaces(files.object);
  if (!places)
    return places.takeError();
  Expected<OutputFile> object = OutputFile::create(files.objectPath);
  if (!object)
    return object.takeError();
  if (Error error = object->append(files.object))
    return error;

  std::optional<OutputFile> weightsFile;
  uint64_t hash = 0;
  if (!files.weightsPath.empty()) {
    Expected<OutputFile> created = OutputFile::create(files.weightsPath);
    if (!created)
      return created.takeError();
    weightsFile = std::move(*created);
    if (Error error = weightsFile->append(getSafetensorsHeader(files, weights)))
      return error;
    Expected<uint64_t> written = appendWeights(*weightsFile, weights, source, jobs);
    if (!written)
      return written.takeError();
    hash = *written;
  } else if (weights.bytes) {
    if (!places->weightsHeader)
      return createStringError(inconvertibleErrorCode(), "the linked object has no room for weights");
    int64_t begin = alignTo(files.object.size(), DLC_WEIGHTS_ALIGNMENT);
    if (Error error = object->append(std::string(begin - files.object.size(), '\0')))
      return error;
    Expected<uint64_t> written = appendWeights(*object, weights, source, jobs);
    if (!written)
      return written.takeError();
    hash = *written;
    if (Error error = object->overwrite(places->weightsHeader + offsetof(ELF::Elf64_Shdr, sh_offset), getBytes(begin)))
      return error;
    if (Error error =
            object->overwrite(places->weightsHeader + offsetof(ELF::Elf64_Shdr, sh_size), getBytes(weights.bytes)))
      return error;
  }
  for (int64_t table : places->tables)
    if (Error error = object->overwrite(table + DLC_HEADER_WEIGHTS_HASH * sizeof(int64_t), getBytes(hash)))
      return error;

  std::optional<OutputFile> header;
  if (!files.headerPath.empty()) {
    Expected<OutputFile> created = OutputFile::create(files.headerPath);
    if (!created)
      return created.takeError();
    header = std::move(*created);
    if (Error error = header->append(files.header))
      return error;
  }

  // Everything is written: what can still fail is only the renaming.
  if (weightsFile)
    if (Error error = weightsFile->keep())
      return error;
  if (header)
    if (Error error = header->keep())
      return error;
  return object->keep();
}
