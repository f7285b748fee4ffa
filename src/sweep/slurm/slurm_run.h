/* The Slurm engine: rungs as tasks of job arrays on a cluster that shares a file system with this machine.
 *
 *     ll_slurm_opts o = { .local = &local, .ladder = id, .wish = "partition=gpu,throttle=64" };
 *     LL_TRY(ll_slurm_run(&o, rungs, state, n, &use, err));
 *
 * A worker writes to a mailbox in the ladder's folder (slurm/mailbox.h); this process reads the mailboxes and Slurm's
 * queue, and it alone writes the store. Nothing about the jobs is kept but what the queue and the mailboxes say, so
 * that this process may be killed at any moment: the next one finds the jobs again, takes what came meanwhile, and
 * submits what is in neither. A branch waits for its trunk by a dependency. A rung whose job was preempted, ran out of
 * time or lost its node goes on from its checkpoint: Slurm puts most back into the queue itself, the others are
 * submitted again as long as they get further.
 */
#ifndef LL_SWEEP_SLURM_SLURM_RUN_H
#define LL_SWEEP_SLURM_SLURM_RUN_H

#include "sweep/workers/local.h"

typedef enum ll_slurm_mode {
    LL_SLURM_WATCH = 0, /* submits what is not done or in the queue, and stays until all have ended */
    LL_SLURM_ATTACH,    /* the same, but what has failed stays failed */
    LL_SLURM_DETACH,    /* submits, and comes back */
    LL_SLURM_COLLECT    /* takes what has come, and comes back */
} ll_slurm_mode;

typedef struct ll_slurm_opts {
    const ll_local_opts *local; /* program, worker, needs and what is called; the rest means nothing here */
    const char *ladder, *wish;  /* id; engine.slurm */
    ll_slurm_mode mode;
    bool (*cancel)(void *ctx);                /* when stop has said so: are the jobs to end as well? NULL: no */
    void (*say)(void *ctx, const char *line); /* about the queue; may be NULL */
} ll_slurm_opts;

/* As ll_local_run. A rung that is still in the queue when this returns is LL_TASK_RUNNING: of LL_SLURM_DETACH and
 * LL_SLURM_COLLECT, and after LL_ESTOP where the jobs were not to end. LL_EINPUT: Slurm refuses a job. */
ll_status ll_slurm_run(const ll_slurm_opts *opts, const ll_rung *rungs, ll_task_state *state, int64_t n,
                       ll_local_use *use, ll_error *err);

#endif
