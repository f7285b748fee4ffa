/* From a law to a decision: the N and D that a budget buys best, or the least budget for a loss.
 *
 *     ll_planned p;
 *     LL_TRY(ll_study_plan(study, &(ll_plan_ask) { .flops = 1e23 }, &p, err));
 *     p.params.value, p.tokens.value, p.loss.value, p.loss.lo, p.loss.hi
 *
 * N and D are chosen by the law, on the line 6 N D + 2 N D_inf = C (Hoffmann et al. 2022, eq. 1; Sardana et al. 2024,
 * eq. 3); the loss is the forecast of that run. Losses are in the unit of the study.
 */
#ifndef LOGLOG_PLAN_H
#define LOGLOG_PLAN_H

#include "loglog/study.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_plan_ask {
    double flops;            /* the budget; 0: ask for the least that reaches loss */
    double loss;             /* the target; 0: none. With a budget: how probable it is there */
    double loss_sd;          /* of ln loss, where the target itself is known only so well */
    double params, tokens;   /* of a model that is settled: N, D or both are held; 0: free. Both are a budget */
    double unique_tokens;    /* 0: tokens never run out */
    double inference_tokens; /* served by the trained model, at the cost of training's FLOPs; 0: none */
} ll_plan_ask;

typedef struct ll_planned {
    ll_estimate params, tokens, flops; /* the optimum, and its interval over the law's draws */
    ll_estimate loss;                  /* the forecast of the planned run */
    ll_estimate law;                   /* the law's own value there */
    double probability;                /* that the run ends at or below ask->loss; NaN: not asked */
    double reach;                      /* its compute over the largest run's */
} ll_planned;

/* A law that is none of N and D, no budget and no target, a target that no budget reaches: LL_EINPUT. */
LL_API ll_status ll_study_plan(ll_study *s, const ll_plan_ask *ask, ll_planned *out, ll_error *err);

/* The document loglog.plan/1, as 'loglog plan --json' prints it: with shape, recipe, days and dollars on gpus ("H100",
 * "64xH100"; NULL: H100). For ll_text_free; NULL: err says why. */
LL_API char *ll_study_plan_json(ll_study *s, const ll_plan_ask *ask, const char *gpus, ll_error *err);

#ifdef __cplusplus
}
#endif
#endif
