/* A forecast: what a run will reach, as a distribution (posterior.h has the method).
 *
 *     ll_forecast f;
 *     LL_TRY(ll_forecast_from(&f, &posterior, 1, x, err));   x: [LL_VAR_COUNT] of the run to come
 *     ll_json *body = ll_forecast_json(&f, ...);               what ll_store_append seals
 *     ll_score s = ll_forecast_score(&f, loss);
 *
 * Quantiles are of the loss in nats per token. Nothing is random.
 */
#ifndef LL_FORECAST_BELIEF_FORECAST_H
#define LL_FORECAST_BELIEF_FORECAST_H

#include "base/document/json.h"
#include "forecast/belief/posterior.h"
#include "forecast/belief/score.h"
#include "loglog/fit.h"
#include "store/store.h"

/* X(level), as it is written in documents. */
#define LL_FORECAST_LEVELS(X) \
    X(0.005) X(0.025) X(0.05) X(0.1) X(0.25) X(0.5) X(0.75) X(0.9) X(0.95) X(0.975) X(0.995)

enum { LL_FORECAST_QUANTILES = 11 };
/* Where in the list: the median, and the ends of the central 90 and 99 % intervals. */
enum {
    LL_FORECAST_LO99 = 0,
    LL_FORECAST_LO90 = 2,
    LL_FORECAST_MEDIAN = 5,
    LL_FORECAST_HI90 = 8,
    LL_FORECAST_HI99 = LL_FORECAST_QUANTILES - 1
};
extern const double ll_forecast_levels[LL_FORECAST_QUANTILES];

enum { LL_AUTHOR_MAX = 128 }; /* bytes of the name of who forecasts, with the closing zero */

typedef struct ll_forecast {
    char run[LL_RUN_ID]; /* the run it speaks of */
    char question[256];  /* in words */
    char author[LL_AUTHOR_MAX];
    char law[32], form[128], convention[32];
    double x[LL_VAR_COUNT];
    double quantile[LL_FORECAST_QUANTILES];
    double mean, sd;        /* of ln loss */
    double reach;           /* C of the target over the largest C fitted */
    double bytes_per_token; /* NaN when unknown */
    int64_t n_fitted;
    bool replicate;      /* a run of this size is done already: it judges no law (forecast/ledger/seal_repeats.h) */
    double prior_spread; /* of what it borrowed: its own factor on every sd (own_ladders.h); 0: unknown */
    char prior[16], prior_hash[65]; /* name and hash of that; "": unknown */
    char data_hash[65], spec_hash[65], version[64], sealed[32], judged_by[128];
} ll_forecast;

/* From posteriors, averaged with equal weights: mean, sd, quantile and x. A study fills the rest (study.h). */
ll_status ll_forecast_from(ll_forecast *out, const ll_posterior *const *posteriors, int n,
                           const double x[LL_VAR_COUNT], ll_error *err);

/* Of m runs by one posterior, LL_POSTERIOR_TOGETHER at most, at about half the cost; out [m]. */
ll_status ll_forecast_some(ll_forecast *out, const ll_posterior *p, const ll_place *x, int m, ll_error *err);

/* Median and central interval of a run at x, at any level; se is that of the loss. */
ll_status ll_forecast_interval(ll_estimate *out, const ll_posterior *belief, const double x[LL_VAR_COUNT],
                               double level, ll_error *err);

/* The same of a mixture of ln loss. */
ll_estimate ll_forecast_estimate(const ll_mixture *m, double level);

/* From the sealed quantiles alone, of ln loss (forecast/belief/distribution.h). */
ll_score ll_forecast_score(const ll_forecast *f, double loss);

ll_json *ll_forecast_json(const ll_forecast *f);
ll_json *ll_quantiles_json(const ll_forecast *f); /* {"0.005":..,"0.5":..} */
ll_status ll_forecast_parse(ll_forecast *out, const ll_json *body, ll_error *err);

/* Whether two say the same of the same run: all but when and by which version they were sealed. */
bool ll_forecast_says_same(const ll_forecast *a, const ll_forecast *b);

ll_json *ll_score_json(const ll_forecast *f, const ll_score *s);

/* covered50, covered90 and covered99 of a score's document, null where that interval was not stated; and whether a
 * document holds them. */
void ll_covered_write(ll_json *o, const ll_score *s);
bool ll_covered_reads(const ll_json *body, const ll_score *s);

/* Whether the document holds this score of this forecast, every key of it. */
bool ll_score_reads(const ll_json *body, const ll_forecast *f, const ll_score *s);

#endif
