// The part of OpenCL's interface that the runtime uses, from a library that is
// loaded when it is first asked for.
#ifndef DLC_RUNTIME_OPENCL_LIBRARY_H
#define DLC_RUNTIME_OPENCL_LIBRARY_H

#include "runtime/device.h"

#pragma GCC visibility push(hidden)

typedef int32_t cl_result; // 0 is success
enum { INVALID_VALUE = -30 };
typedef uint32_t cl_bool;
typedef struct cl_platform *cl_platform;
typedef struct cl_device *cl_device;
typedef struct cl_context *cl_context;
typedef struct cl_queue *cl_queue;
typedef struct cl_memory *cl_memory;
typedef struct cl_program *cl_program;
typedef struct cl_kernel *cl_kernel;
typedef struct cl_event *cl_event;

enum { DEVICE_TYPE_CPU = 1 << 1 };
enum {
  DEVICE_TYPE = 0x1000,
  DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
  DEVICE_GLOBAL_MEM_SIZE = 0x101f,
  DEVICE_LOCAL_MEM_SIZE = 0x1023,
  DEVICE_NAME = 0x102b,
  DEVICE_SVM_CAPABILITIES = 0x1053
};
enum { SVM_COARSE_GRAIN_BUFFER = 1 }; // a capability
enum { QUEUE_CONTEXT = 0x1090, QUEUE_DEVICE = 0x1091, QUEUE_PROPERTIES = 0x1093 };
enum { QUEUE_OUT_OF_ORDER = 1, QUEUE_PROFILING = 2 };
enum { MEM_READ_WRITE = 1, MEM_USE_HOST_PTR = 8 };
enum { PROGRAM_BUILD_LOG = 0x1183 };
enum { PROFILING_COMMAND_START = 0x1282, PROFILING_COMMAND_END = 0x1283 };

struct dlc_cl {
  cl_result (*platforms)(uint32_t room, cl_platform *platforms, uint32_t *count);
  cl_result (*devices)(cl_platform platform, uint64_t type, uint32_t room, cl_device *devices, uint32_t *count);
  cl_result (*device_info)(cl_device device, uint32_t what, size_t room, void *value, size_t *bytes);
  cl_context (*context_create)(const intptr_t *properties, uint32_t count, const cl_device *devices,
                               void (*notify)(const char *, const void *, size_t, void *), void *data,
                               cl_result *result);
  cl_result (*context_retain)(cl_context context);
  cl_result (*context_release)(cl_context context);
  cl_queue (*queue_create)(cl_context context, cl_device device, const uint64_t *properties, cl_result *result);
  cl_result (*queue_info)(cl_queue queue, uint32_t what, size_t room, void *value, size_t *bytes);
  cl_result (*queue_retain)(cl_queue queue);
  cl_result (*queue_release)(cl_queue queue);
  cl_result (*finish)(cl_queue queue);
  void *(*svm_allocate)(cl_context context, uint64_t flags, size_t bytes, uint32_t alignment);
  void (*svm_free)(cl_context context, void *memory);
  cl_result (*svm_copy)(cl_queue queue, cl_bool wait, void *to, const void *from, size_t bytes, uint32_t event_count,
                        const cl_event *events, cl_event *event);
  cl_memory (*buffer_create)(cl_context context, uint64_t flags, size_t bytes, void *host, cl_result *result);
  cl_result (*buffer_release)(cl_memory memory);
  cl_result (*buffer_copy)(cl_queue queue, cl_memory from, cl_memory to, size_t from_offset, size_t to_offset,
                           size_t bytes, uint32_t event_count, const cl_event *events, cl_event *event);
  cl_program (*program_create)(cl_context context, uint32_t count, const char **texts, const size_t *lengths,
                               cl_result *result);
  cl_result (*program_build)(cl_program program, uint32_t count, const cl_device *devices, const char *options,
                             void (*notify)(cl_program, void *), void *data);
  cl_result (*program_build_info)(cl_program program, cl_device device, uint32_t what, size_t room, void *value,
                                  size_t *bytes);
  cl_result (*program_release)(cl_program program);
  cl_kernel (*kernel_create)(cl_program program, const char *name, cl_result *result);
  cl_result (*kernel_release)(cl_kernel kernel);
  cl_result (*set_argument)(cl_kernel kernel, uint32_t index, size_t bytes, const void *value);
  cl_result (*set_pointer)(cl_kernel kernel, uint32_t index, const void *pointer);
  cl_result (*enqueue)(cl_queue queue, cl_kernel kernel, uint32_t dimensions, const size_t *offset,
                       const size_t *global, const size_t *local, uint32_t event_count, const cl_event *events,
                       cl_event *event);
  cl_result (*event_time)(cl_event event, uint32_t what, size_t room, void *value, size_t *bytes);
  cl_result (*event_release)(cl_event event);
};

extern struct dlc_cl dlc_cl; // filled by dlc_cl_start

// DLC_OK, or what the function `what` returned, in words.
dlc_status dlc_cl_check(cl_result result, const char *what, dlc_message *message);

// All devices: those of the first platform, of the second one, …
enum { DLC_CL_MAX_DEVICES = 64 };
typedef struct dlc_cl_devices {
  cl_device list[DLC_CL_MAX_DEVICES];
  uint32_t count;
} dlc_cl_devices;
extern dlc_cl_devices dlc_cl_found;

// Loads the library and lists the devices, once a process.
dlc_status dlc_cl_start(dlc_message *message);

#pragma GCC visibility pop

#endif // DLC_RUNTIME_OPENCL_LIBRARY_H
