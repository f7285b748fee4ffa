/* The forecasts that a ledger holds, with the scores that were sealed after them.
 *
 *     ll_seal *seals;
 *     LL_TRY(ll_seal_list(store, &seals, &n, err));
 *     if (seals[i].scored) use(seals[i].score.interval_score);
 *     free(seals);
 */
#ifndef LL_FORECAST_SEALS_H
#define LL_FORECAST_SEALS_H

#include "forecast/forecast.h"
#include "store/store.h"

/* A forecast in the ledger, and its score once it has one. The first forecast of a run counts, and its first score.
 */
typedef struct ll_seal {
    int64_t seq;
    char hash[65], scored_hash[65]; /* of the ledger's entries; "" while it has no score */
    ll_forecast forecast;
    bool scored;
    ll_score score;
} ll_seal;

/* Every forecast of a run in the store's ledger, oldest first (ledger_view.h says which count); *out is the
 * caller's to free. A score is worked out again from the outcome that was sealed. A broken chain is LL_ESTATE. */
ll_status ll_seal_list(ll_store *s, ll_seal **out, int64_t *n, ll_error *err);

/* The one of a run; *found tells. */
ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err);

/* Whether the store's table of runs has the run as done, and with another loss than the sealed outcome; *loss is
 * the table's. */
ll_status ll_seal_differs(ll_store *s, const ll_seal *seal, bool *differs, double *loss, ll_error *err);

#endif
