#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "train/training.h"

#define PROGRESS_S 0.2

/* ---- evaluation ---- */

static void window_task(void *ctx, int64_t task, int slot) {
    ll_threads_flush_denormals();
    ll_training *t = ctx;
    const ll_train_job *j = t->job;
    int64_t T = j->model.context, first = (t->mine + task) * t->share, count = t->windows - first;
    if (count > t->share) count = t->share;
    int32_t *x = t->x + slot * t->share * T, *y = t->y + slot * t->share * T;
    float *loss = t->loss + slot * t->share * T;
    if (!ll_batch_eval(t->evaluated, T, t->windows, first, count, x, y)) atomic_store(&t->strange, true);
    ll_model_loss(&j->model, t->kernels, t->params, t->packed, x, y, count, loss,
                  t->work + (size_t)slot * t->work_size);
    for (int64_t w = 0; w < count; w++) {
        double sum = 0;
        for (int64_t r = 0; r < T; r++) sum += loss[w * T + r];
        t->means[first + w] = sum / (double)T;
    }
}

static ll_status evaluate(ll_training *t, const ll_shard *shard, int64_t windows, double *loss, double *se,
                          ll_error *err) {
    t->evaluated = shard;
    t->windows = windows;
    const int64_t passes = (windows + t->share - 1) / t->share;
    ll_training_each(t, ll_training_take_mine(t, passes), window_task);
    ll_training_gather_strange(t);
    LL_TRY(ll_training_check_tokens(t, shard, err));
    ll_training_gather_means(t, passes);
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
    ll_training t;
    LL_TRY(check_shard(shard, model, err));
    LL_TRY(ll_training_init(&t, &job, threads, err));
    memcpy(t.params, params, (size_t)t.size * sizeof *params);
    ll_training_pack(&t);
    ll_status s = evaluate(&t, shard, n_windows, loss, se, err);
    ll_training_clear(&t);
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

static ll_train_event event_now(const ll_training *t, ll_train_kind kind) {
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

/* Of several ranks each has its own segments of m and v: all come here together. */
static ll_status write_state(ll_training *t, const char *path, bool state, ll_error *err) {
    if (state) ll_training_gather_block(t, t->m), ll_training_gather_block(t, t->v);
    if (!ll_training_is_first(t)) return LL_OK;
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

static ll_status save(ll_training *t, const char *path, bool state, ll_error *err) {
    ll_parts_lap(&t->parts_clock, LL_PART_STEPS);
    LL_TRY(write_state(t, path, state, err));
    ll_parts_lap(&t->parts_clock, LL_PART_SAVING);
    return LL_OK;
}

/* What the sink is told is its own part; what came before are steps, or what else has a lap. */
static bool tell(ll_training *t, const ll_train_event *e, ll_train_sink *sink, void *ctx) {
    const bool stop = sink(ctx, e) != LL_CONTINUE;
    ll_parts_lap(&t->parts_clock, LL_PART_TELLING);
    return stop;
}

static bool tell_progress(ll_training *t, ll_train_sink *sink, void *ctx) {
    const ll_train_event e = event_now(t, LL_TRAIN_PROGRESS);
    if (!ll_training_is_first(t)) return false;
    ll_parts_lap(&t->parts_clock, LL_PART_STEPS);
    t->last_progress = ll_clock_now();
    return tell(t, &e, sink, ctx);
}

/* Whoever waits for it is told at once, before an evaluation of the same step: a branch may be the longest of what
 * is left. */
static ll_status save_branch(ll_training *t, ll_train_sink *sink, void *ctx, bool *stop, ll_error *err) {
    const ll_train_job *j = t->job;
    for (int b = 0; b < j->n_branches; b++) {
        char path[LL_PATH_MAX];
        if (j->branch_step[b] != t->step) continue;
        snprintf(path, sizeof path, "%.900s-%lld.safetensors", j->branch_prefix, (long long)t->step);
        LL_TRY(save(t, path, true, err));
        *stop |= tell_progress(t, sink, ctx);
        return LL_OK;
    }
    return LL_OK;
}

static ll_status resume(ll_training *t, const char *path, const char *identity, ll_error *err) {
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

static ll_status tell_broken(const ll_training *t, const ll_error *why, ll_train_sink *sink, void *ctx,
                             ll_error *err) {
    const char *path = t->job->checkpoint;
    char aside[LL_PATH_MAX], note[LL_ERROR_MAX];
    LL_TRY(ll_file_set_aside(aside, path, err));
    snprintf(note, sizeof note, "%.600s: set aside as %.200s.broken, starts over", why->msg, ll_file_name(path));
    sink(ctx, &(ll_train_event) { .kind = LL_TRAIN_NOTE, .steps = t->job->steps, .note = note });
    return LL_OK;
}

/* Its own checkpoint first, when that is sound; else the trunk's; else weights that are given; else the seed. */
static ll_status begin_alone(ll_training *t, ll_train_sink *sink, void *ctx, ll_train_result *result,
                             ll_error *err) {
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
static ll_status begin(ll_training *t, ll_train_sink *sink, void *ctx, ll_train_result *result, ll_error *err) {
    const size_t block = (size_t)t->size * sizeof *t->params;
    ll_status s = ll_training_is_first(t) ? begin_alone(t, sink, ctx, result, err) : LL_OK;
    ll_training_share(t, &s, sizeof s);
    if (s != LL_OK) return ll_training_is_first(t) ? s : LL_FAIL(err, s, "rank 0 cannot begin");
    ll_training_share(t, t->params, block);
    ll_training_share(t, t->m, block);
    ll_training_share(t, t->v, block);
    ll_training_share(t, &t->step, sizeof t->step);
    ll_training_share(t, &t->train_loss, sizeof t->train_loss);
    ll_training_share(t, &t->seen, sizeof t->seen);
    ll_training_share(t, &result->resumed_at, sizeof result->resumed_at);
    return LL_OK;
}

static ll_train_reading reading_of(const char *probe, const char *metric, double value, double se, int64_t n) {
    ll_train_reading r = { .value = value, .se = se, .n = n };
    snprintf(r.probe, sizeof r.probe, "%s", probe);
    snprintf(r.metric, sizeof r.metric, "%s", metric);
    return r;
}

static ll_status read_also(ll_training *t, int64_t windows, ll_train_reading *to, int *n, ll_error *err) {
    for (int i = 0; i < t->job->n_also; i++) {
        const ll_train_also *also = &t->job->also[i];
        double loss, se;
        LL_TRY(evaluate(t, also->shard, windows, &loss, &se, err));
        to[(*n)++] = reading_of("also", also->name, loss, se, windows);
    }
    return LL_OK;
}

/* Of fewer than two steps nobody knows how good it is. */
static void read_noise(ll_training *t, ll_train_reading *to, int *n) {
    const ll_noise_estimate e = ll_noise_now(&t->seen.noise);
    if (e.n < 2) return;
    if (isfinite(e.scale)) to[(*n)++] = reading_of("noise", "scale", e.scale, e.scale_se, e.n);
    to[(*n)++] = reading_of("noise", "g2", e.g2, e.g2_se, e.n);
    to[(*n)++] = reading_of("noise", "s", e.s, e.s_se, e.n);
    t->seen.noise = (ll_noise) { 0 };
}

static void note_best(ll_training *t, double loss) {
    ll_train_seen *p = &t->seen;
    p->stale++;
    if (loss >= p->best_loss) return;
    p->best_loss = loss;
    p->best_step = (double)t->step;
    p->stale = 0;
}

static bool is_tired(const ll_training *t) {
    return t->job->patience > 0 && t->seen.stale >= (double)t->job->patience;
}

static ll_status emit_point(ll_training *t, ll_train_kind kind, bool due, ll_train_sink *sink, void *ctx,
                            ll_train_result *result, bool *stop, ll_error *err) {
    const ll_train_job *j = t->job;
    const int64_t windows = t->step == t->last ? j->final_windows : j->eval_windows;
    ll_train_reading readings[LL_TRAIN_READINGS];
    ll_train_event e = event_now(t, kind);
    e.due = due;
    e.readings = readings;
    ll_parts_lap(&t->parts_clock, LL_PART_STEPS);
    LL_TRY(evaluate(t, j->val, windows, &e.loss, &e.se, err));
    if (!isfinite(e.loss))
        return LL_FAIL(err, LL_ENUM, "step %lld: validation loss %g: training diverged, lower train.lr",
                       (long long)t->step, fabs(e.loss));
    if (kind == LL_TRAIN_POINT) {
        note_best(t, e.loss);
        LL_TRY(read_also(t, windows, readings, &e.n_readings, err));
        read_noise(t, readings, &e.n_readings);
    }
    result->loss = e.loss;
    result->se = e.se;
    ll_parts_lap(&t->parts_clock, LL_PART_EVALUATION);
    *stop |= ll_training_is_first(t) && tell(t, &e, sink, ctx);
    return LL_OK;
}

/* Tells the sink now and then; leaves a checkpoint when one is due or the sink wants to stop. */
static ll_status between_steps(ll_training *t, ll_train_sink *sink, void *ctx, bool stop, ll_error *err) {
    const ll_train_job *j = t->job;
    const double now = ll_clock_now();
    if (now - t->last_progress > PROGRESS_S) stop |= tell_progress(t, sink, ctx);
    bool due = now - t->last_checkpoint > j->checkpoint_s;
    ll_training_share(t, &stop, sizeof stop);
    ll_training_share(t, &due, sizeof due);
    if (j->checkpoint && (stop || due)) {
        LL_TRY(save(t, j->checkpoint, true, err));
        t->last_checkpoint = ll_clock_now();
    }
    if (stop)
        return LL_FAIL(err, LL_ESTOP, "stopped at step %lld of %lld", (long long)t->step, (long long)j->steps);
    return LL_OK;
}

static ll_status loop(ll_training *t, ll_train_sink *sink, void *ctx, ll_train_result *result, ll_error *err) {
    const ll_train_job *j = t->job;
    bool stop = false;
    LL_TRY(begin(t, sink, ctx, result, err));
    ll_training_pack(t);
    ll_parts_lap(&t->parts_clock, LL_PART_START);
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
        LL_TRY(ll_training_step(t, err));
        LL_TRY(save_branch(t, sink, ctx, &stop, err));
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
    ll_training t;
    LL_TRY(ll_model_check(&job->model, err));
    LL_TRY(check_shard(job->train, &job->model, err));
    LL_TRY(check_shard(job->val, &job->model, err));
    for (int i = 0; i < job->n_also; i++) LL_TRY(check_shard(job->also[i].shard, &job->model, err));
    LL_TRY(ll_training_init(&t, job, (int)job->micro, err));
    ll_status s = loop(&t, sink, ctx, result, err);
    ll_parts_lap(&t.parts_clock, t.started > 0 ? LL_PART_STEPS : LL_PART_START);
    ll_parts_read(&t.parts_clock, result->cpu_s);
    ll_training_clear(&t);
    return s;
}
