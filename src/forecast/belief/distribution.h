/* A distribution that is known by its quantiles alone: uniform between neighbouring ones, exponential beyond the
 * outermost with the density of the neighbouring piece. Forecasts, ours and others', are scored through it.
 *
 *     const ll_distribution d = { n, level, z };        n >= 2, levels rising in (0, 1), z not falling
 *     ll_score s = ll_distribution_score(&d, y);
 */
#ifndef LL_FORECAST_BELIEF_DISTRIBUTION_H
#define LL_FORECAST_BELIEF_DISTRIBUTION_H

#include "forecast/belief/score.h"

typedef struct ll_distribution {
    int n;
    const double *level, *z; /* [n], borrowed */
} ll_distribution;

double ll_distribution_cdf(const ll_distribution *d, double y, double *density); /* density may be NULL */
double ll_distribution_quantile(const ll_distribution *d, double p);             /* p in (0, 1) */

/* Of the central interval that misses alpha (Gneiting and Raftery 2007, eq. 43), where y came. */
double ll_interval_score(double lo, double hi, double y, double alpha);

/* Whether the interval between those levels lies inside the quantiles that are known: no tail was made up for it. */
bool ll_distribution_states(const ll_distribution *d, double from, double to);

/* Of what came; outcome is left to the caller, who knows the scale. Log score: minus the log of the density;
 * interval score of the central 90 %. */
ll_score ll_distribution_score(const ll_distribution *d, double y);

#endif
