/* Two steps as one law: planted parameters come back, intervals cover, the direct law beside it, hostile input. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/ability/two_step.h"
#include "loglog/random.h"
#include "support.h"

enum { SIDE = 6, ROWS = SIDE * SIDE, STUDIES = 100 };

typedef struct table {
    double N[ROWS], D[ROWS], loss[ROWS], score[ROWS];
} table;

static double loss_of(double N, double D) {
    return 1.7 + 400 * pow(N, -0.34) + 400 * pow(D, -0.28);
}
static double score_of(double L) {
    return 0.25 + 0.7 / (1 + exp(2.5 * (L - 3.6)));
}
static double noisy(double p, double sd, ll_rng *rng) {
    return fmin(fmax(p + sd * sqrt(p * (1 - p)) * ll_rng_normal(rng), 0), 1);
}

static void plant(table *t, double sd, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, 0);
    for (int i = 0; i < ROWS; i++) {
        t->N[i] = 1e6 * pow(10, 2.0 * (i % SIDE) / (SIDE - 1));
        t->D[i] = 2e7 * pow(10, 2.0 * (i / SIDE) / (SIDE - 1));
        t->loss[i] = loss_of(t->N[i], t->D[i]) * exp(0.2 * sd * ll_rng_normal(&rng));
        t->score[i] = noisy(score_of(t->loss[i]), sd, &rng);
    }
}

static ll_two_step_data data_of(const table *t) {
    return (ll_two_step_data) { .n = ROWS, .N = t->N, .D = t->D, .via = t->loss, .score = t->score };
}

static void test_exact(void **state) {
    (void)state;
    static const double truth[] = { 1.7, 400, 400, 0.34, 0.28, 0.25, 0.95, 2.5, 3.6 };
    static const double at[LL_VAR_COUNT] = { [LL_VAR_N] = 1e9, [LL_VAR_D] = 2e10 };
    table t;
    ll_two_step f;
    ll_ability_outlook o;
    plant(&t, 0, 1);
    ll_two_step_data d = data_of(&t);
    const ll_fit_opts opts = { .n_boot = 50 };
    assert_ok(ll_two_step_run(&f, &d, &opts, err));
    assert_int_equal(f.n_params, 9);
    assert_string_equal(ll_two_step_param(&f, 7)->name, "k");
    for (int j = 0; j < 9; j++) assert_close(f.params[j].value, truth[j], 5e-3);
    assert_ok(ll_two_step_outlook(&f, at, &o, err));
    assert_close(o.law.value, score_of(loss_of(1e9, 2e10)), 2e-3);
    assert_close(o.via.value, loss_of(1e9, 2e10), 1e-3);
    assert_close(ll_two_step_reach(&f, 0.6, NULL), 3.6, 2e-3); /* the middle of 0.25 and 0.95 */
    assert_true(isnan(ll_two_step_reach(&f, 0.97, NULL)) && isnan(ll_two_step_reach(&f, 0.2, NULL)));
    ll_two_step_clear(&f);
    for (int i = 0; i < ROWS; i++) t.loss[i] = -t.loss[i]; /* a log-probability: the same law */
    assert_ok(ll_two_step_run(&f, &d, &opts, err));
    assert_true(f.negated);
    for (int j = 0; j < 9; j++) assert_close(f.params[j].value, truth[j], 5e-3);
    ll_two_step_clear(&f);
}

/* A run of ten times the compute of the largest: how often its 90 % interval holds, and that of the law's value. */
static void test_covers(void **state) {
    (void)state;
    static const double at[LL_VAR_COUNT] = { [LL_VAR_N] = 3e8, [LL_VAR_D] = 6.3e9 };
    int held = 0, law = 0, narrow = 0, k90 = 0;
    for (int s = 0; s < STUDIES; s++) {
        table t;
        ll_two_step f;
        ll_ability_outlook o;
        ll_rng rng = ll_rng_at(500 + (uint64_t)s, LL_STREAM_STUDY, 7);
        plant(&t, 0.05, 500 + (uint64_t)s);
        const ll_two_step_data d = data_of(&t);
        assert_ok(ll_two_step_run(
            &f, &d, &(ll_fit_opts) { .objective = LL_OBJ_LS_LOG, .n_boot = 100, .n_starts = 100 }, err));
        assert_ok(ll_two_step_outlook(&f, at, &o, err));
        const double L = loss_of(at[LL_VAR_N], at[LL_VAR_D]);
        const double score = noisy(score_of(L * exp(0.2 * 0.05 * ll_rng_normal(&rng))), 0.05, &rng);
        held += o.run.lo <= score && score <= o.run.hi;
        law += o.law.lo <= score_of(L) && score_of(L) <= o.law.hi;
        k90 += f.params[7].lo <= 2.5 && 2.5 <= f.params[7].hi;
        narrow += o.run.hi - o.run.lo < 0.6;
        ll_two_step_clear(&f);
    }
    print_message("two steps, 90 %% of 10 times the compute: a run in %d of %d, the law in %d, k in %d\n", held,
                  STUDIES, law, k90);
    assert_in_range(held, STUDIES * 82 / 100, STUDIES);
    assert_in_range(law, STUDIES * 80 / 100, STUDIES);
    assert_in_range(narrow, STUDIES * 9 / 10, STUDIES);
}

/* Scores of zero stay in the second step and leave the direct law; of one variable both are of that. */
static void test_one_variable(void **state) {
    (void)state;
    double x[24], loss[24], score[24];
    ll_two_step f;
    for (int i = 0; i < 24; i++) {
        x[i] = 1e4 * pow(10, 3.0 * i / 23);
        loss[i] = 0.4 + 40 * pow(x[i], -0.3);
        score[i] = loss[i] > 2 ? 0 : exp(-5 * 40 * pow(x[i], -0.3)); /* direct: (Xc/x)^0.3 of 200 */
    }
    const ll_two_step_data d = { .n = 24, .x = x, .via = loss, .score = score };
    assert_ok(ll_two_step_run(&f, &d, &(ll_fit_opts) { .n_boot = 50 }, err));
    assert_int_equal(f.n_params, 7);
    int64_t between = 0;
    for (int i = 0; i < 24; i++) between += score[i] > 0;
    assert_int_equal(f.direct_n, between);
    assert_non_null(f.direct.law);
    assert_close(f.direct.params[1].value, 0.3, 1e-3);
    ll_ability_outlook o;
    assert_ok(ll_direct_outlook(&f, (double[LL_VAR_COUNT]) { [LL_VAR_X] = 1e9 }, &o, err));
    assert_close(o.law.value, exp(-200 * pow(1e9, -0.3)), 1e-3);
    ll_two_step_clear(&f);
}

static void test_refused(void **state) {
    (void)state;
    table t;
    ll_two_step f;
    ll_error err = { 0 };
    const ll_fit_opts opts = { .n_boot = 20 };
    plant(&t, 0.01, 1);
    const ll_two_step_data d = data_of(&t);
    t.loss[3] = -t.loss[3];
    assert_int_equal(ll_two_step_run(&f, &d, &opts, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "row 4: via"));
    plant(&t, 0.01, 1);
    for (int i = 0; i < ROWS; i++) t.score[i] = 0.5;
    assert_int_equal(ll_two_step_run(&f, &d, &opts, &err), LL_EINPUT);
    plant(&t, 0.01, 1);
    t.N[0] = 0;
    assert_int_equal(ll_two_step_run(&f, &d, &opts, &err), LL_EINPUT);
    plant(&t, 0.01, 1);
    assert_int_equal(ll_two_step_run(&f, &d, &(ll_fit_opts) { .n_boot = 20, .resample = LL_RESAMPLE_WILD }, &err),
                     LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_exact), cmocka_unit_test(test_covers),
                                        cmocka_unit_test(test_one_variable), cmocka_unit_test(test_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
