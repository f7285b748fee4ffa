#include "support.h"

#include <math.h>
#include <string.h>

#include "fit/choose.h"
#include "fit/study.h"
#include "planted.h"

static planted plant;

static ll_study studied(const ll_study_data *d) {
    ll_study s;
    assert_ok(ll_study_run(&s, d, &(ll_fit_opts) { .n_boot = 100, .n_starts = 400 }, err));
    return s;
}

static ll_study_data plain(void) {
    return (ll_study_data) { .n = plant.n, .params = plant.N, .tokens = plant.D, .loss = plant.L };
}

static void isoflop_ladder(void **state) {
    (void)state;
    planted_make(&plant, 5, 10, 7, 0, 1);
    ll_study_data d = plain();
    ll_study s = studied(&d);
    assert_non_null(s.surface.law);
    for (int j = 0; j < 5; j++) assert_close(s.surface.params[j].value, planted_truth[j], 1e-6);
    assert_close(s.frontier.a.value, 0.37 / 0.72, 1e-6);
    assert_int_equal(s.n_valleys, 5);
    for (int i = 0; i < 5; i++) { /* a parabola is not the surface: near its bottom, not at it */
        assert_false(s.valleys[i].edge || s.valleys[i].concave);
        assert_close(s.valleys[i].n_opt, ll_fit_n_opt(&s.surface, s.valleys[i].flops).value, 0.1);
        assert_close(s.valleys[i].loss_min, ll_fit_l_opt(&s.surface, s.valleys[i].flops).value, 2e-3);
        assert_close(s.valleys[i].flops, 1e18 * pow(10, i), 1e-9);
    }
    const ll_study_line *c = &s.line[2]; /* the middle size of each budget lies on the frontier */
    assert_int_equal(c->n, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(c->rows[i], 7 * i + 3);
    assert_non_null(c->power.law);
    assert_close(c->floor.params[0].value, 1.7, 1e-4);
    assert_close(c->floor.params[2].value, 0.35 * 0.37 / 0.72, 1e-3);
    double N = ll_fit_n_opt(&s.surface, 1e22).value, D = ll_fit_d_opt(&s.surface, 1e22).value;
    assert_close(6 * N * D, 1e22, 1e-12);
    ll_study_clear(&s);
}

/* A grid of 5 sizes and 4 lengths: L(N) at the longest, L(D) at the largest. */
static void grid_ladder(void **state) {
    (void)state;
    plant.n = 0;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 4; k++, plant.n++) {
            plant.N[plant.n] = 1e6 * pow(3, i);
            plant.D[plant.n] = 1e8 * pow(4, k) * (1 + 0.001 * i); /* within 2 % */
            plant.L[plant.n] = planted_loss(plant.N[plant.n], plant.D[plant.n]);
        }
    ll_study_data d = plain();
    ll_study s = studied(&d);
    assert_int_equal(s.line[0].n, 5);
    for (int i = 0; i < 5; i++) assert_close(plant.D[s.line[0].rows[i]], 6.4e9, 0.02);
    assert_int_equal(s.line[1].n, 4);
    for (int i = 0; i < 4; i++) assert_close(plant.N[s.line[1].rows[i]], 81e6, 1e-12);
    assert_close(s.line[0].floor.params[2].value, 0.35, 1e-3);
    assert_close(s.line[1].floor.params[2].value, 0.37, 1e-6);
    assert_true(strstr(s.line[0].chosen, "5 runs of 6.4") != NULL);
    assert_int_equal(s.n_valleys, 0);
    ll_study_clear(&s);
}

static void too_few_runs(void **state) {
    (void)state;
    for (int64_t n = 1; n < 8; n++) {
        planted_make(&plant, 4, 10, 2, 0.01, 1);
        ll_study_data d = plain();
        d.n = n;
        ll_study s = studied(&d);
        assert_true((s.surface.law == NULL) == (n < 6));
        assert_true((s.missing[0] != 0) == (n < 6));
        for (int k = 0; k < LL_STUDY_LINES; k++) {
            const ll_study_line *l = &s.line[k];
            assert_true(l->chosen[0] != 0 && l->n >= 1 && l->n <= n);
            assert_true((l->missing[0] != 0) == (!l->power.law || !l->floor.law));
        }
        ll_study_clear(&s);
    }
}

static void valley_flags(void **state) {
    (void)state;
    static const double shapes[3][5] = { { 3.2, 3.1, 3.05, 3.1, 3.2 },
                                         { 3, 3.1, 3.2, 3.1, 3 },
                                         { 5, 4, 3.3, 2.9, 2.7 } };
    plant.n = 15;
    for (int i = 0; i < 15; i++) {
        double C = pow(10, 18 + i / 5);
        plant.N[i] = 1e7 * pow(2, i % 5);
        plant.D[i] = C / (6 * plant.N[i]);
        plant.L[i] = shapes[i / 5][i % 5];
    }
    ll_study_data d = plain();
    ll_study s = studied(&d);
    assert_int_equal(s.n_valleys, 3);
    assert_close(s.valleys[0].n_opt, 4e7, 1e-9);
    assert_true(!s.valleys[0].edge && !s.valleys[0].concave);
    assert_true(s.valleys[1].concave && !s.valleys[1].edge && isnan(s.valleys[1].n_opt));
    assert_true(s.valleys[2].edge && !s.valleys[2].concave);
    ll_study_clear(&s);
}

static void refused(void **state) {
    (void)state;
    ll_study s;
    ll_error err = { 0 };
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    ll_study_data d = plain();
    plant.L[7] = NAN;
    assert_int_equal(ll_study_run(&s, &d, NULL, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "run 8: "));
    d.n = 0;
    assert_int_equal(ll_study_run(&s, &d, NULL, &err), LL_EINPUT);
    ll_study_clear(&s);
}

static void groups(void **state) {
    (void)state;
    const double v[] = { 100, 1, 101.9, 50, 102.1, 1.01 };
    ll_groups g;
    assert_ok(ll_groups_new(&g, v, 6, err));
    assert_int_equal(g.n_groups, 4); /* {1, 1.01} {50} {100, 101.9} {102.1} */
    assert_int_equal(g.row[g.start[2]], 0);
    assert_int_equal(ll_groups_distinct(&g, 2, v), 1);
    ll_groups_free(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isoflop_ladder), cmocka_unit_test(grid_ladder), cmocka_unit_test(too_few_runs),
        cmocka_unit_test(valley_flags),   cmocka_unit_test(refused),     cmocka_unit_test(groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
