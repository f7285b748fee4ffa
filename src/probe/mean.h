/* Means: a mean over items and its standard error, as they come.
 *
 *     ll_probe_mean right = { 0 };
 *     for (...) ll_probe_mean_add(&right, answered ? 1 : 0);
 *     ll_probe_mean_measure(&right, out, 0.25, "%s.accuracy", group);
 */
#ifndef LL_PROBE_MEAN_H
#define LL_PROBE_MEAN_H

#include "probe/probes.h"

typedef struct ll_probe_mean {
    int64_t n;
    double mean, square; /* square: summed squares of the distances from the mean (Welford 1962) */
} ll_probe_mean;

void ll_probe_mean_add(ll_probe_mean *t, double v);
double ll_probe_mean_se(const ll_probe_mean *t); /* of the mean, over independent values; NaN where there is one */

/* The next of out's metrics, where there is room for one more. */
void ll_probe_put(ll_measures *out, const char *metric, double value, double se, double chance, int64_t n);

/* Becomes the next of out's metrics. A mean of nothing is none. */
void ll_probe_mean_measure(const ll_probe_mean *t, ll_measures *out, double chance, const char *metric, ...)
    LL_PRINTF(4, 5);

#endif
