// What the public interface tells about a model without a session.
#include "runtime/table.h"

const char *dlc_model_name(const dlc_model *model) {
  dlc_message message;
  if (dlc_table_check(model, &message))
    return "";
  return dlc_string(model, dlc_header(model, DLC_HEADER_NAME));
}

static int32_t count(const dlc_model *model, enum dlc_header_field field) {
  dlc_message message;
  if (dlc_table_check(model, &message))
    return 0;
  return (int32_t)dlc_header(model, field);
}

int32_t dlc_input_count(const dlc_model *model) { return count(model, DLC_HEADER_INPUT_COUNT); }

int32_t dlc_output_count(const dlc_model *model) { return count(model, DLC_HEADER_OUTPUT_COUNT); }

int32_t dlc_model_supports(const dlc_model *model, dlc_device_kind kind) {
  dlc_message message;
  return !dlc_table_check(model, &message) && dlc_find_variant(model, kind) != NULL;
}

static dlc_status tensor_info(const dlc_model *model, enum dlc_header_field begin, int32_t tensors, int32_t index,
                              int64_t batch, dlc_tensor_info *info) {
  dlc_message message;
  dlc_status status = dlc_table_check(model, &message);
  if (status)
    return status;
  if (index < 0 || index >= tensors || !info)
    return DLC_ERROR_ARGUMENT;
  status = dlc_table_batch(model, &batch, &message);
  if (status)
    return status;

  const int64_t *tensor = dlc_record(model, begin, DLC_TENSOR_LENGTH, index);
  int64_t bytes = dlc_scaled(tensor[DLC_TENSOR_BYTES_FIXED], tensor[DLC_TENSOR_BYTES_PER_BATCH], batch);
  if (bytes < 0)
    return DLC_ERROR_TOO_LARGE;
  info->name = dlc_string(model, tensor[DLC_TENSOR_NAME]);
  info->type = (dlc_type)tensor[DLC_TENSOR_TYPE];
  info->rank = (int32_t)tensor[DLC_TENSOR_RANK];
  for (int32_t d = 0; d < DLC_MAX_RANK; ++d)
    info->shape[d] = d < info->rank ? dlc_extent(tensor[DLC_TENSOR_DIMS + d], batch) : 0;
  info->bytes = (size_t)bytes;
  return DLC_OK;
}

dlc_status dlc_input_info(const dlc_model *model, int32_t index, int64_t batch, dlc_tensor_info *info) {
  return tensor_info(model, DLC_HEADER_INPUTS, dlc_input_count(model), index, batch, info);
}

dlc_status dlc_output_info(const dlc_model *model, int32_t index, int64_t batch, dlc_tensor_info *info) {
  return tensor_info(model, DLC_HEADER_OUTPUTS, dlc_output_count(model), index, batch, info);
}

int64_t dlc_arena_bytes(const dlc_model *model, int64_t batch, int32_t threads) {
  dlc_message message;
  dlc_arena_layout layout;
  dlc_status status = dlc_table_check(model, &message);
  if (!status)
    status = dlc_table_batch(model, &batch, &message);
  if (!status && (threads < 0 || threads > DLC_MAX_THREADS))
    status = DLC_ERROR_ARGUMENT;
  if (!status)
    status = dlc_table_arena(model, batch, threads ? threads : dlc_default_threads(), &layout, &message);
  return status ? (int64_t)status : layout.total;
}

int64_t dlc_max_batch(const dlc_model *model) {
  dlc_message message;
  dlc_arena_layout layout;
  dlc_status status = dlc_table_check(model, &message);
  if (status)
    return status;
  int64_t fixed = dlc_header(model, DLC_HEADER_BATCH);
  // The largest batch that is allowed; sizes only grow with it.
  int64_t low = fixed ? fixed : 1, high = fixed ? fixed : INT32_MAX;
  status = dlc_table_check_batch(model, low, &message);
  if (!status)
    status = dlc_table_arena(model, low, 1, &layout, &message);
  if (status)
    return status;
  while (low < high) {
    int64_t middle = low + (high - low + 1) / 2;
    if (!dlc_table_check_batch(model, middle, &message) && !dlc_table_arena(model, middle, 1, &layout, &message))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}
