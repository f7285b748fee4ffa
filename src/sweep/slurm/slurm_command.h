/* The command of a task: a worker's, as it is written into an array's script and holds on other machines.
 *
 *     LL_TRY(ll_slurm_command(line, sizeof line, "loglog", &worker, err));
 */
#ifndef LL_SWEEP_SLURM_SLURM_COMMAND_H
#define LL_SWEEP_SLURM_SLURM_COMMAND_H

#include "sweep/workers/worker.h"

/* Makes a path one that holds on other machines, where it is there. */
void ll_slurm_absolute(char path[LL_PATH_MAX]);

/* One line for sh, with a mailbox to tell. Which rung, $rung, and on how many cores, $cpus, is known on the node. */
ll_status ll_slurm_command(char *out, size_t size, const char *program, const ll_worker_opts *worker,
                           ll_error *err);

#endif
