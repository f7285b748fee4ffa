#include "support.h"

#include <math.h>
#include <string.h>

#include "forecast/belief/forecast.h"
#include "forecast/belief/rehearsal.h"
#include "loglog/units.h"
#include "planted.h"

static planted plant;

static ll_fit small_fit(uint64_t seed, double sd) {
    ll_fit fit;
    planted_make(&plant, 5, 10, 6, sd, seed);
    ll_fit_opts o = { .n_boot = 200, .n_starts = 144 };
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &o, err));
    return fit;
}

static ll_status forecast_of(ll_forecast *f, const ll_fit *fit, const double x[LL_VAR_COUNT], ll_error *e) {
    ll_posterior *p = NULL;
    ll_status s = ll_rehearsed_posterior(&p, fit->law, &fit->data, NULL, &fit->opts, 0, e);
    if (s == LL_OK) s = ll_forecast_from(f, &(const ll_posterior *) { p }, 1, x, e);
    ll_posterior_free(p);
    return s;
}

static ll_forecast forecast_at(const ll_fit *fit, double N, double D, double reach) {
    ll_forecast f;
    const double x[LL_VAR_COUNT] = { N, D, 6 * N * D };
    assert_ok(forecast_of(&f, fit, x, err));
    f.reach = reach;
    return f;
}

/* At a forecast's own levels the interval is the forecast's, to the last bit. */
static void an_interval_is_the_quantiles(void **state) {
    (void)state;
    ll_fit fit = small_fit(3, 0.005);
    const double x[LL_VAR_COUNT] = { 3e9, 6e10, 6 * 3e9 * 6e10 };
    const struct {
        double level;
        int lo, hi;
    } at[] = { { 0.5, 4, 6 }, { 0.8, 3, 7 }, { 0.9, 2, 8 }, { 0.95, 1, 9 }, { 0.99, 0, 10 } };
    const ll_forecast f = forecast_at(&fit, 3e9, 6e10, 4);
    ll_posterior *p;
    assert_ok(ll_rehearsed_posterior(&p, fit.law, &fit.data, NULL, &fit.opts, 0, err));
    for (int k = 0; k < 5; k++) {
        ll_estimate e;
        assert_ok(ll_forecast_interval(&e, p, x, at[k].level, err));
        assert_true(e.value == f.quantile[5] && e.lo == f.quantile[at[k].lo] && e.hi == f.quantile[at[k].hi]);
    }
    ll_posterior_free(p);
    ll_fit_clear(&fit);
}

static void ordered_and_wider_with_reach(void **state) {
    (void)state;
    ll_fit fit = small_fit(1, 0.005);
    double last = 0;
    for (double reach = 1; reach < 2000; reach *= 10) {
        double N = sqrt(1e22 * reach / 120);
        ll_forecast f = forecast_at(&fit, N, 20 * N, reach);
        for (int i = 1; i < LL_FORECAST_QUANTILES; i++) assert_true(f.quantile[i] > f.quantile[i - 1]);
        assert_true(f.sd > last && isfinite(f.mean));
        assert_close(f.quantile[5], planted_loss(N, 20 * N), 2 * f.sd);
        last = f.sd;
    }
    ll_forecast a = forecast_at(&fit, 3e9, 6e10, 4), b = forecast_at(&fit, 3e9, 6e10, 4);
    assert_memory_equal(a.quantile, b.quantile, sizeof a.quantile);
    ll_fit_clear(&fit);
}

/* The next run of 60 planted ladders, 5 times beyond the largest: held as often as promised, or more. */
static void planted_coverage(void **state) {
    (void)state;
    enum { WORLDS = 60 };
    int held50 = 0, held90 = 0;
    for (int i = 0; i < WORLDS; i++) {
        ll_fit fit = small_fit(500 + (uint64_t)i, 0.005);
        ll_rng rng = ll_rng_at(77, LL_STREAM_NOISE, (uint64_t)i);
        double C = 5e22, N = sqrt(C / 6 / 20), D = 20 * N;
        ll_forecast f = forecast_at(&fit, N, D, 5);
        ll_score s = ll_forecast_score(&f, planted_loss(N, D) * exp(0.005 * ll_rng_normal(&rng)));
        held50 += s.covered50;
        held90 += s.covered90;
        ll_fit_clear(&fit);
    }
    print_message("of %d forecasts the 50 %% interval held %d, the 90 %% interval %d\n", WORLDS, held50, held90);
    assert_in_range(held90, 47, WORLDS);
    assert_in_range(held50, 20, 58);
}

/* Ladders of 16 runs over 4 decades whose small models lose more than the law says, as young ladders do: 4 times
 * beyond the largest the forecast holds, and is closer than the plain fit of all rungs. */
static void a_ladder_that_bends(void **state) {
    (void)state;
    enum { WORLDS = 24, RUNGS = 16 };
    int held = 0, closer = 0;
    for (int w = 0; w < WORLDS; w++) {
        double N[RUNGS], D[RUNGS], C[RUNGS], L[RUNGS];
        ll_rng rng = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)w);
        for (int i = 0; i < RUNGS; i++) {
            C[i] = 1e18 * pow(10, 4.0 * i / (RUNGS - 1));
            N[i] = sqrt(C[i] / 6 / 20) * pow(2, (ll_rng_uniform(&rng) - 0.5) * 3);
            D[i] = C[i] / (6 * N[i]);
            double bend = 0.1 * exp(-log(C[i] / 1e18) / log(10)); /* 10 % at the first, 1 % three decades on */
            L[i] = planted_loss(N[i], D[i]) * (1 + bend) * exp(0.004 * ll_rng_normal(&rng));
        }
        ll_fit_data data = { .n = RUNGS, .x = { N, D, C }, .loss = L };
        ll_fit_opts o = { .n_boot = -1 };
        ll_fit fit;
        assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &data, &o, err));
        double n = sqrt(4e22 / 120), came = planted_loss(n, 20 * n), p[LL_LAW_MAX_PARAMS];
        const double x[LL_VAR_COUNT] = { n, 20 * n, 120 * n * n };
        for (int j = 0; j < fit.law->n_params; j++) p[j] = fit.params[j].value;
        ll_forecast f = forecast_at(&fit, n, 20 * n, 4);
        held += ll_forecast_score(&f, came).covered90;
        closer += fabs(log(f.quantile[5] / came)) < fabs(log(fit.law->eval(p, x) / came));
        ll_fit_clear(&fit);
    }
    print_message("of %d bent ladders the 90 %% interval held %d, %d medians beat the plain fit\n", WORLDS, held,
                  closer);
    assert_in_range(held, 20, WORLDS);
    assert_in_range(closer, 15, WORLDS);
}

/* ---- scores, against a distribution known in closed form ---- */

/* A normal of ln loss: mean ln 2, sd 0.02, by its tabled quantiles. */
static ll_forecast normal(void) {
    static const double z[LL_FORECAST_QUANTILES] = { -2.5758293, -1.9599640, -1.6448536, -1.2815516, -.6744898, 0,
                                                     .6744898,   1.2815516,  1.6448536,  1.9599640,  2.5758293 };
    ll_forecast f = { .mean = log(2), .sd = 0.02, .reach = 4, .bytes_per_token = 1, .n_fitted = 12 };
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2 * exp(0.02 * z[i]);
    strcpy(f.run, "last");
    strcpy(f.law, "chinchilla");
    return f;
}

static void score_values(void **state) {
    (void)state;
    ll_forecast f = normal();
    ll_score in = ll_forecast_score(&f, 2), out = ll_forecast_score(&f, 2 * exp(0.06));
    double width = 2 * 1.6448536 * 0.02;
    assert_close(in.interval_score, width, 1e-6);
    assert_close(out.interval_score, width + 20 * (0.06 - 1.6448536 * 0.02), 1e-6);
    assert_close(in.pit, 0.5, 1e-9);
    assert_true(in.covered50 && in.covered90 && in.covered99);
    assert_false(out.covered50 || out.covered90 || out.covered99);
    assert_true(out.pit > 0.995 && out.pit < 1);
    /* the density is taken as flat between quantiles: within 10 % of the normal's at its centre */
    assert_true(fabs(in.log_score - (log(0.02) + 0.5 * log(2 * 3.14159265358979))) < 0.1);
    assert_true(out.log_score > in.log_score + 3);
    assert_true(isfinite(ll_forecast_score(&f, 1e6).log_score));
}

/* The sealed distribution is one: its density integrates to 1 and its pit is the integral. */
static void score_is_proper(void **state) {
    (void)state;
    ll_forecast f = normal();
    double mass = 0, step = 1e-5;
    for (double y = log(2) - 0.3; y < log(2) + 0.3; y += step) {
        ll_score s = ll_forecast_score(&f, exp(y + step / 2));
        mass += step * exp(-s.log_score);
        assert_true(fabs(ll_forecast_score(&f, exp(y + step)).pit - mass) < 2e-3);
    }
    assert_true(fabs(mass - 1) < 1e-3);
}

static void narrow_forecast(void **state) {
    (void)state;
    ll_forecast f = normal();
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2;
    for (double loss = 1; loss < 4; loss += 0.5) {
        ll_score s = ll_forecast_score(&f, loss);
        assert_true(isfinite(s.log_score) && isfinite(s.interval_score) && s.pit >= 0 && s.pit <= 1);
    }
}

/* ---- the sealed body ---- */

static void round_trip(void **state) {
    (void)state;
    ll_fit fit = small_fit(2, 0.005);
    ll_forecast f = forecast_at(&fit, 3e9, 6e10, 4), back;
    strcpy(f.run, "r12");
    strcpy(f.question, "what loss will \"r12\" reach?\n");
    f.bytes_per_token = 4.2;
    char *text, *again;
    ll_json *doc = ll_forecast_json(&f), *read;
    assert_non_null(text = ll_json_text(doc, false));
    assert_ok(ll_json_parse(text, strlen(text), "body", &read, err));
    assert_ok(ll_forecast_parse(&back, read, err));
    assert_memory_equal(&f.quantile, &back.quantile, sizeof f.quantile);
    assert_memory_equal(f.x, back.x, sizeof f.x);
    assert_string_equal(f.question, back.question);
    ll_json *second = ll_forecast_json(&back);
    assert_non_null(again = ll_json_text(second, false));
    assert_string_equal(text, again);
    free(text);
    free(again);
    ll_json_free(doc);
    ll_json_free(read);
    ll_json_free(second);
    ll_fit_clear(&fit);
}

static void refused_bodies(void **state) {
    (void)state;
    static const char *const bad[] = { "{}", "[]", "3", "{\"schema\":\"loglog.forecast/2\"}",
                                       "{\"schema\":\"loglog.forecast/1\"}" };
    ll_forecast out;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_json *doc;
        ll_error err = { 0 };
        assert_ok(ll_json_parse(bad[i], strlen(bad[i]), "body", &doc, err));
        assert_int_equal(ll_forecast_parse(&out, doc, &err), LL_EFORMAT);
        ll_json_free(doc);
    }
    ll_forecast f = normal();
    f.quantile[3] = 5; /* out of order */
    ll_json *doc = ll_forecast_json(&f);
    ll_error err = { 0 };
    assert_int_equal(ll_forecast_parse(&out, doc, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "quantiles.0.25"));
    ll_json_free(doc);
}

static void refused_forecasts(void **state) {
    (void)state;
    ll_fit fit = small_fit(2, 0.005);
    ll_forecast f;
    ll_error err = { 0 };
    const double none[LL_VAR_COUNT] = { 1e9 }, nan[LL_VAR_COUNT] = { NAN, 1e10 };
    assert_int_equal(forecast_of(&f, &fit, none, &err), LL_EINPUT);
    assert_int_equal(forecast_of(&f, &fit, nan, &err), LL_EINPUT);
    ll_fit_clear(&fit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordered_and_wider_with_reach),
        cmocka_unit_test(an_interval_is_the_quantiles),
        cmocka_unit_test(planted_coverage),
        cmocka_unit_test(a_ladder_that_bends),
        cmocka_unit_test(score_values),
        cmocka_unit_test(score_is_proper),
        cmocka_unit_test(narrow_forecast),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(refused_bodies),
        cmocka_unit_test(refused_forecasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
