/* Two networks in one program, both running at once from several threads with a
   session each: every result must be the one of a thread alone. */
#include "digits.h"
#include "hello.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 6, RUNS = 50, BATCH = 7 };

static uint8_t digits_image[BATCH][64];
static float hello_image[BATCH][36];
static float digits_expected[BATCH][10], hello_expected[BATCH][16];

static int classify(dlc_session *session) {
  float prob[BATCH][10] = {{0}};
  return digits_run(session, digits_image[0], prob[0]) == DLC_OK &&
         !memcmp(prob, digits_expected, sizeof prob);
}

static int find_edges(dlc_session *session) {
  float edges[BATCH][16] = {{0}};
  return hello_run(session, hello_image[0], edges[0]) == DLC_OK &&
         !memcmp(edges, hello_expected, sizeof edges);
}

static dlc_session *create(const dlc_model *model, int threads) {
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = BATCH;
  options.threads = threads;
  dlc_session *session = NULL;
  if (dlc_session_create(model, &options, &session) != DLC_OK)
    fprintf(stderr, "%s\n", dlc_session_error(NULL));
  return session;
}

static void *work(void *index) {
  size_t i = (size_t)index;
  dlc_session *session =
      create(i % 2 ? &digits_model : &hello_model, 1 + i % 3);
  int good = session != NULL;
  for (int run = 0; good && run < RUNS; ++run)
    good = i % 2 ? classify(session) : find_edges(session);
  dlc_session_destroy(session);
  return (void *)(size_t)good;
}

int main(void) {
  for (int i = 0; i < BATCH * 64; ++i)
    digits_image[0][i] = (uint8_t)(i * 7 % 17);
  for (int i = 0; i < BATCH * 36; ++i)
    hello_image[0][i] = (float)(i * 5 % 11);
  dlc_session *digits = create(&digits_model, 1),
              *hello = create(&hello_model, 1);
  if (!digits || !hello ||
      digits_run(digits, digits_image[0], digits_expected[0]) != DLC_OK ||
      hello_run(hello, hello_image[0], hello_expected[0]) != DLC_OK)
    return 1;

  pthread_t threads[THREADS];
  int good = 0;
  for (size_t i = 0; i < THREADS; ++i)
    if (pthread_create(&threads[i], NULL, work, (void *)i))
      return 1;
  for (int i = 0; i < THREADS; ++i) {
    void *result;
    pthread_join(threads[i], &result);
    good += (int)(size_t)result;
  }
  dlc_session_destroy(digits);
  dlc_session_destroy(hello);
  printf("%d of %d threads got what one alone gets\n", good, THREADS);
  return good == THREADS ? 0 : 1;
}
