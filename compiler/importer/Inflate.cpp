// Unpacks members of zip archives with zlib.
#include "compiler/importer/Inflate.h"

#include "llvm/ADT/ScopeExit.h"

#include <algorithm>
#include <climits>
#include <zlib.h>

using namespace llvm;

namespace dlc::importer {

/// Deflate packs no better than 1032 to 1, so that a larger promise is a lie.
static constexpr uint64_t greatestRatio = 1032;

static Error damaged() { return createStringError("its packed data are damaged"); }

Error unpackStart(const Member &member, MutableArrayRef<uint8_t> bytes) {
  if (!member.isDeflated) {
    if (bytes.size() > member.packed.size())
      return damaged();
    std::copy_n(member.packed.bytes_begin(), bytes.size(), bytes.begin());
    return Error::success();
  }
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // raw deflate, without zlib's header
    return createStringError("there is no memory to unpack it");
  scope_exit end([&] { inflateEnd(&stream); });
  // zlib counts with 32 bits.
  StringRef packed = member.packed;
  size_t done = 0;
  while (done < bytes.size()) {
    size_t in = std::min<size_t>(packed.size(), UINT_MAX), out = std::min<size_t>(bytes.size() - done, UINT_MAX);
    stream.next_in = const_cast<Bytef *>(packed.bytes_begin());
    stream.avail_in = in;
    stream.next_out = bytes.data() + done;
    stream.avail_out = out;
    int status = inflate(&stream, Z_NO_FLUSH);
    packed = packed.drop_front(in - stream.avail_in);
    done += out - stream.avail_out;
    bool moved = in != stream.avail_in || out != stream.avail_out;
    if ((status != Z_OK && status != Z_STREAM_END) || !moved || (status == Z_STREAM_END && done < bytes.size()))
      return damaged();
  }
  return Error::success();
}

static uint32_t getChecksum(ArrayRef<uint8_t> bytes) {
  uLong checksum = crc32(0, nullptr, 0);
  while (!bytes.empty()) {
    ArrayRef<uint8_t> part = bytes.take_front(UINT_MAX);
    checksum = crc32(checksum, part.data(), part.size());
    bytes = bytes.drop_front(part.size());
  }
  return checksum;
}

Expected<ArrayRef<uint8_t>> unpack(const Member &member, std::vector<uint8_t> &storage) {
  ArrayRef<uint8_t> bytes(member.packed.bytes_begin(), member.packed.size());
  if (member.isDeflated) {
    if (member.size / greatestRatio > member.packed.size())
      return damaged();
    storage.resize(member.size);
    if (Error error = unpackStart(member, storage))
      return error;
    bytes = storage;
  }
  if (getChecksum(bytes) != member.checksum)
    return createStringError("its checksum is wrong");
  return bytes;
}

} // namespace dlc::importer
