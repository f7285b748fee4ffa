/* The searches under a plan: along a budget's valley, down to a loss, at a size. Pure functions of a law. */
#ifndef LL_DECIDE_PLAN_VALLEY_SEARCH_H
#define LL_DECIDE_PLAN_VALLEY_SEARCH_H

#include <stdbool.h>

#include "loglog/law.h"
#include "loglog/plan.h"

#define LL_PLAN_MOST 1e60 /* FLOPs; a plan that needs this much does not exist */

/* One run: 6 N D FLOPs of training and 2 N D_inf of serving. */
typedef struct ll_plan_point {
    double N, D, C, loss; /* C: all of it, training and serving */
} ll_plan_point;

/* Is it a law of N and D whose valley at a budget is known to have one bottom? */
bool ll_plan_can(const ll_law *law);

/* The tokens that C FLOPs train N parameters on after ask's serving; below 0: serving alone takes more. */
double ll_plan_tokens_left(const ll_plan_ask *ask, double C, double N);

/* The best point at a budget of C FLOPs, and the least budget for a loss (C LL_PLAN_MOST: there is none), by
 * parameters p of the law. ask gives unique and served tokens, and N or D that are held; its budget and target are
 * not read. */
ll_plan_point ll_plan_spend(const ll_law *law, const double *p, const ll_plan_ask *ask, double C);
ll_plan_point ll_plan_reach(const ll_law *law, const double *p, const ll_plan_ask *ask, double loss);

/* The law's loss at N and D, unique tokens minded. */
double ll_plan_loss(const ll_law *law, const double *p, const ll_plan_ask *ask, double N, double D);

/* The loss with endless N and D, what ask holds and its unique tokens excepted. */
double ll_plan_floor_of(const ll_law *law, const double *p, const ll_plan_ask *ask);

/* The FLOPs, serving included, with which N parameters reach the loss; NaN when no tokens are enough. */
double ll_plan_flops_at(const ll_law *law, const double *p, const ll_plan_ask *ask, double N, double loss);

#endif
