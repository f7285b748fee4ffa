/* Tables that carry little, and tables that are large: a plain word or a right answer. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "planted.h"

enum { LARGE = 40000 };

static planted plant;
static double x[LARGE], y[LARGE];
static int64_t cluster[LARGE];

static bool warned(const ll_fit *fit, const char *of) {
    for (int i = 0; i < fit->n_warnings; i++)
        if (strstr(fit->warnings[i], of)) return true;
    return false;
}

static int count_warnings(const ll_fit *fit, const char *of) {
    int n = 0;
    for (int i = 0; i < fit->n_warnings; i++) n += strstr(fit->warnings[i], of) != NULL;
    return n;
}

static ll_fit fitted(const char *law, const ll_fit_data *data, int64_t draws) {
    ll_fit fit;
    assert_ok(ll_fit_run(&fit, ll_law_find(law), data, &(ll_fit_opts) { .n_boot = draws, .n_starts = 400 }, err));
    return fit;
}

static void nothing_to_fit(void **state) {
    (void)state;
    ll_error why = { 0 };
    ll_fit fit;
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    for (int64_t i = 0; i < plant.n; i++) plant.L[i] = 3;
    assert_int_equal(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, NULL, &why), LL_EINPUT);
    assert_string_equal(why.msg, "all 20 losses are 3: there is no slope to fit");
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    for (int64_t i = 0; i < plant.n; i++) plant.N[i] = plant.N[i % 4], plant.D[i] = plant.D[i % 4];
    assert_int_equal(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, NULL, &why), LL_EINPUT);
    assert_string_equal(why.msg, "20 runs at 4 distinct points cannot fix the 5 parameters of chinchilla");
    for (int64_t i = 0; i < plant.n; i++) x[i] = 1e19 * (1 + 1e-15 * (double)i), y[i] = 3 + 0.01 * (double)i;
    ll_fit_data budget = { .n = plant.n, .x = { [LL_VAR_X] = x }, .loss = y }; /* one, but for rounding */
    assert_int_equal(ll_fit_run(&fit, ll_law_find("power_floor"), &budget, NULL, &why), LL_EINPUT);
    assert_string_equal(why.msg, "20 runs at 1 distinct point cannot fix the 3 parameters of power_floor");
    ll_fit_opts held = { .n_boot = -1, .fixed = 1, .fixed_value = { 1.7 } }; /* four are left, four points */
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &held, err));
    ll_fit_clear(&fit);
}

static void as_many_runs_as_parameters(void **state) {
    (void)state;
    planted_make(&plant, 1, 10, 5, 0.01, 1);
    ll_fit fit = fitted("chinchilla", &plant.data, 50);
    assert_int_equal(fit.n_draws, 0);
    assert_int_equal(fit.taken, 0);
    assert_true(isnan(fit.params[0].se) && isnan(fit.params[0].lo));
    assert_true(warned(&fit, "passes through all of them"));
    assert_false(warned(&fit, "could not be fitted"));
    ll_fit_clear(&fit);
}

static void runs_on_one_line(void **state) {
    (void)state;
    planted_make(&plant, 1, 10, 15, 0.005, 1);
    ll_fit fit = fitted("chinchilla", &plant.data, 50);
    assert_true(warned(&fit, "one compute budget"));
    assert_false(warned(&fit, "one ratio"));
    ll_fit_clear(&fit);
    for (int64_t i = 0; i < plant.n; i++) {
        plant.D[i] = 20 * plant.N[i];
        plant.L[i] = planted_loss(plant.N[i], plant.D[i]) * (i % 2 ? 1.002 : 0.998);
    }
    fit = fitted("chinchilla", &plant.data, 50);
    assert_true(warned(&fit, "one ratio"));
    assert_false(warned(&fit, "one compute budget"));
    assert_true(count_warnings(&fit, "another optimum") <= 1);
    ll_fit_clear(&fit);
    planted_make(&plant, 4, 10, 5, 0.005, 1);
    fit = fitted("chinchilla", &plant.data, 50);
    assert_false(warned(&fit, "one ratio") || warned(&fit, "one compute budget"));
    ll_fit_clear(&fit);
}

/* L = 30 x^-0.2 with noise of 2 %, `alike` rows in a row sharing theirs and their x. Returns the standard error of
 * the slope that least squares of independent rows has. */
static double straight(int alike, double bend) {
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, 0);
    double mean = 0, sum = 0, noise = 0;
    for (int64_t i = 0; i < LARGE; i++) {
        int64_t k = i / alike;
        if (i % alike == 0) noise = 0.02 * ll_rng_normal(&rng);
        double t = log(1e6) + 7 * (double)(k * 7919 % 10007) / 10007, u = t - log(1e6) - 3.5;
        x[i] = exp(t);
        y[i] = 30 * exp(-0.2 * t + noise + bend * u * u);
        cluster[i] = k;
        mean += t / LARGE;
    }
    for (int64_t i = 0; i < LARGE; i++) sum += (log(x[i]) - mean) * (log(x[i]) - mean);
    return 0.02 / sqrt(sum / alike);
}

static void large_tables_scatter_as_they_should(void **state) {
    (void)state;
    for (int alike = 1; alike <= 10; alike += 9) {
        double se = straight(alike, 0);
        ll_fit_data data = { .n = LARGE, .x = { [LL_VAR_X] = x }, .loss = y };
        if (alike > 1) data.cluster = cluster;
        ll_fit_opts o = { .objective = LL_OBJ_LS_LOG, .n_boot = 1000 };
        ll_fit fit;
        assert_ok(ll_fit_run(&fit, ll_law_find("power"), &data, &o, err));
        assert_int_equal(fit.taken, alike > 1 ? 250 : 2500);
        assert_close(fit.params[1].value, 0.2, 5 * se / 0.2);
        assert_close(fit.params[1].se, se, 0.1); /* a thousand draws know it to 2.2 % */
        assert_true(fit.params[1].lo < fit.params[1].value && fit.params[1].value < fit.params[1].hi);
        assert_close((fit.params[1].hi - fit.params[1].lo) / (2 * 1.645), se, 0.15);
        ll_fit_clear(&fit);
    }
}

static void large_tables_bend(void **state) {
    (void)state;
    for (int bent = 0; bent < 2; bent++) {
        straight(1, bent ? 1e-4 : 0);
        ll_fit_data data = { .n = LARGE, .x = { [LL_VAR_X] = x }, .loss = y };
        ll_fit_opts o = { .objective = LL_OBJ_LS_LOG, .n_boot = -1 };
        ll_fit fit;
        assert_ok(ll_fit_run(&fit, ll_law_find("power"), &data, &o, err));
        double p = ll_fit_bend_p(&fit, &data, LL_VAR_X, 1);
        assert_true(bent ? p < 1e-3 : p > 1e-3 && p <= 1);
        ll_fit_clear(&fit);
    }
}

/* Noiseless: that the descent begins on fewer rows must not show. */
static void large_tables_are_exact(void **state) {
    (void)state;
    static double N[LARGE], D[LARGE];
    for (int64_t i = 0; i < LARGE; i++) {
        N[i] = 1e7 * pow(1000, (double)(i * 7919 % 10007) / 10007);
        D[i] = 1e8 * pow(1000, (double)(i * 104729 % 10009) / 10009);
        y[i] = planted_loss(N[i], D[i]);
    }
    ll_fit_data data = { .n = LARGE, .x = { N, D }, .loss = y };
    ll_fit fit = fitted("chinchilla", &data, -1);
    for (int j = 0; j < 5; j++) assert_close(fit.params[j].value, planted_truth[j], 1e-6);
    ll_fit_clear(&fit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_fit),    cmocka_unit_test(as_many_runs_as_parameters),
        cmocka_unit_test(runs_on_one_line),  cmocka_unit_test(large_tables_scatter_as_they_should),
        cmocka_unit_test(large_tables_bend), cmocka_unit_test(large_tables_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
