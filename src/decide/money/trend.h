/* Exponential growth: y = exp(c + r (year - origin)) by least squares of ln y, with resamples of its points.
 *
 *     ll_trend t;
 *     LL_TRY(ll_trend_fit(&t, year, y, n, 0.9, 1000, 1, err));
 *     t.times_per_year.value, .lo, .hi
 *     ll_trend_at(&t, 2027)
 */
#ifndef LL_DECIDE_MONEY_TREND_H
#define LL_DECIDE_MONEY_TREND_H

#include <stdint.h>

#include "loglog/fit.h"

typedef struct ll_trend {
    double origin, offset, rate; /* ln y = offset + rate (year - origin) */
    double sd;                   /* of ln y about it */
    ll_estimate times_per_year;
    int64_t n;
} ll_trend;

/* year, y [n], y above 0. Fewer than three points, or all of one day: LL_EINPUT. */
ll_status ll_trend_fit(ll_trend *t, const double *year, const double *y, int64_t n, double level, int64_t n_boot,
                       uint64_t seed, ll_error *err);
double ll_trend_at(const ll_trend *t, double year);

#endif
