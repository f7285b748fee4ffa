/* Threads: one parallel loop over a persistent pool.
 *
 *     ll_threads_for(n, threads, task, &ctx);
 *
 * A loop inside a loop, and a second loop while the pool is taken, run in order on the thread that asked.
 */
#ifndef LL_BASE_SYSTEM_THREADS_H
#define LL_BASE_SYSTEM_THREADS_H

#include <stdint.h>

typedef void ll_task(void *ctx, int64_t index, int worker);

int ll_threads_available(void); /* cores this process may run on */

/* Calls task(ctx, i, worker) for every i in [0, n); worker is in [0, threads) and no two tasks that
 * run at once share it. Which worker gets which index is not fixed: results must not depend on it. */
void ll_threads_for(int64_t n, int threads, ll_task *task, void *ctx);

/* From now on this thread takes numbers below the normal range for zero, where the processor can: arithmetic on
 * them is a hundred times slower, and an optimiser's decaying averages are full of them. */
uint64_t ll_threads_flush_denormals(void);
void ll_threads_restore_denormals(uint64_t before);

#endif
