/* What a tax is worth in compute: of a planted ladder the known factor comes out within its interval, and where
 * there is no law there is no number. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/constitution/loop.h"

static char folder[LL_PATH_MAX], db[LL_PATH_MAX], out[1 << 14], why[4096];
static ll_constitution house;
enum { RUNS = 8 };
#define TAX 0.2
#define ALPHA 0.05

static const char words[] =
    "name: calm\nprinciples: [{id: q, words: Quotes end., judge: {kind: check, check: quotes}}]\n";

static double loss_at(double flops) {
    return pow(1e20 / flops, ALPHA);
}

static void put_run(ll_store *s, const char *ladder, int i) {
    ll_run run;
    ll_run_init(&run);
    snprintf(run.name, sizeof run.name, "r%d", i);
    snprintf(run.id, sizeof run.id, "%s/r%d", ladder, i);
    strcpy(run.ladder, ladder);
    strcpy(run.role, "fit");
    run.state = LL_RUN_DONE;
    run.params = 1e5 * pow(2, 0.5 * i);
    run.tokens = 2e6 * pow(2, 0.5 * i);
    run.flops = run.flops_exact = 6 * run.params * run.tokens;
    run.loss = loss_at(run.flops) * (1 + 0.002 * sin(2.5 * i + 1));
    run.steps = 100;
    assert_ok(ll_store_put_run(s, &run, err));
    ll_run_score score[] = { { .step = 100, .probe = "calm", .metric = "preference.all", .value = 0.1, .se = 0.01 },
                             { .step = 100, .probe = "calm", .metric = "preference.tax", .value = TAX, .se = NAN },
                             { .step = 100, .probe = "calm", .metric = "before.all", .value = 0.5, .se = 0.01 },
                             { .step = 100, .probe = "calm", .metric = "before.tax", .value = 0, .se = NAN },
                             { .step = 100, .probe = "calm", .metric = "bestof.2.all", .value = 0.3, .se = 0.01 } };
    for (int k = 0; k < 5; k++) {
        score[k].items = 64, score[k].chance = NAN;
        ll_loop_settings(&house, score[k].settings);
    }
    assert_ok(ll_store_put_scores(s, run.id, score, 5, err));
}

static void put_ladder(ll_store *s, const char *id, int runs) {
    ll_ladder ladder = { .name = "planted", .spec = "{}", .data = "{}" };
    snprintf(ladder.id, sizeof ladder.id, "%s", id);
    assert_ok(ll_store_put_ladder(s, &ladder, err));
    for (int i = 0; i < runs; i++) put_run(s, id, i);
}

static int setup(void **state) {
    char path[LL_PATH_MAX];
    ll_store *s;
    (void)state;
    support_folder(folder);
    support_write(folder, "house.yaml", words, sizeof words - 1, path);
    assert_ok(ll_constitution_parse(&house, words, sizeof words - 1, "house.yaml", err));
    assert_ok(ll_file_join(db, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
    put_ladder(s, "0123456789abcdef", RUNS);
    put_ladder(s, "fedcba9876543210", 1);
    ll_store_close(s);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

static void planted(void **state) {
    (void)state;
    ll_loop_table t;
    const ll_loop_opts opts = { .store = db, .ladder = "0123456789abcdef", .where = "" };
    assert_ok(ll_loop_read(&t, &house, &opts, err));
    assert_int_equal(t.rows, 3 * RUNS);
    for (int64_t i = 0; i < t.rows; i++) {
        const ll_loop_row *r = &t.row[i];
        const double known = pow(1 + TAX / loss_at(t.run[r->run].flops), 1 / ALPHA);
        if (!strcmp(r->stage, "before")) assert_close(r->cost.value, 1, 1e-12);
        else if (strcmp(r->stage, "preference") != 0)
            assert_true(isnan(r->cost.value)); /* no tax of the best of n */
        else if (!(fabs(r->cost.value / known - 1) < 0.1 && r->cost.lo < known && known < r->cost.hi))
            fail_msg("%g [%g, %g], known %g", r->cost.value, r->cost.lo, r->cost.hi, known);
    }
    ll_loop_table_clear(&t);
}

static void shown(void **state) {
    (void)state;
    assert_int_equal(support_run(folder, "constitution show house.yaml --store loglog.db --ladder 0123456789abcdef",
                                 out, sizeof out, why, sizeof why),
                     0);
    assert_non_null(strstr(out, "times C"));
    assert_non_null(strstr(out, "the ladder's own law"));
    assert_int_equal(support_run(folder, "constitution show house.yaml --store loglog.db --ladder fedcba9876543210",
                                 out, sizeof out, why, sizeof why),
                     0);
    assert_null(strstr(out, "the ladder's own law")); /* one run has no law */
    assert_int_equal(
        support_run(folder, "constitution show house.yaml --store none.db", out, sizeof out, why, sizeof why), 2);
    assert_non_null(strstr(why, "none.db"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(planted), cmocka_unit_test(shown) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
