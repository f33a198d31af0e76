// External weights: the file must be there and be the right one.
#include "Files.h"
#include "ModelBuilder.h"

#include "gtest/gtest.h"

using namespace dlc::test;

namespace {

// AddNetwork with its weights in a file.
class External : public AddNetwork {
public:
  explicit External(const std::string &path) {
    header[DLC_HEADER_WEIGHTS_EXTERNAL] = 1;
    header[DLC_HEADER_WEIGHTS_NAME] = text(path);
    finish();
    model.weights = nullptr;
  }

  std::string file() const {
    return safetensors(R"({"weights":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})",
                       std::string(reinterpret_cast<const char *>(weights), 32), 64);
  }
};

dlc_status create(const dlc_model &model, const char *path, bool *right = nullptr) {
  dlc_options options = optionsFor(3, 2);
  options.weights_path = path;
  dlc_session *session = nullptr;
  dlc_status status = dlc_session_create(&model, &options, &session);
  if (right)
    *right = session && runsRight(session);
  dlc_session_destroy(session);
  return status;
}

std::string message() { return dlc_session_error(nullptr); }

TEST(Weights, AreMappedFromTheDefaultOrTheGivenPath) {
  TemporaryFile file;
  External network(file.path());
  file.write(network.file());
  bool right = false;
  EXPECT_EQ(create(network.model, nullptr, &right), DLC_OK) << message();
  EXPECT_TRUE(right);
  TemporaryFile elsewhere;
  elsewhere.write(network.file());
  file.remove();
  EXPECT_EQ(create(network.model, elsewhere.path().c_str(), &right), DLC_OK);
  EXPECT_TRUE(right);
}

TEST(Weights, FaultsHaveACodeAndAMessage) {
  TemporaryFile file;
  External network(file.path());
  const char *path = file.path().c_str();
  file.remove();
  EXPECT_EQ(create(network.model, path), DLC_ERROR_FILE);
  EXPECT_NE(message().find(path), std::string::npos);
  EXPECT_NE(message().find("No such file"), std::string::npos);
  EXPECT_EQ(create(network.model, "/"), DLC_ERROR_FILE);
  EXPECT_NE(message().find("directory"), std::string::npos);

  file.write("");
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);
  file.write("not a safetensors file");
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);
  EXPECT_NE(message().find("byte 0"), std::string::npos);

  std::string right = network.file();
  file.write(right.substr(0, right.size() - 1));
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);

  std::string changed = right;
  changed.back() ^= 1;
  file.write(changed);
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);
  EXPECT_NE(message().find("contents differ"), std::string::npos);

  file.write(safetensors(R"({"weights":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}})", std::string(28, 'x'), 64));
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);
  EXPECT_NE(message().find("28"), std::string::npos);
  EXPECT_NE(message().find("32"), std::string::npos);

  std::string misaligned = safetensors(R"({"weights":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}})",
                                       right.substr(right.size() - 32), 1);
  ASSERT_NE((misaligned.size() - 32) % 64, 0u);
  file.write(misaligned);
  EXPECT_EQ(create(network.model, path), DLC_ERROR_WEIGHTS);
  EXPECT_NE(message().find("aligned"), std::string::npos);

  file.write(right);
  EXPECT_EQ(create(network.model, path), DLC_OK);
}

} // namespace
