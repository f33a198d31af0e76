// Trains the two oldest networks inside a program. A perceptron learns AND and
// OR, and cannot learn XOR, which no straight line parts; a hidden layer can.
#include "perceptron.h"
#include "xor.h"
#include <stdio.h>

enum { CASES = 4, ROUNDS = 100, STEPS = 500 };

static const float x[CASES][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

static int fail(dlc_trainer *trainer) {
  fprintf(stderr, "%s\n", dlc_trainer_error(trainer));
  dlc_trainer_destroy(trainer);
  return 1;
}

static dlc_trainer *create(const dlc_training *training, int batch) {
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = batch;
  options.threads = 1;
  dlc_trainer *trainer = NULL;
  dlc_trainer_create(training, &options, NULL, &trainer);
  return trainer;
}

// The perceptron's rule (Rosenblatt 1958): see the cases one at a time and, when
// one is not clearly on its side of zero, add it to the weights or take it away.
// That is gradient descent with rate 1 on max(0, 0.1 - t y); t is 1 or -1.
static int train_perceptron(const char *what, const float t[CASES]) {
  dlc_trainer *trainer = create(&perceptron_training, 1);
  int round = 0, right = 0;
  for (; trainer && right < CASES && round < ROUNDS; ++round) {
    right = 0;
    for (int i = 0; i < CASES; ++i) {
      float y, loss;
      const void *inputs[] = {x[i], &t[i]};
      void *outputs[] = {&y, &loss};
      if (dlc_trainer_step(trainer, 1, inputs, outputs) != DLC_OK)
        return fail(trainer);
      right += y * t[i] > 0;
    }
  }
  if (!trainer)
    return fail(trainer);
  if (right == CASES)
    printf("a perceptron and %s: all right after %d rounds\n", what, round);
  else
    printf("a perceptron and %s: still wrong after %d rounds\n", what, round);
  dlc_trainer_destroy(trainer);
  return 0;
}

// Two inputs, four hidden units, one output; every step sees all cases.
static int train_xor(void) {
  static const float t[CASES] = {0, 1, 1, 0};
  float y[CASES], loss;
  const void *inputs[] = {x, t};
  void *outputs[] = {y, &loss};
  dlc_trainer *trainer = create(&xor_training, CASES);
  for (int step = 1; trainer && step <= STEPS; ++step) {
    if (dlc_trainer_step(trainer, CASES, inputs, outputs) != DLC_OK)
      return fail(trainer);
    if (step == 1 || step % 100 == 0)
      printf("two layers and XOR: step %3d, loss %.4f\n", step, loss);
  }
  if (!trainer || dlc_trainer_predict(trainer, CASES, inputs, outputs) != DLC_OK)
    return fail(trainer);
  for (int i = 0; i < CASES; ++i)
    printf("  %g xor %g = %.2f\n", x[i][0], x[i][1], y[i]);
  dlc_trainer_destroy(trainer);
  return 0;
}

int main(void) {
  static const float and_[CASES] = {-1, -1, -1, 1}, or_[CASES] = {-1, 1, 1, 1}, xor_[CASES] = {-1, 1, 1, -1};
  return train_perceptron("AND", and_) || train_perceptron("OR", or_) || train_perceptron("XOR", xor_) || train_xor();
}
