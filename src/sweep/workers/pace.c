#include "sweep/workers/pace.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/system/threads.h"
#include "loglog/random.h"
#include "sweep/workers/pack.h"

enum { LARGE = 4000000, LARGE_CONTEXT = 1024, ENOUGH_ROWS = 512, MOST_ROWS = 4096 };
#define TIMED_S 0.04      /* of one measurement */
#define TIMED_FLOPS 4e9   /* of one of its micro-batches, unless ENOUGH_ROWS are more */
#define FORWARD_SHARE 0.3 /* of a training step's time, for evaluation */
#define START_S 0.05      /* of a process */
#define MORE_SHARE 0.9    /* what each further thread of a rung is worth, with micro-batches of its own, */
#define TEAM_SHARE 0.5    /* and where all share each: from 0.35 at width 32 to 0.7 at 256 (bench/team) */

typedef struct trial {
    float *params, *grads, *loss;
    int32_t *tokens;
    void *work;
} trial;

static void free_trial(trial *t) {
    free(t->params);
    free(t->grads);
    free(t->loss);
    free(t->tokens);
    free(t->work);
}

/* The fastest of the micro-batches that fit the time: what the machine does when nothing disturbs it. */
static double time_shape(const ll_model *m, const ll_kernels *k, int64_t B) {
    size_t size = (size_t)ll_model_size(m), rows = (size_t)(B * m->context);
    trial t = { calloc(size, sizeof(float)), calloc(size, sizeof(float)), calloc(rows, sizeof(float)),
                calloc(rows, sizeof(int32_t)), aligned_alloc(64, (ll_model_work(m, B) + 63) / 64 * 64) };
    double best = NAN;
    if (t.params && t.grads && t.loss && t.tokens && t.work) {
        ll_rng r = ll_rng_at(1, LL_STREAM_SAMPLE, 0);
        for (size_t i = 0; i < size; i++) t.params[i] = 0.02f * (float)((int)(i * 7919 % 13) - 6); /* of its size */
        for (size_t i = 0; i < rows; i++) t.tokens[i] = (int32_t)ll_rng_below(&r, m->vocab);
        best = INFINITY;
        double start = ll_clock_now(), now = start;
        for (int i = 0; i < 2 || now - start < TIMED_S; i++) {
            double before = now;
            ll_model_grad(m, k, t.params, NULL, t.grads, t.tokens, t.tokens, B, 1e-6, t.loss, t.work);
            now = ll_clock_now();
            best = fmin(best, (now - before) / (double)rows);
        }
    }
    free_trial(&t);
    return best;
}

/* A model that stands for m: itself, or where that is large one of the same family, its time taken in proportion to
 * the work. To announce a rung must not cost what it costs. */
static ll_model stand_in(const ll_model *m) {
    ll_model s = *m;
    if (ll_count_of(m).params_total < LARGE && m->context <= LARGE_CONTEXT) return s;
    int64_t head = m->width / m->heads;
    s.layers = m->layers < 2 ? m->layers : 2;
    s.context = m->context < LARGE_CONTEXT ? m->context : LARGE_CONTEXT;
    s.vocab = m->vocab < 4096 ? m->vocab : 4096;
    s.heads = m->width <= 256 ? m->heads : (256 + head - 1) / head;
    s.width = s.heads * head;
    s.ffw = m->ffw * s.width / m->width;
    return s;
}

/* By the fields: what lies between them is anything. */
static bool same_model(const ll_model *a, const ll_model *b) {
    return a->family == b->family && a->layers == b->layers && a->width == b->width && a->heads == b->heads &&
           a->ffw == b->ffw && a->context == b->context && a->vocab == b->vocab;
}

/* By how many nats the work of a token differs; INFINITY where the one says nothing of the other. */
static double apart(const ll_model *a, const ll_model *b) {
    if (a->family != b->family || a->context != b->context || a->vocab != b->vocab) return INFINITY;
    return fabs(log(ll_count_of(a).flops_token / ll_count_of(b).flops_token));
}

/* The timed shape that stands for m, or -1: its own; of many shapes the nearest that is near. */
static int stands_for(const ll_pace *pace, const ll_model *m) {
    enum { FEW = 16 };
    double least = pace->n < LL_PACE_SHAPES ? 0.35 : INFINITY;
    int nearest = -1;
    for (int i = 0; i < pace->n; i++)
        if (same_model(&pace->shape[i].model, m)) return i;
    for (int i = 0; i < pace->n && pace->n >= FEW; i++) {
        const double d = apart(&pace->shape[i].model, m);
        if (d < least) least = d, nearest = i;
    }
    return nearest;
}

/* Sequences of the micro-batch that is timed: as many as a run has, as far as they are no more work than tells. */
static int64_t timed_sequences(const ll_model *m, int64_t B) {
    const double rows = fmax(TIMED_FLOPS / ll_count_of(m).flops_token, ENOUGH_ROWS);
    return (int64_t)fmax(1, fmin((double)B, fmin(rows, MOST_ROWS) / (double)m->context));
}

static double token_seconds(ll_pace *pace, const ll_model *m, int64_t B) {
    const int at = stands_for(pace, m);
    if (at >= 0 && same_model(&pace->shape[at].model, m)) return pace->shape[at].token_s;
    if (at >= 0)
        return pace->shape[at].token_s * ll_count_of(m).flops_token /
               ll_count_of(&pace->shape[at].model).flops_token;
    ll_model small = stand_in(m);
    double s = time_shape(&small, pace->kernels, timed_sequences(&small, B));
    s *= ll_count_of(m).flops_token / ll_count_of(&small).flops_token;
    if (pace->n < LL_PACE_SHAPES) {
        pace->shape[pace->n].model = *m;
        pace->shape[pace->n++].token_s = s;
    }
    return s;
}

double ll_pace_seconds(ll_pace *pace, const ll_rung *r, const ll_spec *spec) {
    double s = token_seconds(pace, &r->model, (r->batch + r->micro - 1) / r->micro);
    double trained = (double)(r->steps - r->start_step) * (double)(r->batch * r->model.context);
    double judged = (double)((ll_rung_points(r, spec) - 1) * spec->train.eval_windows + spec->train.final_windows) *
                    (double)r->model.context;
    return START_S + s * (trained + FORWARD_SHARE * judged);
}

/* Of them, what comes after the last step: the final evaluation. */
static double final_seconds(ll_pace *pace, const ll_rung *r, const ll_spec *spec) {
    const double s = token_seconds(pace, &r->model, (r->batch + r->micro - 1) / r->micro);
    return s * FORWARD_SHARE * (double)(spec->train.final_windows * r->model.context);
}

double ll_pace_speed(const ll_rung *rung, int threads) {
    return 1 + (threads <= rung->micro ? MORE_SHARE : TEAM_SHARE) * (threads - 1);
}

typedef struct stage {
    const ll_rung *rungs;
    ll_task_state *state;
    double *left, *whole; /* [n] seconds of one thread, and those from the start */
    double *final;        /* [n] of them, those after the last step */
    double *took;         /* [n] until a rung ends, minus its start; NULL: not wanted */
    double *path;
    double now;
    int64_t n, *running, *reached;
    int n_running, workers, cores;
} stage;

static double speed_of(const stage *s, int place) {
    const ll_rung *r = &s->rungs[s->running[place]];
    return ll_pace_speed(r, ll_pack_threads(r, s->cores, s->n_running, place));
}

/* Seconds of one thread that trunk i has left when it comes to a step. */
static double left_at(const stage *s, int64_t i, int64_t step) {
    const ll_rung *r = &s->rungs[i];
    const double share = (double)(r->steps - step) / (double)(r->steps - r->start_step);
    return s->final[i] + share * (s->whole[i] - s->final[i]);
}

/* How many such seconds until a branch can start beside trunk i, or it ends. */
static double until_news(const stage *s, int64_t i) {
    double least = s->left[i];
    if (s->rungs[i].role != LL_RUNG_TRUNK) return least;
    for (int64_t b = 0; b < s->n; b++) {
        if (s->rungs[b].trunk != i || s->rungs[b].start_step <= s->reached[i]) continue;
        least = fmin(least, fmax(0, s->left[i] - left_at(s, i, s->rungs[b].start_step)));
    }
    return least;
}

static double next_news(const stage *s) {
    double soonest = INFINITY;
    for (int p = 0; p < s->n_running; p++) soonest = fmin(soonest, until_news(s, s->running[p]) / speed_of(s, p));
    return soonest;
}

/* What trunk i has left for its branches by now. */
static void note_reached(stage *s, int64_t i, double close) {
    for (int64_t b = 0; s->rungs[i].role == LL_RUNG_TRUNK && b < s->n; b++)
        if (s->rungs[b].trunk == i && s->rungs[b].start_step > s->reached[i] &&
            s->left[i] <= left_at(s, i, s->rungs[b].start_step) + close)
            s->reached[i] = s->rungs[b].start_step;
}

static void advance(stage *s, double seconds) {
    for (int p = s->n_running - 1; p >= 0; p--) s->left[s->running[p]] -= seconds * speed_of(s, p);
    for (int p = s->n_running - 1; p >= 0; p--) { /* from the end: the last one fills the gap */
        const int64_t i = s->running[p];
        const double close = 1e-9 * s->whole[i];
        note_reached(s, i, close);
        if (s->left[i] > close) continue;
        s->state[i] = LL_TASK_DONE;
        if (s->took) s->took[i] += s->now + seconds;
        s->running[p] = s->running[--s->n_running];
    }
}

/* As the engine goes about it. */
static void run_stage(stage *s) {
    const ll_pack p = { s->rungs, s->n, s->state, s->reached, s->path };
    for (;;) {
        int64_t next;
        while (s->n_running < s->workers && (next = ll_pack_next(&p, NULL, 0)) >= 0) {
            s->state[next] = LL_TASK_RUNNING;
            if (s->took) s->took[next] = -s->now;
            s->running[s->n_running++] = next;
        }
        if (s->n_running == 0) return;
        const double seconds = next_news(s);
        advance(s, seconds);
        s->now += seconds;
    }
}

double ll_pace_makespan(ll_pace *pace, const ll_spec *spec, const ll_rung *rungs, int64_t n, int workers,
                        double *took) {
    stage s = { .rungs = rungs, .n = n, .workers = workers, .cores = ll_threads_available(), .took = took };
    s.left = ll_counted(calloc((size_t)n + 1, sizeof *s.left));
    s.state = ll_counted(calloc((size_t)n + 1, sizeof *s.state));
    s.running = ll_counted(calloc((size_t)workers, sizeof *s.running));
    s.whole = ll_counted(calloc((size_t)n + 1, sizeof *s.whole));
    s.final = ll_counted(calloc((size_t)n + 1, sizeof *s.final));
    s.reached = ll_counted(calloc((size_t)n + 1, sizeof *s.reached));
    s.path = ll_counted(calloc((size_t)n + 1, sizeof *s.path));
    const bool room = s.left && s.state && s.running && s.whole && s.final && s.reached && s.path;
    if (room) ll_pack_paths(rungs, n, s.path);
    for (int forecast = 0; room && forecast < 2; forecast++) {
        for (int64_t i = 0; i < n; i++) {
            s.left[i] = s.whole[i] = ll_pace_seconds(pace, &rungs[i], spec);
            s.final[i] = final_seconds(pace, &rungs[i], spec);
            bool here = (rungs[i].role == LL_RUNG_FORECAST) == forecast;
            s.state[i] = here ? LL_TASK_WAITING : forecast ? LL_TASK_DONE : LL_TASK_SKIPPED;
        }
        run_stage(&s);
    }
    free(s.left);
    free(s.state);
    free(s.running);
    free(s.whole);
    free(s.final);
    free(s.reached);
    free(s.path);
    return room ? s.now : NAN;
}

/* Three digits are enough, and read well. */
static double rounded(double v) {
    const double digits = pow(10, floor(log10(v)) - 2);
    return floor(v / digits + 0.5) * digits;
}

static void scale_list(ll_list *to, const ll_list *from, double factor) {
    for (int64_t i = 0; i < from->n; i++) to->v[i] = from->v[i] * factor;
}

static void scale(ll_spec *to, const ll_spec *from, double log_factor) {
    const double factor = rounded(exp(log_factor));
    scale_list(&to->design.tokens, &from->design.tokens, factor);
    scale_list(&to->data.unique_tokens, &from->data.unique_tokens, factor);
    if (strcmp(from->design.kind, "isoflop") == 0) scale_list(&to->design.flops, &from->design.flops, factor);
    else if (from->design.tokens.n == 0) to->design.tokens_per_param = from->design.tokens_per_param * factor;
}

static ll_status takes(ll_pace *pace, const ll_spec *spec, int64_t vocab, int workers, double *seconds,
                       ll_error *err) {
    ll_rung *rungs;
    int64_t n;
    LL_TRY(ll_design_rungs(spec, vocab, &rungs, &n, err));
    *seconds = ll_pace_makespan(pace, spec, rungs, n, workers, NULL);
    free(rungs);
    return isnan(*seconds) ? LL_FAIL(err, LL_ENOMEM, "out of memory") : LL_OK;
}

ll_status ll_pace_scale(ll_pace *pace, ll_spec *spec, int64_t vocab, int workers, double seconds, double *wall,
                        ll_error *err) {
    const ll_spec asked = *spec;
    double lo = log(1e-9), hi = log(1e18);
    ll_error too_long;
    scale(spec, &asked, lo);
    LL_TRY(takes(pace, spec, vocab, workers, wall, err));
    if (*wall > seconds)
        return LL_FAIL(err, LL_EINPUT, "%.0f s is too short for this ladder, expected more --minutes", seconds);
    for (int i = 0; i < 40; i++) {
        const double middle = 0.5 * (lo + hi);
        scale(spec, &asked, middle);
        const bool fits = takes(pace, spec, vocab, workers, wall, &too_long) == LL_OK && *wall <= seconds;
        if (fits) lo = middle;
        else hi = middle;
    }
    scale(spec, &asked, lo);
    return takes(pace, spec, vocab, workers, wall, err);
}
