// Reads .npz files: zip archives (also zip64, stored or deflated) of .npy files.
//
// 1. The record at the archive's end leads to the directory.
// 2. A directory entry leads to a local header, behind which the member lies.
// 3. A member is an .npy: magic, version, header (a Python dictionary), elements.
// Every number that the file gives is checked against the file before it is used.
#include "compiler/importer/WeightFile.h"

#include "compiler/importer/Inflate.h"
#include "compiler/importer/Npy.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace llvm::support;

namespace dlc::importer {

namespace {

constexpr uint32_t endSignature = 0x06054b50, end64Signature = 0x06064b50, end64LocatorSignature = 0x07064b50;
constexpr uint32_t entrySignature = 0x02014b50, localSignature = 0x04034b50;
constexpr size_t endBytes = 22, end64Bytes = 56, end64LocatorBytes = 20, entryBytes = 46, localBytes = 30;
constexpr uint16_t zip64Extra = 1;

/// Little-endian numbers at places that may lie outside of the file.
class Bytes {
public:
  explicit Bytes(StringRef text) : text(text) {}

  bool has(uint64_t offset, uint64_t count) const { return offset <= text.size() && count <= text.size() - offset; }
  template <typename T>
  T get(uint64_t offset) const {
    return endian::read<T>(text.data() + offset, endianness::little);
  }
  StringRef slice(uint64_t offset, uint64_t count) const { return text.substr(offset, count); }
  uint64_t size() const { return text.size(); }

private:
  StringRef text;
};

struct Entry {
  Member member;
  NpyHeader header;
};

class NpzFile : public WeightFile {
public:
  explicit NpzFile(StringRef text) : bytes(text) {}

  Error open();
  Error read(const StoredTensor &tensor, MutableArrayRef<float> values) const override;

private:
  struct Directory {
    uint64_t offset, count;
  };
  Expected<Directory> findDirectory() const;
  Expected<uint64_t> readEntry(uint64_t offset);
  Error readZip64(StringRef extra, uint64_t &size, uint64_t &packedSize, uint64_t &local) const;
  Error addMember(StringRef name, Member member);

  Bytes bytes;
  std::vector<Entry> entries; // one a tensor
  bool isCheckpoint = false;
};

} // namespace

static Error faulty(const Twine &message) { return createStringError(message); }

Expected<NpzFile::Directory> NpzFile::findDirectory() const {
  // The record is followed by a comment of at most 64 KiB.
  uint64_t size = bytes.size();
  for (uint64_t back = endBytes; back <= size && back <= endBytes + UINT16_MAX; ++back) {
    uint64_t end = size - back;
    if (bytes.get<uint32_t>(end) != endSignature || bytes.get<uint16_t>(end + 20) != back - endBytes)
      continue;
    Directory directory{bytes.get<uint32_t>(end + 16), bytes.get<uint16_t>(end + 10)};
    if (end < end64LocatorBytes || bytes.get<uint32_t>(end - end64LocatorBytes) != end64LocatorSignature)
      return directory;
    uint64_t record = bytes.get<uint64_t>(end - end64LocatorBytes + 8);
    if (!bytes.has(record, end64Bytes) || bytes.get<uint32_t>(record) != end64Signature)
      return faulty("the zip64 record of its directory is damaged");
    return Directory{bytes.get<uint64_t>(record + 48), bytes.get<uint64_t>(record + 32)};
  }
  return faulty("it is no whole zip archive: there is no directory at its end");
}

Error NpzFile::readZip64(StringRef extra, uint64_t &size, uint64_t &packedSize, uint64_t &local) const {
  Bytes fields(extra);
  for (uint64_t at = 0; fields.has(at, 4);) {
    uint64_t length = fields.get<uint16_t>(at + 2), next = at + 4;
    if (fields.get<uint16_t>(at) == zip64Extra && fields.has(next, length)) {
      Bytes values(fields.slice(next, length));
      uint64_t value = 0;
      for (uint64_t *number : {&size, &packedSize, &local}) {
        if (*number != UINT32_MAX)
          continue;
        if (!values.has(value, 8))
          return faulty("a zip64 field of its directory is damaged");
        *number = values.get<uint64_t>(value);
        value += 8;
      }
      return Error::success();
    }
    at = next + length;
  }
  return Error::success();
}

/// Reads the entry at `offset` of the directory; returns the place of the next one.
Expected<uint64_t> NpzFile::readEntry(uint64_t offset) {
  if (!bytes.has(offset, entryBytes) || bytes.get<uint32_t>(offset) != entrySignature)
    return faulty("its directory is damaged at byte " + Twine(offset));
  uint16_t flags = bytes.get<uint16_t>(offset + 8), method = bytes.get<uint16_t>(offset + 10);
  uint64_t packedSize = bytes.get<uint32_t>(offset + 20), size = bytes.get<uint32_t>(offset + 24);
  uint64_t nameBytes = bytes.get<uint16_t>(offset + 28), extraBytes = bytes.get<uint16_t>(offset + 30);
  uint64_t commentBytes = bytes.get<uint16_t>(offset + 32), local = bytes.get<uint32_t>(offset + 42);
  if (!bytes.has(offset + entryBytes, nameBytes + extraBytes + commentBytes))
    return faulty("its directory is damaged at byte " + Twine(offset));
  StringRef name = bytes.slice(offset + entryBytes, nameBytes);
  if (Error error = readZip64(bytes.slice(offset + entryBytes + nameBytes, extraBytes), size, packedSize, local))
    return error;
  uint64_t next = offset + entryBytes + nameBytes + extraBytes + commentBytes;
  isCheckpoint |= name.ends_with("data.pkl");
  if (!name.consume_back(".npy"))
    return next;

  std::string what = ("member '" + name + "'").str();
  if (flags & 1)
    return faulty(what + " is encrypted");
  if (method != 0 && method != 8)
    return faulty(what + " is packed by a method (" + Twine(method) + ") that is neither stored nor deflated");
  if (!bytes.has(local, localBytes) || bytes.get<uint32_t>(local) != localSignature)
    return faulty(what + " is not where the directory says");
  uint64_t data = local + localBytes + bytes.get<uint16_t>(local + 26) + bytes.get<uint16_t>(local + 28);
  if (!bytes.has(data, packedSize) || (method == 0 && size != packedSize))
    return faulty(what + " reaches beyond the end of the file");
  if (Error error =
          addMember(name, {bytes.slice(data, packedSize), size, bytes.get<uint32_t>(offset + 16), method == 8}))
    return faulty(what + ": " + toString(std::move(error)));
  return next;
}

Error NpzFile::addMember(StringRef name, Member member) {
  Expected<NpyHeader> header = readNpyHeader(member);
  if (!header)
    return header.takeError();
  if (!add({name.str(), header->typeName, header->type, header->shape}))
    return faulty("a member of that name stands twice in the archive");
  entries.push_back({member, std::move(*header)});
  return Error::success();
}

Error NpzFile::open() {
  Expected<Directory> directory = findDirectory();
  if (!directory)
    return directory.takeError();
  uint64_t offset = directory->offset;
  for (uint64_t i = 0; i < directory->count; ++i) {
    Expected<uint64_t> next = readEntry(offset);
    if (!next)
      return next.takeError();
    offset = *next;
  }
  if (entries.empty() && isCheckpoint)
    return faulty("it is a checkpoint of PyTorch: save the state_dict as safetensors");
  if (entries.empty() && directory->count > 0)
    return faulty("it is a zip archive without .npy members");
  return Error::success();
}

Error NpzFile::read(const StoredTensor &tensor, MutableArrayRef<float> values) const {
  const Entry &entry = entries[indexOf(tensor)];
  return readNpyElements(entry.member, entry.header, values);
}

Expected<std::unique_ptr<WeightFile>> readNpz(MemoryBufferRef buffer) {
  auto file = std::make_unique<NpzFile>(buffer.getBuffer());
  if (Error error = file->open())
    return error;
  return file;
}

} // namespace dlc::importer
