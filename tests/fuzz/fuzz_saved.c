/* Saved fits from any bytes: what is read has finite parameters, and every draw can be evaluated. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <math.h>

#include "fit/saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_saved_fit s;
    ll_error err = { 0 };
    volatile double sum = 0;
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e8, [LL_VAR_D] = 1e10, [LL_VAR_C] = 6e18, [LL_VAR_X] = 1e8 };
    if (ll_saved_read(&s, fuzz_file(data, size), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    for (int j = 0; j < s.fit.law->n_params; j++)
        if (!isfinite(s.fit.params[j].value)) abort();
    for (int64_t i = 0; i < s.fit.n_draws; i++) sum += s.fit.law->eval(s.fit.draws + i * s.fit.law->n_params, x);
    ll_saved_clear(&s);
    return 0;
}
