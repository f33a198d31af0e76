// What the host halves of device kernels call: modules, launches, temporaries.
#include "runtime/device.h"

#include <string.h>

// The session of a device model whose run has not failed, or null.
static dlc_session *session_of(void *context, const void *driver) {
  dlc_session *session = ((dlc_worker *)context)->session;
  if (!session->remote || (driver && session->remote->device->driver != driver)) {
    dlc_kernel_error(context, "a kernel wants a device that the session does not have");
    return NULL;
  }
  return session->remote->failed || atomic_load(&session->kernel_failed) ? NULL : session;
}

// Room for one more item, zeroed; null where there is no memory.
static void *append(dlc_session *session, dlc_array *array, size_t item) {
  if ((size_t)(array->count + 1) * item > array->bytes) {
    const dlc_allocator *allocator = &session->allocator;
    size_t bytes = array->bytes ? 2 * array->bytes : 16 * item;
    void *items = allocator->allocate(allocator->context, bytes, 64);
    dlc_message message;
    if (!items) {
      dlc_fail(&message, DLC_ERROR_MEMORY, "no memory for the list of kernels");
      dlc_remote_fail(session, DLC_ERROR_MEMORY, &message);
      return NULL;
    }
    memset(items, 0, bytes);
    if (array->items) {
      memcpy(items, array->items, (size_t)array->count * item);
      allocator->deallocate(allocator->context, array->items, array->bytes);
    }
    array->items = items;
    array->bytes = bytes;
  }
  return (char *)array->items + (size_t)array->count++ * item;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

static dlc_loaded_module *find_module(dlc_remote *remote, const void *state) {
  dlc_loaded_module *modules = remote->modules.items;
  for (int32_t n = 0; n < remote->modules.count; ++n) {
    int32_t i = (remote->next_module + n) % remote->modules.count;
    if (modules[i].state != state)
      continue;
    remote->next_module = i + 1;
    return &modules[i];
  }
  return NULL;
}

// `state` is a static of the object that all its sessions see: it gets the same
// value, its own address, from each of them.
static int initialize_kernels(void *context, const dlc_driver *driver, void **state, const char *source) {
  if (__atomic_load_n(state, __ATOMIC_RELAXED) != (void *)state)
    __atomic_store_n(state, (void *)state, __ATOMIC_RELAXED);
  dlc_session *session = session_of(context, driver);
  if (!session)
    return DLC_ERROR_DEVICE;
  dlc_remote *remote = session->remote;
  if (find_module(remote, state))
    return DLC_OK;
  dlc_message message;
  void *module;
  dlc_status status = driver->load(remote->device, source, &module, &message);
  if (status)
    return dlc_remote_fail(session, status, &message);
  dlc_loaded_module *loaded = append(session, &remote->modules, sizeof(*loaded));
  if (!loaded) {
    driver->unload(remote->device, module);
    return DLC_ERROR_MEMORY;
  }
  loaded->state = state;
  loaded->module = module;
  return DLC_OK;
}

int dlc_rt_cuda_initialize_kernels(void *context, void **state, const char *source, int size) {
  (void)size;
  return initialize_kernels(context, &dlc_cuda_driver, state, source);
}

int dlc_rt_opencl_initialize_kernels(void *context, void **state, const char *source, int size) {
  (void)size;
  return initialize_kernels(context, &dlc_opencl_driver, state, source);
}

// Modules stay until their session ends.
void dlc_rt_cuda_finalize_kernels(void *context, void *state) {
  (void)context;
  (void)state;
}

void dlc_rt_opencl_finalize_kernels(void *context, void *state) {
  (void)context;
  (void)state;
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

// The next launch in the order of the run before, or else wherever it stands.
static dlc_known_launch *find_launch(dlc_remote *remote, const void *state, const char *entry) {
  dlc_known_launch *launches = remote->launches.items;
  for (int32_t n = 0; n < remote->launches.count; ++n) {
    int32_t i = (remote->next_launch + n) % remote->launches.count;
    if (launches[i].state != state || launches[i].entry != entry)
      continue;
    remote->next_launch = i + 1;
    return &launches[i];
  }
  return NULL;
}

// Adds a launch; the function is another's where that launches the same kernel.
static dlc_known_launch *add_launch(dlc_session *session, const void *state, const char *entry) {
  dlc_remote *remote = session->remote;
  const dlc_driver *driver = remote->device->driver;
  const dlc_known_launch *same = find_launch(remote, state, entry);
  void *function = same ? same->function : NULL;
  int is_found = same == NULL;
  if (is_found) {
    const dlc_loaded_module *module = find_module(remote, state);
    dlc_message message;
    dlc_status status = module ? driver->find(remote->device, module->module, entry, &function, &message)
                               : dlc_fail(&message, DLC_ERROR_DEVICE, "'%.80s' belongs to no module", entry);
    if (status) {
      dlc_remote_fail(session, status, &message);
      return NULL;
    }
  }
  dlc_known_launch *launch = append(session, &remote->launches, sizeof(*launch));
  if (launch)
    *launch = (dlc_known_launch){state, entry, function, is_found};
  else if (is_found)
    driver->forget(remote->device, function);
  return launch;
}

// What the device cannot launch is said when the session is created.
static dlc_status check_grid(const dlc_device *device, const dlc_grid *grid, dlc_message *message) {
  uint64_t threads = (uint64_t)grid->threads[0] * grid->threads[1] * grid->threads[2];
  if (threads > device->block_threads)
    return dlc_fail(message, DLC_ERROR_DEVICE, "a block has %llu threads, where the device takes %llu",
                    (unsigned long long)threads, (unsigned long long)device->block_threads);
  if (grid->shared_bytes > device->shared_bytes)
    return dlc_fail(message, DLC_ERROR_DEVICE, "a block needs %u bytes of shared memory, where the device has %llu",
                    grid->shared_bytes, (unsigned long long)device->shared_bytes);
  for (int d = 0; d < 3; ++d)
    if (grid->blocks[d] > device->grid_blocks[d])
      return dlc_fail(message, DLC_ERROR_DEVICE, "a grid has %u blocks along %c, where the device takes %llu",
                      grid->blocks[d], 'x' + d, (unsigned long long)device->grid_blocks[d]);
  return DLC_OK;
}

static int run(void *context, const dlc_driver *driver, const void *state, const char *entry, const int blocks[3],
               const int threads[3], int shared_bytes, const size_t *sizes, void *const *arguments,
               const int8_t *is_buffer) {
  dlc_session *session = session_of(context, driver);
  if (!session)
    return DLC_ERROR_DEVICE;
  dlc_remote *remote = session->remote;
  dlc_known_launch *known = remote->is_preparing ? NULL : find_launch(remote, state, entry);
  if (!known)
    known = add_launch(session, state, entry);
  if (!known)
    return remote->failed;
  dlc_grid grid = {.shared_bytes = (unsigned)shared_bytes,
                   .sizes = sizes,
                   .arguments = arguments, // a descriptor begins with its device address
                   .is_buffer = is_buffer};
  for (int d = 0; d < 3; ++d) {
    if (blocks[d] <= 0 || threads[d] <= 0)
      return DLC_OK; // there is nothing to compute
    grid.blocks[d] = (unsigned)blocks[d];
    grid.threads[d] = (unsigned)threads[d];
  }
  dlc_message message;
  dlc_status status = remote->is_preparing ? check_grid(remote->device, &grid, &message)
                                           : driver->launch(remote->device, known->function, &grid, &message);
  return status ? dlc_remote_fail(session, status, &message) : DLC_OK;
}

_Static_assert(offsetof(struct halide_buffer_t, device) == 0, "a pointer to a descriptor is one to its address");

int dlc_rt_cuda_run(void *context, void *state, const char *entry, int blocks_x, int blocks_y, int blocks_z,
                    int threads_x, int threads_y, int threads_z, int shared_bytes, size_t sizes[], void *arguments[],
                    int8_t is_buffer[]) {
  const int blocks[] = {blocks_x, blocks_y, blocks_z}, threads[] = {threads_x, threads_y, threads_z};
  return run(context, &dlc_cuda_driver, state, entry, blocks, threads, shared_bytes, sizes, arguments, is_buffer);
}

int dlc_rt_opencl_run(void *context, void *state, const char *entry, int blocks_x, int blocks_y, int blocks_z,
                      int threads_x, int threads_y, int threads_z, int shared_bytes, size_t sizes[], void *arguments[],
                      int8_t is_buffer[]) {
  const int blocks[] = {blocks_x, blocks_y, blocks_z}, threads[] = {threads_x, threads_y, threads_z};
  return run(context, &dlc_opencl_driver, state, entry, blocks, threads, shared_bytes, sizes, arguments, is_buffer);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

const void *dlc_rt_cuda_device_interface(void) { return &dlc_cuda_driver; }
const void *dlc_rt_opencl_device_interface(void) { return &dlc_opencl_driver; }

static int64_t bytes_of(const struct halide_buffer_t *buffer) {
  int64_t last = 0;
  for (int32_t d = 0; d < buffer->dimensions; ++d) {
    if (buffer->dim[d].extent <= 0)
      return 0;
    last += (int64_t)(buffer->dim[d].extent - 1) * buffer->dim[d].stride;
  }
  return (last + 1) * ((buffer->type.bits + 7) / 8);
}

// A stack that is given back as a whole: temporaries of a kernel live until its end.
int dlc_rt_device_malloc(void *context, struct halide_buffer_t *buffer, const void *device) {
  dlc_session *session = session_of(context, device);
  if (!session)
    return DLC_ERROR_DEVICE;
  if (buffer->device)
    return DLC_OK;
  dlc_remote *remote = session->remote;
  uint64_t bytes = (uint64_t)DLC_DEVICE_SCRATCH_COST(bytes_of(buffer));
  if (bytes > remote->end - remote->top) {
    dlc_kernel_error(context, "a kernel asked for %llu bytes of device scratch, where %llu of %llu are left",
                     (unsigned long long)bytes, (unsigned long long)(remote->end - remote->top),
                     (unsigned long long)(remote->end - remote->scratch));
    return DLC_ERROR_KERNEL;
  }
  buffer->device = remote->top;
  buffer->device_interface = device;
  remote->top += bytes;
  remote->live++;
  return DLC_OK;
}

int dlc_rt_device_free(void *context, struct halide_buffer_t *buffer) {
  dlc_remote *remote = ((dlc_worker *)context)->session->remote;
  if (!remote || !buffer->device)
    return DLC_OK;
  buffer->device = 0;
  buffer->device_interface = NULL;
  if (--remote->live == 0)
    remote->top = remote->scratch;
  return DLC_OK;
}

void dlc_rt_device_free_as_destructor(void *context, void *buffer) { (void)dlc_rt_device_free(context, buffer); }

int dlc_rt_copy_to_device(void *context, struct halide_buffer_t *buffer, const void *device) {
  dlc_session *session = session_of(context, device);
  if (!session)
    return DLC_ERROR_DEVICE;
  if (buffer->device || session->remote->is_preparing || !bytes_of(buffer))
    return DLC_OK;
  dlc_kernel_error(context, "a kernel's buffer is not on the device");
  return DLC_ERROR_KERNEL;
}

int dlc_rt_copy_to_host(void *context, struct halide_buffer_t *buffer) {
  (void)buffer;
  dlc_kernel_error(context, "a kernel of a device wants data on the host");
  return DLC_ERROR_KERNEL;
}
