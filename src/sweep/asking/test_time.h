/* Test time: what more samples of a smaller model are worth against a larger one, from the scores of the probe
 * `samples`.
 *
 *     ll_test_time t;
 *     LL_TRY(ll_test_time_of(&t, &asked, err));
 *     t.model[i].at[g].samples, t.model[i].at[g].by[LL_WAY_COVERAGE].value, t.model[i].at[g].flops
 *     ll_test_time_swap(&t.model[0], &t.model[1], LL_WAY_COVERAGE).samples   of model 0 for one of model 1
 *     ll_test_time_clear(&t);
 */
#ifndef LL_SWEEP_ASKING_TEST_TIME_H
#define LL_SWEEP_ASKING_TEST_TIME_H

#include <stdio.h>

#include "sweep/asking/ask_runs.h"

/* How k samples become one answer: something checks them; most of them say it; it is the likeliest. */
typedef enum ll_way { LL_WAY_COVERAGE, LL_WAY_MAJORITY, LL_WAY_BEST, LL_WAYS } ll_way;
extern const char *const ll_way_names[LL_WAYS]; /* "coverage", "majority", "best" */

enum { LL_TEST_TIME_GRID = 16 };

typedef struct ll_share {
    double value, se;
} ll_share;

typedef struct ll_test_time_at {
    int64_t samples;
    ll_share by[LL_WAYS];
    double flops; /* of a question: its prompt and so many samples */
} ll_test_time_at;

typedef struct ll_foretold {
    double value, lo, hi, a, b; /* NaN: the law says nothing */
} ll_foretold;

typedef struct ll_test_time_model {
    const ll_run *run; /* borrowed of what was asked */
    double train_flops;
    double prompt_flops, sample_flops, surprise; /* surprise: of the sampler, in standard errors */
    int n;
    ll_test_time_at at[LL_TEST_TIME_GRID]; /* [n] by samples */
    ll_foretold by_beta, by_law;           /* of the coverage by the most samples, from the first hundred */
} ll_test_time_model;

typedef struct ll_test_time {
    ll_test_time_model *model; /* [n] by parameters; owned */
    int64_t n;
} ll_test_time;

ll_status ll_test_time_of(ll_test_time *out, const ll_asked_runs *asked, ll_error *err);
void ll_test_time_clear(ll_test_time *t);

typedef struct ll_test_time_swap_of {
    double samples; /* of the small model that solve as much as one of the large: between measured ones along ln k;
                         NaN: more than were drawn */
    double
        questions; /* so many cost as much either way, training included; below, the small one is cheaper. INFINITY
                         where its samples cost no more */
} ll_test_time_swap_of;

ll_test_time_swap_of ll_test_time_swap(const ll_test_time_model *small, const ll_test_time_model *large,
                                       ll_way way);

/* As CSV, a row for each model and number of samples: run, params, tokens, train_flops, samples, then share and
 * standard error of each way, and flops_per_question. */
void ll_test_time_print(FILE *out, const ll_test_time *t);

#endif
