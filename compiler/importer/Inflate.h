// Members of zip archives, stored or deflated.
#ifndef DLC_COMPILER_IMPORTER_INFLATE_H
#define DLC_COMPILER_IMPORTER_INFLATE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace dlc::importer {

struct Member {
  llvm::StringRef packed; // as the file has it
  uint64_t size;          // unpacked, says the archive
  uint32_t checksum;
  bool isDeflated;
};

/// Unpacks the first bytes of a member, as many as `bytes` has (no more than the member's size).
llvm::Error unpackStart(const Member &member, llvm::MutableArrayRef<uint8_t> bytes);

/// All of a member, checked against its checksum: the file's own bytes where it
/// is stored, otherwise unpacked into `storage`.
llvm::Expected<llvm::ArrayRef<uint8_t>> unpack(const Member &member, std::vector<uint8_t> &storage);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_INFLATE_H
