// The models for several devices that one object holds: that they are the same
// network, and finding one.
#include "runtime/table.h"

#include <string.h>

static dlc_status differs(dlc_message *message, const dlc_model *variant, const char *what) {
  return dlc_fail(message, DLC_ERROR_MODEL, "the model's tables are damaged: its variant for %s differs in %s",
                  dlc_device_kind_name((dlc_device_kind)dlc_header(variant, DLC_HEADER_DEVICE)), what);
}

// Whether two arrays of records hold the same, but for field `free`. A record's
// first field is a name.
static int same_records(const dlc_model *model, const dlc_model *variant, enum dlc_header_field count,
                        enum dlc_header_field begin, int64_t length, int64_t free) {
  if (dlc_header(model, count) != dlc_header(variant, count))
    return 0;
  for (int64_t i = 0; i < dlc_header(model, count); ++i) {
    const int64_t *one = dlc_record(model, begin, length, i), *other = dlc_record(variant, begin, length, i);
    if (strcmp(dlc_string(model, one[0]), dlc_string(variant, other[0])) != 0)
      return 0;
    for (int64_t field = 1; field < length; ++field)
      if (field != free && one[field] != other[field])
        return 0;
  }
  return 1;
}

static dlc_status check_variant(const dlc_model *model, const dlc_model *variant, dlc_message *message) {
  static const struct {
    enum dlc_header_field first, last;
    const char *what;
  } equal[] = {{DLC_HEADER_ARCHITECTURE, DLC_HEADER_ARCHITECTURE, "its processor"},
               {DLC_HEADER_BATCH, DLC_HEADER_BATCH, "the batch"},
               {DLC_HEADER_WEIGHTS_BYTES, DLC_HEADER_WEIGHTS_EXTERNAL, "the weights"},
               {DLC_HEADER_STATE_BYTES, DLC_HEADER_STATE_GRADIENTS, "the training state"}};
  for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); ++i)
    for (int field = equal[i].first; field <= (int)equal[i].last; ++field)
      if (dlc_header(model, (enum dlc_header_field)field) != dlc_header(variant, (enum dlc_header_field)field))
        return differs(message, variant, equal[i].what);
  if (model->weights != variant->weights || strcmp(dlc_string(model, dlc_header(model, DLC_HEADER_WEIGHTS_NAME)),
                                                   dlc_string(variant, dlc_header(variant, DLC_HEADER_WEIGHTS_NAME))))
    return differs(message, variant, "the weights");

  static const struct {
    enum dlc_header_field count, begin;
    int64_t length, free;
    const char *what;
  } arrays[] = {
      {DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, -1, "the inputs"},
      {DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS, DLC_TENSOR_LENGTH, -1, "the outputs"},
      {DLC_HEADER_VARIABLE_COUNT, DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, DLC_VARIABLE_READY, "the variables"},
      {DLC_HEADER_SLOT_COUNT, DLC_HEADER_SLOTS, DLC_SLOT_LENGTH, -1, "the slots"}};
  for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); ++i)
    if (!same_records(model, variant, arrays[i].count, arrays[i].begin, arrays[i].length, arrays[i].free))
      return differs(message, variant, arrays[i].what);
  return DLC_OK;
}

dlc_status dlc_table_check(const dlc_model *model, dlc_message *message) {
  dlc_status status = dlc_table_check_alone(model, message);
  if (status)
    return status;
  if (dlc_header(model, DLC_HEADER_DEVICE) != DLC_DEVICE_CPU)
    return dlc_fail(message, DLC_ERROR_MODEL, "the model's tables are damaged: it is a variant of another model");
  unsigned seen = 1u << DLC_DEVICE_CPU;
  for (int64_t i = 0; model->variants && model->variants[i]; ++i) {
    const dlc_model *variant = model->variants[i];
    status = dlc_table_check_alone(variant, message);
    if (status)
      return status;
    unsigned bit = 1u << dlc_header(variant, DLC_HEADER_DEVICE);
    if ((seen & bit) || variant->variants)
      return dlc_fail(message, DLC_ERROR_MODEL, "the model's tables are damaged: variant %lld", (long long)i);
    seen |= bit;
    status = check_variant(model, variant, message);
    if (status)
      return status;
  }
  return DLC_OK;
}

const dlc_model *dlc_find_variant(const dlc_model *model, dlc_device_kind kind) {
  if (kind == DLC_DEVICE_CPU)
    return model;
  for (int64_t i = 0; model->variants && model->variants[i]; ++i)
    if (dlc_header(model->variants[i], DLC_HEADER_DEVICE) == (int64_t)kind)
      return model->variants[i];
  return NULL;
}
