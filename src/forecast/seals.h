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

/* Every forecast among the ledger's entries, oldest first; *out is the caller's to free. Entries of other kinds are
 * passed over. A score is worked out again from the outcome that was sealed. */
ll_status ll_seal_read(const ll_entry *entries, int64_t count, ll_seal **out, int64_t *n, ll_error *err);
ll_status ll_seal_list(ll_store *s, ll_seal **out, int64_t *n, ll_error *err);

/* The one of a run; *found tells. */
ll_status ll_seal_find(ll_store *s, const char *run, ll_seal *out, bool *found, ll_error *err);

#endif
