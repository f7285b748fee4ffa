#include "decide/money/trend.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/starved.h"
#include "loglog/random.h"
#include "stat/quantile.h"

/* Of ln y on the year, over the points that row numbers; row NULL: each once. */
static void line(const double *year, const double *y, const int64_t *row, int64_t n, double *origin, double *offset,
                 double *rate) {
    double mx = 0, my = 0, sxx = 0, sxy = 0;
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = row ? row[k] : k;
        mx += year[i] / (double)n;
        my += log(y[i]) / (double)n;
    }
    for (int64_t k = 0; k < n; k++) {
        const int64_t i = row ? row[k] : k;
        sxx += (year[i] - mx) * (year[i] - mx);
        sxy += (year[i] - mx) * (log(y[i]) - my);
    }
    *origin = mx;
    *offset = my;
    *rate = sxx > 0 ? sxy / sxx : NAN;
}

/* Growth of every resample, ascending; *kept of them have two days or more. */
static void resample(const double *year, const double *y, int64_t n, int64_t n_boot, uint64_t seed, int64_t *row,
                     double *growth, int64_t *kept) {
    double origin, offset, rate;
    *kept = 0;
    for (int64_t b = 0; b < n_boot; b++) {
        ll_rng rng = ll_rng_at(seed, LL_STREAM_BOOTSTRAP, (uint64_t)b);
        for (int64_t k = 0; k < n; k++) row[k] = ll_rng_below(&rng, n);
        line(year, y, row, n, &origin, &offset, &rate);
        if (isfinite(rate)) growth[(*kept)++] = exp(rate);
    }
    ll_sort(growth, *kept);
}

static void spread(ll_estimate *e, const double *sorted, int64_t n, double level) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) mean += sorted[i] / (double)n;
    for (int64_t i = 0; i < n; i++) square += (sorted[i] - mean) * (sorted[i] - mean);
    e->se = n > 1 ? sqrt(square / (double)(n - 1)) : NAN;
    e->lo = ll_quantile(sorted, n, (1 - level) / 2);
    e->hi = ll_quantile(sorted, n, (1 + level) / 2);
}

ll_status ll_trend_fit(ll_trend *t, const double *year, const double *y, int64_t n, double level, int64_t n_boot,
                       uint64_t seed, ll_error *err) {
    *t = (ll_trend) { .n = n };
    if (n < 3) return LL_FAIL(err, LL_EINPUT, "a trend needs three points, here are %lld", (long long)n);
    line(year, y, NULL, n, &t->origin, &t->offset, &t->rate);
    if (!isfinite(t->rate)) return LL_FAIL(err, LL_EINPUT, "a trend needs more than one day");
    double square = 0;
    for (int64_t i = 0; i < n; i++) square += pow(log(y[i] / ll_trend_at(t, year[i])), 2);
    t->sd = sqrt(square / (double)(n - 2));
    int64_t *row = ll_counted(malloc((size_t)n * sizeof *row)), kept;
    double *growth = ll_counted(malloc((size_t)(n_boot > 0 ? n_boot : 1) * sizeof *growth));
    if (row && growth) {
        resample(year, y, n, n_boot, seed, row, growth, &kept);
        t->times_per_year.value = exp(t->rate);
        spread(&t->times_per_year, growth, kept, level);
    }
    ll_status s = row && growth ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a trend");
    free(row);
    free(growth);
    return s;
}

double ll_trend_at(const ll_trend *t, double year) {
    return exp(t->offset + t->rate * (year - t->origin));
}
