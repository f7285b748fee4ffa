/* What an observation is: which runs of a store and rows of a table a law is fitted to, and what is said of the
 * rest. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "base/system/file.h"
#include "scratch.h"
#include "store/observation.h"

static char path[LL_PATH_MAX], out[1 << 17], says[4096];

static ll_store *open_store(const char *name) {
    ll_store *s;
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    return s;
}

static void put_ladder(ll_store *s, const char *id, const char *name) {
    ll_ladder l = { .spec = "schema: loglog.spec/1\n", .data = "{}" };
    snprintf(l.id, sizeof l.id, "%s", id);
    snprintf(l.name, sizeof l.name, "%s", name);
    snprintf(l.data_hash, sizeof l.data_hash, "%064d", 1);
    snprintf(l.spec_hash, sizeof l.spec_hash, "%s%048d", id, 0);
    assert_ok(ll_store_put_ladder(s, &l, err));
}

/* Run k of a ladder, on E + A/N^alpha + B/D^beta. */
static ll_run run_of(const char *ladder, int k, const char *role, ll_run_state state) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.ladder, sizeof r.ladder, "%s", ladder);
    snprintf(r.name, sizeof r.name, "run-%02d", k);
    snprintf(r.id, sizeof r.id, "%s/%s", *ladder ? ladder : "import/00000000", r.name);
    snprintf(r.role, sizeof r.role, "%s", role);
    snprintf(r.family, sizeof r.family, "gpt");
    r.state = state;
    r.params = 1e5 * pow(2, k % 4);
    r.tokens = 1e7 * pow(3, k / 4);
    r.flops = 6 * r.params * r.tokens;
    r.loss = 1.2 + 30 * pow(r.params, -0.35) + 300 * pow(r.tokens, -0.37);
    return r;
}

static void put(ll_store *s, ll_run r) {
    assert_ok(ll_store_put_run(s, &r, err));
}

static void score(ll_store *s, const char *run) {
    char body[512];
    ll_entry e = { 0 };
    snprintf(body, sizeof body, "{\"schema\":\"loglog.score/1\",\"run\":\"%s\",\"outcome\":2}", run);
    assert_ok(ll_store_append(s, body, &e, err));
    free(e.body);
}

/* ---- one run ---- */

static void which_runs_are_observations(void **state) {
    (void)state;
    static const struct {
        const char *role;
        ll_run_state state;
        double loss;
        ll_observation is;
    } cases[] = {
        { "fit", LL_RUN_DONE, 2, LL_OBSERVATION },
        { "", LL_RUN_DONE, 2, LL_OBSERVATION }, /* an imported run says nothing of its role */
        { "scored", LL_RUN_DONE, 2, LL_OBSERVATION },
        { "trunk", LL_RUN_DONE, 2, LL_NO_OBSERVATION_TRUNK },
        { "forecast", LL_RUN_DONE, 2, LL_NO_OBSERVATION_HELD_OUT },
        { "fit", LL_RUN_FAILED, 2, LL_NO_OBSERVATION_FAILED },
        { "fit", LL_RUN_PLANNED, 2, LL_NO_OBSERVATION_UNFINISHED },
        { "fit", LL_RUN_RUNNING, 2, LL_NO_OBSERVATION_UNFINISHED },
        { "fit", LL_RUN_STOPPED, 2, LL_NO_OBSERVATION_UNFINISHED },
        { "fit", LL_RUN_DONE, NAN, LL_NO_OBSERVATION_LOSS },
        { "fit", LL_RUN_DONE, 0, LL_NO_OBSERVATION_LOSS },
        { "fit", LL_RUN_DONE, INFINITY, LL_NO_OBSERVATION_LOSS },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_run r = run_of("a", 1, cases[i].role, cases[i].state);
        r.loss = cases[i].loss;
        assert_int_equal(ll_run_observation(&r, NULL), cases[i].is);
    }
}

/* ---- a store ---- */

static void fill(ll_store *s) {
    put_ladder(s, "aaaaaaaaaaaaaaaa", "first");
    for (int k = 0; k < 12; k++) put(s, run_of("aaaaaaaaaaaaaaaa", k, "fit", LL_RUN_DONE));
    put(s, run_of("aaaaaaaaaaaaaaaa", 12, "trunk", LL_RUN_DONE));
    put(s, run_of("aaaaaaaaaaaaaaaa", 13, "forecast", LL_RUN_DONE));
    put(s, run_of("aaaaaaaaaaaaaaaa", 14, "fit", LL_RUN_FAILED));
    put_ladder(s, "bbbbbbbbbbbbbbbb", "second");
    for (int k = 0; k < 8; k++) put(s, run_of("bbbbbbbbbbbbbbbb", k, "fit", LL_RUN_DONE));
    for (int k = 0; k < 5; k++) put(s, run_of("", k, "", LL_RUN_DONE));
}

static ll_observed observed(ll_store *s, const char *ladder, const char *where) {
    ll_observed o;
    assert_ok(ll_observe(&o, s, &(ll_observe_opts) { ladder, where }, err));
    return o;
}

/* A row for each point with a loss, a run one cluster, its number beside it; a run that is no observation has none. */
static void points_of_curves(void **state) {
    (void)state;
    ll_store *s = open_store("curves.db");
    ll_observed o;
    ll_error err = { 0 };
    put_ladder(s, "aaaaaaaaaaaaaaaa", "first");
    for (int k = 0; k < 3; k++) {
        ll_run r = run_of("aaaaaaaaaaaaaaaa", k, k < 2 ? "fit" : "trunk", LL_RUN_DONE);
        r.width = 64, r.layers = 2 + 2 * k;
        put(s, r);
        for (int step = 1; step <= 3; step++) {
            const ll_point p = { step, 100.0 * step, step == 2 ? NAN : 5.0 - step, 0.01, NAN };
            assert_int_equal(ll_store_put_point(s, r.id, &p, &err), LL_OK);
        }
    }
    assert_int_equal(ll_observe(&o, s, &(ll_observe_opts) { .x = "aspect", .curves = true }, &err), LL_OK);
    assert_int_equal(o.table.rows, 4);
    assert_true(o.table.clustered_by_run);
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(o.table.cluster[i], i / 2);
        assert_true(o.table.num[LL_COL_STEP][i] == (i % 2 ? 3 : 1));
        assert_true(o.table.num[LL_COL_TOKENS][i] == (i % 2 ? 300 : 100));
        assert_true(o.table.num[LL_COL_LOSS][i] == (i % 2 ? 2 : 4));
        assert_true(o.table.x[i] == (i < 2 ? 32 : 16));
    }
    ll_observed_clear(&o);
    assert_int_equal(ll_observe(&o, s, &(ll_observe_opts) { .y = "layers", .curves = true }, &err), LL_EINPUT);
    ll_store_close(s);
}

static void a_ladder_at_a_time(void **state) {
    (void)state;
    ll_store *s = open_store("ladders.db");
    fill(s);
    ll_observed o = observed(s, NULL, NULL); /* the newest */
    assert_string_equal(o.ladder_name, "second");
    assert_int_equal(o.table.rows, 8);
    assert_int_equal(o.elsewhere, 14 + 5);
    ll_observed_clear(&o);
    o = observed(s, "first", NULL);
    assert_int_equal(o.table.rows, 12);
    assert_int_equal(o.left_out[LL_NO_OBSERVATION_TRUNK], 1);
    assert_int_equal(o.left_out[LL_NO_OBSERVATION_HELD_OUT], 1);
    assert_int_equal(o.left_out[LL_NO_OBSERVATION_FAILED], 1);
    assert_int_equal(o.n_finished, 14);
    assert_string_equal(o.mixed, "");
    ll_observed_clear(&o);
    o = observed(s, LL_LADDER_IMPORTED, NULL);
    assert_int_equal(o.table.rows, 5);
    ll_observed_clear(&o);
    o = observed(s, LL_LADDER_ALL, NULL);
    assert_int_equal(o.table.rows, 12 + 8 + 5);
    assert_non_null(strstr(o.mixed, "3 ladders"));
    ll_observed_clear(&o);
    o = observed(s, LL_LADDER_ALL, "ladder = bbbbbbbbbbbbbbbb");
    assert_int_equal(o.table.rows, 8);
    assert_string_equal(o.mixed, "");
    ll_observed_clear(&o);
    ll_error e = { 0 };
    assert_int_equal(ll_observe(&o, s, &(ll_observe_opts) { "third", NULL }, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "third"));
    ll_store_close(s);
}

/* A run that was held out is one of the runs from the moment its outcome is sealed, and an export says so. */
static void a_score_makes_an_observation(void **state) {
    (void)state;
    ll_store *s = open_store("scored.db");
    fill(s);
    score(s, "aaaaaaaaaaaaaaaa/run-13");
    ll_observed o = observed(s, "first", NULL);
    assert_int_equal(o.table.rows, 13);
    assert_int_equal(o.left_out[LL_NO_OBSERVATION_HELD_OUT], 0);
    ll_observed_clear(&o);
    ll_table t;
    int scored = 0, trunks = 0;
    assert_ok(ll_store_export(s, "aaaaaaaaaaaaaaaa", NULL, &t, err));
    assert_int_equal(t.rows, 14);
    for (int64_t i = 0; i < t.rows; i++) {
        const char *role = t.text[LL_COL_ROLE][i];
        scored += role && strcmp(role, "scored") == 0;
        trunks += role && strcmp(role, "trunk") == 0;
    }
    assert_true(scored == 1 && trunks == 1);
    ll_table_clear(&t);
    ll_store_close(s);
}

static void one_row_of_each_kind(void **state) {
    (void)state;
    static const char text[] = "run,params,tokens,loss,role\na,1e6,1e8,3,fit\nb,2e6,1e8,2.9,trunk\n"
                               "c,3e6,1e8,2.8,forecast\nd,4e6,1e8,2.7,scored\ne,5e6,1e8,2.6,\n";
    ll_observed o;
    support_write(folder, "roles.csv", text, sizeof text - 1, path);
    assert_ok(ll_observe_table(&o, path, NULL, err));
    assert_int_equal(o.table.rows, 3);
    assert_true(o.table.num[LL_COL_PARAMS][1] == 4e6 && o.table.line[2] == 6);
    assert_true(o.left_out[LL_NO_OBSERVATION_TRUNK] == 1 && o.left_out[LL_NO_OBSERVATION_HELD_OUT] == 1);
    assert_int_equal(o.table.dropped, 0); /* by no filter */
    ll_observed_clear(&o);
}

static void run(const char *arguments, const char *want) {
    const int code = support_run(folder, arguments, out, sizeof out, says, sizeof says);
    if (code != 0 || !strstr(out, want)) fail_msg("%s: exit %d, no '%s' in %s%s", arguments, code, want, out, says);
}

/* A store leaves a run without a loss out and says so; so does a table. What is written as nan is no empty cell. */
static void rows_without_a_loss(void **state) {
    (void)state;
    char text[4096],
        verbs[5][160] = { "fit lacks.csv --bootstrap 20", "plan lacks.csv --flops 1e18 --bootstrap 20",
                          "backtest lacks.csv --bootstrap 20", "compare lacks.csv lacks.csv --bootstrap 20",
                          "report lacks.csv --bootstrap 20 --out lacks.html" };
    size_t n = (size_t)snprintf(text, sizeof text, "params,tokens,loss\n");
    for (int k = 0; k < 24; k++) {
        const ll_run r = run_of("", k, "", LL_RUN_DONE);
        n += (size_t)snprintf(text + n, sizeof text - n, k == 4 ? "%.9g,%.9g,\n" : "%.9g,%.9g,%.9g\n", r.params,
                              r.tokens, r.loss);
    }
    support_write(folder, "lacks.csv", text, n, path);
    for (int v = 0; v < 5; v++) {
        assert_int_equal(support_run(folder, verbs[v], out, sizeof out, says, sizeof says), 0);
        assert_non_null(strstr(says, "warning: lacks.csv: left out: 1 without a loss"));
    }
    char *page, at[LL_PATH_MAX];
    size_t size;
    assert_ok(ll_file_join(at, folder, "lacks.html", err));
    assert_ok(ll_file_read(at, 1 << 24, &page, &size, err));
    assert_non_null(strstr(page, "Of the table's rows left out: 1 without a loss"));
    assert_null(strstr(page, "No run is left out"));
    free(page);
    run("fit lacks.csv --bootstrap 20", "23 runs, 1 left out");
    run("fit lacks.csv --bootstrap 20 --json", "\"dropped\": 1,");
    static const char bad[] = "params,tokens,loss\n1e6,1e8,3\n2e6,1e8,nan\n";
    support_write(folder, "nan.csv", bad, sizeof bad - 1, path);
    assert_int_equal(support_run(folder, "fit nan.csv", NULL, 0, says, sizeof says), 2);
    assert_non_null(strstr(says, "nan.csv:3: loss is nan"));
}

/* Billions without a word, and a column of perplexities or of something else for the loss. */
static void odd_columns_are_asked_about(void **state) {
    (void)state;
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "Size,tokens,loss\n");
    for (int k = 0; k < 24; k++) {
        const ll_run r = run_of("", k, "", LL_RUN_DONE);
        n +=
            (size_t)snprintf(text + n, sizeof text - n, "%.9g,%.9g,%.9g\n", r.params / 1e5, r.tokens, 100 * r.loss);
    }
    support_write(folder, "odd.csv", text, n, path);
    assert_int_equal(support_run(folder, "fit odd.csv --col params=Size --bootstrap 0", NULL, 0, says, sizeof says),
                     0);
    assert_non_null(strstr(says, "no run has more than 8 parameters"));
    assert_non_null(strstr(says, "is 'loss' the column of losses?"));
    assert_int_equal(
        support_run(folder, "fit odd.csv --col params=1e5*Size --bootstrap 0", NULL, 0, says, sizeof says), 0);
    assert_null(strstr(says, "no run has more than"));
}

/* The fit of a table that is told twice is the fit of the table. Seeds of one size are runs of their own. */
static void copies_are_left_out(void **state) {
    (void)state;
    char text[8192], once[sizeof out];
    size_t n = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss\n"), head = n, half;
    for (int k = 0; k < 24; k++) {
        const ll_run r = run_of("", k % 12, "", LL_RUN_DONE); /* twelve sizes, two seeds, losses of two digits */
        n += (size_t)snprintf(text + n, sizeof text - n, "r%d,%.9g,%.9g,%.2f\n", k, r.params, r.tokens,
                              r.loss + 0.02 * (k / 12));
    }
    half = n;
    support_write(folder, "seeds.csv", text, n, path);
    memcpy(text + half, text + head, half - head);
    support_write(folder, "twice.csv", text, 2 * half - head, path);
    static const char *const verbs[] = { "plan %s.csv --flops 1e18 --bootstrap 20",
                                         "next %s.csv --target-flops 1e18 --budget 1e17",
                                         "fit %s.csv --bootstrap 20 --json" };
    for (int v = 0; v < 3; v++) {
        char line[128];
        snprintf(line, sizeof line, verbs[v], "twice");
        assert_int_equal(support_run(folder, line, NULL, 0, says, sizeof says), 0);
        assert_non_null(strstr(says, "twice.csv: left out: 24 copies of other rows"));
        snprintf(line, sizeof line, verbs[v], "seeds");
        assert_int_equal(support_run(folder, line, NULL, 0, says, sizeof says), 0);
        assert_null(strstr(says, "copies"));
    }
    ll_json *of[2];
    for (int k = 0; k < 2; k++) {
        assert_int_equal(
            support_run(folder, k ? "fit twice.csv --json --bootstrap 50" : "fit seeds.csv --json --bootstrap 50",
                        once, sizeof once, says, sizeof says),
            0);
        assert_ok(ll_json_parse(once, strlen(once), "fit", &of[k], err));
    }
    char *params[2];
    for (int k = 0; k < 2; k++) params[k] = ll_json_text(ll_json_get(of[k], "params"), false);
    assert_string_equal(params[0], params[1]);
    for (int k = 0; k < 2; k++) free(params[k]), ll_json_free(of[k]);
}

/* Equal losses of runs of one size come by chance where they have few digits: of two decimals, of bf16, below zero. */
static void replicates_are_no_copies(void **state) {
    (void)state;
    static const struct {
        const char *header;
        double digits; /* a loss is a whole number of these */
    } tables[] = { { "run,params,tokens,loss\n", 1.0 / 128 },
                   { "params,tokens,loss\n", 0.01 },
                   { "params,tokens,loss\n", 1.0 / 128 } };
    for (int k = 0; k < 3; k++) {
        char text[8192];
        size_t n = (size_t)snprintf(text, sizeof text, "%s", tables[k].header);
        for (int i = 0; i < 24; i++) {
            const ll_run r = run_of("", i % 12, "", LL_RUN_DONE);
            const double loss = round(r.loss / tables[k].digits) * tables[k].digits;
            if (k == 0)
                n += (size_t)snprintf(text + n, sizeof text - n, "r%d,%.9g,%.9g,%.9g\n", i, r.params, r.tokens,
                                      loss);
            else n += (size_t)snprintf(text + n, sizeof text - n, "%.9g,%.9g,%.9g\n", r.params, r.tokens, loss);
        }
        support_write(folder, "seeds.csv", text, n, path);
        assert_int_equal(support_run(folder, "fit seeds.csv --bootstrap 0", out, sizeof out, says, sizeof says), 0);
        assert_null(strstr(says, "copies"));
        assert_non_null(strstr(out, "24 runs"));
    }
}

/* ---- the verbs say it first ---- */

static void what_is_fitted_is_said(void **state) {
    (void)state;
    ll_store *s = open_store("said.db");
    fill(s);
    ll_store_close(s);
    run("fit --store said.db --bootstrap 20",
        "8 runs of ladder bbbbbbbbbbbbbbbb (second); 19 finished runs outside it");
    run("fit --store said.db --bootstrap 20 --ladder first", "12 runs of ladder aaaaaaaaaaaaaaaa (first)");
    run("fit --store said.db --bootstrap 20 --ladder first", "left out: 1 failed; left out: 1 trunks");
    run("fit --store said.db --bootstrap 20 --ladder all", "MIXED: 3 ladders");
    run("fit --store said.db --bootstrap 20 --ladder all --json", "\"n\": 25");
    run("forecast at --store said.db --bootstrap 20 --ladder first --params 1e6 --tokens 1e9", "12 runs of ladder");
    assert_int_equal(support_run(folder, "fit --store said.db --ladder third", NULL, 0, says, sizeof says), 2);
    assert_non_null(strstr(says, "there is no ladder 'third'"));
    assert_int_equal(support_run(folder, "fit roles.csv --ladder first", NULL, 0, says, sizeof says), 2);
    assert_non_null(strstr(says, "--ladder speaks of a store"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_of_curves),     cmocka_unit_test(which_runs_are_observations),
        cmocka_unit_test(a_ladder_at_a_time),   cmocka_unit_test(a_score_makes_an_observation),
        cmocka_unit_test(one_row_of_each_kind), cmocka_unit_test(what_is_fitted_is_said),
        cmocka_unit_test(rows_without_a_loss),  cmocka_unit_test(odd_columns_are_asked_about),
        cmocka_unit_test(copies_are_left_out),  cmocka_unit_test(replicates_are_no_copies),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
