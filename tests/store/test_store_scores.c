/* Scores of runs: kept by step, probe and metric, the last of each visited, gone with their run. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include <math.h>

#include "store/observation.h"

static ll_run_score score(int64_t step, const char *probe, const char *metric, double value) {
    ll_run_score s = { .step = step, .value = value, .se = 0.01, .items = 64, .chance = NAN };
    snprintf(s.probe, sizeof s.probe, "%s", probe);
    snprintf(s.metric, sizeof s.metric, "%s", metric);
    snprintf(s.settings, sizeof s.settings, "windows=64");
    return s;
}

static int64_t count_scores(ll_store *s, const char *run) {
    ll_run_score *scores;
    int64_t n;
    assert_ok(ll_store_list_scores(s, run, &scores, &n, err));
    free(scores);
    return n;
}

static void kept(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_run_score put[] = { score(8, "noise", "scale", 900), score(4, "noise", "scale", 500),
                           score(8, "also", "books", 2.5) },
                 *got;
    int64_t n;
    put_ladder(s, "kept", "kept");
    put_run(s, make_run("kept", "a", 1, 3));
    assert_ok(ll_store_put_scores(s, "kept/a", put, 3, err));
    put[0].value = 901;
    put[0].se = NAN;
    assert_ok(ll_store_put_scores(s, "kept/a", put, 1, err)); /* asked again: replaced */
    assert_ok(ll_store_list_scores(s, "kept/a", &got, &n, err));
    assert_int_equal(n, 3);
    assert_string_equal(got[0].probe, "also");
    assert_true(got[1].step == 4 && got[1].value == 500 && got[1].se == 0.01 && isnan(got[1].chance));
    assert_true(got[2].step == 8 && got[2].value == 901 && isnan(got[2].se) && got[2].items == 64);
    assert_string_equal(got[2].settings, "windows=64");
    free(got);
    ll_store_close(s);
}

static void refused(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_error e = { 0 };
    ll_run_score put[] = { score(8, "p", "good", 1), score(8, "p", "bad", INFINITY) };
    put_ladder(s, "ref", "refused");
    put_run(s, make_run("ref", "a", 1, 3));
    assert_int_equal(ll_store_put_scores(s, "ref/none", put, 1, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "ref/none"));
    assert_int_equal(ll_store_put_scores(s, "ref/a", put, 2, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "p.bad"));
    assert_int_equal(count_scores(s, "ref/a"), 0); /* all of them or none */
    ll_store_close(s);
}

typedef struct seen {
    int n;
    double sum;
    char first[LL_RUN_ID];
} seen;

static ll_status see(void *ctx, const char *run, const ll_run_score *got, ll_error *e) {
    seen *v = ctx;
    (void)e;
    if (v->n++ == 0) snprintf(v->first, sizeof v->first, "%s", run);
    v->sum += got->value;
    return LL_OK;
}

static void last_of_each(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    seen v = { 0 };
    put_ladder(s, "last", "last");
    put_run(s, make_run("last", "a", 1, 3));
    put_run(s, make_run("last", "b", 2, 2.5));
    ll_run_score a[] = { score(1, "m", "x", 1000), score(9, "m", "x", 1), score(5, "m", "y", 10) };
    ll_run_score b = score(3, "m", "x", 100);
    assert_ok(ll_store_put_scores(s, "last/a", a, 3, err));
    assert_ok(ll_store_put_scores(s, "last/b", &b, 1, err));
    assert_ok(ll_store_visit_scores(s, "last", false, see, &v, err));
    assert_int_equal(v.n, 3);
    assert_true(v.sum == 111);
    assert_string_equal(v.first, "last/a");
    assert_ok(ll_store_cut_points(s, "last/a", 9, err)); /* a run goes on from step 8 */
    v = (seen) { 0 };
    assert_ok(ll_store_visit_scores(s, "last", false, see, &v, err));
    assert_true(v.sum == 1110);
    ll_store_close(s);
}

static void gone_with_the_run(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_run_score one = score(1, "m", "x", 1);
    put_ladder(s, "gone", "gone");
    put_run(s, make_run("gone", "a", 1, 3));
    assert_ok(ll_store_put_scores(s, "gone/a", &one, 1, err));
    assert_ok(ll_store_drop_runs(s, (const char *const[]) { "gone/a" }, 1, err));
    put_run(s, make_run("gone", "a", 1, 3));
    assert_int_equal(count_scores(s, "gone/a"), 0);
    ll_store_close(s);
}

static void rotten(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_run_score one = score(1, "m", "rot", 1), *got;
    ll_error e = { 0 };
    int64_t n;
    put_ladder(s, "rot", "rot");
    put_run(s, make_run("rot", "a", 1, 3));
    assert_ok(ll_store_put_scores(s, "rot/a", &one, 1, err));
    ll_store_close(s);
    if (!outsider("UPDATE score SET value = 2 WHERE metric = 'rot'")) return;
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_list_scores(s, "rot/a", &got, &n, &e), LL_EFORMAT);
    assert_non_null(strstr(e.msg, "m.rot"));
    assert_non_null(strstr(e.msg, "rot/a"));
    ll_store_close(s);
}

/* In place of the loss, and as a variable; runs that lack either are no observations. */
static void observed(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_observed o;
    ll_error e = { 0 };
    put_ladder(s, "obs", "observed");
    for (int i = 0; i < 4; i++) {
        char name[8], id[16];
        snprintf(name, sizeof name, "r%d", i);
        snprintf(id, sizeof id, "obs/r%d", i);
        ll_run run = make_run("obs", name, 6e6 * (i + 1), 3 - 0.1 * i);
        run.params = 1000 * (i + 1);
        run.tokens = 1000;
        run.layers = i == 2 ? 0 : i + 1; /* 0: not known */
        put_run(s, run);
        ll_run_score one = score(5, "pos", "64", 2 - 0.1 * i);
        if (i > 0) assert_ok(ll_store_put_scores(s, id, &one, 1, err));
    }
    assert_ok(ll_observe(&o, s, &(ll_observe_opts) { .ladder = "obs", .y = "pos.64", .x = "layers" }, err));
    assert_int_equal(o.table.rows, 2);
    assert_int_equal(o.left_out[LL_NO_OBSERVATION_LOSS], 2);
    assert_true(fabs(o.table.num[LL_COL_LOSS][0] - 1.9) < 1e-12 && o.table.x[0] == 2);
    assert_true(fabs(o.table.num[LL_COL_LOSS][1] - 1.7) < 1e-12 && o.table.x[1] == 4);
    assert_true(o.table.num[LL_COL_LOSS_SE][1] == 0.01 && o.table.loss_unit == LL_LOSS_UNSTATED);
    assert_string_equal(o.table.header[LL_COL_LOSS], "pos.64");
    ll_observed_clear(&o);
    assert_int_equal(ll_observe(&o, s, &(ll_observe_opts) { .ladder = "obs", .y = "pos.46" }, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "did you mean 'pos.64'?"));
    ll_run_score other = score(5, "pos", "64", 1.5);
    strcpy(other.settings, "windows=8");
    assert_ok(ll_store_put_scores(s, "obs/r3", &other, 1, err));
    assert_int_equal(ll_observe(&o, s, &(ll_observe_opts) { .ladder = "obs", .y = "pos.64" }, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "windows=8"));
    ll_store_close(s);
}

/* What export writes, a table's y reads: the measure, its error, and no row without it. */
static void through_a_table(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_table t;
    ll_run_score one = score(5, "p", "acc", 0.25);
    put_ladder(s, "tab", "table");
    for (int i = 0; i < 2; i++) {
        ll_run run = make_run("tab", i ? "b" : "a", 6e6, 3);
        run.params = run.tokens = 1000;
        put_run(s, run);
    }
    assert_ok(ll_store_put_scores(s, "tab/b", &one, 1, err));
    assert_ok(ll_store_export(s, "tab", "", &t, err));
    for (int k = 0; k < 2; k++) {
        assert_int_equal(ll_file_join(path, folder, k ? "t.jsonl" : "t.csv", NULL), LL_OK);
        assert_ok(ll_table_write(&t, path, err));
        ll_table back;
        assert_ok(ll_table_read(&back, path, &(ll_table_opts) { .y = "p.acc" }, err));
        assert_int_equal(back.rows, 1);
        assert_true(back.without_loss == 1 && back.dropped == 0);
        assert_true(back.num[LL_COL_LOSS][0] == 0.25 && back.num[LL_COL_LOSS_SE][0] == 0.01);
        assert_int_equal(back.loss_unit, LL_LOSS_UNSTATED);
        ll_table_clear(&back);
    }
    ll_table_clear(&t);
    ll_store_close(s);
}

/* A row a point: the run's own numbers beside it, tokens and FLOPs of the point, the scores of its step. */
static void curves(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_table t;
    ll_run run = make_run("cur", "a", 6e6, 2);
    ll_run_score late = score(20, "noise", "scale", 700);
    put_ladder(s, "cur", "curves");
    run.params = 1000;
    run.tokens = 2000;
    run.flops_exact = 8e6;
    run.layers = 3;
    put_run(s, run);
    for (int k = 1; k <= 2; k++)
        assert_ok(ll_store_put_point(s, "cur/a", &(ll_point) { 10 * k, 1000 * k, 4 - k, 0.1 * k, NAN }, err));
    assert_ok(ll_store_put_scores(s, "cur/a", &late, 1, err));
    assert_ok(ll_store_export_curves(s, "cur", "", &t, err));
    assert_int_equal(t.rows, 2);
    for (int k = 0; k < 2; k++) {
        assert_string_equal(t.text[LL_COL_RUN][k], "a");
        assert_true(t.num[LL_COL_STEP][k] == 10 * (k + 1) && t.num[LL_COL_LOSS][k] == 3 - k);
        assert_true(t.num[LL_COL_TOKENS][k] == 1000 * (k + 1) && t.num[LL_COL_FLOPS][k] == 6e6 * (k + 1));
    }
    for (int64_t m = 0; m < t.n_measures; m++) {
        if (strcmp(t.measures[m].name, "layers") == 0)
            assert_true(t.measures[m].value[0] == 3 && !t.measures[m].se);
        if (strcmp(t.measures[m].name, "flops_exact") == 0) assert_true(t.measures[m].value[0] == 4e6);
    }
    const ll_table_measure *noise = &t.measures[t.n_measures - 1];
    assert_string_equal(noise->name, "noise.scale");
    assert_true(isnan(noise->value[0]) && noise->value[1] == 700 && noise->se[1] == 0.01);
    ll_table_clear(&t);
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept),
        cmocka_unit_test(refused),
        cmocka_unit_test(last_of_each),
        cmocka_unit_test(gone_with_the_run),
        cmocka_unit_test(rotten),
        cmocka_unit_test(observed),
        cmocka_unit_test(through_a_table),
        cmocka_unit_test(curves),
    };
    return run_on_both(tests);
}
