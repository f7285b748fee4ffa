/* Does an interval mean what it says? Studies are simulated on one design under a planted law, each is fitted and
 * resampled as the user would, and counted is how often the interval holds the planted value.
 *
 *     ll_trial t;
 *     ll_trial_of_fit(&t, &fit);                       the fit's own rows, weights, clusters, law and residuals
 *     t.studies = 400;
 *     ll_coverage c;
 *     LL_TRY(ll_coverage_run(&c, &t, err));
 *     c.item[0].name, c.item[0].share, c.item[0].se
 *
 * The same numbers for any number of threads: study i uses its own random stream.
 */
#ifndef LL_FIT_DOUBT_COVERAGE_H
#define LL_FIT_DOUBT_COVERAGE_H

#include "base/document/json.h"
#include "fit/doubt/simulate.h"

enum { LL_COVERAGE_ITEMS = LL_LAW_MAX_PARAMS + LL_COVERAGE_TARGETS };

typedef struct ll_coverage_item {
    const char *name;
    double planted;
    int64_t covered, below, above; /* studies; below: the whole interval lies below the planted value */
    double share, se;              /* covered / studies, and its binomial standard error */
} ll_coverage_item;

typedef struct ll_coverage {
    int64_t studies, failed; /* fitted; could not be fitted, and are in no share */
    int64_t draws;           /* resamples asked for in each */
    double level, noise_sd; /* the nominal level; root mean square of the planted noise of ln loss at mean weight */
    ll_coverage_item item[LL_COVERAGE_ITEMS]; /* free parameters, then targets */
    int n_items;
} ll_coverage;

/* The trial of a fit's own design: planted are its parameters, the noise is its residuals, the targets of a
 * chinchilla surface a and b. Resamples are at most 200 a study. studies and tick are left to the caller. */
void ll_trial_of_fit(ll_trial *t, const ll_fit *fit);

/* Noise from residuals: drawn with replacement, plus a normal part that gives back the scatter the p fitted
 * parameters took (variance p / n of sum r^2 / (n - p)); with clusters, of a cluster one mean and of its rows the
 * departures from such means. LL_EINPUT: no studies, no resamples, or no row beyond the parameters. */
ll_status ll_coverage_run(ll_coverage *c, const ll_trial *t, ll_error *err);

/* {"studies":..,"failed":..,"draws":..,"level":..,"noise_sd":..,"covers":{NAME:{"planted":..,"share":..,"se":..,
 * "below":..,"above":..}}} */
ll_json *ll_coverage_json(const ll_coverage *c);

#endif
