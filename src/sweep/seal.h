/* Sealing: a forecast of a run from the fitted runs of its ladder goes into the ledger before the run is trained,
 * and its score after.
 *
 *     ll_forecast f;
 *     LL_TRY(ll_seal_forecast(store, &target, &f, err));
 *     LL_TRY(ll_seal_scores(store, &n, err));      every sealed forecast whose run is done by now
 */
#ifndef LL_SWEEP_SEAL_H
#define LL_SWEEP_SEAL_H

#include "forecast/seals.h"
#include "forecast/study.h"

typedef struct ll_seal_target {
    const char *ladder;      /* whose observations are fitted, of the store that seals */
    ll_study *study;         /* or NULL; else the forecast stands on it instead of a ladder */
    const char *run;         /* id of the run the forecast speaks of; no other forecast of it may be sealed */
    double params, tokens;   /* of that run */
    const char *judged_by;   /* "" for the run's own final validation loss */
} ll_seal_target;

/* Forecasts the run from the study, or from one of the ladder's observations, and appends that. A forecast of
 * that run that is in the ledger already is returned as it stands. LL_ESTATE when the runs do not carry a law,
 * or the run is done. */
ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *target, ll_forecast *out, ll_error *err);

/* Seals the outcome of a forecast; LL_ESTATE when it has one. */
ll_status ll_seal_outcome(ll_store *s, const ll_seal *sealed, double loss, ll_error *err);

/* Appends a document to the ledger; takes it. */
ll_status ll_seal_append(ll_store *s, ll_json *doc, ll_error *err);

/* Appends the scores that are due; *n is how many. */
ll_status ll_seal_scores(ll_store *s, int64_t *n, ll_error *err);

#endif
