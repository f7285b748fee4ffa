/* Epochs: a part of a shard that is learnt from again and again, each time in an order of its own.
 *
 *     int64_t n = ll_epochs_windows(&shard, T, unique_tokens);
 *     ll_epochs_at(&shard, T, n, seed, step * batch + first, count, x, y);
 *
 * The shard is cut into windows of T targets. A permutation by seed puts them into one order, and the part is the
 * first n of it: parts of one seed lie within each other, and each has a bit of every document that is long enough.
 * The sequences of a run are numbered through; number i is in epoch i / n, which shows each window of the part once,
 * in the order of a permutation by (seed, epoch). Nothing is remembered: any sequence can be had alone.
 */
#ifndef LL_DATA_EPOCHS_H
#define LL_DATA_EPOCHS_H

#include <stdbool.h>

#include "data/shard.h"

/* Windows in so many tokens: one at least, and no more than the shard has. */
int64_t ll_epochs_windows(const ll_shard *shard, int64_t T, double unique_tokens);

/* The token at which window i of the part begins. */
int64_t ll_epochs_start(const ll_shard *shard, int64_t T, uint64_t seed, int64_t i);

/* As ll_batch_at: count sequences from number first on, x and y [count,T]; false for a damaged shard. */
bool ll_epochs_at(const ll_shard *shard, int64_t T, int64_t n, uint64_t seed, uint64_t first, int64_t count,
                  int32_t *x, int32_t *y);

/* Where i of 0 .. n-1 stands in the permutation `which` of the seed. n in 1 .. 2^62. */
int64_t ll_epochs_permuted(uint64_t seed, uint64_t which, int64_t n, int64_t i);

#endif
