// A reader and a writer of safetensors files. The reader maps the file, checks
// all of its header, and hands out pointers into the mapping. Nothing in a file
// can make it crash, read beyond the file or take more than memory in proportion
// to the header. The writer never leaves half a file, nor none where one was.
//
// The format: 8 bytes, the header's length (little-endian); the header, one JSON
// object that maps each tensor's name to {"dtype", "shape", "data_offsets"},
// and "__metadata__" to an object of strings; then the data. Offsets count from
// the beginning of the data, which the tensors fill without gaps or overlaps.
#ifndef DLC_SAFETENSORS_H
#define DLC_SAFETENSORS_H

#include "dlc/dlc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Element types of the format.
typedef enum dlc_safetensors_type {
  DLC_SAFETENSORS_BOOL = 0,
  DLC_SAFETENSORS_F4,      // 4 bits, two elements in a byte
  DLC_SAFETENSORS_F6_E2M3, // 6 bits, packed
  DLC_SAFETENSORS_F6_E3M2, // 6 bits, packed
  DLC_SAFETENSORS_U8,
  DLC_SAFETENSORS_I8,
  DLC_SAFETENSORS_F8_E5M2,
  DLC_SAFETENSORS_F8_E4M3,
  DLC_SAFETENSORS_F8_E8M0,
  DLC_SAFETENSORS_I16,
  DLC_SAFETENSORS_U16,
  DLC_SAFETENSORS_F16,
  DLC_SAFETENSORS_BF16,
  DLC_SAFETENSORS_I32,
  DLC_SAFETENSORS_U32,
  DLC_SAFETENSORS_F32,
  DLC_SAFETENSORS_C64,
  DLC_SAFETENSORS_F64,
  DLC_SAFETENSORS_I64,
  DLC_SAFETENSORS_U64,
  DLC_SAFETENSORS_TYPE_COUNT
} dlc_safetensors_type;

/// The format's name of a type ("F32"), null for a number that is none; the
/// bits of an element; and the type as the runtime's tensors have it,
/// DLC_TYPE_INVALID where they have no such type.
const char *dlc_safetensors_type_name(dlc_safetensors_type type);
int32_t dlc_safetensors_type_bits(dlc_safetensors_type type);
dlc_type dlc_safetensors_element_type(dlc_safetensors_type type);

typedef struct dlc_safetensors_tensor {
  const char *name; // UTF-8 without NUL, NUL-terminated
  dlc_safetensors_type type;
  int32_t rank;
  const int64_t *shape; // rank extents
  const void *data;     // as aligned as the file has it, maybe not at all
  size_t bytes;
  size_t data_offset;   // of `data`, from the beginning of the file
  size_t header_offset; // of the name in the header, likewise
} dlc_safetensors_tensor;

/// What is wrong with a file, in one line without the file's name.
typedef struct dlc_safetensors_error {
  int64_t offset; // the byte that it is about; -1 if the file cannot be read
  char message[256];
} dlc_safetensors_error;

typedef struct dlc_safetensors dlc_safetensors;

/// Opens and maps a file. DLC_ERROR_FILE: it cannot be read; DLC_ERROR_WEIGHTS:
/// it is malformed; DLC_ERROR_MEMORY. `allocator` and `error` may be null. The
/// file must not shrink while it is open.
dlc_status dlc_safetensors_open(const char *path, const dlc_allocator *allocator, dlc_safetensors **file,
                                dlc_safetensors_error *error);

/// Reads a file that is in memory, which must outlive the result.
dlc_status dlc_safetensors_parse(const void *bytes, size_t size, const dlc_allocator *allocator, dlc_safetensors **file,
                                 dlc_safetensors_error *error);

/// Null is allowed.
void dlc_safetensors_close(dlc_safetensors *file);

/// The tensors in the order of the header.
size_t dlc_safetensors_count(const dlc_safetensors *file);
const dlc_safetensors_tensor *dlc_safetensors_at(const dlc_safetensors *file, size_t index);

/// The tensor of that name, or null.
const dlc_safetensors_tensor *dlc_safetensors_find(const dlc_safetensors *file, const char *name);

/// The entries of "__metadata__" in the order of the header.
size_t dlc_safetensors_metadata_count(const dlc_safetensors *file);
void dlc_safetensors_metadata_at(const dlc_safetensors *file, size_t index, const char **key, const char **value);

/// All data, the part of the file behind the header.
const void *dlc_safetensors_data(const dlc_safetensors *file, size_t *bytes);

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// An entry of "__metadata__": UTF-8, NUL-terminated.
typedef struct dlc_safetensors_entry {
  const char *key, *value;
} dlc_safetensors_entry;

/// Writes a file, replacing the one at `path`: it is written beside it, as
/// PATH.tmp, brought to the disk and then renamed. Whatever stops that (a full
/// disk, an error, a killed process, a power cut), at `path` is the earlier file
/// or the new one. Writers of one path take turns; a PATH.tmp that a killed one
/// left behind is overwritten by the next.
///
/// Of a tensor, `name`, `type`, `rank`, `shape`, `data` and `bytes` count; the
/// offsets do not, so that what the reader hands out can be written as it is.
/// The data begin at a multiple of 64 bytes, tensors with wider elements first,
/// so that each tensor is aligned to its element.
///
/// DLC_ERROR_ARGUMENT: a tensor or an entry is none (two of one name, bytes that
/// are not those of the shape, text that is not UTF-8); DLC_ERROR_FILE: the file
/// cannot be written; DLC_ERROR_MEMORY. `allocator` and `error` may be null. A
/// process that limits the size of its files should ignore SIGXFSZ.
dlc_status dlc_safetensors_write(const char *path, const dlc_safetensors_tensor *tensors, size_t count,
                                 const dlc_safetensors_entry *metadata, size_t metadata_count,
                                 const dlc_allocator *allocator, dlc_safetensors_error *error);

#ifdef __cplusplus
} // extern "C"
#endif

#endif // DLC_SAFETENSORS_H
