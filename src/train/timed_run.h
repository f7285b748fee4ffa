/* A timed run: training as it is really done, on made-up tokens and without an end, to be timed.
 *
 *     ll_timed_run t;
 *     LL_TRY(ll_timed_run_init(&t, &model, kernels, batch, threads, err));
 *     ll_train_run(&t.job, sink, ctx, &result, err);                   until the sink has seen enough
 *     ll_timed_run_clear(&t);
 */
#ifndef LL_TRAIN_TIMED_RUN_H
#define LL_TRAIN_TIMED_RUN_H

#include "train/train.h"

typedef struct ll_timed_run {
    ll_train_job job; /* its shards are the ones below: a trial does not move */
    ll_shard shard;
    uint16_t *tokens;
} ll_timed_run;

/* batch: sequences a step. LL_EINPUT when the model is unusable. */
ll_status ll_timed_run_init(ll_timed_run *t, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                            int threads, ll_error *err);
void ll_timed_run_clear(ll_timed_run *t);

#endif
