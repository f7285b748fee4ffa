/* Batches: sequences of a shard, drawn by a counter, so that the batch of any step can be had alone.
 *
 *     ll_batch_at(&shard, T, seed, step, first, count, x, y);
 *
 * x [count,T] inputs, y [count,T] the tokens that follow them (int32). Sequence i of step s starts at a position
 * drawn uniformly from the shard by Philox(seed, step, i): a step's draws do not know how it is shared out.
 * Steps and sequences are below 2^32. All answer false when a token lies outside the shard's vocabulary: what they
 * wrote is then safe as an index, and nothing to train on.
 */
#ifndef LL_DATA_BATCH_H
#define LL_DATA_BATCH_H

#include <stdbool.h>

#include "data/shard.h"

bool ll_batch_at(const ll_shard *shard, int64_t T, uint64_t seed, int64_t step, int64_t first, int64_t count,
                 int32_t *x, int32_t *y);

/* Evaluation: window i of n_windows, spread evenly over the shard, none overlapping while they fit. */
bool ll_batch_eval(const ll_shard *shard, int64_t T, int64_t n_windows, int64_t first, int64_t count, int32_t *x,
                   int32_t *y);

/* Where window i of those stands. */
int64_t ll_batch_window(const ll_shard *shard, int64_t T, int64_t n_windows, int64_t i);

/* The one sequence that starts at token start, x and y [T]. */
bool ll_batch_sequence(const ll_shard *shard, int64_t start, int64_t T, int32_t *x, int32_t *y);

/* A shard too short for one sequence of T + 1 tokens is LL_EINPUT. */
ll_status ll_batch_check(const ll_shard *shard, int64_t T, ll_error *err);

#endif
