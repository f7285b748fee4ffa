#include "support.h"

#include <math.h>
#include <string.h>

#include "fit/approach/choose.h"
#include "fit/approach/univariate.h"
#include "planted.h"

static planted plant;

static ll_univariates found(void) {
    ll_univariates u;
    for (int64_t i = 0; i < plant.n; i++) plant.C[i] = 6 * plant.N[i] * plant.D[i];
    const ll_univariate_data d = { plant.n, plant.N, plant.D, plant.C, plant.L };
    ll_fit_opts opts;
    assert_ok(ll_fit_opts_resolve(&(ll_fit_opts) { .n_boot = 100, .n_starts = 400 }, &opts, err));
    assert_ok(ll_univariates_find(&u, &d, &opts, err));
    return u;
}

static void isoflop_ladder(void **state) {
    (void)state;
    const ll_frontier f =
        ll_chinchilla_frontier(planted_truth[1], planted_truth[2], planted_truth[3], planted_truth[4]);
    planted_make(&plant, 5, 10, 7, 0, 1);
    ll_univariates u = found();
    assert_int_equal(u.n_valleys, 5);
    for (int i = 0; i < 5; i++) { /* a parabola is not the surface: near its bottom, not at it */
        const ll_valley *v = &u.valleys[i];
        const double N = f.G * pow(v->flops / 6, f.a);
        assert_false(v->edge || v->concave);
        assert_close(v->n_opt, N, 0.1);
        assert_close(v->loss_min, planted_loss(N, v->flops / (6 * N)), 2e-3);
        assert_close(v->flops, 1e18 * pow(10, i), 1e-9);
    }
    const ll_univariate *c = &u.along[2]; /* the middle size of each budget lies on the frontier */
    assert_int_equal(c->runs.n, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(c->runs.rows[i], 7 * i + 3);
    assert_non_null(c->power.law);
    assert_close(c->floor.params[0].value, 1.7, 1e-4);
    assert_close(c->floor.params[2].value, 0.35 * 0.37 / 0.72, 1e-3);
    ll_univariates_clear(&u);
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
    ll_univariates u = found();
    assert_int_equal(u.along[0].runs.n, 5);
    for (int i = 0; i < 5; i++) assert_close(plant.D[u.along[0].runs.rows[i]], 6.4e9, 0.02);
    assert_int_equal(u.along[1].runs.n, 4);
    for (int i = 0; i < 4; i++) assert_close(plant.N[u.along[1].runs.rows[i]], 81e6, 1e-12);
    assert_close(u.along[0].floor.params[2].value, 0.35, 1e-3);
    assert_close(u.along[1].floor.params[2].value, 0.37, 1e-6);
    assert_true(strstr(u.along[0].runs.words, "5 runs of 6.4") != NULL);
    assert_int_equal(u.n_valleys, 0);
    ll_univariates_clear(&u);
}

static void too_few_runs(void **state) {
    (void)state;
    for (int64_t n = 1; n < 8; n++) {
        planted_make(&plant, 4, 10, 2, 0.01, 1);
        plant.n = n;
        ll_univariates u = found();
        for (int k = 0; k < LL_UNIVARIATES; k++) {
            const ll_univariate *l = &u.along[k];
            assert_true(l->runs.words[0] != 0 && l->runs.n >= 1 && l->runs.n <= n);
            assert_true((l->missing[0] != 0) == (!l->power.law || !l->floor.law));
        }
        ll_univariates_clear(&u);
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
    ll_univariates u = found();
    assert_int_equal(u.n_valleys, 3);
    assert_close(u.valleys[0].n_opt, 4e7, 1e-9);
    assert_true(!u.valleys[0].edge && !u.valleys[0].concave);
    assert_true(u.valleys[1].concave && !u.valleys[1].edge && isnan(u.valleys[1].n_opt));
    assert_true(u.valleys[2].edge && !u.valleys[2].concave);
    ll_univariates_clear(&u);
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
        cmocka_unit_test(valley_flags),   cmocka_unit_test(groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
