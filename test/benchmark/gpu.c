/* One network of gpu.sh: what the CPU computes, whether a device computes the same, and how long it takes.
     network expect FOLDER BATCH                  writes an input and the CPU's output
     network time FOLDER BATCH DEVICE SECONDS     prints "MS DISTANCE"; fails where they are too far apart
     network device DEVICE                        prints the device's name */
#include "network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOLERANCE 1e-4 /* of the largest output: both sides are sums in another order */

static void fail(const char *what, const char *why) {
  fprintf(stderr, "gpu: %s: %s\n", what, why);
  exit(1);
}

static char *name_file(const char *folder, const char *what, const char *batch) {
  static char path[2][4096];
  static int turn;
  turn = !turn;
  snprintf(path[turn], sizeof(path[turn]), "%s/%s%s", folder, what, batch);
  return path[turn];
}

static void transfer(const char *path, const char *mode, float *values, size_t count) {
  FILE *file = fopen(path, mode);
  size_t done =
      file ? *mode == 'r' ? fread(values, sizeof(float), count, file) : fwrite(values, sizeof(float), count, file) : 0;
  if (!file || (fclose(file) != 0) | (done != count))
    fail(path, "cannot be read or written");
}

static double now(void) {
  struct timespec time;
  timespec_get(&time, TIME_UTC);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static dlc_session *open_session(const char *folder, int64_t batch, const char *device) {
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = batch;
  options.device = device;
  options.weights_path = name_file(folder, "network.weights", "");
  dlc_session *session;
  if (dlc_session_create(&network_model, &options, &session))
    fail(device, dlc_session_error(NULL));
  return session;
}

/* Milliseconds: the median of runs for so many seconds, after three to warm up. */
static double measure(dlc_session *session, const void *const *inputs, void *const *outputs, double seconds) {
  enum { MOST = 100000 };
  static double times[MOST];
  int count = 0;
  double end = 0;
  for (int run = -3; count < MOST && (run < 5 || now() < end); ++run) {
    double begin = now();
    if (dlc_run(session, inputs, outputs))
      fail("run", dlc_session_error(session));
    if (run == -1)
      end = now() + seconds * 1e3;
    if (run >= 0)
      times[count++] = now() - begin;
  }
  qsort(times, (size_t)count, sizeof(double), compare);
  return times[count / 2];
}

int main(int argc, char **argv) {
  dlc_device_info device;
  if (argc == 3 && !strcmp(argv[1], "device")) {
    if (dlc_find_device(argv[2], &device))
      fail(argv[2], dlc_session_error(NULL));
    printf("%s (%s)\n", device.description, device.name);
    return 0;
  }
  int expects = argc == 4 && !strcmp(argv[1], "expect");
  if (!expects && !(argc == 6 && !strcmp(argv[1], "time")))
    fail("usage", "expect FOLDER BATCH, time FOLDER BATCH DEVICE SECONDS, or device DEVICE");
  const char *folder = argv[2], *batch = argv[3];
  dlc_tensor_info in, out;
  if (dlc_input_info(&network_model, 0, atoll(batch), &in) || dlc_output_info(&network_model, 0, atoll(batch), &out))
    fail("model", dlc_session_error(NULL));
  size_t in_count = in.bytes / sizeof(float), out_count = out.bytes / sizeof(float);
  float *x = malloc(in.bytes), *y = malloc(out.bytes), *expected = malloc(out.bytes);
  if (!x || !y || !expected)
    fail("memory", "there is not enough");
  const void *inputs[] = {x};
  void *outputs[] = {y};

  if (expects) {
    uint32_t seed = 1; /* numbers from -1 to 1 */
    for (size_t i = 0; i < in_count; ++i) {
      seed = seed * 1664525u + 1013904223u;
      x[i] = (float)(seed >> 8) * 0x1p-23f - 1;
    }
    dlc_session *session = open_session(folder, atoll(batch), "cpu");
    if (dlc_run(session, inputs, outputs))
      fail("run", dlc_session_error(session));
    dlc_session_destroy(session);
    transfer(name_file(folder, "input-", batch), "wb", x, in_count);
    transfer(name_file(folder, "expected-", batch), "wb", y, out_count);
    return 0;
  }

  transfer(name_file(folder, "input-", batch), "rb", x, in_count);
  transfer(name_file(folder, "expected-", batch), "rb", expected, out_count);
  dlc_session *session = open_session(folder, atoll(batch), argv[4]);
  double milliseconds = measure(session, inputs, outputs, atof(argv[5]));
  dlc_session_destroy(session);
  double far = 0, most = 0;
  for (size_t i = 0; i < out_count; ++i) {
    double distance = fabs((double)y[i] - expected[i]);
    far = distance > far || isnan(distance) ? distance : far;
    most = fmax(most, fabs(expected[i]));
  }
  printf("%.3g %.1e\n", milliseconds, far / most);
  if (!(far <= TOLERANCE * most))
    fail(argv[4], "the results are not those of the CPU");
  return 0;
}
