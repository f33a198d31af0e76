// XXH64 with seed 0, from its published specification: four lanes of 8 bytes
// over stripes of 32, merged, then the tail, then an avalanche.
#include "dlc/model.h"

#include <string.h>

#define PRIME1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME3 UINT64_C(0x165667B19E3779F9)
#define PRIME4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME5 UINT64_C(0x27D4EB2F165667C5)

static uint64_t rotate(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

// Both architectures are little-endian, as the specification reads.
static uint64_t read64(const unsigned char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof(value));
  return value;
}

static uint32_t read32(const unsigned char *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof(value));
  return value;
}

static uint64_t round64(uint64_t lane, uint64_t input) { return rotate(lane + input * PRIME2, 31) * PRIME1; }

static uint64_t merge(uint64_t hash, uint64_t lane) { return (hash ^ round64(0, lane)) * PRIME1 + PRIME4; }

uint64_t dlc_hash64(const void *bytes, size_t size) {
  const unsigned char *p = bytes;
  size_t left = size;
  uint64_t hash;
  if (left >= 32) {
    uint64_t a = PRIME1 + PRIME2, b = PRIME2, c = 0, d = 0 - PRIME1;
    for (; left >= 32; left -= 32, p += 32) {
      a = round64(a, read64(p));
      b = round64(b, read64(p + 8));
      c = round64(c, read64(p + 16));
      d = round64(d, read64(p + 24));
    }
    hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    hash = merge(merge(merge(merge(hash, a), b), c), d);
  } else {
    hash = PRIME5;
  }
  hash += (uint64_t)size;

  for (; left >= 8; left -= 8, p += 8)
    hash = rotate(hash ^ round64(0, read64(p)), 27) * PRIME1 + PRIME4;
  if (left >= 4) {
    hash = rotate(hash ^ read32(p) * PRIME1, 23) * PRIME2 + PRIME3;
    left -= 4;
    p += 4;
  }
  for (; left > 0; --left, ++p)
    hash = rotate(hash ^ *p * PRIME5, 11) * PRIME1;

  hash = (hash ^ hash >> 33) * PRIME2;
  hash = (hash ^ hash >> 29) * PRIME3;
  return hash ^ hash >> 32;
}
