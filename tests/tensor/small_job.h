/* A training job of seconds, on shards and kernels of the test's own. */
#ifndef LL_TESTS_TENSOR_SMALL_JOB_H
#define LL_TESTS_TENSOR_SMALL_JOB_H

#include "train/train.h"

static inline ll_train_job small_job(ll_family family, const ll_kernels *k, const ll_shard *train,
                                     const ll_shard *val, ll_schedule schedule) {
    return (ll_train_job) { .model = { family, 2, 16, 2, 48, 16, 8, 16, 8 },
                            .kernels = k,
                            .train = train,
                            .val = val,
                            .steps = schedule.steps,
                            .batch = 7, /* shared by 3: micro-batches of unequal size */
                            .micro = 3,
                            .schedule = schedule,
                            .lr = 0.02,
                            .beta1 = 0.9,
                            .beta2 = 0.99,
                            .eps = 1e-8,
                            .decay = 0.1,
                            .clip = 1,
                            .seed = 3,
                            .threads = 1,
                            .eval_points = 6,
                            .eval_windows = 16,
                            .final_windows = 200,
                            .checkpoint_s = 1e9,
                            .identity = "one" };
}

#endif
