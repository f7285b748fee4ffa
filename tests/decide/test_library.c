/* The public library as a stranger uses it: the same answers as the program, a log from a
 * training loop, a sealed forecast and its score, and many threads at once. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "comma_locale.h"
#include "loglog/forecast.h"
#include "loglog/plan.h"
#include "loglog/probe.h"
#include "loglog/store.h"
#include "loglog/study.h"
#include "loglog/train.h"
#include "loglog/version.h"
#include "planted.h"
#include "tiny_ladder.h"

static char table[LL_PATH_MAX], store[LL_PATH_MAX], spec[LL_PATH_MAX], trained[LL_PATH_MAX];
static planted plant;

static int make(void **state) {
    char text[1 << 15];
    int used = snprintf(text, sizeof text, "run,params,tokens,loss\n");
    (void)state;
    support_folder(folder);
    planted_make(&plant, 5, 3, 5, 0.002, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "r%02d,%.17g,%.17g,%.17g\n", (int)i, plant.N[i],
                         plant.D[i], plant.L[i]);
    support_write(folder, "runs.csv", text, (size_t)used, table);
    support_write(folder, "tiny.yaml", ladder, strlen(ladder), spec);
    return ll_file_join(store, folder, "log.db", NULL) != LL_OK ||
           ll_file_join(trained, folder, "tiny.db", NULL) != LL_OK;
}

static ll_study *open_table(void) {
    const ll_study_source source = { .table = table, .fit = { .n_boot = 200, .threads = 1 } };
    ll_study *s;
    assert_ok(ll_study_open(&s, &source, err));
    return s;
}

/* ---- the same answers ---- */

/* Without the lines of one key. */
static void drop_lines(char *text, const char *key) {
    for (char *at; (at = strstr(text, key));) {
        const char *end = at + strcspn(at, "\n");
        memmove(at, end, strlen(end) + 1);
    }
}

/* Two documents are the same but for how long they took and the path of the table. */
static void assert_same_document(char *ours, const char *theirs) {
    assert_non_null(ours);
    char *a = strdup(ours), *b = strdup(theirs);
    for (int side = 0; side < 2; side++) {
        drop_lines(side ? b : a, "\"wall_s\":");
        drop_lines(side ? b : a, "\"source\":");
    }
    assert_int_equal(strncmp(a, b, strlen(a)), 0);
    assert_true(strlen(b) - strlen(a) <= 1); /* the program ends its last line */
    free(a);
    free(b);
    ll_text_free(ours);
}

static void same_documents(void **state) {
    (void)state;
    ll_study *s = open_table();
    const ll_plan_ask ask = { .flops = 1e21 };
    ll_error err = { 0 };
    gives("forecast at runs.csv --bootstrap 200 --params 1e10 --tokens 1e11 --json", 0);
    assert_same_document(ll_forecast_json_of(s, 1e10, 1e11, &err), out);
    gives("plan runs.csv --bootstrap 200 --flops 1e21 --json", 0);
    assert_same_document(ll_study_plan_json(s, &ask, NULL, &err), out);
    gives("fit runs.csv --bootstrap 200 --json", 0);
    assert_same_document(ll_study_json(s, 0, &err), out);
    ll_study_close(s);
}

static void saved_and_read(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_study *s = open_table(), *t;
    ll_forecast *f, *g;
    ll_planned p, q;
    assert_ok(ll_file_join(path, folder, "saved.json", err));
    assert_ok(ll_study_write(s, path, err));
    assert_ok(ll_study_open(&t, &(ll_study_source) { .saved = path }, err));
    assert_ok(ll_forecast_of(&f, s, 1e10, 1e11, err));
    assert_ok(ll_forecast_of(&g, t, 1e10, 1e11, err));
    assert_true(ll_forecast_quantile(f, 0.5) == ll_forecast_quantile(g, 0.5));
    assert_ok(ll_study_plan(s, &(ll_plan_ask) { .flops = 1e21 }, &p, err));
    assert_ok(ll_study_plan(t, &(ll_plan_ask) { .flops = 1e21 }, &q, err));
    assert_true(p.loss.value == q.loss.value && p.params.value == q.params.value);
    assert_true(p.loss.lo < p.loss.value && p.loss.value < p.loss.hi && p.reach > 1);
    ll_forecast_free(f);
    ll_forecast_free(g);
    ll_error err = { 0 };
    char *doc = ll_study_json(t, 0, &err); /* a saved study has no table: no checklist is made of it */
    says(doc, "\"schema\": \"loglog.fit/1\"");
    ll_text_free(doc);
    assert_null(ll_study_backtest_json(t, (double[]) { 3 }, 0, &err));
    says(err.msg, "a backtest needs a factor");
    ll_study_close(s);
    ll_study_close(t);
}

/* Quantiles rise with their level and are undone by the probability. */
static void a_distribution(void **state) {
    (void)state;
    ll_study *s = open_table();
    ll_forecast *f;
    double before = 0;
    assert_ok(ll_forecast_of(&f, s, 1e10, 1e11, err));
    for (int k = 1; k < 100; k++) {
        const double level = k / 100.0, loss = ll_forecast_quantile(f, level);
        assert_true(loss > before);
        assert_close(ll_forecast_at_most(f, loss), level, 1e-9);
        before = loss;
    }
    assert_true(isnan(ll_forecast_quantile(f, 0)) && isnan(ll_forecast_quantile(f, 1)));
    assert_true(ll_forecast_at_most(f, -1) == 0 && isnan(ll_forecast_at_most(f, NAN)));
    assert_true(ll_forecast_quantile(f, 0.01) < planted_loss(1e10, 1e11) &&
                planted_loss(1e10, 1e11) < ll_forecast_quantile(f, 0.99));
    ll_forecast_free(f);
    ll_study_close(s);
}

static void one_line_errors(void **state) {
    (void)state;
    ll_error err = { 0 };
    ll_study *s;
    assert_int_equal(ll_study_open(&s, &(ll_study_source) { .table = table, .columns.columns = "loss=los" }, &err),
                     LL_EINPUT);
    says(err.msg, "los");
    assert_null(s);
    assert_int_equal(ll_study_open(&s, &(ll_study_source) { .table = table, .law = "nonsense" }, &err), LL_EINPUT);
    says(err.msg, "no law 'nonsense'");
    const ll_study_source called = { .table = table, .columns = { .name = "mine", .columns = "loss=los" } };
    assert_int_equal(ll_study_open(&s, &called, &err), LL_EINPUT);
    assert_int_equal(strncmp(err.msg, "mine:", 5), 0);
    assert_int_equal(ll_study_open(&s, &(ll_study_source) { 0 }, &err), LL_EINPUT);
    assert_int_equal(ll_study_open(&s, &(ll_study_source) { .table = table, .saved = table }, &err), LL_EINPUT);
    assert_int_equal(ll_study_open(&s, &(ll_study_source) { .saved = table }, &err), LL_EFORMAT);
    s = open_table();
    ll_forecast *f;
    assert_int_equal(ll_forecast_of(&f, s, -1, 1e11, &err), LL_EINPUT);
    assert_null(f);
    assert_null(ll_study_plan_json(s, &(ll_plan_ask) { .flops = 1e21 }, "64xH101", &err));
    says(err.msg, "H101");
    assert_int_equal(ll_study_plan(s, &(ll_plan_ask) { 0 }, &(ll_planned) { 0 }, &err), LL_EINPUT);
    char nowhere[LL_PATH_MAX], head[LL_LEDGER_HEAD];
    int64_t n;
    ll_curve_points c;
    assert_ok(ll_file_join(nowhere, folder, "nowhere.db", err));
    assert_null(ll_store_runs_json(nowhere, NULL, &err));
    says(err.msg, "there is no such store");
    assert_int_equal(ll_ledger_verify(nowhere, &n, head, &err), LL_EINPUT);
    assert_int_equal(ll_forecast_score_due(nowhere, &n, &err), LL_EINPUT);
    assert_int_equal(ll_store_curve(nowhere, "a", &c, &err), LL_EINPUT);
    assert_int_equal(ll_store_write_table(nowhere, NULL, table, &n, &err), LL_EINPUT);
    assert_int_not_equal(access(nowhere, F_OK), 0);
    ll_study_close(s);
    ll_study_close(NULL);
    ll_forecast_free(NULL);
    ll_probe_close(NULL);
    ll_text_free(NULL);
}

/* ---- a log ---- */

static void log_run(const char *name, double N, double D, double loss, bool done) {
    const ll_log_run run = { .name = name, .params = N, .batch_tokens = D / 10 };
    ll_log *log;
    assert_ok(ll_log_begin(&log, store, &run, err));
    for (int k = 1; k <= 10; k++) assert_ok(ll_log_point(log, k, 0, loss * (1 + 0.1 * (10 - k)), NAN, err));
    assert_ok(ll_log_end(log, done, err));
}

/* Logged runs are observations; a forecast is sealed before its run, which is logged, and scored after. */
static void logged_sealed_scored(void **state) {
    (void)state;
    for (int64_t i = 0; i < plant.n; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%02d", (int)i);
        log_run(name, plant.N[i], plant.D[i], plant.L[i], true);
    }
    ll_study *s, *t = open_table();
    assert_ok(
        ll_study_open(&s, &(ll_study_source) { .store = store, .fit = { .n_boot = 200, .threads = 1 } }, err));
    for (int j = 0; j < 5; j++)
        assert_close(ll_study_law(s)->params[j].value, ll_study_law(t)->params[j].value, 1e-9);
    ll_study_close(t);

    const ll_seal_ask ask = { .store = store, .run = "large", .params = 1e10, .tokens = 1e11, .author = "me" };
    int64_t n;
    char head[LL_LEDGER_HEAD];
    ll_error err = { 0 };
    assert_ok(ll_ledger_verify(store, &n, head, err));
    assert_int_equal(n, 0);
    assert_string_equal(head, "");
    assert_ok(ll_forecast_seal(s, &ask, err));
    assert_ok(ll_forecast_seal(s, &ask, err)); /* says the same: no second entry */
    ll_seal_ask other = ask;
    other.tokens = 2e11;
    assert_int_equal(ll_forecast_seal(s, &other, &err), LL_ESTATE);
    assert_ok(ll_ledger_verify(store, &n, head, err));
    assert_int_equal(n, 1);
    assert_ok(ll_forecast_score_due(store, &n, err));
    assert_int_equal(n, 0);
    log_run("large", 1e10, 1e11, planted_loss(1e10, 1e11), true);
    assert_ok(ll_forecast_score_due(store, &n, err));
    assert_int_equal(n, 1);
    assert_ok(ll_ledger_verify(store, &n, head, err));
    assert_int_equal(n, 2);
    assert_int_equal(strlen(head), LL_LEDGER_HEAD - 1);
    other.run = "r00"; /* done: nothing is to come */
    assert_int_equal(ll_forecast_seal(s, &other, &err), LL_ESTATE);
    ll_study_close(s);
    gives("forecast check --store log.db", 0);
    gives("forecast list --store log.db", 0);
    says(out, "log/large");
}

static void log_refusals(void **state) {
    (void)state;
    ll_log *log;
    ll_error err = { 0 };
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "refused.db", err));
    assert_int_equal(ll_log_begin(&log, path, &(ll_log_run) { .params = 1e6 }, &err), LL_EINPUT);
    assert_int_equal(ll_log_begin(&log, path, &(ll_log_run) { .name = "a", .params = -1 }, &err), LL_EINPUT);
    char name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    assert_int_equal(ll_log_begin(&log, path, &(ll_log_run) { .name = name }, &err), LL_EINPUT);
    assert_int_not_equal(access(path, F_OK), 0); /* nothing was made for them */
    assert_ok(ll_log_begin(&log, path, &(ll_log_run) { .name = "a", .params = 1e6 }, err));
    assert_int_equal(ll_log_point(log, 5, 0, 3, NAN, &err), LL_EINPUT);
    says(err.msg, "tokens are not known");
    assert_int_equal(ll_log_point(log, 5, 1e6, NAN, NAN, &err), LL_EINPUT);
    assert_int_equal(ll_log_point(log, 5, 1e6, INFINITY, NAN, &err), LL_EINPUT);
    assert_ok(ll_log_point(log, 5, 1e6, 3, 2.9, err));
    assert_int_equal(ll_log_point(log, 4, 1e6, 3, NAN, &err), LL_EINPUT);
    assert_ok(ll_log_point(log, 5, 1e6, 2.5, NAN, err)); /* the step again: replaced */
    assert_ok(ll_log_end(log, true, err));
    assert_int_equal(ll_log_begin(&log, path, &(ll_log_run) { .name = "a", .params = 1e6 }, &err), LL_ESTATE);
    ll_curve_points c;
    assert_ok(ll_store_curve(path, "a", &c, err));
    assert_int_equal(c.n, 1);
    assert_true(c.step[0] == 5 && c.loss[0] == 2.5 && c.tokens[0] == 1e6 && isnan(c.train_loss[0]));
    free(c.step);
    assert_ok(ll_log_begin(&log, path, &(ll_log_run) { .name = "b" }, err));
    assert_ok(ll_log_point(log, 1, 1e6, 3, NAN, err));
    assert_int_equal(ll_log_end(log, true, &err), LL_EINPUT); /* no parameters: no law */
}

/* A log that goes on is told only what is new; a loop begins with step 0; a name is no path. */
static void what_is_known_stays(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_log *log;
    ll_error err = { 0 };
    assert_ok(ll_file_join(path, folder, "known.db", err));
    const ll_log_run first = { .name = "a", .family = "wide", .params = 1e6, .batch_tokens = 1000, .lr = 1e-3 };
    assert_int_equal(ll_log_begin(&log, path, &(ll_log_run) { .name = "a/b" }, &err), LL_EINPUT);
    assert_ok(ll_log_begin(&log, path, &first, err));
    assert_ok(ll_log_point(log, 0, 0, 9, NAN, err));
    assert_int_equal(ll_log_end(log, true, &err), LL_EINPUT); /* it has seen no tokens */
    assert_ok(ll_log_begin(&log, path, &(ll_log_run) { .name = "a" }, err));
    assert_ok(ll_log_point(log, 10, 0, 3, NAN, err));
    assert_ok(ll_log_end(log, false, err));
    const ll_log_run total = { .name = "a", .params = 2e6, .params_are_total = true };
    assert_ok(ll_log_begin(&log, path, &total, err));
    assert_ok(ll_log_end(log, true, err));
    char *json = ll_store_runs_json(path, NULL, &err);
    says(json, "\"family\": \"wide\"");
    says(json, "\"lr\": 0.001");
    says(json, "\"params_total\": 2000000.0");
    says(json, "\"flops\": 120000000000.0");
    assert_null(strstr(json, "\"params\":"));
    ll_text_free(json);
}

/* A training loop that is killed has lost nothing that it logged, and goes on. */
static void killed_and_gone_on(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "killed.db", err));
    const ll_log_run run = { .name = "loop", .params = 1e6, .batch_tokens = 1000 };
    ll_log *log;
    ll_curve_points c;
    const pid_t pid = fork();
    if (pid == 0) {
        if (ll_log_begin(&log, path, &run, NULL) != LL_OK) _exit(1);
        for (int k = 1; k <= 20; k++) ll_log_point(log, k, 0, 4 - 0.1 * k, NAN, NULL);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_ok(ll_store_curve(path, "loop", &c, err));
    assert_int_equal(c.n, 20);
    free(c.step);
    ll_error err = { 0 };
    assert_ok(ll_log_begin(&log, path, &run, err));
    assert_ok(
        ll_log_point(log, 16, 0, 2.1, NAN, err)); /* its checkpoint was at 15: what came after is taken anew */
    assert_int_equal(ll_log_point(log, 15, 0, 2, NAN, &err), LL_EINPUT);
    assert_ok(ll_log_point(log, 21, 0, 1.9, NAN, err));
    assert_ok(ll_log_end(log, true, err));
    assert_ok(ll_store_curve(path, "loop", &c, err));
    assert_int_equal(c.n, 17);
    assert_true(c.step[14] == 15 && c.step[15] == 16 && c.loss[15] == 2.1 && c.step[16] == 21);
    free(c.step);
    char *json = ll_store_runs_json(path, "loss < 2", &err);
    says(json, "\"state\": \"done\"");
    says(json, "\"tokens\": 21000");
    ll_text_free(json);
}

static void tables_in_and_out(void **state) {
    (void)state;
    char path[LL_PATH_MAX], back[LL_PATH_MAX];
    int64_t n;
    assert_ok(ll_file_join(path, folder, "tables.db", err));
    assert_ok(ll_file_join(back, folder, "back.csv", err));
    const ll_table_opts opts = { .params_are = "nonembedding" };
    assert_ok(ll_store_add_table(path, table, &opts, &n, err));
    assert_int_equal(n, plant.n);
    assert_ok(ll_store_add_table(path, table, &opts, &n, err));
    assert_int_equal(n, 0);
    assert_ok(ll_store_write_table(path, NULL, back, &n, err));
    assert_int_equal(n, plant.n);
    ll_table t;
    assert_ok(ll_table_read(&t, back, NULL, err));
    for (int64_t i = 0; i < n; i++) assert_true(t.num[LL_COL_LOSS][i] == plant.L[i]);
    ll_table_clear(&t);
}

/* ---- training and asking ---- */

typedef struct seen {
    int points, done;
    double last;
} seen;

static void see_point(void *ctx, const ll_train_progress *p) {
    ((seen *)ctx)->points++;
    assert_true(p->loss > 0 && p->step <= p->steps && p->params > 0);
}

static void see_done(void *ctx, const ll_train_progress *p) {
    ((seen *)ctx)->done++;
    ((seen *)ctx)->last = p->loss;
}

static bool at_once(void *ctx) {
    (void)ctx;
    return true;
}

enum { RUNGS = 6 }; /* of tiny_ladder.h */

static void a_ladder(void **state) {
    (void)state;
    static const char how[] = LL_PROGRAM, program[] = LL_PROGRAM_FILE;
    seen all = { 0 };
    if (how[0] != ' ') {
        print_message("SKIPPED: the program runs under an emulator here\n");
        skip();
    }
    ll_train_watch watch = { .point = see_point, .done = see_done, .ctx = &all, .program = program };
    ll_train_watch stopper = { .stop = at_once, .program = program };
    ll_error err = { 0 };
    assert_int_equal(ll_train_ladder(spec, trained, &stopper, &err), LL_ESTOP);
    assert_ok(ll_train_ladder(spec, trained, &watch, err));
    assert_int_equal(all.done, RUNGS);
    assert_true(all.points >= all.done);
    all = (seen) { 0 };
    assert_ok(ll_train_ladder(spec, trained, &watch, err)); /* done: nothing left */
    assert_int_equal(all.done, 0);
    watch.program = "/nowhere/loglog";
    assert_ok(ll_train_ladder(spec, trained, &watch, err)); /* and nobody is asked to */

    ll_probe *p;
    double loss;
    int32_t tokens[40], again[24], more[24];
    int64_t n;
    const ll_probe_ask ask = { .prompt = (int32_t[]) { 3 }, .n = 1, .temperature = 1, .seed = 7 };
    assert_ok(ll_probe_open(&p, trained, NULL, err));
    assert_int_equal(ll_probe_vocab(p), 16);
    assert_ok(ll_probe_sample(p, &ask, more, 24, &n, err));
    assert_int_equal(n, 24);
    assert_ok(ll_probe_sample(p, &ask, again, 24, &n, err));
    assert_memory_equal(more, again, sizeof more);
    for (int i = 0; i < 40; i++) tokens[i] = i < 24 ? more[i] : more[i - 24];
    assert_ok(ll_probe_loss(p, tokens, 24, &loss, err));
    assert_true(loss > 0 && loss < log(16)); /* its own words are no surprise to it */
    assert_ok(ll_probe_loss(p, tokens, 40, &loss, err));
    for (int i = 0; i < 40; i++) tokens[i] = (i * 7 + i * i) % 16;
    double noise;
    assert_ok(ll_probe_loss(p, tokens, 40, &noise, err));
    assert_true(noise > loss);
    tokens[5] = 16;
    assert_int_equal(ll_probe_loss(p, tokens, 40, &loss, &err), LL_EINPUT);
    assert_int_equal(ll_probe_loss(p, tokens, 1, &loss, &err), LL_EINPUT);
    ll_probe_close(p);
    assert_int_equal(ll_probe_open(&p, trained, "nobody", &err), LL_EINPUT);
}

/* ---- threads ---- */

enum { THREADS = 16 };

static void *study_alone(void *slot) {
    ll_study *s;
    ll_forecast *f;
    const ll_study_source source = { .table = table, .fit = { .n_boot = 20, .threads = 1 } };
    *(double *)slot = NAN;
    if (ll_study_open(&s, &source, NULL) != LL_OK) return NULL;
    if (ll_forecast_of(&f, s, 1e10, 1e11, NULL) == LL_OK) *(double *)slot = ll_forecast_quantile(f, 0.5);
    ll_forecast_free(f);
    ll_study_close(s);
    return NULL;
}

static void many_at_once(void **state) {
    (void)state;
    pthread_t thread[THREADS];
    double median[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, study_alone, &median[i]), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) assert_true(median[i] == median[0] && isfinite(median[i]));
}

/* A child of a fork has none of its parent's threads, and starts its own. */
static void after_a_fork(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("SKIPPED: ThreadSanitizer lets no child of a fork start threads\n");
    skip();
#endif
    const ll_study_source source = { .table = table, .fit = { .n_boot = 50, .threads = 2 } };
    ll_study *s;
    assert_ok(ll_study_open(&s, &source, err));
    ll_study_close(s);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        _exit(ll_study_open(&s, &source, NULL) == LL_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *starve(void *unused) {
    ll_error_set(NULL, LL_ENOMEM, "out of memory");
    return unused;
}

/* Memory that ran out in another thread is no fault of this one's answer. */
static void anothers_memory(void **state) {
    (void)state;
    pthread_t thread;
    ll_error err = { 0 };
    ll_study *s = open_table();
    assert_int_equal(pthread_create(&thread, NULL, starve, NULL), 0);
    pthread_join(thread, NULL);
    char *json = ll_forecast_json_of(s, 1e10, 1e11, &err);
    assert_non_null(json);
    ll_text_free(json);
    ll_study_close(s);
}

/* Sealed under a locale with a comma, scored under one with a point. */
static void a_comma_in_the_locale(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    int64_t n;
    use_commas();
    assert_ok(ll_file_join(path, folder, "comma.db", err));
    ll_study *s = open_table();
    ll_log *log;
    const ll_seal_ask ask = { .store = path, .run = "large", .params = 1e10, .tokens = 1.5e11 };
    assert_ok(ll_forecast_seal(s, &ask, err));
    const ll_log_run run = { .name = "large", .params = 1e10, .batch_tokens = 1.5e10 };
    assert_ok(ll_log_begin(&log, path, &run, err));
    assert_ok(ll_log_point(log, 10, 0, 2.01, NAN, err));
    assert_ok(ll_log_end(log, true, err));
    setlocale(LC_NUMERIC, "C");
    assert_ok(ll_forecast_score_due(path, &n, err));
    assert_int_equal(n, 1);
    ll_study_close(s);
}

static void versions(void **state) {
    (void)state;
    assert_true(ll_version_fits(LOGLOG_VERSION_MAJOR, LOGLOG_VERSION_MINOR));
    assert_false(ll_version_fits(LOGLOG_VERSION_MAJOR + 1, 0));
    assert_int_equal(strncmp(ll_version(), LOGLOG_VERSION, strlen(LOGLOG_VERSION)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_documents),
        cmocka_unit_test(saved_and_read),
        cmocka_unit_test(a_distribution),
        cmocka_unit_test(one_line_errors),
        cmocka_unit_test(logged_sealed_scored),
        cmocka_unit_test(log_refusals),
        cmocka_unit_test(killed_and_gone_on),
        cmocka_unit_test(tables_in_and_out),
        cmocka_unit_test(a_ladder),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(versions),
        cmocka_unit_test(what_is_known_stays),
        cmocka_unit_test(after_a_fork),
        cmocka_unit_test(anothers_memory),
        cmocka_unit_test(a_comma_in_the_locale),
    };
    return cmocka_run_group_tests(tests, make, scratch_remove);
}
