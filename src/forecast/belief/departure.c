#include "forecast/belief/departure.h"

#include <math.h>
#include <stddef.h>

#include "stat/lanes.h"

LL_WIDE static void correlate_all(const double *length, const double *a, const double *places, int64_t n,
                                  double *out) {
    for (int64_t i = 0; i < n; i += LL_LANES_N) {
        const int64_t here = n - i < LL_LANES_N ? n - i : LL_LANES_N;
        ll_lanes r = { 0 };
        for (int l = 0; l < here; l++) {
            const double *b = places + (i + l) * LL_VAR_COUNT;
            double square = 0;
            for (int v = 0; v < LL_VAR_COUNT; v++) square += length[v] * (a[v] - b[v]) * (a[v] - b[v]);
            r[l] = sqrt(square);
        }
        const ll_lanes alike = (1 + r) * ll_lanes_exp(-r);
        for (int l = 0; l < here; l++) out[i + l] = alike[l];
    }
}

void ll_departure_correlations(const ll_prior *prior, const double *a, const double *places, int64_t n,
                               double *out) {
    double length[LL_VAR_COUNT]; /* 3 over the square of each variable's */
    const double scale = log(10) * prior->length;
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        const double along = v == LL_VAR_N ? prior->length_ratio : v == LL_VAR_D ? 1 / prior->length_ratio : 1;
        length[v] = 3 * along / (scale * scale);
    }
    correlate_all(length, a, places, n, out);
}

double ll_departure_correlation(const ll_prior *prior, const double *a, const double *b) {
    double alike;
    ll_departure_correlations(prior, a, b, 1, &alike);
    return alike;
}

/* ln loss at N = exp(n) of the same N D. */
static double across(const ll_curve *c, const double *theta, double n, double both) {
    const double lnx[LL_VAR_COUNT] = { [LL_VAR_N] = n, [LL_VAR_D] = both - n };
    return ll_curve_at(c, theta, lnx, NULL);
}

/* By golden section: along N D the law falls and rises once. */
double ll_departure_excess(const ll_curve *c, const double *theta, const double lnx[LL_VAR_COUNT]) {
    enum { STEPS = 24 };
    static const double GOLD = 0.61803398874989485, FAR = 8;
    if (c->law->vars != (1u << LL_VAR_N | 1u << LL_VAR_D)) return 0;
    const double n = lnx[LL_VAR_N], both = n + lnx[LL_VAR_D];
    double lo = n - FAR, hi = n + FAR, a = hi - GOLD * (hi - lo), b = lo + GOLD * (hi - lo);
    double at_a = across(c, theta, a, both), at_b = across(c, theta, b, both);
    for (int k = 0; k < STEPS; k++) {
        if (at_a < at_b) {
            hi = b, b = a, at_b = at_a;
            a = hi - GOLD * (hi - lo);
            at_a = across(c, theta, a, both);
        } else {
            lo = a, a = b, at_a = at_b;
            b = lo + GOLD * (hi - lo);
            at_b = across(c, theta, b, both);
        }
    }
    return fmax(0, across(c, theta, n, both) - fmin(at_a, at_b));
}

ll_growth ll_departure_growth(const ll_prior *prior, double excess) {
    return (ll_growth) { 1 + prior->excess_growth * excess, 1 + prior->excess_noise * excess };
}
