/* Ranks: processes of one MPI job that train one rung together. Each computes its micro-batches and its windows,
 * sums and updates its share of the parameters, and has the losses and the parameters of all.
 *
 *     ll_ranks r;
 *     LL_TRY(ll_ranks_join(&r, err));                  in each process that mpirun started
 *     ll_ranks_scatter(&r, parts, size, first, begin); rank i has filled blocks [first[i], first[i + 1]) of so many bytes
 *     ll_ranks_gather(&r, params, begin);              rank i has filled bytes [begin[i], begin[i + 1])
 *     ll_ranks_share(&r, &stop, sizeof stop);          as rank 0 has it
 *     ll_ranks_leave();
 *
 * Bytes are copied and never summed on the way, so that a loss does not know how many ranks there were. A rank that is
 * gone ends the others: MPI's own rule.
 */
#ifndef LL_TRAIN_RANKS_RANKS_H
#define LL_TRAIN_RANKS_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

enum { LL_RANKS_MAX = 64 };

typedef struct ll_ranks {
    int rank, n;
} ll_ranks;

/* LL_EINPUT where this build has no MPI, or its library is not here. */
ll_status ll_ranks_available(ll_error *err);

ll_status ll_ranks_join(ll_ranks *out, ll_error *err);
void ll_ranks_share(const ll_ranks *r, void *bytes, size_t size);
void ll_ranks_gather(const ll_ranks *r, void *all, const size_t begin[LL_RANKS_MAX + 1]);
/* Of every block rank i then has bytes [begin[i], begin[i + 1]). */
void ll_ranks_scatter(const ll_ranks *r, void *blocks, size_t size, const int64_t first[LL_RANKS_MAX + 1],
                      const size_t begin[LL_RANKS_MAX + 1]);
void ll_ranks_leave(void);

#endif
