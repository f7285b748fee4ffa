/* Packing: which rung starts next, and how many cores each of those that run gets.
 *
 *     ll_pack_paths(rungs, n, path);
 *     int64_t i = ll_pack_next(&(ll_pack) { rungs, n, state, reached, path }, needs, left);    start it, if there is one
 *     int threads = ll_pack_threads(&rungs[i], cores, n_running, place);     whenever a rung started or ended
 *
 * The ready rung with the longest path before it starts first, its branches counted, so that the short ones fill
 * the end. A branch is ready when its trunk has left the state that it starts from; the trunk goes on beside it.
 * While as many run as there are cores, each has one; when no more are ready, those that run share the cores out
 * among them, down to the last one, which takes them all. No core waits while work is left, however wrong the guess
 * of a rung's length was. A rung wider than 128 that can use every core runs alone.
 */
#ifndef LL_SWEEP_WORKERS_PACK_H
#define LL_SWEEP_WORKERS_PACK_H

#include "sweep/design/design.h"

typedef enum ll_task_state {
    LL_TASK_WAITING = 0,
    LL_TASK_RUNNING,
    LL_TASK_DONE,
    LL_TASK_FAILED,
    LL_TASK_SKIPPED
} ll_task_state;

typedef struct ll_pack {
    const ll_rung *rungs;
    int64_t n;
    const ll_task_state *state; /* [n] */
    const int64_t *reached; /* [n] steps whose state a rung has left for its branches; NULL: only its end counts */
    const double *path;     /* [n] of ll_pack_paths */
} ll_pack;

/* FLOPs from the start of each rung to the end of the longest chain of branches that begins with it. */
void ll_pack_paths(const ll_rung *rungs, int64_t n, double *path);

/* That of the longest path among the waiting rungs whose trunk is done or has come to where they depart, that may
 * run beside those that do, and that need no more bytes than left (needs [n]; NULL: none needs any); -1 when there
 * is none. */
int64_t ll_pack_next(const ll_pack *p, const double *needs, double left);

/* The cores shared out evenly among the running ones, to the first ones what is over: from 1 to ll_rung_threads. */
int ll_pack_threads(const ll_rung *rung, int cores, int running, int place);

#endif
