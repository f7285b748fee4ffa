/* The searches under a plan: along a budget's valley, down to a loss, at a size. Pure functions of a law. */
#ifndef LL_FORECAST_VALLEY_SEARCH_H
#define LL_FORECAST_VALLEY_SEARCH_H

#include "forecast/plan.h"

/* Does the law, or its data-constrained form, say what repeated tokens are worth? */
bool ll_plan_minds_unique(const ll_law *law);

/* The loss with endless N and D, what ask holds and its unique tokens excepted. */
double ll_plan_floor_of(const ll_law *law, const double *p, const ll_plan_ask *ask);

/* The FLOPs, serving included, with which N parameters reach the loss; NaN when no tokens are enough. */
double ll_plan_flops_at(const ll_law *law, const double *p, const ll_plan_ask *ask, double N, double loss);

#endif
