// Reading a model's table: checked once, then trusted. See dlc/model.h.
#ifndef DLC_RUNTIME_TABLE_H
#define DLC_RUNTIME_TABLE_H

#include "dlc/model.h"

#pragma GCC visibility push(hidden)

// Why something failed, in words.
typedef struct dlc_message {
  char text[512];
} dlc_message;

// Formats `message` and returns `status`.
dlc_status dlc_fail(dlc_message *message, dlc_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Checks all that does not depend on the batch: that this is a model for this
// version, and that every index, count and string offset in it and in its variants
// is sound.
dlc_status dlc_table_check(const dlc_model *model, dlc_message *message);

// The same for a model without a look at its variants.
dlc_status dlc_table_check_alone(const dlc_model *model, dlc_message *message);

// Checks that this machine can run a model that passed dlc_table_check.
dlc_status dlc_table_check_cpu(const dlc_model *model, dlc_message *message);

// The functions below want a table that passed dlc_table_check.

static inline int64_t dlc_header(const dlc_model *model, enum dlc_header_field field) { return model->table[field]; }

static inline const char *dlc_string(const dlc_model *model, int64_t offset) { return model->strings + offset; }

// Record `index` of the array whose begin the header holds in `begin`.
static inline const int64_t *dlc_record(const dlc_model *model, enum dlc_header_field begin, int64_t length,
                                        int64_t index) {
  return model->table + dlc_header(model, begin) + index * length;
}

// The variant for a kind of device, the model itself for DLC_DEVICE_CPU; null where
// there is none.
const dlc_model *dlc_find_variant(const dlc_model *model, dlc_device_kind kind);

// 0 becomes the default batch; one that the model does not allow is refused.
dlc_status dlc_table_batch(const dlc_model *model, int64_t *batch, dlc_message *message);

// The parts of the arena for a batch.
typedef struct dlc_arena_layout {
  int64_t planned;        // bytes of the memory plan, from offset 0
  int64_t caller_scratch; // bytes of the caller's scratch, behind it
  int64_t scratch;        // bytes of each worker's slice, behind that
  int64_t total;
} dlc_arena_layout;

dlc_status dlc_table_arena(const dlc_model *model, int64_t batch, int32_t threads, dlc_arena_layout *layout,
                           dlc_message *message);

// Checks every tensor and buffer for a batch: below 2^31 bytes, within its
// space, extents and strides that fit Halide's 32 bits.
dlc_status dlc_table_check_batch(const dlc_model *model, int64_t batch, dlc_message *message);

// -k means k times the batch. Saturates instead of overflowing.
int64_t dlc_extent(int64_t extent, int64_t batch);

// fixed + batch * per_batch, or -1 where that is negative or overflows.
int64_t dlc_scaled(int64_t fixed, int64_t per_batch, int64_t batch);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_TABLE_H
