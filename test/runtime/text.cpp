// Names of what the interface enumerates, and the hash.
#include "dlc/model.h"

#include "gtest/gtest.h"

namespace {

TEST(Text, EveryStatusAndTypeHasAName) {
  for (int status = DLC_ERROR_KERNEL; status <= DLC_OK; ++status)
    EXPECT_STRNE(dlc_status_string(static_cast<dlc_status>(status)), "unknown status");
  EXPECT_STREQ(dlc_status_string(static_cast<dlc_status>(-99)), "unknown status");
  EXPECT_STREQ(dlc_version(), DLC_VERSION_STRING);
  EXPECT_STREQ(dlc_type_name(DLC_TYPE_BF16), "bf16");
  EXPECT_EQ(dlc_type_bytes(DLC_TYPE_F64), 8u);
  EXPECT_STREQ(dlc_type_name(static_cast<dlc_type>(77)), "invalid");
  EXPECT_EQ(dlc_type_bytes(static_cast<dlc_type>(-1)), 0u);
}

TEST(Hash, IsXXH64) {
  // The published test vectors of the empty input and of short texts.
  EXPECT_EQ(dlc_hash64("", 0), UINT64_C(0xEF46DB3751D8E999));
  EXPECT_EQ(dlc_hash64("a", 1), UINT64_C(0xD24EC4F1A98C6E5B));
  EXPECT_EQ(dlc_hash64("abc", 3), UINT64_C(0x44BC2CF5AD770999));
  const char text[] = "Nobody inspects the spammish repetition";
  EXPECT_EQ(dlc_hash64(text, sizeof(text) - 1), UINT64_C(0xFBCEA83C8A378BF1));
}

} // namespace
