// Loading OpenCL and listing its devices.
#include "runtime/opencl_library.h"

struct dlc_cl dlc_cl;
dlc_cl_devices dlc_cl_found;

static const dlc_symbol symbols[] = {
    {"clGetPlatformIDs", &dlc_cl.platforms},
    {"clGetDeviceIDs", &dlc_cl.devices},
    {"clGetDeviceInfo", &dlc_cl.device_info},
    {"clCreateContext", &dlc_cl.context_create},
    {"clRetainContext", &dlc_cl.context_retain},
    {"clReleaseContext", &dlc_cl.context_release},
    {"clCreateCommandQueueWithProperties", &dlc_cl.queue_create},
    {"clGetCommandQueueInfo", &dlc_cl.queue_info},
    {"clRetainCommandQueue", &dlc_cl.queue_retain},
    {"clReleaseCommandQueue", &dlc_cl.queue_release},
    {"clFinish", &dlc_cl.finish},
    {"clSVMAlloc", &dlc_cl.svm_allocate},
    {"clSVMFree", &dlc_cl.svm_free},
    {"clEnqueueSVMMemcpy", &dlc_cl.svm_copy},
    {"clCreateBuffer", &dlc_cl.buffer_create},
    {"clReleaseMemObject", &dlc_cl.buffer_release},
    {"clEnqueueCopyBuffer", &dlc_cl.buffer_copy},
    {"clCreateProgramWithSource", &dlc_cl.program_create},
    {"clBuildProgram", &dlc_cl.program_build},
    {"clGetProgramBuildInfo", &dlc_cl.program_build_info},
    {"clReleaseProgram", &dlc_cl.program_release},
    {"clCreateKernel", &dlc_cl.kernel_create},
    {"clReleaseKernel", &dlc_cl.kernel_release},
    {"clSetKernelArg", &dlc_cl.set_argument},
    {"clSetKernelArgSVMPointer", &dlc_cl.set_pointer},
    {"clEnqueueNDRangeKernel", &dlc_cl.enqueue},
    {"clGetEventProfilingInfo", &dlc_cl.event_time},
    {"clReleaseEvent", &dlc_cl.event_release},
};

// The library has no names of its own for its errors.
static const char *error_name(cl_result result) {
  static const struct {
    cl_result result;
    const char *name;
  } names[] = {
      {-1, "CL_DEVICE_NOT_FOUND"},
      {-2, "CL_DEVICE_NOT_AVAILABLE"},
      {-3, "CL_COMPILER_NOT_AVAILABLE"},
      {-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
      {-5, "CL_OUT_OF_RESOURCES"},
      {-6, "CL_OUT_OF_HOST_MEMORY"},
      {-7, "CL_PROFILING_INFO_NOT_AVAILABLE"},
      {-11, "CL_BUILD_PROGRAM_FAILURE"},
      {-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"},
      {-30, "CL_INVALID_VALUE"},
      {-33, "CL_INVALID_DEVICE"},
      {-34, "CL_INVALID_CONTEXT"},
      {-36, "CL_INVALID_COMMAND_QUEUE"},
      {-38, "CL_INVALID_MEM_OBJECT"},
      {-46, "CL_INVALID_KERNEL_NAME"},
      {-51, "CL_INVALID_ARG_SIZE"},
      {-52, "CL_INVALID_KERNEL_ARGS"},
      {-54, "CL_INVALID_WORK_GROUP_SIZE"},
      {-55, "CL_INVALID_WORK_ITEM_SIZE"},
      {-59, "CL_INVALID_OPERATION"},
      {-61, "CL_INVALID_BUFFER_SIZE"},
      {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
  };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
    if (names[i].result == result)
      return names[i].name;
  return "OpenCL error";
}

dlc_status dlc_cl_check(cl_result result, const char *what, dlc_message *message) {
  if (!result)
    return DLC_OK;
  return dlc_fail(message, DLC_ERROR_DEVICE, "%s: %s (%d)", what, error_name(result), (int)result);
}

enum { DEVICE_NOT_FOUND = -1, PLATFORM_NOT_FOUND = -1001 }; // cl_results
#define DEVICE_TYPE_ALL UINT64_C(0xffffffff)
enum { MAX_PLATFORMS = 16 };

static dlc_startup startup = DLC_STARTUP_INIT;

static void start(void) {
  static const char *const libraries[] = {"libOpenCL.so.1", "libOpenCL.so", NULL};
  startup.status =
      dlc_load_library("OpenCL", libraries, symbols, sizeof(symbols) / sizeof(symbols[0]), &startup.message);
  if (startup.status)
    return;
  cl_platform platforms[MAX_PLATFORMS];
  uint32_t count = 0;
  cl_result result = dlc_cl.platforms(MAX_PLATFORMS, platforms, &count);
  if (result == PLATFORM_NOT_FOUND)
    return;
  startup.status = dlc_cl_check(result, "clGetPlatformIDs", &startup.message);
  for (uint32_t i = 0; i < count && i < MAX_PLATFORMS && !startup.status; ++i) {
    uint32_t found = 0, room = DLC_CL_MAX_DEVICES - dlc_cl_found.count;
    if (room == 0)
      return;
    result = dlc_cl.devices(platforms[i], DEVICE_TYPE_ALL, room, dlc_cl_found.list + dlc_cl_found.count, &found);
    if (result == DEVICE_NOT_FOUND)
      continue;
    startup.status = dlc_cl_check(result, "clGetDeviceIDs", &startup.message);
    if (!result)
      dlc_cl_found.count += found < room ? found : room;
  }
}

dlc_status dlc_cl_start(dlc_message *message) { return dlc_start_once(&startup, start, message); }
