/* Slurm on paper: the job arrays that a ladder becomes, and in a dry run the time that they take.
 *
 *     ll_slurm_dry dry;
 *     LL_TRY(ll_slurm_dry_make(&dry, &pace, &spec, rungs, needs, n, 0, seconds, err));
 *     ll_slurm_dry_clear(&dry);
 */
#ifndef LL_SWEEP_SLURM_SLURM_PAPER_H
#define LL_SWEEP_SLURM_SLURM_PAPER_H

#include "sweep/design/wish.h"
#include "sweep/slurm/arrays.h"
#include "sweep/workers/pace.h"
#include "sweep/workers/pack.h"

/* What the arrays of the waiting rungs are made from; seconds are left at 0. out [n] */
void ll_slurm_list(ll_slurm_rung *out, const ll_rung *rungs, const ll_task_state *state, const double *needs,
                   int64_t n);

enum { LL_SLURM_STAGES = 2 }; /* the fitted rungs; then those that are forecast, which wait for the seal */
typedef struct ll_slurm_dry {
    ll_slurm_wish wish;
    ll_slurm_plan plan[LL_SLURM_STAGES];
    int64_t slots;          /* tasks at a time */
    double makespan, bound; /* seconds; no schedule is shorter than the bound */
} ll_slurm_dry;

/* slots 0: as many as the partition has cores for, or all where there is no Slurm here. seconds [n]: of each rung on a
 * node as fast as this machine; of a pace without kernels, a command's, they stay as they are, and makespan and bound
 * are NaN. The wish points into out, which is not to be copied. */
ll_status ll_slurm_dry_make(ll_slurm_dry *out, ll_pace *pace, const ll_spec *spec, const ll_rung *rungs,
                            const double *needs, int64_t n, int64_t slots, double *seconds, ll_error *err);
void ll_slurm_dry_clear(ll_slurm_dry *d);

#endif
