// Reads .npy: the header is a dictionary as Python writes it,
// {'descr': '<f4', 'fortran_order': False, 'shape': (6, 1, 5, 5), }.
#include "compiler/importer/Npy.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"

using namespace llvm;

namespace dlc::importer {

static constexpr StringLiteral magic = "\x93NUMPY";
static constexpr size_t magicBytes = 8; // with the version
static constexpr uint64_t greatestHeader = 1 << 20;
static constexpr size_t greatestRank = 32;

static Error faulty(const Twine &message) { return createStringError(message); }

namespace {

/// Takes the dictionary apart.
class HeaderParser {
public:
  HeaderParser(StringRef text, NpyHeader &header) : rest(text), header(header) {}

  Error parse() {
    if (!consume("{"))
      return faulty("its header is no dictionary");
    while (!consume("}")) {
      StringRef key;
      if (!string(key) || !consume(":"))
        return faulty("its header is damaged");
      if (Error error = value(key))
        return error;
      consume(",");
    }
    if (!seenType || !seenShape)
      return faulty("its header lacks 'descr' or 'shape'");
    return Error::success();
  }

private:
  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  bool string(StringRef &text) {
    rest = rest.ltrim();
    char quote = rest.empty() ? 0 : rest.front();
    size_t end = quote == '\'' || quote == '"' ? rest.find(quote, 1) : StringRef::npos;
    if (end == StringRef::npos)
      return false;
    text = rest.slice(1, end);
    rest = rest.drop_front(end + 1);
    return true;
  }

  Error value(StringRef key) {
    if (key == "descr") {
      StringRef descr;
      if (!string(descr))
        return faulty("its elements are structured");
      seenType = true;
      readType(descr);
      return Error::success();
    }
    if (key == "fortran_order") {
      header.fortranOrder = consume("True");
      return header.fortranOrder || consume("False") ? Error::success() : faulty("its header is damaged");
    }
    if (key == "shape") {
      seenShape = true;
      return readShape();
    }
    return faulty("its header has an unknown key '" + key.take_front(40) + "'");
  }

  void readType(StringRef descr) {
    header.typeName = descr.take_front(40).str();
    header.bigEndian = descr.starts_with(">");
    if (!descr.empty() && StringRef("<>=|").contains(descr.front()))
      descr = descr.drop_front();
    header.type = StringSwitch<std::optional<ElementType>>(descr)
                      .Case("b1", ElementType::Bool)
                      .Case("u1", ElementType::U8)
                      .Case("i1", ElementType::I8)
                      .Case("u2", ElementType::U16)
                      .Case("i2", ElementType::I16)
                      .Case("u4", ElementType::U32)
                      .Case("i4", ElementType::I32)
                      .Case("u8", ElementType::U64)
                      .Case("i8", ElementType::I64)
                      .Case("f2", ElementType::F16)
                      .Case("f4", ElementType::F32)
                      .Case("f8", ElementType::F64)
                      .Default(std::nullopt);
  }

  Error readShape() {
    header.shape.clear();
    if (!consume("("))
      return faulty("its shape is no tuple");
    while (!consume(")")) {
      rest = rest.ltrim();
      StringRef digits = rest.take_while(isDigit);
      int64_t dim;
      if (digits.empty() || digits.getAsInteger(10, dim))
        return faulty("its shape is damaged");
      if (header.shape.size() == greatestRank)
        return faulty("its shape has more than " + Twine(greatestRank) + " dimensions");
      header.shape.push_back(dim);
      rest = rest.drop_front(digits.size());
      consume(",");
    }
    return Error::success();
  }

  StringRef rest;
  NpyHeader &header;
  bool seenType = false, seenShape = false;
};

} // namespace

Expected<NpyHeader> readNpyHeader(const Member &file) {
  // 1. Magic, version, the header's length: 2 bytes in version 1, 4 from version 2 on.
  uint8_t start[magicBytes + 4];
  if (file.size < sizeof(start))
    return faulty("it is too short for a .npy");
  if (Error error = unpackStart(file, start))
    return error;
  if (StringRef(reinterpret_cast<char *>(start), magic.size()) != magic)
    return faulty("it is no .npy");
  unsigned version = start[magic.size()];
  if (version < 1 || version > 3)
    return faulty("it is a .npy of the unknown version " + Twine(version));
  uint64_t lengthBytes = version == 1 ? 2 : 4;
  uint64_t length =
      version == 1 ? support::endian::read16le(start + magicBytes) : support::endian::read32le(start + magicBytes);
  NpyHeader header;
  header.dataOffset = magicBytes + lengthBytes + length;
  if (length > greatestHeader || header.dataOffset > file.size)
    return faulty("its header of " + Twine(length) + " bytes is longer than it can be");

  // 2. The dictionary.
  std::vector<uint8_t> bytes(header.dataOffset);
  if (Error error = unpackStart(file, bytes))
    return error;
  StringRef text(reinterpret_cast<char *>(bytes.data()) + magicBytes + lengthBytes, length);
  if (Error error = HeaderParser(text, header).parse())
    return error;

  // 3. The elements are as many as the shape says.
  std::optional<int64_t> count = countElements(header.shape);
  uint64_t dataBytes = file.size - header.dataOffset;
  if (!count || (header.type && uint64_t(*count) != dataBytes / getBytes(*header.type)) ||
      (header.type && dataBytes % getBytes(*header.type) != 0))
    return faulty("it has " + Twine(dataBytes) + " bytes of data, which is not what its shape and type want");
  return header;
}

/// Moves elements from Fortran's order, first dimension innermost, to row-major.
static void reorder(ArrayRef<int64_t> shape, ArrayRef<float> from, MutableArrayRef<float> to) {
  SmallVector<int64_t> index(shape.size(), 0);
  SmallVector<size_t> strides(shape.size(), 1);
  for (size_t i = 1; i < shape.size(); ++i)
    strides[i] = strides[i - 1] * shape[i - 1];
  size_t source = 0;
  for (float &value : to) {
    value = from[source];
    for (size_t i = shape.size(); i-- > 0;) {
      source += strides[i];
      if (++index[i] < shape[i])
        break;
      source -= strides[i] * shape[i];
      index[i] = 0;
    }
  }
}

Error readNpyElements(const Member &file, const NpyHeader &header, MutableArrayRef<float> values) {
  std::vector<uint8_t> storage;
  Expected<ArrayRef<uint8_t>> bytes = unpack(file, storage);
  if (!bytes)
    return bytes.takeError();
  ArrayRef<uint8_t> elements = bytes->drop_front(header.dataOffset);
  if (!header.fortranOrder || header.shape.size() < 2) {
    convertElements(*header.type, header.bigEndian, elements, values);
    return Error::success();
  }
  std::vector<float> ordered(values.size());
  convertElements(*header.type, header.bigEndian, elements, ordered);
  reorder(header.shape, ordered, values);
  return Error::success();
}

} // namespace dlc::importer
