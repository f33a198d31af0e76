// Device variants of the models of ModelBuilder.h and TrainingBuilder.h, for tests.
#ifndef DLC_TEST_RUNTIME_DEVICEMODELS_H
#define DLC_TEST_RUNTIME_DEVICEMODELS_H

#include "ModelBuilder.h"

#include <array>
#include <string>

namespace dlc::test {

/// What a driver launches kernels with.
struct Hooks {
  dlc_device_kind kind;
  int (*initialize)(void *context, void **state, const char *source, int size);
  int (*run)(void *context, void *state, const char *entry, int blocksX, int blocksY, int blocksZ, int threadsX,
             int threadsY, int threadsZ, int sharedBytes, size_t sizes[], void *arguments[], int8_t isBuffer[]);
  const void *(*interface)();
};
inline constexpr Hooks cudaHooks = {DLC_DEVICE_CUDA, dlc_rt_cuda_initialize_kernels, dlc_rt_cuda_run,
                                    dlc_rt_cuda_device_interface};
inline constexpr Hooks openclHooks = {DLC_DEVICE_OPENCL, dlc_rt_opencl_initialize_kernels, dlc_rt_opencl_run,
                                      dlc_rt_opencl_device_interface};

/// Launches `entry` of the kernels in `source`, as the host half of a kernel that
/// Halide compiled does: one block of 8 threads for each of `rows` rows.
inline int launch(const Hooks &hooks, void *context, void **state, const std::string &source, const char *entry,
                  int rows, std::initializer_list<halide_buffer_t *> buffers, int32_t scalar, int sharedBytes = 0) {
  if (int result = hooks.initialize(context, state, source.c_str(), static_cast<int>(source.size()) + 1))
    return result;
  std::array<size_t, 8> sizes = {};
  std::array<void *, 8> arguments = {};
  std::array<int8_t, 8> isBuffer = {};
  size_t count = 0;
  for (halide_buffer_t *buffer : buffers) {
    if (int result = dlc_rt_copy_to_device(context, buffer, hooks.interface()))
      return result;
    sizes[count] = 8;
    arguments[count] = buffer;
    isBuffer[count++] = 1;
  }
  sizes[count] = sizeof(scalar);
  arguments[count++] = &scalar;
  return hooks.run(context, *state, entry, rows, 1, 1, 8, 1, 1, sharedBytes, sizes.data(), arguments.data(),
                   isBuffer.data());
}

/// The kernels of AddNetwork's variants. The last argument of a kernel in OpenCL is
/// the memory that a block shares.
inline const std::string &addSource(dlc_device_kind kind) {
  static const std::string opencl = R"(
__kernel void add(__global float *x, __global float *w, __global float *t, int unused, __local int *shared) {
  int i = get_group_id(0) * 8 + get_local_id(0);
  t[i] = x[i] + w[get_local_id(0)];
}
__kernel void copy(__global float *from, __global float *to, int unused, __local int *shared) {
  int i = get_group_id(0) * 8 + get_local_id(0);
  to[i] = from[i];
}
__kernel void twice(__global float *t, __global float *y, __global float *sum, int rows, __local int *shared) {
  if (get_group_id(0) == 0 && get_local_id(0) == 0) {
    float total = 0;
    for (int i = 0; i < rows * 8; ++i) total += (y[i] = 2 * t[i]);
    *sum = total;
  }
}
)";
  static const std::string cuda = "add copy twice";
  return kind == DLC_DEVICE_CUDA ? cuda : opencl;
}

/// AddNetwork for a device, with a temporary between the two steps' kernels:
/// t' = x + w, t = t', y = 2 t, sum.
template <const Hooks &hooks>
class AddVariant : public ModelBuilder {
public:
  explicit AddVariant(const AddNetwork &host) : ModelBuilder(run) {
    for (int field : {DLC_HEADER_WEIGHTS_BYTES, DLC_HEADER_WEIGHTS_HASH, DLC_HEADER_BATCH})
      header[static_cast<size_t>(field)] = host.header[static_cast<size_t>(field)];
    header[DLC_HEADER_DEVICE] = hooks.kind;
    input("x", DLC_TYPE_F32, {-1, width});
    output("y", DLC_TYPE_F32, {-1, width});
    output("sum", DLC_TYPE_F32, {1});
    buffer(DLC_SPACE_INPUT, 0, 0, 0, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_WEIGHTS, 0, 0, 0, {{0, width, 1}});
    buffer(DLC_SPACE_ARENA, 0, 64, 64, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_OUTPUT, 0, 0, 0, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_OUTPUT, 1, 0, 0, {});
    header[DLC_HEADER_ARENA_FIXED] = 64;
    header[DLC_HEADER_ARENA_PER_BATCH] = 128;
    header[DLC_HEADER_CALLER_SCRATCH_PER_BATCH] = 64;
    step("add", "add_8", 8, sizeof(host.weights), 32, 32);
    step("double", "double_8", 16, 0, 32, 36);
  }

  static inline void *state; // the object's
  static inline std::string source = addSource(hooks.kind);

private:
  static constexpr int64_t width = AddNetwork::width;

  static int32_t run(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t, int32_t) {
    int32_t batch = buffers[0].dim[1].extent;
    halide_buffer_t temporary = buffers[2];
    temporary.device = 0;
    void *host = dlc_rt_malloc(context, 0);
    if (int result = dlc_rt_device_malloc(context, &temporary, hooks.interface()))
      return result;
    int result =
        launch(hooks, context, &state, source, "add", batch, {&buffers[0], &buffers[1], &temporary}, 0, 64 * 1024);
    if (!result)
      result = launch(hooks, context, &state, source, "copy", batch, {&temporary, &buffers[2]}, 0);
    dlc_rt_device_free(context, &temporary);
    dlc_rt_free(context, host);
    dlc_rt_device_free_as_destructor(context, &temporary);
    if (result)
      return result;
    if (trace)
      trace(context, 0);
    result = launch(hooks, context, &state, source, "twice", batch, {&buffers[2], &buffers[3], &buffers[4]}, batch);
    if (!result && trace)
      trace(context, 1);
    return result;
  }
};

/// AddNetwork and its variants as one object.
class AddObject {
public:
  AddObject() : cuda(host), opencl(host) { finish(); }

  const dlc_model &finish(bool hasCuda = true, bool hasOpencl = true) {
    const dlc_model &model = host.finish();
    variants = {};
    size_t count = 0;
    if (hasCuda)
      variants[count++] = &cuda.ModelBuilder::finish(host.weights);
    if (hasOpencl)
      variants[count++] = &opencl.ModelBuilder::finish(host.weights);
    host.model.variants = variants.data();
    return model;
  }

  AddNetwork host;
  AddVariant<cudaHooks> cuda;
  AddVariant<openclHooks> opencl;
  std::array<const dlc_model *, 3> variants = {};
};

inline dlc_options optionsOn(const char *device, int64_t batch = 3) {
  dlc_options options = optionsFor(batch, 1);
  options.device = device;
  return options;
}

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_DEVICEMODELS_H
