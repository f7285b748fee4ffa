#include "support.h"

#include <math.h>
#include <string.h>

#include "fit/doubt/diagnosis.h"
#include "loglog/random.h"
#include "planted.h"

enum { E, A, B, ALPHA, BETA };
static planted plant;

static ll_fit fitted(const char *law, const ll_fit_data *data, ll_fit_opts opts) {
    ll_fit fit;
    assert_ok(ll_fit_run(&fit, ll_law_find(law), data, &opts, err));
    return fit;
}

/* ---- the target ---- */

/* Without noise the forecast is the planted law at the point, and the point has the target's compute. */
static void the_target_lies_on_the_runs_path(void **state) {
    (void)state;
    planted_make(&plant, 4, 10, 5, 0, 1);
    ll_fit fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .n_boot = -1 });
    ll_reach r;
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 0 }, err));
    assert_close(r.target, 1e22, 1e-9);
    assert_close(r.factor, 10, 1e-12);
    assert_close(6 * r.x[LL_VAR_N] * r.x[LL_VAR_D], 1e22, 1e-9);
    ll_frontier f =
        ll_chinchilla_frontier(planted_truth[A], planted_truth[B], planted_truth[ALPHA], planted_truth[BETA]);
    assert_close(r.x[LL_VAR_N], f.G * pow(1e22 / 6, f.a), 1e-6); /* sizes lie evenly about the optimum */
    assert_close(r.loss.value, planted_loss(r.x[LL_VAR_N], r.x[LL_VAR_D]), 1e-6);
    assert_true(isnan(r.share[0]) && !r.influence);
    ll_reach_free(&r);
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 1e30 }, err));
    assert_close(r.factor, 1e9, 1e-9);
    ll_reach_free(&r);
    ll_fit_clear(&fit);
}

/* One budget has no path: N and D grow alike. Twenty tokens a parameter stay twenty. */
static void paths_of_one_budget_and_of_one_ratio(void **state) {
    (void)state;
    ll_reach r;
    planted_make(&plant, 1, 10, 12, 0.001, 1);
    ll_fit fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .n_boot = -1 });
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 0 }, err));
    assert_close(6 * r.x[LL_VAR_N] * r.x[LL_VAR_D], 1e19, 1e-9);
    ll_reach_free(&r);
    ll_fit_clear(&fit);
    for (int64_t i = 0; i < plant.n; i++) {
        plant.D[i] = 20 * plant.N[i];
        plant.L[i] = planted_loss(plant.N[i], plant.D[i]);
        plant.C[i] = 6 * plant.N[i] * plant.D[i];
    }
    plant.data.x[LL_VAR_X] = plant.N;
    fit = fitted("power_floor", &plant.data, (ll_fit_opts) { .n_boot = -1 });
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 0 }, err));
    assert_close(r.x[LL_VAR_X], sqrt(r.target / 120), 1e-9);
    ll_reach_free(&r);
    ll_fit_clear(&fit);
}

/* A straight line forecast far beyond its runs is carried by its two ends, and moved by the run that was moved. */
static void variance_has_its_share(void **state) {
    (void)state;
    ll_rng rng = ll_rng_at(1, LL_STREAM_NOISE, 0);
    planted_make(&plant, 10, 4, 6, 0, 1);
    plant.data.x[LL_VAR_X] = plant.C;
    for (int64_t i = 0; i < plant.n; i++)
        plant.L[i] = 30 * pow(plant.C[i], -0.05) * exp(0.01 * ll_rng_normal(&rng));
    plant.L[plant.n - 1] *= 1.1;
    ll_fit fit = fitted("power", &plant.data, (ll_fit_opts) { .objective = LL_OBJ_LS_LOG, .n_boot = 200 });
    ll_reach r;
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 0 }, err));
    assert_close(r.share[0] + r.share[1] + r.share[2], 1, 1e-9);
    assert_true(r.share[2] > r.share[0] && r.share[2] > r.share[1]);
    for (int64_t i = 0; i + 1 < plant.n; i++) assert_true(fabs(r.influence[i]) < -r.influence[plant.n - 1]);
    ll_reach_free(&r);
    ll_fit_clear(&fit);
}

/* A curve over one variable has no FLOPs: the target is ten times that variable, and none can be named in FLOPs. */
static void a_curve_has_a_target_too(void **state) {
    (void)state;
    ll_reach r;
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    ll_fit_data data = { .n = plant.n, .x = { [LL_VAR_X] = plant.C }, .loss = plant.L };
    ll_fit fit = fitted("power", &data, (ll_fit_opts) { .n_boot = -1 });
    assert_ok(ll_reach_new(&r, &fit, &(ll_aim) { 0 }, err));
    assert_string_equal(r.axis, "x");
    assert_close(r.x[LL_VAR_X], 1e22, 1e-9);
    ll_reach_free(&r);
    assert_int_equal(ll_reach_new(&r, &fit, &(ll_aim) { 1e23 }, NULL), LL_EINPUT);
    ll_fit_clear(&fit);
}

/* ---- the asymptote ---- */

static void the_band_is_the_fit_with_E_held(void **state) {
    (void)state;
    planted_make(&plant, 5, 10, 6, 0.005, 3);
    ll_fit fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .n_boot = 100 });
    ll_asymptote a;
    assert_ok(ll_asymptote_find(&a, &fit, err));
    assert_int_equal(a.at, E);
    for (int k = 0; k < 2; k++) {
        ll_fit_opts held = { .n_boot = -1, .fixed = 1u << E };
        held.fixed_value[E] = k ? fit.params[E].hi : fit.params[E].lo;
        ll_fit there = fitted("chinchilla", &plant.data, held);
        assert_close(a.end[k].objective, there.objective, 1e-6);
        assert_close(a.end[k].params[BETA], there.params[BETA].value, 1e-3);
        ll_fit_clear(&there);
    }
    ll_fit_clear(&fit);
    fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .n_boot = -1 });
    assert_ok(ll_asymptote_find(&a, &fit, err));
    assert_int_equal(a.at, -1); /* no interval, no band */
    ll_fit_clear(&fit);
}

/* ---- tuning ---- */

/* Twelve sizes of ten runs; of one the losses are off. */
static ll_undertuned tuned(double off, double sd, uint64_t world) {
    ll_rng rng = ll_rng_at(world, LL_STREAM_NOISE, 0);
    plant.n = 120;
    for (int64_t i = 0; i < plant.n; i++) {
        plant.N[i] = 1e7 * pow(2, (double)(i / 10));
        plant.D[i] = 1e9 * pow(2, (double)(i % 10));
        plant.L[i] = planted_loss(plant.N[i], plant.D[i]) * exp(sd * ll_rng_normal(&rng));
        if (i / 10 == 6) plant.L[i] *= off;
    }
    plant.data = (ll_fit_data) { .n = plant.n, .x = { plant.N, plant.D }, .loss = plant.L };
    ll_fit fit = fitted("chinchilla", &plant.data, (ll_fit_opts) { .n_boot = -1, .delta = 0.01, .n_starts = 144 });
    ll_undertuned u;
    assert_ok(ll_undertuned_find(&u, &fit, err));
    ll_fit_clear(&fit);
    return u;
}

static void undertuned_rungs_are_named(void **state) {
    (void)state;
    ll_undertuned u = tuned(1.02, 0.005, 1);
    assert_int_equal(u.rungs, 12);
    assert_true(u.n >= 1);
    assert_close(u.rung[0].params, 64e7, 1e-9);
    assert_int_equal(u.rung[0].runs, 10);
    assert_int_equal(u.rung[0].row / 10, 6);
    assert_true(u.rung[0].miss > 0.01 && u.rung[0].miss < 0.025);
    u = tuned(0.98, 0.005, 1); /* better than the law: no sign of bad tuning */
    for (int k = 0; k < u.n; k++) assert_true(u.rung[k].params != plant.N[60]);
}

/* 100 sound tables: at .05 more than 12 alarms come once in a thousand. */
static void sound_rungs_raise_no_more_alarms_than_said(void **state) {
    (void)state;
    int alarms = 0;
    for (uint64_t world = 0; world < 100; world++) alarms += tuned(1, 0.005, 1000 + world).n > 0;
    print_message("%d false alarms in 100 sound tables\n", alarms);
    assert_in_range(alarms, 0, 12);
}

/* ---- conventions ---- */

/* With N' = N^g the law is E + A / N'^(alpha / g) + B / D^beta; with C = N^u D^v the frontier is that of the
 * header. */
static void exponents_follow_the_count(void **state) {
    (void)state;
    const double g = 1.25, u = 0.9, v = 1.1;
    ll_table t;
    ll_columns c;
    ll_conventions list;
    planted_make(&plant, 5, 10, 6, 0, 1);
    assert_ok(ll_table_new(&t, plant.n, err));
    for (int64_t i = 0; i < plant.n; i++) {
        t.num[LL_COL_PARAMS][i] = 1e-3 * pow(plant.N[i], g);
        t.num[LL_COL_PARAMS_TOTAL][i] = plant.N[i];
        t.num[LL_COL_TOKENS][i] = plant.D[i];
        t.num[LL_COL_FLOPS][i] = 50 * pow(plant.N[i], u) * pow(plant.D[i], v);
        t.num[LL_COL_LOSS][i] = plant.L[i];
    }
    t.params_are = LL_PARAMS_NONEMBEDDING;
    assert_ok(ll_columns_new(&c, &t, "planted", 1u << LL_VAR_N | 1u << LL_VAR_D, err));
    ll_fit_data data = { .n = c.n, .x = { c.v[LL_VAR_N], c.v[LL_VAR_D], c.v[LL_VAR_C] }, .loss = c.loss };
    ll_fit fit = fitted("chinchilla", &data, (ll_fit_opts) { .n_boot = -1 });
    assert_ok(ll_conventions_find(&list, &fit, &t, &c, LL_VAR_C, err));
    assert_int_equal(list.n, 5);
    const double alpha = planted_truth[ALPHA], beta = planted_truth[BETA];
    const struct {
        const char *params, *flops;
        double alpha, a;
    } expected[] = {
        { "nonembedding", "6 params tokens", alpha / g, beta / (beta + alpha / g) },
        { "nonembedding", "table", alpha / g, beta / (u / g * beta + v * alpha / g) },
        { "total", "6 params tokens", alpha, beta / (beta + alpha) },
        { "total", "table", alpha, beta / (u * beta + v * alpha) },
    };
    for (int k = 0; k < 4; k++) {
        assert_string_equal(list.of[k].params, expected[k].params);
        assert_string_equal(list.of[k].flops, expected[k].flops);
        assert_int_equal(list.of[k].used, k == 1);
        assert_close(list.of[k].value[ALPHA], expected[k].alpha, 1e-5);
        assert_close(list.of[k].a, expected[k].a, 1e-5);
    }
    for (int64_t i = 0; i < plant.n; i++) t.num[LL_COL_FLOPS][i] = NAN; /* a column without a number is none */
    assert_ok(ll_conventions_find(&list, &fit, &t, &c, LL_VAR_C, err));
    assert_int_equal(list.n, 2);
    for (int k = 0; k < 2; k++) assert_string_equal(list.of[k].flops, "6 params tokens");
    assert_true(list.of[0].used);
    ll_fit_clear(&fit);
    ll_columns_free(&c);
    ll_table_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_lies_on_the_runs_path),
        cmocka_unit_test(paths_of_one_budget_and_of_one_ratio),
        cmocka_unit_test(variance_has_its_share),
        cmocka_unit_test(a_curve_has_a_target_too),
        cmocka_unit_test(the_band_is_the_fit_with_E_held),
        cmocka_unit_test(undertuned_rungs_are_named),
        cmocka_unit_test(sound_rungs_raise_no_more_alarms_than_said),
        cmocka_unit_test(exponents_follow_the_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
