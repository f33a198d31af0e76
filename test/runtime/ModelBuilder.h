// Builds models by hand for the runtime's tests: the table that the compiler
// would write, with a C function as the driver.
#ifndef DLC_TEST_RUNTIME_MODELBUILDER_H
#define DLC_TEST_RUNTIME_MODELBUILDER_H

#include "dlc/model.h"
#include "runtime/halide.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace dlc::test {

using Driver = int32_t (*)(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin,
                           int32_t end);

struct Dimension {
  int64_t min, extent, stride;
};

/// A table under construction. `header` holds the fields that are no counts or
/// positions of arrays; finish() fills those in.
class ModelBuilder {
public:
  explicit ModelBuilder(Driver driver) : driver(driver) {
    header[DLC_HEADER_MAGIC] = DLC_MODEL_MAGIC;
    header[DLC_HEADER_ABI_VERSION] = DLC_ABI_VERSION;
    header[DLC_HEADER_ARCHITECTURE] = dlc_cpu_architecture();
    header[DLC_HEADER_NAME] = text("net");
  }

  int64_t text(const std::string &value) {
    int64_t offset = static_cast<int64_t>(strings.size());
    strings += value;
    strings += '\0';
    return offset;
  }

  void input(const std::string &name, dlc_type type, const std::vector<int64_t> &shape) {
    tensor(inputs, name, type, shape);
  }
  void output(const std::string &name, dlc_type type, const std::vector<int64_t> &shape) {
    tensor(outputs, name, type, shape);
  }

  /// An f32 buffer; returns its index.
  int32_t buffer(dlc_space space, int64_t index, int64_t offsetFixed, int64_t offsetPerBatch,
                 const std::vector<Dimension> &dims) {
    std::array<int64_t, DLC_BUFFER_LENGTH> record = {};
    record[DLC_BUFFER_SPACE] = space;
    record[DLC_BUFFER_INDEX] = index;
    record[DLC_BUFFER_OFFSET_FIXED] = offsetFixed;
    record[DLC_BUFFER_OFFSET_PER_BATCH] = offsetPerBatch;
    record[DLC_BUFFER_TYPE_CODE] = 2;
    record[DLC_BUFFER_TYPE_BITS] = 32;
    record[DLC_BUFFER_RANK] = static_cast<int64_t>(dims.size());
    record[DLC_BUFFER_DIMENSION] = static_cast<int64_t>(dimensions.size() / DLC_DIMENSION_LENGTH);
    for (const Dimension &dim : dims)
      dimensions.insert(dimensions.end(), {dim.min, dim.extent, dim.stride});
    buffers.insert(buffers.end(), record.begin(), record.end());
    return static_cast<int32_t>(buffers.size() / DLC_BUFFER_LENGTH) - 1;
  }

  void step(const std::string &name, const std::string &kernel, int64_t flops, int64_t weightBytes, int64_t bytesRead,
            int64_t bytesWritten) {
    steps.insert(steps.end(), {text(name), text(kernel), flops, weightBytes, bytesRead, bytesWritten});
  }

  void setDriver(Driver other) { driver = other; }

  /// A tensor of the training state.
  void variable(const std::string &name, dlc_type type, int64_t place, bool trained, int64_t ready,
                const std::vector<int64_t> &shape) {
    std::array<int64_t, DLC_VARIABLE_LENGTH> record = {text(name), type,  place,
                                                       trained,    ready, static_cast<int64_t>(shape.size())};
    std::copy(shape.begin(), shape.end(), record.begin() + DLC_VARIABLE_DIMS);
    variables.insert(variables.end(), record.begin(), record.end());
  }
  void slot(const std::string &name, int64_t place) { slots.insert(slots.end(), {text(name), place}); }

  /// An input of one element with a default.
  void hyper(const std::string &name, dlc_type type, double value) {
    input(name, type, {1, 1});
    std::memcpy(&inputs[inputs.size() - DLC_TENSOR_LENGTH + DLC_TENSOR_DEFAULT], &value, sizeof(value));
  }

  /// The model, valid as long as this builder and unchanged.
  const dlc_model &finish(const void *weights = nullptr) {
    table.assign(header.begin(), header.end());
    append(DLC_HEADER_INPUT_COUNT, DLC_HEADER_INPUTS, inputs, DLC_TENSOR_LENGTH);
    append(DLC_HEADER_OUTPUT_COUNT, DLC_HEADER_OUTPUTS, outputs, DLC_TENSOR_LENGTH);
    append(DLC_HEADER_BUFFER_COUNT, DLC_HEADER_BUFFERS, buffers, DLC_BUFFER_LENGTH);
    append(DLC_HEADER_DIMENSION_COUNT, DLC_HEADER_DIMENSIONS, dimensions, DLC_DIMENSION_LENGTH);
    append(DLC_HEADER_STEP_COUNT, DLC_HEADER_STEPS, steps, DLC_STEP_LENGTH);
    append(DLC_HEADER_VARIABLE_COUNT, DLC_HEADER_VARIABLES, variables, DLC_VARIABLE_LENGTH);
    append(DLC_HEADER_SLOT_COUNT, DLC_HEADER_SLOTS, slots, DLC_SLOT_LENGTH);
    table[DLC_HEADER_TABLE_LENGTH] = static_cast<int64_t>(table.size());
    table[DLC_HEADER_STRINGS_BYTES] = static_cast<int64_t>(strings.size());
    model.table = table.data();
    model.strings = strings.data();
    model.run = driver;
    model.weights = weights;
    model.variants = nullptr;
    // All of the weights are its own, where a test does not say otherwise.
    if (!header[DLC_HEADER_OWN_WEIGHTS_BYTES])
      table[DLC_HEADER_OWN_WEIGHTS_BYTES] = header[DLC_HEADER_WEIGHTS_BYTES];
    return model;
  }

  std::array<int64_t, DLC_HEADER_LENGTH> header = {};
  std::vector<int64_t> inputs, outputs, buffers, dimensions, steps, variables, slots;
  std::vector<int64_t> table; // of the finished model; tests damage it
  std::string strings = std::string(1, '\0');
  dlc_model model = {};

private:
  void tensor(std::vector<int64_t> &records, const std::string &name, dlc_type type,
              const std::vector<int64_t> &shape) {
    std::array<int64_t, DLC_TENSOR_LENGTH> record = {};
    int64_t bytes = static_cast<int64_t>(dlc_type_bytes(type));
    bool hasBatch = false;
    record[DLC_TENSOR_NAME] = text(name);
    record[DLC_TENSOR_TYPE] = type;
    record[DLC_TENSOR_RANK] = static_cast<int64_t>(shape.size());
    for (size_t i = 0; i < shape.size(); ++i) {
      record[DLC_TENSOR_DIMS + i] = shape[i];
      hasBatch |= shape[i] == -1;
      bytes *= shape[i] == -1 ? 1 : shape[i];
    }
    record[hasBatch ? DLC_TENSOR_BYTES_PER_BATCH : DLC_TENSOR_BYTES_FIXED] = bytes;
    records.insert(records.end(), record.begin(), record.end());
  }

  void append(dlc_header_field count, dlc_header_field begin, const std::vector<int64_t> &records, size_t length) {
    table[count] = static_cast<int64_t>(records.size() / length);
    table[begin] = static_cast<int64_t>(table.size());
    table.insert(table.end(), records.begin(), records.end());
  }

  Driver driver;
};

/// The network of most tests: x (batch, 8) -> t = x + w in the arena, by a
/// parallel loop over the images -> y = 2 t (batch, 8) -> and the sum of y's
/// images in a second output (1).
/// Buffers: 0 x, 1 w, 2 t, 3 y, 4 sum.
class AddNetwork : public ModelBuilder {
public:
  static constexpr int64_t width = 8;

  AddNetwork() : ModelBuilder(run) {
    input("x", DLC_TYPE_F32, {-1, width});
    output("y", DLC_TYPE_F32, {-1, width});
    output("sum", DLC_TYPE_F32, {1});
    buffer(DLC_SPACE_INPUT, 0, 0, 0, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_WEIGHTS, 0, 0, 0, {{0, width, 1}});
    buffer(DLC_SPACE_ARENA, 0, 64, 64, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_OUTPUT, 0, 0, 0, {{0, width, 1}, {0, -1, width}});
    buffer(DLC_SPACE_OUTPUT, 1, 0, 0, {});
    // An unused first part, so that t's place moves with the batch.
    header[DLC_HEADER_ARENA_FIXED] = 64;
    header[DLC_HEADER_ARENA_PER_BATCH] = 128;
    header[DLC_HEADER_SCRATCH] = 256;
    header[DLC_HEADER_PARALLEL] = 1;
    header[DLC_HEADER_WEIGHTS_BYTES] = sizeof(weights);
    header[DLC_HEADER_WEIGHTS_HASH] = static_cast<int64_t>(dlc_hash64(weights, sizeof(weights)));
    step("add", "add_8", 8, sizeof(weights), 32, 32);
    step("double", "double_8", 16, 0, 32, 36);
  }

  const dlc_model &finish() { return ModelBuilder::finish(weights); }

  alignas(DLC_WEIGHTS_ALIGNMENT) float weights[width] = {1, 2, 3, 4, 5, 6, 7, 8};

private:
  static int addImage(void *context, int image, uint8_t *closure) {
    auto *buffers = reinterpret_cast<halide_buffer_t *>(closure);
    auto *x = reinterpret_cast<float *>(buffers[0].host) + image * width;
    auto *w = reinterpret_cast<float *>(buffers[1].host);
    auto *t = reinterpret_cast<float *>(buffers[2].host) + image * width;
    auto *scratch = static_cast<float *>(dlc_rt_malloc(context, static_cast<size_t>(width) * sizeof(float)));
    for (int64_t i = 0; i < width; ++i)
      scratch[i] = x[i] + w[i];
    for (int64_t i = 0; i < width; ++i)
      t[i] = scratch[i];
    dlc_rt_free(context, scratch);
    return 0;
  }

  static int32_t run(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t, int32_t) {
    int32_t batch = buffers[0].dim[1].extent;
    if (int result = dlc_rt_do_par_for(context, addImage, 0, batch, reinterpret_cast<uint8_t *>(buffers)))
      return result;
    if (trace)
      trace(context, 0);
    auto *t = reinterpret_cast<float *>(buffers[2].host);
    auto *y = reinterpret_cast<float *>(buffers[3].host);
    auto *sum = reinterpret_cast<float *>(buffers[4].host);
    *sum = 0;
    for (int64_t i = 0; i < batch * width; ++i) {
      y[i] = 2 * t[i];
      *sum += y[i];
    }
    if (trace)
      trace(context, 1);
    return 0;
  }
};

struct DestroySession {
  void operator()(dlc_session *session) const { dlc_session_destroy(session); }
};
struct DestroyPool {
  void operator()(dlc_pool *pool) const { dlc_pool_destroy(pool); }
};
using SessionPointer = std::unique_ptr<dlc_session, DestroySession>;
using PoolPointer = std::unique_ptr<dlc_pool, DestroyPool>;

/// Creates a session that must succeed; null where it does not.
inline SessionPointer createSession(const dlc_model &model, const dlc_options &options) {
  dlc_session *session = nullptr;
  dlc_session_create(&model, &options, &session);
  return SessionPointer(session);
}

inline PoolPointer createPool(int32_t threads) {
  dlc_pool *pool = nullptr;
  dlc_pool_create(threads, nullptr, &pool);
  return PoolPointer(pool);
}

/// The result of creating a session, which is destroyed again.
inline dlc_status statusOf(const dlc_model &model, const dlc_options &options) {
  dlc_session *session = nullptr;
  dlc_status status = dlc_session_create(&model, &options, &session);
  dlc_session_destroy(session);
  return status;
}

/// Why the last creation failed.
inline std::string creationError() { return dlc_session_error(nullptr); }

inline dlc_options optionsFor(int64_t batch, int32_t threads) {
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = batch;
  options.threads = threads;
  return options;
}

/// Runs AddNetwork on x[i] = i + offset; whether both outputs are right.
inline bool runsRight(dlc_session *session, float offset = 0) {
  size_t count = static_cast<size_t>(dlc_session_batch(session)) * AddNetwork::width;
  std::vector<float> x(count), y(count, -1);
  float sum = -1, expectedSum = 0;
  for (size_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(i % 64) + offset;
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data(), &sum};
  if (dlc_run(session, inputs, outputs))
    return false;
  for (size_t i = 0; i < count; ++i) {
    float expected = 2 * (x[i] + static_cast<float>(i % AddNetwork::width + 1));
    expectedSum += expected;
    if (y[i] != expected)
      return false;
  }
  return sum == expectedSum;
}

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_MODELBUILDER_H
