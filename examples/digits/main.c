// Classifies the handwritten digits of a CSV file (64 grey values 0..16 and the
// digit itself on each line), draws the first few and prints the accuracy.
#include "digits.h"
#include <stdio.h>

enum { PIXELS = 64, CLASSES = 10, MAX_IMAGES = 2000, DRAWN = 5 };

static uint8_t image[MAX_IMAGES][PIXELS];
static float prob[MAX_IMAGES][CLASSES];
static int label[MAX_IMAGES], guess[MAX_IMAGES];

static int read_digits(const char *path) {
  FILE *file = fopen(path, "r");
  int values = 0;
  for (int value; file && values < MAX_IMAGES * (PIXELS + 1) &&
                  fscanf(file, "%d,", &value) == 1;
       ++values) {
    int i = values / (PIXELS + 1), pixel = values % (PIXELS + 1);
    if (pixel < PIXELS)
      image[i][pixel] = (uint8_t)value;
    else
      label[i] = value;
  }
  if (file)
    fclose(file);
  return values / (PIXELS + 1);
}

static void draw(int count) {
  for (int y = 0; y < 8; ++y, puts(""))
    for (int i = 0; i < count; ++i, printf("  "))
      for (int x = 0; x < 16; ++x)
        putchar(" .:-=+*%@"[image[i][8 * y + x / 2] / 2 % 9]);
  for (int i = 0; i < count; ++i)
    printf("  a %d (%.1f%%)%*s", guess[i], 100 * prob[i][guess[i]], 6, "");
  puts("");
}

int main(int argc, char **argv) {
  int count = argc > 1 ? read_digits(argv[1]) : 0, right = 0;
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = count;
  dlc_session *session = NULL;
  if (count == 0)
    return fprintf(stderr, "usage: digits FILE.csv\n"), 2;
  if (dlc_session_create(&digits_model, &options, &session) != DLC_OK ||
      digits_run(session, image[0], prob[0]) != DLC_OK)
    return fprintf(stderr, "%s\n", dlc_session_error(session)), 1;

  for (int i = 0; i < count; right += guess[i] == label[i], ++i)
    for (int c = 1; c < CLASSES; ++c)
      guess[i] = prob[i][c] > prob[i][guess[i]] ? c : guess[i];
  draw(count < DRAWN ? count : DRAWN);
  printf("%d of %d digits right: %.2f%%\n", right, count,
         100.0 * right / count);
  dlc_session_destroy(session);
  return right >= 0.97 * count ? 0 : 1;
}
