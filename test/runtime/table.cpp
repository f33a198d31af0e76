// Models: sizes for a batch, introspection, and the checks of version, processor
// and tables.
#include "DeviceModels.h"

#include "gtest/gtest.h"

using namespace dlc::test;

namespace {

TEST(Table, RefusesBuffersOf2To31Bytes) {
  ModelBuilder builder([](void *, halide_buffer_t *, dlc_trace_function, int32_t, int32_t) { return 0; });
  builder.input("x", DLC_TYPE_F32, {-1, 1024});
  builder.output("y", DLC_TYPE_F32, {-1, 1});
  // 2^20 bytes an image: 2047 images stay below, 2048 reach 2^31.
  builder.buffer(DLC_SPACE_ARENA, 0, 0, 0, {{0, 262144, 1}, {0, -1, 262144}});
  builder.header[DLC_HEADER_ARENA_PER_BATCH] = 1 << 20;
  const dlc_model &model = builder.finish();
  EXPECT_EQ(dlc_max_batch(&model), 2047);
  EXPECT_EQ(statusOf(model, optionsFor(2048, 1)), DLC_ERROR_TOO_LARGE);
  EXPECT_NE(creationError().find("2^31"), std::string::npos);
  EXPECT_EQ(statusOf(model, optionsFor(INT32_MAX, 1)), DLC_ERROR_TOO_LARGE);
  EXPECT_EQ(statusOf(model, optionsFor(INT64_MAX, 1)), DLC_ERROR_TOO_LARGE);
  EXPECT_EQ(statusOf(model, optionsFor(-1, 1)), DLC_ERROR_ARGUMENT);

  // Inputs count too: 2^12 bytes an image.
  builder.buffers.clear();
  builder.dimensions.clear();
  builder.header[DLC_HEADER_ARENA_PER_BATCH] = 0;
  EXPECT_EQ(dlc_max_batch(&builder.finish()), (1 << 19) - 1);
}

TEST(Table, FixedBatchIsTheOnlyOne) {
  AddNetwork network;
  network.header[DLC_HEADER_BATCH] = 4;
  const dlc_model &model = network.finish();
  EXPECT_EQ(statusOf(model, optionsFor(3, 1)), DLC_ERROR_ARGUMENT);
  EXPECT_NE(creationError().find("batch 4"), std::string::npos);
  SessionPointer session = createSession(model, optionsFor(0, 1));
  ASSERT_TRUE(session);
  EXPECT_EQ(dlc_session_batch(session.get()), 4);
  EXPECT_TRUE(runsRight(session.get()));
  EXPECT_EQ(dlc_max_batch(&model), 4);
}

TEST(Table, ChecksTheObjectsVersionAndProcessor) {
  AddNetwork network;
  network.header[DLC_HEADER_ABI_VERSION] = DLC_ABI_VERSION + 1;
  EXPECT_EQ(statusOf(network.finish(), optionsFor(1, 1)), DLC_ERROR_ABI_VERSION);
  network.header[DLC_HEADER_ABI_VERSION] = DLC_ABI_VERSION;
  network.header[DLC_HEADER_ARCHITECTURE] = 3 - dlc_cpu_architecture();
  EXPECT_EQ(statusOf(network.finish(), optionsFor(1, 1)), DLC_ERROR_CPU);
  network.header[DLC_HEADER_ARCHITECTURE] = dlc_cpu_architecture();

  // What the machine has is accepted, what it lacks is named.
  uint64_t features = dlc_cpu_features();
  network.header[DLC_HEADER_FEATURES] = static_cast<int64_t>(features);
  EXPECT_EQ(statusOf(network.finish(), optionsFor(1, 1)), DLC_OK);
  for (int32_t i = 0; i < DLC_FEATURE_COUNT; ++i) {
    if (features >> i & 1 || !dlc_feature_name(i))
      continue;
    network.header[DLC_HEADER_FEATURES] = INT64_C(1) << i;
    EXPECT_EQ(statusOf(network.finish(), optionsFor(1, 1)), DLC_ERROR_CPU);
    EXPECT_NE(creationError().find(dlc_feature_name(i)), std::string::npos);
  }
  network.header[DLC_HEADER_FEATURES] = INT64_C(1) << 62;
  EXPECT_EQ(statusOf(network.finish(), optionsFor(1, 1)), DLC_ERROR_CPU);
  EXPECT_EQ(dlc_feature_name(-1), nullptr);
  EXPECT_EQ(dlc_feature_name(DLC_FEATURE_COUNT), nullptr);
}

TEST(Table, RefusesDamagedTables) {
  AddNetwork network;
  EXPECT_EQ(statusOf(dlc_model{}, optionsFor(1, 1)), DLC_ERROR_MODEL);
  dlc_session *session;
  EXPECT_EQ(dlc_session_create(nullptr, nullptr, &session), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_session_create(&network.finish(), nullptr, nullptr), DLC_ERROR_ARGUMENT);

  // Every entry of the table set to extreme values: the model is refused or
  // still sound, and whatever happens stays within memory. A run of it would
  // be the kernels' affair.
  size_t size = network.table.size(), refused = 0;
  for (size_t i = 0; i < size; ++i)
    for (int64_t value : {INT64_MIN, INT64_C(-2), INT64_C(1) << 32, INT64_MAX}) {
      if (i == DLC_HEADER_TABLE_LENGTH || i == DLC_HEADER_STRINGS_BYTES)
        continue; // these say how much memory there is
      network.finish();
      network.table[i] = value;
      refused += statusOf(network.model, optionsFor(3, 2)) != DLC_OK;
      dlc_max_batch(&network.model);
      dlc_arena_bytes(&network.model, 3, 2);
    }
  EXPECT_GT(refused, size * 2);

  network.finish();
  network.table[DLC_HEADER_TABLE_LENGTH] = 3;
  EXPECT_EQ(statusOf(network.model, optionsFor(1, 1)), DLC_ERROR_MODEL);
  network.finish();
  network.table[DLC_HEADER_STRINGS_BYTES] = 3; // does not end in NUL
  EXPECT_EQ(statusOf(network.model, optionsFor(1, 1)), DLC_ERROR_MODEL);
  network.finish();
  network.model.weights = nullptr;
  EXPECT_EQ(statusOf(network.model, optionsFor(1, 1)), DLC_ERROR_MODEL);
  network.finish();
  network.model.weights = network.weights + 1;
  EXPECT_EQ(statusOf(network.model, optionsFor(1, 1)), DLC_ERROR_MODEL);
}

TEST(Table, VariantsAreTheSameNetwork) {
  AddObject object;
  ASSERT_EQ(statusOf(object.host.model, optionsOn("cpu")), DLC_OK) << creationError();
  auto expectDamaged = [&](const char *what) {
    EXPECT_EQ(statusOf(object.host.model, optionsOn("cpu")), DLC_ERROR_MODEL) << what;
    EXPECT_NE(creationError().find(what), std::string::npos) << creationError();
    EXPECT_EQ(dlc_input_count(&object.host.model), 0);
    object.finish();
  };
  // Everything that the variants share.
  for (auto [field, what] : {std::pair{DLC_HEADER_ARCHITECTURE, "its processor"},
                             {DLC_HEADER_BATCH, "the batch"},
                             {DLC_HEADER_WEIGHTS_HASH, "the weights"},
                             {DLC_HEADER_WEIGHTS_NAME, "the weights"},
                             {DLC_HEADER_STATE_WEIGHTS, "the training state"}}) {
    object.opencl.table[field] ^= 1;
    expectDamaged(("variant for opencl differs in " + std::string(what)).c_str());
  }
  auto at = [](ModelBuilder &model, dlc_header_field records, dlc_tensor_field field) -> int64_t & {
    return model.table[static_cast<size_t>(model.table[records] + field)];
  };
  at(object.cuda, DLC_HEADER_INPUTS, DLC_TENSOR_NAME) ^= 1;
  expectDamaged("variant for cuda differs in the inputs");
  at(object.cuda, DLC_HEADER_OUTPUTS, DLC_TENSOR_TYPE) = DLC_TYPE_I32;
  expectDamaged("variant for cuda differs in the outputs");
  alignas(DLC_WEIGHTS_ALIGNMENT) static const char other[64] = {};
  object.opencl.model.weights = other;
  expectDamaged("differs in the weights");

  // Places of its own part of the weights.
  object.host.table[DLC_HEADER_OWN_WEIGHTS_BYTES] = 16;
  EXPECT_EQ(statusOf(object.host.model, optionsOn("cpu")), DLC_ERROR_MODEL);
  EXPECT_NE(creationError().find("place of buffer 1"), std::string::npos) << creationError();
  for (int64_t begin : {INT64_C(-64), INT64_C(1), INT64_C(64), INT64_MAX}) {
    object.finish();
    object.opencl.table[DLC_HEADER_OWN_WEIGHTS] = begin;
    expectDamaged("own part of the weights");
  }

  // Kinds, and what a device model has not.
  for (int64_t kind : {INT64_C(-1), INT64_C(0), INT64_C(1), INT64_C(3), INT64_MAX}) {
    object.opencl.table[DLC_HEADER_DEVICE] = kind;
    expectDamaged(kind < 0 || kind > DLC_DEVICE_OPENCL ? "kind of device" : "variant 1");
  }
  object.opencl.table[DLC_HEADER_SCRATCH] = 64;
  expectDamaged("threads of the model for device 2");
  object.opencl.model.variants = object.variants.data();
  expectDamaged("variant 1");
  object.host.table[DLC_HEADER_DEVICE] = DLC_DEVICE_CUDA;
  object.host.table[DLC_HEADER_SCRATCH] = object.host.table[DLC_HEADER_PARALLEL] = 0;
  expectDamaged("variant of another model");
  EXPECT_EQ(statusOf(object.opencl.model, optionsOn("cpu")), DLC_ERROR_MODEL);
}

TEST(Table, ArenaSizeIsExact) {
  AddNetwork network;
  network.header[DLC_HEADER_CALLER_SCRATCH_FIXED] = 128;
  network.header[DLC_HEADER_CALLER_SCRATCH_PER_BATCH] = 64;
  const dlc_model &model = network.finish();
  // fixed + batch * per batch + caller's scratch + threads * scratch.
  EXPECT_EQ(dlc_arena_bytes(&model, 1, 1), 64 + 128 + 128 + 64 + 256);
  EXPECT_EQ(dlc_arena_bytes(&model, 5, 3), 64 + 5 * 128 + 128 + 5 * 64 + 3 * 256);
  EXPECT_EQ(dlc_arena_bytes(&model, 0, 1), dlc_arena_bytes(&model, 1, 1));
  EXPECT_EQ(dlc_arena_bytes(&model, 1, 0), dlc_arena_bytes(&model, 1, dlc_default_threads()));
  EXPECT_EQ(dlc_arena_bytes(&model, -1, 1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_arena_bytes(&model, 1, -1), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_arena_bytes(&model, INT64_MAX, 1), DLC_ERROR_TOO_LARGE);
  EXPECT_EQ(dlc_arena_bytes(nullptr, 1, 1), DLC_ERROR_ARGUMENT);
}

TEST(Table, DescribesInputsAndOutputs) {
  AddNetwork network;
  const dlc_model &model = network.finish();
  EXPECT_STREQ(dlc_model_name(&model), "net");
  EXPECT_EQ(dlc_input_count(&model), 1);
  EXPECT_EQ(dlc_output_count(&model), 2);
  dlc_tensor_info info;
  ASSERT_EQ(dlc_input_info(&model, 0, 5, &info), DLC_OK);
  EXPECT_STREQ(info.name, "x");
  EXPECT_EQ(info.type, DLC_TYPE_F32);
  EXPECT_EQ(info.rank, 2);
  EXPECT_EQ(info.shape[0], 5);
  EXPECT_EQ(info.shape[1], 8);
  EXPECT_EQ(info.shape[2], 0);
  EXPECT_EQ(info.bytes, 5u * 8 * 4);
  ASSERT_EQ(dlc_output_info(&model, 1, 5, &info), DLC_OK);
  EXPECT_STREQ(info.name, "sum");
  EXPECT_EQ(info.bytes, 4u);
  EXPECT_EQ(dlc_input_info(&model, 1, 5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_input_info(&model, -1, 5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_input_info(&model, 0, -5, &info), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_input_info(&model, 0, 5, nullptr), DLC_ERROR_ARGUMENT);
  EXPECT_EQ(dlc_input_info(&model, 0, INT64_MAX, &info), DLC_ERROR_TOO_LARGE);
  dlc_model none = {};
  EXPECT_STREQ(dlc_model_name(&none), "");
  EXPECT_EQ(dlc_input_count(&none), 0);
  EXPECT_EQ(dlc_input_info(&none, 0, 1, &info), DLC_ERROR_MODEL);
}

} // namespace
