#include "forecast/belief/departure.h"

#include <math.h>
#include <stddef.h>

double ll_departure_correlation(const ll_prior *prior, const double *a, const double *b) {
    double square = 0;
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        const double along = v == LL_VAR_N ? prior->length_ratio : v == LL_VAR_D ? 1 / prior->length_ratio : 1;
        square += along * (a[v] - b[v]) * (a[v] - b[v]);
    }
    const double r = sqrt(3 * square) / (log(10) * prior->length);
    return (1 + r) * exp(-r);
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
