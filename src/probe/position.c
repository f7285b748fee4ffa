/* Loss by position in the context: what a token more of context is worth (Kaplan et al. 2020, figures 7 and 20). The
 * metric is how many tokens the model has seen; beyond 2, positions of one octave (3 to 4, 5 to 8, ...) are one, called
 * by the last of them; the last octave ends with the context. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/system/threads.h"
#include "data/batch.h"
#include "probe/probes.h"

enum { SHARE = 8 }; /* windows a pass */

typedef struct reading {
    const ll_probe_subject *s;
    int64_t windows;
    size_t work_size;
    float *loss;         /* [windows,T] */
    char *work;          /* [threads] of work_size */
    int32_t *x, *y;      /* [threads][SHARE,T] */
    atomic_bool strange; /* a token outside the vocabulary was met */
} reading;

static void read_windows(void *ctx, int64_t i, int worker) {
    reading *r = ctx;
    const ll_model *m = r->s->model;
    const int64_t T = m->context, first = i * SHARE;
    const int64_t count = r->windows - first < SHARE ? r->windows - first : SHARE;
    int32_t *x = r->x + (int64_t)worker * SHARE * T, *y = r->y + (int64_t)worker * SHARE * T;
    const uint64_t before = ll_threads_flush_denormals();
    if (!ll_batch_eval(r->s->val, T, r->windows, first, count, x, y)) atomic_store(&r->strange, true);
    ll_model_loss(m, r->s->kernels, r->s->params, NULL, x, y, count, r->loss + first * T,
                  r->work + (size_t)worker * r->work_size);
    ll_threads_restore_denormals(before);
}

/* Mean over the positions from..to (counted from 1) of every window, and its standard error over the windows. */
static void measure(ll_measured *out, const reading *r, int64_t from, int64_t to) {
    const int64_t T = r->s->model->context, W = r->windows;
    double sum = 0, square = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t w = 0; w < W; w++) {
            double mean = 0;
            for (int64_t p = from; p <= to; p++) mean += r->loss[w * T + p - 1] / (double)(to - from + 1);
            if (pass == 0) sum += mean / (double)W;
            else square += (mean - sum) * (mean - sum);
        }
    snprintf(out->metric, sizeof out->metric, "%lld", (long long)to);
    out->value = sum;
    out->se = W > 1 ? sqrt(square / (double)(W - 1) / (double)W) : NAN;
    out->chance = NAN;
    out->n = W * (to - from + 1);
}

static ll_status read_all(reading *r, int threads, ll_error *err) {
    const int64_t T = r->s->model->context;
    r->work_size = (ll_model_work(r->s->model, SHARE) + 63) / 64 * 64;
    r->loss = malloc((size_t)(r->windows * T) * sizeof *r->loss);
    r->work = aligned_alloc(64, r->work_size * (size_t)threads);
    r->x = malloc((size_t)(threads * SHARE * T) * sizeof *r->x);
    r->y = malloc((size_t)(threads * SHARE * T) * sizeof *r->y);
    if (!r->loss || !r->work || !r->x || !r->y) return LL_FAIL(err, LL_ENOMEM, "out of memory for a probe");
    ll_threads_for((r->windows + SHARE - 1) / SHARE, threads, read_windows, r);
    if (atomic_load(&r->strange))
        return LL_FAIL(err, LL_EFORMAT, "%s: a token lies outside the vocabulary", r->s->val->info.origin);
    return LL_OK;
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const int64_t T = s->model->context, room = s->val->n / (T + 1); /* more would overlap, and tell nothing new */
    reading r = { .s = s, .windows = s->opts->windows < room ? s->opts->windows : room };
    out->n = 0;
    LL_TRY(ll_batch_check(s->val, T, err));
    if (r.windows < 1) r.windows = 1;
    const ll_status status = read_all(&r, s->opts->threads > 0 ? s->opts->threads : ll_threads_available(), err);
    for (int64_t from = 1, to = 1; status == LL_OK && from <= T; from = to + 1, to = to < T / 2 ? 2 * to : T)
        measure(&out->of[out->n++], &r, from, to);
    free(r.loss);
    free(r.work);
    free(r.x);
    free(r.y);
    return status;
}

const ll_probe_kind ll_probe_position = {
    .name = "position",
    .question = "how the loss falls with the tokens of context that the model has seen",
    .metric = "position",
    .unit = "nats per token",
    .source = "Kaplan et al. 2020",
    .details =
        "Windows of the validation text. A metric is the mean loss after so many tokens of context, with the "
        "standard error over the windows; 4 stands for positions 3 and 4, 8 for 5 to 8, and so on.",
    .reads = LL_PROBE_WINDOWS,
    .needs_model = true,
    .run = run,
};
