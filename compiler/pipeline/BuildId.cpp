// Reads the note that the linker left in this program (--build-id); without one, hashes the program.
#include "compiler/pipeline/BuildId.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

#include <cstring>
#include <link.h>

using namespace llvm;

/// The program itself comes first; the rest are libraries.
static int readNote(dl_phdr_info *info, size_t, void *result) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE)
      continue;
    const char *at = reinterpret_cast<const char *>(info->dlpi_addr + segment.p_vaddr), *end = at + segment.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof(note));
      const char *name = at + sizeof(note), *content = name + alignTo(note.n_namesz, 4);
      at = content + alignTo(note.n_descsz, 4);
      if (note.n_type == NT_GNU_BUILD_ID && at <= end && StringRef(name, note.n_namesz) == StringRef("GNU", 4))
        *static_cast<std::string *>(result) = toHex(StringRef(content, note.n_descsz), /*LowerCase=*/true);
    }
  }
  return 1; // no more
}

const std::string &dlc::pipeline::getBuildId() {
  static const std::string id = [] {
    std::string found;
    dl_iterate_phdr(readNote, &found);
    if (found.empty())
      if (auto program = MemoryBuffer::getFile("/proc/self/exe", /*IsText=*/false, /*RequiresNullTerminator=*/false))
        found = toHex(SHA256::hash(arrayRefFromStringRef((*program)->getBuffer())), /*LowerCase=*/true);
    return found;
  }();
  return id;
}
