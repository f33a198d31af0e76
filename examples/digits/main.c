// Classifies the handwritten digits of a CSV file (64 grey values 0..16 and the
// digit itself on each line), draws the first few and prints the accuracy.
#include "digits.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, MAX_IMAGES = 2000, DRAWN = 6 };

static uint8_t image[MAX_IMAGES][PIXELS];
static float prob[MAX_IMAGES][CLASSES];
static int label[MAX_IMAGES], guess[MAX_IMAGES];

static int read_digits(const char *path) {
  FILE *file = fopen(path, "r");
  int count = 0, pixel = 0, value;
  while (file && count < MAX_IMAGES && fscanf(file, "%d,", &value) == 1) {
    if (pixel < PIXELS) {
      image[count][pixel++] = (uint8_t)value;
    } else {
      label[count++] = value;
      pixel = 0;
    }
  }
  if (file)
    fclose(file);
  return count;
}

static void draw(int first, int count) {
  for (int y = 0; y < 8; ++y, puts(""))
    for (int i = first; i < first + count; ++i, fputs("  ", stdout))
      for (int x = 0; x < 8; ++x)
        printf("%c%c", " .:-=+*%@"[image[i][8 * y + x] / 2], " .:-=+*%@"[image[i][8 * y + x] / 2]);
  for (int i = first; i < first + count; ++i)
    printf("    a %d (%3.0f%%)%s  ", guess[i], 100 * prob[i][guess[i]], guess[i] == label[i] ? "    " : " no!");
  puts("\n");
}

int main(int argc, char **argv) {
  int count = argc > 1 ? read_digits(argv[1]) : 0, right = 0;
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = count;
  dlc_session *session = NULL;
  if (!count || dlc_session_create(&digits_model, &options, &session) != DLC_OK ||
      digits_run(session, image[0], prob[0]) != DLC_OK) {
    fprintf(stderr, "cannot classify: %s\n", count ? dlc_session_error(session) : "no digits; usage: digits FILE.csv");
    return EXIT_FAILURE;
  }
  for (int i = 0; i < count; right += guess[i] == label[i], ++i)
    for (int c = 1; c < CLASSES; ++c)
      guess[i] = prob[i][c] > prob[i][guess[i]] ? c : guess[i];
  draw(0, count < DRAWN ? count : DRAWN);
  printf("%d of %d digits right: %.2f%%\n", right, count, 100.0 * right / count);
  dlc_session_destroy(session);
  return right >= 0.97 * count ? EXIT_SUCCESS : EXIT_FAILURE;
}
