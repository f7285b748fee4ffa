/* What follows of Kaplan's laws: steps and FLOPs at the best batch, and the data that keeps from overfitting. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/approach/envelope.h"
#include "fit/approach/overfit.h"
#include "forecast/study/study.h"
#include "law/published.h"

static const ll_bcrit kaplan = { 2.1e8, 0.21 };

/* REFERENCE 1.7. */
static void critical_batch(void **state) {
    (void)state;
    static const double at[][2] = { { 4, 2.8528e5 }, { 3, 1.1226e6 }, { 2.5, 2.6746e6 }, { 2, 7.7400e6 } };
    for (int i = 0; i < 4; i++) assert_close(ll_bcrit_at(&kaplan, at[i][0]), at[i][1], 5e-5); /* of five digits */
}

/* Rows of N, B, S and L; with D and C or without. */
static ll_study study_of(int64_t n, const double (*row)[4], bool whole, const ll_study_opts *opts) {
    ll_observed o = { 0 };
    ll_study s;
    assert_ok(ll_table_new(&o.table, n, err));
    for (int64_t i = 0; i < n; i++) {
        o.table.num[LL_COL_PARAMS][i] = row[i][0];
        o.table.num[LL_COL_BATCH_TOKENS][i] = row[i][1];
        o.table.num[LL_COL_STEP][i] = row[i][2];
        o.table.num[LL_COL_LOSS][i] = row[i][3];
        o.table.num[LL_COL_WEIGHT][i] = 1;
        if (whole) o.table.num[LL_COL_TOKENS][i] = row[i][1] * row[i][2];
        if (whole) o.table.num[LL_COL_FLOPS][i] = 6 * row[i][0] * row[i][1] * row[i][2];
    }
    assert_ok(ll_study_of(&s, &o, "here", opts, err));
    return s;
}

/* At B = B_crit both halve; far above it C does, far below S does, and the other stays. D and N stay as they are. */
static void conversions(void **state) {
    (void)state;
    const double crit = 7.7400e6;
    const double row[3][4] = { { 1e8, crit, 1e4, 2 }, { 1e8, crit * 1e6, 1e4, 2 }, { 1e8, crit * 1e-6, 1e4, 2 } };
    const double half[3][2] = { { 0.5, 0.5 }, { 1, 1e-6 }, { 1e-6, 1 } };
    for (int whole = 0; whole < 2; whole++) {
        ll_study s = study_of(3, row, whole, &(ll_study_opts) { .bcrit = kaplan, .also = 1u << LL_VAR_S });
        for (int i = 0; i < 3; i++) {
            const double D = row[i][1] * row[i][2];
            assert_close(s.columns.steps[i], row[i][2] * half[i][0], 2e-5);
            assert_close(s.columns.v[LL_VAR_C][i], 6 * row[i][0] * D * half[i][1], 2e-5);
            assert_close(s.columns.v[LL_VAR_D][i], D, 1e-12);
            assert_close(s.columns.v[LL_VAR_N][i], row[i][0], 1e-12);
        }
        assert_close(ll_json_get_num(ll_json_get(s.convention, "bcrit"), "alpha_B"), 0.21, 1e-12);
        ll_study_clear(&s);
    }
}

/* Runs of many batches follow L(N, S) of Table 3 in S_min and, without the conversion, no law of S. */
static void steps_law(void **state) {
    (void)state;
    enum { SIZES = 6, POINTS = 12 };
    static double row[SIZES * POINTS][4];
    const double truth[] = { 6.5e13, 2.1e3, 0.077, 0.76 };
    const ll_law *law = ll_law_find("kaplan_ns");
    for (int i = 0; i < SIZES * POINTS; i++) {
        double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e5 * pow(8, i / POINTS), [LL_VAR_S] = 1e3 * pow(1.5, i % POINTS) };
        const double L = law->eval(truth, x), B = 3e4 * pow(4, (i * 5) % 7);
        row[i][0] = x[LL_VAR_N], row[i][1] = B, row[i][3] = L;
        row[i][2] = x[LL_VAR_S] * (1 + ll_bcrit_at(&kaplan, L) / B);
    }
    const ll_fit_opts fit = { .n_boot = -1 };
    ll_study s = study_of(SIZES * POINTS, row, true, &(ll_study_opts) { .law = law, .bcrit = kaplan, .fit = fit });
    ll_study raw = study_of(SIZES * POINTS, row, true, &(ll_study_opts) { .law = law, .fit = fit });
    assert_ok(ll_study_fit(&s, err));
    assert_ok(ll_study_fit(&raw, err));
    for (int j = 0; j < 4; j++) assert_close(s.fit.params[j].value, truth[j], 1e-3);
    assert_true(raw.fit.objective > 1e3 * s.fit.objective);
    ll_outlook o;
    ll_error err = { 0 };
    assert_int_equal(ll_study_outlook(&s, 1e9, 1e10, 0, &o, &err), LL_EINPUT); /* of no batch of its own */
    ll_study_clear(&s);
    ll_study_clear(&raw);
}

/* L = C_min^-0.05 exactly, whatever the batches. */
static void flops_and_steps_as_x(void **state) {
    (void)state;
    static double row[20][4];
    for (int i = 0; i < 20; i++) {
        const double N = 1e6 * pow(1.7, i), C = 1e17 * pow(2.3, i), L = 30 * pow(C, -0.05);
        const double B = 1e5 * pow(3, (i * 3) % 5), raw = C * (1 + B / ll_bcrit_at(&kaplan, L));
        row[i][0] = N, row[i][1] = B, row[i][2] = raw / (6 * N * B), row[i][3] = L;
    }
    ll_study_opts opts = {
        .law = ll_law_find("power"), .along = LL_VAR_C, .bcrit = kaplan, .fit = { .n_boot = -1 }
    };
    ll_study s = study_of(20, row, false, &opts);
    assert_ok(ll_study_fit(&s, err));
    assert_close(s.fit.params[1].value, 0.05, 1e-6);
    ll_study_clear(&s);
    opts.along = LL_VAR_X;
    opts.x_is_steps = true;
    s = study_of(20, row, false, &opts);
    for (int i = 0; i < 20; i++)
        assert_close(s.data.x[LL_VAR_X][i], row[i][2] / (1 + ll_bcrit_at(&kaplan, row[i][3]) / row[i][1]), 1e-9);
    assert_string_equal(ll_json_get_str(s.convention, "x_column"), "steps_min");
    ll_study_clear(&s);
}

/* Runs of one batch that follow Table 3: along C_min the envelope has the exponent of App. B, .6812 (REFERENCE 1.7);
 * along C, of a batch too large at first and too small later, a greater one. */
static void frontier(void **state) {
    (void)state;
    enum { SIZES = 50, POINTS = 60 };
    static double row[SIZES * POINTS][4];
    static int64_t run[SIZES * POINTS];
    const double truth[] = { 6.5e13, 2.1e3, 0.077, 0.76 };
    const ll_law *law = ll_law_find("kaplan_ns");
    double a[2];
    for (int i = 0; i < SIZES * POINTS; i++) {
        double x[LL_VAR_COUNT] = { [LL_VAR_N] = 1e5 * pow(1e5, (double)(i / POINTS) / (SIZES - 1)),
                                   [LL_VAR_S] = 50 * pow(3e4, (double)(i % POINTS) / (POINTS - 1)) };
        const double L = law->eval(truth, x), B = 524288;
        run[i] = i / POINTS;
        row[i][0] = x[LL_VAR_N], row[i][1] = B, row[i][3] = L;
        row[i][2] = x[LL_VAR_S] * (1 + ll_bcrit_at(&kaplan, L) / B);
    }
    for (int k = 0; k < 2; k++) {
        ll_study_opts opts = { .also = 1u << LL_VAR_C };
        if (k) opts.bcrit = kaplan;
        ll_study s = study_of(SIZES * POINTS, row, true, &opts);
        const ll_envelope_data data = { .n = s.data.n,
                                        .params = s.data.x[LL_VAR_N],
                                        .tokens = s.data.x[LL_VAR_D],
                                        .flops = s.data.x[LL_VAR_C],
                                        .loss = s.data.loss,
                                        .cluster = run };
        ll_envelope f;
        assert_ok(ll_envelope_run(&f, &data, &(ll_fit_opts) { .n_boot = -1 }, err));
        a[k] = f.a.value;
        ll_envelope_clear(&f);
        ll_study_clear(&s);
    }
    assert_close(a[1], 0.6812, 0.01);
    assert_true(a[0] > a[1] + 0.05);
}

static void refused(void **state) {
    (void)state;
    const double row[2][4] = { { 1e6, 1e5, 10, 3 }, { 1e7, 1e5, 10, 2 } };
    ll_observed o = { 0 };
    ll_study s;
    ll_error err = { 0 };
    assert_ok(ll_table_new(&o.table, 2, err));
    for (int i = 0; i < 2; i++) {
        o.table.num[LL_COL_PARAMS][i] = row[i][0];
        o.table.num[LL_COL_TOKENS][i] = 1e9;
        o.table.num[LL_COL_LOSS][i] = row[i][3];
        o.table.num[LL_COL_WEIGHT][i] = 1;
    }
    assert_int_equal(ll_study_of(&s, &o, "here", &(ll_study_opts) { .bcrit = kaplan }, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "batch_tokens"));
}

/* Kaplan's constants: x = 0.738, k about 5e3, and at the rule's own D the gap is the one asked for. */
static void overfit(void **state) {
    (void)state;
    const ll_published *p = ll_published_find("kaplan2020");
    ll_estimate params[LL_LAW_MAX_PARAMS] = { { 0 } };
    assert_string_equal(p->law->name, "kaplan_nd");
    for (int j = 0; j < 4; j++) params[j] = (ll_estimate) { p->params[j], NAN, NAN, NAN };
    ll_fit fit = { .law = p->law };
    memcpy(fit.params, params, sizeof fit.params);
    const ll_overfit f = ll_fit_overfit(&fit, LL_OVERFIT_GAP);
    assert_close(f.x.value, 0.738, 1e-3);
    assert_close(f.k.value, 5e3, 0.15);
    for (double N = 1e6; N < 1e12; N *= 30) {
        const double D = f.k.value * pow(N, f.x.value);
        assert_close(ll_overfit_gap(p->params, N, D), 0.02, 1e-9);
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = D };
        const double never[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = 1e60 };
        assert_close(p->law->eval(p->params, x) / p->law->eval(p->params, never) - 1, 0.02, 1e-6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_batch), cmocka_unit_test(conversions),
        cmocka_unit_test(steps_law),      cmocka_unit_test(flops_and_steps_as_x),
        cmocka_unit_test(frontier),       cmocka_unit_test(refused),
        cmocka_unit_test(overfit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
