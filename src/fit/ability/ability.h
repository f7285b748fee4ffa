/* One ability under several metrics: where each rises, whether it breaks, and whether it follows from another.
 *
 *     ll_metric m[] = { { "arithmetic.exact", exact }, { "arithmetic.logprob", logprob } };
 *     ll_ability a;
 *     LL_TRY(ll_ability_ask(&a, &(ll_ability_data) { .n = n, .x = params, .metric = m, .n_metrics = 2 }, &opts, err));
 *     a.verdict, a.metric[0].rise.from.value
 *
 * Sharp: a break is preferred in some metric, and that metric does not follow by p^L from one that is smooth. Smooth:
 * every break follows so, and where there is none, the metrics are smooth. Else it cannot be told.
 */
#ifndef LL_FIT_ABILITY_ABILITY_H
#define LL_FIT_ABILITY_ABILITY_H

#include "fit/ability/power_of.h"
#include "fit/ability/sharp.h"

enum { LL_ABILITY_METRICS = 8 };

typedef struct ll_metric {
    const char *name;
    const double *y; /* [n]; NaN: not measured */
} ll_metric;

typedef struct ll_ability_data {
    int64_t n;
    const double *x;        /* [n] the scale */
    bool falling;           /* it is a loss */
    const int64_t *cluster; /* [n] or NULL */
    const ll_metric *metric;
    int n_metrics;
} ll_ability_data;

typedef struct ll_ability_opts {
    ll_fit_opts fit; /* n_boot, resample, level, seed, threads */
    ll_sharp_opts sharp;
} ll_ability_opts;

typedef struct ll_ability_metric {
    const char *name;
    ll_rise rise;
    ll_sharp sharp;
} ll_ability_metric;

typedef struct ll_ability_link {
    int sharp, smooth; /* which metrics: the first from the second */
    ll_power_of of;
} ll_ability_link;

typedef struct ll_ability {
    ll_sharpness verdict;
    int n_metrics, n_links;
    ll_ability_metric metric[LL_ABILITY_METRICS];
    ll_ability_link link[LL_ABILITY_METRICS * LL_ABILITY_METRICS];
    char why[256];
} ll_ability;

/* A metric of fewer than LL_SCORED_LEAST scales, or whose scores are all equal, is LL_EINPUT with its name. */
ll_status ll_ability_ask(ll_ability *out, const ll_ability_data *d, const ll_ability_opts *opts, ll_error *err);

#endif
