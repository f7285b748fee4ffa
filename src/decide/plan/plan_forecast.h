/* What the forecast says of a plan whose N and D the law chose. Of laws with a belief.
 *
 *     LL_TRY(ll_plan_least_budget(&plan, &law, err));       plan.flops, for a target
 *     LL_TRY(ll_plan_foresee(&plan, &law, err));            plan.loss, the forecast of other sizes, plan.lower
 *
 * The forecast is the law with its departures (forecast/belief/posterior.h), and has no valley of one bottom: it is
 * asked at sizes beside the law's optimum, and a lower one is told, not planned.
 */
#ifndef LL_DECIDE_PLAN_PLAN_FORECAST_H
#define LL_DECIDE_PLAN_PLAN_FORECAST_H

#include "decide/plan/plan.h"

/* The budget of ask.loss into flops: value where the median of the law's best run reaches it, and between which the
 * interval's ends do: quantiles that reach it late make the high end. LL_PLAN_MOST: none does. */
ll_status ll_plan_least_budget(ll_plan *p, const ll_plan_law *l, ll_error *err);

/* Of a plan with its point, curve and regret: loss, probability and the curve's forecasts; and where another size at
 * the same budget is forecast to end lower by more than regret.loss, that size as lower, and regret at least that. */
ll_status ll_plan_foresee(ll_plan *p, const ll_plan_law *l, ll_error *err);

#endif
