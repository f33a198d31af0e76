/* Compiles as C99 and as C++: runs a network in an arena of static storage and compares it with one that allocates. */
#include "my_net.h"

#include <stdio.h>
#include <string.h>

enum { BATCH = 3, THREADS = 2 };

#if defined(__GNUC__)
__attribute__((aligned(DLC_ARENA_ALIGNMENT)))
#endif
static unsigned char arena[MY_NET_ARENA_BYTES(BATCH, THREADS) + 1];

static float x[BATCH * MY_NET_FLOAT__ELEMENTS];
static uint8_t pixels[BATCH * MY_NET_RAW_PIXELS_ELEMENTS];
static float y[2][BATCH * MY_NET_SESSION__ELEMENTS], sum[2][BATCH * MY_NET_SUM_ELEMENTS];

int main(void) {
  dlc_options options = DLC_OPTIONS_INIT;
  dlc_session *session = NULL;
  int run, i;
  for (i = 0; i < BATCH * MY_NET_FLOAT__ELEMENTS; ++i)
    x[i] = (float)(i % 17) - 8;
  for (i = 0; i < BATCH * MY_NET_RAW_PIXELS_ELEMENTS; ++i)
    pixels[i] = (uint8_t)(i * 7);
  options.batch = BATCH;
  options.threads = THREADS;
  for (run = 0; run < 2; ++run) {
    options.arena = run ? arena : NULL;
    options.arena_bytes = run ? sizeof(arena) - 1 : 0;
    if (my_net_session_create(&options, &session) != DLC_OK ||
        my_net_run(session, x, pixels, y[run], sum[run]) != DLC_OK) {
      fprintf(stderr, "%s\n", dlc_session_error(session));
      return 1;
    }
    dlc_session_destroy(session);
  }
  printf("arena %d\n", my_net_arena_bytes(BATCH, THREADS) == MY_NET_ARENA_BYTES(BATCH, THREADS));
  printf("same %d\n", !memcmp(y[0], y[1], sizeof(y[0])) && !memcmp(sum[0], sum[1], sizeof(sum[0])));
  printf("shape %d %d %d %d\n", MY_NET_SESSION__RANK, MY_NET_SESSION__DIM1, MY_NET_SESSION__DIM2, MY_NET_SESSION__DIM3);
  return 0;
}
