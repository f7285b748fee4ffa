/* What finished runs say of a plan: one of no more compute that came lower shows that the law does not follow them.
 *
 *     ll_plan_see(&plan, flops, loss);                                      one run, fitted or held out
 *     LL_TRY(ll_plan_see_store(&plan, "loglog.db", "role = 'fit'", err));   and all of the study of those
 */
#ifndef LL_FORECAST_PLAN_SEEN_H
#define LL_FORECAST_PLAN_SEEN_H

#include "forecast/plan.h"

/* Lowers plan->seen to a run's loss; a run of more compute, or one without a loss, says nothing. */
void ll_plan_see(ll_plan *plan, double flops, double loss);

/* Every finished run of the store that shares ladder and family with one that where selects. */
ll_status ll_plan_see_store(ll_plan *plan, const char *store, const char *where, ll_error *err);

#endif
