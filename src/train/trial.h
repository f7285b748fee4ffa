/* A trial: training as it is really done, on made-up tokens and without an end, to be timed.
 *
 *     ll_trial t;
 *     LL_TRY(ll_trial_init(&t, &model, kernels, batch, threads, err));
 *     ll_train_run(&t.job, sink, ctx, &result, err);                   until the sink has seen enough
 *     ll_trial_clear(&t);
 */
#ifndef LL_TRAIN_TRIAL_H
#define LL_TRAIN_TRIAL_H

#include "train/train.h"

typedef struct ll_trial {
    ll_train_job job; /* its shards are the ones below: a trial does not move */
    ll_shard shard;
    uint16_t *tokens;
} ll_trial;

/* batch: sequences a step. LL_EINPUT when the model is unusable. */
ll_status ll_trial_init(ll_trial *t, const ll_model *model, const ll_kernels *kernels, int64_t batch, int threads,
                        ll_error *err);
void ll_trial_clear(ll_trial *t);

#endif
