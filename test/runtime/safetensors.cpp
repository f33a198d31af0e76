// The safetensors reader: what a good file holds, and that each kind of bad one
// is refused with the byte it is about.
#include "dlc/safetensors.h"
#include "CountingAllocator.h"
#include "Files.h"

#include "gtest/gtest.h"

#include <cstring>
#include <memory>
#include <sys/stat.h>
#include <vector>

using namespace dlc::test;

namespace {

struct Close {
  void operator()(dlc_safetensors *file) const { dlc_safetensors_close(file); }
};
using FilePointer = std::unique_ptr<dlc_safetensors, Close>;

// A parsed file, or why not. The bytes are copied to their exact size, so that
// the address sanitizer sees any read beyond them.
struct Parsed {
  explicit Parsed(const std::string &text) : size(text.size()), bytes(new char[text.size()]) {
    std::memcpy(bytes.get(), text.data(), size);
    dlc_safetensors *result = nullptr;
    status = dlc_safetensors_parse(bytes.get(), size, nullptr, &result, &error);
    file.reset(result);
  }
  size_t size;
  std::unique_ptr<char[]> bytes;
  dlc_status status;
  dlc_safetensors_error error = {-9, ""};
  FilePointer file;
};

TEST(Safetensors, ReadsTensorsAndMetadata) {
  std::string data(4 * 6 + 2 * 3 + 1, '\0');
  data[24] = 'b';
  Parsed parsed(safetensors(R"( {"__metadata__":{"format":"pt","note":"a\"\u00e9\ud83d\ude00"},)"
                            R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                            R"("empty" : { "shape" : [ 0 , 5 ] , "data_offsets" : [ 30 , 30 ] , "dtype" : "I64" },)"
                            R"("b\/1":{"dtype":"BF16","shape":[3],"data_offsets":[24,30]},)"
                            R"("scalar":{"dtype":"BOOL","shape":[],"data_offsets":[30,31]}}   )" +
                                1,
                            data));
  ASSERT_EQ(parsed.status, DLC_OK) << parsed.error.message;
  const dlc_safetensors *file = parsed.file.get();
  ASSERT_EQ(dlc_safetensors_count(file), 4u);
  const dlc_safetensors_tensor *w = dlc_safetensors_at(file, 0);
  EXPECT_STREQ(w->name, "w");
  EXPECT_EQ(w->type, DLC_SAFETENSORS_F32);
  ASSERT_EQ(w->rank, 2);
  EXPECT_EQ(w->shape[0], 2);
  EXPECT_EQ(w->shape[1], 3);
  EXPECT_EQ(w->bytes, 24u);
  EXPECT_EQ(w->data_offset, parsed.size - data.size());
  EXPECT_EQ(w->data, parsed.bytes.get() + w->data_offset);
  EXPECT_EQ(std::string(parsed.bytes.get() + w->header_offset, 3), "\"w\"");
  const dlc_safetensors_tensor *b = dlc_safetensors_find(file, "b/1");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(*static_cast<const char *>(b->data), 'b');
  EXPECT_EQ(dlc_safetensors_find(file, "empty")->bytes, 0u);
  EXPECT_EQ(dlc_safetensors_find(file, "scalar")->rank, 0);
  EXPECT_EQ(dlc_safetensors_find(file, "none"), nullptr);
  EXPECT_EQ(dlc_safetensors_at(file, 4), nullptr);
  ASSERT_EQ(dlc_safetensors_metadata_count(file), 2u);
  const char *key, *value;
  dlc_safetensors_metadata_at(file, 1, &key, &value);
  EXPECT_STREQ(key, "note");
  EXPECT_STREQ(value, "a\"\u00e9\U0001f600");
  dlc_safetensors_metadata_at(file, 2, &key, &value);
  EXPECT_EQ(key, nullptr);
  size_t bytes;
  EXPECT_EQ(dlc_safetensors_data(file, &bytes), w->data);
  EXPECT_EQ(bytes, data.size());
}

TEST(Safetensors, KnowsAllTypes) {
  const struct {
    const char *name;
    int32_t bits;
    dlc_type type;
  } types[] = {{"BOOL", 8, DLC_TYPE_BOOL},       {"F4", 4, DLC_TYPE_INVALID},      {"F6_E2M3", 6, DLC_TYPE_INVALID},
               {"F6_E3M2", 6, DLC_TYPE_INVALID}, {"U8", 8, DLC_TYPE_U8},           {"I8", 8, DLC_TYPE_I8},
               {"F8_E5M2", 8, DLC_TYPE_INVALID}, {"F8_E4M3", 8, DLC_TYPE_INVALID}, {"F8_E8M0", 8, DLC_TYPE_INVALID},
               {"I16", 16, DLC_TYPE_I16},        {"U16", 16, DLC_TYPE_U16},        {"F16", 16, DLC_TYPE_F16},
               {"BF16", 16, DLC_TYPE_BF16},      {"I32", 32, DLC_TYPE_I32},        {"U32", 32, DLC_TYPE_U32},
               {"F32", 32, DLC_TYPE_F32},        {"C64", 64, DLC_TYPE_INVALID},    {"F64", 64, DLC_TYPE_F64},
               {"I64", 64, DLC_TYPE_I64},        {"U64", 64, DLC_TYPE_U64}};
  EXPECT_EQ(std::size(types), size_t(DLC_SAFETENSORS_TYPE_COUNT));
  for (const auto &type : types) {
    size_t bytes = static_cast<size_t>(type.bits) / 2; // of four elements
    Parsed parsed(safetensors(std::string(R"({"t":{"dtype":")") + type.name + R"(","shape":[4],"data_offsets":[0,)" +
                                  std::to_string(bytes) + "]}}",
                              std::string(bytes, 'x')));
    ASSERT_EQ(parsed.status, DLC_OK) << type.name << parsed.error.message;
    dlc_safetensors_type found = dlc_safetensors_at(parsed.file.get(), 0)->type;
    EXPECT_STREQ(dlc_safetensors_type_name(found), type.name);
    EXPECT_EQ(dlc_safetensors_type_bits(found), type.bits);
    EXPECT_EQ(dlc_safetensors_element_type(found), type.type);
  }
  auto none = DLC_SAFETENSORS_TYPE_COUNT;
  EXPECT_EQ(dlc_safetensors_type_name(none), nullptr);
  EXPECT_EQ(dlc_safetensors_type_bits(none), 0);
  EXPECT_EQ(dlc_safetensors_element_type(none), DLC_TYPE_INVALID);
}

// One bad header over 8 bytes of data: where '^' stands in `header` is the byte
// that the error must name (the '^' is taken out), and what it must say.
struct Fault {
  const char *header, *says;
};

class SafetensorsFault : public testing::TestWithParam<Fault> {};

TEST_P(SafetensorsFault, IsLocated) {
  std::string header = GetParam().header;
  size_t caret = header.find('^');
  ASSERT_NE(caret, std::string::npos);
  header.erase(caret, 1);
  Parsed parsed(safetensors(header, "01234567"));
  EXPECT_EQ(parsed.status, DLC_ERROR_WEIGHTS);
  EXPECT_EQ(parsed.file, nullptr);
  EXPECT_NE(std::string(parsed.error.message).find(GetParam().says), std::string::npos) << parsed.error.message;
  EXPECT_EQ(parsed.error.offset, static_cast<int64_t>(8 + caret)) << parsed.error.message;
}

#define GOOD R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"
const Fault faults[] = {
    {"^", "does not begin with '{'"},
    {"^[]", "does not begin with '{'"},
    {"^ {}", "does not begin with '{'"},
    {"{^", "expected a string, but the header ends"},
    {"{^1:2}", "expected a string, but found '1'"},
    {"{\"a\"^", "expected ':', but the header ends"},
    {"{\"a\":^[]}", "expected '{', but found '['"},
    {"{\"a\":^null}", "expected '{'"},
    {"{\"a\":{^[[[[[[[[[[[[[[[[[[", "expected a string"},
    {"{^\"a", "does not end"},
    {"{\"a^\x01\":{}}", "control character 0x01"},
    {"{\"a^\n\":{}}", "control character"},
    {"{\"^\\x\":{}}", "unknown escape"},
    {"{\"^\\", "unknown escape"},
    {"{\"^\\u12", "malformed \\u"},
    {"{\"^\\u12G4\":{}}", "malformed \\u"},
    {"{\"^\\ud800\":{}}", "malformed \\u"},
    {"{\"^\\ud800\\u0041\":{}}", "malformed \\u"},
    {"{\"^\\udc00\":{}}", "malformed \\u"},
    {"{\"a^\\u0000b\":{}}", "NUL"},
    {"{\"^\xff\":{}}", "not UTF-8 (byte 0xff)"},
    {"{\"^\xc0\x80\":{}}", "not UTF-8"},
    {"{\"^\xed\xa0\x80\":{}}", "not UTF-8"},
    {"{\"^\xf4\x90\x80\x80\":{}}", "not UTF-8"},
    {"{\"^\xe2\x82", "not UTF-8"},
    {"{\"a\":^{}}", "'a' lacks 'dtype'"},
    {R"({"a":^{"dtype":"F32","data_offsets":[0,8]}})", "lacks 'shape'"},
    {R"({"a":^{"dtype":"F32","shape":[2]}})", "lacks 'data_offsets'"},
    {R"({"a":{"dtype":^"F33","shape":[2],"data_offsets":[0,8]}})", "unknown dtype 'F33'"},
    {R"({"a":{"dtype":^7,"shape":[2],"data_offsets":[0,8]}})", "expected a string"},
    {R"({"a":{"dtype":"F32",^"dtype":"F32"}})", "'dtype' appears twice"},
    {R"({"a":{^"more":1}})", "unexpected key 'more' in 'a'"},
    {R"({"a":{"dtype":"F32","shape":^2,"data_offsets":[0,8]}})", "expected '['"},
    {R"({"a":{"dtype":"F32","shape":[^-2],"data_offsets":[0,8]}})", "whole number that is not negative"},
    {R"({"a":{"dtype":"F32","shape":[^2.0],"data_offsets":[0,8]}})", "not whole"},
    {R"({"a":{"dtype":"F32","shape":[^2e0],"data_offsets":[0,8]}})", "not whole"},
    {R"({"a":{"dtype":"F32","shape":[^02],"data_offsets":[0,8]}})", "begins with a zero"},
    {R"({"a":{"dtype":"F32","shape":[2,^],"data_offsets":[0,8]}})", "whole number"},
    {R"({"a":{"dtype":"F32","shape":[2 ^2],"data_offsets":[0,8]}})", "expected ',' or ']'"},
    {R"({"a":{"dtype":"F32","shape":[^"2"],"data_offsets":[0,8]}})", "whole number"},
    {R"({"a":{"dtype":"F32","shape":[^9223372036854775808],)"
     R"("data_offsets":[0,8]}})",
     "exceeds 2^63 - 1"},
    {R"({"a":{"dtype":"F32","shape":[^99999999999999999999999999999],)"
     R"("data_offsets":[0,8]}})",
     "exceeds 2^63 - 1"},
    {R"({"a":^{"dtype":"F32","shape":[9223372036854775807,2],)"
     R"("data_offsets":[0,8]}})",
     "below 2^63"},
    {R"({"a":^{"dtype":"F32","shape":[4294967296,4294967296,0],)"
     R"("data_offsets":[0,0]}})",
     "below 2^63"},
    {R"({"a":^{"dtype":"F32","shape":[2305843009213693951],)"
     R"("data_offsets":[0,8]}})",
     "below 2^63"},
    {R"({"a":^{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", "whole number of bytes"},
    {R"({"a":^{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "takes 12 bytes by its dtype and shape but 8"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[^8,0]}})", "end before they begin"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[^0,9]}})", "end at 9, but the file holds 8"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[^0,)"
     R"(9223372036854775807]}})",
     "end at 9223372036854775807"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0^]}})", "expected ','"},
    {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8^,9]}})", "expected ']'"},
    {"{\"a\":{" GOOD "},^\"a\":{\"dtype\":\"F32\",\"shape\":[0],"
     "\"data_offsets\":[8,8]}}",
     "'a' appears twice"},
    {"{\"a\":{" GOOD "},^\"\\u0061\":{\"dtype\":\"F32\",\"shape\":[0],"
     "\"data_offsets\":[8,8]}}",
     "'a' appears twice"},
    {"{\"a\":{" GOOD "},^\"b\":{\"dtype\":\"U8\",\"shape\":[4],"
     "\"data_offsets\":[4,8]}}",
     "the data of 'b' overlap 'a'"},
    {R"({^"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "no tensor covers the 4 bytes before 'a'"},
    {"{\"a\":{" GOOD "}}^x", "only spaces"},
    {"{\"a\":{" GOOD "}}^\t", "only spaces"},
    {"{\"a\":{" GOOD "},^}", "expected a string"},
    {"{\"a\":{" GOOD ",^}}", "expected a string"},
    {"{\"a\":{" GOOD "}^\"b\"}", "expected ',' or '}'"},
    {R"({"__metadata__":^[]})", "expected '{'"},
    {R"({"__metadata__":{"a":^1}})", "expected a string"},
    {R"({"__metadata__":{"a":^{}}})", "expected a string"},
    {R"({"__metadata__":{},^"__metadata__":{}})", "appears twice"},
};

INSTANTIATE_TEST_SUITE_P(Headers, SafetensorsFault, testing::ValuesIn(faults));

TEST(Safetensors, DataWithoutTensorsIsAFault) {
  std::string file = safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "01234567");
  Parsed parsed(file);
  EXPECT_EQ(parsed.status, DLC_ERROR_WEIGHTS);
  EXPECT_STREQ(parsed.error.message, "no tensor covers the last 4 bytes");
  EXPECT_EQ(parsed.error.offset, static_cast<int64_t>(file.size() - 4));
  EXPECT_EQ(Parsed(safetensors("{}", "")).status, DLC_OK);
  EXPECT_EQ(Parsed(safetensors("{}", "x")).status, DLC_ERROR_WEIGHTS);
}

TEST(Safetensors, AbsurdHeaderLengthsAreFaults) {
  for (uint64_t length : {UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1, UINT64_C(100000001),
                          UINT64_C(100000000), UINT64_C(11)}) {
    Parsed parsed(headerLength(length) + "{}        ");
    EXPECT_EQ(parsed.status, DLC_ERROR_WEIGHTS);
    EXPECT_EQ(parsed.error.offset, 0);
    EXPECT_NE(std::string(parsed.error.message).find(std::to_string(length)), std::string::npos);
  }
}

TEST(Safetensors, EveryTruncationAndEveryFlippedBitIsHarmless) {
  std::string file = safetensors(R"({"__metadata__":{"k":"\u00e9"},"b":{"dtype":"U8","shape":[2,2],)"
                                 R"("data_offsets":[0,4]},"a":{"dtype":"F16","shape":[2],)"
                                 R"("data_offsets":[4,8]}} )",
                                 "01234567");
  ASSERT_EQ(Parsed(file).status, DLC_OK);
  for (size_t size = 0; size < file.size(); ++size) {
    Parsed parsed(file.substr(0, size));
    EXPECT_EQ(parsed.status, DLC_ERROR_WEIGHTS) << size;
    EXPECT_GE(parsed.error.offset, 0);
    EXPECT_LE(parsed.error.offset, static_cast<int64_t>(size));
    EXPECT_STRNE(parsed.error.message, "");
  }
  for (size_t bit = 0; bit < 8 * (file.size() - 8); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    Parsed parsed(flipped);
    if (!parsed.file) {
      EXPECT_STRNE(parsed.error.message, "");
    }
  }
}

TEST(Safetensors, ManyTensorsAreFoundQuickly) {
  std::string header = "{";
  const int count = 50000;
  for (int i = 0; i < count; ++i)
    header += (i ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[1],"data_offsets":[)" +
              std::to_string(count - 1 - i) + "," + std::to_string(count - i) + "]}";
  Parsed parsed(safetensors(header + "}", std::string(count, 'x')));
  ASSERT_EQ(parsed.status, DLC_OK) << parsed.error.message;
  ASSERT_EQ(dlc_safetensors_count(parsed.file.get()), size_t(count));
  for (int i = 0; i < count; ++i) {
    const dlc_safetensors_tensor *tensor = dlc_safetensors_find(parsed.file.get(), std::to_string(i).c_str());
    ASSERT_EQ(tensor, dlc_safetensors_at(parsed.file.get(), size_t(i)));
  }
}

TEST(Safetensors, DeepNestingIsAFault) {
  std::string deep(1000000, '[');
  EXPECT_EQ(Parsed(safetensors(deep, "")).status, DLC_ERROR_WEIGHTS);
  EXPECT_EQ(Parsed(safetensors("{\"a\":" + deep, "")).status, DLC_ERROR_WEIGHTS);
  EXPECT_EQ(Parsed(safetensors(R"({"a":{"shape":)" + deep, "")).status, DLC_ERROR_WEIGHTS);
}

TEST(Safetensors, MemoryThatRunsOutIsAnError) {
  CountingAllocator counting;
  std::string text = safetensors(R"({"__metadata__":{"k":"v"},)"
                                 R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
                                 "0123");
  dlc_status status = DLC_ERROR_MEMORY;
  int fail = 0;
  for (; status == DLC_ERROR_MEMORY; ++fail) {
    counting.restart(fail);
    dlc_safetensors *file = nullptr;
    dlc_safetensors_error error;
    status = dlc_safetensors_parse(text.data(), text.size(), &counting.allocator, &file, &error);
    EXPECT_EQ(status == DLC_OK, file != nullptr);
    if (!file) {
      EXPECT_STREQ(error.message, "out of memory");
    }
    dlc_safetensors_close(file);
    EXPECT_EQ(counting.live, 0);
  }
  EXPECT_EQ(status, DLC_OK);
  EXPECT_EQ(fail, 7); // file, text, tensors, shapes, metadata, order: 6
}

TEST(Safetensors, OpensFilesOnly) {
  TemporaryFile temporary;
  temporary.write(safetensors(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "0123"));
  dlc_safetensors *file = nullptr;
  dlc_safetensors_error error;
  const char *path = temporary.path().c_str();
  ASSERT_EQ(dlc_safetensors_open(path, nullptr, &file, nullptr), DLC_OK);
  EXPECT_EQ(std::memcmp(dlc_safetensors_find(file, "a")->data, "0123", 4), 0);
  dlc_safetensors_close(file);
  dlc_safetensors_close(nullptr);

  temporary.write("");
  EXPECT_EQ(dlc_safetensors_open(path, nullptr, &file, &error), DLC_ERROR_WEIGHTS);
  EXPECT_EQ(file, nullptr);
  EXPECT_EQ(error.offset, 0);
  temporary.remove();
  EXPECT_EQ(dlc_safetensors_open(path, nullptr, &file, &error), DLC_ERROR_FILE);
  EXPECT_EQ(error.offset, -1);
  ASSERT_EQ(mkfifo(path, 0600), 0);
  EXPECT_EQ(dlc_safetensors_open(path, nullptr, &file, &error), DLC_ERROR_FILE);
  EXPECT_STREQ(error.message, "this is not a regular file");
  EXPECT_EQ(dlc_safetensors_open("/", nullptr, &file, &error), DLC_ERROR_FILE);
  EXPECT_STREQ(error.message, "this is a directory");
  EXPECT_EQ(dlc_safetensors_open(nullptr, nullptr, &file, &error), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_safetensors_parse(nullptr, 0, nullptr, &file, &error), DLC_ERROR_WEIGHTS);
  EXPECT_EQ(dlc_safetensors_parse(nullptr, 1, nullptr, &file, &error), DLC_ERROR_ARGUMENT);
}

} // namespace
