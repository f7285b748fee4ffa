/* A rung: one run of a ladder, with all that its training needs.
 *
 *     ll_train_job job = ll_rung_job(&rung, &spec);
 */
#ifndef LL_SWEEP_DESIGN_RUNG_H
#define LL_SWEEP_DESIGN_RUNG_H

#include "model/count.h"
#include "sweep/design/spec.h"
#include "train/train.h"

typedef enum ll_rung_role { LL_RUNG_FIT = 0, LL_RUNG_FORECAST, LL_RUNG_TRUNK } ll_rung_role;

typedef struct ll_rung {
    char name[48];
    ll_rung_role role;
    ll_model model;
    int64_t steps, batch, micro, start_step; /* start_step: of a branch, where its trunk hands over */
    int64_t trunk;                           /* index of the trunk a branch starts from, -1 for none */
    ll_schedule schedule;
    uint64_t seed;
    int64_t windows; /* of the training shard, seen in epochs; 0: all of it, drawn anew each time */
    double lr;       /* peak learning rate at base_width */
    double decay;    /* AdamW's */
    ll_count count;
    double tokens, flops, flops_exact; /* in all, a branch's trunk included; flops = 6 params tokens */
    double cost;                       /* exact FLOPs that this rung itself will take */
} ll_rung;

/* Distinct tokens that the rung may see; infinity where its windows are not bounded. */
double ll_rung_unique(const ll_rung *rung);

const char *ll_rung_role_name(ll_rung_role role); /* fit, forecast, trunk */

/* How many of so many cores the rung can use: all where rows and heads of a sequence are shared out, else as many
 * as it has micro-batches. It starts with room for so many, so that the memory is what was announced whatever runs
 * beside it. */
int ll_rung_threads(const ll_rung *rung, int cores);

/* Points of the rung's learning curve: as the spec says, else 40 of a batch sweep, else 10, and up to 40 as long as
 * all but the last take no more than 2 % of the time. */
int64_t ll_rung_points(const ll_rung *rung, const ll_spec *spec);

/* What ll_train_run needs of a rung, apart from shards, kernels, threads and paths. */
ll_train_job ll_rung_job(const ll_rung *rung, const ll_spec *spec);

#endif
