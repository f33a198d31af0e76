// Which devices there are, and which of them a session takes.
#include "runtime/device.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const dlc_driver *dlc_find_driver(dlc_device_kind kind) {
  switch (kind) {
  case DLC_DEVICE_CUDA:
    return &dlc_cuda_driver;
  case DLC_DEVICE_OPENCL:
    return &dlc_opencl_driver;
  default:
    return NULL;
  }
}

dlc_status dlc_load_library(const char *what, const char *const *names, const dlc_symbol *symbols, size_t count,
                            dlc_message *message) {
  void *library = NULL;
  char first[200] = "";
  for (int i = 0; names[i] && !library; ++i) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    const char *error = library ? NULL : dlerror();
    if (!*first)
      snprintf(first, sizeof(first), "%s", error ? error : names[i]);
  }
  if (!library)
    return dlc_fail(message, DLC_ERROR_DEVICE, "there is no %s driver: %s", what, first);
  for (size_t i = 0; i < count; ++i) {
    void *symbol = dlsym(library, symbols[i].name);
    if (!symbol) {
      dlclose(library);
      return dlc_fail(message, DLC_ERROR_DEVICE, "the %s driver is too old: it has no %s", what, symbols[i].name);
    }
    memcpy(symbols[i].address, &symbol, sizeof(symbol));
  }
  return DLC_OK;
}

dlc_status dlc_start_once(dlc_startup *startup, void (*start)(void), dlc_message *message) {
  pthread_once(&startup->once, start);
  if (startup->status)
    *message = startup->message;
  return startup->status;
}

dlc_status dlc_device_allocate(dlc_device *device, size_t bytes, uint64_t *address, dlc_message *message) {
  dlc_status status = device->driver->allocate(device, bytes, address, message);
  device->allocated += status ? 0 : bytes;
  return status;
}

//===----------------------------------------------------------------------===//
// Choosing one
//===----------------------------------------------------------------------===//

// "cuda", "cuda:12": the kind, and the number or -1; 0 where it is no such name.
static int parse_name(const char *name, dlc_device_kind *kind, int32_t *index) {
  for (int k = DLC_DEVICE_CPU; k <= DLC_DEVICE_OPENCL; ++k) {
    const char *kind_name = dlc_device_kind_name((dlc_device_kind)k);
    size_t length = strlen(kind_name);
    if (strncmp(name, kind_name, length) != 0)
      continue;
    *kind = (dlc_device_kind)k;
    *index = -1;
    const char *digit = name + length;
    if (!*digit)
      return 1;
    if (k == DLC_DEVICE_CPU || *digit != ':' || !digit[1])
      return 0;
    for (*index = 0; *++digit; *index = *index * 10 + (*digit - '0'))
      if (*digit < '0' || *digit > '9' || *index > 100000)
        return 0;
    return 1;
  }
  return 0;
}

// The first device that is no CPU, or -1.
static int32_t first_accelerator(const dlc_driver *driver, int32_t count) {
  dlc_message message;
  dlc_device_info info;
  for (int32_t i = 0; i < count; ++i)
    if (!driver->describe(i, &info, &message) && !info.is_cpu)
      return i;
  return -1;
}

// A device of a kind; of any number where `index` is negative.
static dlc_status find_device(dlc_device_kind kind, int32_t index, dlc_choice *choice, dlc_message *message) {
  const char *name = dlc_device_kind_name(kind);
  const dlc_driver *driver = dlc_find_driver(kind);
  int32_t count;
  dlc_status status = driver->count(&count, message);
  if (status)
    return status;
  if (count == 0)
    return dlc_fail(message, DLC_ERROR_DEVICE, "the %s driver finds no device", name);
  if (index >= count)
    return dlc_fail(message, DLC_ERROR_DEVICE, "there is no device %s:%d, the last one is %s:%d", name, index, name,
                    count - 1);
  choice->driver = driver;
  choice->index = index < 0 ? first_accelerator(driver, count) : index;
  if (choice->index < 0)
    choice->index = 0;
  return DLC_OK;
}

static dlc_status no_device(const char *name, const char *others, dlc_message *message) {
  return dlc_fail(message, DLC_ERROR_ARGUMENT, "'%.40s' is no device; they are called %scuda, cuda:0, opencl, opencl:0",
                  name, others);
}

dlc_status dlc_describe_device(const char *name, dlc_device_info *info, dlc_message *message) {
  dlc_device_kind kind;
  int32_t index;
  dlc_choice choice;
  if (!parse_name(name, &kind, &index) || kind == DLC_DEVICE_CPU)
    return no_device(name, "", message);
  dlc_status status = find_device(kind, index, &choice, message);
  return status ? status : choice.driver->describe(choice.index, info, message);
}

dlc_status dlc_choose_device(const dlc_model *model, const dlc_options *options, dlc_choice *choice,
                             dlc_message *message) {
  choice->driver = NULL;
  choice->index = 0;
  dlc_device_kind kind = DLC_DEVICE_CPU;
  int32_t index = -1;
  int is_named = options->device && strcmp(options->device, "auto") != 0;
  if (is_named && !parse_name(options->device, &kind, &index))
    return no_device(options->device, "auto, cpu, ", message);
  if (options->stream && is_named && index >= 0)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "a stream has its device: name %s, without a number",
                    dlc_device_kind_name(kind));
  if (options->stream && !is_named) {
    if (!model->variants || !model->variants[0] || model->variants[1])
      return dlc_fail(message, DLC_ERROR_ARGUMENT,
                      "with a stream, name the kind of its device, unless the network was compiled for just one");
    kind = (dlc_device_kind)dlc_header(model->variants[0], DLC_HEADER_DEVICE);
    is_named = 1;
  }
  if (kind == DLC_DEVICE_CPU && is_named && options->stream)
    return dlc_fail(message, DLC_ERROR_ARGUMENT, "the CPU takes no stream");
  if (kind != DLC_DEVICE_CPU) {
    if (options->arena)
      return dlc_fail(message, DLC_ERROR_ARGUMENT, "a session on a device takes no arena, which is memory of the host");
    if (!dlc_find_variant(model, kind))
      return dlc_fail(message, DLC_ERROR_DEVICE, "'%.80s' was not compiled for %s",
                      dlc_string(model, dlc_header(model, DLC_HEADER_NAME)), dlc_device_kind_name(kind));
    return find_device(kind, index, choice, message);
  }
  if (is_named || options->arena)
    return DLC_OK;
  for (int64_t i = 0; model->variants && model->variants[i] && !choice->driver; ++i) {
    const dlc_driver *driver = dlc_find_driver((dlc_device_kind)dlc_header(model->variants[i], DLC_HEADER_DEVICE));
    dlc_message unused;
    int32_t count, first;
    if (!driver->count(&count, &unused) && (first = first_accelerator(driver, count)) >= 0) {
      choice->driver = driver;
      choice->index = first;
    }
  }
  return DLC_OK;
}
