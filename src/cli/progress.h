/* Progress of a sweep on standard error: on a terminal one live line for each running rung and one for the whole;
 * elsewhere a plain line when a rung ends; nothing when quiet.
 *
 *     ll_progress p;
 *     ll_progress_init(&p, &sweep, quiet);
 *     ll_sweep_watch watch = ll_progress_watch(&p);
 *     status = ll_sweep_run(&sweep, &watch, &err);
 *     ll_progress_end(&p);
 *
 * Ctrl-C asks the sweep to stop; a second one ends the program at once. Where Slurm trains it is asked whether the
 * jobs are to end, too.
 */
#ifndef LL_CLI_PROGRESS_H
#define LL_CLI_PROGRESS_H

#include "sweep/sweep.h"

typedef struct ll_progress {
    const ll_sweep *sweep;
    bool quiet, live;
    bool keep_jobs; /* in Slurm's queue, without a question */
    int drawn;      /* lines that stand below */
} ll_progress;

/* Ctrl-C and SIGTERM are heard from here on, and ll_progress_stop says whether one came. For what goes before the
 * sweep, such as reading text. */
void ll_progress_listen(void);
bool ll_progress_stop(void *ctx);

/* A live line for runs of a study that are no ladder's; the caller clears it. */
void ll_progress_runs(void *ctx, int64_t done, int64_t all);

void ll_progress_init(ll_progress *p, const ll_sweep *sweep, bool quiet);
ll_sweep_watch ll_progress_watch(ll_progress *p);
void ll_progress_end(ll_progress *p); /* clears the live lines */

#endif
