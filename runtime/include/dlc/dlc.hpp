// The runtime for C++17 and later: owners for sessions and pools, errors as
// exceptions. Header-only over dlc.h.
//
//   dlc::Session session(net_model);
//   session.run({image.data()}, {prob.data()});
#ifndef DLC_DLC_HPP
#define DLC_DLC_HPP

#include "dlc/dlc.h"

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
struct Options : dlc_options {
  Options() noexcept { dlc_options_init(this); }
};

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

} // namespace dlc

#endif // DLC_DLC_HPP
