/* How large, and how many samples? A budget pays one training run and k samples of each of Q questions: of the
 * sizes that were measured, and between them, the one whose coverage is highest for it.
 *
 *     ll_samples_plan p;
 *     LL_TRY(ll_samples_plan_make(&p, rows, n, &(ll_samples_ask) { .budget = 1e18, .questions = 1e4 }, err));
 *     const ll_samples_row *best = &p.choice[p.best].at;
 *     best->params, best->samples, best->coverage
 *     ll_samples_plan_free(&p);
 *
 * A row is what 'probe samples --out' writes: a size, what its training cost, and at a number of samples the
 * coverage and what a question cost. Runs of one size are averaged. Between two sizes coverage goes with ln N,
 * between two numbers of samples with ln k, costs as powers of both; nothing is said outside of either range.
 */
#ifndef LL_DECIDE_PLAN_SAMPLES_PLAN_H
#define LL_DECIDE_PLAN_SAMPLES_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_samples_row {
    double params, tokens, train_flops, samples, coverage, se, question_flops; /* se NaN: not known */
} ll_samples_row;

typedef struct ll_samples_ask {
    double budget, questions; /* FLOPs; both above 0 */
} ll_samples_ask;

typedef struct ll_samples_choice {
    ll_samples_row at; /* coverage and samples are what is left for them */
    bool measured;     /* of this size there are runs; else it lies between two */
    double flops;      /* of training and all answers; at most the budget */
} ll_samples_choice;

typedef struct ll_samples_plan {
    ll_samples_choice *choice; /* [n] by rising size: those that the budget pays; owned */
    int64_t n, best;
    int64_t n_sizes; /* measured */
    bool rest;       /* at the best the budget pays more samples than were measured */
} ll_samples_plan;

/* LL_EINPUT where a size has fewer than two numbers of samples, a row is not finite and above 0, or the budget pays for
 * nothing; the least that would do is named. */
ll_status ll_samples_plan_make(ll_samples_plan *p, const ll_samples_row *rows, int64_t n, const ll_samples_ask *ask,
                               ll_error *err);
void ll_samples_plan_free(ll_samples_plan *p);

#endif
