/* Saved fits from any bytes: what is read has finite parameters and draws that can be evaluated, and is written and
 * read again. */
#define _GNU_SOURCE
#include "fuzz_file.h"

#include <math.h>

#include "fit/io/saved.h"

static char path[96];

static void clean_up(void) {
    unlink(path);
}

static void name_file(void) {
    const char *tmp = getenv("TMPDIR"); /* best in memory: every write is synced */
    snprintf(path, sizeof path, "%.48s/fuzz-saved-%ld", tmp ? tmp : "/tmp", (long)getpid());
    atexit(clean_up);
}

static void read_back(const ll_saved_fit *a) {
    ll_saved_fit b;
    ll_error err = { 0 };
    const ll_fit_context context = { .convention = ll_json_copy(a->convention), .along = a->along };
    if (ll_saved_write(&a->fit, &context, path, &err) != LL_OK || ll_saved_read(&b, path, &err) != LL_OK) {
        fprintf(stderr, "%s\n", err.msg);
        abort();
    }
    if (a->fit.n != b.fit.n || a->fit.n_draws != b.fit.n_draws) abort();
    ll_saved_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_saved_fit s;
    ll_error err = { 0 };
    volatile double sum = 0;
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e8, [LL_VAR_D] = 1e10, [LL_VAR_C] = 6e18, [LL_VAR_X] = 1e8 };
    if (!*path) name_file();
    if (ll_saved_read(&s, fuzz_file(data, size), &err) != LL_OK) {
        if (!err.msg[0]) abort();
        return 0;
    }
    for (int j = 0; j < s.fit.law->n_params; j++)
        if (!isfinite(s.fit.params[j].value)) abort();
    for (int64_t i = 0; i < s.fit.n_draws; i++) sum += s.fit.law->eval(s.fit.draws + i * s.fit.law->n_params, x);
    read_back(&s);
    ll_saved_clear(&s);
    return 0;
}
