// NumPy's file formats. The importer reads; here .npy is a header and the elements, .npz a zip archive of such files.
#include "tools/dlc/Array.h"
#include "tools/dlc/Failure.h"

#include "compiler/importer/Npy.h"
#include "compiler/object/ModelFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace llvm;
using namespace dlc;

namespace {
struct ElementType {
  StringRef npy;
  dlc_type type;
};
} // namespace

static constexpr ElementType elementTypes[] = {
    {"|b1", DLC_TYPE_BOOL}, {"|i1", DLC_TYPE_I8},  {"|u1", DLC_TYPE_U8},  {"<i2", DLC_TYPE_I16},
    {"<u2", DLC_TYPE_U16},  {"<i4", DLC_TYPE_I32}, {"<u4", DLC_TYPE_U32}, {"<i8", DLC_TYPE_I64},
    {"<u8", DLC_TYPE_U64},  {"<f2", DLC_TYPE_F16}, {"<f4", DLC_TYPE_F32}, {"<f8", DLC_TYPE_F64},
};

std::string dlc::describe(dlc_type type, ArrayRef<int64_t> shape) {
  std::string text;
  raw_string_ostream os(text);
  os << dlc_type_name(type) << " [";
  interleaveComma(shape, os);
  os << "]";
  return text;
}

int64_t dlc::getArrayBytes(dlc_type type, ArrayRef<int64_t> shape) {
  int64_t bytes = dlc_type_bytes(type);
  for (int64_t extent : shape)
    if (extent < 0 || MulOverflow(bytes, extent, bytes))
      return -1;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static dlc_type getType(importer::ElementType type) {
  switch (type) {
  case importer::ElementType::Bool:
    return DLC_TYPE_BOOL;
  case importer::ElementType::U8:
    return DLC_TYPE_U8;
  case importer::ElementType::I8:
    return DLC_TYPE_I8;
  case importer::ElementType::U16:
    return DLC_TYPE_U16;
  case importer::ElementType::I16:
    return DLC_TYPE_I16;
  case importer::ElementType::U32:
    return DLC_TYPE_U32;
  case importer::ElementType::I32:
    return DLC_TYPE_I32;
  case importer::ElementType::U64:
    return DLC_TYPE_U64;
  case importer::ElementType::I64:
    return DLC_TYPE_I64;
  case importer::ElementType::F16:
    return DLC_TYPE_F16;
  case importer::ElementType::BF16:
    return DLC_TYPE_BF16;
  case importer::ElementType::F32:
    return DLC_TYPE_F32;
  case importer::ElementType::F64:
    return DLC_TYPE_F64;
  }
  llvm_unreachable("all types are listed");
}

Expected<Array> dlc::readNpy(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return failure(exitEnvironment, path + ": " + buffer.getError().message());
  StringRef content = (*buffer)->getBuffer();
  const ArrayRef<uint8_t> bytes = arrayRefFromStringRef(content);
  const importer::Member file = {content, content.size(), llvm::crc32(bytes), /*isDeflated=*/false};
  Expected<importer::NpyHeader> header = importer::readNpyHeader(file);
  if (!header)
    return failure(exitInput, path + ": " + toString(header.takeError()));
  if (!header->type)
    return failure(exitInput, path + ": its elements, '" + header->typeName + "', are of no type that dlc reads");

  Array array;
  array.type = getType(*header->type);
  array.shape.assign(header->shape.begin(), header->shape.end());
  const bool isPlain = !header->bigEndian && (!header->fortranOrder || array.shape.size() < 2);
  if (isPlain) {
    array.bytes = bytes.drop_front(header->dataOffset);
    return array;
  }
  if (array.type != DLC_TYPE_F32)
    return failure(exitInput, path + ": its elements are in another order than C's; save numpy.ascontiguousarray(x)");
  array.bytes.resize(getArrayBytes(array.type, array.shape));
  if (Error error =
          importer::readNpyElements(file, *header, MutableArrayRef(array.floats(), array.bytes.size() / sizeof(float))))
    return failure(exitInput, path + ": " + toString(std::move(error)));
  return array;
}

void dlc::convertToFloats(Array &array) {
  const auto type = array.type == DLC_TYPE_F64   ? importer::ElementType::F64
                    : array.type == DLC_TYPE_F16 ? importer::ElementType::F16
                                                 : importer::ElementType::F32;
  std::vector<uint8_t> floats(array.bytes.size() / dlc_type_bytes(array.type) * sizeof(float));
  importer::convertElements(type, /*bigEndian=*/false, array.bytes,
                            MutableArrayRef(reinterpret_cast<float *>(floats.data()), floats.size() / sizeof(float)));
  array.type = DLC_TYPE_F32;
  array.bytes = std::move(floats);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Magic and header; the elements follow at a multiple of 64 bytes.
static std::string getNpyHeader(const Array &array) {
  const ElementType *type = find_if(elementTypes, [&](const ElementType &type) { return type.type == array.type; });
  assert(type != std::end(elementTypes) && "NumPy has no bfloat16, and no network gives it out");
  std::string header = formatv("{{'descr': '{0}', 'fortran_order': False, 'shape': (", type->npy);
  for (int64_t extent : array.shape)
    header += std::to_string(extent) + ",";
  header += "), }";
  const size_t prefix = 10;
  header.resize(alignTo(prefix + header.size() + 1, 64) - prefix - 1, ' ');
  header += '\n';
  std::string text = "\x93NUMPY\x01";
  text += '\0';
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  return text + header;
}

static void append(std::string &text, uint64_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    text += static_cast<char>(value >> (8 * i));
}

static StringRef bytesOf(const Array &array) {
  return StringRef(reinterpret_cast<const char *>(array.bytes.data()), array.bytes.size());
}

/// A zip archive without compression: per file a local header and the data, at the end the directory.
static Error writeNpz(StringRef path, object::OutputFile &file, ArrayRef<NamedArray> arrays) {
  std::string directory;
  uint64_t offset = 0;
  for (const NamedArray &named : arrays) {
    const std::string name = named.name + ".npy", header = getNpyHeader(*named.array);
    const uint64_t size = header.size() + named.array->bytes.size();
    if (size > UINT32_MAX || offset + size > UINT32_MAX)
      return failure(exitEnvironment, path + ": an .npz file of 4 GiB or more is not supported; write .npy");
    uint32_t crc = llvm::crc32(0, arrayRefFromStringRef(header));
    crc = llvm::crc32(crc, named.array->bytes);

    std::string fields;
    append(fields, 20, 2);         // needs version 2.0
    append(fields, 1 << 11, 2);    // names are UTF-8
    append(fields, 0, 2);          // stored as it is
    append(fields, 0x00210000, 4); // 1980-01-01: same outputs, same bytes
    append(fields, crc, 4);
    append(fields, size, 4);
    append(fields, size, 4);
    append(fields, name.size(), 2);
    append(fields, 0, 2); // no extra field
    const std::string local = "PK\3\4" + fields + name;
    for (StringRef part : {StringRef(local), StringRef(header), bytesOf(*named.array)})
      if (Error error = file.append(part))
        return error;

    directory += "PK\1\2";
    append(directory, 20, 2);
    directory += fields;
    directory.append(10, '\0'); // no comment, disk 0, no attributes
    append(directory, offset, 4);
    directory += name;
    offset += local.size() + size;
  }
  std::string end = "PK\5\6";
  append(end, 0, 4);
  append(end, arrays.size(), 2);
  append(end, arrays.size(), 2);
  append(end, directory.size(), 4);
  append(end, offset, 4);
  append(end, 0, 2);
  return file.append(directory + end);
}

static Error writeNpy(object::OutputFile &file, const Array &array) {
  if (Error error = file.append(getNpyHeader(array)))
    return error;
  return file.append(bytesOf(array));
}

Error dlc::writeArrays(StringRef path, ArrayRef<NamedArray> arrays) {
  Expected<object::OutputFile> file = object::OutputFile::create(path);
  if (!file)
    return toFailure(exitEnvironment, file.takeError());
  assert((path.ends_with(".npz") || arrays.size() == 1) && "a .npy file holds one array");
  Error error = path.ends_with(".npz") ? writeNpz(path, *file, arrays) : writeNpy(*file, *arrays.front().array);
  if (!error)
    error = file->keep();
  return toFailure(exitEnvironment, std::move(error));
}
