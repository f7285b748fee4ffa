#include "fit/curve/rates.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double SAME = 1e-6; /* rates no further apart, by ratio, are one */

static bool level(const double *rate, int64_t n, int64_t i) {
    return i >= 1 && i < n && fabs(rate[i] - rate[i - 1]) <= SAME * rate[i - 1];
}

static bool jumps(const double *rate, int64_t n, int64_t i) {
    return !level(rate, n, i) && level(rate, n, i - 1) && level(rate, n, i + 1);
}

static void add_drop(ll_rates *r, double drop, double after, double step, double sum) {
    const int64_t k = r->n_drops++;
    r->drop[k] = drop;
    r->ln_rate[k] = log(after);
    r->drop_step[k] = step;
    r->drop_sum[k] = sum;
}

/* Along a straight line of the rate from a step and sum on. */
static void add_line(ll_rates *r, double from, double to, double length, double step, double sum, int parts) {
    for (int k = 0; k < parts; k++) {
        const double at = (k + 0.5) / parts, rate = from + (to - from) * at;
        add_drop(r, (from - to) / parts, rate, step + at * length, sum + at * length * (from + rate) / 2);
    }
}

/* The stretch from row i - 1 to row i. */
static void advance(ll_rates *r, const double *rate, int64_t i) {
    const double from = rate[i - 1], to = rate[i], length = r->step[i] - r->step[i - 1];
    const bool jump = jumps(rate, r->n, i);
    r->sum[i] = r->sum[i - 1] + length * (jump ? from : (from + to) / 2);
    if (jump) add_drop(r, from - to, to, r->step[i], r->sum[i]);
    else if (from != to) add_line(r, from, to, length, r->step[i - 1], r->sum[i - 1], 1);
    r->n_before[i] = r->n_drops;
    if (i == r->peak) r->n_rises = r->n_drops;
}

ll_status ll_rates_new(ll_rates *r, const double *step, const double *rate, int64_t n, double warmup,
                       ll_error *err) {
    enum { PER_ROW = 2, PER_DROP = 4 };
    const size_t most = (size_t)n + LL_RATES_WARMUP;
    *r = (ll_rates) { .n = n, .n_before = calloc((size_t)n, sizeof *r->n_before) };
    double *p = r->step = malloc(((size_t)n * PER_ROW + most * PER_DROP) * sizeof *p);
    if (!p || !r->n_before) {
        ll_rates_free(r);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points of a curve", (long long)n);
    }
    r->sum = p + n;
    r->drop = r->sum + n;
    r->ln_rate = r->drop + most;
    r->drop_step = r->ln_rate + most;
    r->drop_sum = r->drop_step + most;
    for (int64_t i = 0; i < n; i++) {
        r->step[i] = step[i];
        if (rate[i] > rate[r->peak] * (1 + SAME)) r->peak = i;
    }
    const double rose = warmup > 0 ? fmin(warmup, step[0]) : step[0];
    r->sum[0] = rate[0] * (step[0] - rose / 2);
    if (rose > 0 && rate[0] > 0) add_line(r, 0, rate[0], rose, 0, 0, LL_RATES_WARMUP);
    r->n_before[0] = r->n_rises = r->n_drops;
    for (int64_t i = 1; i < n; i++) advance(r, rate, i);
    return LL_OK;
}

void ll_rates_free(ll_rates *r) {
    free(r->step);
    free(r->n_before);
    *r = (ll_rates) { 0 };
}
