#include "probe/windows.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "data/batch.h"
#include "data/epochs.h"

enum { SHARE = 8 }; /* windows a pass */

ll_status ll_windows_choose(ll_windows *out, const ll_shard *shard, int64_t T, int64_t most, ll_error *err) {
    const int64_t room = shard->n / (T + 1);
    *out = (ll_windows) { .shard = shard, .n = most < room ? most : room, .T = T };
    LL_TRY(ll_batch_check(shard, T, err));
    if (out->n < 1) out->n = 1;
    if (!(out->start = malloc((size_t)out->n * sizeof *out->start)))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld windows", (long long)out->n);
    for (int64_t i = 0; i < out->n; i++) out->start[i] = ll_batch_window(shard, T, out->n, i);
    return LL_OK;
}

ll_status ll_windows_seen(ll_windows *out, const ll_probe_subject *s, int64_t most, ll_error *err) {
    const int64_t T = s->model->context, seen = s->train_windows;
    LL_TRY(ll_windows_choose(out, s->train, T, seen && seen < most ? seen : most, err));
    for (int64_t i = 0; seen && i < out->n; i++)
        out->start[i] = ll_epochs_start(s->train, T, s->train_seed, i * seen / out->n);
    return LL_OK;
}

void ll_windows_clear(ll_windows *w) {
    free(w->start);
    *w = (ll_windows) { 0 };
}

typedef struct reading {
    const ll_probe_subject *s;
    const ll_windows *w;
    size_t work_size;
    float *loss;         /* [windows,T] */
    char *work;          /* [threads] of work_size */
    int32_t *x, *y;      /* [threads][SHARE,T] */
    atomic_bool strange; /* a token outside the vocabulary was met */
} reading;

static void read_windows(void *ctx, int64_t i, int worker) {
    reading *r = ctx;
    const ll_windows *w = r->w;
    const int64_t T = w->T, first = i * SHARE;
    const int64_t count = w->n - first < SHARE ? w->n - first : SHARE;
    int32_t *x = r->x + (int64_t)worker * SHARE * T, *y = r->y + (int64_t)worker * SHARE * T;
    const uint64_t before = ll_threads_flush_denormals();
    for (int64_t k = 0; k < count; k++)
        if (!ll_batch_sequence(w->shard, w->start[first + k], T, x + k * T, y + k * T))
            atomic_store(&r->strange, true);
    ll_model_loss(r->s->model, r->s->kernels, r->s->params, NULL, x, y, count, r->loss + first * T,
                  r->work + (size_t)worker * r->work_size);
    ll_threads_restore_denormals(before);
}

ll_status ll_windows_loss(const ll_probe_subject *s, const ll_windows *w, float *loss, ll_error *err) {
    const int threads = s->opts->threads > 0 ? s->opts->threads : ll_threads_available();
    reading r = { .s = s, .w = w, .loss = loss };
    r.work_size = (ll_model_work(s->model, SHARE) + 63) / 64 * 64;
    r.work = aligned_alloc(64, r.work_size * (size_t)threads);
    r.x = malloc((size_t)(threads * SHARE * w->T) * sizeof *r.x);
    r.y = malloc((size_t)(threads * SHARE * w->T) * sizeof *r.y);
    const bool made = r.work && r.x && r.y;
    if (made) ll_threads_for((w->n + SHARE - 1) / SHARE, threads, read_windows, &r);
    free(r.work);
    free(r.x);
    free(r.y);
    if (!made) return LL_FAIL(err, LL_ENOMEM, "out of memory for a probe");
    if (!atomic_load(&r.strange)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: a token lies outside the vocabulary", w->shard->info.origin);
}
