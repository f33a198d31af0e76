// A training by hand for the runtime's tests: a network of four lines, its
// gradients and an optimiser with momentum, in C++ functions.
#ifndef DLC_TEST_RUNTIME_TRAININGBUILDER_H
#define DLC_TEST_RUNTIME_TRAININGBUILDER_H

#include "ModelBuilder.h"
#include "dlc/train.h"

namespace dlc::test {

/// What the functions below were called with; of the calling thread.
struct Seen {
  uint32_t key[4];
  double correction1, correction2, decayedLr;
  int32_t predictBatch;
};
inline thread_local Seen seen;

/// y = w x + b on x (batch, 4), and a statistic s that follows the mean of x.
/// With a loss: the mean over the batch of |y - t|² / 2; without one, y.grad
/// takes its place. The optimiser: m = momentum m + gradient, w -= decayed_lr m.
///
/// State: w, b | s | w.grad, b.grad | m of w, m of b; each takes 64 bytes.
template <typename Real>
class LineTraining {
public:
  static constexpr int64_t width = 4, place = 64;
  static constexpr dlc_type type = sizeof(Real) == 4 ? DLC_TYPE_F32 : DLC_TYPE_F64;

  explicit LineTraining(bool hasLoss = true, bool hasKey = false)
      : hasLoss(hasLoss), hasKey(hasKey), step(runStep), update(runUpdate), predict(runPredict) {
    for (ModelBuilder *model : {&step, &update, &predict}) {
      model->header[DLC_HEADER_STATE_BYTES] = 7 * place;
      model->header[DLC_HEADER_STATE_INITIAL] = 3 * place;
      model->header[DLC_HEADER_STATE_TRAINED] = 2 * place;
      model->header[DLC_HEADER_STATE_GRADIENTS] = 3 * place;
    }
    const auto rows = std::vector<Dimension>{{0, width, 1}, {0, -1, width}};
    const auto row = std::vector<Dimension>{{0, width, 1}};
    // Buffers 0 x, 1 t or y.grad, 2 y, 3 loss or y, 4 x.grad, 5 d, 6 state, 7 key.
    step.input("x", type, {-1, width});
    if (hasKey)
      step.input("random_key", DLC_TYPE_U32, {4});
    step.input(hasLoss ? "t" : "y.grad", type, {-1, width});
    step.output("y", type, {-1, width});
    if (hasLoss)
      step.output("loss", type, {1});
    step.output("x.grad", type, {-1, width});
    step.buffer(DLC_SPACE_INPUT, 0, 0, 0, rows);
    step.buffer(DLC_SPACE_INPUT, hasKey ? 2 : 1, 0, 0, rows);
    step.buffer(DLC_SPACE_OUTPUT, 0, 0, 0, rows);
    step.buffer(DLC_SPACE_OUTPUT, hasLoss ? 1 : 0, 0, 0, {});
    step.buffer(DLC_SPACE_OUTPUT, hasLoss ? 2 : 1, 0, 0, rows);
    step.buffer(DLC_SPACE_ARENA, 0, 64, 64, rows);
    step.buffer(DLC_SPACE_STATE, 0, 0, 0, {{0, 7 * place / static_cast<int64_t>(sizeof(Real)), 1}});
    if (hasKey)
      step.buffer(DLC_SPACE_INPUT, 1, 0, 0, {{0, 4, 1}});
    step.header[DLC_HEADER_ARENA_FIXED] = 64;
    step.header[DLC_HEADER_ARENA_PER_BATCH] = 128;
    step.header[DLC_HEADER_SCRATCH] = 256;
    step.header[DLC_HEADER_PARALLEL] = 1;
    step.header[DLC_HEADER_FORWARD_STEPS] = 2;
    step.header[DLC_HEADER_STATE_WEIGHTS] = place;
    step.header[DLC_HEADER_WEIGHTS_BYTES] = sizeof(weights);
    for (const char *name : {"line", "loss", "d", "b.grad", "w.grad"})
      step.step(name, "kernel", 8, 0, 32, 32);
    step.variable("w", type, 0, true, 4, {width});
    step.variable("b", type, place, true, 3, {2, 2});
    step.variable("s", type, 2 * place, false, -1, {width});

    update.hyper("lr", type, 0.25);
    update.hyper("momentum", type, 0.5);
    update.hyper("lr_decay", type, 0);
    update.hyper("decayed_lr", type, 0.25);
    update.hyper("beta1", type, 0.875);
    update.hyper("correction1", type, 1);
    update.hyper("beta2", type, 0.999);
    update.hyper("correction2", type, 1);
    for (int64_t i = 0; i < 8; ++i)
      update.buffer(DLC_SPACE_INPUT, i, 0, 0, {});
    update.buffer(DLC_SPACE_STATE, 0, 0, 0, {{0, 7 * place / static_cast<int64_t>(sizeof(Real)), 1}});
    update.slot("momentum_buffer", 5 * place);
    update.step("update", "kernel", 8, 0, 32, 32);

    predict.input("x", type, {-1, width});
    predict.output("y", type, {-1, width});
    predict.buffer(DLC_SPACE_INPUT, 0, 0, 0, rows);
    predict.buffer(DLC_SPACE_OUTPUT, 0, 0, 0, rows);
    predict.buffer(DLC_SPACE_ARENA, 0, 0, 0, rows);
    predict.buffer(DLC_SPACE_STATE, 0, 0, 0, row);
    predict.buffer(DLC_SPACE_STATE, 0, place, 0, row);
    predict.header[DLC_HEADER_ARENA_PER_BATCH] = 64;
    predict.step("line", "kernel", 8, 0, 32, 32);
    for (ModelBuilder *model : {&step, &update, &predict})
      for (size_t i = 0; i < model->buffers.size(); i += DLC_BUFFER_LENGTH)
        model->buffers[i + DLC_BUFFER_TYPE_BITS] = 8 * sizeof(Real);
    if (hasKey) {
      step.buffers[7 * DLC_BUFFER_LENGTH + DLC_BUFFER_TYPE_BITS] = 32;
      step.buffers[7 * DLC_BUFFER_LENGTH + DLC_BUFFER_TYPE_CODE] = 1;
    }
    for (size_t i = 0; i < 4; ++i) {
      weights[perPlace + i] = static_cast<Real>(i + 1);            // w
      weights[2 * perPlace + i] = static_cast<Real>(0.5);          // b
      weights[3 * perPlace + i] = static_cast<Real>(-0.5 * i + 1); // s
    }
    finish();
  }

  const dlc_training &finish() {
    training = {DLC_ABI_VERSION, &step.finish(weights), &update.finish(), &predict.finish()};
    return training;
  }

  bool hasLoss, hasKey;
  ModelBuilder step, update, predict;
  dlc_training training = {};
  static constexpr size_t perPlace = place / sizeof(Real);
  alignas(DLC_WEIGHTS_ALIGNMENT) Real weights[4 * perPlace] = {};

private:
  static Real *at(halide_buffer_t *buffers, int index) { return reinterpret_cast<Real *>(buffers[index].host); }

  /// y of one image, by way of scratch.
  static int runLine(void *context, int image, uint8_t *closure) {
    auto *buffers = reinterpret_cast<halide_buffer_t *>(closure);
    auto *scratch = static_cast<Real *>(dlc_rt_malloc(context, static_cast<size_t>(width) * sizeof(Real)));
    Real *state = at(buffers, 6);
    for (int64_t i = 0; i < width; ++i)
      scratch[i] = state[i] * at(buffers, 0)[image * width + i] + state[perPlace + static_cast<size_t>(i)];
    std::copy(scratch, scratch + width, at(buffers, 2) + image * width);
    dlc_rt_free(context, scratch);
    return 0;
  }

  static int32_t runStep(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin,
                         int32_t end) {
    int32_t n = buffers[0].dim[1].extent;
    int64_t count = n * width;
    Real *x = at(buffers, 0), *t = at(buffers, 1), *y = at(buffers, 2), *loss = at(buffers, 3), *dx = at(buffers, 4),
         *d = at(buffers, 5), *state = at(buffers, 6);
    Real *s = state + 2 * perPlace, *dw = state + 3 * perPlace, *db = state + 4 * perPlace;
    // Whether there is a loss shows in buffer 3, which is y otherwise.
    const bool hasLoss = loss != y;
    for (int32_t step = begin; step < end; ++step) {
      if (step == 0) {
        if (dlc_rt_do_par_for(context, runLine, 0, n, reinterpret_cast<uint8_t *>(buffers)))
          return -1;
        for (int64_t i = 0; i < width; ++i) {
          Real sum = 0;
          for (int64_t image = 0; image < n; ++image)
            sum += x[image * width + i];
          s[i] = (s[i] + sum / static_cast<Real>(n)) / 2;
        }
      } else if (step == 1 && hasLoss) {
        *loss = 0;
        for (int64_t i = 0; i < count; ++i)
          *loss += (y[i] - t[i]) * (y[i] - t[i]) / static_cast<Real>(2 * n);
      } else if (step == 2) {
        for (int64_t i = 0; i < count; ++i)
          d[i] = hasLoss ? (y[i] - t[i]) / static_cast<Real>(n) : t[i];
      } else if (step == 3) {
        std::fill(db, db + width, Real(0));
        for (int64_t i = 0; i < count; ++i)
          db[i % width] += d[i];
      } else if (step == 4) {
        std::fill(dw, dw + width, Real(0));
        for (int64_t i = 0; i < count; ++i) {
          dw[i % width] += d[i] * x[i];
          dx[i] = d[i] * state[i % width];
        }
      }
      if (trace)
        trace(context, step);
    }
    return 0;
  }

  /// The same, having looked at the key.
  static int32_t runStepWithKey(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin,
                                int32_t end) {
    std::memcpy(seen.key, buffers[7].host, sizeof(seen.key));
    return runStep(context, buffers, trace, begin, end);
  }

  static int32_t runUpdate(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t, int32_t) {
    Real momentum = *at(buffers, 1), rate = *at(buffers, 3), *state = at(buffers, 8);
    seen.decayedLr = static_cast<double>(rate);
    seen.correction1 = static_cast<double>(*at(buffers, 5));
    seen.correction2 = static_cast<double>(*at(buffers, 7));
    for (size_t i = 0; i < 2 * perPlace; ++i) {
      Real &m = state[5 * perPlace + i];
      m = momentum * m + state[3 * perPlace + i];
      state[i] -= rate * m;
    }
    if (trace)
      trace(context, 0);
    return 0;
  }

  static int32_t runPredict(void *context, halide_buffer_t *buffers, dlc_trace_function trace, int32_t, int32_t) {
    int32_t n = buffers[0].dim[1].extent;
    seen.predictBatch = n;
    for (int64_t i = 0; i < n * width; ++i) {
      at(buffers, 2)[i] = at(buffers, 0)[i]; // the arena is the step's too
      at(buffers, 1)[i] = at(buffers, 3)[i % width] * at(buffers, 2)[i] + at(buffers, 4)[i % width];
    }
    if (trace)
      trace(context, 0);
    return 0;
  }

public:
  /// Makes the step look at its key.
  void watchKey() {
    step.setDriver(runStepWithKey);
    finish();
  }
};

struct DestroyTrainer {
  void operator()(dlc_trainer *trainer) const { dlc_trainer_destroy(trainer); }
};
using TrainerPointer = std::unique_ptr<dlc_trainer, DestroyTrainer>;

/// Creates a trainer that must succeed; null where it does not.
inline TrainerPointer createTrainer(const dlc_training &training, const dlc_options &options,
                                    const dlc_trainer_options *more = nullptr) {
  dlc_trainer *trainer = nullptr;
  dlc_trainer_create(&training, &options, more, &trainer);
  return TrainerPointer(trainer);
}

/// The result of creating a trainer, which is destroyed again.
inline dlc_status statusOfTrainer(const dlc_training &training, const dlc_options &options) {
  dlc_trainer *trainer = nullptr;
  dlc_status status = dlc_trainer_create(&training, &options, nullptr, &trainer);
  dlc_trainer_destroy(trainer);
  return status;
}

inline std::string trainerError(const TrainerPointer &trainer) { return dlc_trainer_error(trainer.get()); }

/// A variable by its name.
inline dlc_variable_info variable(const TrainerPointer &trainer, const char *name) {
  dlc_variable_info info = {};
  dlc_trainer_variable(trainer.get(), dlc_trainer_find_variable(trainer.get(), name), &info);
  return info;
}

template <typename Real>
std::vector<Real> valuesOf(const TrainerPointer &trainer, const char *name) {
  dlc_variable_info info = variable(trainer, name);
  auto *values = static_cast<const Real *>(info.values);
  return {values, values + info.bytes / sizeof(Real)};
}

inline dlc_trainer_options accumulating() {
  dlc_trainer_options options = DLC_TRAINER_OPTIONS_INIT;
  options.accumulate = 1;
  return options;
}

/// All that training changes in a Line.
inline std::vector<std::vector<float>> stateOf(const TrainerPointer &trainer) {
  std::vector<std::vector<float>> state;
  for (const char *name : {"w", "b", "s"})
    state.push_back(valuesOf<float>(trainer, name));
  for (int32_t i : {0, 1}) {
    auto *slot = static_cast<float *>(dlc_trainer_slot(trainer.get(), 0, i));
    state.emplace_back(slot, slot + 4);
  }
  return state;
}

} // namespace dlc::test

#endif // DLC_TEST_RUNTIME_TRAININGBUILDER_H
