/* A stand-in for the library of the driver, libcuda.so.1, with as many cards as FAKE_CARDS says; below 0 it fails
 * with that error. Card N is of compute capability 9.0 with 80 + N GiB; FAKE_LOST loses it when it is asked for its
 * name. */
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>

static int cards(void) {
    const char *text = getenv("FAKE_CARDS");
    return text ? atoi(text) : 0;
}

CUresult cuInit(unsigned flags) {
    (void)flags;
    return cards() < 0 ? (CUresult)-cards() : CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int *n) {
    *n = cards();
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int number) {
    *device = number;
    return number < cards() ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device) {
    snprintf(name, (size_t)size, "Planted Card %d", device);
    return getenv("FAKE_LOST") ? CUDA_ERROR_DEVICE_UNAVAILABLE : CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute what, CUdevice device) {
    (void)device;
    *value = what == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 9 : 0;
    return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(size_t *bytes, CUdevice device) {
    *bytes = (size_t)(80 + device) << 30;
    return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char **text) {
    *text = "planted";
    return error == CUDA_SUCCESS ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}
