// Finds the vertical edge in a small picture whose left half is bright.
#include "hello.h"

#include <stdio.h>

int main(void) {
  float image[6][6], edges[4][4];
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 6; ++x)
      image[y][x] = x < 3 ? 10 : 0;

  dlc_session *session = NULL;
  if (dlc_session_create(&hello_model, NULL, &session) != DLC_OK ||
      hello_run(session, image[0], edges[0]) != DLC_OK) {
    fprintf(stderr, "%s\n", dlc_session_error(session));
    return 1;
  }
  for (int y = 0; y < 4; ++y, puts(""))
    for (int x = 0; x < 4; ++x)
      printf("%4g", edges[y][x]);
  dlc_session_destroy(session);
  return 0;
}
