#include "tensor/cuda/cards.h"

#include <cuda.h>
#include <dlfcn.h>

#define LIBRARY "libcuda.so.1"

/* Macros of cuda.h rename some functions (cuDeviceTotalMem is cuDeviceTotalMem_v2): the symbol is the last name. */
#define SYMBOL_OF(name) #name
#define SYMBOL(name) SYMBOL_OF(name)

#define FUNCTIONS(X)                   \
    X(init, cuInit)                    \
    X(count, cuDeviceGetCount)         \
    X(get, cuDeviceGet)                \
    X(title, cuDeviceGetName)          \
    X(attribute, cuDeviceGetAttribute) \
    X(memory, cuDeviceTotalMem)        \
    X(explain, cuGetErrorString)

typedef struct driver {
#define FIELD(field, name) __typeof__(name) *field;
    FUNCTIONS(FIELD)
#undef FIELD
} driver;

/* The library stays open to the end of the program, as the driver expects. */
static ll_status open_driver(driver *d, ll_error *err) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) return LL_FAIL(err, LL_ESTATE, "no CUDA driver (%.200s)", dlerror());
#define BIND(field, name)                                        \
    d->field = (__typeof__(name) *)dlsym(library, SYMBOL(name)); \
    if (!d->field) return LL_FAIL(err, LL_ESTATE, LIBRARY " has no %s: its driver is too old", SYMBOL(name));
    FUNCTIONS(BIND)
#undef BIND
    return LL_OK;
}

static ll_status check(const driver *d, CUresult result, ll_error *err) {
    const char *what = NULL;
    if (result == CUDA_SUCCESS) return LL_OK;
    if (d->explain(result, &what) != CUDA_SUCCESS || !what) what = "unknown error";
    return LL_FAIL(err, LL_ESTATE, "the CUDA driver says: %.200s (%d)", what, (int)result);
}

static ll_status describe(const driver *d, int number, ll_card *card, ll_error *err) {
    CUdevice device;
    size_t bytes;
    *card = (ll_card) { 0 };
    LL_TRY(check(d, d->get(&device, number), err));
    LL_TRY(check(d, d->title(card->title, sizeof card->title - 1, device), err));
    LL_TRY(check(d, d->attribute(&card->major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device), err));
    LL_TRY(check(d, d->attribute(&card->minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device), err));
    LL_TRY(check(d, d->memory(&bytes, device), err));
    card->memory = (double)bytes;
    return LL_OK;
}

ll_status ll_cuda_cards(ll_card cards[LL_DEVICE_CARDS], int *n, ll_error *err) {
    driver d = { 0 };
    int found;
    *n = 0;
    LL_TRY(open_driver(&d, err));
    CUresult started = d.init(0);
    if (started == CUDA_ERROR_NO_DEVICE) return LL_OK;
    LL_TRY(check(&d, started, err));
    LL_TRY(check(&d, d.count(&found), err));
    if (found > LL_DEVICE_CARDS) found = LL_DEVICE_CARDS;
    for (int i = 0; i < found; i++) LL_TRY(describe(&d, i, &cards[i], err));
    *n = found;
    return LL_OK;
}
