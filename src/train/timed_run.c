#include "train/timed_run.h"

#include <stdlib.h>

#include "loglog/random.h"

enum { TOKENS = 1 << 20, FOREVER = 1 << 30 };

ll_status ll_timed_run_init(ll_timed_run *t, const ll_model *model, const ll_kernels *kernels, int64_t batch,
                            int threads, ll_error *err) {
    *t = (ll_timed_run) { 0 };
    LL_TRY(ll_model_check(model, err));
    t->tokens = malloc(TOKENS * sizeof *t->tokens);
    if (!t->tokens) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_rng rng = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
    for (int i = 0; i < TOKENS; i++) t->tokens[i] = (uint16_t)ll_rng_below(&rng, model->vocab);
    t->shard = (ll_shard) { .tokens = t->tokens, .n = TOKENS, .info = { .vocab = model->vocab } };
    t->job = (ll_train_job) { .model = *model,
                              .kernels = kernels,
                              .train = &t->shard,
                              .val = &t->shard,
                              .steps = FOREVER,
                              .batch = batch,
                              .micro = ll_train_micro(model, batch),
                              .threads = threads,
                              .lr = 1e-3,
                              .beta1 = 0.9,
                              .beta2 = 0.99,
                              .eps = 1e-8,
                              .decay = 0.1,
                              .clip = 1,
                              .seed = 1,
                              .eval_points = 1,
                              .eval_windows = 2,
                              .final_windows = 2,
                              .schedule = { .kind = LL_SCHEDULE_CONSTANT, .steps = FOREVER } };
    return LL_OK;
}

void ll_timed_run_clear(ll_timed_run *t) {
    free(t->tokens);
    *t = (ll_timed_run) { 0 };
}
