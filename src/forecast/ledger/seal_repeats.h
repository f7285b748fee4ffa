/* Whether a run of that size is done already, so that a forecast of it is none of what is to come.
 *
 *     LL_TRY(ll_seal_repeats(store, study, params, tokens, name, &repeats, err));
 *     if (repeats) ...                       name: of the run, or its row
 *
 * A replicate, another run of the same N and D, may be forecast where that is said: it tells how far runs of one size
 * scatter and nothing of the law's reach, so that what is learned from forecasts, and the scorecard, leave it out.
 */
#ifndef LL_FORECAST_LEDGER_SEAL_REPEATS_H
#define LL_FORECAST_LEDGER_SEAL_REPEATS_H

#include "forecast/study/study.h"

enum { LL_REPEATED = 256 }; /* bytes of the name of such a run */

/* Among the runs that the study is fitted to and, of a ladder of store (NULL: none), those that are left out of the fit
 * too, but trunks. Equal is equal to 1e-9 of it. */
ll_status ll_seal_repeats(ll_store *store, const ll_study *study, double params, double tokens,
                          char name[LL_REPEATED], bool *repeats, ll_error *err);

/* LL_ESTATE where one is and nobody said that it is a replicate; LL_EINPUT where it was said and none is. */
ll_status ll_seal_check_repeat(ll_store *store, const ll_study *study, double params, double tokens, bool replicate,
                               ll_error *err);

#endif
