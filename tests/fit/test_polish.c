#include "support.h"

/* The solver's steps and ends. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/draws/resample.h"
#include "fit/solve/law_chart.h"
#include "fit/solve/polish.h"
#include "fit/solve/problem.h"
#include "loglog/random.h"
#include "stat/solve.h"

enum { E, A, B, ALPHA, BETA, ROWS = 2000 };

static const double hoffmann[] = { 1.69, 406.4, 410.7, 0.34, 0.28 };
static double N[ROWS], D[ROWS], L[ROWS];

/* Runs of the law that came out between two losses, 0.3 % of noise on each. */
static void plant_between(double lo, double hi, double N_lo, double N_hi) {
    ll_rng rng = ll_rng_at(7, LL_STREAM_BOOTSTRAP, 0);
    for (int64_t i = 0; i < ROWS;) {
        N[i] = exp(log(N_lo) + ll_rng_uniform(&rng) * log(N_hi / N_lo));
        D[i] = N[i] * pow(10, 0.7 + 1.5 * ll_rng_uniform(&rng));
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N[i], [LL_VAR_D] = D[i] };
        L[i] = ll_law_find("chinchilla")->eval(hoffmann, x) * (1 + 0.003 * ll_rng_normal(&rng));
        i += L[i] > lo && L[i] < hi;
    }
}

static void problem_of(ll_problem *q, ll_rows *rows) {
    const ll_fit_data data = { .n = ROWS, .x = { N, D }, .loss = L };
    const ll_law *law = ll_law_find("chinchilla");
    ll_fit_opts opts;
    assert_ok(ll_fit_opts_resolve(&(ll_fit_opts) { 0 }, &opts, err));
    assert_ok(ll_rows_new(rows, ROWS, err));
    ll_rows_fill(rows, law, &data, true);
    ll_problem_init(q, law, &opts, rows);
}

/* Derivatives over the chart's steps against differences along them. */
static void check_chart(const ll_problem *q, const double *params, uint32_t held) {
    const ll_chart chart = ll_chart_of(q);
    const double h = 1e-5;
    double theta[P_MAX], g[P_MAX], H[P_MAX * P_MAX], at[P_MAX], F[2][2], norm = 0;
    ll_problem_theta(q, params, theta);
    const double here = ll_problem_eval(q, theta, g, H);
    ll_chart_pull(&chart, theta, held, g, H);
    for (int j = 0; j < q->p; j++) norm = fmax(norm, fabs(g[j]));
    for (int j = 0; j < q->p; j++)
        for (int k = 0; k <= j; k++) {
            for (int s = 0; s < 4; s++) {
                double step[P_MAX] = { 0 };
                step[j] += s / 2 ? h : -h;
                step[k] += s % 2 ? h : -h;
                ll_chart_go(&chart, theta, held, step, at);
                F[s / 2][s % 2] = ll_problem_eval(q, at, NULL, NULL);
            }
            const double mixed = (F[1][1] - F[1][0] - F[0][1] + F[0][0]) / (4 * h * h);
            assert_true(fabs(mixed - H[j * q->p + k]) < 1e-4 * fabs(H[j * q->p + k]) + 1e-3 * here);
            if (j == k) assert_true(fabs((F[1][1] - F[0][0]) / (4 * h) - g[j]) < 1e-6 * norm);
        }
}

static void chart_derivatives(void **state) {
    (void)state;
    static const double off[] = { 1.2, 300, 500, 0.3, 0.31 };
    static const uint32_t helds[] = { 0, 1u << E, 1u << ALPHA, 1u << A, 1u << E | 1u << BETA };
    ll_rows rows;
    ll_problem q;
    plant_between(2, 5, 1e7, 3e9);
    problem_of(&q, &rows);
    q.delta = 1; /* no corners between the differences */
    for (size_t k = 0; k < sizeof helds / sizeof *helds; k++) check_chart(&q, off, helds[k]);
    ll_rows_free(&rows);
}

/* No step of what may move promises a share of the objective by the derivatives over theta, and what lies at a bound
 * is pressed against it. */
static void assert_minimum(const ll_problem *q, const double *theta, double value) {
    double g[P_MAX], H[P_MAX * P_MAX], M[P_MAX * P_MAX], b[P_MAX], x[P_MAX], promised = 0;
    int at[P_MAX], n = 0;
    assert_close(ll_problem_eval(q, theta, g, H), value, 1e-12);
    for (int j = 0; j < q->p; j++) {
        if (theta[j] <= q->lo[j]) assert_true(g[j] >= 0);
        else if (theta[j] >= q->hi[j]) assert_true(g[j] <= 0);
        else at[n++] = j;
    }
    for (int i = 0; i < n; i++) {
        b[i] = -g[at[i]];
        for (int k = 0; k < n; k++) M[i * n + k] = H[at[i] * q->p + at[k]];
    }
    assert_true(ll_cholesky_solve(n, M, NULL, b, x));
    for (int i = 0; i < n; i++) promised += 0.5 * x[i] * b[i];
    assert_true(promised < 1e-8 * value);
}

/* From far apart to one end, which is a minimum. */
static void check_ends(bool at_bound) {
    static const double starts[][5] = { { 1.69, 406, 410, 0.34, 0.28 },
                                        { 1, 20, 50, 0.15, 0.2 },
                                        { 0.01, 30, 8, 0.2, 0.07 },
                                        { 1e-6, 8, 5, 0.1, 0.05 },
                                        { 1.9, 1e4, 100, 0.5, 0.2 } };
    const int n = sizeof starts / sizeof *starts;
    double theta[P_MAX], value, first = NAN;
    ll_rows rows;
    ll_problem q;
    problem_of(&q, &rows);
    for (int k = 0; k < n; k++) {
        ll_problem_theta(&q, starts[k], theta);
        const ll_fit_stop stop = ll_polish(&q, theta, 1e-14, &value);
        assert_int_equal(stop, at_bound ? LL_FIT_AT_BOUND : LL_FIT_CONVERGED);
        assert_true(at_bound == (theta[E] <= q.lo[E]));
        assert_minimum(&q, theta, value);
        if (k == 0) first = value;
        assert_close(value, first, 1e-9);
        ll_problem_theta(&q, starts[k], theta);
        ll_polish(&q, theta, 1e-7, &value);
        assert_close(value, ll_problem_eval(&q, theta, NULL, NULL), 1e-12); /* where it ends it has been */
    }
    ll_rows_free(&rows);
}

/* Rows of one loss fix the law's value and slopes, and its floor hardly: along that valley the ends lie far apart in
 * every parameter and close in value. */
static void valley_of_one_loss(void **state) {
    (void)state;
    plant_between(2.5, 2.52, 1e8, 3e9);
    check_ends(false);
}

/* Rows below one loss only: the floor runs to its bound. */
static void floor_out_of_sight(void **state) {
    (void)state;
    plant_between(2, 2.25, 1e9, 3.2e9);
    check_ends(true);
}

static double objective_of(const ll_fit_data *data, const ll_fit_opts *opts) {
    ll_fit fit;
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), data, opts, err));
    const double value = fit.objective;
    ll_fit_clear(&fit);
    return value;
}

/* One small run says all about alpha, which goes to its bound: a fit is no worse than one in which it is held there. */
static void term_of_one_row(void **state) {
    (void)state;
    static const double n[] = { 1.849e9, 8.43e5, 8.46e6, 7.245e7, 1.75e9 },
                        d[] = { 2.208e10, 6.396e6, 9.606e9, 2.102e8, 4.224e11 },
                        l[] = { 2.826, 21.23, 3.152, 7.471, 1.835 };
    const ll_fit_data data = { .n = 5, .x = { n, d }, .loss = l };
    const double free = objective_of(&data, &(ll_fit_opts) { .n_boot = -1 }),
                 held = objective_of(
                     &data, &(ll_fit_opts) { .n_boot = -1, .fixed = 1u << ALPHA, .fixed_value = { [ALPHA] = 4 } });
    assert_true(free <= held * (1 + 1e-9));
}

/* Of a law of ratios value and derivatives in vectors are those of its eval and grad. */
static void check_ratios(const char *name, const double *params, int objective) {
    static double S[ROWS];
    const ll_law *law = ll_law_find(name);
    const int p = law->n_params;
    ll_rows rows;
    ll_problem q;
    ll_fit_opts opts;
    double theta[P_MAX], g[P_MAX], H[P_MAX * P_MAX], known_g[P_MAX], known_H[P_MAX * P_MAX], most = 0;
    for (int64_t i = 0; i < ROWS; i++) S[i] = sqrt(D[i]);
    const ll_fit_data data = { .n = ROWS - 3,
                               .x = { [LL_VAR_N] = N, [LL_VAR_D] = D, [LL_VAR_X] = N, [LL_VAR_S] = S },
                               .loss = L };
    assert_ok(ll_fit_opts_resolve(&(ll_fit_opts) { .objective = objective, .delta = 0.1 }, &opts, err));
    assert_ok(ll_rows_new(&rows, data.n, err));
    ll_rows_fill(&rows, law, &data, ll_log_scale(objective));
    ll_problem_init(&q, law, &opts, &rows);
    ll_problem_theta(&q, params, theta);
    const double F = ll_problem_eval(&q, theta, g, H), known = ll_problem_eval_general(&q, theta, known_g, known_H);
    assert_true(law->n_ratios > 0 && fabs(F - known) <= 1e-12 * known);
    assert_true(ll_problem_eval(&q, theta, NULL, NULL) == F);
    for (int j = 0; j < p; j++) assert_true(fabs(g[j] - known_g[j]) <= 1e-8 * fabs(known_g[j]));
    for (int j = 0; j < p * p; j++) most = fmax(most, fabs(known_H[j]));
    for (int j = 0; j < p * p; j++) assert_true(fabs(H[j] - known_H[j]) <= 1e-4 * fabs(known_H[j]) + 1e-10 * most);
    ll_rows_free(&rows);
}

static void ratios_are_the_law(void **state) {
    (void)state;
    static const struct {
        const char *law;
        double params[4];
    } of[] = { { "power", { 8.8e13, 0.076 } },
               { "power", { 1e9, 0.5 } },
               { "kaplan_nd", { 8.8e13, 5.4e13, 0.076, 0.095 } },
               { "kaplan_nd", { 1e9, 1e12, 0.5, 0.2 } },
               { "kaplan_ns", { 6.5e13, 2.1e3, 0.077, 0.76 } },
               { "kaplan_ns", { 1e9, 1e6, 0.3, 0.1 } } };
    plant_between(2, 4, 1e6, 1e10);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (int objective = LL_OBJ_HUBER_LOG; objective <= LL_OBJ_LS; objective++)
            if (objective != LL_OBJ_LAD_LOG) check_ratios(of[k].law, of[k].params, objective);
}

/* Of one D and much noise Kaplan's law has a long valley with ends far apart, along which descents creep: draws set out
 * from more than the place where most of them got to. */
static void both_ends_of_a_valley(void **state) {
    (void)state;
    enum { RUNS = 120, DRAWS = 40 };
    static const double other[] = { 9e5, 1.6e10, 0.9, 1.5 };
    ll_rng rng = ll_rng_at(46, LL_STREAM_NOISE, 0);
    const ll_law *law = ll_law_find("kaplan_nd");
    const ll_fit_data data = { .n = RUNS, .x = { N, D }, .loss = L };
    for (int i = 0; i < RUNS; i++) {
        N[i] = pow(10, 6 + 3 * ll_rng_uniform(&rng));
        D[i] = 1e10;
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N[i], [LL_VAR_D] = D[i] };
        L[i] = ll_law_find("chinchilla")->eval(hoffmann, x) * exp(0.25 * ll_rng_normal(&rng));
    }
    ll_fit fit;
    ll_rows rows, drawn;
    ll_problem q;
    ll_resampler sampler;
    int32_t count[RUNS];
    int worse = 0;
    assert_ok(ll_fit_run(&fit, law, &data, &(ll_fit_opts) { .n_boot = DRAWS, .no_influence = true }, err));
    assert_ok(ll_problem_of_fit(&q, &rows, &fit, err));
    assert_ok(ll_rows_new(&drawn, RUNS, err));
    assert_ok(ll_resampler_new(&sampler, &fit, &q, err));
    assert_int_equal(fit.n_draws, DRAWS);
    q.rows = &drawn;
    for (int64_t i = 0; i < DRAWS; i++) {
        double theta[P_MAX], from_other;
        assert_true(ll_resample_draw(&sampler, i, &drawn, count));
        ll_problem_theta(&q, other, theta);
        ll_polish(&q, theta, 1e-8, &from_other);
        ll_problem_theta(&q, fit.draws + i * q.p, theta);
        worse += ll_problem_eval(&q, theta, NULL, NULL) > from_other * (1 + 1e-3);
    }
    assert_in_range(worse, 0, 2);
    ll_resampler_free(&sampler);
    ll_rows_free(&drawn);
    ll_rows_free(&rows);
    ll_fit_clear(&fit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chart_derivatives),  cmocka_unit_test(valley_of_one_loss),
        cmocka_unit_test(floor_out_of_sight), cmocka_unit_test(term_of_one_row),
        cmocka_unit_test(ratios_are_the_law), cmocka_unit_test(both_ends_of_a_valley),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
