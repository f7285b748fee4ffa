/* A fit as the document of the contract loglog.fit/1, and its resamples as a table. */
#ifndef LL_FIT_IO_FIT_JSON_H
#define LL_FIT_IO_FIT_JSON_H

#include "base/document/json.h"
#include "fit/doubt/profile.h"
#include "loglog/fit.h"

/* What the fit itself does not know. */
typedef struct ll_fit_context {
    ll_json *convention;       /* taken; NULL: left out */
    int64_t dropped;           /* rows the filter left out */
    const char *const *runs;   /* [n] names for the influence list, or NULL; an entry may be NULL */
    ll_var along;              /* what X is, in a law of one variable */
    const ll_profile *profile; /* [law->n_params], or NULL */
    double spread;             /* of the belief that forecasts stand on, for a saved fit; 0: not known */
} ll_fit_context;

ll_json *ll_fit_json(const ll_fit *fit, const ll_fit_context *context);

/* {"value":..,"se":..,"ci":[lo,hi],"level":..}; ci is null without resampling. */
ll_json *ll_estimate_json(const ll_estimate *e, double level);

/* The line N = G (C/6)^a, D ~ C^b of a document's derived: a, b and G into it. */
void ll_frontier_json(ll_json *into, const ll_estimate *a, const ll_estimate *b, const ll_estimate *G,
                      double level);

/* [{"row":..,"run":..,"se":..}], the most influential first; influence [n] or NULL, runs [n] names or NULL. */
ll_json *ll_influence_json(const double *influence, int64_t n, const char *const *runs);

/* A header with the law's parameter names, then one line a draw in the order they were made, 17 digits, each
 * parameter in its own unit (held ones too). Written beside path and renamed. A fit without draws: LL_EINPUT. */
ll_status ll_fit_draws_write(const ll_fit *fit, const char *path, ll_error *err);

#endif
