// Trains a network inside a program, without files or Python: draws circles,
// squares and crosses, learns to tell them apart, saves what it has learned and
// goes on from there in a second trainer.
#include "shapes.h"
#include <stdio.h>
#include <string.h>

enum { SIZE = 16, CLASSES = SHAPES_PROB_ELEMENTS, TRAINED_ON = 960, TESTED = 192, BATCH = 32, EPOCHS = 8 };

typedef struct {
  uint8_t image[TRAINED_ON + TESTED][SIZE][SIZE];
  int32_t label[TRAINED_ON + TESTED];
} Data;

static Data data; // the first TRAINED_ON are trained on
static const char *const names[CLASSES] = {"circle", "square", "cross"};

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

// From 0 to bound - 1 (xorshift, Marsaglia 2003).
static int draw(int bound) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return (int)(state % (uint32_t)bound);
}

// Whether a shape's outline passes through (x, y), seen from its centre.
static int is_on(int shape, int radius, int x, int y) {
  int ax = x < 0 ? -x : x, ay = y < 0 ? -y : y, square = x * x + y * y;
  if (shape == 0)
    return square <= radius * radius && square > (radius - 1) * (radius - 1);
  if (shape == 1)
    return (ax > ay ? ax : ay) == radius;
  return ax == ay && ax <= radius;
}

// A bright shape of some size, somewhere on dark noise.
static void draw_all(void) {
  for (int i = 0; i < TRAINED_ON + TESTED; ++i) {
    int shape = draw(CLASSES), radius = 3 + draw(4);
    int left = radius + draw(SIZE - 2 * radius), top = radius + draw(SIZE - 2 * radius);
    for (int y = 0; y < SIZE; ++y)
      for (int x = 0; x < SIZE; ++x)
        data.image[i][y][x] = (uint8_t)(draw(80) + (is_on(shape, radius, x - left, y - top) ? 110 : 0));
    data.label[i] = shape;
  }
}

//===----------------------------------------------------------------------===//
// Training
//===----------------------------------------------------------------------===//

// The inputs of a step are the network's and the loss's, its outputs the
// network's and the loss; outputs that are not wanted may be null.
static dlc_status step(dlc_trainer *trainer, int first, float *loss) {
  const void *inputs[] = {data.image[first], &data.label[first]};
  void *outputs[] = {NULL, loss};
  return dlc_trainer_step(trainer, BATCH, inputs, outputs);
}

// The same by its parts, for twice as many images as a step takes: the gradients
// of two batches, each weighted with its share, and one update.
static dlc_status step_in_parts(dlc_trainer *trainer, int first, float *loss) {
  dlc_status status = DLC_OK;
  *loss = 0;
  for (int half = 0; half < 2 && status == DLC_OK; ++half, first += BATCH) {
    float own = 0;
    const void *inputs[] = {data.image[first], &data.label[first]};
    void *outputs[] = {NULL, &own};
    status = dlc_trainer_forward(trainer, BATCH, inputs, outputs);
    if (status == DLC_OK)
      status = dlc_trainer_backward(trainer, NULL, NULL);
    if (status == DLC_OK)
      status = dlc_trainer_accumulate(trainer, 0.5);
    *loss += own / 2;
  }
  return status == DLC_OK ? dlc_trainer_update(trainer) : status;
}

// The network as it is at inference, on the images that it was not trained on.
static dlc_status predict(dlc_trainer *trainer, float prob[TESTED][CLASSES], int *right) {
  dlc_status status = DLC_OK;
  *right = 0;
  for (int first = 0; first < TESTED && status == DLC_OK; first += BATCH) {
    const void *inputs[] = {data.image[TRAINED_ON + first]};
    void *outputs[] = {prob[first]};
    status = dlc_trainer_predict(trainer, BATCH, inputs, outputs);
  }
  for (int i = 0; i < TESTED; ++i) {
    int guess = 0;
    for (int c = 1; c < CLASSES; ++c)
      guess = prob[i][c] > prob[i][guess] ? c : guess;
    *right += guess == data.label[TRAINED_ON + i];
  }
  return status;
}

static dlc_status create(dlc_trainer **trainer) {
  dlc_options options = DLC_OPTIONS_INIT;
  dlc_trainer_options more = DLC_TRAINER_OPTIONS_INIT;
  options.batch = BATCH;
  more.accumulate = 1; // step_in_parts needs memory for it
  return dlc_trainer_create(&shapes_training, &options, &more, trainer);
}

static dlc_status train(dlc_trainer *trainer, float prob[TESTED][CLASSES], int *right) {
  float loss = 0, sum;
  dlc_status status = DLC_OK;
  for (int epoch = 1; epoch <= EPOCHS && status == DLC_OK; ++epoch) {
    sum = 0;
    for (int i = 0; i < TRAINED_ON && status == DLC_OK; i += BATCH, sum += loss)
      status = step(trainer, i, &loss);
    if (status == DLC_OK)
      status = predict(trainer, prob, right);
    printf("epoch %d: loss %.4f, %d of %d right\n", epoch, sum * BATCH / TRAINED_ON, *right, TESTED);
  }
  // Settings of the optimiser may change at any time.
  if (status == DLC_OK)
    status = dlc_trainer_set(trainer, "lr", 1e-3);
  sum = 0;
  for (int i = 0; i < TRAINED_ON && status == DLC_OK; i += 2 * BATCH, sum += loss)
    status = step_in_parts(trainer, i, &loss);
  if (status == DLC_OK)
    status = predict(trainer, prob, right);
  printf("larger batches: loss %.4f, %d of %d right\n", sum * 2 * BATCH / TRAINED_ON, *right, TESTED);
  return status;
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

static void show(float prob[TESTED][CLASSES], int count) {
  for (int y = 0; y < SIZE; ++y, puts(""))
    for (int i = 0; i < count; ++i, printf("  "))
      for (int x = 0; x < 2 * SIZE; ++x)
        putchar(" .:-=+*%@"[data.image[TRAINED_ON + i][y][x / 2] * 8 / 190]);
  for (int i = 0; i < count; ++i) {
    int c = prob[i][0] > prob[i][1] ? 0 : 1;
    c = prob[i][2] > prob[i][c] ? 2 : c;
    printf("  a %-6s (%5.1f%%)%*s", names[c], 100 * prob[i][c], 2 * SIZE - 16, "");
  }
  puts("");
}

int main(int argc, char **argv) {
  static float prob[TESTED][CLASSES], again[TESTED][CLASSES];
  const char *path = argc > 1 ? argv[1] : "shapes-trained.safetensors";
  dlc_trainer *trainer = NULL, *second = NULL;
  int right = 0;
  draw_all();
  if (create(&trainer) != DLC_OK || create(&second) != DLC_OK)
    return fprintf(stderr, "%s\n", dlc_trainer_error(NULL)), 1;
  printf("%.0f kB of memory, %d threads\n", dlc_trainer_bytes(trainer) / 1e3, (int)dlc_trainer_threads(trainer));
  if (train(trainer, prob, &right) != DLC_OK || dlc_trainer_save(trainer, path) != DLC_OK)
    return fprintf(stderr, "%s\n", dlc_trainer_error(trainer)), 1;
  show(prob, 3);

  // The file holds the weights by PyTorch's names and what the optimiser keeps.
  if (dlc_trainer_load(second, path) != DLC_OK || predict(second, again, &right) != DLC_OK)
    return fprintf(stderr, "%s\n", dlc_trainer_error(second)), 1;
  int same = memcmp(prob, again, sizeof(prob)) == 0;
  printf("loaded from %s after %d updates: %s\n", path, (int)dlc_trainer_updates(second),
         same ? "the same results to the bit" : "other results");
  dlc_trainer_destroy(second);
  dlc_trainer_destroy(trainer);
  return same && right >= 0.97 * TESTED ? 0 : 1;
}
