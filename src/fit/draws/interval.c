#include "fit/draws/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/starved.h"
#include "fit/draws/residual.h"
#include "stat/quantile.h"
#include "stat/student.h"

/* How many standard deviations of the draws the interval reaches; infinite when no freedom is left. */
static double reach_of(double level, int64_t n, int64_t freedom) {
    if (freedom < 1) return INFINITY;
    return ll_student_quantile((1 + level) / 2, (double)freedom) * sqrt((double)n / (double)freedom);
}

static double standard_error(const double *v, int64_t n) {
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) mean += v[i] / (double)n;
    for (int64_t i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

ll_estimate ll_interval(double value, double *draws, int64_t n_draws, double level, int64_t n, int64_t freedom) {
    ll_estimate e = { value, NAN, NAN, NAN };
    if (n_draws < 2) return e;
    const double tail = ll_normal_cdf(-reach_of(level, n, freedom)); /* 0, the smallest draw, without freedom */
    e.se = standard_error(draws, n_draws);
    ll_sort(draws, n_draws);
    e.lo = ll_quantile(draws, n_draws, tail);
    e.hi = ll_quantile(draws, n_draws, 1 - tail);
    return e;
}

/* Draws of few rows on a line have no tails: of four signs or four residuals there are a few sums, none beyond two
 * standard deviations, and no percentile reaches further. The interval is then no narrower than Student's, with the
 * middle two thirds of the draws for its standard error on either side; what all draws say is above 0 stays so. Of
 * more unknowns, few rows leave some open, and their draws go as far as there is to go. */
enum { LINE = 2 };

static void reach_out(ll_estimate *e, const double *draws, int64_t n, double reach) {
    const double middle = ll_quantile(draws, n, 0.5), sd = ll_normal_cdf(-1);
    const double lo = e->value - reach * (middle - ll_quantile(draws, n, sd));
    e->hi = fmax(e->hi, e->value + reach * (ll_quantile(draws, n, 1 - sd) - middle));
    if (lo > 0 || draws[0] <= 0) e->lo = fmin(e->lo, lo);
}

/* Residuals are drawn at full size: nothing is left to widen for but Student's t. */
ll_estimate ll_fit_interval(const ll_fit *fit, double value, double *v, int64_t n) {
    const int64_t left = ll_fit_freedom(fit), rows = fit->opts.resample == LL_RESAMPLE_RESIDUAL ? left : fit->n;
    ll_estimate e = ll_interval(value, v, n, fit->opts.level, rows, left);
    if (n > 1 && left > 0 && fit->n - left <= LINE) reach_out(&e, v, n, reach_of(fit->opts.level, rows, left));
    return e;
}

ll_estimate ll_fit_derived(const ll_fit *fit, double (*f)(const double *params, const void *ctx), const void *ctx) {
    double at[LL_LAW_MAX_PARAMS];
    for (int j = 0; j < fit->law->n_params; j++) at[j] = fit->params[j].value;
    double value = f(at, ctx);
    double *v = fit->n_draws > 1 ? ll_counted(malloc((size_t)fit->n_draws * sizeof *v)) : NULL;
    if (!v) return (ll_estimate) { value, NAN, NAN, NAN };
    int64_t n = 0;
    for (int64_t i = 0; i < fit->n_draws; i++) {
        v[n] = f(fit->draws + i * fit->law->n_params, ctx);
        n += isfinite(v[n]) != 0;
    }
    ll_estimate e = ll_fit_interval(fit, value, v, n);
    free(v);
    return e;
}

typedef struct place {
    const ll_law *law;
    const double *x;
} place;

static double law_at(const double *params, const void *ctx) {
    const place *at = ctx;
    return at->law->eval(params, at->x);
}

ll_estimate ll_fit_law_at(const ll_fit *fit, const double x[LL_VAR_COUNT]) {
    return ll_fit_derived(fit, law_at, &(place) { fit->law, x });
}
