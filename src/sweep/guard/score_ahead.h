/* A score ahead: what a score will be of a run with so many times the compute, forecast from the runs of the ladder. A
 * policy names it NAME-xFACTOR, as in "calm.preference.gold-x4".
 *
 *     double factor;
 *     if (ll_score_is_ahead("calm.preference.gold-x4", &factor))
 *         LL_TRY(ll_score_ahead(&number, store, &run, "calm.preference.gold-x4", 0.9, err));
 */
#ifndef LL_SWEEP_GUARD_SCORE_AHEAD_H
#define LL_SWEEP_GUARD_SCORE_AHEAD_H

#include "decide/gate/gate.h"
#include "store/store.h"

bool ll_score_is_ahead(const char *name, double *factor);

/* The score as a power of compute over the ladder's runs up to this one's, N and D growing alike. Not known where
 * they do not tell: too few that were measured, or a share of none. */
ll_status ll_score_ahead(ll_gate_number *out, ll_store *s, const ll_run *run, const char *name, double level,
                         ll_error *err);

#endif
