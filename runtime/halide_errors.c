// What kernels call when one of their assertions fails. Release kernels have
// none; those compiled with assertions say here what went wrong.
#include "runtime/session.h"

#include <stdarg.h>
#include <stdio.h>

void dlc_kernel_error(dlc_worker *worker, const char *format, ...) {
  dlc_session *session = worker->session;
  if (atomic_exchange(&session->kernel_failed, 1))
    return;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(session->error.text, sizeof(session->error.text), format, arguments);
  va_end(arguments);
}

// Halide's names, arguments and (negative) results; any will do for us.
enum { FAILED = -1 };
#define HOOK(name, ...)                                                                                                \
  int dlc_rt_error_##name(void *context, __VA_ARGS__);                                                                 \
  int dlc_rt_error_##name(void *context, __VA_ARGS__)
#define REPORT(...) (dlc_kernel_error(context, __VA_ARGS__), FAILED)

void dlc_rt_error(void *context, const char *text);
void dlc_rt_error(void *context, const char *text) { dlc_kernel_error(context, "%s", text); }

int dlc_rt_error_out_of_memory(void *context);
int dlc_rt_error_out_of_memory(void *context) { return REPORT("a kernel ran out of scratch"); }

HOOK(buffer_argument_is_null, const char *name) { return REPORT("buffer '%s' is null", name); }

HOOK(host_is_null, const char *name) { return REPORT("the host pointer of '%s' is null", name); }

HOOK(bad_type, const char *name, uint32_t given, uint32_t wanted) {
  return REPORT("'%s' has type %08x instead of %08x", name, given, wanted);
}

HOOK(bad_dimensions, const char *name, int32_t given, int32_t wanted) {
  return REPORT("'%s' has %d dimensions instead of %d", name, given, wanted);
}

HOOK(access_out_of_bounds, const char *name, int dimension, int min_touched, int max_touched, int min_valid,
     int max_valid) {
  return REPORT("'%s' is used from %d to %d in dimension %d, where it has %d "
                "to %d",
                name, min_touched, max_touched, dimension, min_valid, max_valid);
}

HOOK(explicit_bounds_too_small, const char *function, const char *variable, int min_bound, int max_bound,
     int min_required, int max_required) {
  return REPORT("'%s' is bounded to %d to %d in '%s' but needed from %d to %d", function, min_bound, max_bound,
                variable, min_required, max_required);
}

HOOK(constraint_violated, const char *name, int value, const char *wanted, int wanted_value) {
  return REPORT("%s is %d, but %s is %d", name, value, wanted, wanted_value);
}

HOOK(buffer_allocation_too_large, const char *name, uint64_t size, uint64_t limit) {
  return REPORT("'%s' takes %llu bytes, more than %llu", name, (unsigned long long)size, (unsigned long long)limit);
}

HOOK(buffer_extents_negative, const char *name, int dimension, int extent) {
  return REPORT("'%s' has extent %d in dimension %d", name, extent, dimension);
}

HOOK(buffer_extents_too_large, const char *name, int64_t size, int64_t limit) {
  return REPORT("'%s' has %lld elements, more than %lld", name, (long long)size, (long long)limit);
}

HOOK(constraints_make_required_region_smaller, const char *name, int dimension, int min, int extent, int required_min,
     int required_extent) {
  return REPORT("'%s' is constrained to %d elements from %d in dimension %d but "
                "%d from %d are needed",
                name, extent, min, dimension, required_extent, required_min);
}

HOOK(device_dirty_with_no_device_support, const char *name) { return REPORT("'%s' lies on a device", name); }

HOOK(unaligned_host_ptr, const char *name, int alignment) {
  return REPORT("'%s' is not aligned to %d bytes", name, alignment);
}

HOOK(fold_factor_too_small, const char *function, const char *variable, int factor, const char *loop, int required) {
  return REPORT("'%s' is folded by %d in '%s' but loop '%s' needs %d", function, factor, variable, loop, required);
}

HOOK(storage_bound_too_small, const char *function, const char *variable, int provided, int required) {
  return REPORT("the storage of '%s' has %d elements in '%s' but needs %d", function, provided, variable, required);
}

HOOK(requirement_failed, const char *condition, const char *text) {
  return REPORT("requirement (%s) failed: %s", condition, text);
}

HOOK(specialize_fail, const char *text) { return REPORT("%s", text); }
