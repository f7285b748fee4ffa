/* Tables of forecasts from any bytes: the first byte chooses the scale of ln. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include "forecast/trial/predictions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_predictions p;
    ll_error err = { 0 };
    if (size < 1) return 0;
    if (ll_predictions_read(&p, fuzz_file(data + 1, size - 1), data[0] % 2, &err) == LL_OK)
        ll_predictions_clear(&p);
    else if (!err.msg[0]) abort();
    return 0;
}
