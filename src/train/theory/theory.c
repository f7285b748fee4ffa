#include "train/theory/theory.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/system/threads.h"
#include "base/words/number.h"
#include "train/theory/lesson.h"

enum { RUNS_MOST = 100000, TRIAL_STEPS = 6 };

typedef struct study {
    const ll_theory *t;
    const ll_theory_kind *kind;
    const ll_theory_watch *watch;
    ll_theory_row *run, *point; /* [runs], [runs][t->points] */
    int64_t *order, *points;    /* [runs] which is next, how many points each has */
    int64_t runs, done;
    pthread_mutex_t lock; /* of done, of the first error, of progress */
    ll_error *err;
    atomic_int status;
} study;

/* ---- one run ---- */

static ll_status compute(const study *s, int64_t i, ll_error *err) {
    int64_t step[LL_THEORY_POINTS] = { 0 };
    ll_theory_row *point = s->point + i * s->t->points;
    s->points[i] = s->t->steps ? ll_lesson_points(s->t, step) : 1;
    for (int64_t k = 0; k < s->points[i]; k++) {
        ll_theory_row *at = &point[k];
        *at = s->run[i];
        at->step = step[k];
        at->tokens = at->samples ? (double)at->samples : NAN;
        at->params = at->width ? (double)at->width : NAN;
        at->loss = at->error = at->best = s->kind->computed(s->t, at);
        at->flops = at->learned = NAN;
        if (isnan(at->loss)) return LL_FAIL(err, LL_ENOMEM, "out of memory");
        LL_TRY(ll_lesson_finite(at, err));
    }
    return LL_OK;
}

static void one(void *ctx, int64_t index, int worker) {
    study *s = ctx;
    const int64_t i = s->order[index];
    ll_error err = { 0 };
    (void)worker;
    if (atomic_load(&s->status) != LL_OK) return;
    const ll_status status = s->kind->lesson ? ll_lesson_learn(s->t, &s->run[i], s->watch,
                                                               s->point + i * s->t->points, &s->points[i], &err)
                                             : compute(s, i, &err);
    pthread_mutex_lock(&s->lock);
    if (status != LL_OK && atomic_load(&s->status) == LL_OK) {
        *s->err = err;
        atomic_store(&s->status, status);
    }
    s->done++;
    if (s->watch->progress) s->watch->progress(s->watch->ctx, s->done, s->runs);
    pthread_mutex_unlock(&s->lock);
}

/* ---- all of them ---- */

/* How many widths come before number w: the wider ones, and of its own those that are listed before it. */
static int64_t rank_of(const ll_list *widths, int64_t w) {
    int64_t rank = 0;
    for (int64_t i = 0; i < widths->n; i++)
        rank += widths->v[i] > widths->v[w] || (widths->v[i] == widths->v[w] && i < w);
    return rank;
}

/* The widest are taken first: what takes long does not begin at the end. */
static void set_up(study *s) {
    const ll_theory *t = s->t;
    int64_t i = 0;
    for (int64_t w = 0; w < t->widths.n; w++) {
        int64_t *order = s->order + rank_of(&t->widths, w) * t->samples.n * t->seeds;
        for (int64_t d = 0; d < t->samples.n; d++)
            for (int64_t k = 0; k < t->seeds; k++, i++) {
                s->run[i] = (ll_theory_row) { .width = (int64_t)t->widths.v[w],
                                              .seed = t->seed + k,
                                              .samples = (int64_t)t->samples.v[d] };
                *order++ = i;
            }
    }
}

static ll_status gather(const study *s, ll_theory_result *out, ll_error *err) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->runs; i++) n += s->points[i];
    *out = (ll_theory_result) { .run = malloc((size_t)s->runs * sizeof *out->run),
                                .point = malloc((size_t)n * sizeof *out->point),
                                .runs = s->runs };
    if (!out->run || !out->point) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < s->runs; i++)
        for (int64_t k = 0; k < s->points[i]; k++)
            out->run[i] = out->point[out->points++] = s->point[i * s->t->points + k];
    return LL_OK;
}

static ll_status run(study *s, ll_theory_result *out, ll_error *err) {
    if (!s->run || !s->point || !s->order || !s->points) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    set_up(s);
    ll_threads_for(s->runs, s->watch->threads ? s->watch->threads : ll_threads_available(), one, s);
    LL_TRY((ll_status)atomic_load(&s->status));
    return gather(s, out, err);
}

ll_status ll_theory_run(ll_theory_result *out, const ll_theory *t, const ll_theory_watch *watch, ll_error *err) {
    const int64_t runs = t->widths.n * t->samples.n * t->seeds;
    *out = (ll_theory_result) { 0 };
    if (runs > RUNS_MOST)
        return LL_FAIL(err, LL_EINPUT, "%lld runs, expected at most %d", (long long)runs, RUNS_MOST);
    ll_error first = { 0 };
    study s = { .t = t,
                .kind = ll_theory_find(t->kind),
                .watch = watch,
                .run = calloc((size_t)runs, sizeof *s.run),
                .point = calloc((size_t)(runs * t->points), sizeof *s.point),
                .order = calloc((size_t)runs, sizeof *s.order),
                .points = calloc((size_t)runs, sizeof *s.points),
                .runs = runs,
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .err = &first };
    ll_status status = run(&s, out, &first);
    if (status != LL_OK) {
        ll_theory_result_clear(out);
        status = LL_FAIL(err, status, "%s", first.msg);
    }
    free(s.run);
    free(s.point);
    free(s.order);
    free(s.points);
    return status;
}

void ll_theory_result_clear(ll_theory_result *r) {
    free(r->run);
    free(r->point);
    *r = (ll_theory_result) { 0 };
}

/* ---- time ---- */

/* A few steps of each width on one thread, beyond the first that warm the caches. */
static ll_status step_seconds(const ll_theory *t, double width, double *seconds, ll_error *err) {
    ll_theory trial = *t;
    const ll_theory_watch nobody = { 0 };
    const ll_theory_row of = { .width = (int64_t)width, .seed = t->seed };
    ll_theory_row point[LL_THEORY_POINTS];
    double took[2];
    int64_t n;
    trial.points = 1;
    for (int i = 0; i < 2; i++) {
        trial.steps = i ? 4 * TRIAL_STEPS : TRIAL_STEPS;
        const double start = ll_clock_now();
        LL_TRY(ll_lesson_learn(&trial, &of, &nobody, point, &n, err));
        took[i] = ll_clock_now() - start;
    }
    *seconds = fmax(1e-7, (took[1] - took[0]) / (3 * TRIAL_STEPS));
    return LL_OK;
}

/* Of all runs, on so many threads. */
static ll_status all_seconds(const ll_theory *t, int threads, double *seconds, ll_error *err) {
    double all = 0;
    for (int64_t w = 0; ll_theory_find(t->kind)->lesson && w < t->widths.n; w++) {
        double step;
        LL_TRY(step_seconds(t, t->widths.v[w], &step, err));
        all += step * (double)t->steps * (double)(t->samples.n * t->seeds);
    }
    *seconds = all / (threads ? threads : ll_threads_available());
    return LL_OK;
}

ll_status ll_theory_fit_to_time(ll_theory *t, int threads, double seconds, double *predicted, ll_error *err) {
    LL_TRY(all_seconds(t, threads, predicted, err));
    if (!(*predicted > 0)) return LL_OK;
    const double before = (double)t->steps;
    t->steps = (int64_t)fmax(10, before * seconds / *predicted);
    *predicted *= (double)t->steps / before;
    return LL_OK;
}

/* ---- tables ---- */

static void print_num(FILE *out, double v) {
    char buf[LL_NUMBER_TEXT];
    fprintf(out, ",%s", isfinite(v) ? ll_number_show(v, buf) : "");
}

static void print_rows(FILE *out, const ll_theory *t, const ll_theory_row *row, int64_t n) {
    fprintf(out, "run,seed,width,params,tokens,flops,step,loss,error,learned,best\n");
    for (int64_t i = 0; i < n; i++) {
        const ll_theory_row *r = &row[i];
        fprintf(out, "%s-w%lld-d%lld-s%lld,%lld,%lld", t->kind, (long long)r->width, (long long)r->samples,
                (long long)r->seed, (long long)r->seed, (long long)r->width);
        const double numbers[] = { r->params, r->tokens, r->flops,   (double)r->step,
                                   r->loss,   r->error,  r->learned, r->best };
        for (int k = 0; k < 8; k++) print_num(out, numbers[k]);
        fputc('\n', out);
    }
}

ll_status ll_theory_write(const char *path, const ll_theory *t, const ll_theory_row *row, int64_t n,
                          ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    print_rows(f.out, t, row, n);
    return ll_file_commit(&f, err);
}
