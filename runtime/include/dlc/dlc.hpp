// The runtime for C++17 and later: owners for sessions, pools and trainers, errors
// as exceptions. Header-only over dlc.h and train.h.
//
//   dlc::Session session(net_model);
//   session.run({image.data()}, {prob.data()});
//
//   dlc::Trainer trainer(net_training, options);
//   trainer.set("lr", 0.01);
//   trainer.step(n, {images.data(), labels.data()}, {nullptr, &loss});
#ifndef DLC_DLC_HPP
#define DLC_DLC_HPP

#include "dlc/dlc.h"
#include "dlc/train.h"

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace dlc {

/// A failure: its code, and the message as what().
class Error : public std::runtime_error {
public:
  Error(dlc_status status, const char *message)
      : std::runtime_error(message && *message ? message : dlc_status_string(status)), code(status) {}

  dlc_status status() const noexcept { return code; }

private:
  dlc_status code;
};

/// dlc_options with its defaults filled in:
///   dlc::Options options;
///   options.batch = 8;
///   options.device = "cuda:0";
struct Options : dlc_options {
  Options() noexcept { dlc_options_init(this); }
};

/// The devices of a kind; none where it has no driver.
inline std::vector<dlc_device_info> devices(dlc_device_kind kind) {
  int32_t count = dlc_device_count(kind);
  std::vector<dlc_device_info> infos(count > 0 ? static_cast<size_t>(count) : 0);
  for (size_t i = 0; i < infos.size(); ++i)
    if (dlc_status status = dlc_get_device_info(kind, static_cast<int32_t>(i), &infos[i]))
      throw Error(status, dlc_session_error(nullptr));
  return infos;
}

/// Threads that sessions share; outlives them.
class Pool {
public:
  /// 0: as many threads as there are processors.
  explicit Pool(int32_t threads = 0, const dlc_allocator *allocator = nullptr) {
    dlc_pool *created = nullptr;
    if (dlc_status status = dlc_pool_create(threads, allocator, &created))
      throw Error(status, dlc_session_error(nullptr));
    pool.reset(created);
  }

  int32_t threads() const noexcept { return dlc_pool_threads(pool.get()); }
  dlc_pool *get() const noexcept { return pool.get(); }

private:
  struct Destroy {
    void operator()(dlc_pool *pool) const noexcept { dlc_pool_destroy(pool); }
  };
  std::unique_ptr<dlc_pool, Destroy> pool;
};

/// The inputs (outputs) of a model for a batch; 0 means the default batch.
inline std::vector<dlc_tensor_info> inputs(const dlc_model &model, int64_t batch = 0) {
  std::vector<dlc_tensor_info> infos(static_cast<size_t>(dlc_input_count(&model)));
  for (size_t i = 0; i < infos.size(); ++i)
    if (dlc_status status = dlc_input_info(&model, static_cast<int32_t>(i), batch, &infos[i]))
      throw Error(status, nullptr);
  return infos;
}

inline std::vector<dlc_tensor_info> outputs(const dlc_model &model, int64_t batch = 0) {
  std::vector<dlc_tensor_info> infos(static_cast<size_t>(dlc_output_count(&model)));
  for (size_t i = 0; i < infos.size(); ++i)
    if (dlc_status status = dlc_output_info(&model, static_cast<int32_t>(i), batch, &infos[i]))
      throw Error(status, nullptr);
  return infos;
}

/// The exact size of a session's arena.
inline size_t arena_bytes(const dlc_model &model, int64_t batch = 0, int32_t threads = 0) {
  int64_t bytes = dlc_arena_bytes(&model, batch, threads);
  if (bytes < 0)
    throw Error(static_cast<dlc_status>(bytes), nullptr);
  return static_cast<size_t>(bytes);
}

/// A network ready to run. Movable; used by one thread at a time.
class Session {
public:
  explicit Session(const dlc_model &model, const dlc_options &options = Options()) {
    dlc_session *created = nullptr;
    if (dlc_status status = dlc_session_create(&model, &options, &created))
      throw Error(status, dlc_session_error(nullptr));
    session.reset(created);
  }

  /// Runs on contiguous tensors in the order of the network file.
  void run(const void *const *inputs, void *const *outputs) {
    if (dlc_status status = dlc_run(session.get(), inputs, outputs))
      throw Error(status, status == DLC_ERROR_BUSY ? nullptr : dlc_session_error(session.get()));
  }

  /// The same, counting the tensors.
  void run(std::initializer_list<const void *> inputs, std::initializer_list<void *> outputs) {
    if (static_cast<int64_t>(inputs.size()) != dlc_input_count(&model()) ||
        static_cast<int64_t>(outputs.size()) != dlc_output_count(&model()))
      throw Error(DLC_ERROR_ARGUMENT, "wrong number of inputs or outputs");
    run(inputs.begin(), outputs.begin());
  }

  const dlc_model &model() const noexcept { return *dlc_session_model(session.get()); }
  int64_t batch() const noexcept { return dlc_session_batch(session.get()); }
  int32_t threads() const noexcept { return dlc_session_threads(session.get()); }
  const char *device() const noexcept { return dlc_session_device(session.get()); }
  std::vector<dlc_tensor_info> inputs() const { return dlc::inputs(model(), batch()); }
  std::vector<dlc_tensor_info> outputs() const { return dlc::outputs(model(), batch()); }

  /// The steps with the time they took; needs Options::profile.
  std::vector<dlc_step_info> profile() const {
    std::vector<dlc_step_info> steps(static_cast<size_t>(dlc_step_count(session.get())));
    for (size_t i = 0; i < steps.size(); ++i)
      dlc_get_step_info(session.get(), static_cast<int32_t>(i), &steps[i]);
    return steps;
  }

  dlc_session *get() const noexcept { return session.get(); }

private:
  struct Destroy {
    void operator()(dlc_session *session) const noexcept { dlc_session_destroy(session); }
  };
  std::unique_ptr<dlc_session, Destroy> session;
};

/// dlc_trainer_options with its defaults filled in.
struct TrainerOptions : dlc_trainer_options {
  TrainerOptions() noexcept : dlc_trainer_options(DLC_TRAINER_OPTIONS_INIT) {}
};

/// A network in training. Movable; used by one thread at a time. train.h tells
/// what the functions do.
class Trainer {
public:
  using Inputs = std::initializer_list<const void *>;
  using Outputs = std::initializer_list<void *>; // null: not wanted

  explicit Trainer(const dlc_training &training, const dlc_options &options = Options(),
                   const dlc_trainer_options &trainerOptions = TrainerOptions()) {
    dlc_trainer *created = nullptr;
    if (dlc_status status = dlc_trainer_create(&training, &options, &trainerOptions, &created))
      throw Error(status, dlc_trainer_error(nullptr));
    trainer.reset(created);
  }

  void step(int64_t n, const void *const *inputs, void *const *outputs) {
    check(dlc_trainer_step(get(), n, inputs, outputs));
  }
  void forward(int64_t n, const void *const *inputs, void *const *outputs) {
    check(dlc_trainer_forward(get(), n, inputs, outputs));
  }
  void backward(const void *const *inputs = nullptr, void *const *outputs = nullptr) {
    check(dlc_trainer_backward(get(), inputs, outputs));
  }
  void accumulate(double weight = 1) { check(dlc_trainer_accumulate(get(), weight)); }
  void update() { check(dlc_trainer_update(get())); }
  void predict(int64_t n, const void *const *inputs, void *const *outputs) {
    check(dlc_trainer_predict(get(), n, inputs, outputs));
  }

  /// The same, counting the tensors.
  void step(int64_t n, Inputs inputs, Outputs outputs) {
    const dlc_training *training = dlc_trainer_training(get());
    count(inputs, dlc_training_input_count(training), outputs, dlc_training_output_count(training));
    step(n, inputs.begin(), outputs.begin());
  }
  void forward(int64_t n, Inputs inputs, Outputs outputs) {
    const dlc_training *training = dlc_trainer_training(get());
    count(inputs, dlc_training_forward_input_count(training), outputs, dlc_training_forward_output_count(training));
    forward(n, inputs.begin(), outputs.begin());
  }
  void predict(int64_t n, Inputs inputs, Outputs outputs) {
    const dlc_model *model = dlc_training_model(dlc_trainer_training(get()), DLC_PART_PREDICT);
    count(inputs, dlc_input_count(model), outputs, dlc_output_count(model));
    predict(n, inputs.begin(), outputs.begin());
  }

  void set(const char *hyperparameter, double value) { check(dlc_trainer_set(get(), hyperparameter, value)); }
  double operator[](const char *hyperparameter) const {
    double value = 0;
    if (dlc_status status = dlc_trainer_get(get(), hyperparameter, &value))
      throw Error(status, nullptr);
    return value;
  }

  std::vector<dlc_variable_info> variables() const {
    std::vector<dlc_variable_info> infos(static_cast<size_t>(dlc_trainer_variable_count(get())));
    for (size_t i = 0; i < infos.size(); ++i)
      dlc_trainer_variable(get(), static_cast<int32_t>(i), &infos[i]);
    return infos;
  }

  void save(const std::string &path) { check(dlc_trainer_save(get(), path.c_str())); }
  void load(const std::string &path) { check(dlc_trainer_load(get(), path.c_str())); }

  int64_t batch() const noexcept { return dlc_trainer_batch(get()); }
  const char *device() const noexcept { return dlc_session_device(dlc_trainer_session(get(), DLC_PART_STEP)); }
  int64_t updates() const noexcept { return dlc_trainer_updates(get()); }
  dlc_trainer *get() const noexcept { return trainer.get(); }

private:
  struct Destroy {
    void operator()(dlc_trainer *trainer) const noexcept { dlc_trainer_destroy(trainer); }
  };

  void check(dlc_status status) const {
    if (status)
      throw Error(status, status == DLC_ERROR_BUSY ? nullptr : dlc_trainer_error(get()));
  }
  static void count(Inputs inputs, int32_t inputCount, Outputs outputs, int32_t outputCount) {
    if (inputs.size() != static_cast<size_t>(inputCount) || outputs.size() != static_cast<size_t>(outputCount))
      throw Error(DLC_ERROR_ARGUMENT, "wrong number of inputs or outputs");
  }

  std::unique_ptr<dlc_trainer, Destroy> trainer;
};

} // namespace dlc

#endif // DLC_DLC_HPP
