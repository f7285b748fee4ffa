/* A training loop of one's own, logged into a store: loglog/store.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/starved.h"
#include "base/version.h"
#include "loglog/store.h"
#include "store/store.h"

struct ll_log {
    ll_store *store;
    ll_run run;
    int64_t step; /* of the last point; -1: none */
    bool goes_on; /* it has points of an earlier log, and none of this one yet */
};

static void take_text(char *to, size_t size, const char *text) {
    snprintf(to, size, "%s", text ? text : "");
}

/* A text that is too long would be another one. */
static ll_status check_text(const char *what, const char *text, size_t room, ll_error *err) {
    if (!text || strlen(text) < room) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s '%.40s...' has %zu bytes, expected at most %zu", what, text, strlen(text),
                   room - 1);
}

static ll_status check_run(const ll_log_run *run, ll_error *err) {
    const ll_run *r = NULL;
    if (!run->name || !*run->name) return LL_FAIL(err, LL_EINPUT, "a run that is logged needs a name");
    if (strchr(run->name, '/')) /* an id is "log/NAME" */
        return LL_FAIL(err, LL_EINPUT, "a run that is logged is called '%.80s', expected a name without '/'",
                       run->name);
    LL_TRY(check_text("the name", run->name, sizeof r->name, err));
    LL_TRY(check_text("the family", run->family, sizeof r->family, err));
    const struct {
        const char *what;
        double v;
    } numbers[] = { { "params", run->params },
                    { "batch_tokens", run->batch_tokens },
                    { "lr", run->lr },
                    { "bytes_per_token", run->bytes_per_token } };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!(numbers[i].v >= 0) || isinf(numbers[i].v))
            return LL_FAIL(err, LL_EINPUT, "run '%.80s': %s is %g, expected a number above 0", run->name,
                           numbers[i].what, numbers[i].v);
    return LL_OK;
}

static void learn(double *field, double v) {
    if (v > 0) *field = v;
}

/* What is said of the run, over what the store knows of it already. */
static void describe(ll_run *r, const ll_log_run *run) {
    take_text(r->name, sizeof r->name, run->name);
    if (run->family) take_text(r->family, sizeof r->family, run->family);
    take_text(r->source, sizeof r->source, "log");
    take_text(r->version, sizeof r->version, LL_VERSION " " LL_COMMIT);
    if (run->params > 0) r->params = r->params_total = NAN; /* one count, the one that is given now */
    learn(run->params_are_total ? &r->params_total : &r->params, run->params);
    learn(&r->batch_tokens, run->batch_tokens);
    learn(&r->lr, run->lr);
    learn(&r->bytes_per_token, run->bytes_per_token);
    if (run->context) r->context = run->context;
    if (run->vocab) r->vocab = run->vocab;
    if (run->seed) r->seed = run->seed;
    r->state = LL_RUN_RUNNING;
    r->ended[0] = 0;
}

/* The run as it is there, or made anew; a log goes on after its last point. */
static ll_status begin(ll_log *log, const ll_log_run *run, ll_error *err) {
    char id[LL_RUN_ID];
    bool found;
    snprintf(id, sizeof id, "log/%s", run->name);
    LL_TRY(ll_store_seek_run(log->store, id, &log->run, &found, err));
    if (found && log->run.state == LL_RUN_DONE)
        return LL_FAIL(err, LL_ESTATE, "run '%.80s' is done: log under another name, or remove it with 'runs drop'",
                       run->name);
    if (!found) ll_run_init(&log->run);
    describe(&log->run, run);
    take_text(log->run.id, sizeof log->run.id, id);
    if (!found) ll_clock_utc(log->run.started, sizeof log->run.started);
    ll_point *points = NULL;
    int64_t n = 0;
    if (found) LL_TRY(ll_store_list_points(log->store, id, &points, &n, err));
    log->goes_on = n > 0;
    if (n)
        log->step = points[n - 1].step, log->run.loss = points[n - 1].loss, log->run.tokens = points[n - 1].tokens;
    free(points);
    return ll_store_put_run(log->store, &log->run, err);
}

ll_status ll_log_begin(ll_log **out, const char *store, const ll_log_run *run, ll_error *err) {
    *out = NULL;
    LL_TRY(check_run(run, err));
    ll_log *log = calloc(1, sizeof *log);
    if (!log) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    log->step = -1;
    ll_status status = ll_store_open(&log->store, store, LL_STORE_WRITE, err);
    if (status == LL_OK) status = begin(log, run, err);
    if (status == LL_OK) *out = log;
    else ll_store_close(log->store), free(log);
    return status;
}

ll_status ll_log_point(ll_log *log, int64_t step, double tokens, double loss, double train_loss, ll_error *err) {
    const char *name = log->run.name;
    if (step < 0 || (step < log->step && !log->goes_on))
        return LL_FAIL(err, LL_EINPUT, "run '%.80s': step %lld comes after step %lld", name, (long long)step,
                       (long long)log->step);
    if (!(loss > 0) || isinf(loss))
        return LL_FAIL(err, LL_EINPUT, "run '%.80s' at step %lld: the loss is %g, expected a finite number above 0",
                       name, (long long)step, loss);
    if (!(tokens > 0)) tokens = log->run.batch_tokens * (double)step;
    const bool before_any = step == 0 && tokens == 0;
    if ((!(tokens > 0) && !before_any) || isinf(tokens))
        return LL_FAIL(err, LL_EINPUT,
                       "run '%.80s' at step %lld: its tokens are not known: give them, or the run's batch_tokens",
                       name, (long long)step);
    const ll_point p = { .step = step, .tokens = tokens, .loss = loss, .se = NAN, .train_loss = train_loss };
    if (log->goes_on && step <= log->step) LL_TRY(ll_store_cut_points(log->store, log->run.id, step, err));
    LL_TRY(ll_store_put_point(log->store, log->run.id, &p, err));
    log->goes_on = false;
    log->step = step;
    log->run.loss = loss;
    log->run.tokens = tokens;
    log->run.steps = (double)step;
    log->run.train_loss = train_loss;
    return LL_OK;
}

static ll_status finish(ll_log *log, bool done, ll_error *err) {
    ll_run *r = &log->run;
    const double N = ll_run_count(r);
    if (done && log->step < 0)
        return LL_FAIL(err, LL_EINPUT, "run '%.80s' has no point: it cannot be done", r->name);
    if (done && !(r->tokens > 0))
        return LL_FAIL(err, LL_EINPUT, "run '%.80s' has seen no tokens: it cannot be done", r->name);
    if (done && !(N > 0))
        return LL_FAIL(err, LL_EINPUT, "run '%.80s' has no parameters: no law can be fitted to it", r->name);
    if (done) r->flops = 6 * N * r->tokens;
    r->state = done ? LL_RUN_DONE : LL_RUN_STOPPED;
    ll_clock_utc(r->ended, sizeof r->ended);
    return ll_store_put_run(log->store, r, err);
}

ll_status ll_log_end(ll_log *log, bool done, ll_error *err) {
    if (!log) return LL_OK;
    const ll_status status = finish(log, done, err);
    ll_store_close(log->store);
    free(log);
    return status;
}

/* ---- reading ---- */

char *ll_store_runs_json(const char *store, const char *where, ll_error *err) {
    const int64_t starved = ll_starved();
    ll_store *s;
    ll_run *runs = NULL;
    int64_t n;
    char *text = NULL;
    if (ll_store_open_there(&s, store, LL_STORE_READ, err) != LL_OK) return NULL;
    if (ll_store_list_runs(s, "", -1, where ? where : "", &runs, &n, err) == LL_OK)
        ll_json_answer(ll_runs_json(runs, n), starved, &text, err);
    free(runs);
    ll_store_close(s);
    return text;
}

static ll_status lay_out(const ll_point *points, int64_t n, ll_curve_points *out, ll_error *err) {
    char *block = malloc((size_t)(n + 1) * (sizeof *out->step + 3 * sizeof *out->loss));
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld points", (long long)n);
    out->n = n;
    out->step = (int64_t *)block;
    out->tokens = (double *)(out->step + n);
    out->loss = out->tokens + n;
    out->train_loss = out->loss + n;
    for (int64_t i = 0; i < n; i++) {
        out->step[i] = points[i].step;
        out->tokens[i] = points[i].tokens;
        out->loss[i] = points[i].loss;
        out->train_loss[i] = points[i].train_loss;
    }
    return LL_OK;
}

ll_status ll_store_curve(const char *store, const char *run, ll_curve_points *out, ll_error *err) {
    ll_store *s;
    ll_run found;
    ll_point *points = NULL;
    int64_t n = 0;
    *out = (ll_curve_points) { 0 };
    LL_TRY(ll_store_open_there(&s, store, LL_STORE_READ, err));
    ll_status status = ll_store_find_run(s, run, &found, err);
    if (status == LL_OK) status = ll_store_list_points(s, found.id, &points, &n, err);
    ll_store_close(s);
    if (status == LL_OK) status = lay_out(points, n, out, err);
    free(points);
    return status;
}

/* ---- tables ---- */

/* What would be refused is refused before a store is made for it. */
static ll_status add(const char *store, const ll_table *t, const ll_import_opts *opts, ll_imported *in,
                     ll_error *err) {
    ll_store *s;
    LL_TRY(ll_store_import_check(t, opts, in, err));
    LL_TRY(ll_store_open(&s, store, LL_STORE_WRITE, err));
    const ll_status status = ll_store_import(s, t, opts, in, err);
    ll_store_close(s);
    return status;
}

ll_status ll_store_add_table(const char *store, const char *table, const ll_table_opts *opts, int64_t *added,
                             ll_error *err) {
    ll_table t;
    ll_imported in = { 0 };
    *added = 0;
    LL_TRY(ll_table_read(&t, table, opts, err));
    const ll_status status = add(store, &t, &(ll_import_opts) { .source = table }, &in, err);
    ll_table_clear(&t);
    if (status == LL_OK) *added = in.added;
    return status;
}

ll_status ll_store_write_table(const char *store, const char *where, const char *table, int64_t *n, ll_error *err) {
    ll_store *s;
    ll_table t;
    *n = 0;
    LL_TRY(ll_store_open_there(&s, store, LL_STORE_READ, err));
    ll_status status = ll_store_export(s, "", where ? where : "", &t, err);
    ll_store_close(s);
    if (status != LL_OK) return status;
    status = ll_table_write(&t, table, err);
    if (status == LL_OK) *n = t.rows;
    ll_table_clear(&t);
    return status;
}
