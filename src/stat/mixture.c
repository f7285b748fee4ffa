#include "stat/mixture.h"

#include <math.h>
#include <stdbool.h>

#include "stat/student.h"

double ll_mixture_cdf(const ll_mixture *m, double y) {
    double p = 0;
    for (int k = 0; k < m->n; k++) p += m->weight[k] * ll_normal_cdf((y - m->mean[k]) / m->sd[k]);
    return p;
}

/* The cdf at y and its slope there. */
static double cdf_and_density(const ll_mixture *m, double y, double *density) {
    static const double INVERSE_ROOT = 0.39894228040143267794; /* of 2 pi */
    double p = 0;
    *density = 0;
    for (int k = 0; k < m->n; k++) {
        const double z = (y - m->mean[k]) / m->sd[k];
        p += m->weight[k] * ll_normal_cdf(z);
        *density += m->weight[k] * INVERSE_ROOT * exp(-0.5 * z * z) / m->sd[k];
    }
    return p;
}

/* By Newton's steps, between the lowest and the highest of the parts' own quantiles; one that leads out of what is left
 * between them is a halving. */
double ll_mixture_quantile(const ll_mixture *m, double level) {
    enum { STEPS = 60 };
    static const double NEAR = 1e-7; /* of the narrowest part: the step from there ends within rounding */
    double z = ll_normal_quantile(level), lo = INFINITY, hi = -INFINITY, narrowest = INFINITY;
    for (int k = 0; k < m->n; k++) {
        lo = fmin(lo, m->mean[k] + z * m->sd[k]);
        hi = fmax(hi, m->mean[k] + z * m->sd[k]);
        narrowest = fmin(narrowest, m->sd[k]);
    }
    double y = fmax(lo, fmin(hi, ll_mixture_mean(m) + z * ll_mixture_sd(m)));
    for (int i = 0; i < STEPS && lo < hi; i++) {
        double density;
        const double before = y, p = cdf_and_density(m, y, &density);
        if (p < level) lo = y;
        else hi = y;
        y += (level - p) / density;
        const bool inside = y > lo && y < hi;
        if (!inside) y = 0.5 * (lo + hi);
        if (fabs(y - before) <= NEAR * narrowest && inside) break;
    }
    return y;
}

double ll_mixture_mean(const ll_mixture *m) {
    double mean = 0;
    for (int k = 0; k < m->n; k++) mean += m->weight[k] * m->mean[k];
    return mean;
}

double ll_mixture_sd(const ll_mixture *m) {
    double mean = ll_mixture_mean(m), square = 0;
    for (int k = 0; k < m->n; k++) {
        double off = m->mean[k] - mean;
        square += m->weight[k] * (m->sd[k] * m->sd[k] + off * off);
    }
    return sqrt(square);
}
