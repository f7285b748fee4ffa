#include <math.h>
#include <string.h>

#include "base/system/clock.h"
#include "data/epochs.h"
#include "train/training.h"

#define LOSS_MEMORY 0.95 /* of the running training loss */

/* ---- gradients ---- */

typedef struct weighing {
    const ll_train_lesson *lesson;
    uint64_t number;
    int64_t count;
} weighing;

static void weigh(void *ctx, float *loss, float *weight) {
    const weighing *w = ctx;
    w->lesson->weigh(w->lesson->ctx, w->number, w->count, loss, weight);
}

/* Sequences [first, first + count) of the step of a lesson: what of the objective they are, and to = its gradient. */
static void take_lesson(ll_training *t, int64_t first, int64_t count, float *to, int slot) {
    const ll_train_job *j = t->job;
    const int64_t T = j->model.context;
    weighing w = { j->lesson, (uint64_t)t->step * (uint64_t)j->batch + (uint64_t)first, count };
    int32_t *x = t->x + slot * t->share * T, *y = t->y + slot * t->share * T;
    for (int64_t i = 0; i < count; i++)
        if (!j->lesson->sequence(j->lesson->ctx, w.number + (uint64_t)i, x + i * T, y + i * T))
            atomic_store(&t->strange, true);
    const ll_model_weights weights = { weigh, &w, t->weight + slot * t->share * T };
    ll_model_grad_weighted(&j->model, t->kernels, t->params, t->packed, to, x, y, count, &weights,
                           t->loss + first * T, t->work + (size_t)slot * t->work_size);
}

void ll_training_gradient(ll_training *t, int64_t first, int64_t count, double scale, float *to, int slot) {
    const ll_train_job *j = t->job;
    const int64_t T = j->model.context;
    const uint64_t number = (uint64_t)t->step * (uint64_t)j->batch + (uint64_t)first;
    int32_t *x = t->x + slot * t->share * T, *y = t->y + slot * t->share * T;
    bool good = j->windows ? ll_epochs_at(j->train, T, j->windows, j->seed, number, count, x, y)
                           : ll_batch_at(j->train, T, j->seed, t->step, first, count, x, y);
    if (!good) atomic_store(&t->strange, true);
    ll_model_grad(&j->model, t->kernels, t->params, t->packed, to, x, y, count, scale, t->loss + first * T,
                  t->work + (size_t)slot * t->work_size);
}

static void micro_task(void *ctx, int64_t task, int slot) {
    ll_threads_flush_denormals();
    ll_training *t = ctx;
    const ll_train_job *j = t->job;
    const int64_t i = t->mine + task;
    float *to = t->parts + i * t->size;
    int64_t first, count;
    ll_piece_range(j->batch, j->micro, i, &first, &count);
    if (j->lesson) take_lesson(t, first, count, to, slot);
    else ll_training_gradient(t, first, count, 1.0 / (double)(j->batch * j->model.context), to, slot);
}

ll_status ll_training_check_tokens(const ll_training *t, const ll_shard *shard, ll_error *err) {
    if (!atomic_load(&t->strange)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "step %lld: a token outside the vocabulary of %lld in %s: the shard is damaged",
                   (long long)t->step, (long long)shard->info.vocab, shard->info.origin);
}

/* ---- the parameters ---- */

static void reduce_task(void *ctx, int64_t task, int worker) {
    ll_threads_flush_denormals();
    (void)worker;
    ll_training *t = ctx;
    const ll_train_job *j = t->job;
    ll_segment *s = &t->segments[t->mine + task];
    if (t->sampled) s->pieces_square = ll_training_pieces_square(t, s);
    s->square = j->kernels->reduce(t->parts + s->offset, t->parts + s->offset, t->size, j->micro, s->n);
}

static void update_task(void *ctx, int64_t task, int worker) {
    ll_threads_flush_denormals();
    (void)worker;
    ll_training *t = ctx;
    const ll_segment *s = &t->segments[t->mine + task];
    ll_adamw o = t->adamw;
    o.decay = s->decays ? (float)(o.lr * t->job->decay) : 0;
    o.lr *= (float)s->lr_factor;
    t->job->kernels->adamw(t->params + s->offset, t->m + s->offset, t->v + s->offset, t->parts + s->offset, s->n,
                           &o);
}

/* Over this rank's segments. */
static void each_segment(ll_training *t, ll_task *task) {
    int64_t to;
    ll_training_my_segments(t, &t->mine, &to);
    ll_threads_for(to - t->mine, ll_training_threads(t), task, t);
}

static ll_adamw optimiser(const ll_training *t, double norm) {
    const ll_train_job *j = t->job;
    const double after = (double)(t->step + 1);
    return (ll_adamw) { .lr = (float)(j->lr * ll_schedule_at(&j->schedule, t->step)),
                        .beta1 = (float)j->beta1,
                        .beta2 = (float)j->beta2,
                        .eps = (float)j->eps,
                        .bias1 = (float)(1 - pow(j->beta1, after)),
                        .bias2 = (float)(1 - pow(j->beta2, after)),
                        .grad_scale = (float)(j->clip > 0 && norm > j->clip ? j->clip / norm : 1) };
}

static double mean_loss(const ll_training *t) {
    const int64_t n = t->job->batch * t->job->model.context;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += t->loss[i];
    return sum / (double)n;
}

ll_status ll_training_step(ll_training *t, ll_error *err) {
    const ll_train_job *j = t->job;
    double square = 0;
    t->sampled = ll_training_is_sampled(t);
    if (t->sampled) ll_training_before_noise(t);
    ll_training_each(t, ll_training_take_mine(t, j->micro), micro_task);
    ll_training_gather_strange(t);
    LL_TRY(ll_training_check_tokens(t, j->train, err));
    ll_training_gather_losses(t);
    ll_training_scatter_gradients(t);
    each_segment(t, reduce_task);
    ll_training_gather_squares(t);
    for (int64_t i = 0; i < t->n_segments; i++) square += t->segments[i].square;
    const double loss = mean_loss(t), norm = sqrt(square);
    if (!isfinite(loss) || !isfinite(norm))
        return LL_FAIL(err, LL_ENUM, "step %lld: loss %g, gradient norm %g: training diverged, lower train.lr",
                       (long long)t->step, fabs(loss), fabs(norm)); /* no sign of a nan */
    if (t->sampled) ll_training_add_noise(t, square);
    t->adamw = optimiser(t, norm);
    each_segment(t, update_task);
    ll_training_gather_block(t, t->params);
    const double before = ll_clock_now();
    ll_training_pack(t);
    t->parts_clock.packing += ll_clock_now() - before;
    t->train_loss = t->step == 0 ? loss : LOSS_MEMORY * t->train_loss + (1 - LOSS_MEMORY) * loss;
    t->step++;
    return LL_OK;
}
