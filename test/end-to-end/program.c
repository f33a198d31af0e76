/* An application as strict as they come: runs MODEL in an arena of exactly the
   promised size, between guards, and on arrays from files.

     program BATCH THREADS input.npy ... output.f32 ...          */
#include "dlc/dlc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const dlc_model MODEL;

enum { GUARD = 4096, MAX_TENSORS = 16 };

static void fail(const char *what) {
  fprintf(stderr, "program: %s\n", what);
  exit(1);
}

/* The data of an .npy file (format 1.0), which must have this many bytes. */
static void *read_npy(const char *path, size_t bytes) {
  FILE *file = fopen(path, "rb");
  unsigned char head[10];
  if (!file || fread(head, 1, sizeof head, file) != sizeof head ||
      fseek(file, head[8] + 256 * head[9], SEEK_CUR))
    fail(path);
  char *data = malloc(bytes + 1);
  if (!data || fread(data, 1, bytes + 1, file) != bytes)
    fail("an input has another size than the model says");
  fclose(file);
  return data;
}

static void write_raw(const char *path, const void *data, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file))
    fail(path);
}

int main(int argc, char **argv) {
  int32_t ins = dlc_input_count(&MODEL), outs = dlc_output_count(&MODEL);
  if (argc != 3 + ins + outs || ins + outs > MAX_TENSORS)
    fail("usage: program BATCH THREADS input.npy ... output.f32 ...");
  dlc_options options = DLC_OPTIONS_INIT;
  options.batch = atoi(argv[1]);
  options.threads = atoi(argv[2]);

  int64_t arena = dlc_arena_bytes(&MODEL, options.batch, options.threads);
  if (arena < 0)
    fail(dlc_status_string((dlc_status)arena));
  size_t whole = ((size_t)arena + 2 * GUARD + 63) / 64 * 64;
  unsigned char *memory =
      aligned_alloc(GUARD, (whole + GUARD - 1) / GUARD * GUARD);
  if (!memory)
    fail("no memory");
  memset(memory, 0xA5, whole);
  options.arena = memory + GUARD;
  options.arena_bytes = (size_t)arena;

  const void *inputs[MAX_TENSORS];
  void *outputs[MAX_TENSORS], *again[MAX_TENSORS];
  dlc_tensor_info info;
  for (int i = 0; i < ins; ++i) {
    if (dlc_input_info(&MODEL, i, options.batch, &info) != DLC_OK)
      fail("dlc_input_info");
    inputs[i] = read_npy(argv[3 + i], info.bytes);
  }
  for (int i = 0; i < outs; ++i) {
    if (dlc_output_info(&MODEL, i, options.batch, &info) != DLC_OK)
      fail("dlc_output_info");
    outputs[i] = calloc(1, info.bytes);
    again[i] = calloc(1, info.bytes);
  }

  dlc_session *session = NULL;
  if (dlc_session_create(&MODEL, &options, &session) != DLC_OK ||
      dlc_run(session, inputs, outputs) != DLC_OK)
    fail(dlc_session_error(session));
  /* What the first run left in the arena must not matter to the second. */
  if (dlc_run(session, inputs, again) != DLC_OK)
    fail(dlc_session_error(session));
  dlc_session_destroy(session);

  for (size_t i = 0; i < GUARD; ++i)
    if (memory[i] != 0xA5 || memory[GUARD + (size_t)arena + i] != 0xA5)
      fail("the arena was left");
  for (int i = 0; i < outs; ++i) {
    dlc_output_info(&MODEL, i, options.batch, &info);
    if (memcmp(outputs[i], again[i], info.bytes))
      fail("the second run differs");
    write_raw(argv[3 + ins + i], outputs[i], info.bytes);
    free(outputs[i]);
    free(again[i]);
  }
  for (int i = 0; i < ins; ++i)
    free((void *)inputs[i]);
  free(memory);
  return 0;
}
