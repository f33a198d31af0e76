// Opens weight files, converts their elements; reads safetensors through the runtime's reader.
#include "compiler/importer/WeightFile.h"

#include "dlc/safetensors.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace dlc::importer {

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

int64_t getBytes(ElementType type) {
  switch (type) {
  case ElementType::Bool:
  case ElementType::U8:
  case ElementType::I8:
    return 1;
  case ElementType::U16:
  case ElementType::I16:
  case ElementType::F16:
  case ElementType::BF16:
    return 2;
  case ElementType::U32:
  case ElementType::I32:
  case ElementType::F32:
    return 4;
  case ElementType::U64:
  case ElementType::I64:
  case ElementType::F64:
    return 8;
  }
  llvm_unreachable("no such element type");
}

/// IEEE's half precision: 5 bits of exponent, 10 of fraction.
static float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
  if (exponent == 0) // zero or subnormal: fraction · 2^-24
    return bit_cast<float>(sign | bit_cast<uint32_t>(float(fraction) * 0x1p-24f));
  uint32_t wide = exponent == 0x1f ? 0xff : exponent + (127 - 15);
  return bit_cast<float>(sign | wide << 23 | fraction << 13);
}

template <typename T, typename Convert>
static void convertAs(bool bigEndian, const uint8_t *from, MutableArrayRef<float> values, Convert convert) {
  endianness order = bigEndian ? endianness::big : endianness::little;
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = convert(support::endian::read<T>(from + i * sizeof(T), order));
}

void convertElements(ElementType type, bool bigEndian, ArrayRef<uint8_t> elements, MutableArrayRef<float> values) {
  const uint8_t *from = elements.data();
  auto cast = [](auto value) { return float(value); };
  switch (type) {
  case ElementType::Bool:
    return convertAs<uint8_t>(bigEndian, from, values, [](uint8_t value) { return value ? 1.0f : 0.0f; });
  case ElementType::U8:
    return convertAs<uint8_t>(bigEndian, from, values, cast);
  case ElementType::I8:
    return convertAs<int8_t>(bigEndian, from, values, cast);
  case ElementType::U16:
    return convertAs<uint16_t>(bigEndian, from, values, cast);
  case ElementType::I16:
    return convertAs<int16_t>(bigEndian, from, values, cast);
  case ElementType::U32:
    return convertAs<uint32_t>(bigEndian, from, values, cast);
  case ElementType::I32:
    return convertAs<int32_t>(bigEndian, from, values, cast);
  case ElementType::U64:
    return convertAs<uint64_t>(bigEndian, from, values, cast);
  case ElementType::I64:
    return convertAs<int64_t>(bigEndian, from, values, cast);
  case ElementType::F16:
    return convertAs<uint16_t>(bigEndian, from, values, halfToFloat);
  case ElementType::BF16:
    return convertAs<uint16_t>(bigEndian, from, values,
                               [](uint16_t bits) { return bit_cast<float>(uint32_t(bits) << 16); });
  case ElementType::F32:
    return convertAs<uint32_t>(bigEndian, from, values, [](uint32_t bits) { return bit_cast<float>(bits); });
  case ElementType::F64:
    return convertAs<uint64_t>(bigEndian, from, values, [](uint64_t bits) { return float(bit_cast<double>(bits)); });
  }
}

std::optional<int64_t> countElements(ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = 1;
  for (int64_t dim : shape)
    count = count ? checkedMul(*count, dim) : count;
  return count;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

const StoredTensor *WeightFile::find(StringRef name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &tensors[found->second];
}

bool WeightFile::add(StoredTensor tensor) {
  if (!byName.try_emplace(tensor.name, tensors.size()).second)
    return false;
  tensors.push_back(std::move(tensor));
  return true;
}

namespace {

std::optional<ElementType> asElementType(dlc_safetensors_type type) {
  switch (type) {
  case DLC_SAFETENSORS_BOOL:
    return ElementType::Bool;
  case DLC_SAFETENSORS_U8:
    return ElementType::U8;
  case DLC_SAFETENSORS_I8:
    return ElementType::I8;
  case DLC_SAFETENSORS_U16:
    return ElementType::U16;
  case DLC_SAFETENSORS_I16:
    return ElementType::I16;
  case DLC_SAFETENSORS_U32:
    return ElementType::U32;
  case DLC_SAFETENSORS_I32:
    return ElementType::I32;
  case DLC_SAFETENSORS_U64:
    return ElementType::U64;
  case DLC_SAFETENSORS_I64:
    return ElementType::I64;
  case DLC_SAFETENSORS_F16:
    return ElementType::F16;
  case DLC_SAFETENSORS_BF16:
    return ElementType::BF16;
  case DLC_SAFETENSORS_F32:
    return ElementType::F32;
  case DLC_SAFETENSORS_F64:
    return ElementType::F64;
  default:
    return std::nullopt;
  }
}

class SafetensorsFile : public WeightFile {
public:
  explicit SafetensorsFile(dlc_safetensors *file) : file(file, dlc_safetensors_close) {
    for (size_t i = 0, e = dlc_safetensors_count(file); i < e; ++i) {
      const dlc_safetensors_tensor *tensor = dlc_safetensors_at(file, i);
      add({tensor->name, dlc_safetensors_type_name(tensor->type), asElementType(tensor->type),
           SmallVector<int64_t, 4>(ArrayRef(tensor->shape, tensor->rank))});
    }
  }

  Error read(const StoredTensor &tensor, MutableArrayRef<float> values) const override {
    const dlc_safetensors_tensor *stored = dlc_safetensors_at(file.get(), indexOf(tensor));
    convertElements(*tensor.type, false, ArrayRef(static_cast<const uint8_t *>(stored->data), stored->bytes), values);
    return Error::success();
  }

private:
  std::unique_ptr<dlc_safetensors, void (*)(dlc_safetensors *)> file;
};

/// An .npz whose mapping it owns.
class MappedFile : public WeightFile {
public:
  MappedFile(std::unique_ptr<MemoryBuffer> buffer, std::unique_ptr<WeightFile> file)
      : buffer(std::move(buffer)), file(std::move(file)) {
    for (const StoredTensor &tensor : this->file->getTensors())
      add(tensor);
  }

  Error read(const StoredTensor &tensor, MutableArrayRef<float> values) const override {
    return file->read(file->getTensors()[indexOf(tensor)], values);
  }

private:
  std::unique_ptr<MemoryBuffer> buffer;
  std::unique_ptr<WeightFile> file;
};

Expected<std::unique_ptr<WeightFile>> finishSafetensors(dlc_status status, dlc_safetensors *file,
                                                        const dlc_safetensors_error &error) {
  if (status == DLC_OK)
    return std::make_unique<SafetensorsFile>(file);
  std::string message = error.message;
  if (error.offset >= 0)
    message += " (at byte " + std::to_string(error.offset) + ")";
  return createStringError(message);
}

} // namespace

Expected<std::unique_ptr<WeightFile>> readSafetensors(MemoryBufferRef buffer) {
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error{-1, "it cannot be read"};
  dlc_status status = dlc_safetensors_parse(buffer.getBufferStart(), buffer.getBufferSize(), nullptr, &file, &error);
  return finishSafetensors(status, file, error);
}

Expected<std::unique_ptr<WeightFile>> openWeightFile(const std::string &path) {
  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(path, status))
    return createStringError(error.message());
  if (status.type() == sys::fs::file_type::directory_file)
    return createStringError("it is a directory");
  if (status.type() != sys::fs::file_type::regular_file)
    return createStringError("it is no regular file");
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError().message());
  StringRef text = (*buffer)->getBuffer();
  if (text.empty())
    return createStringError("it is empty");
  if (text.starts_with("PK")) {
    auto npz = readNpz(**buffer);
    if (!npz)
      return npz.takeError();
    return std::make_unique<MappedFile>(std::move(*buffer), std::move(*npz));
  }
  // The header's length, and the header.
  if (!StringRef(path).ends_with(".safetensors") && (text.size() < 9 || text[8] != '{'))
    return createStringError("it is neither a safetensors file nor an .npz");
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error{-1, "it cannot be read"};
  dlc_status opened = dlc_safetensors_open(path.c_str(), nullptr, &file, &error);
  return finishSafetensors(opened, file, error);
}

} // namespace dlc::importer
