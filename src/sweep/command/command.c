#define _DEFAULT_SOURCE
#include "sweep/command/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/words/text.h"
#include "sweep/command/lowest.h"
#include "sweep/command/template.h"
#include "sweep/command/trainer.h"
#include "sweep/metrics/follow.h"

enum {
    WAIT_MS = 100,
    CHUNK = 65536,
    LOG_BYTES = 16 << 20,
    TAIL = 480,
    LINE = 240,
    MOST_POINTS = 1000,
    MOST_REWINDS = 1000,
    MOST_PLACES = 64
};
#define FOLLOW_S 0.2    /* between two looks at the files */
#define SETTLE_S 1.0    /* rows that came before are those of an earlier try, or of the start */
#define LEAST_SHARE 0.9 /* of its steps: a run that ends earlier by itself has failed */
#define MOST_SHARE 1.1

typedef struct running {
    const ll_command_job *job;
    ll_train_sink *sink;
    void *ctx;
    ll_follow *follow;        /* of files, or */
    ll_metric_reader *stream; /* of what it prints */
    ll_trainer trainer;
    ll_command_said *said;

    FILE *log;
    int64_t logged;
    char tail[TAIL]; /* what it printed last */
    size_t tail_n;

    double started, heard;       /* when the try began; when a metric last came */
    double base_at, base_tokens; /* what its pace counts from */
    double told;                 /* when progress was last told */
    bool stopped;                /* by the sink */
    bool stepless;               /* a loss came without a step */
    bool replay;                 /* what is read was printed in an earlier try */
    bool any, waits;             /* a point was told in this try; one is held back */
    int64_t step, sent;          /* of the last point; of the last one that was told */
    int64_t rewinds;
    double loss, train_loss;
    ll_lowest lowest;
    ll_train_event held;
} running;

/* ---- what it says ---- */

static double pace_of(const running *r, double tokens, double now) {
    const double seconds = now - r->base_at;
    return seconds > SETTLE_S && tokens > r->base_tokens ? (tokens - r->base_tokens) / seconds : NAN;
}

static ll_train_event event_of(running *r, ll_train_kind kind, int64_t step, double tokens) {
    const double now = ll_clock_now();
    if (isnan(r->base_at)) r->base_at = now;
    if (now - r->base_at <= SETTLE_S) r->base_tokens = tokens;
    const double pace = pace_of(r, tokens, now);
    return (ll_train_event) { .kind = kind,
                              .due = kind == LL_TRAIN_POINT,
                              .step = step,
                              .steps = r->job->steps,
                              .tokens = tokens,
                              .train_loss = r->train_loss,
                              .loss = NAN,
                              .se = NAN,
                              .tokens_per_s = pace,
                              .left_s = (double)(r->job->steps - step) * r->job->step_tokens / pace };
}

static void tell(running *r, const ll_train_event *e) {
    if (r->sink(r->ctx, e) != LL_CONTINUE) r->stopped = true;
}

static void note(running *r, const char *text) {
    tell(r, &(ll_train_event) { .kind = LL_TRAIN_NOTE, .note = text });
}

static void send_point(running *r, const ll_train_event *e) {
    r->waits = false;
    r->sent = e->step;
    tell(r, e);
}

/* A point less than a thousandth of the run behind the last one is held back: the next one takes its place, or the
 * end. The first one of a try, and one that goes back, make void what was told of later steps. */
static ll_status take_point(running *r, int64_t step, double tokens, double loss, ll_error *err) {
    const bool back = r->any && step < r->step;
    if (back && !r->replay && ++r->rewinds > MOST_REWINDS)
        return LL_FAIL(err, LL_EFORMAT, "its steps went back more than %d times, now from %lld to %lld",
                       MOST_REWINDS, (long long)r->step, (long long)step);
    ll_train_event e = event_of(r, LL_TRAIN_POINT, step, tokens);
    e.loss = loss;
    e.rewound = back || !r->any;
    ll_lowest_take(&r->lowest, step, loss);
    r->loss = loss;
    r->step = step;
    if (e.rewound || step - r->sent >= r->job->steps / MOST_POINTS) send_point(r, &e);
    else r->held = e, r->waits = true;
    r->any = true;
    return LL_OK;
}

static bool is_count(double v) {
    return v >= 0 && v <= 9e15;
}

/* Steps are told, or follow from the tokens; a loss without either is that of the end. */
static bool place_of(const running *r, const ll_metric_row *row, int64_t *step, double *tokens) {
    const ll_command_job *job = r->job;
    const bool stepped = row->has[LL_METRIC_STEP] && is_count(row->v[LL_METRIC_STEP]);
    const bool counted = row->has[LL_METRIC_TOKENS] && is_count(row->v[LL_METRIC_TOKENS]);
    if (stepped) *step = (int64_t)floor(row->v[LL_METRIC_STEP] + 0.5);
    else if (counted) *step = (int64_t)floor(row->v[LL_METRIC_TOKENS] / job->step_tokens + 0.5);
    else *step = job->steps;
    *tokens = counted ? row->v[LL_METRIC_TOKENS] : (double)*step * job->step_tokens;
    const bool silent = !*job->names.name[LL_METRIC_STEP] && !*job->names.name[LL_METRIC_TOKENS];
    return stepped || counted || silent;
}

static ll_status on_row(void *ctx, const ll_metric_row *row, ll_error *err) {
    running *r = ctx;
    int64_t step;
    double tokens;
    const double now = ll_clock_now(), loss = row->v[LL_METRIC_LOSS] * r->job->nats;
    if (row->has[LL_METRIC_PARAMS]) r->said->params = row->v[LL_METRIC_PARAMS];
    if (row->has[LL_METRIC_PARAMS_TOTAL]) r->said->params_total = row->v[LL_METRIC_PARAMS_TOTAL];
    if (!place_of(r, row, &step, &tokens)) {
        r->stepless |= row->has[LL_METRIC_LOSS];
        return LL_OK;
    }
    r->heard = now;
    if (row->has[LL_METRIC_TRAIN_LOSS] && isfinite(row->v[LL_METRIC_TRAIN_LOSS]))
        r->train_loss = row->v[LL_METRIC_TRAIN_LOSS] * r->job->nats;
    if (row->has[LL_METRIC_LOSS]) {
        if (r->replay && (!(loss > 0) || isinf(loss))) return LL_OK; /* that try has failed by it */
        if (!(loss > 0) || isinf(loss))
            return LL_FAIL(err, LL_ENUM, "step %lld: its loss is %g, expected a number above 0", (long long)step,
                           isnan(loss) ? fabs(loss) : row->v[LL_METRIC_LOSS]);
        return take_point(r, step, tokens, loss, err);
    }
    if (now - r->told < FOLLOW_S) return LL_OK;
    r->told = now;
    const ll_train_event e = event_of(r, LL_TRAIN_PROGRESS, step, tokens);
    tell(r, &e);
    return LL_OK;
}

/* ---- what it prints ---- */

static void keep_tail(running *r, const char *bytes, size_t n) {
    if (n > TAIL) bytes += n - TAIL, n = TAIL;
    const size_t keep = r->tail_n + n > TAIL ? TAIL - n : r->tail_n;
    memmove(r->tail, r->tail + r->tail_n - keep, keep);
    memcpy(r->tail + keep, bytes, n);
    r->tail_n = keep + n;
}

/* Its last line that is not empty, or the end of it, as it can be shown. */
static const char *last_line(const running *r, char *buf, size_t size) {
    char line[LINE];
    size_t end = r->tail_n, begin;
    while (end && strchr(" \t\r\n", r->tail[end - 1])) end--;
    for (begin = end; begin && end - begin < LINE - 1 && r->tail[begin - 1] != '\n'; begin--) continue;
    memcpy(line, r->tail + begin, end - begin);
    line[end - begin] = 0;
    return ll_text_visible(line, buf, size);
}

static ll_status take_output(running *r, const char *bytes, size_t n, ll_error *err) {
    const size_t some = (int64_t)n < LOG_BYTES - r->logged ? n : (size_t)(LOG_BYTES - r->logged);
    if (r->log && fwrite(bytes, 1, some, r->log) == some) fflush(r->log);
    r->logged += (int64_t)some;
    keep_tail(r, bytes, n);
    return r->stream ? ll_metric_reader_feed(r->stream, bytes, n, err) : LL_OK;
}

/* What it has printed and written since the last time. */
static ll_status listen(running *r, int ms, double *looked, ll_error *err) {
    char chunk[CHUNK];
    const size_t n = ll_trainer_read(&r->trainer, chunk, sizeof chunk, ms);
    if (n) LL_TRY(take_output(r, chunk, n, err));
    if (!r->follow || ll_clock_now() - *looked < FOLLOW_S) return LL_OK;
    *looked = ll_clock_now();
    return ll_follow_poll(r->follow, err);
}

/* ---- one try ---- */

/* It is asked, and killed when the grace is over; what it still says counts, unless that is why it has to end. */
static void end_trainer(running *r, bool hear) {
    const double until = ll_clock_now() + r->job->grace_s;
    double looked = 0;
    ll_trainer_ask(&r->trainer);
    while (!ll_trainer_has_ended(&r->trainer) && ll_clock_now() < until) {
        char chunk[CHUNK];
        if (!hear) ll_trainer_read(&r->trainer, chunk, sizeof chunk, WAIT_MS);
        else if (listen(r, WAIT_MS, &looked, NULL) != LL_OK) hear = false;
    }
}

static ll_status check_time(const running *r, ll_error *err) {
    const ll_command_job *job = r->job;
    const double now = ll_clock_now();
    if (job->timeout_s > 0 && now - r->started > job->timeout_s)
        return LL_FAIL(err, LL_EIO, "did not end within engine.timeout, %g s", job->timeout_s);
    if (job->stall_s > 0 && now - r->heard > job->stall_s)
        return LL_FAIL(err, LL_EIO, "told no metric for engine.stall, %g s", job->stall_s);
    return LL_OK;
}

static bool is_asked(const running *r) {
    return r->stopped || (r->job->stop && *r->job->stop);
}

static ll_status watch(running *r, ll_error *err) {
    double looked = 0;
    while (!ll_trainer_has_ended(&r->trainer)) {
        ll_status s = listen(r, WAIT_MS, &looked, err);
        if (s == LL_OK) s = check_time(r, err);
        if (s != LL_OK) return end_trainer(r, false), s;
        if (!is_asked(r)) continue;
        end_trainer(r, true);
        break;
    }
    return LL_OK;
}

/* All that it left behind. Nothing more comes: what it started is dead. */
static ll_status take_rest(running *r, ll_error *err) {
    char chunk[CHUNK];
    for (size_t n, all = 0;
         all < 4 * (size_t)LOG_BYTES && (n = ll_trainer_read(&r->trainer, chunk, sizeof chunk, 0)); all += n)
        LL_TRY(take_output(r, chunk, n, err));
    if (r->follow) LL_TRY(ll_follow_end(r->follow, err));
    if (r->stream) LL_TRY(ll_metric_reader_flush(r->stream, err));
    if (r->waits) send_point(r, &r->held);
    return LL_OK;
}

static const char *complaint_of(const running *r, char *buf, size_t size) {
    if (r->follow) return ll_follow_complaint(r->follow, buf, size);
    snprintf(buf, size, "%s", ll_metric_reader_complaint(r->stream));
    return buf;
}

/* Of one that ended with code 0. */
static ll_status judge(const running *r, ll_error *err) {
    char why[512];
    const ll_command_job *job = r->job;
    if (!r->any && r->stepless)
        return LL_FAIL(err, LL_EFORMAT,
                       "told losses without a step, expected '%.60s' beside them, or engine.metrics.step ''",
                       job->names.name[LL_METRIC_STEP]);
    if (!r->any)
        return LL_FAIL(err, LL_EFORMAT, "ended with exit code 0 and told no loss%s%s",
                       *complaint_of(r, why, sizeof why) ? ": " : "", why);
    const double share = (double)r->step / (double)job->steps;
    if (r->step == job->steps - 1 || (share >= LEAST_SHARE && share <= MOST_SHARE)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "ended with exit code 0 at step %lld, expected step %lld", (long long)r->step,
                   (long long)job->steps);
}

static ll_status judge_end(running *r, ll_error *err) {
    char how[96], last[LINE + 64];
    const ll_trainer *t = &r->trainer;
    ll_error why = { 0 };
    const ll_status s = t->status == 0 ? judge(r, &why) : LL_EIO;
    if (s == LL_OK) return LL_OK;
    if (is_asked(r)) return LL_FAIL(err, LL_ESTOP, "stopped at step %lld", (long long)(r->any ? r->step : 0));
    if (t->status == 0) return LL_FAIL(err, s, "%s", why.msg);
    last_line(r, last, sizeof last);
    return LL_FAIL(err, LL_EIO, "%s%s%s", ll_trainer_ending(t, how, sizeof how), *last ? ": " : "", last);
}

static ll_status open_metrics(running *r, ll_error *err) {
    const ll_command_job *job = r->job;
    if (*job->metrics) return ll_follow_new(&r->follow, job->metrics, job->format, &job->names, on_row, r, err);
    return ll_metric_reader_new(&r->stream, job->format, &job->names, on_row, r, err);
}

/* The state that a template of {resume} needs: the path that it names below {out}, to the end of its word; without
 * one, that the folder holds anything. */
static bool can_resume(const ll_command_job *job, const ll_placeholder *resume) {
    char path[LL_PATH_MAX];
    const char *at = strstr(resume->text, "{out}");
    if (!at) return rmdir(job->out) != 0; /* an empty folder goes, and is made again */
    const size_t n = strcspn(at + 5, " \t\r\n'\"");
    snprintf(path, sizeof path, "%s%.*s", job->out, (int)n, at + 5);
    return n && access(path, F_OK) == 0;
}

static ll_status start(running *r, ll_error *err) {
    const ll_command_job *job = r->job;
    ll_placeholder at[MOST_PLACES];
    ll_arguments a = { 0 };
    char *line = NULL;
    ll_placeholders places = { at, 0, NULL };
    for (int i = 0; i < job->places.n && i < MOST_PLACES; i++) {
        at[i] = job->places.at[i];
        if (at[i].spliced && !can_resume(job, &at[i])) at[i].text = "";
        places.n++;
    }
    LL_TRY(ll_file_mkdir(job->out, err));
    LL_TRY(job->shell ? ll_template_shell(&line, job->command, &places, err)
                      : ll_template_words(&a, job->command, &places, err));
    char *in_shell[] = { "/bin/sh", "-c", line, NULL };
    ll_status s = ll_trainer_start(&r->trainer, job->shell ? in_shell : a.at, job->out, err);
    ll_arguments_free(&a);
    free(line);
    return s;
}

static ll_status run_once(running *r, ll_error *err) {
    ll_error last = { 0 };
    LL_TRY(start(r, err));
    r->started = r->heard = ll_clock_now();
    ll_status s = watch(r, err);
    const bool timed_out = s == LL_EIO;
    ll_trainer_finish(&r->trainer);
    r->said->memory_bytes = fmax(r->said->memory_bytes, r->trainer.memory_bytes);
    const ll_status rest = s == LL_OK || timed_out ? take_rest(r, &last) : LL_OK;
    ll_trainer_close(&r->trainer);
    if (s == LL_OK && rest != LL_OK) *err = last, s = rest;
    return s == LL_OK ? judge_end(r, err) : s;
}

/* What it printed in earlier tries, as the log has it, comes before what it prints in this one: a trainer that resumes
 * says nothing of it again. In a form that cannot be read it does not count. */
static ll_status read_log(running *r, ll_error *err) {
    char chunk[CHUNK], last = '\n';
    FILE *in = fopen(r->job->log, "r");
    ll_status s = LL_OK;
    if (!in) return LL_OK;
    r->replay = true;
    for (size_t n; s == LL_OK && (n = fread(chunk, 1, sizeof chunk, in)); last = chunk[n - 1])
        s = ll_metric_reader_feed(r->stream, chunk, n, NULL);
    fclose(in);
    if (s == LL_OK && last != '\n') s = take_output(r, "\n", 1, NULL); /* of a line that was cut off */
    r->replay = r->stepless = false;
    if (s == LL_OK) return LL_OK;
    ll_metric_reader_free(r->stream);
    r->stream = NULL;
    r->any = false;
    r->lowest.n = 0;
    return ll_metric_reader_new(&r->stream, r->job->format, &r->job->names, on_row, r, err);
}

static void close_try(running *r) {
    ll_follow_free(r->follow);
    ll_metric_reader_free(r->stream);
    r->follow = NULL;
    r->stream = NULL;
}

/* Reads and judges anew; what was told stays told until it is told again. */
static ll_status try_once(running *r, ll_error *err) {
    r->base_at = NAN;
    r->lowest.n = 0;
    r->any = r->waits = r->stepless = false;
    r->tail_n = 0;
    ll_status s = open_metrics(r, err);
    if (s == LL_OK && r->stream) s = read_log(r, err);
    if (s == LL_OK) s = run_once(r, err);
    return s;
}

static ll_status run_tries(running *r, ll_error *err) {
    for (int64_t k = 0;; k++) {
        char text[600];
        ll_status s = try_once(r, err);
        if (s != LL_EIO || k == r->job->retries || is_asked(r)) return s;
        snprintf(text, sizeof text, "%.400s; tried again, %lld of %lld", err->msg, (long long)k + 1,
                 (long long)r->job->retries);
        close_try(r);
        note(r, text);
    }
}

ll_status ll_command_run(const ll_command_job *job, ll_train_sink *sink, void *ctx, ll_train_result *result,
                         ll_command_said *said, ll_error *err) {
    running r = { .job = job, .sink = sink, .ctx = ctx, .said = said, .train_loss = NAN, .loss = NAN };
    const double began = ll_clock_now();
    *said = (ll_command_said) { NAN, NAN, NAN };
    r.log = fopen(job->log, "a");
    if (r.log && fseek(r.log, 0, SEEK_END) == 0) r.logged = ftell(r.log) < LOG_BYTES ? ftell(r.log) : LOG_BYTES;
    ll_status s = run_tries(&r, err);
    const double wall = ll_clock_now() - began;
    if (r.log) fclose(r.log);
    close_try(&r);
    *result = (ll_train_result) { .loss = r.loss,
                                  .se = NAN,
                                  .train_loss = r.train_loss,
                                  .best_loss = ll_lowest_loss(&r.lowest),
                                  .best_step = ll_lowest_step(&r.lowest),
                                  .steps = r.step == job->steps - 1 ? job->steps : r.step,
                                  .wall_s = wall,
                                  .tokens_per_s = (double)(r.step - job->start_step) * job->step_tokens / wall };
    return s;
}
