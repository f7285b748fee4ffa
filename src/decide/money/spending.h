/* What published models cost to train, and who could pay: estimates by the devices of their day, the growth of the
 * frontier's cost, and when it left a budget behind.
 *
 *     ll_spending s;
 *     LL_TRY(ll_spending_make(&s, &models, &(ll_spending_opts){ .since = 2016, .top = 10 }, err));
 *     s.growth.times_per_year.value, ll_spending_passes(&s, 1e9)
 *     ll_spending_clear(&s);
 *
 * The frontier are the models that, on their day, were among the `top` largest by FLOPs.
 */
#ifndef LL_DECIDE_MONEY_SPENDING_H
#define LL_DECIDE_MONEY_SPENDING_H

#include <stdbool.h>

#include "decide/money/hardware.h"
#include "decide/money/trend.h"
#include "store/table/published_models.h"

typedef struct ll_spending_opts {
    double since; /* a year: models of the frontier from then on make the growth */
    int64_t top;  /* at least 1 */
    double pue, level;
    int64_t n_boot;
    uint64_t seed;
} ll_spending_opts;

typedef struct ll_spending {
    const ll_models *models;          /* borrowed */
    ll_bill *bill;                    /* [models->n] by the devices of the day; owned */
    bool *frontier;                   /* [models->n]; owned */
    ll_trend growth;                  /* of the frontier's cost */
    ll_trend compute;                 /* of the frontier's FLOPs */
    int64_t n_known;                  /* models whose cost the table gives */
    double ratio, ratio_lo, ratio_hi; /* estimate over the table's: median and the middle 80 %; NaN without */
} ll_spending;

/* Fewer than three models of the frontier since then: LL_EINPUT. */
ll_status ll_spending_make(ll_spending *s, const ll_models *models, const ll_spending_opts *opts, ll_error *err);
void ll_spending_clear(ll_spending *s);

double ll_spending_passes(const ll_spending *s, double usd); /* the year in which the frontier's trend costs that */

/* Median and range of one training of `flops` on the devices of a year. */
ll_bill ll_spending_bill(double year, double flops, double pue);

#endif
