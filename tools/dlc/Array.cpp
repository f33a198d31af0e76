// NumPy's file formats: a header that is a Python literal, then the elements; .npz is a zip archive of such files.
#include "tools/dlc/Array.h"
#include "tools/dlc/Failure.h"

#include "compiler/object/ModelFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/Endian.h"
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

/// What stands behind 'key': in the header's dictionary, or nothing.
static std::optional<StringRef> findValue(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return std::nullopt;
  StringRef rest = header.drop_front(at + key.size() + 2).ltrim();
  if (!rest.consume_front(":"))
    return std::nullopt;
  return rest.ltrim();
}

static bool parseShape(StringRef text, SmallVectorImpl<int64_t> &shape) {
  if (!text.consume_front("(") || !text.contains(')'))
    return false;
  SmallVector<StringRef> extents;
  text.take_until([](char c) { return c == ')'; }).split(extents, ',', -1, /*KeepEmpty=*/false);
  for (StringRef extent : extents) {
    int64_t value;
    extent = extent.trim();
    if (extent.empty())
      continue;
    if (extent.getAsInteger(10, value) || value < 0)
      return false;
    shape.push_back(value);
  }
  return true;
}

Expected<Array> dlc::readNpy(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return failure(exitEnvironment, path + ": " + file.getError().message());
  StringRef content = (*file)->getBuffer();
  auto malformed = [&](const Twine &what) { return failure(exitInput, path + ": " + what); };

  // Magic, version, length of the header (two bytes in version 1, four later).
  if (!content.consume_front("\x93NUMPY"))
    return malformed("not a .npy file: it does not begin with \\x93NUMPY");
  const size_t lengthBytes = content.starts_with("\x01") ? 2 : 4;
  if (content.size() < 2 + lengthBytes)
    return malformed("the header is cut off");
  const char *length = content.data() + 2;
  size_t headerBytes = lengthBytes == 2 ? support::endian::read16le(length) : support::endian::read32le(length);
  content = content.drop_front(2 + lengthBytes);
  if (content.size() < headerBytes)
    return malformed("the header is cut off");
  StringRef header = content.take_front(headerBytes);
  content = content.drop_front(headerBytes);

  std::optional<StringRef> descr = findValue(header, "descr"), order = findValue(header, "fortran_order"),
                           shape = findValue(header, "shape");
  Array array;
  if (!descr || !order || !shape || !parseShape(*shape, array.shape))
    return malformed("the header lacks 'descr', 'fortran_order' or 'shape'");
  StringRef code = descr->starts_with("'") ? descr->drop_front().take_until([](char c) { return c == '\''; }) : *descr;
  const ElementType *type = find_if(elementTypes, [&](const ElementType &type) { return type.npy == code; });
  if (type == std::end(elementTypes))
    return malformed("elements of type " + code.take_front(40) + " are not supported");
  array.type = type->type;
  if (!order->starts_with("False") && array.shape.size() > 1)
    return malformed("the array is in Fortran order; save numpy.ascontiguousarray(x)");

  const int64_t bytes = getArrayBytes(array.type, array.shape);
  if (bytes < 0 || static_cast<uint64_t>(bytes) > content.size())
    return malformed("holds " + Twine(content.size()) + " bytes of elements where " +
                     describe(array.type, array.shape) + " needs more");
  array.bytes.assign(content.bytes_begin(), content.bytes_begin() + bytes);
  return array;
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
