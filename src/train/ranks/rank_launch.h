/* Starts the ranks of one rung with mpirun on this machine, hears what rank 0 says, hands on the wish to stop, and
 * says which of them died.
 *
 *     if (!ll_ranks_pipe()) return ll_ranks_launch(&(ll_ranks_job) { .argv = argv, .n = 2, ... }, err);
 */
#ifndef LL_TRAIN_RANKS_RANK_LAUNCH_H
#define LL_TRAIN_RANKS_RANK_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

enum { LL_RANKS_WORDS = 64, LL_RANKS_MESSAGE = 4096 };

typedef struct ll_ranks_job {
    const char *const *argv; /* of this program, in each rank; argv[0] is not read; ends with NULL */
    int n;
    size_t message;                                /* bytes of each, at most LL_RANKS_MESSAGE */
    bool (*heard)(void *ctx, const void *message); /* false: nobody listens any more, and the ranks are to stop */
    void *ctx;
    const volatile sig_atomic_t *stop; /* set by a signal: every rank gets SIGUSR1 */
} ll_ranks_job;

/* In a process that was started so: where rank 0 writes messages, each at once. Else NULL. */
const char *ll_ranks_pipe(void);

/* Until all have ended. LL_ESTOP when they were asked to stop; LL_EIO names the rank that died, or says why none
 * began. */
ll_status ll_ranks_launch(const ll_ranks_job *job, ll_error *err);

#endif
