/* Arrays: which rungs go into one job array. A task is as long as the others of its array within a factor of four of
 * compute, so that they ask for much the same; the longest come first, as Slurm starts them in that order.
 *
 *     ll_slurm_plan plan;
 *     LL_TRY(ll_slurm_plan_make(&plan, rungs, n, most, err));
 *     for (int64_t k = 0; k < plan.n; k++) submit(plan.order + plan.at[k].first, plan.at[k].n);
 *     ll_slurm_plan_free(&plan);
 *
 * and what they take on paper:
 *
 *     ll_slurm_paper p = ll_slurm_on_paper(&plan, rungs, n, slots, throttle);
 */
#ifndef LL_SWEEP_SLURM_ARRAYS_H
#define LL_SWEEP_SLURM_ARRAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_slurm_rung {
    double cost;    /* compute, in any unit: of one rung against the others */
    double seconds; /* on a node; of the paper alone */
    double memory;  /* bytes */
    int64_t after;  /* the rung that has to be done before; -1: none, or it is done */
    bool waits;     /* is to be submitted */
} ll_slurm_rung;

typedef struct ll_slurm_group {
    int64_t first, n; /* of order */
    int64_t after;    /* -1: none */
    double memory;    /* the most that one of them needs */
} ll_slurm_group;

typedef struct ll_slurm_plan {
    int64_t n, rungs;
    ll_slurm_group *at; /* [n], in the order of submission */
    int64_t *order;     /* [rungs] */
} ll_slurm_plan;

/* Of the waiting rungs; no array holds more than most. */
ll_status ll_slurm_plan_make(ll_slurm_plan *out, const ll_slurm_rung *rungs, int64_t n, int64_t most,
                             ll_error *err);
void ll_slurm_plan_free(ll_slurm_plan *p);

/* So many slots, each with one task at a time; an array has at most throttle running (0: any number), its tasks start
 * in order, and a task that may not start yet holds up none behind its array. bound: no schedule is shorter than the
 * work over the slots, or than the longest chain. makespan NaN: out of memory. */
typedef struct ll_slurm_paper {
    double makespan, bound;
} ll_slurm_paper;
ll_slurm_paper ll_slurm_on_paper(const ll_slurm_plan *p, const ll_slurm_rung *rungs, int64_t n, int64_t slots,
                                 int64_t throttle);

#endif
