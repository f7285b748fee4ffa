#include "support.h"

#include <math.h>
#include <string.h>

#include "fit/doubt/profile.h"
#include "loglog/random.h"
#include "planted.h"
#include "stat/student.h"

enum { ROWS = 60 };
static double X[ROWS], L[ROWS], W[ROWS];
static planted plant;

/* ln L = ln 30 - 0.2 ln x + noise. */
static ll_fit_data straight(double sd, uint64_t world) {
    ll_rng rng = ll_rng_at(world, LL_STREAM_NOISE, 0);
    for (int i = 0; i < ROWS; i++) {
        X[i] = 1e6 * pow(1.3, i % 20);
        W[i] = 1 + i % 3;
        L[i] = 30 * pow(X[i], -0.2) * exp(sd / sqrt(W[i]) * ll_rng_normal(&rng));
    }
    return (ll_fit_data) { .n = ROWS, .x = { [LL_VAR_X] = X }, .loss = L };
}

static ll_fit fitted(const char *law, const ll_fit_data *data, ll_fit_opts opts) {
    ll_fit fit;
    opts.n_boot = -1;
    opts.threads = 1;
    if (strcmp(law, "power") == 0) opts.n_starts = 8; /* in logs it is linear: there is one optimum */
    assert_ok(ll_fit_run(&fit, ll_law_find(law), data, &opts, err));
    return fit;
}

/* The straight line of ln L on ln x is linear regression: slope +- t sqrt(s^2 / Sxx) to the last digit. */
static void least_squares_is_students_t(void **state) {
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        ll_fit_data data = straight(0.02, 5);
        if (weighted) data.weight = W;
        double w = 0, x = 0, y = 0, xx = 0, xy = 0, ss = 0;
        for (int i = 0; i < ROWS; i++) {
            double wi = weighted ? W[i] : 1, u = log(X[i]), v = log(L[i]);
            w += wi, x += wi * u, y += wi * v, xx += wi * u * u, xy += wi * u * v;
        }
        double Sxx = xx - x * x / w, slope = (xy - x * y / w) / Sxx, at = (y - slope * x) / w;
        for (int i = 0; i < ROWS; i++) ss += (weighted ? W[i] : 1) * pow(log(L[i]) - at - slope * log(X[i]), 2);
        ll_fit fit = fitted("power", &data, (ll_fit_opts) { .objective = LL_OBJ_LS_LOG, .level = 0.8 });
        ll_profile p[LL_LAW_MAX_PARAMS];
        double half = ll_student_quantile(0.9, ROWS - 2) * sqrt(ss / (ROWS - 2) / Sxx);
        assert_ok(ll_fit_profile(&fit, p, err));
        assert_close(fit.params[1].value - p[1].lo, half, 1e-4);
        assert_close(p[1].hi - fit.params[1].value, half, 1e-4);
        ll_fit_clear(&fit);
    }
}

/* A fit of more runs than a profile of E needs: held there the rest cannot do better, and the ends are where F
 * says. */
static void ends_lie_where_the_objective_says(void **state) {
    (void)state;
    planted_make(&plant, 6, 10, 6, 0.005, 2);
    ll_fit fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .objective = LL_OBJ_LS_LOG });
    ll_profile p[LL_LAW_MAX_PARAMS];
    assert_ok(ll_fit_profile(&fit, p, err));
    double t = ll_student_quantile(0.95, (double)(plant.n - 5));
    for (int j = 0; j < 5; j++)
        for (int side = 0; side < 2; side++) {
            ll_fit_opts held = { .objective = LL_OBJ_LS_LOG, .fixed = 1u << j };
            held.fixed_value[j] = side ? p[j].hi : p[j].lo;
            ll_fit there = fitted("chinchilla", &plant.data, held);
            double expected = fit.objective * (1 + t * t / (double)(plant.n - 5));
            assert_close(there.objective, expected, 1e-4);
            ll_fit_clear(&there);
        }
    ll_fit_clear(&fit);
}

/* 4 standard errors of a share of .9 among 150. */
static void covers(ll_fit_opts opts, const char *name) {
    enum { WORLDS = 150 };
    int held = 0;
    for (uint64_t i = 0; i < WORLDS; i++) {
        ll_fit_data data = straight(0.02, 100 + i);
        ll_fit fit = fitted("power", &data, opts);
        ll_profile p[LL_LAW_MAX_PARAMS];
        assert_ok(ll_fit_profile(&fit, p, err));
        held += p[1].lo <= 0.2 && 0.2 <= p[1].hi;
        ll_fit_clear(&fit);
    }
    print_message("%s: %d of %d profile intervals of 90 %% cover\n", name, held, WORLDS);
    assert_in_range(held, 120, 149);
}

static void intervals_cover(void **state) {
    (void)state;
    covers((ll_fit_opts) { .objective = LL_OBJ_LS_LOG }, "least squares");
    covers((ll_fit_opts) { .delta = 1e-3 }, "Huber, narrow");
    covers((ll_fit_opts) { .delta = 0.02 }, "Huber, as wide as the noise");
    covers((ll_fit_opts) { .objective = LL_OBJ_LAD_LOG }, "least absolute deviations");
}

/* Losses that fall along a straight line say of a floor only that it is low. */
static void an_open_end_is_said(void **state) {
    (void)state;
    ll_fit_data data = straight(0.02, 7);
    ll_fit fit = fitted("power_floor", &data, (ll_fit_opts) { .objective = LL_OBJ_LS_LOG, .level = 0.99 });
    ll_profile p[LL_LAW_MAX_PARAMS];
    assert_ok(ll_fit_profile(&fit, p, err));
    assert_true(p[0].lo == -INFINITY);
    assert_true(isfinite(p[0].hi) && p[0].hi < L[19] * 1.1);
    ll_fit_clear(&fit);
}

static void held_and_exact(void **state) {
    (void)state;
    ll_fit_data data = straight(0.02, 7);
    ll_fit_opts held = { .fixed = 1 };
    ll_profile p[LL_LAW_MAX_PARAMS];
    held.fixed_value[0] = 2.4e7;
    ll_fit fit = fitted("power", &data, held);
    assert_ok(ll_fit_profile(&fit, p, err));
    assert_true(isnan(p[0].lo) && p[1].lo < p[1].hi);
    ll_fit_clear(&fit);
    data.n = 2;
    fit = fitted("power", &data, (ll_fit_opts) { 0 });
    assert_int_equal(ll_fit_profile(&fit, p, NULL), LL_EINPUT);
    ll_fit_clear(&fit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_squares_is_students_t),
        cmocka_unit_test(ends_lie_where_the_objective_says),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(an_open_end_is_said),
        cmocka_unit_test(held_and_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
