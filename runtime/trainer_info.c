// What one can ask and tell a trainer between its steps: hyper-parameters,
// counters, variables, slots, profiles.
#include "runtime/trainer.h"

#include <string.h>

//===----------------------------------------------------------------------===//
// What it was made with
//===----------------------------------------------------------------------===//

const dlc_training *dlc_trainer_training(const dlc_trainer *trainer) { return trainer ? trainer->training : NULL; }

int64_t dlc_trainer_batch(const dlc_trainer *trainer) { return trainer ? trainer->batch : 0; }

int32_t dlc_trainer_threads(const dlc_trainer *trainer) { return trainer ? trainer->threads : 0; }

size_t dlc_trainer_bytes(const dlc_trainer *trainer) { return trainer ? trainer->memory_bytes : 0; }

const dlc_session *dlc_trainer_session(const dlc_trainer *trainer, dlc_part part) {
  return trainer && (unsigned)part < DLC_PART_COUNT ? trainer->sessions[part] : NULL;
}

int32_t dlc_trainer_forward_step_count(const dlc_trainer *trainer) {
  return trainer ? (int32_t)dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_FORWARD_STEPS) : 0;
}

void dlc_trainer_profile_reset(dlc_trainer *trainer) {
  for (int part = 0; trainer && part < DLC_PART_COUNT; ++part)
    dlc_profile_reset(trainer->sessions[part]);
}

//===----------------------------------------------------------------------===//
// Hyper-parameters
//===----------------------------------------------------------------------===//

static int32_t update_input_count(const dlc_trainer *trainer) {
  return (int32_t)dlc_header(trainer->models[DLC_PART_UPDATE], DLC_HEADER_INPUT_COUNT);
}

static const char *update_input_name(const dlc_trainer *trainer, int32_t input) {
  return dlc_record_name(trainer->models[DLC_PART_UPDATE], DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, input);
}

int32_t dlc_trainer_hyperparameter_count(const dlc_trainer *trainer) {
  int32_t count = 0;
  for (int32_t i = 0; trainer && i < update_input_count(trainer); ++i)
    count += trainer->hypers[i].kind == DLC_HYPER_SET;
  return count;
}

const char *dlc_trainer_hyperparameter_name(const dlc_trainer *trainer, int32_t index) {
  for (int32_t i = 0; trainer && index >= 0 && i < update_input_count(trainer); ++i)
    if (trainer->hypers[i].kind == DLC_HYPER_SET && index-- == 0)
      return update_input_name(trainer, i);
  return NULL;
}

// The hyper-parameter of that name that the caller may set, or null.
static dlc_hyper *find_hyper(const dlc_trainer *trainer, const char *name) {
  if (!trainer || !name)
    return NULL;
  int32_t input = dlc_find_input(trainer->models[DLC_PART_UPDATE], name);
  return input >= 0 && trainer->hypers[input].kind == DLC_HYPER_SET ? &trainer->hypers[input] : NULL;
}

dlc_status dlc_trainer_set(dlc_trainer *trainer, const char *name, double value) {
  if (!trainer)
    return DLC_ERROR_ARGUMENT;
  dlc_hyper *hyper = find_hyper(trainer, name);
  if (!hyper)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the optimizer has no hyper-parameter '%.80s'",
                            name ? name : "");
  if (value != value)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the hyper-parameter '%.80s' cannot be NaN", name);
  hyper->value = value;
  return DLC_OK;
}

dlc_status dlc_trainer_get(const dlc_trainer *trainer, const char *name, double *value) {
  const dlc_hyper *hyper = find_hyper(trainer, name);
  if (!hyper || !value)
    return DLC_ERROR_ARGUMENT;
  *value = hyper->value;
  return DLC_OK;
}

// base^exponent by squaring; the runtime does without libm.
static double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base)
    if (exponent & 1)
      result *= base;
  return result;
}

// A hyper-parameter that dlc_training_check has found to be there.
static double value_of(const dlc_trainer *trainer, const char *name) {
  return trainer->hypers[dlc_find_input(trainer->models[DLC_PART_UPDATE], name)].value;
}

void dlc_trainer_fill_hypers(dlc_trainer *trainer) {
  const dlc_model *update = trainer->models[DLC_PART_UPDATE];
  int64_t t = trainer->updates + 1;
  for (int32_t i = 0; i < update_input_count(trainer); ++i) {
    dlc_hyper *hyper = &trainer->hypers[i];
    switch (hyper->kind) {
    case DLC_HYPER_SET:
      break;
    case DLC_HYPER_CORRECTION1:
      hyper->value = 1 - power(value_of(trainer, "beta1"), t);
      break;
    case DLC_HYPER_CORRECTION2:
      hyper->value = 1 - power(value_of(trainer, "beta2"), t);
      break;
    case DLC_HYPER_DECAYED_LR:
      hyper->value = value_of(trainer, "lr") / (1 + value_of(trainer, "lr_decay") * (double)(t - 1));
      break;
    }
    const int64_t *tensor = dlc_record(update, DLC_HEADER_INPUTS, DLC_TENSOR_LENGTH, i);
    if (tensor[DLC_TENSOR_TYPE] == DLC_TYPE_F64)
      hyper->cell.f64 = hyper->value;
    else
      hyper->cell.f32 = (float)hyper->value;
  }
}

//===----------------------------------------------------------------------===//
// Counters
//===----------------------------------------------------------------------===//

int64_t dlc_trainer_updates(const dlc_trainer *trainer) { return trainer ? trainer->updates : 0; }

dlc_status dlc_trainer_set_updates(dlc_trainer *trainer, int64_t updates) {
  if (!trainer)
    return DLC_ERROR_ARGUMENT;
  if (updates < 0 || updates == INT64_MAX)
    return dlc_trainer_fail(trainer, DLC_ERROR_ARGUMENT, "the number of updates cannot be %lld", (long long)updates);
  trainer->updates = updates;
  trainer->passes = 0;
  return DLC_OK;
}

uint64_t dlc_trainer_seed(const dlc_trainer *trainer) { return trainer ? trainer->seed : 0; }

void dlc_trainer_set_seed(dlc_trainer *trainer, uint64_t seed) {
  if (trainer)
    trainer->seed = seed;
}

//===----------------------------------------------------------------------===//
// Variables and slots
//===----------------------------------------------------------------------===//

int32_t dlc_trainer_variable_count(const dlc_trainer *trainer) {
  return trainer ? (int32_t)dlc_header(trainer->models[DLC_PART_STEP], DLC_HEADER_VARIABLE_COUNT) : 0;
}

static const int64_t *variable_record(const dlc_trainer *trainer, int32_t index) {
  return dlc_record(trainer->models[DLC_PART_STEP], DLC_HEADER_VARIABLES, DLC_VARIABLE_LENGTH, index);
}

dlc_status dlc_trainer_describe(const dlc_trainer *trainer, int32_t index, dlc_variable_info *info) {
  if (!info || index < 0 || index >= dlc_trainer_variable_count(trainer))
    return DLC_ERROR_ARGUMENT;
  const int64_t *record = variable_record(trainer, index);
  int64_t bytes;
  char *gradients = dlc_trainer_gradients(trainer, &bytes);
  info->name = dlc_string(trainer->models[DLC_PART_STEP], record[DLC_VARIABLE_NAME]);
  info->type = (dlc_type)record[DLC_VARIABLE_TYPE];
  info->rank = (int32_t)record[DLC_VARIABLE_RANK];
  info->bytes = dlc_type_bytes(info->type);
  for (int32_t d = 0; d < DLC_MAX_RANK; ++d) {
    info->shape[d] = d < info->rank ? record[DLC_VARIABLE_DIMS + d] : 0;
    info->bytes *= d < info->rank ? (size_t)info->shape[d] : 1;
  }
  info->trained = record[DLC_VARIABLE_TRAINED] != 0;
  info->values = trainer->state + record[DLC_VARIABLE_PLACE];
  info->gradient = info->trained ? gradients + record[DLC_VARIABLE_PLACE] : NULL;
  return DLC_OK;
}

int32_t dlc_trainer_find_variable(const dlc_trainer *trainer, const char *name) {
  for (int32_t i = 0; name && i < dlc_trainer_variable_count(trainer); ++i)
    if (!strcmp(name, dlc_string(trainer->models[DLC_PART_STEP], variable_record(trainer, i)[DLC_VARIABLE_NAME])))
      return i;
  return -1;
}

int32_t dlc_trainer_slot_count(const dlc_trainer *trainer) {
  return trainer ? (int32_t)dlc_header(trainer->models[DLC_PART_UPDATE], DLC_HEADER_SLOT_COUNT) : 0;
}

const char *dlc_trainer_slot_name(const dlc_trainer *trainer, int32_t slot) {
  if (slot < 0 || slot >= dlc_trainer_slot_count(trainer))
    return NULL;
  return dlc_record_name(trainer->models[DLC_PART_UPDATE], DLC_HEADER_SLOTS, DLC_SLOT_LENGTH, slot);
}

void *dlc_trainer_slot_place(const dlc_trainer *trainer, int32_t slot, int32_t variable) {
  if (slot < 0 || slot >= dlc_trainer_slot_count(trainer) || variable < 0 ||
      variable >= dlc_trainer_variable_count(trainer))
    return NULL;
  const int64_t *record = variable_record(trainer, variable);
  const int64_t *place = dlc_record(trainer->models[DLC_PART_UPDATE], DLC_HEADER_SLOTS, DLC_SLOT_LENGTH, slot);
  return record[DLC_VARIABLE_TRAINED] ? trainer->state + place[DLC_SLOT_PLACE] + record[DLC_VARIABLE_PLACE] : NULL;
}
