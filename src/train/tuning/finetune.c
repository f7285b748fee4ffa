#include <string.h>

#include "data/batch.h"
#include "loglog/random.h"
#include "train/tuning/tuning.h"

/* The last places of a batch are plain text. */
static bool is_plain(const ll_finetune *f, uint64_t number) {
    return (int64_t)(number % (uint64_t)f->batch) >= f->batch - f->plain;
}

static const ll_tuning_text *text_at(const ll_finetune *f, uint64_t number) {
    ll_rng r = ll_rng_at(f->seed, LL_STREAM_TUNING, number);
    return &f->text[ll_rng_below(&r, f->n)];
}

static bool sequence(const void *ctx, uint64_t number, int32_t *x, int32_t *y) {
    const ll_finetune *f = ctx;
    const uint64_t B = (uint64_t)f->batch;
    if (is_plain(f, number))
        return ll_batch_at(f->shard, f->T, f->seed, (int64_t)(number / B), (int64_t)(number % B), 1, x, y);
    ll_tuning_row(text_at(f, number), f->T, x, y);
    return true;
}

static void weigh(const void *ctx, uint64_t number, int64_t count, ll_real *loss, ll_real *weight) {
    const ll_finetune *f = ctx;
    const double B = (double)f->batch, T = (double)f->T;
    for (int64_t i = 0; i < count; i++) {
        int64_t first = 0, end = f->T;
        if (!is_plain(f, number + (uint64_t)i))
            ll_tuning_answer(text_at(f, number + (uint64_t)i), f->T, &first, &end);
        for (int64_t t = 0; t < f->T; t++) {
            const double w = t >= first && t < end ? 1 / (B * (double)(end - first)) : 0;
            weight[i * f->T + t] = (ll_real)w;
            loss[i * f->T + t] *= (ll_real)(w * B * T);
        }
    }
}

ll_train_lesson ll_finetune_lesson(const ll_finetune *f) {
    return (ll_train_lesson) { .sequence = sequence, .weigh = weigh, .ctx = f };
}
