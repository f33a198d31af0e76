/* The smallest model by hand, in C99 for the public header and C11 for the
   object's: y = 2 x over four elements an image, by a parallel loop. */
#include "dlc/model.h"

#include <stdio.h>

struct buffer {
  uint64_t device;
  const void *interface;
  uint8_t *host;
  uint64_t flags, type;
  void *dim, *padding;
};

static int twice(void *context, int i, uint8_t *closure) {
  struct buffer *buffers = (struct buffer *)closure;
  float *scratch = dlc_rt_malloc(context, sizeof(float));
  *scratch = ((const float *)buffers[0].host)[i];
  ((float *)buffers[1].host)[i] = 2 * *scratch;
  dlc_rt_free(context, scratch);
  return 0;
}

static int32_t run(void *context, struct halide_buffer_t *buffers, dlc_trace_function trace, int32_t begin,
                   int32_t end) {
  (void)trace;
  (void)begin;
  (void)end;
  return dlc_rt_do_par_for(context, twice, 0, 8, (uint8_t *)buffers);
}

enum {
  INPUTS = DLC_HEADER_LENGTH,
  OUTPUTS = INPUTS + DLC_TENSOR_LENGTH,
  BUFFERS = OUTPUTS + DLC_TENSOR_LENGTH,
  DIMENSIONS = BUFFERS + 2 * DLC_BUFFER_LENGTH,
  LENGTH = DIMENSIONS + 2 * DLC_DIMENSION_LENGTH
};

static int64_t table[LENGTH] = {
    [DLC_HEADER_MAGIC] = DLC_MODEL_MAGIC,
    [DLC_HEADER_ABI_VERSION] = DLC_ABI_VERSION,
    [DLC_HEADER_TABLE_LENGTH] = LENGTH,
    [DLC_HEADER_STRINGS_BYTES] = 5,
    [DLC_HEADER_NAME] = 1,
    [DLC_HEADER_PARALLEL] = 1,
    [DLC_HEADER_SCRATCH] = DLC_SCRATCH_COST(sizeof(float)),
    [DLC_HEADER_INPUT_COUNT] = 1,
    [DLC_HEADER_INPUTS] = INPUTS,
    [DLC_HEADER_OUTPUT_COUNT] = 1,
    [DLC_HEADER_OUTPUTS] = OUTPUTS,
    [DLC_HEADER_BUFFER_COUNT] = 2,
    [DLC_HEADER_BUFFERS] = BUFFERS,
    [DLC_HEADER_DIMENSION_COUNT] = 2,
    [DLC_HEADER_DIMENSIONS] = DIMENSIONS,
    [INPUTS] = 1,
    DLC_TYPE_F32,
    2,
    0,
    16,
    -1,
    4,
    [OUTPUTS] = 1,
    DLC_TYPE_F32,
    2,
    0,
    16,
    -1,
    4,
    [BUFFERS] = DLC_SPACE_INPUT,
    0,
    0,
    0,
    2,
    32,
    2,
    0,
    DLC_SPACE_OUTPUT,
    0,
    0,
    0,
    2,
    32,
    2,
    0,
    [DIMENSIONS] = 0,
    4,
    1,
    0,
    -1,
    4,
};
static const dlc_model net_model = {table, "\0net", run, NULL, NULL};

int main(void) {
  table[DLC_HEADER_ARCHITECTURE] = dlc_cpu_architecture();
  table[DLC_HEADER_FEATURES] = (int64_t)dlc_cpu_features();
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = 2;
  options.threads = 2;
  dlc_session *session;
  if (dlc_session_create(&net_model, &options, &session)) {
    fprintf(stderr, "%s\n", dlc_session_error(NULL));
    return 1;
  }
  float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8];
  const void *inputs[] = {x};
  void *outputs[] = {y};
  for (int i = 0; i < 1000; ++i)
    if (dlc_run(session, inputs, outputs)) {
      fprintf(stderr, "%s\n", dlc_session_error(session));
      return 1;
    }
  for (int i = 0; i < 8; ++i)
    printf("%g%c", y[i], i < 7 ? ' ' : '\n');
  dlc_session_destroy(session);
  return 0;
}
