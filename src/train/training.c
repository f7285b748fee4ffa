#include "train/training.h"

#include <math.h>

enum { MICRO_ROWS = 128, MICRO_SEQUENCES = 4, MAX_MICRO = 8 };

int64_t ll_train_micro(const ll_model *m, int64_t batch) {
    int64_t micro = ll_family_attends(m->family) ? batch * m->context / MICRO_ROWS : batch / MICRO_SEQUENCES;
    if (micro > MAX_MICRO) micro = MAX_MICRO;
    return micro < 1 ? 1 : micro > batch ? batch : micro;
}

/* ---- memory ---- */

static int64_t count_segments(const ll_model *m, ll_segment *out) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    int64_t count = 0;
    for (int i = 0; !out && i < n; i++) count += (ll_tensor_size(&t[i]) + LL_SEGMENT - 1) / LL_SEGMENT;
    for (int i = 0; out && i < n; i++)
        for (int64_t at = 0; at < ll_tensor_size(&t[i]); at += LL_SEGMENT, count++) {
            int64_t left = ll_tensor_size(&t[i]) - at;
            out[count] = (ll_segment) { .offset = t[i].offset + at,
                                        .n = left < LL_SEGMENT ? left : LL_SEGMENT,
                                        .lr_factor = ll_model_lr_factor(m, &t[i]),
                                        .decays = ll_model_decays(&t[i]) };
        }
    return count;
}

static int64_t max64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* A team shares out the rows of whole sequences: an lstm has those of one token only, and products that a BLAS rounds
 * by their rows cannot be shared at all. */
static bool can_share(const ll_train_job *j) {
    return ll_family_attends(j->model.family) && !j->kernels->whole;
}

static void lay_out(ll_arena *a, ll_training *t) {
    const ll_train_job *j = t->job;
    size_t size = (size_t)t->size, slots = (size_t)t->slots, micro = (size_t)j->micro;
    size_t rows = (size_t)(t->share * j->model.context), others = (size_t)(t->threads - 1);
    t->params = ll_arena_push(a, size, sizeof(float));
    t->m = ll_arena_push(a, size, sizeof(float));
    t->v = ll_arena_push(a, size, sizeof(float));
    t->parts = ll_arena_push(a, size * micro, sizeof(float));
    t->spare = ll_training_samples(j) ? ll_arena_push(a, size, sizeof(float)) : NULL;
    t->packed = ll_arena_push(a, (size_t)ll_model_packed(&j->model, j->kernels), sizeof(float));
    t->loss = ll_arena_push(a, rows * (micro > slots ? micro : slots), sizeof(float));
    t->weight = j->lesson ? ll_arena_push(a, rows * slots, sizeof(float)) : NULL;
    t->x = ll_arena_push(a, rows * slots, sizeof(int32_t));
    t->y = ll_arena_push(a, rows * slots, sizeof(int32_t));
    t->means = ll_arena_push(a, (size_t)max64(j->eval_windows, j->final_windows), sizeof(double));
    t->work = ll_arena_push(a, t->work_size, slots);
    t->team.room = can_share(j) ? ll_arena_push(a, (size_t)t->team.each * others, sizeof(float)) : NULL;
    t->segments = ll_arena_push(a, (size_t)t->n_segments, sizeof(ll_segment));
}

void ll_training_measure(ll_training *t, const ll_train_job *job, int slots) {
    const ll_model *m = &job->model;
    *t = (ll_training) { .job = job,
                         .last = job->steps,
                         .seen = { .best_loss = INFINITY },
                         .size = ll_model_size(m),
                         .n_segments = count_segments(m, NULL),
                         .share = (job->batch + job->micro - 1) / job->micro,
                         .slots = job->threads < slots ? job->threads : slots,
                         .kernels = job->kernels };
    t->threads = can_share(job) ? job->threads : t->slots;
    t->team = (ll_team) { .under = job->kernels,
                          .threads = 1,
                          .each = LL_ATTENTION_WORK(m->context, m->width / m->heads) };
    t->work_size = (ll_model_work(m, t->share) + 63) / 64 * 64;
    lay_out(&t->memory, t);
}

double ll_train_memory(const ll_train_job *job) {
    ll_training t;
    ll_training_measure(&t, job, (int)job->micro);
    return (double)t.memory.used;
}

ll_status ll_training_init(ll_training *t, const ll_train_job *job, int slots, ll_error *err) {
    ll_training_measure(t, job, slots);
    LL_TRY(ll_arena_alloc(&t->memory, err));
    lay_out(&t->memory, t);
    count_segments(&job->model, t->segments);
    ll_team_join(&t->team, &t->shared);
    return LL_OK;
}

void ll_training_clear(ll_training *t) {
    ll_team_leave();
    ll_arena_free(&t->memory);
}

/* ---- threads ---- */

int ll_training_threads(const ll_training *t) {
    const ll_train_job *j = t->job;
    const int n = j->active ? (int)*j->active : t->threads;
    return n < 1 ? 1 : n < t->threads ? n : t->threads;
}

void ll_training_each(ll_training *t, int64_t n, ll_task *task) {
    const int threads = ll_training_threads(t);
    const int64_t together = !can_share(t->job) ? 0 : threads > t->slots ? n : n % threads, whole = n - together;
    ll_threads_for(whole, threads, task, t);
    if (together && threads > 1) t->kernels = &t->shared;
    t->team.threads = threads;
    for (int64_t i = whole; i < n; i++) task(t, i, 0);
    t->kernels = t->job->kernels;
}

void ll_piece_range(int64_t batch, int64_t pieces, int64_t i, int64_t *first, int64_t *count) {
    int64_t each = batch / pieces, more = batch % pieces;
    *first = i * each + (i < more ? i : more);
    *count = each + (i < more);
}

/* ---- packed matrices ---- */

static void pack_task(void *ctx, int64_t i, int worker) {
    (void)worker;
    ll_training *t = ctx;
    ll_model_pack(&t->job->model, t->job->kernels, t->params, t->packed, i);
}

void ll_training_pack(ll_training *t) {
    ll_threads_for(ll_model_matrices(&t->job->model), ll_training_threads(t), pack_task, t);
}
