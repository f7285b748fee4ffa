#include "scratch.h"

#include <math.h>
#include <string.h>

#include "base/document/json.h"
#include "forecast/trial/backtest.h"
#include "planted.h"

static char out[1 << 16], err_text[4096];
static planted plant;

static int setup(void **state) {
    (void)state;
    char text[1 << 15], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "N,C,val_loss,group\n");
    support_folder(folder);
    planted_make(&plant, 5, 10, 6, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g,%d\n", plant.N[i], plant.C[i],
                                 plant.L[i], (int)i / 2);
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

/* ---- the library ---- */

static const ll_backtest_opts quick = { .seed = 1, .n_boot = 60 };

static ll_backtest_score score(ll_backtest_method method, const ll_fit_data *data, double factor,
                               const ll_backtest_opts *opts) {
    ll_backtest_score s;
    assert_ok(ll_backtest_run(&s, method, ll_law_find("chinchilla"), data, factor, opts, err));
    return s;
}

/* Runs on the surface itself below the cut, so that the forecast is the surface; above it three that are off by
 * known amounts. The intervals have no width: an interval score is then 20 times the distance. */
static void definitions(void **state) {
    (void)state;
    planted p;
    planted_make(&p, 4, 10, 6, 0, 1);
    static const double off[3] = { 0.01, 0.02, -0.04 };
    for (int k = 0; k < 3; k++) {
        int64_t i = p.n++;
        p.N[i] = 2e9 * (k + 1);
        p.C[i] = 1e22; /* ten times the largest budget below, which is at the cut and fitted */
        p.D[i] = p.C[i] / (6 * p.N[i]);
        p.L[i] = planted_loss(p.N[i], p.D[i]) / (1 + off[k]);
    }
    p.data.n = p.n;
    ll_backtest_score s = score(LL_BACKTEST_STANDARD, &p.data, 10, &quick);
    assert_int_equal(s.n_fit, 24);
    assert_int_equal(s.n_test, 3);
    assert_true(fabs(s.median_abs_rel_err - 0.02) < 1e-5);
    assert_true(fabs(s.max_abs_rel_err - 0.04) < 1e-5);
    assert_true(fabs(s.bias - (0.01 + 0.02 - 0.04) / 3) < 1e-5);
    assert_close(s.interval_score, 20 * (log(1.01) + log(1.02) - log(0.96)) / 3, 1e-3);
    for (int l = 0; l < LL_BACKTEST_LEVELS; l++) assert_true(s.coverage[l] == 0);
    ll_backtest_score ours = score(LL_BACKTEST_LOGLOG, &p.data, 10, &quick);
    assert_int_equal(ours.n_fit, 24);
    assert_true(fabs(ours.median_abs_rel_err - 0.02) < 2e-3);
    s = score(LL_BACKTEST_STANDARD, &p.data, 9.99, &quick);
    assert_int_equal(s.n_fit, 24); /* 1e21 <= 1e22 / 9.99 */
    s = score(LL_BACKTEST_STANDARD, &p.data, 10.01, &quick);
    assert_int_equal(s.n_fit, 18);
}

static void threads_and_seed(void **state) {
    (void)state;
    for (int m = 0; m <= LL_BACKTEST_ISOFLOP; m++) {
        ll_backtest_opts one = quick, three = quick, other = quick;
        one.threads = 1, three.threads = 3, other.seed = 2;
        ll_backtest_score a = score((ll_backtest_method)m, &plant.data, 10, &one),
                          b = score((ll_backtest_method)m, &plant.data, 10, &three),
                          c = score((ll_backtest_method)m, &plant.data, 10, &other);
        assert_memory_equal(&a, &b, sizeof a);
        assert_true((a.interval_score != c.interval_score) == (m != LL_BACKTEST_LOGLOG));
        assert_true(a.median_abs_rel_err == c.median_abs_rel_err);
    }
}

/* The order of the rows does not matter beyond rounding. */
static void order_is_nothing(void **state) {
    (void)state;
    planted turned = plant;
    for (int64_t i = 0; i < plant.n; i++) {
        turned.N[i] = plant.N[plant.n - 1 - i];
        turned.D[i] = plant.D[plant.n - 1 - i];
        turned.C[i] = plant.C[plant.n - 1 - i];
        turned.L[i] = plant.L[plant.n - 1 - i];
    }
    turned.data = (ll_fit_data) { .n = turned.n, .x = { turned.N, turned.D, turned.C }, .loss = turned.L };
    ll_backtest_score a = score(LL_BACKTEST_LOGLOG, &plant.data, 10, &quick),
                      b = score(LL_BACKTEST_LOGLOG, &turned.data, 10, &quick);
    assert_close(a.median_abs_rel_err, b.median_abs_rel_err, 1e-5);
    assert_close(a.interval_score, b.interval_score, 1e-5);
}

static void planted_surfaces(void **state) {
    (void)state;
    enum { WORLDS = 20 };
    double held = 0, error = 0;
    for (int w = 0; w < WORLDS; w++) {
        planted p;
        planted_make(&p, 5, 10, 5, 0.005, 900 + (uint64_t)w);
        ll_backtest_score s = score(LL_BACKTEST_LOGLOG, &p.data, 10, &quick);
        held += s.coverage[LL_BACKTEST_90] / WORLDS;
        error += s.median_abs_rel_err / WORLDS;
        for (int l = 1; l < LL_BACKTEST_LEVELS; l++) assert_true(s.coverage[l] >= s.coverage[l - 1]);
    }
    print_message("90 %% intervals held %.3f of the runs beyond, mean median error %.4f\n", held, error);
    assert_true(held > 0.8);
    assert_true(error < 0.015);
}

static void refused(void **state) {
    (void)state;
    static const double factors[] = { 1, 0.5, -3, 0, NAN, INFINITY, 1e9 };
    ll_backtest_score s;
    for (int m = 0; m < LL_BACKTEST_METHOD_COUNT; m++)
        for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
            ll_error err = { 0 };
            assert_int_equal(ll_backtest_run(&s, (ll_backtest_method)m, ll_law_find("chinchilla"), &plant.data,
                                             factors[i], &quick, &err),
                             LL_EINPUT);
            assert_non_null(strstr(err.msg, "factor"));
        }
    ll_error err = { 0 };
    assert_int_equal(
        ll_backtest_run(&s, LL_BACKTEST_LOGLOG, ll_law_find("chinchilla"), &(ll_fit_data) { 0 }, 3, &quick, &err),
        LL_EINPUT);
}

/* ---- approach 2 and the laws of its bottoms ---- */

enum { BUDGETS = 14, VALLEY_SIZES = 5 };

/* Valleys that are parabolas in ln N, their bottoms on the law; sizes up to a factor of 8 from the best. */
static void plant_valleys(planted *t, const ll_law *bottom, const double *params) {
    t->n = 0;
    for (int b = 0; b < BUDGETS; b++)
        for (int s = 0; s < VALLEY_SIZES; s++) {
            int64_t i = t->n++;
            double C = t->C[i] = 1e17 * pow(3, b), u = log(8) * (s - 2) / 2;
            t->N[i] = 0.2 * pow(C / 6, 0.48) * exp(u);
            t->D[i] = C / (6 * t->N[i]);
            t->L[i] = bottom->eval(params, (double[LL_VAR_COUNT]) { [LL_VAR_X] = C }) * (1 + 0.02 * u * u);
        }
    t->data = (ll_fit_data) { .n = t->n, .x = { t->N, t->D, t->C }, .loss = t->L };
}

static const struct {
    ll_backtest_method method;
    const char *law;
    double params[LL_LAW_MAX_PARAMS];
} bottom_laws[] = { { LL_BACKTEST_ISOFLOP, "power_floor", { 1.7, 900, 0.16 } },
                    { LL_BACKTEST_BNSL, "bnsl", { 1.2, 40, 0.07, 0.2, 1e19, 0.3 } },
                    { LL_BACKTEST_M4, "m4", { 1.5, 6, 3000, 0.8, 0.2 } } };

/* The runs above the cut lie on the surface that those below it show. */
static void valleys_are_followed(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof bottom_laws / sizeof *bottom_laws; k++) {
        planted p;
        plant_valleys(&p, ll_law_find(bottom_laws[k].law), bottom_laws[k].params);
        ll_backtest_score s = score(bottom_laws[k].method, &p.data, 10, &quick);
        assert_int_equal(s.n_test, 2 * VALLEY_SIZES + VALLEY_SIZES);
        if (!(s.max_abs_rel_err < 1e-4)) fail_msg("%s is off by %g", bottom_laws[k].law, s.max_abs_rel_err);
    }
}

/* Along one variable bnsl and m4 are that law, whatever --law says; approach 2 has no valleys there. */
static void of_one_variable(void **state) {
    (void)state;
    double x[40], loss[40];
    ll_fit_data data = { .n = 40, .x = { [LL_VAR_X] = x }, .loss = loss };
    for (size_t k = 1; k < sizeof bottom_laws / sizeof *bottom_laws; k++) {
        ll_backtest_score s;
        for (int i = 0; i < 40; i++) {
            x[i] = 1e17 * pow(1.5, i);
            loss[i] = ll_law_find(bottom_laws[k].law)
                          ->eval(bottom_laws[k].params, (double[LL_VAR_COUNT]) { [LL_VAR_X] = x[i] });
        }
        assert_ok(ll_backtest_run(&s, bottom_laws[k].method, ll_law_find("power"), &data, 10, &quick, err));
        if (!(s.max_abs_rel_err < 1e-4)) fail_msg("%s is off by %g", bottom_laws[k].law, s.max_abs_rel_err);
    }
    ll_error err = { 0 };
    ll_backtest_score s;
    assert_int_equal(ll_backtest_run(&s, LL_BACKTEST_ISOFLOP, ll_law_find("power"), &data, 10, &quick, &err),
                     LL_EINPUT);
    assert_non_null(strstr(err.msg, "one variable"));
}

/* ---- the verb ---- */

static ll_json *tested(const char *arguments) {
    ll_json *doc;
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("backtest exits %d: %s", code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

static void contract(void **state) {
    (void)state;
    static const char *const keys[] = { "median_abs_rel_err", "max_abs_rel_err", "bias", "interval_score",
                                        "log_score" };
    ll_json *o = tested("backtest runs.csv --law chinchilla --factor 5,100,1e9 --methods standard,loglog "
                        "--cluster group --bootstrap 60 --params-are total --where 'N > 1' --json");
    assert_string_equal(ll_json_get_str(o, "schema"), "loglog.backtest/1");
    for (int m = 0; m <= LL_BACKTEST_LOGLOG; m++) {
        const ll_json *method = ll_json_get(ll_json_get(o, "methods"), ll_backtest_methods[m]);
        const ll_json *near = ll_json_get(method, "5"), *far = ll_json_get(method, "100");
        assert_int_equal(ll_json_get_int(near, "n_fit", -1), 24);
        assert_int_equal(ll_json_get_int(near, "n_test", -1), 6);
        assert_int_equal(ll_json_get_int(far, "n_fit", -1), 18);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            assert_true(isfinite(ll_json_get_num(near, keys[k])) && isfinite(ll_json_get_num(far, keys[k])));
        for (int l = 0; l < LL_BACKTEST_LEVELS; l++) {
            char key[8];
            snprintf(key, sizeof key, "%d", ll_backtest_levels[l]);
            double share = ll_json_get_num(ll_json_get(near, "coverage"), key);
            assert_true(share >= 0 && share <= 1 + 1e-12);
        }
        const ll_json *none = ll_json_get(method, "1e+09"); /* a cut the table cannot serve says so */
        assert_non_null(ll_json_get_str(none, "missing"));
        assert_true(isnan(ll_json_get_num(none, "median_abs_rel_err")));
    }
    ll_json_free(o);
}

/* A method that cannot speak of the table says why, and the others go on. */
static void silent_methods(void **state) {
    (void)state;
    ll_json *o = tested("backtest runs.csv --factor 10 --methods bnsl,loglog,isoflop --where 'N < 3e8' --json");
    const ll_json *methods = ll_json_get(o, "methods");
    const char *bnsl = ll_json_get_str(ll_json_get(ll_json_get(methods, "bnsl"), "10"), "missing");
    assert_true(isfinite(ll_json_get_num(ll_json_get(ll_json_get(methods, "loglog"), "10"), "bias")));
    if (!bnsl || !strstr(bnsl, "budgets") ||
        ll_json_get_str(ll_json_get(ll_json_get(methods, "loglog"), "10"), "missing"))
        fail_msg("bnsl says %s", bnsl ? bnsl : "nothing");
    ll_json_free(o);
}

static void one_variable_and_any_form(void **state) {
    (void)state;
    static const char *const laws[] = { "power --x flops", "power_floor --x flops", "kaplan_nd" };
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments, "backtest runs.csv --law %s --factor 10 --methods loglog --json",
                 laws[i]);
        ll_json *o = tested(arguments);
        const ll_json *s = ll_json_get(ll_json_get(ll_json_get(o, "methods"), "loglog"), "10");
        assert_true(ll_json_get_num(s, "median_abs_rel_err") < 0.05);
        ll_json_free(o);
    }
}

static void refused_by_the_verb(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "backtest runs.csv --methods other", "other" },
        { "backtest runs.csv --methods loglog,loglog", "twice" },
        { "backtest runs.csv --factor 3,x", "'x'" },
        { "backtest runs.csv --factor 1", "'1'" },
        { "backtest runs.csv --factor 3,,10", "''" },
        { "backtest runs.csv --factor 2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2", "16" },
        { "backtest runs.csv --factor 1e9", "0 runs" },
        { "backtest runs.csv --law none", "--law" },
        { "backtest runs.csv --col loss=C,params=C,flops=C,tokens= --where 'N < 0'", "" },
        { "backtest missing.csv", "missing.csv" },
        { "backtest", "one table" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = support_run(folder, bad[i].arguments, out, sizeof out, err_text, sizeof err_text);
        if (code != 2 && code != 1) fail_msg("%s exits %d", bad[i].arguments, code);
        if (!strstr(err_text, bad[i].says)) fail_msg("%s says %s", bad[i].arguments, err_text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions),
        cmocka_unit_test(threads_and_seed),
        cmocka_unit_test(order_is_nothing),
        cmocka_unit_test(planted_surfaces),
        cmocka_unit_test(valleys_are_followed),
        cmocka_unit_test(of_one_variable),
        cmocka_unit_test(refused),
        cmocka_unit_test(silent_methods),
        cmocka_unit_test(contract),
        cmocka_unit_test(refused_by_the_verb),
        cmocka_unit_test(one_variable_and_any_form),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
