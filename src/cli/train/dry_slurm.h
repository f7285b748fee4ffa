/* What a dry run says of Slurm: the arrays that would be submitted, and the time that they take on paper. */
#ifndef LL_CLI_TRAIN_DRY_SLURM_H
#define LL_CLI_TRAIN_DRY_SLURM_H

#include "base/document/json.h"
#include "sweep/slurm/slurm_paper.h"

/* seconds: of each rung. The last line is left open. */
void ll_slurm_dry_print(const ll_slurm_dry *d, const ll_rung *rungs, const double *seconds);

/* As run --dry-run --json has it; owned by the caller. */
ll_json *ll_slurm_dry_json(const ll_slurm_dry *d, const ll_rung *rungs, const double *seconds);

#endif
