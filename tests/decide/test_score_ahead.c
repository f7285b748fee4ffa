/* A score at four times the compute: a planted power of compute comes out with its interval, later runs do not tell of
 * it, and a policy's line on it passes, fails and cannot tell. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sweep/guard/score_ahead.h"

static char folder[LL_PATH_MAX], out[1 << 14], why[4096];
enum { RUNS = 8 };

/* 2 C^-0.1, a per cent of noise, on runs whose compute grows twofold; the last two are elsewhere altogether. */
static double value_at(double flops) {
    return 2 * pow(flops, -0.1);
}

static int setup(void **state) {
    char path[LL_PATH_MAX];
    ll_store *s;
    const ll_ladder ladder = { .id = "0123456789abcdef", .name = "planted", .spec = "{}", .data = "{}" };
    (void)state;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &ladder, err));
    for (int i = 0; i < RUNS; i++) {
        ll_run run;
        ll_run_init(&run);
        snprintf(run.name, sizeof run.name, "r%d", i);
        snprintf(run.id, sizeof run.id, "%s/r%d", ladder.id, i);
        strcpy(run.ladder, ladder.id);
        strcpy(run.role, "fit");
        run.state = LL_RUN_DONE;
        run.params = 1e5 * pow(2, 0.5 * i);
        run.tokens = 2e6 * pow(2, 0.5 * i);
        run.flops = run.flops_exact = 6 * run.params * run.tokens;
        run.loss = 3 - 0.1 * i;
        run.steps = 100;
        assert_ok(ll_store_put_run(s, &run, err));
        ll_run_score score = {
            .step = 100, .probe = "calm", .metric = "preference.gold", .se = 0.001, .items = 500, .chance = NAN
        };
        score.value = i < RUNS - 2 ? value_at(run.flops) * (1 + 0.01 * sin(7.0 * i)) : 0.9;
        assert_ok(ll_store_put_scores(s, run.id, &score, 1, err));
    }
    ll_store_close(s);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

static void names(void **state) {
    double factor;
    (void)state;
    assert_true(ll_score_is_ahead("calm.preference.gold-x4", &factor) && factor == 4);
    assert_true(ll_score_is_ahead("a-x2.5", &factor) && factor == 2.5);
    assert_false(ll_score_is_ahead("calm.preference.gold", &factor));
    assert_false(ll_score_is_ahead("a-x", &factor));
    assert_false(ll_score_is_ahead("a-x4x", &factor));
    assert_false(ll_score_is_ahead("a-x-1", &factor));
}

static void planted(void **state) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run run;
    ll_gate_number at;
    (void)state;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_find_run(s, "r5", &run, err));
    assert_ok(ll_score_ahead(&at, s, &run, "calm.preference.gold-x4", 0.9, err));
    const double known = value_at(4 * run.flops);
    assert_true(at.known && fabs(at.value / known - 1) < 0.03);
    assert_true(at.lo < known && known < at.hi && at.hi - at.lo < 0.3 * known);
    assert_ok(ll_score_ahead(&at, s, &run, "calm.supervised.gold-x4", 0.9, err)); /* nobody measured that */
    assert_false(at.known);
    assert_ok(ll_store_find_run(s, "r0", &run, err));
    assert_ok(ll_score_ahead(&at, s, &run, "calm.preference.gold-x4", 0.9, err)); /* one run tells nothing */
    assert_false(at.known);
    ll_store_close(s);
}

static int check(double line, const char *run) {
    char path[LL_PATH_MAX], text[512], arguments[128];
    const int n = snprintf(
        text, sizeof text,
        "schema: loglog.policy/1\nevaluate: {needed: false}\nlevels: [{name: l, lines: [{of: score, score: "
        "calm.preference.gold-x4, at_least: %g, probability: 0.9}]}]\n",
        line);
    support_write(folder, "p.yaml", text, (size_t)n, path);
    snprintf(arguments, sizeof arguments, "gate check p.yaml --run %s", run);
    return support_run(folder, arguments, out, sizeof out, why, sizeof why);
}

static void lines(void **state) {
    (void)state;
    const double known = value_at(4 * 6 * 1e5 * 2e6 * pow(2, 5));
    assert_int_equal(check(2 * known, "r5"), 0);
    assert_int_equal(check(known / 2, "r5"), 3);
    assert_int_equal(check(known, "r5"), 4);
    assert_int_equal(check(2 * known, "r0"), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(planted),
                                        cmocka_unit_test(lines) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
