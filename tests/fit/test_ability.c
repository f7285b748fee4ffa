/* Sharp or smooth: shapes, rises, the test of a break at its stated rates, p^L, and the verdict, on planted tables. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/ability/ability.h"
#include "loglog/random.h"
#include "support.h"

enum { SIZES = 12, SEEDS = 3, ROWS = SIZES * SEEDS, TABLES = 200 };

typedef double truth(double ln_x);

/* Twelve sizes over three decades, three seeds each. */
static void plant(truth *f, double sd, uint64_t seed, double *x, double *y) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, 0);
    for (int i = 0; i < ROWS; i++) {
        x[i] = 1e5 * pow(10, 3.0 * (i / SEEDS) / (SIZES - 1));
        y[i] = f(log(x[i])) + sd * ll_rng_normal(&rng);
    }
}

static double logistic(double t) {
    return 0.05 + 0.85 / (1 + exp(-1.6 * (t - log(3e6))));
}
/* exp(-L A N^-alpha), the exact match of twelve tokens whose loss is a power law. */
static double exact_match(double t) {
    return exp(-12 * exp(-0.6 * (t - log(1e5))));
}
static double jump(double t) {
    return t < log(4e6) ? 0.05 : 0.85;
}
static double kink(double t) {
    return fmin(0.9, 0.02 + 0.88 * fmax(0, t - log(2e6)) / log(8));
}

static void test_shapes(void **state) {
    (void)state;
    for (int k = 0; k < LL_SHAPE_COUNT; k++) {
        double last = -1;
        assert_true(fabs(ll_climb_shape_at((ll_climb_shape)k, 0) - 0.1) < 1e-12 &&
                    fabs(ll_climb_shape_at((ll_climb_shape)k, 1) - 0.9) < 1e-12);
        for (double u = -3; u < 4; u += 0.05) {
            assert_true(ll_climb_shape_at((ll_climb_shape)k, u) >= last);
            last = ll_climb_shape_at((ll_climb_shape)k, u);
        }
        assert_true(ll_climb_shape_at((ll_climb_shape)k, -1e9) >= 0 &&
                    ll_climb_shape_at((ll_climb_shape)k, -1e9) < 1e-9);
        assert_true(ll_climb_shape_at((ll_climb_shape)k, 1e9) > 1 - 1e-9 &&
                    ll_climb_shape_at((ll_climb_shape)k, 1e9) <= 1);
    }
    assert_true(fabs(ll_climb_shape_at(LL_GOMPERTZ_MIRRORED, 0.3) - (1 - ll_climb_shape_at(LL_GOMPERTZ, 0.7))) <
                1e-15);
}

/* Without noise the rise is what was planted: the logistic's ends by its inverse. */
static void test_rise_exact(void **state) {
    (void)state;
    double x[ROWS], y[ROWS];
    ll_rise r;
    plant(logistic, 0, 1, x, y);
    assert_ok(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y },
                           &(ll_fit_opts) { .n_boot = 50, .threads = 1 }, err));
    assert_true(fabs(log(r.from.value) - (log(3e6) - log(9) / 1.6)) < 0.02);
    assert_true(fabs(log(r.to.value) - (log(3e6) + log(9) / 1.6)) < 0.02);
    assert_true(fabs(r.decades.value - 2 * log(9) / 1.6 / log(10)) < 0.02);
    assert_true(fabs(r.before.value - 0.05) < 0.01 && fabs(r.after.value - 0.9) < 0.01);
    assert_true(r.begins && r.ends && r.share && r.left < 1e-4);
    plant(exact_match, 0, 1, x, y);
    assert_ok(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y },
                           &(ll_fit_opts) { .n_boot = 50, .threads = 1 }, err));
    assert_int_equal(r.curve.shape, LL_GOMPERTZ);
    assert_true(fabs(log(r.from.value / 1e5) - log(12 / log(10)) / 0.6) < 0.03);
    assert_true(fabs(log(r.to.value / 1e5) - log(12 / -log(0.9)) / 0.6) < 0.03);
}

/* The interval of where the rise begins covers the planted one about as often as it says. */
static void test_rise_covers(void **state) {
    (void)state;
    double x[ROWS], y[ROWS];
    const double true_from = log(3e6) - log(9) / 1.6;
    int held = 0;
    for (int k = 0; k < TABLES; k++) {
        ll_rise r;
        plant(logistic, 0.04, 100 + (uint64_t)k, x, y);
        assert_ok(
            ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y }, &(ll_fit_opts) { .n_boot = 100 }, err));
        held += log(r.from.lo) <= true_from && true_from <= log(r.from.hi);
    }
    print_message("a 90 %% interval of where the rise begins holds in %d of %d\n", held, TABLES);
    assert_in_range(held, TABLES * 80 / 100, TABLES);
}

typedef struct rates {
    int sharp, smooth;
    double alarm, power;
} rates;

static rates count(truth *f, double sd, int tables) {
    double x[ROWS], y[ROWS];
    rates c = { 0 };
    for (int k = 0; k < tables; k++) {
        const ll_scored d = { .n = ROWS, .x = x, .y = y };
        ll_scored_rows rows;
        ll_sharp s;
        plant(f, sd, 1000 + (uint64_t)k, x, y);
        assert_ok(ll_scored_rows_new(&rows, &d, err));
        assert_ok(ll_sharp_ask(&s, &rows, &(ll_sharp_opts) { .simulations = 60 }, err));
        ll_scored_rows_free(&rows);
        c.sharp += s.p_smooth <= s.opts.alarm;
        c.smooth += s.answer == LL_SMOOTH;
        c.alarm += s.alarm / tables, c.power += s.power / tables;
    }
    return c;
}

/* Told apart at the stated rates: a smooth law is called broken about as often as the alarm says, a broken one seen. */
static void test_rates(void **state) {
    (void)state;
    const struct {
        const char *name;
        truth *f;
        bool broken;
        int tables;
    } plants[] = { { "logistic", logistic, false, 100 },
                   { "exact match", exact_match, false, 100 },
                   { "jump", jump, true, 40 },
                   { "kink", kink, true, 40 } };
    for (int k = 0; k < 4; k++) {
        const int n = plants[k].tables;
        const rates c = count(plants[k].f, 0.04, n);
        print_message("%-12s a break in %d of %d, smooth in %d; it says alarm %.3f, power %.3f\n", plants[k].name,
                      c.sharp, n, c.smooth, c.alarm, c.power);
        if (plants[k].broken) {
            assert_in_range(c.sharp, n * 9 / 10, n);
            assert_int_equal(c.smooth, 0);
            assert_true(c.power > 0.85);
        } else { /* 5 %, and what 100 tables of it scatter: at most 12 in all but two of 1000 */
            assert_in_range(c.sharp, 0, 12);
            assert_in_range(c.smooth, n / 2, n);
            assert_true(c.alarm > 0 && c.alarm < 0.12);
        }
    }
}

/* Without noise L is what was planted, whichever way the smooth metric says it. */
static void test_power_of(void **state) {
    (void)state;
    double x[ROWS], nats[ROWS], share[ROWS], logs[ROWS], exact[ROWS], other[ROWS];
    const ll_fit_opts opts = { .n_boot = 50, .threads = 1 };
    ll_power_of p;
    ll_error why = { 0 };
    plant(exact_match, 0, 1, x, exact);
    for (int i = 0; i < ROWS; i++) {
        nats[i] = 2 + exp(-0.6 * log(x[i] / 1e5));
        logs[i] = -exp(-0.6 * log(x[i] / 1e5)), share[i] = exp(logs[i]);
        other[i] = (i / SEEDS) % 2 ? 0.9 : 0.1;
    }
    assert_ok(ll_power_of_find(&p, logs, exact, NULL, ROWS, &opts, err));
    assert_true(fabs(p.L.value - 12) < 1e-4 && p.left.value < 1e-8 && p.follows && p.L.lo <= 12.001 &&
                p.L.hi >= 11.999);
    assert_ok(ll_power_of_find(&p, share, exact, NULL, ROWS, &opts, err));
    assert_true(fabs(p.L.value - 12) < 1e-4 && p.follows);
    assert_ok(ll_power_of_find(&p, logs, other, NULL, ROWS, &opts, err));
    assert_true(!p.follows && p.left.value > 0.5);
    assert_ok(ll_power_of_find(&p, nats, exact, NULL, ROWS, &opts, err));
    assert_true(!p.follows); /* a floor of two nats makes no exact match */
    share[0] = 0;
    assert_ok(ll_power_of_find(&p, share, exact, NULL, ROWS, &opts, err));
    assert_int_equal(p.n, ROWS - 1);
    for (int i = 0; i < ROWS; i++) logs[i] = -1;
    assert_int_equal(ll_power_of_find(&p, logs, exact, NULL, ROWS, &opts, &why), LL_EINPUT);
}

/* Exact match breaks and its log-probability does not: smooth. Both jump: sharp. */
static void test_verdict(void **state) {
    (void)state;
    double x[ROWS], exact[ROWS], logs[ROWS];
    ll_rng rng = ll_rng_at(3, LL_STREAM_STUDY, 1);
    const ll_ability_opts opts = { .fit.n_boot = 100, .sharp.simulations = 200 };
    const ll_metric both[] = { { "p.exact", exact }, { "p.logprob", logs } };
    const ll_ability_data d = { .n = ROWS, .x = x, .metric = both, .n_metrics = 2 };
    ll_ability a;
    plant(jump, 0.03, 5, x, exact);
    for (int i = 0; i < ROWS; i++) logs[i] = log(jump(log(x[i]))) + 0.05 * ll_rng_normal(&rng);
    assert_ok(ll_ability_ask(&a, &d, &opts, err));
    assert_int_equal(a.metric[0].sharp.answer, LL_SHARP);
    assert_int_equal(a.verdict, LL_SHARP);
    assert_int_equal(a.n_links, 1); /* a log-probability is no share */
    assert_true(a.link[0].of.follows && fabs(a.link[0].of.L.value - 1) < 0.1);
    for (int i = 0; i < ROWS; i++) { /* thirty tokens, alpha 2: a rise within five times the scale */
        logs[i] = -0.3 * pow(x[i] / 1e6, -1);
        exact[i] = exp(200 * logs[i]) + 0.01 * ll_rng_normal(&rng);
        logs[i] += 0.0003 * ll_rng_normal(&rng);
        exact[i] = fmin(fmax(exact[i], 0), 1);
    }
    assert_ok(ll_ability_ask(&a, &d, &opts, err));
    assert_int_not_equal(a.verdict, LL_SHARP);
    assert_true(a.link[0].of.follows && fabs(a.link[0].of.L.value / 200 - 1) < 0.1);
}

/* Awkward tables: one line each. */
static void test_refused(void **state) {
    (void)state;
    double x[ROWS], y[ROWS];
    ll_rise r;
    ll_error err = { 0 };
    const ll_fit_opts opts = { .n_boot = 10 };
    plant(logistic, 0.01, 1, x, y);
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = 5 * SEEDS, .x = x, .y = y }, &opts, &err), LL_EINPUT);
    assert_string_equal(err.msg, "15 runs of 5 different scales, expected at least 6 scales");
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = 1, .x = x, .y = y }, &opts, &err), LL_EINPUT);
    assert_string_equal(err.msg, "1 run of 1 different scale, expected at least 6 scales");
    y[4] = NAN;
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y }, &opts, &err), LL_EINPUT);
    for (int i = 0; i < ROWS; i++) y[i] = 0;
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y }, &opts, &err), LL_EINPUT);
    plant(logistic, 0.01, 1, x, y);
    x[3] = 0;
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y }, &opts, &err), LL_EINPUT);
    x[3] = 1e5;
    assert_int_equal(ll_rise_find(&r, &(ll_scored) { .n = ROWS, .x = x, .y = y },
                                  &(ll_fit_opts) { .n_boot = 10, .resample = LL_RESAMPLE_WILD }, &err),
                     LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_shapes),      cmocka_unit_test(test_rise_exact),
                                        cmocka_unit_test(test_rise_covers), cmocka_unit_test(test_rates),
                                        cmocka_unit_test(test_power_of),    cmocka_unit_test(test_verdict),
                                        cmocka_unit_test(test_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
