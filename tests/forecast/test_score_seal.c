/* A run's score, forecast by a law in two steps: sealed with its name, scored by what came of that score and by nothing
 * else; an older ledger reads as before, and a changed name is found. */
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/ledger/said_by_law.h"
#include "planted_ladder.h"
#include "planted_ledger.h"
#include "store/hash_chain.h"

/* 30 runs whose score is a sigmoid of a loss, with scatter in both. */
static int setup(void **state) {
    (void)state;
    char text[1 << 13], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,loss,p.acc\n");
    support_folder(folder);
    ll_rng rng = ll_rng_at(5, 1, 1);
    for (int i = 0; i < 30; i++) {
        const double N = 1e7 * pow(4, i % 5), D = 2e8 * pow(4, i / 5);
        const double L = (1.7 + 400 * pow(N, -0.34) + 400 * pow(D, -0.28)) * exp(0.003 * ll_rng_normal(&rng));
        const double p = 0.05 + 0.9 / (1 + exp(3 * (L - 3))) + 0.01 * ll_rng_normal(&rng);
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%.17g\n", N, D, L, p);
    }
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

/* ---- by the verbs ---- */

#define LAW " runs.csv --law two_step --y p.acc --bootstrap 200 --params 1B --tokens 40B --run big"

static void sealed_listed_and_scored(void **state) {
    (void)state;
    answers("forecast seal" LAW " --json", 0, "\"quantity\": \"p.acc\"");
    assert_non_null(strstr(out, "\"law\": \"two_step\""));
    assert_non_null(strstr(out, "\"unit\": \"share\""));
    answers("forecast seal" LAW, 0, "already sealed");
    answers("forecast seal runs.csv --law two_step --y p.acc --bootstrap 200 --params 1B --tokens 80B --run big", 1,
            "stands in entry 1");
    answers("forecast seal runs.csv --params 1B --tokens 40B --run big --bootstrap 0", 0, "table/big");
    answers("forecast list", 0, "p.acc of run table/big");
    assert_non_null(strstr(out, "1 of scores"));
    /* A score is no loss, and a loss is no score. */
    answers("forecast score --entry 1 --y p.other --outcome 0.5", 2, "a forecast of p.acc");
    answers("forecast score --entry 2 --y p.acc --outcome 0.5", 2, "a forecast of the loss");
    answers("forecast score --run table/big --y p.other --outcome 0.5", 2, "one is never scored with the other");
    answers("forecast score --run table/big --y p.acc --outcome 2.2", 2, "expected a share");
    answers("forecast score --run table/big --y p.acc --outcome true", 2, "expected a share");
    answers("forecast score --y p.acc", 2, "give both");
    answers("forecast list", 0, "2 entries");
    answers("forecast score --run table/big --outcome 2.48", 0, "1 more on the other scale");
    answers("forecast check", 0, "1 of scores");
    answers("forecast score --run big --y p.acc --outcome 0.01", 0, "OUTSIDE its 99 %");
    answers("forecast check", 3, "BEND ALARM: entry 1, p.acc of run table/big: 0.0100 came");
    answers("forecast check --json", 3, "\"quantity\": \"p.acc\"");
    answers("forecast score --run big --y p.acc --outcome 0.02", 1, "scored already");
}

static void a_score_alone_takes_no_loss(void **state) {
    (void)state;
    answers("forecast seal" LAW " --store alone.db", 0, "p.acc of run table/big");
    answers("forecast score --store alone.db --run big --outcome 0.6", 2,
            "--outcome is of the loss, and what is sealed there is a forecast of p.acc (--y names it)");
    answers("forecast seal" LAW " --store none.db --fit f.json", 2, "leave out --fit");
    answers("forecast seal runs.csv --law two_step --params 1B --tokens 40B --store none.db", 2, "--y");
    answers(
        "forecast seal runs.csv --law two_step --y p.acc --bootstrap 0 --params 1B --tokens 40B --store none.db", 2,
        "--bootstrap");
}

/* ---- quantiles ---- */

/* The interval of the outlook at the law's level lies among the sealed quantiles; nothing leaves 0 to 1. */
static void quantiles_are_the_outlooks(void **state) {
    (void)state;
    enum { RUNS = 30 };
    double N[RUNS], D[RUNS], L[RUNS], score[RUNS], q[LL_FORECAST_QUANTILES];
    ll_rng rng = ll_rng_at(7, 1, 1);
    for (int i = 0; i < RUNS; i++) {
        N[i] = 1e7 * pow(4, i % 5), D[i] = 2e8 * pow(4, i / 5);
        L[i] = (1.7 + 400 * pow(N[i], -0.34) + 400 * pow(D[i], -0.28)) * exp(0.003 * ll_rng_normal(&rng));
        score[i] = 1 / (1 + exp(4 * (L[i] - 3)));
    }
    ll_two_step f;
    ll_ability_outlook o;
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e10, [LL_VAR_D] = 1e12 };
    const ll_two_step_data data = { .n = RUNS, .N = N, .D = D, .via = L, .score = score };
    assert_ok(ll_two_step_run(&f, &data, &(ll_fit_opts) { .n_boot = 200, .threads = 1 }, err));
    assert_ok(ll_two_step_outlook(&f, x, &o, err));
    assert_ok(ll_two_step_quantiles(&f, x, ll_forecast_levels, LL_FORECAST_QUANTILES, q, err));
    assert_true(fabs(q[LL_FORECAST_LO90] - o.run.lo) < 1e-12 && fabs(q[LL_FORECAST_HI90] - o.run.hi) < 1e-12);
    assert_true(fabs(q[LL_FORECAST_MEDIAN] - o.run.value) < 1e-12);
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) {
        assert_true(q[i] >= 0 && q[i] <= 1);
        assert_true(i == 0 || q[i] >= q[i - 1]);
    }
    ll_two_step_clear(&f);
}

/* ---- what came, out of the store ---- */

/* Levels 0.05, 0.5 and 0.95 of p.acc at 0.2, 0.4 and 0.6. */
static ll_said planted_score(const char *run, const char *quantity) {
    ll_said said = { .what.probability = NAN,
                     .ground = { .share = true, .params = 1e6, .tokens = 2e7, .reach = 4, .n_fitted = 30 } };
    strcpy(said.ground.quantity, quantity);
    strcpy(said.ground.law, "two_step");
    snprintf(said.run, sizeof said.run, "%s", run);
    ll_clock_utc(said.sealed, sizeof said.sealed);
    ll_score_ground_question(said.question, sizeof said.question, quantity, run);
    assert_ok(ll_said_quantiles(&said, "0.05=0.2,0.5=0.4,0.95=0.6", "planted", err));
    return said;
}

static void seal_planted(ll_store *s, const char *run, const char *quantity, char hash[65]) {
    const ll_said said = planted_score(run, quantity);
    ll_said stands;
    ll_sealing how;
    assert_ok(ll_ledger_seal_said(s, &said, NULL, &stands, &how, err));
    assert_int_equal(how, LL_SEALING_NEW);
    memcpy(hash, stands.hash, 65);
}

static void put_score(ll_store *s, const char *run, int64_t step, const char *metric, double value) {
    ll_run_score score = { .step = step, .value = value, .se = 0.01, .items = 100, .chance = NAN };
    strcpy(score.probe, "p");
    strcpy(score.metric, metric);
    assert_ok(ll_store_put_scores(s, run, &score, 1, err));
}

/* Of a run that is done its last score; an outcome outside costs 2/0.1 for what it lies outside. */
static void scored_out_of_the_store(void **state) {
    (void)state;
    char path[LL_PATH_MAX], hash[65];
    const char *id = "0123456789abcdef/last-30";
    ll_store *s;
    ll_run run;
    int64_t scored;
    assert_ok(ll_file_join(path, folder, "s.db", err));
    plant(path, "planted");
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    seal_planted(s, id, "p.acc", hash);
    assert_ok(ll_seal_scores(s, NULL, &scored, err));
    assert_int_equal(scored, 0); /* done, and not asked */
    assert_ok(ll_store_get_run(s, id, &run, err));
    put_score(s, id, (int64_t)run.steps / 2, "acc", 0.9);
    put_score(s, id, (int64_t)run.steps, "acc", 0.65);
    put_score(s, id, (int64_t)run.steps, "accuracy", 0.1);
    assert_ok(ll_seal_scores(s, NULL, &scored, err));
    assert_int_equal(scored, 1);
    ll_ledger_view v;
    assert_ok(ll_ledger_view_store(&v, s, err));
    const ll_said *it = ll_ledger_view_said_at(&v, hash);
    assert_true(it->what.judged && it->what.score.outcome == 0.65);
    assert_true(fabs(it->what.score.interval_score - (0.4 + 20 * 0.05)) < 1e-9);
    assert_int_equal(v.n_remarks, 0);
    ll_ledger_view_clear(&v);
    ll_store_close(s);
    answers("forecast check --store s.db", 0, "1 of scores");
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    put_score(s, id, (int64_t)run.steps, "acc", 0.66);
    ll_store_close(s);
    answers("forecast check --store s.db", 1, "DIFFERS: entry 3, p.acc of run");
}

/* What a report and the status say of it: the run by its name, the quantiles and what came. */
static void shown(void **state) {
    (void)state;
    answers("status --store s.db", 0,
            "last forecast of a score: p.acc of run 0123456789abcdef/last-30, 0.4000 (90 %: 0.2000 to 0.6000)");
    assert_non_null(strstr(out, ", came 0.6500"));
    answers("status --store s.db --json", 0, "\"score_forecast\": {");
    answers("report --store s.db --out s.html", 0, "");
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, "s.html", err));
    char *page = slurp(path);
    static const char *const cells[] = {
        "What laws said of scores", "p.acc", ">0.40<", ">0.20<", ">0.60<", ">0.6500<", ">no<"
    };
    const char *at = page;
    for (size_t k = 0; at && k < sizeof cells / sizeof *cells; k++) at = strstr(at, cells[k]);
    assert_true(at != NULL);
    free(page);
}

/* A share of 1.5 is no outcome: it is named, and what was sealed after it is scored all the same. */
static void one_outside_stops_no_other(void **state) {
    (void)state;
    char path[LL_PATH_MAX], hash[65];
    const char *id = "0123456789abcdef/last-30";
    ll_store *s;
    ll_run run;
    int64_t scored;
    assert_ok(ll_file_join(path, folder, "o.db", err));
    plant(path, "planted");
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    seal_planted(s, id, "p.wild", hash);
    seal_planted(s, id, "p.acc", hash);
    assert_ok(ll_store_get_run(s, id, &run, err));
    put_score(s, id, (int64_t)run.steps, "wild", 1.5);
    put_score(s, id, (int64_t)run.steps, "acc", 0.5);
    ll_error wrong = { 0 };
    assert_int_equal(ll_seal_scores(s, NULL, &scored, &wrong), LL_EINPUT);
    assert_non_null(strstr(wrong.msg, "expected a share"));
    assert_int_equal(scored, 1);
    ll_ledger_view v;
    assert_ok(ll_ledger_view_store(&v, s, err));
    assert_true(ll_ledger_view_said_at(&v, hash)->what.judged);
    ll_ledger_view_clear(&v);
    ll_store_close(s);
}

/* From the scores of a store's runs to the run that comes after them. */
static void sealed_from_a_store(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run *runs;
    int64_t n;
    assert_ok(ll_file_join(path, folder, "w.db", err));
    plant(path, "planted");
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_list_runs(s, "", -1, "", &runs, &n, err));
    for (int64_t i = 0; i < n; i++)
        put_score(s, runs[i].id, (int64_t)runs[i].steps, "acc", 1 / (1 + exp(2 * (runs[i].loss - 2.5))));
    ll_store_close(s);
    answers("forecast seal --store w.db --law two_step --y p.acc --bootstrap 100 --params 3e6 --tokens 1e7 --run "
            "last-30",
            1, "is done");
    answers(
        "forecast seal --store w.db --law two_step --y p.acc --bootstrap 100 --params 3e6 --tokens 1e7 --run next",
        0, "p.acc of run 0123456789abcdef/next");
    const ll_ladder l = planted_ladder("planted");
    ll_run next = planted_run(&l, 31, "next", 3e6, 1e7);
    snprintf(next.id, sizeof next.id, "%s/next", l.id);
    strcpy(next.name, "next");
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    put_run(s, &next);
    put_score(s, next.id, (int64_t)next.steps, "acc", 1 / (1 + exp(2 * (next.loss - 2.5))));
    ll_store_close(s);
    free(runs);
    answers("forecast score --store w.db --scale linear", 0, "p.acc of run 0123456789abcdef/next");
    assert_non_null(strstr(out, "1 judged, 0 open"));
    assert_null(strstr(out, "OUTSIDE"));
    answers("forecast check --store w.db", 0, "1 of scores");
}

/* ---- other ledgers ---- */

static void chain(ll_entry *e, int n) {
    for (int i = 0; i < n; i++) {
        e[i].seq = i + 1;
        strcpy(e[i].previous, i ? e[i - 1].hash : ll_hash_chain_start);
        ll_hash_chain_hash(e[i].previous, e[i].body, e[i].hash);
    }
}

/* An entry of before there were scores is read, and written, as it was. */
static void an_older_ledger(void **state) {
    (void)state;
    static char body[] =
        "{\"schema\": \"loglog.prediction/1\", \"question\": \"q\", \"author\": \"a\", \"run\": \"x/y\", "
        "\"judged_by\": \"\", \"version\": \"v\", \"sealed\": \"2026-01-02T03:30:00Z\", \"scale\": \"linear\", "
        "\"quantiles\": {\"0.05\": 1.0, \"0.95\": 2.0}}";
    ll_entry e[1] = { { .body = body } };
    ll_ledger_view v;
    ll_json *doc;
    chain(e, 1);
    assert_ok(ll_ledger_view_of(&v, e, 1, err));
    assert_int_equal(v.n_said, 1);
    assert_int_equal(v.n_remarks, 0);
    assert_string_equal(v.said[0].ground.quantity, "");
    assert_ok(ll_json_parse(body, strlen(body), "body", &doc, err));
    ll_json *again = ll_said_json(&v.said[0]);
    assert_true(ll_json_equal(doc, again));
    ll_json_free(doc);
    ll_json_free(again);
    ll_ledger_view_clear(&v);
}

/* One text of a body is another. */
static void rewrite(ll_entry *e, const char *key, const char *value) {
    ll_json *doc;
    assert_ok(ll_json_parse(e->body, strlen(e->body), "body", &doc, err));
    assert_non_null(ll_json_get(doc, key));
    ll_json_set_str(doc, key, value);
    free(e->body);
    e->body = ll_json_text(doc, false);
    ll_json_free(doc);
}

/* Entry 1 forecasts p.acc, entry 2 its score, 0.5. Whoever changes the name of what was forecast, in one or both, and
 * makes the chain anew is found by what the entries say. */
static void a_changed_quantity_is_found(void **state) {
    (void)state;
    static const struct {
        int at;
        const char *key, *value, *key2, *value2;
        int64_t said;
        ll_remark_kind kind;
    } cases[] = {
        { 0, "quantity", "p.best", NULL, NULL, 0, LL_REMARK_DAMAGED },
        { 0, "quantity", "", NULL, NULL, 0, LL_REMARK_DAMAGED },
        { 0, "run", "x/other", NULL, NULL, 0, LL_REMARK_DAMAGED },
        { 0, "unit", "loss", NULL, NULL, 0, LL_REMARK_DAMAGED },
        { 0, "scale", "log", NULL, NULL, 0, LL_REMARK_DAMAGED },
        { 0, "quantity", "p.best", "question", "p.best of run x/y", 1, LL_REMARK_IGNORED },
        { 1, "quantity", "p.best", NULL, NULL, 1, LL_REMARK_IGNORED },
        { 1, "quantity", "", NULL, NULL, 1, LL_REMARK_IGNORED },
    };
    char path[LL_PATH_MAX], hash[65];
    ll_store *s;
    assert_ok(ll_file_join(path, folder, "a.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    seal_planted(s, "x/y", "p.acc", hash);
    plant_score(s, hash, "0.5", NULL);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ll_entry *e;
        int64_t n;
        const char *why;
        ll_ledger_view v;
        assert_ok(ll_store_list_entries(s, &e, &n, err));
        rewrite(&e[cases[k].at], cases[k].key, cases[k].value);
        if (cases[k].key2) rewrite(&e[cases[k].at], cases[k].key2, cases[k].value2);
        assert_int_equal(ll_hash_chain_check(e, n, &why), cases[k].at + 1); /* the chain alone finds it */
        chain(e, 2);
        if (cases[k].at == 0) rewrite(&e[1], "forecast", e[0].hash);
        chain(e, 2);
        assert_ok(ll_ledger_view_of(&v, e, n, err));
        assert_int_equal(v.n_said, cases[k].said);
        assert_true(v.n_remarks > 0);
        assert_int_equal(v.remarks[0].kind, cases[k].kind);
        for (int64_t i = 0; i < v.n_said; i++) assert_false(v.said[i].what.judged);
        ll_ledger_view_clear(&v);
        ll_entries_free(e, n);
    }
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_listed_and_scored),
        cmocka_unit_test(a_score_alone_takes_no_loss),
        cmocka_unit_test(quantiles_are_the_outlooks),
        cmocka_unit_test(scored_out_of_the_store),
        cmocka_unit_test(shown),
        cmocka_unit_test(one_outside_stops_no_other),
        cmocka_unit_test(sealed_from_a_store),
        cmocka_unit_test(an_older_ledger),
        cmocka_unit_test(a_changed_quantity_is_found),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
