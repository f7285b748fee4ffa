/* Packing: which rung starts next, and how many cores each of those that run gets.
 *
 *     int64_t i = ll_pack_next(rungs, state, n, needs, memory_left);         start it, if there is one
 *     int threads = ll_pack_threads(&rungs[i], cores, n_running, place);     whenever a rung started or ended
 *
 * The longest of the ready rungs starts first, so that the short ones fill the end. While as many run as there are
 * cores, each has one; when no more are ready, those that run share the cores out among them, down to the last one,
 * which takes them all. No core waits while work is left, however wrong the guess of a rung's length was. A rung
 * wider than 128 that can use every core runs alone.
 */
#ifndef LL_SWEEP_PACK_H
#define LL_SWEEP_PACK_H

#include "sweep/design/design.h"

typedef enum ll_task_state {
    LL_TASK_WAITING = 0,
    LL_TASK_RUNNING,
    LL_TASK_DONE,
    LL_TASK_FAILED,
    LL_TASK_SKIPPED
} ll_task_state;

/* The longest of the waiting rungs whose trunk is done, that may run beside those that do, and that needs no more
 * bytes than left (needs [n]; NULL: none needs any); -1 when there is none. */
int64_t ll_pack_next(const ll_rung *rungs, const ll_task_state *state, int64_t n, const double *needs, double left);

/* The cores shared out evenly among the running ones, to the first ones what is over: from 1 to ll_rung_threads. */
int ll_pack_threads(const ll_rung *rung, int cores, int running, int place);

#endif
