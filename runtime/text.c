// Names and descriptions of what the public interface enumerates.
#include "dlc/model.h"

const char *dlc_version(void) { return DLC_VERSION_STRING; }

const char *dlc_status_string(dlc_status status) {
  switch (status) {
  case DLC_OK:
    return "success";
  case DLC_ERROR_ARGUMENT:
    return "invalid argument";
  case DLC_ERROR_MODEL:
    return "not a valid model";
  case DLC_ERROR_ABI_VERSION:
    return "the object was compiled for another version of the runtime";
  case DLC_ERROR_CPU:
    return "the object does not fit this processor";
  case DLC_ERROR_MEMORY:
    return "out of memory";
  case DLC_ERROR_TOO_LARGE:
    return "a buffer is too large";
  case DLC_ERROR_ARENA:
    return "the arena is too small or misaligned";
  case DLC_ERROR_FILE:
    return "a file cannot be read";
  case DLC_ERROR_WEIGHTS:
    return "the weights file is not the model's";
  case DLC_ERROR_THREADS:
    return "a thread cannot be started";
  case DLC_ERROR_BUSY:
    return "the session is already running";
  case DLC_ERROR_KERNEL:
    return "a kernel failed";
  case DLC_ERROR_ORDER:
    return "a part of a training step is missing";
  case DLC_ERROR_DEVICE:
    return "the device is missing or failed";
  }
  return "unknown status";
}

const char *dlc_device_kind_name(dlc_device_kind kind) {
  static const char *const names[] = {"cpu", "cuda", "opencl"};
  size_t index = (size_t)kind;
  return index < sizeof(names) / sizeof(names[0]) ? names[index] : "invalid";
}

static const struct {
  const char *name;
  size_t bytes;
} types[] = {
    [DLC_TYPE_INVALID] = {"invalid", 0}, [DLC_TYPE_BOOL] = {"bool", 1}, [DLC_TYPE_I8] = {"i8", 1},
    [DLC_TYPE_U8] = {"u8", 1},           [DLC_TYPE_I16] = {"i16", 2},   [DLC_TYPE_U16] = {"u16", 2},
    [DLC_TYPE_I32] = {"i32", 4},         [DLC_TYPE_U32] = {"u32", 4},   [DLC_TYPE_I64] = {"i64", 8},
    [DLC_TYPE_U64] = {"u64", 8},         [DLC_TYPE_F16] = {"f16", 2},   [DLC_TYPE_BF16] = {"bf16", 2},
    [DLC_TYPE_F32] = {"f32", 4},         [DLC_TYPE_F64] = {"f64", 8},
};

static size_t type_index(dlc_type type) {
  size_t index = (size_t)type;
  return index < sizeof(types) / sizeof(types[0]) ? index : DLC_TYPE_INVALID;
}

size_t dlc_type_bytes(dlc_type type) { return types[type_index(type)].bytes; }

const char *dlc_type_name(dlc_type type) { return types[type_index(type)].name; }
