/* Scores from the sealed quantiles alone: between them the distribution of ln loss is taken as uniform, beyond the
 * outermost as exponential with the density of the neighbouring piece. */
#include <math.h>

#include "forecast/forecast.h"

enum { Q = LL_FORECAST_QUANTILES };
static const double NARROW = 1e-9; /* of ln loss: pieces of no width get this one */

static double width(const double *z, int i) {
    return fmax(z[i + 1] - z[i], NARROW);
}

static double piece_density(const double *z, int i) {
    return (ll_forecast_levels[i + 1] - ll_forecast_levels[i]) / width(z, i);
}

/* Density and distribution function at y beyond the end: p of the mass lies there, falling at the density d. */
static void tail(double p, double d, double distance, double *density, double *beyond) {
    *density = d * exp(-distance * d / p);
    *beyond = p * exp(-distance * d / p);
}

static void at(const double *z, double y, double *density, double *cdf) {
    const double *level = ll_forecast_levels;
    if (y < z[0]) {
        tail(level[0], piece_density(z, 0), z[0] - y, density, cdf);
    } else if (y > z[Q - 1]) {
        tail(1 - level[Q - 1], piece_density(z, Q - 2), y - z[Q - 1], density, cdf);
        *cdf = 1 - *cdf;
    } else {
        int i = 0;
        while (i < Q - 2 && y > z[i + 1]) i++;
        *density = piece_density(z, i);
        *cdf = level[i] + (level[i + 1] - level[i]) * fmin(1, (y - z[i]) / width(z, i));
    }
}

static double interval_score(double lo, double hi, double y, double alpha) {
    return hi - lo + 2 / alpha * (fmax(0, lo - y) + fmax(0, y - hi));
}

ll_score ll_forecast_score(const ll_forecast *f, double loss) {
    double z[Q], y = log(loss), density, cdf;
    for (int i = 0; i < Q; i++) z[i] = log(f->quantile[i]);
    at(z, y, &density, &cdf);
    return (ll_score) { .outcome = loss,
                        .interval_score = interval_score(z[2], z[8], y, 0.1),
                        .log_score = -log(fmax(density, 1e-300)),
                        .pit = cdf,
                        .covered50 = y >= z[4] && y <= z[6],
                        .covered90 = y >= z[2] && y <= z[8],
                        .covered99 = y >= z[0] && y <= z[10] };
}
