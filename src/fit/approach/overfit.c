#include "fit/approach/overfit.h"

#include <math.h>
#include <stddef.h>

enum { NC, DC, AN, AD }; /* the parameters of kaplan_nd */

double ll_overfit_gap(const double *p, double N, double D) {
    return expm1(p[AD] * log1p(pow(N / p[NC], p[AN] / p[AD]) * p[DC] / D));
}

static double exponent(const double *p, const void *ctx) {
    (void)ctx;
    return p[AN] / p[AD];
}

/* In logarithms: Nc to a power may leave the range of doubles. */
static double factor(const double *p, const void *ctx) {
    const double gap = *(const double *)ctx;
    return exp(log(p[DC]) - p[AN] / p[AD] * log(p[NC]) - log(expm1(log1p(gap) / p[AD])));
}

ll_overfit ll_fit_overfit(const ll_fit *fit, double gap) {
    return (ll_overfit) { ll_fit_derived(fit, factor, &gap), ll_fit_derived(fit, exponent, NULL), gap };
}
