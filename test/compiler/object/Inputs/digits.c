#include "digits.h"

int main(void) {
  static uint8_t image[DIGITS_IMAGE_ELEMENTS];
  static float prob[DIGITS_PROB_ELEMENTS];
  dlc_session *session;
  int wrong = digits_session_create(NULL, &session) != DLC_OK || digits_run(session, image, prob) != DLC_OK;
  float sum = 0;
  for (int i = 0; i < DIGITS_PROB_ELEMENTS; ++i)
    sum += prob[i];
  dlc_session_destroy(session);
  return wrong || sum < 0.999f || sum > 1.001f;
}
