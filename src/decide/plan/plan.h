/* From a law to a decision: the N and D that a budget buys best, or the least budget for a loss.
 *
 *     ll_plan_law law = ll_plan_law_published(published->law, published->params);      or ..._fitted(&fit)
 *     ll_plan p;
 *     LL_TRY(ll_plan_make(&p, &law, &(ll_plan_ask){ .flops = 1e23 }, err));
 *     use(p.params.value, p.tokens.value, p.loss.value, p.loss.lo);                  lo, hi NaN: no interval
 *
 * The best point lies on the line 6 N D + 2 N D_inf = C (Hoffmann et al. 2022, eq. 1; D_inf, the tokens that the
 * model will serve, after Sardana et al. 2024, eq. 3). It is found by search over ln N, so any law of N and D can
 * be planned with whose valley at a budget has one bottom; for E + A/N^alpha + B/D^beta it is Hoffmann's eq. 4.
 * N and D are chosen by the law; what the chosen run will reach is the forecast (posterior.h), and so are the least
 * budget for a loss, where its median is the loss, and the ends of that budget's interval, where its quantiles are.
 * Losses are in the unit of the law.
 */
#ifndef LL_DECIDE_PLAN_PLAN_H
#define LL_DECIDE_PLAN_PLAN_H

#include "decide/plan/valley_search.h"
#include "forecast/study/study.h"
#include "law/repeats.h"

typedef struct ll_plan_law {
    const ll_law *law;
    double params[LL_LAW_MAX_PARAMS];
    const ll_fit *fit;          /* borrowed; NULL: published, without draws */
    const ll_posterior *belief; /* borrowed; what a run will reach; NULL: nothing is known but the law itself */
    /* [fit->n_draws] the target loss of each draw, where that is not known itself, NaN: out of reach; NULL: the loss
     * that is asked for. Without a belief; borrowed */
    const double *target;
} ll_plan_law;

/* LL_EINPUT, and which can, for a law that cannot be planned with. */
ll_status ll_plan_check_law(const ll_law *law, ll_error *err);

ll_plan_law ll_plan_law_published(const ll_law *law, const double *params);
ll_plan_law ll_plan_law_fitted(const ll_fit *fit);

/* Of a study that is fitted, with the belief where it is taken. Borrowed. */
ll_plan_law ll_plan_law_studied(const ll_study *s);

enum { LL_PLAN_CURVE = 5, LL_PLAN_OTHERS = 4 };

typedef struct ll_plan_size {
    double size;       /* N over the planned N: 1/4, 1/2, 1, 2, 4 */
    ll_plan_point at;  /* at the plan's budget; its loss by the law */
    double forecast;   /* what it will reach, the median; NaN without a belief */
    double more_flops; /* budget that reaches the plan's loss at this size, over the plan's; NaN: none does */
} ll_plan_size;

/* What it costs that the law is known only so well: over the draws, the plan against each draw's own optimum. It is
 * also what knowing the law exactly would be worth (the expected value of perfect information). Where the forecast
 * sees a size that is better by more, it is that much. */
typedef struct ll_plan_regret {
    double loss;  /* mean excess of the loss, of the law's unit */
    double flops; /* mean share of the budget that was not needed for the loss reached */
} ll_plan_regret;

/* What another published law (N as its paper counts it) would have bought with the same budget, judged by the
 * plan's law. */
typedef struct ll_plan_other {
    const char *id;    /* of law/published.h */
    double N, D, loss; /* loss: by the plan's law */
    double flops;      /* share of the budget that was not needed for that loss */
} ll_plan_other;

typedef struct ll_plan {
    ll_plan_ask ask;
    double level;                      /* of the intervals; NaN without draws */
    int64_t n_draws;                   /* 0: no interval anywhere */
    ll_plan_point point;               /* by the law's own parameters */
    ll_estimate params, tokens, flops; /* of the optimum, over the draws */
    ll_estimate ratio;                 /* tokens per parameter */
    ll_estimate law;                   /* the law's own loss of the planned run: its N and D held, the law drawn */
    ll_estimate loss;   /* what the planned run will reach: the forecast; without a belief the law's */
    double unreachable; /* share of the draws whose floor lies above the target */
    double probability; /* that the run ends at or below ask.loss; NaN: not asked, or no belief */
    double epochs;      /* D over the unique tokens; NaN without */
    ll_repeats repeats;
    ll_plan_point free;    /* the optimum if tokens were endless; NaN without unique_tokens */
    double reach;          /* training FLOPs over the largest fitted; NaN for a published law */
    double below;          /* the smallest fitted over training FLOPs; NaN for a published law */
    double seen;           /* the lowest loss seen, of runs of no more compute; NaN for a published law */
    double best;           /* the law's own loss of the best run of the same compute, N, D and data free */
    ll_plan_regret regret; /* NaN without draws */
    ll_plan_size curve[LL_PLAN_CURVE];
    /* The size at the same budget whose forecast is lowest, where that is below the plan's by more than the law's
     * regret; more_flops by the forecast too. size NaN: there is none */
    ll_plan_size lower;
    ll_plan_other other[LL_PLAN_OTHERS];
    int n_others;
} ll_plan;

/* Shows the plan one more finished run, fitted or not: seen becomes its loss where that is lower and its compute no
 * more than the plan's. */
void ll_plan_see(ll_plan *plan, double flops, double loss);

/* Has a run done better than the law holds possible with as much compute? Then the law does not follow the runs. */
bool ll_plan_is_beaten(const ll_plan *plan);

/* The loss that no budget gets below. */
ll_estimate ll_plan_floor(const ll_plan_law *law, const ll_plan_ask *ask);

/* A law that cannot be planned with, neither budget nor target, a target at or below the floor (which is named with
 * its interval), or a budget whose optimum is no run: LL_EINPUT. */
ll_status ll_plan_make(ll_plan *out, const ll_plan_law *law, const ll_plan_ask *ask, ll_error *err);

/* The run of C FLOPs that the fitted law calls best, into N and D, with so many unique tokens, 0: no end of them; for
 * a law that cannot be planned with, the run of C on the observations' own path. */
ll_status ll_plan_best_run(const ll_study *s, double flops, double unique_tokens, double *params, double *tokens,
                           ll_error *err);

#endif
