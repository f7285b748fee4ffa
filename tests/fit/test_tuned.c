/* What is lost by rate and batch: planted valleys whose optima come back, the law behind them, and bad input. */
#include "scratch_program.h"

#include <math.h>
#include <string.h>

#include "fit/approach/tuned.h"
#include "loglog/random.h"

enum { SIZES = 4, LENGTHS = 4, RATES = 5, BATCHES = 4, N_RUNS = SIZES * LENGTHS * RATES * BATCHES };

static double N[N_RUNS], D[N_RUNS], lr[N_RUNS], B[N_RUNS], L[N_RUNS];
static const ll_tuned_data data = { N_RUNS, N, D, lr, L, B };

/* lr 2e-3 (N/1e8)^-0.7 (D/1e9)^0.3, B 2e5 (D/1e9)^0.6; a valley that leans. */
static void plant(double sd) {
    ll_rng rng = ll_rng_at(1, LL_STREAM_NOISE, 0);
    for (int i = 0; i < N_RUNS; i++) {
        N[i] = 1e7 * pow(3, i % SIZES);
        D[i] = 3e8 * pow(4, i / SIZES % LENGTHS);
        const double best = 2e-3 * pow(N[i] / 1e8, -0.7) * pow(D[i] / 1e9, 0.3), batch = 2e5 * pow(D[i] / 1e9, 0.6);
        lr[i] = best * pow(1.6, i / (SIZES * LENGTHS) % RATES - 1.5);
        B[i] = batch * pow(1.8, i / (SIZES * LENGTHS * RATES) - 1.7);
        const double a = log(lr[i] / best), b = log(B[i] / batch);
        L[i] = (1.8 + 400 * pow(N[i], -0.34) + 600 * pow(D[i], -0.3)) *
               exp(0.5 * (0.02 * a * a + 0.012 * b * b - 2 * 0.006 * a * b) + sd * ll_rng_normal(&rng));
    }
}

static void planted_optima_come_back(void **state) {
    (void)state;
    ll_tuned f;
    ll_error err;
    plant(0);
    assert_int_equal(ll_tuned_run(&f, &data, &(ll_fit_opts) { .n_boot = -1 }, &err), LL_OK);
    assert_int_equal(f.n_cells, SIZES * LENGTHS);
    const ll_tuned_best *r = &f.best[LL_TUNED_RATE], *b = &f.best[LL_TUNED_BATCH];
    assert_true(fabs(r->by_params.value + 0.7) < 1e-6 && fabs(r->by_tokens.value - 0.3) < 1e-6);
    assert_true(fabs(b->by_params.value) < 1e-6 && fabs(b->by_tokens.value - 0.6) < 1e-6);
    assert_true(fabs(r->curvature - 0.02) < 1e-6 && fabs(b->curvature - 0.012) < 1e-6);
    assert_true(fabs(r->value.value / (2e-3 * pow(f.params / 1e8, -0.7) * pow(f.tokens / 1e9, 0.3)) - 1) < 1e-6);
    for (int i = 0; i < N_RUNS; i++) {
        const double truth = 1.8 + 400 * pow(N[i], -0.34) + 600 * pow(D[i], -0.3);
        assert_true(fabs(log(L[i]) - f.lost[i] - log(truth)) < 1e-6);
    }
    assert_true(fabs(f.law.params[0].value - 1.8) < 0.01);
    assert_true(f.law_sd < f.raw_sd / 10);
    ll_tuned_clear(&f);
}

static void noisy_runs(void **state) {
    (void)state;
    ll_tuned f;
    ll_error err;
    plant(0.002);
    assert_int_equal(ll_tuned_run(&f, &data, &(ll_fit_opts) { .n_boot = 60, .threads = 1 }, &err), LL_OK);
    const ll_estimate *by = &f.best[LL_TUNED_RATE].by_params;
    assert_true(by->lo < by->value && by->value < by->hi && by->hi - by->lo < 0.4);
    assert_true(fabs(by->value + 0.7) < 0.1);
    assert_true(f.residual_sd > 0.001 && f.residual_sd < 0.003);
    ll_tuned_clear(&f);
}

static void bad_input(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    const char none[] = "params,tokens,loss\n1e7,1e9,3\n2e7,1e9,2.9\n",
               few[] = "params,tokens,lr,loss\n1e7,1e9,1e-3,3\n2e7,1e9,1e-3,2.9\n",
               zero[] = "params,tokens,lr,loss\n1e7,1e9,0,3\n2e7,1e9,1e-3,2.9\n";
    support_write(folder, "none.csv", none, strlen(none), path);
    support_write(folder, "few.csv", few, strlen(few), path);
    support_write(folder, "zero.csv", zero, strlen(zero), path);
    answers("fit none.csv --law tuned", 2, "no column lr");
    answers("fit few.csv --law tuned", 2, "expected several in each");
    answers("fit zero.csv --law tuned", 2, "above 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_optima_come_back),
        cmocka_unit_test(noisy_runs),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
