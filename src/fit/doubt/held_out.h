/* A fitted law on rows that it was not fitted to.
 *
 *     ll_held_out h = ll_fit_on(&fit, &data);
 *     h.r2, h.mean_abs_rel_err
 */
#ifndef LL_FIT_DOUBT_HELD_OUT_H
#define LL_FIT_DOUBT_HELD_OUT_H

#include "base/document/json.h"
#include "loglog/fit.h"

typedef struct ll_held_out {
    int64_t n;
    double r2, mean_abs_err, mean_abs_rel_err, worst_abs_rel_err; /* NaN of no rows */
} ll_held_out;

/* data has the variables that the law reads, and the losses. */
ll_held_out ll_fit_on(const ll_fit *fit, const ll_fit_data *data);

ll_json *ll_held_out_json(const ll_held_out *h);

#endif
