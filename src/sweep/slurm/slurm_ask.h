/* One of Slurm's programs, run to a good end.
 *
 *     static const char *const argv[] = { "squeue", "--noheader", NULL };
 *     LL_TRY(ll_slurm_ask(&p, argv, err));
 *     use(p.out);
 *     ll_program_clear(&p);
 */
#ifndef LL_SWEEP_SLURM_SLURM_ASK_H
#define LL_SWEEP_SLURM_SLURM_ASK_H

#include "base/system/program.h"

/* LL_ESTATE where the controller is away, restarts or is overloaded: later it may answer, and what was asked for may
 * have been done. LL_EINPUT where it refuses, in Slurm's own words, or where there is no such program. After an error
 * there is nothing to clear. */
ll_status ll_slurm_ask(ll_program *p, const char *const argv[], ll_error *err);

#endif
