/* A plan whose target is a score: the law of the first of two steps, and for each of its draws the loss at which the
 * second step of the same draw reaches the score. So N, D and the cost carry the doubt of both.
 *
 *     ll_score_plan p;
 *     LL_TRY(ll_score_plan_new(&p, &two_step, 0.9, err));
 *     LL_TRY(ll_plan_make(&plan, &p.law, &(ll_plan_ask) { .loss = p.score.loss.value }, err));
 *     ll_score_plan_free(&p);
 */
#ifndef LL_DECIDE_PLAN_SCORE_PLAN_H
#define LL_DECIDE_PLAN_SCORE_PLAN_H

#include "decide/plan/plan_sheet.h"
#include "fit/ability/two_step.h"

typedef struct ll_score_plan {
    ll_plan_law law;     /* borrows fit and target */
    ll_fit fit;          /* the first step with the draws of both; borrows its rows */
    double *target;      /* [fit.n_draws]; owned */
    ll_plan_score score; /* where it is reached */
} ll_score_plan;

/* f: along N and D, and outlives p. A score beyond floor or ceiling is LL_EINPUT, and they are named. */
ll_status ll_score_plan_new(ll_score_plan *p, const ll_two_step *f, double score, ll_error *err);
void ll_score_plan_free(ll_score_plan *p);

#endif
