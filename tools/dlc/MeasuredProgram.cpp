// Loads a shared library and runs the model, or the training, in it.
#include "tools/dlc/MeasuredProgram.h"
#include "tools/dlc/Failure.h"

#include "llvm/ADT/STLExtras.h"

#include <chrono>
#include <dlfcn.h>
#include <random>

using namespace llvm;
using namespace dlc;

/// An array of the tensor's form: drawn numbers, bytes of any value, classes 0.
static Array makeArray(const dlc_tensor_info &info, std::mt19937_64 *random) {
  Array array;
  array.type = info.type;
  array.shape.assign(info.shape, info.shape + info.rank);
  array.bytes.resize(info.bytes);
  std::normal_distribution<double> normal;
  if (random && info.type == DLC_TYPE_F32)
    for (size_t i = 0; i < array.bytes.size() / sizeof(float); ++i)
      array.floats()[i] = static_cast<float>(normal(*random));
  else if (random && dlc_type_bytes(info.type) == 1)
    for (uint8_t &byte : array.bytes)
      byte = static_cast<uint8_t>((*random)() >> 56);
  return array;
}

Expected<MeasuredProgram> MeasuredProgram::load(const std::string &path, const ProgramOptions &options) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return failure(exitInternal, Twine("cannot load a program: ") + dlerror());
  const char *kind = options.trains ? "_training" : "_model";
  const void *symbol = dlsym(library, (options.network + kind).c_str());
  if (!symbol)
    return failure(exitInternal, "a program lacks its model");
  const auto *model = options.trains ? nullptr : static_cast<const dlc_model *>(symbol);
  const auto *training = options.trains ? static_cast<const dlc_training *>(symbol) : nullptr;

  dlc_options how = DLC_OPTIONS_INIT;
  how.batch = options.batch;
  how.threads = static_cast<int32_t>(options.threads);
  how.device = options.device.c_str();
  how.profile = options.profiles;
  if (options.pool) {
    how.threads = static_cast<int32_t>(options.pool->getThreads());
    how.parallel_for = SpinningPool::parallelFor;
    how.parallel_for_context = options.pool;
  }
  MeasuredProgram program;
  if (training) {
    dlc_trainer *trainer = nullptr;
    if (dlc_status status = dlc_trainer_create(training, &how, nullptr, &trainer); status != DLC_OK)
      return failure(getExitCode(status), dlc_trainer_error(nullptr));
    program.trainer.reset(trainer);
    program.batch = dlc_trainer_batch(trainer);
  } else {
    dlc_session *session = nullptr;
    if (dlc_status status = dlc_session_create(model, &how, &session); status != DLC_OK)
      return failure(getExitCode(status), dlc_session_error(nullptr));
    program.session.reset(session);
  }

  std::mt19937_64 random(0);
  const int32_t inputs = training ? dlc_training_input_count(training) : dlc_input_count(model);
  const int32_t outputs = training ? dlc_training_output_count(training) : dlc_output_count(model);
  auto add = [&](int32_t index, bool isInput) {
    const auto ask = training ? nullptr : isInput ? dlc_input_info : dlc_output_info;
    const auto askTraining = isInput ? dlc_training_input_info : dlc_training_output_info;
    dlc_tensor_info info;
    const dlc_status status =
        training ? askTraining(training, index, options.batch, &info) : ask(model, index, options.batch, &info);
    if (status == DLC_OK)
      (isInput ? program.inputs : program.outputs).push_back(makeArray(info, isInput ? &random : nullptr));
    return status;
  };
  for (bool isInput : {true, false})
    for (int32_t i = 0; i < (isInput ? inputs : outputs); ++i)
      if (dlc_status status = add(i, isInput); status != DLC_OK)
        return failure(getExitCode(status), dlc_status_string(status));
  return program;
}

Expected<double> MeasuredProgram::run() {
  const auto begin = std::chrono::steady_clock::now();
  if (session) {
    if (Error error = dlc::run(session.get(), inputs, outputs))
      return error;
  } else if (dlc_status status = dlc_trainer_step(trainer.get(), batch, getAddresses(inputs).data(),
                                                  getMutableAddresses(outputs).data());
             status != DLC_OK) {
    return failure(getExitCode(status), dlc_trainer_error(trainer.get()));
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<dlc_step_info> MeasuredProgram::getSteps() const {
  std::vector<dlc_step_info> steps;
  SmallVector<const dlc_session *> sessions = {session.get()};
  if (trainer)
    sessions = {dlc_trainer_session(trainer.get(), DLC_PART_STEP), dlc_trainer_session(trainer.get(), DLC_PART_UPDATE)};
  for (const dlc_session *each : sessions)
    for (int32_t i = 0, count = dlc_step_count(each); i < count; ++i) {
      dlc_step_info info;
      if (dlc_get_step_info(each, i, &info) == DLC_OK)
        steps.push_back(info);
    }
  return steps;
}

void MeasuredProgram::resetProfile() {
  if (session)
    dlc_profile_reset(session.get());
  else
    dlc_trainer_profile_reset(trainer.get());
}

int64_t MeasuredProgram::getArenaBytes() const {
  return static_cast<int64_t>(session ? dlc_session_arena_bytes(session.get()) : dlc_trainer_bytes(trainer.get()));
}
