/* Sealing: a forecast of a run from the fitted runs of its ladder goes into the ledger before the run is trained,
 * and its score after.
 *
 *     ll_forecast f;
 *     LL_TRY(ll_seal_forecast(store, &target, &f, err));
 *     LL_TRY(ll_seal_scores(store, &n, err));      every sealed forecast whose run is done by now
 */
#ifndef LL_SWEEP_SEAL_H
#define LL_SWEEP_SEAL_H

#include "fit/saved.h"
#include "forecast/ledger_append.h"

typedef struct ll_seal_target {
    const char *ladder;      /* whose done runs of role "fit" are fitted */
    const ll_saved_fit *fit; /* or NULL; else the forecast stands on its runs and law instead of a ladder's */
    const char *run;         /* id of the run the forecast speaks of; no other forecast of it may be sealed */
    double params, tokens;   /* of that run */
    const char *judged_by;   /* NULL or "" for the run's own final validation loss */
    const char *question;    /* NULL or "": made from the run's name, parameters and tokens */
    const char *author;      /* NULL or "": nobody is named */
    const ll_sign_key *key;  /* NULL: unsigned */
    uint64_t seed;
} ll_seal_target;

/* Fits the surface over the ladder's fitted runs, or takes the saved fit's, and appends the forecast. *out is the
 * forecast of that run that the ledger holds then, and *how says whether it is this one (ledger_append.h).
 * LL_ESTATE when the runs do not carry a surface, or the run is done; LL_EINPUT for a text that is too long. */
ll_status ll_seal_forecast(ll_store *s, const ll_seal_target *target, ll_forecast *out, ll_sealing *how,
                           ll_error *err);

/* Seals the outcome of a forecast; LL_ESTATE when it has one. */
ll_status ll_seal_outcome(ll_store *s, const ll_seal *sealed, double loss, ll_error *err);

/* Appends the scores that are due: of every forecast, ours or others', of a run that is done by now. *n is how
 * many; key may be NULL: unsigned. */
ll_status ll_seal_scores(ll_store *s, const ll_sign_key *key, int64_t *n, ll_error *err);

#endif
