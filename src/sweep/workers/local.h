/* The local engine: rungs as processes on this machine.
 *
 *     ll_local_opts o = { .program = "/proc/self/exe", .workers = 2, ... };
 *     LL_TRY(ll_local_run(&o, rungs, state, n, &use, err));
 *
 * As many rungs at a time as workers, packed onto the cores (pack.h): a rung is told how many it has whenever one
 * starts or ends beside it. Memory of what runs together stays within the bound. A rung that fails or is killed is
 * reported and the others go on.
 */
#ifndef LL_SWEEP_WORKERS_LOCAL_H
#define LL_SWEEP_WORKERS_LOCAL_H

#include "sweep/workers/pack.h"
#include "sweep/workers/worker.h"

typedef struct ll_local_opts {
    const char *program;   /* run as: program worker --spec ... */
    ll_worker_opts worker; /* all but rung, threads and fd */
    int workers, cores;
    double memory;       /* bytes for all running rungs together */
    const double *needs; /* [n] bytes of each rung */
    bool early;          /* a trunk leaves the states that its branches start from on its way, not at its end */
    bool (*stop)(void *ctx);
    void (*started)(void *ctx, int64_t rung);
    void (*message)(void *ctx, int64_t rung, const ll_message *m);
    void (*tick)(void *ctx); /* a few times a second */
    void *ctx;
} ll_local_opts;

typedef struct ll_local_use {
    double wall_s, cpu_s; /* from start to end; of all processes */
} ll_local_use;

/* Runs every waiting rung whose trunk is done or waiting too, and branches beside a trunk that has passed their
 * start; state [n] is read and written. Rungs to be left alone are LL_TASK_SKIPPED. LL_ESTOP when stop said so:
 * every running rung has left a checkpoint by then. LL_ENOMEM when one rung alone needs more than the bound. Failed
 * rungs are no error here: state and messages tell. use is written in every case. */
ll_status ll_local_run(const ll_local_opts *opts, const ll_rung *rungs, ll_task_state *state, int64_t n,
                       ll_local_use *use, ll_error *err);

#endif
