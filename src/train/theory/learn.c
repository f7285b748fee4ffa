/* One run: a network, what it is taught, Adam, and its points on the way. */
#include <math.h>
#include <string.h>

#include "base/system/arena.h"
#include "base/system/threads.h"
#include "tensor/choice/kernel_tables.h"
#include "train/schedule.h"
#include "train/theory/lesson.h"

#define BETA1 ((ll_real)0.9)
#define BETA2 ((ll_real)0.999)
#define EPS ((ll_real)1e-8)
#define DECADES 1000.0 /* the first point is at this part of the steps */

typedef struct learner {
    const ll_theory *t;
    const ll_theory_kind *kind;
    const ll_theory_row *run;
    const ll_kernels *k;
    ll_lesson lesson;
    ll_mlp net;
    int64_t n;
    ll_schedule schedule;
    bool sgd;
    ll_real *p, *g, *m, *v, *x, *y, *loss, *work; /* [n] four times, then rows of a batch */
    int32_t *label;
    double *share; /* [batch] weights of rows of the test */
    ll_arena arena;
} learner;

static void lay_out(learner *l) {
    const size_t R = (size_t)l->t->batch;
    ll_real **const of_all[] = { &l->p, &l->g, &l->m, &l->v };
    for (int i = 0; i < 4; i++) *of_all[i] = ll_arena_push(&l->arena, (size_t)l->n, sizeof(ll_real));
    l->x = ll_arena_push(&l->arena, R * (size_t)l->net.inputs, sizeof *l->x);
    l->y = ll_arena_push(&l->arena, R * (size_t)l->net.outputs, sizeof *l->y);
    l->label = ll_arena_push(&l->arena, R, sizeof *l->label);
    l->loss = ll_arena_push(&l->arena, R, sizeof *l->loss);
    l->share = ll_arena_push(&l->arena, R, sizeof *l->share);
    l->work = ll_arena_push(&l->arena, (size_t)ll_mlp_work(&l->net, l->t->batch), sizeof *l->work);
}

static ll_status open(learner *l, ll_error *err) {
    const ll_theory *t = l->t;
    LL_TRY(ll_kernels_named("auto", "fp32", &l->k, err));
    LL_TRY(ll_lesson_open(&l->lesson, t, l->run->seed, err));
    l->net = (ll_mlp) { l->lesson.inputs, l->run->width, t->depth, l->lesson.outputs, l->lesson.loss };
    l->n = ll_mlp_count(&l->net);
    l->sgd = strcmp(t->optimizer, "sgd") == 0;
    l->schedule = (ll_schedule) { .steps = t->steps, .warmup = t->steps / 50 };
    LL_TRY(ll_schedule_named(t->schedule, &l->schedule.kind, err));
    lay_out(l);
    LL_TRY(ll_arena_alloc(&l->arena, err));
    lay_out(l);
    ll_mlp_init(&l->net, l->p, (uint64_t)l->run->seed);
    return LL_OK;
}

/* Fresh samples are numbered on; of a fixed set any may come at any time. */
static void draw_batch(learner *l, int64_t step) {
    const int64_t D = l->run->samples;
    ll_rng r = ll_rng_at((uint64_t)l->run->seed, LL_STREAM_BATCH, (uint64_t)step);
    for (int64_t i = 0; i < l->t->batch; i++) {
        const int64_t number = D ? ll_rng_below(&r, D) : step * l->t->batch + i;
        l->kind->lesson->sample(&l->lesson, (uint64_t)number, l->x + i * l->net.inputs, l->y + i * l->net.outputs,
                                l->label + i);
    }
}

static void take_step(learner *l, int64_t step) {
    const ll_mlp_rows rows = { l->t->batch, l->x, l->y, l->label };
    const ll_adamw adam = { .lr = (ll_real)(l->t->lr * ll_schedule_at(&l->schedule, step)),
                            .beta1 = BETA1,
                            .beta2 = BETA2,
                            .eps = EPS,
                            .bias1 = (ll_real)(1 - pow(BETA1, (double)step + 1)),
                            .bias2 = (ll_real)(1 - pow(BETA2, (double)step + 1)),
                            .grad_scale = 1 };
    draw_batch(l, step);
    ll_mlp_grad(l->k, &l->net, l->p, &rows, l->loss, l->g, l->work);
    if (l->sgd)
        for (int64_t i = 0; i < l->n; i++) l->p[i] -= adam.lr * l->g[i];
    else l->k->adamw(l->p, l->m, l->v, l->g, l->n, &adam);
}

/* ---- the test ---- */

typedef struct tally {
    double loss, wrong, mass, learned, group; /* mass: of the rows so far; group: loss of the rows of this task */
} tally;

static bool is_wrong(const ll_real *out, int64_t n, int32_t label) {
    for (int64_t j = 0; j < n; j++)
        if (out[j] > out[label]) return true;
    return false;
}

static void count_row(const learner *l, const ll_real *out, int64_t row, int64_t r, double guess, tally *to) {
    const ll_lesson *lesson = &l->lesson;
    to->loss += l->share[r] * l->loss[r];
    to->mass += l->share[r];
    if (!lesson->group) return;
    to->wrong += l->share[r] * is_wrong(out + r * l->net.outputs, l->net.outputs, l->label[r]);
    to->group += l->loss[r] / (double)lesson->group;
    if ((row + 1) % lesson->group) return;
    to->learned += to->group < guess / 2;
    to->group = 0;
}

static void judge(learner *l, int64_t step, double best, ll_theory_row *at) {
    const ll_lesson *lesson = &l->lesson;
    const double guess = l->kind->guess(l->t), chance = 1 - 1.0 / (double)l->net.outputs;
    const double fresh = (double)step * (double)l->t->batch;
    tally all = { 0 };
    for (int64_t row = 0; row < lesson->tests;) {
        int64_t R = 0;
        for (; R < l->t->batch && row + R < lesson->tests; R++)
            l->share[R] = l->kind->lesson->test(lesson, row + R, l->x + R * l->net.inputs,
                                                l->y + R * l->net.outputs, l->label + R);
        const ll_mlp_rows rows = { R, l->x, l->y, l->label };
        const ll_real *out = ll_mlp_fwd(l->k, &l->net, l->p, &rows, l->loss, l->work);
        for (int64_t r = 0; r < R; r++, row++) count_row(l, out, row, r, guess, &all);
    }
    *at = *l->run;
    at->step = step;
    at->params = (double)l->n;
    at->tokens = at->samples ? fmin((double)at->samples, fresh) : fresh;
    at->flops = 6 * at->params * fresh;
    at->loss = all.loss + fmax(0, 1 - all.mass) * guess;
    at->error = lesson->group ? all.wrong / chance + fmax(0, 1 - all.mass) : at->loss;
    at->learned = lesson->group ? all.learned : NAN;
    at->best = fmin(best, at->loss);
}

/* ---- the run ---- */

int64_t ll_lesson_points(const ll_theory *t, int64_t *step) {
    const double last = (double)t->steps, first = fmax(1, last / DECADES);
    int64_t n = 0;
    for (int64_t i = 0; i < t->points; i++) {
        const double share = t->points > 1 ? (double)i / (double)(t->points - 1) : 1;
        const int64_t at = (int64_t)llround(first * pow(last / first, share));
        if (n == 0 || at > step[n - 1]) step[n++] = at;
    }
    return n;
}

static ll_status run(learner *l, const ll_theory_watch *watch, ll_theory_row *point, int64_t *n, ll_error *err) {
    int64_t at[LL_THEORY_POINTS];
    const int64_t points = ll_lesson_points(l->t, at);
    double best = INFINITY;
    LL_TRY(open(l, err));
    *n = 0;
    for (int64_t step = 0; *n < points; step++) {
        if (step == at[*n]) {
            judge(l, step, best, &point[*n]);
            LL_TRY(ll_lesson_finite(&point[*n], err));
            best = point[(*n)++].best;
            if (*n == points) break;
        }
        if (watch->stop && watch->stop(watch->ctx)) return LL_FAIL(err, LL_ESTOP, "stopped");
        take_step(l, step);
    }
    return LL_OK;
}

ll_status ll_lesson_learn(const ll_theory *t, const ll_theory_row *of, const ll_theory_watch *watch,
                          ll_theory_row *point, int64_t *n, ll_error *err) {
    learner l = { .t = t, .kind = ll_theory_find(t->kind), .run = of };
    const uint64_t before = ll_threads_flush_denormals();
    const ll_status s = run(&l, watch, point, n, err);
    ll_threads_restore_denormals(before);
    ll_lesson_close(&l.lesson);
    ll_arena_free(&l.arena);
    return s;
}
