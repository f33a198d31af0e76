// What kernels call: scratch, parallel loops, halos.
#include "runtime/halide.h"
#include "runtime/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

//===----------------------------------------------------------------------===//
// Scratch
//===----------------------------------------------------------------------===//

// Stands before every allocation. Kernels free mostly in reverse order; a block
// freed out of turn waits for those above it.
struct scratch_block {
  struct scratch_block *below;
  size_t foreign_bytes; // from the session's allocator, if not 0
  int freed;
};

enum { HEADER = 64 };
_Static_assert(sizeof(struct scratch_block) <= HEADER, "fits its place");
_Static_assert(DLC_SCRATCH_COST(1) == HEADER + 64, "as the compiler counts");

void dlc_scratch_reset(dlc_session *session) {
  for (int32_t i = 0; i < session->threads; ++i) {
    session->workers[i].top = session->workers[i].scratch;
    session->workers[i].last = NULL;
  }
}

// The plan was wrong. Kernels do not check for null, so serve them this once;
// the run ends in an error.
static void *allocate_beyond_plan(dlc_worker *worker, size_t bytes) {
  dlc_session *session = worker->session;
  size_t largest = atomic_load(&session->missing_scratch);
  while (largest < bytes && !atomic_compare_exchange_weak(&session->missing_scratch, &largest, bytes))
    ;
  if (bytes > PTRDIFF_MAX - HEADER)
    return NULL;
  char *memory = session->allocator.allocate(session->allocator.context, bytes + HEADER, HEADER);
  if (!memory)
    return NULL;
  struct scratch_block *block = (struct scratch_block *)(void *)memory;
  block->foreign_bytes = bytes + HEADER;
  return memory + HEADER;
}

void *dlc_rt_malloc(void *context, size_t bytes) {
  dlc_worker *worker = context;
  if (bytes == 0 && worker->session->remote)
    return NULL; // the host's part of a temporary on the device
  size_t left = (size_t)(worker->end - worker->top);
  if (left < HEADER || bytes > left - HEADER)
    return allocate_beyond_plan(worker, bytes);
  // Slices are multiples of 64 bytes, so what is left can be rounded up to.
  struct scratch_block *block = (struct scratch_block *)(void *)worker->top;
  block->below = worker->last;
  block->foreign_bytes = 0;
  block->freed = 0;
  worker->last = block;
  worker->top += HEADER + (bytes + 63) / 64 * 64;
  return (char *)block + HEADER;
}

void dlc_rt_free(void *context, void *pointer) {
  if (!pointer)
    return;
  dlc_worker *worker = context;
  struct scratch_block *block = (struct scratch_block *)(void *)((char *)pointer - HEADER);
  if (block->foreign_bytes) {
    const dlc_allocator *allocator = &worker->session->allocator;
    allocator->deallocate(allocator->context, block, block->foreign_bytes);
    return;
  }
  block->freed = 1;
  while (worker->last && worker->last->freed) {
    worker->top = (char *)worker->last;
    worker->last = worker->last->below;
  }
}

//===----------------------------------------------------------------------===//
// Parallel loops
//===----------------------------------------------------------------------===//

// Loops of more steps than a thread is to claim have tasks of several: a claim
// takes as long as a small step.
enum { TASKS_PER_THREAD = 8 };

// What a task needs to begin, on one cache line: of the session, a line that the
// caller has just written would have to follow.
struct loop {
  _Alignas(64) dlc_rt_task function;
  uint8_t *closure;
  dlc_worker *workers;
  uint64_t float_modes; // of the thread that called dlc_run
  int32_t threads;
  int min, size, tasks;
  int is_hook; // threads are the caller's: leave their modes as found
  atomic_int result;
};
_Static_assert(sizeof(struct loop) == 64, "on one cache line");

// The step that a task begins with. Tasks become shorter towards the end, so that
// all threads come to it at about the same time.
static int first_step(const struct loop *loop, int32_t task) {
  int64_t left = loop->tasks - task, all = loop->tasks;
  return loop->size == loop->tasks ? task : (int)(loop->size - loop->size * left * left / (all * all));
}

// One task on one worker. The worker may be in the middle of a kernel of its own
// (worker 0 is), so its state is put back, also after an error.
static void run_task(void *argument, int32_t task, int32_t index) {
  struct loop *loop = argument;
  if (index < 0 || index >= loop->threads) {
    dlc_kernel_error(&loop->workers[0], "parallel_for used worker %d, but the session has %d threads", index,
                     loop->threads);
    atomic_store(&loop->result, -1);
    return;
  }
  if (atomic_load_explicit(&loop->result, memory_order_relaxed))
    return; // a task failed already
  dlc_worker *worker = &loop->workers[index];
  uint64_t found = 0;
  if (loop->is_hook && (found = dlc_float_modes()) != loop->float_modes)
    dlc_set_float_modes(loop->float_modes);

  char *top = worker->top;
  struct scratch_block *last = worker->last;
  int in_task = worker->in_task;
  worker->in_task = 1;
  int result = 0;
  for (int step = first_step(loop, task), end = first_step(loop, task + 1); step < end && !result; ++step) {
    result = loop->function(worker, loop->min + step, loop->closure);
    worker->top = top;
    worker->last = last;
  }
  worker->in_task = in_task;

  if (loop->is_hook && found != loop->float_modes)
    dlc_set_float_modes(found);
  int none = 0;
  if (result)
    atomic_compare_exchange_strong(&loop->result, &none, result);
}

int dlc_rt_do_par_for(void *context, dlc_rt_task function, int min, int size, uint8_t *closure) {
  dlc_worker *worker = context;
  dlc_session *session = worker->session;
  if (size <= 1 || worker->in_task || !session->parallel_for) {
    for (int i = 0; i < size; ++i) {
      int result = function(worker, min + i, closure);
      if (result)
        return result;
    }
    return 0;
  }
  int tasks = session->threads * TASKS_PER_THREAD;
  struct loop loop = {.function = function,
                      .closure = closure,
                      .workers = session->workers,
                      .threads = session->threads,
                      .min = min,
                      .size = size,
                      .tasks = size < tasks ? size : tasks,
                      .is_hook = session->hook != NULL};
  if (loop.is_hook)
    loop.float_modes = dlc_float_modes();
  session->parallel_for(session->parallel_for_context, loop.tasks, run_task, &loop);
  return atomic_load(&loop.result);
}

//===----------------------------------------------------------------------===//
// Halos
//===----------------------------------------------------------------------===//

// A frame smaller than this is filled by one thread: waking into a loop costs
// more.
enum { PARALLEL_HALO_BYTES = 64 * 1024 };

enum { PATTERN = 16 }; // floats that are written at once

struct halo {
  float *interior; // (batch, block, y, x, lane)
  int32_t lanes, columns, rows, blocks;
  int64_t lane_stride, x_stride, y_stride, block_stride, batch_stride;
  int64_t left, right, top, bottom;
  float value;
  float pattern[PATTERN]; // all value
};

// `columns` pixels from `pixel` on, which lie behind each other.
static void fill_pixels(const struct halo *halo, float *pixel, int64_t columns) {
  if (halo->lane_stride != 1 || halo->x_stride != halo->lanes) {
    for (int64_t x = 0; x < columns; ++x)
      for (int32_t lane = 0; lane < halo->lanes; ++lane)
        pixel[x * halo->x_stride + lane * halo->lane_stride] = halo->value;
    return;
  }
  int64_t count = columns * halo->lanes, i = 0;
  for (; i + PATTERN <= count; i += PATTERN)
    memcpy(pixel + i, halo->pattern, sizeof(halo->pattern));
  for (; i < count; ++i)
    pixel[i] = halo->value;
}

// The frame of one plane, a channel block of one image.
static int fill_plane(void *context, int plane, uint8_t *closure) {
  (void)context;
  const struct halo *halo = (const struct halo *)(const void *)closure;
  float *first = halo->interior + plane / halo->blocks * halo->batch_stride + plane % halo->blocks * halo->block_stride;
  float *last = first + (halo->rows - 1) * halo->y_stride;
  int64_t behind = halo->columns * halo->x_stride; // the right frame of a row
  int64_t before = -halo->left * halo->x_stride;   // the left one
  int64_t width = (int64_t)halo->left + halo->columns + halo->right;

  // Rows that lie behind each other: the right frame of one and the left frame
  // of the next are one stretch, and so are all rows above and all below.
  if (halo->y_stride == width * halo->x_stride) {
    fill_pixels(halo, first + before - halo->top * halo->y_stride, halo->top * width + halo->left);
    if (halo->left + halo->right > 0)
      for (float *row = first; row != last; row += halo->y_stride)
        fill_pixels(halo, row + behind, (int64_t)halo->right + halo->left);
    fill_pixels(halo, last + behind, halo->right + halo->bottom * width);
    return 0;
  }
  for (int64_t y = 1; y <= halo->top; ++y)
    fill_pixels(halo, first + before - y * halo->y_stride, width);
  for (int32_t y = 0; y < halo->rows; ++y) {
    fill_pixels(halo, first + before + y * halo->y_stride, halo->left);
    fill_pixels(halo, first + behind + y * halo->y_stride, halo->right);
  }
  for (int64_t y = 1; y <= halo->bottom; ++y)
    fill_pixels(halo, last + before + y * halo->y_stride, width);
  return 0;
}

void dlc_rt_fill_halo(void *context, const struct halide_buffer_t *interior, int32_t left, int32_t right, int32_t top,
                      int32_t bottom, float value) {
  const dlc_buffer_dimension *dim = interior->dim;
  if (interior->type.code != 2 || interior->type.bits != 32 || interior->dimensions != 5) {
    dlc_kernel_error(context,
                     "a halo wants five dimensions of f32, not %d of type "
                     "code %d with %d bits",
                     interior->dimensions, interior->type.code, interior->type.bits);
    return;
  }
  struct halo halo = {
      .interior = (float *)(void *)interior->host,
      .lanes = dim[0].extent,
      .columns = dim[1].extent,
      .rows = dim[2].extent,
      .blocks = dim[3].extent,
      .lane_stride = dim[0].stride,
      .x_stride = dim[1].stride,
      .y_stride = dim[2].stride,
      .block_stride = dim[3].stride,
      .batch_stride = dim[4].stride,
      .left = left,
      .right = right,
      .top = top,
      .bottom = bottom,
      .value = value,
  };
  for (int i = 0; i < PATTERN; ++i)
    halo.pattern[i] = value;

  int planes = halo.blocks * dim[4].extent;
  if (halo.rows <= 0 || halo.columns <= 0)
    return;
  int64_t width = (int64_t)left + halo.columns + right;
  int64_t frame = (width * (top + bottom) + (int64_t)halo.rows * (left + right)) * halo.lanes * (int64_t)sizeof(float);
  if (frame * planes >= PARALLEL_HALO_BYTES) {
    dlc_rt_do_par_for(context, fill_plane, 0, planes, (uint8_t *)&halo);
    return;
  }
  for (int plane = 0; plane < planes; ++plane)
    fill_plane(context, plane, (uint8_t *)&halo);
}
