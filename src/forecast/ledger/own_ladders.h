/* The public numbers, corrected by one's own scored forecasts.
 *
 *     ll_borrowed b;
 *     LL_TRY(ll_learn_from_seals(&b, view.seals, view.n_seals, err));
 *     LL_TRY(ll_borrowed_save(&b, ll_ledger_view_head(&view), "loglog.prior.json", err));
 *
 * Forecasts that stand on the same data share their luck, so they are one ladder, and a ladder is one part of what is
 * learned, as a rehearsal is (rehearsal.h). Two numbers are learned: how much wider than believed forecasts have to be
 * (spread, which is worth spread_parts of such parts), and how many runs are unlike the others (odd_share: outcomes
 * beyond the central 99.9 %, as many runs as the public number is worth beside them). What came of it is judged on each
 * ladder by the numbers learned from the others.
 */
#ifndef LL_FORECAST_LEDGER_OWN_LADDERS_H
#define LL_FORECAST_LEDGER_OWN_LADDERS_H

#include "forecast/ledger/ledger_view.h"
#include "forecast/prior/borrowed.h"

/* LL_EINPUT where no forecast of this program was scored. */
ll_status ll_learn_from_seals(ll_borrowed *out, const ll_seal *seals, int64_t n, ll_error *err);

#endif
