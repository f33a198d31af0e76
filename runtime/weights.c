// External weights: the file is mapped and must be the one that the model was
// compiled with.
#include "runtime/session.h"

dlc_status dlc_weights_open(const dlc_model *model, const char *path, const dlc_allocator *allocator,
                            dlc_safetensors **result, const char **weights, dlc_message *message) {
  if (!path)
    path = dlc_string(model, dlc_header(model, DLC_HEADER_WEIGHTS_NAME));
  dlc_safetensors_error error;
  dlc_safetensors *file;
  dlc_status status = dlc_safetensors_open(path, allocator, &file, &error);
  if (status && error.offset >= 0)
    return dlc_fail(message, status, "weights file '%.200s', byte %lld: %s", path, (long long)error.offset,
                    error.message);
  if (status)
    return dlc_fail(message, status, "weights file '%.200s': %s", path, error.message);

  size_t bytes;
  const void *data = dlc_safetensors_data(file, &bytes);
  int64_t wanted = dlc_header(model, DLC_HEADER_WEIGHTS_BYTES);
  uint64_t hash = (uint64_t)dlc_header(model, DLC_HEADER_WEIGHTS_HASH);
  if ((int64_t)bytes != wanted)
    status = dlc_fail(message, DLC_ERROR_WEIGHTS,
                      "weights file '%.200s' holds %lld bytes of weights, but "
                      "the model was compiled with %lld",
                      path, (long long)bytes, (long long)wanted);
  else if ((uintptr_t)data % DLC_WEIGHTS_ALIGNMENT)
    status = dlc_fail(message, DLC_ERROR_WEIGHTS, "the weights in '%.200s' are not aligned to %d bytes", path,
                      DLC_WEIGHTS_ALIGNMENT);
  else if (dlc_hash64(data, bytes) != hash)
    status = dlc_fail(message, DLC_ERROR_WEIGHTS,
                      "weights file '%.200s' is not the one that the model was "
                      "compiled with: its contents differ",
                      path);
  if (status) {
    dlc_safetensors_close(file);
    return status;
  }
  *result = file;
  *weights = data;
  return DLC_OK;
}
