#include "train/train.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/system/arena.h"
#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/system/threads.h"
#include "data/epochs.h"
#include "train/checkpoint.h"

enum { MICRO_ROWS = 128, MICRO_SEQUENCES = 4, MAX_MICRO = 8 };
enum {
    SEGMENT = 16384, /* parameters that one thread reduces and updates at a time */
    NOISE_EVERY = 8, /* steps between two at which the norms of the micro-batches' gradients are taken, or, where */
    HALVES_EVERY = 64 /* there is one micro-batch, that of half the batch, which is a gradient more */
};
#define PROGRESS_S 0.2
#define LOSS_MEMORY 0.95 /* of the running training loss */

/* A stretch of parameters with one learning rate. */
typedef struct segment {
    int64_t offset, n;
    double lr_factor;
    bool decays;
    double square;        /* of the summed gradient */
    double pieces_square; /* sum of those of the mean gradients of the batch's pieces */
} segment;

typedef struct trainer {
    const ll_train_job *job;
    int64_t size, n_segments, share;      /* share: sequences of the largest micro-batch */
    float *params, *m, *v, *grad, *parts; /* parts [micro][size] */
    float *packed;                        /* the matrices as products take them, of every step anew */
    float *loss;                          /* [batch][T], or [windows] means while evaluating */
    float *weight;                        /* [threads][share][T] of a lesson */
    int32_t *x, *y;                       /* [threads][share][T] */
    double *means;                        /* [max windows] */
    char *work;                           /* [threads][work_size] */
    size_t work_size;
    segment *segments;
    int64_t step, last;        /* last: where it ends, the job's steps or sooner */
    const ll_shard *evaluated; /* while evaluating, and its windows */
    int64_t windows;
    int64_t mine; /* the first of the tasks that are this rank's */
    bool sampled; /* this step is one of the noise's */
    ll_train_seen seen;
    atomic_bool strange; /* a token outside the vocabulary was read */
    ll_adamw adamw;
    double train_loss, started, last_checkpoint, last_progress;
    int64_t first_step;
} trainer;

int64_t ll_train_micro(const ll_model *m, int64_t batch) {
    int64_t micro = ll_family_attends(m->family) ? batch * m->context / MICRO_ROWS : batch / MICRO_SEQUENCES;
    if (micro > MAX_MICRO) micro = MAX_MICRO;
    return micro < 1 ? 1 : micro > batch ? batch : micro;
}

/* ---- memory ---- */

static int64_t count_segments(const ll_model *m, segment *out) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    int64_t count = 0;
    for (int i = 0; !out && i < n; i++) count += (ll_tensor_size(&t[i]) + SEGMENT - 1) / SEGMENT;
    for (int i = 0; out && i < n; i++)
        for (int64_t at = 0; at < ll_tensor_size(&t[i]); at += SEGMENT, count++) {
            int64_t left = ll_tensor_size(&t[i]) - at;
            out[count] = (segment) { .offset = t[i].offset + at,
                                     .n = left < SEGMENT ? left : SEGMENT,
                                     .lr_factor = ll_model_lr_factor(m, &t[i]),
                                     .decays = ll_model_decays(&t[i]) };
        }
    return count;
}

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void lay_out(ll_arena *a, trainer *t) {
    const ll_train_job *j = t->job;
    size_t size = (size_t)t->size, micro = (size_t)j->micro, threads = (size_t)j->threads;
    size_t rows = (size_t)(t->share * j->model.context);
    t->params = ll_arena_push(a, size, sizeof(float));
    t->m = ll_arena_push(a, size, sizeof(float));
    t->v = ll_arena_push(a, size, sizeof(float));
    t->grad = ll_arena_push(a, size, sizeof(float));
    t->parts = ll_arena_push(a, size * micro, sizeof(float));
    t->packed = ll_arena_push(a, (size_t)ll_model_packed(&j->model, j->kernels), sizeof(float));
    t->loss = ll_arena_push(a, rows * (micro > threads ? micro : threads), sizeof(float));
    t->weight = j->lesson ? ll_arena_push(a, rows * threads, sizeof(float)) : NULL;
    t->x = ll_arena_push(a, rows * threads, sizeof(int32_t));
    t->y = ll_arena_push(a, rows * threads, sizeof(int32_t));
    t->means = ll_arena_push(a, (size_t)max64(j->eval_windows, j->final_windows), sizeof(double));
    t->work = ll_arena_push(a, t->work_size, threads);
    t->segments = ll_arena_push(a, (size_t)t->n_segments, sizeof(segment));
}

static void measure(trainer *t, const ll_train_job *job, ll_arena *a) {
    *t = (trainer) { .job = job,
                     .last = job->steps,
                     .seen = { .best_loss = INFINITY },
                     .size = ll_model_size(&job->model),
                     .n_segments = count_segments(&job->model, NULL),
                     .share = (job->batch + job->micro - 1) / job->micro };
    t->work_size = (ll_model_work(&job->model, t->share) + 63) / 64 * 64;
    *a = (ll_arena) { 0 };
    lay_out(a, t);
}

double ll_train_memory(const ll_train_job *job) {
    trainer t;
    ll_arena a;
    measure(&t, job, &a);
    return (double)a.used;
}

/* ---- one step ---- */

static int threads_now(const trainer *t) {
    const ll_train_job *j = t->job;
    int n = j->active ? (int)*j->active : j->threads;
    return n < 1 ? 1 : n < j->threads ? n : j->threads;
}

/* Of a batch in so many pieces, piece i is sequences [first, first + count): the first ones have one more where it
 * does not divide. */
static void piece_range(int64_t batch, int64_t pieces, int64_t i, int64_t *first, int64_t *count) {
    int64_t each = batch / pieces, more = batch % pieces;
    *first = i * each + (i < more ? i : more);
    *count = each + (i < more);
}

/* ---- ranks ---- */

static bool is_first(const trainer *t) {
    return !t->job->ranks || t->job->ranks->rank == 0;
}

/* How many of n tasks are this rank's, t->mine the first of them. */
static int64_t take_mine(trainer *t, int64_t n) {
    int64_t count = n;
    t->mine = 0;
    if (t->job->ranks) piece_range(n, t->job->ranks->n, t->job->ranks->rank, &t->mine, &count);
    return count;
}

/* What every rank has done of n tasks, of which task i leaves bytes [place(i), place(i + 1)). */
static void gather(const trainer *t, void *all, int64_t n, size_t (*place)(const trainer *t, int64_t i)) {
    const ll_ranks *r = t->job->ranks;
    size_t begin[LL_RANKS_MAX + 1];
    int64_t first, count;
    if (!r) return;
    for (int k = 0; k < r->n; k++) {
        piece_range(n, r->n, k, &first, &count);
        begin[k] = place(t, first);
    }
    begin[r->n] = place(t, n);
    ll_ranks_gather(r, all, begin);
}

static size_t gradient_place(const trainer *t, int64_t i) {
    return (size_t)(i * t->size) * sizeof *t->parts;
}

static size_t loss_place(const trainer *t, int64_t i) {
    const ll_train_job *j = t->job;
    int64_t first = j->batch, count;
    if (i < j->micro) piece_range(j->batch, j->micro, i, &first, &count);
    return (size_t)(first * j->model.context) * sizeof *t->loss;
}

static size_t means_place(const trainer *t, int64_t i) {
    const int64_t first = i * t->share;
    return (size_t)(first < t->windows ? first : t->windows) * sizeof *t->means;
}

/* As rank 0 has it. */
static void share(const trainer *t, void *bytes, size_t size) {
    if (t->job->ranks) ll_ranks_share(t->job->ranks, bytes, size);
}

/* A token that one rank has found strange stops all. */
static void gather_strange(trainer *t) {
    const ll_ranks *r = t->job->ranks;
    bool strange[LL_RANKS_MAX] = { false };
    size_t begin[LL_RANKS_MAX + 1];
    if (!r) return;
    for (int k = 0; k <= r->n; k++) begin[k] = (size_t)k * sizeof *strange;
    strange[r->rank] = atomic_load(&t->strange);
    ll_ranks_gather(r, strange, begin);
    for (int k = 0; k < r->n; k++)
        if (strange[k]) atomic_store(&t->strange, true);
}

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
static void take_lesson(trainer *t, int64_t first, int64_t count, float *to, int worker) {
    const ll_train_job *j = t->job;
    const int64_t T = j->model.context;
    weighing w = { j->lesson, (uint64_t)t->step * (uint64_t)j->batch + (uint64_t)first, count };
    int32_t *x = t->x + worker * t->share * T, *y = t->y + worker * t->share * T;
    for (int64_t i = 0; i < count; i++)
        if (!j->lesson->sequence(j->lesson->ctx, w.number + (uint64_t)i, x + i * T, y + i * T))
            atomic_store(&t->strange, true);
    const ll_model_weights weights = { weigh, &w, t->weight + worker * t->share * T };
    ll_model_grad_weighted(&j->model, j->kernels, t->params, t->packed, to, x, y, count, &weights,
                           t->loss + first * T, t->work + (size_t)worker * t->work_size);
}

/* Sequences [first, first + count) of the step: losses, and to = scale times the gradient of their sum. */
static void take_gradient(trainer *t, int64_t first, int64_t count, double scale, float *to, int worker) {
    const ll_train_job *j = t->job;
    const int64_t T = j->model.context;
    const uint64_t number = (uint64_t)t->step * (uint64_t)j->batch + (uint64_t)first;
    int32_t *x = t->x + worker * t->share * T, *y = t->y + worker * t->share * T;
    bool good = j->windows ? ll_epochs_at(j->train, T, j->windows, j->seed, number, count, x, y)
                           : ll_batch_at(j->train, T, j->seed, t->step, first, count, x, y);
    if (!good) atomic_store(&t->strange, true);
    ll_model_grad(&j->model, j->kernels, t->params, t->packed, to, x, y, count, scale, t->loss + first * T,
                  t->work + (size_t)worker * t->work_size);
}

static void micro_task(void *ctx, int64_t task, int worker) {
    ll_threads_flush_denormals();
    trainer *t = ctx;
    const ll_train_job *j = t->job;
    const int64_t i = t->mine + task;
    int64_t first, count;
    piece_range(j->batch, j->micro, i, &first, &count);
    if (j->lesson) take_lesson(t, first, count, t->parts + i * t->size, worker);
    else
        take_gradient(t, first, count, 1.0 / (double)(j->batch * j->model.context), t->parts + i * t->size, worker);
}

/* ---- the noise scale: the pieces of a batch against the whole ---- */

/* The micro-batches, or, where there is one, its halves. */
static int64_t pieces_of(const ll_train_job *j) {
    return j->micro > 1 ? j->micro : 2;
}

static bool is_sampled(const trainer *t) {
    const ll_train_job *j = t->job;
    return j->batch > 1 && !j->lesson && (t->step + 1) % (j->micro > 1 ? NOISE_EVERY : HALVES_EVERY) == 0;
}

/* The mean gradient of the first half, into grad, before the whole step's comes into its one part. */
static void take_half(trainer *t) {
    const ll_train_job *j = t->job;
    int64_t first, count;
    ll_threads_flush_denormals();
    piece_range(j->batch, 2, 0, &first, &count);
    take_gradient(t, first, count, 1.0 / (double)(count * j->model.context), t->grad, 0);
}

/* Squares of the two halves' mean gradients: the second is what the first leaves of the whole. */
static double halves_square(const trainer *t, const segment *s) {
    const double B = (double)t->job->batch, second = (double)(t->job->batch / 2), first = B - second;
    const float *half = t->grad + s->offset, *whole = t->parts + s->offset;
    double sum = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const double a = half[i], b = (B * (double)whole[i] - first * a) / second;
        sum += a * a + b * b;
    }
    return sum;
}

/* A micro-batch leaves its share of the step's mean; its own mean is batch / count times that. */
static double micros_square(const trainer *t, const segment *s) {
    const ll_train_job *j = t->job;
    double sum = 0;
    for (int64_t i = 0; i < j->micro; i++) {
        int64_t first, count;
        piece_range(j->batch, j->micro, i, &first, &count);
        const double up = (double)j->batch / (double)count;
        sum += up * up * j->kernels->reduce(t->grad + s->offset, t->parts + i * t->size + s->offset, 0, 1, s->n);
    }
    return sum;
}

/* Of the step's gradient before it is clipped. */
static void add_noise(trainer *t, double square) {
    const ll_train_job *j = t->job;
    const double n = (double)pieces_of(j), T = (double)j->model.context;
    double pieces = 0, inverse = 0;
    for (int64_t i = 0; i < t->n_segments; i++) pieces += t->segments[i].pieces_square / n;
    for (int64_t i = 0; i < pieces_of(j); i++) {
        int64_t first, count;
        piece_range(j->batch, pieces_of(j), i, &first, &count);
        inverse += 1 / (double)count / n;
    }
    ll_noise_add(&t->seen.noise, (double)j->batch * T, square, T / inverse, pieces);
}

/* ---- the parameters ---- */

static void pack_task(void *ctx, int64_t i, int worker) {
    (void)worker;
    trainer *t = ctx;
    ll_model_pack(&t->job->model, t->job->kernels, t->params, t->packed, i);
}

/* Threads for a pass over the parameters: a small one costs less than to wake them. */
static int pass_threads(const trainer *t) {
    return t->size > 4 * SEGMENT ? threads_now(t) : 1;
}

/* After every change of the parameters. */
static void pack(trainer *t) {
    ll_threads_for(ll_model_matrices(&t->job->model), pass_threads(t), pack_task, t);
}

static void reduce_task(void *ctx, int64_t i, int worker) {
    ll_threads_flush_denormals();
    (void)worker;
    trainer *t = ctx;
    segment *s = &t->segments[i];
    if (t->sampled) s->pieces_square = t->job->micro > 1 ? micros_square(t, s) : halves_square(t, s);
    s->square = t->job->kernels->reduce(t->grad + s->offset, t->parts + s->offset, t->size, t->job->micro, s->n);
}

static void update_task(void *ctx, int64_t i, int worker) {
    ll_threads_flush_denormals();
    (void)worker;
    trainer *t = ctx;
    const segment *s = &t->segments[i];
    ll_adamw o = t->adamw;
    o.decay = s->decays ? (float)(o.lr * t->job->decay) : 0;
    o.lr *= (float)s->lr_factor;
    t->job->kernels->adamw(t->params + s->offset, t->m + s->offset, t->v + s->offset, t->grad + s->offset, s->n,
                           &o);
}

static ll_status check_tokens(const trainer *t, const ll_shard *shard, ll_error *err) {
    if (!atomic_load(&t->strange)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "step %lld: a token outside the vocabulary of %lld in %s: the shard is damaged",
                   (long long)t->step, (long long)shard->info.vocab, shard->info.origin);
}

static ll_status take_step(trainer *t, ll_error *err) {
    const ll_train_job *j = t->job;
    const int several = pass_threads(t);
    t->sampled = is_sampled(t);
    if (t->sampled && j->micro == 1) take_half(t);
    ll_threads_for(take_mine(t, j->micro), threads_now(t), micro_task, t);
    gather_strange(t);
    LL_TRY(check_tokens(t, j->train, err));
    gather(t, t->parts, j->micro, gradient_place);
    gather(t, t->loss, j->micro, loss_place);
    ll_threads_for(t->n_segments, several, reduce_task, t);
    double square = 0, loss = 0;
    for (int64_t i = 0; i < t->n_segments; i++) square += t->segments[i].square;
    for (int64_t i = 0; i < j->batch * j->model.context; i++) loss += t->loss[i];
    loss /= (double)(j->batch * j->model.context);
    double norm = sqrt(square);
    if (!isfinite(loss) || !isfinite(norm))
        return LL_FAIL(err, LL_ENUM, "step %lld: loss %g, gradient norm %g: training diverged, lower train.lr",
                       (long long)t->step, loss, norm);
    if (t->sampled) add_noise(t, square);
    double after = (double)(t->step + 1);
    t->adamw = (ll_adamw) { .lr = (float)(j->lr * ll_schedule_at(&j->schedule, t->step)),
                            .beta1 = (float)j->beta1,
                            .beta2 = (float)j->beta2,
                            .eps = (float)j->eps,
                            .bias1 = (float)(1 - pow(j->beta1, after)),
                            .bias2 = (float)(1 - pow(j->beta2, after)),
                            .grad_scale = (float)(j->clip > 0 && norm > j->clip ? j->clip / norm : 1) };
    ll_threads_for(t->n_segments, several, update_task, t);
    pack(t);
    t->train_loss = t->step == 0 ? loss : LOSS_MEMORY * t->train_loss + (1 - LOSS_MEMORY) * loss;
    t->step++;
    return LL_OK;
}

/* ---- evaluation ---- */

static void window_task(void *ctx, int64_t task, int worker) {
    ll_threads_flush_denormals();
    trainer *t = ctx;
    const ll_train_job *j = t->job;
    int64_t T = j->model.context, first = (t->mine + task) * t->share, count = t->windows - first;
    if (count > t->share) count = t->share;
    int32_t *x = t->x + worker * t->share * T, *y = t->y + worker * t->share * T;
    float *loss = t->loss + worker * t->share * T;
    if (!ll_batch_eval(t->evaluated, T, t->windows, first, count, x, y)) atomic_store(&t->strange, true);
    ll_model_loss(&j->model, j->kernels, t->params, t->packed, x, y, count, loss,
                  t->work + (size_t)worker * t->work_size);
    for (int64_t w = 0; w < count; w++) {
        double sum = 0;
        for (int64_t r = 0; r < T; r++) sum += loss[w * T + r];
        t->means[first + w] = sum / (double)T;
    }
}

static ll_status evaluate(trainer *t, const ll_shard *shard, int64_t windows, double *loss, double *se,
                          ll_error *err) {
    t->evaluated = shard;
    t->windows = windows;
    const int64_t passes = (windows + t->share - 1) / t->share;
    ll_threads_for(take_mine(t, passes), threads_now(t), window_task, t);
    gather_strange(t);
    LL_TRY(check_tokens(t, shard, err));
    gather(t, t->means, passes, means_place);
    double sum = 0, square = 0;
    for (int64_t w = 0; w < windows; w++) sum += t->means[w];
    *loss = sum / (double)windows;
    for (int64_t w = 0; w < windows; w++) square += (t->means[w] - *loss) * (t->means[w] - *loss);
    *se = windows > 1 ? sqrt(square / (double)(windows - 1) / (double)windows) : NAN;
    return LL_OK;
}

/* Tokens index the embedding: those of a shard stay below its vocabulary (batch.h), and that must fit the model's.
 */
static ll_status check_shard(const ll_shard *shard, const ll_model *m, ll_error *err) {
    LL_TRY(ll_batch_check(shard, m->context, err));
    if (shard->info.vocab <= m->vocab) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: a vocabulary of %lld, expected at most the model's %lld",
                   shard->info.origin, (long long)shard->info.vocab, (long long)m->vocab);
}

ll_status ll_train_evaluate(const ll_model *model, const ll_kernels *kernels, const float *params,
                            const ll_shard *shard, int64_t n_windows, int threads, double *loss, double *se,
                            ll_error *err) {
    ll_train_job job = { .model = *model,
                         .kernels = kernels,
                         .train = shard,
                         .val = shard,
                         .batch = 8,
                         .micro = 1,
                         .threads = threads,
                         .final_windows = n_windows };
    trainer t;
    ll_arena a;
    measure(&t, &job, &a);
    LL_TRY(check_shard(shard, model, err));
    LL_TRY(ll_arena_alloc(&a, err));
    lay_out(&a, &t);
    memcpy(t.params, params, (size_t)t.size * sizeof *params);
    pack(&t);
    ll_status s = evaluate(&t, shard, n_windows, loss, se, err);
    ll_arena_free(&a);
    return s;
}

/* Point p of n lies at steps^((p+1)/n): log-spaced, the last at the end. */
static bool is_point(const ll_train_job *j, int64_t step) {
    if (step == j->steps) return true;
    for (int64_t p = 0; p < j->eval_points - 1; p++)
        if (step == (int64_t)llround(pow((double)j->steps, (double)(p + 1) / (double)j->eval_points))) return true;
    return false;
}

/* Whether the step is the first at or beyond some ask_from * ask_growth^k. */
static bool is_due(const ll_train_job *j, int64_t step) {
    if (!(j->ask_growth > 1)) return false;
    double unit = log(j->ask_growth), k = floor(log((double)step / j->ask_from) / unit + 1e-9);
    return step == 1 || k > floor(log((double)(step - 1) / j->ask_from) / unit + 1e-9);
}

/* ---- the loop ---- */

static ll_train_event event_now(const trainer *t, ll_train_kind kind) {
    const ll_train_job *j = t->job;
    double tokens_step = (double)(j->batch * j->model.context), spent = ll_clock_now() - t->started;
    double rate = spent > 0 ? (double)(t->step - t->first_step) / spent : 0;
    return (ll_train_event) { .kind = kind,
                              .step = t->step,
                              .steps = j->steps,
                              .tokens = (double)t->step * tokens_step,
                              .train_loss = t->train_loss,
                              .loss = NAN,
                              .se = NAN,
                              .tokens_per_s = rate * tokens_step,
                              .left_s = rate > 0 ? (double)(j->steps - t->step) / rate : INFINITY };
}

static ll_status save(const trainer *t, const char *path, bool state, ll_error *err) {
    if (!is_first(t)) return LL_OK;
    ll_checkpoint c = { .model = &t->job->model,
                        .params = t->params,
                        .m = state ? t->m : NULL,
                        .v = state ? t->v : NULL,
                        .step = t->step,
                        .train_loss = t->train_loss,
                        .seen = t->seen };
    snprintf(c.identity, sizeof c.identity, "%s", t->job->identity);
    return ll_checkpoint_write(&c, path, err);
}

static ll_status save_branch(const trainer *t, ll_error *err) {
    const ll_train_job *j = t->job;
    for (int b = 0; b < j->n_branches; b++) {
        char path[LL_PATH_MAX];
        if (j->branch_step[b] != t->step) continue;
        snprintf(path, sizeof path, "%.900s-%lld.safetensors", j->branch_prefix, (long long)t->step);
        return save(t, path, true, err);
    }
    return LL_OK;
}

static ll_status resume(trainer *t, const char *path, const char *identity, ll_error *err) {
    const ll_train_job *j = t->job;
    ll_checkpoint c = { .model = &j->model, .params = t->params, .m = t->m, .v = t->v, .seen = t->seen };
    snprintf(c.identity, sizeof c.identity, "%s", identity);
    LL_TRY(ll_checkpoint_read(&c, path, err));
    if (c.step > j->steps)
        return LL_FAIL(err, LL_ESTATE, "%s: at step %lld of %lld", path, (long long)c.step, (long long)j->steps);
    t->step = c.step;
    t->train_loss = c.train_loss;
    if (*identity) t->seen = c.seen; /* a trunk's is its own */
    return LL_OK;
}

static ll_status tell_broken(const trainer *t, const ll_error *why, ll_train_sink *sink, void *ctx, ll_error *err) {
    const char *path = t->job->checkpoint;
    char aside[LL_PATH_MAX], note[LL_ERROR_MAX];
    LL_TRY(ll_file_set_aside(aside, path, err));
    snprintf(note, sizeof note, "%.600s: set aside as %.200s.broken, starts over", why->msg, ll_file_name(path));
    sink(ctx, &(ll_train_event) { .kind = LL_TRAIN_NOTE, .steps = t->job->steps, .note = note });
    return LL_OK;
}

/* Its own checkpoint first, when that is sound; else the trunk's; else weights that are given; else the seed. */
static ll_status begin_alone(trainer *t, ll_train_sink *sink, void *ctx, ll_train_result *result, ll_error *err) {
    const ll_train_job *j = t->job;
    result->resumed_at = 0;
    if (j->checkpoint && access(j->checkpoint, F_OK) == 0) {
        ll_error why = { 0 };
        ll_status s = resume(t, j->checkpoint, j->identity, &why);
        if (s == LL_OK) return result->resumed_at = t->step, LL_OK;
        if (s != LL_EFORMAT && s != LL_ESTATE) return *err = why, s;
        LL_TRY(tell_broken(t, &why, sink, ctx, err));
    }
    if (j->start) return resume(t, j->start, "", err);
    if (j->params) memcpy(t->params, j->params, (size_t)t->size * sizeof *t->params);
    else ll_model_init(&j->model, t->params, j->seed);
    return LL_OK;
}

/* Rank 0 reads, and all have what it read. */
static ll_status begin(trainer *t, ll_train_sink *sink, void *ctx, ll_train_result *result, ll_error *err) {
    const size_t block = (size_t)t->size * sizeof *t->params;
    ll_status s = is_first(t) ? begin_alone(t, sink, ctx, result, err) : LL_OK;
    share(t, &s, sizeof s);
    if (s != LL_OK) return is_first(t) ? s : LL_FAIL(err, s, "rank 0 cannot begin");
    share(t, t->params, block);
    share(t, t->m, block);
    share(t, t->v, block);
    share(t, &t->step, sizeof t->step);
    share(t, &t->train_loss, sizeof t->train_loss);
    share(t, &t->seen, sizeof t->seen);
    share(t, &result->resumed_at, sizeof result->resumed_at);
    return LL_OK;
}

static ll_train_reading reading_of(const char *probe, const char *metric, double value, double se, int64_t n) {
    ll_train_reading r = { .value = value, .se = se, .n = n };
    snprintf(r.probe, sizeof r.probe, "%s", probe);
    snprintf(r.metric, sizeof r.metric, "%s", metric);
    return r;
}

static ll_status read_also(trainer *t, int64_t windows, ll_train_reading *to, int *n, ll_error *err) {
    for (int i = 0; i < t->job->n_also; i++) {
        const ll_train_also *also = &t->job->also[i];
        double loss, se;
        LL_TRY(evaluate(t, also->shard, windows, &loss, &se, err));
        to[(*n)++] = reading_of("also", also->name, loss, se, windows);
    }
    return LL_OK;
}

/* Of fewer than two steps nobody knows how good it is. */
static void read_noise(trainer *t, ll_train_reading *to, int *n) {
    const ll_noise_estimate e = ll_noise_now(&t->seen.noise);
    if (e.n < 2) return;
    if (isfinite(e.scale)) to[(*n)++] = reading_of("noise", "scale", e.scale, e.scale_se, e.n);
    to[(*n)++] = reading_of("noise", "g2", e.g2, e.g2_se, e.n);
    to[(*n)++] = reading_of("noise", "s", e.s, e.s_se, e.n);
    t->seen.noise = (ll_noise) { 0 };
}

static void note_best(trainer *t, double loss) {
    ll_train_seen *p = &t->seen;
    p->stale++;
    if (loss >= p->best_loss) return;
    p->best_loss = loss;
    p->best_step = (double)t->step;
    p->stale = 0;
}

static bool is_tired(const trainer *t) {
    return t->job->patience > 0 && t->seen.stale >= (double)t->job->patience;
}

static ll_status emit_point(trainer *t, ll_train_kind kind, bool due, ll_train_sink *sink, void *ctx,
                            ll_train_result *result, bool *stop, ll_error *err) {
    const ll_train_job *j = t->job;
    const int64_t windows = t->step == t->last ? j->final_windows : j->eval_windows;
    ll_train_reading readings[LL_TRAIN_READINGS];
    ll_train_event e = event_now(t, kind);
    e.due = due;
    e.readings = readings;
    LL_TRY(evaluate(t, j->val, windows, &e.loss, &e.se, err));
    if (!isfinite(e.loss))
        return LL_FAIL(err, LL_ENUM, "step %lld: validation loss %g: training diverged, lower train.lr",
                       (long long)t->step, e.loss);
    if (kind == LL_TRAIN_POINT) {
        note_best(t, e.loss);
        LL_TRY(read_also(t, windows, readings, &e.n_readings, err));
        read_noise(t, readings, &e.n_readings);
    }
    result->loss = e.loss;
    result->se = e.se;
    *stop = is_first(t) && sink(ctx, &e) != LL_CONTINUE;
    return LL_OK;
}

/* Tells the sink now and then; leaves a checkpoint when one is due or the sink wants to stop. */
static ll_status between_steps(trainer *t, ll_train_sink *sink, void *ctx, bool stop, ll_error *err) {
    const ll_train_job *j = t->job;
    double now = ll_clock_now();
    if (is_first(t) && now - t->last_progress > PROGRESS_S) {
        ll_train_event e = event_now(t, LL_TRAIN_PROGRESS);
        stop |= sink(ctx, &e) != LL_CONTINUE;
        t->last_progress = now;
    }
    share(t, &stop, sizeof stop);
    if (j->checkpoint && (stop || now - t->last_checkpoint > j->checkpoint_s)) {
        LL_TRY(save(t, j->checkpoint, true, err));
        t->last_checkpoint = ll_clock_now();
    }
    if (stop)
        return LL_FAIL(err, LL_ESTOP, "stopped at step %lld of %lld", (long long)t->step, (long long)j->steps);
    return LL_OK;
}

static ll_status loop(trainer *t, ll_train_sink *sink, void *ctx, ll_train_result *result, ll_error *err) {
    const ll_train_job *j = t->job;
    bool stop = false;
    LL_TRY(begin(t, sink, ctx, result, err));
    pack(t);
    t->started = t->last_checkpoint = ll_clock_now();
    t->first_step = t->step;
    if (is_tired(t)) t->last = t->step;
    if (t->step == t->last)
        LL_TRY(emit_point(t, LL_TRAIN_POINT, false, sink, ctx, result, &stop, err)); /* killed after it */
    else if (t->step > 0 && j->ask_growth > 0) {
        LL_TRY(emit_point(t, LL_TRAIN_ASK, true, sink, ctx, result, &stop, err));
        LL_TRY(between_steps(t, sink, ctx, stop, err));
    }
    while (t->step < t->last) {
        LL_TRY(take_step(t, err));
        LL_TRY(save_branch(t, err));
        bool point = is_point(j, t->step), due = t->step < j->steps && is_due(j, t->step);
        if (point || due)
            LL_TRY(emit_point(t, point ? LL_TRAIN_POINT : LL_TRAIN_ASK, due, sink, ctx, result, &stop, err));
        if (point && t->step < t->last && is_tired(t)) {
            t->last = t->step; /* the same point as the end, which takes more windows */
            LL_TRY(emit_point(t, LL_TRAIN_POINT, false, sink, ctx, result, &stop, err));
        }
        if (t->step < t->last) LL_TRY(between_steps(t, sink, ctx, stop, err));
    }
    ll_train_event e = event_now(t, LL_TRAIN_PROGRESS);
    result->train_loss = t->train_loss;
    result->best_loss = t->seen.best_loss;
    result->best_step = (int64_t)t->seen.best_step;
    result->steps = t->step;
    result->wall_s = ll_clock_now() - t->started;
    result->tokens_per_s = e.tokens_per_s;
    return j->weights ? save(t, j->weights, false, err) : LL_OK;
}

ll_status ll_train_run(const ll_train_job *job, ll_train_sink *sink, void *ctx, ll_train_result *result,
                       ll_error *err) {
    trainer t;
    ll_arena a;
    LL_TRY(ll_model_check(&job->model, err));
    LL_TRY(check_shard(job->train, &job->model, err));
    LL_TRY(check_shard(job->val, &job->model, err));
    for (int i = 0; i < job->n_also; i++) LL_TRY(check_shard(job->also[i].shard, &job->model, err));
    measure(&t, job, &a);
    LL_TRY(ll_arena_alloc(&a, err));
    lay_out(&a, &t);
    count_segments(&job->model, t.segments);
    ll_status s = loop(&t, sink, ctx, result, err);
    ll_arena_free(&a);
    return s;
}
