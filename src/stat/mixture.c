#include "stat/mixture.h"

#include <math.h>

#include "stat/student.h"

double ll_mixture_cdf(const ll_mixture *m, double y) {
    double p = 0;
    for (int k = 0; k < m->n; k++) p += m->weight[k] * ll_normal_cdf((y - m->mean[k]) / m->sd[k]);
    return p;
}

/* By bisection, between the lowest and the highest of the parts' own quantiles. */
double ll_mixture_quantile(const ll_mixture *m, double level) {
    enum { HALVINGS = 60 };
    double z = ll_normal_quantile(level), lo = INFINITY, hi = -INFINITY;
    for (int k = 0; k < m->n; k++) {
        lo = fmin(lo, m->mean[k] + z * m->sd[k]);
        hi = fmax(hi, m->mean[k] + z * m->sd[k]);
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = 0.5 * (lo + hi);
        if (ll_mixture_cdf(m, middle) < level) lo = middle;
        else hi = middle;
    }
    return 0.5 * (lo + hi);
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
