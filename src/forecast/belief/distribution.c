#include "forecast/belief/distribution.h"

#include <math.h>

static const double NARROW = 1e-9; /* pieces of no width get this one */

static double width(const ll_distribution *d, int i) {
    return fmax(d->z[i + 1] - d->z[i], NARROW);
}

static double piece_density(const ll_distribution *d, int i) {
    return (d->level[i + 1] - d->level[i]) / width(d, i);
}

/* Beyond an end that p of the mass lies behind, falling from the density there. */
static double tail(double p, double at_end, double distance, double *density) {
    *density = at_end * exp(-distance * at_end / p);
    return p * exp(-distance * at_end / p);
}

double ll_distribution_cdf(const ll_distribution *d, double y, double *density) {
    const int last = d->n - 1;
    double unused, *f = density ? density : &unused;
    if (y < d->z[0]) return tail(d->level[0], piece_density(d, 0), d->z[0] - y, f);
    if (y > d->z[last]) return 1 - tail(1 - d->level[last], piece_density(d, last - 1), y - d->z[last], f);
    int i = 0;
    while (i < last - 1 && y > d->z[i + 1]) i++;
    *f = piece_density(d, i);
    return d->level[i] + (d->level[i + 1] - d->level[i]) * fmin(1, (y - d->z[i]) / width(d, i));
}

double ll_distribution_quantile(const ll_distribution *d, double p) {
    const int last = d->n - 1;
    const double left = d->level[0], right = 1 - d->level[last];
    if (p < left) return d->z[0] + log(p / left) * left / piece_density(d, 0);
    if (p > d->level[last]) return d->z[last] - log((1 - p) / right) * right / piece_density(d, last - 1);
    int i = 0;
    while (i < last - 1 && p > d->level[i + 1]) i++;
    return d->z[i] + (d->z[i + 1] - d->z[i]) * (p - d->level[i]) / (d->level[i + 1] - d->level[i]);
}

double ll_interval_score(double lo, double hi, double y, double alpha) {
    return hi - lo + 2 / alpha * (fmax(0, lo - y) + fmax(0, y - hi));
}

bool ll_distribution_states(const ll_distribution *d, double from, double to) {
    return d->level[0] <= from && to <= d->level[d->n - 1];
}

static void judge(const ll_distribution *d, double y, double from, double to, bool *stated, bool *covered) {
    *stated = ll_distribution_states(d, from, to);
    *covered = *stated && y >= ll_distribution_quantile(d, from) && y <= ll_distribution_quantile(d, to);
}

ll_score ll_distribution_score(const ll_distribution *d, double y) {
    const double lo = ll_distribution_quantile(d, 0.05), hi = ll_distribution_quantile(d, 0.95);
    double density, cdf = ll_distribution_cdf(d, y, &density);
    ll_score s = { .interval_score = ll_interval_score(lo, hi, y, 0.1),
                   .log_score = -log(fmax(density, 1e-300)),
                   .pit = cdf };
    judge(d, y, 0.25, 0.75, &s.stated50, &s.covered50);
    judge(d, y, 0.05, 0.95, &s.stated90, &s.covered90);
    judge(d, y, 0.005, 0.995, &s.stated99, &s.covered99);
    return s;
}
