#include "support.h"

#include <math.h>
#include <string.h>

#include "law/published.h"
#include "loglog/law.h"
#include "loglog/units.h"
#include "stat/quantile.h"
#include "stat/solve.h"
#include "stat/student.h"

static double at_n(const char *id, double x) {
    const ll_published *p = ll_published_find(id);
    assert_non_null(p);
    return p->law->eval(p->params, (double[LL_VAR_COUNT]) { [LL_VAR_X] = x });
}

static double at_nd(const char *id, double N, double D) {
    const ll_published *p = ll_published_find(id);
    assert_non_null(p);
    return p->law->eval(p->params, (double[LL_VAR_COUNT]) { [LL_VAR_N] = N, [LL_VAR_D] = D });
}

/* The printed digits of the reference's golden values: half a unit of the last one. */
static void kaplan_values(void **state) {
    (void)state;
    static const struct {
        const char *id;
        double x, loss;
    } one[] = {
        { "kaplan2020_n", 1e6, 4.01588 },     { "kaplan2020_n", 1e8, 2.82996 },
        { "kaplan2020_n", 1e9, 2.37564 },     { "kaplan2020_n", 1.5e9, 2.30355 },
        { "kaplan2020_n", 175e9, 1.60439 },   { "kaplan2020_d", 1e9, 2.81564 },
        { "kaplan2020_d", 2.29e10, 2.09119 }, { "kaplan2020_d", 3e11, 1.63776 },
        { "kaplan2020_cmin", 1e-3, 3.75464 }, { "kaplan2020_cmin", 3640, 1.76406 },
        { "kaplan2020_c", 1, 2.57416 },
    };
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        assert_true(fabs(at_n(one[i].id, one[i].x) - one[i].loss) < 6e-6);
    assert_true(fabs(at_nd("kaplan2020", 1e8, 1e9) - 2.95673) < 6e-6);
    assert_true(fabs(at_nd("kaplan2020", 1e9, 2.29e10) - 2.36750) < 6e-6);
    assert_true(fabs(at_nd("kaplan2020", 1e9, 1e9) - 2.79434) < 6e-6);
}

static void frontier_values(void **state) {
    (void)state;
    static const struct {
        const char *id;
        double C, N, ratio, L;
    } golden[] = {
        { "hoffmann2022", 1e18, 9.466e7, 18.60, 3.44807 },
        { "hoffmann2022", 1e20, 7.749e8, 27.76, 2.55342 },
        { "hoffmann2022", 1e22, 6.343e9, 41.43, 2.11492 },
        { "hoffmann2022", 5.76e23, 4.036e10, 58.93, 1.91841 },
        { "hoffmann2022", 3.8e25, 2.732e11, 84.83, 1.81101 },
        { "besiroglu2024", 1e18, 8.062e7, 25.64, 3.48900 },
        { "besiroglu2024", 1e21, 2.782e9, 21.53, 2.30480 },
        { "besiroglu2024", 5.76e23, 7.236e10, 18.34, 1.97396 },
        { "besiroglu2024", 3.8e25, 6.197e11, 16.49, 1.89130 },
        { "hoffmann2022_rounded", 1e20, 6.449e8, 40.1, NAN },
        { "hoffmann2022_rounded", 5.76e23, 3.219e10, 92.6, NAN },
    };
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const double *p = ll_published_find(golden[i].id)->params;
        ll_frontier f = ll_chinchilla_frontier(p[1], p[2], p[3], p[4]);
        double N = f.G * pow(golden[i].C / 6, f.a), D = pow(golden[i].C / 6, f.b) / f.G;
        assert_close(N, golden[i].N, 6e-4);
        assert_close(D / N, golden[i].ratio, 1.3e-3);
        assert_close(6 * N * D, golden[i].C, 1e-12);
        if (isfinite(golden[i].L)) assert_true(fabs(at_nd(golden[i].id, N, D) - golden[i].L) < 6e-6);
    }
}

/* Besides the printed digits: no other split of the budget is better. */
static void frontier_is_optimal(void **state) {
    (void)state;
    const double *p = ll_published_find("besiroglu2024")->params;
    ll_frontier f = ll_chinchilla_frontier(p[1], p[2], p[3], p[4]);
    double C = 1e23, N = f.G * pow(C / 6, f.a), best = at_nd("besiroglu2024", N, C / (6 * N));
    for (double factor = 0.5; factor < 2.01; factor *= 1.1)
        assert_true(at_nd("besiroglu2024", factor * N, C / (6 * factor * N)) >= best);
    assert_true(fabs(f.a + f.b - 1) < 1e-15);
}

/* Central differences with a step for each parameter's size. */
static void gradients(void **state) {
    (void)state;
    static const double points[][LL_VAR_COUNT] = { { 1e3, 2e5, 1.2e9, 1e3, 3e4, 5e3 },
                                                   { 7e10, 1.4e12, 5.9e23, 1e21, 2e11, 4e5 } };
    for (const ll_published *p = ll_published_laws; p->id; p++)
        for (size_t k = 0; k < sizeof points / sizeof *points; k++) {
            double g[LL_LAW_MAX_PARAMS], at[LL_LAW_MAX_PARAMS], norm = 0, off = 0;
            memcpy(at, p->params, sizeof at);
            p->law->grad(at, points[k], g);
            for (int j = 0; j < p->law->n_params; j++) {
                double h = 1e-4 * at[j], keep = at[j], d[2];
                for (int s = 0; s < 2; s++) { /* Richardson's combination of two central differences */
                    at[j] = keep + h / (1 << s);
                    d[s] = p->law->eval(at, points[k]);
                    at[j] = keep - h / (1 << s);
                    d[s] = (d[s] - p->law->eval(at, points[k])) / (2 * h / (1 << s));
                }
                at[j] = keep;
                double scale = keep; /* compare d L / d ln p, so that every parameter counts */
                off = fmax(off, fabs(((4 * d[1] - d[0]) / 3 - g[j]) * scale));
                norm = fmax(norm, fabs(g[j] * scale));
            }
            assert_true(off < 1e-8 * norm);
        }
}

static void laws_are_listed(void **state) {
    (void)state;
    assert_null(ll_law_find("none"));
    assert_null(ll_published_find(""));
    for (const ll_law *const *l = ll_laws; *l; l++) {
        assert_ptr_equal(ll_law_find((*l)->name), *l);
        assert_true((*l)->n_params <= LL_LAW_MAX_PARAMS && (*l)->n_terms <= LL_LAW_MAX_TERMS);
        for (int j = 0; j < (*l)->n_params; j++) {
            const ll_law_param *p = &(*l)->params[j];
            assert_true(p->lo < p->hi && (!p->log || p->lo > 0));
        }
    }
}

/* ---- the small mathematics beneath ---- */

static void cholesky(void **state) {
    (void)state;
    const double A[9] = { 4, 0, 0, 2, 5, 0, 1, 3, 6 }, b[3] = { 11, 21, 25 }; /* x = 1, 2, 3 */
    double x[3];
    assert_true(ll_cholesky_solve(3, A, NULL, b, x));
    for (int i = 0; i < 3; i++) assert_close(x[i], i + 1, 1e-14);
    const double singular[4] = { 1, 1, 1, 1 }, broken[1] = { NAN };
    assert_false(ll_cholesky_solve(2, singular, NULL, b, x));
    assert_true(ll_cholesky_solve(2, singular, (double[]) { 1, 1 }, b, x));
    assert_false(ll_cholesky_solve(1, broken, NULL, b, x));
}

static void nonnegative(void **state) {
    (void)state;
    double c[2];
    ll_nnls(2, (double[]) { 2, 0, 0, 2 }, (double[]) { 4, -6 }, c); /* separable: 2 and, clipped, 0 */
    assert_close(c[0], 2, 1e-14);
    assert_true(c[1] == 0);
    ll_nnls(2, (double[]) { 2, 1, 1, 2 }, (double[]) { 4, 5 }, c);
    assert_close(c[0], 1, 1e-14);
    assert_close(c[1], 2, 1e-14);
    assert_true(ll_nnls(2, (double[]) { 1, 0, 0, 1 }, (double[]) { -1, -1 }, c) == 0 && c[0] == 0 && c[1] == 0);
}

static void order_statistics(void **state) {
    (void)state;
    double v[] = { 4, 1, 3, 2 }; /* R: quantile(1:4, .25) is 1.75 */
    ll_sort(v, 4);
    assert_close(ll_quantile(v, 4, 0.25), 1.75, 1e-15);
    assert_true(ll_quantile(v, 4, 0) == 1 && ll_quantile(v, 4, 1) == 4 && isnan(ll_quantile(v, 0, 0.5)));
    for (int k = 0; k <= 12; k++) {
        double any[] = { 2, 7, 1, 8, 2, 8, 1, 8, 2 }, sorted[] = { 1, 1, 2, 2, 2, 7, 8, 8, 8 };
        assert_true(ll_quantile_unsorted(any, 9, k / 12.0) == ll_quantile(sorted, 9, k / 12.0));
    }
    static const double levels[] = { 0, 0.005, 0.01, 0.011, 0.3, 0.3, 0.5, 0.95, 0.995, 1 };
    enum { LEVELS = sizeof levels / sizeof *levels, MOST = 300 };
    for (int n = 1; n <= MOST; n = 2 * n + 1) {
        double any[MOST], sorted[MOST], out[LEVELS];
        for (int i = 0; i < n; i++) any[i] = sorted[i] = (i * 7919 + 13) % 101; /* many are equal */
        ll_sort(sorted, n);
        ll_quantiles_unsorted(any, n, levels, LEVELS, out);
        for (int k = 0; k < LEVELS; k++) assert_true(out[k] == ll_quantile(sorted, n, levels[k]));
    }
    assert_close(ll_residual_sd((double[]) { 0, 3, 0, -1, 2 }, 5, 2), 2 * 1.4826022185, 1e-10);
    assert_true(isnan(ll_residual_sd((double[]) { 1, 2 }, 2, 2)));
}

/* Tables: t(0.95; 1, 5, 30), z(0.975). */
static void distributions(void **state) {
    (void)state;
    assert_close(ll_student_quantile(0.95, 1), 6.313751515, 1e-9);
    assert_close(ll_student_quantile(0.95, 5), 2.015048373, 1e-9);
    assert_close(ll_student_quantile(0.95, 30), 1.697260887, 1e-9);
    assert_close(ll_normal_quantile(0.975), 1.959963985, 1e-9);
    assert_close(ll_student_cdf(ll_student_quantile(0.003, 2.5), 2.5), 0.003, 1e-10);
    assert_close(ll_fisher_cdf(3, 2, 2), 0.75, 1e-12);                       /* F / (1 + F) */
    assert_close(ll_fisher_cdf(2.015048373 * 2.015048373, 1, 5), 0.9, 1e-8); /* the square of t */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_values), cmocka_unit_test(frontier_values),  cmocka_unit_test(frontier_is_optimal),
        cmocka_unit_test(gradients),     cmocka_unit_test(laws_are_listed),  cmocka_unit_test(cholesky),
        cmocka_unit_test(nonnegative),   cmocka_unit_test(order_statistics), cmocka_unit_test(distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
