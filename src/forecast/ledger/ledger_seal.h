/* Sealing: a forecast of a run from the fitted runs of its ladder goes into the ledger before the run is trained,
 * and its score after.
 *
 *     ll_forecast f;
 *     LL_TRY(ll_seal_forecast(store, &target, &f, err));
 *     LL_TRY(ll_seal_scores(store, &n, err));      every sealed forecast whose run is done by now
 */
#ifndef LL_FORECAST_LEDGER_LEDGER_SEAL_H
#define LL_FORECAST_LEDGER_LEDGER_SEAL_H

#include "forecast/ledger/ledger_append.h"
#include "forecast/study/study.h"

typedef struct ll_seal_target {
    const char *ladder;     /* whose observations are fitted, of the store that seals */
    ll_study *study;        /* or NULL; else the forecast stands on it instead of a ladder */
    const char *run;        /* id of the run the forecast speaks of; no other forecast of it may be sealed */
    double params, tokens;  /* of that run */
    const char *judged_by;  /* NULL or "" for the run's own final validation loss */
    const char *question;   /* NULL or "": made from the run's name, parameters and tokens */
    const char *author;     /* NULL or "": nobody is named */
    bool replicate;         /* another run of its size may be done already (seal_repeats.h) */
    const ll_sign_key *key; /* NULL: unsigned */
} ll_seal_target;

/* Forecasts the run from the study, or from one of the ladder's observations, and appends that. *out is the
 * forecast of that run that the ledger holds then, and *how says whether it is this one (ledger_append.h).
 * LL_ESTATE when the runs do not carry a law, or the run is done, or another of its size is that the study knows
 * of, and it is called no replicate; LL_EINPUT for a text that is too long. */
ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *target, ll_forecast *out, ll_sealing *how,
                           ll_error *err);

/* Seals the outcome of a forecast; LL_ESTATE when it has one. */
ll_status ll_seal_outcome(ll_store *s, const ll_seal *sealed, double loss, ll_error *err);

/* Appends the scores that are due: of every forecast, ours or others', of a run that is done by now. *n is how
 * many; key may be NULL: unsigned. */
ll_status ll_seal_scores(ll_store *s, const ll_sign_key *key, int64_t *n, ll_error *err);

/* The same, and the ledger as it then stands, read once where nothing was due. */
ll_status ll_seal_scores_view(ll_store *s, const ll_sign_key *key, ll_ledger_view *after, ll_error *err);

#endif
