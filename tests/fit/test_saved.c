/* A fit on disk: what is read back is what was written, to the bit; what is no fit is refused by its key. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/draws/interval.h"
#include "fit/io/saved.h"
#include "planted.h"

static char path[LL_PATH_MAX], out[1 << 16], err_text[4096];
static planted plant;

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    planted_make(&plant, 4, 10, 4, 0.004, 1);
    assert_ok(ll_file_join(path, folder, "fit.json", err));
    return 0;
}

static ll_json *convention(void) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "params", "nonembedding");
    ll_json_set_str(o, "loss_unit", "bits per byte");
    return o;
}

static void write_fit(const ll_fit *fit, ll_var along) {
    const ll_fit_context c = { .convention = convention(), .along = along };
    assert_ok(ll_saved_write(fit, &c, path, err));
}

static void same_fit(const ll_fit *a, const ll_fit *b) {
    const int p = a->law->n_params;
    assert_ptr_equal(a->law, b->law);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->n_draws, b->n_draws);
    assert_int_equal(a->opts.fixed, b->opts.fixed);
    assert_int_equal(a->opts.objective, b->opts.objective);
    if (a->n_draws) assert_int_equal(a->opts.resample, b->opts.resample);
    assert_int_equal(a->opts.seed, b->opts.seed);
    assert_memory_equal(&a->opts.level, &b->opts.level, sizeof(double));
    assert_memory_equal(&a->residual_sd, &b->residual_sd, sizeof(double));
    assert_memory_equal(a->residual, b->residual, (size_t)a->n * sizeof(double));
    assert_memory_equal(a->data.loss, b->data.loss, (size_t)a->n * sizeof(double));
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (a->law->vars >> v & 1) assert_memory_equal(a->data.x[v], b->data.x[v], (size_t)a->n * sizeof(double));
    if (a->n_draws) assert_memory_equal(a->draws, b->draws, (size_t)(a->n_draws * p) * sizeof(double));
    for (int j = 0; j < p; j++)
        assert_true(a->params[j].value == b->params[j].value &&
                    (a->n_draws ? a->params[j].lo == b->params[j].lo && a->params[j].se == b->params[j].se
                                : isnan(b->params[j].lo)));
}

static double loss_far_off(const double *params, const void *law) {
    const double x[LL_VAR_COUNT] = { 1e11, 2e12, 1.2e24, 1.2e24 };
    return ((const ll_law *)law)->eval(params, x);
}

/* Laws of two variables and of one, weights, clusters, parameters that are held, no draws at all. */
static void round_trips(void **state) {
    (void)state;
    double weight[PLANTED_MAX];
    int64_t cluster[PLANTED_MAX];
    for (int64_t i = 0; i < plant.n; i++) weight[i] = 1 + (double)i / 7, cluster[i] = i / 2;
    ll_fit_data all = plant.data, one = { .n = plant.n, .x = { [LL_VAR_X] = plant.C }, .loss = plant.L };
    all.weight = weight;
    all.cluster = cluster;
    const struct {
        const char *law;
        const ll_fit_data *data;
        ll_fit_opts opts;
    } cases[] = {
        { "chinchilla", &plant.data, { .n_boot = 40, .level = 0.8, .seed = 77 } },
        { "chinchilla", &all, { .n_boot = 40, .objective = LL_OBJ_LAD_LOG } },
        { "chinchilla", &plant.data, { .n_boot = 40, .fixed = 1, .fixed_value = { 1.6 } } },
        { "power_floor", &one, { .n_boot = 40, .resample = LL_RESAMPLE_WILD } },
        { "chinchilla", &plant.data, { .n_boot = 40, .resample = LL_RESAMPLE_RESIDUAL } },
        { "kaplan_nd", &plant.data, { .n_boot = -1 } },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ll_fit fit;
        ll_saved_fit saved;
        assert_ok(ll_fit_run(&fit, ll_law_find(cases[k].law), cases[k].data, &cases[k].opts, err));
        write_fit(&fit, LL_VAR_C);
        assert_ok(ll_saved_read(&saved, path, err));
        same_fit(&fit, &saved.fit);
        assert_string_equal(saved.loss_unit, "bits per byte");
        if (cases[k].data == &one) assert_int_equal(saved.along, LL_VAR_C);
        const ll_estimate a = ll_fit_derived(&fit, loss_far_off, fit.law);
        const ll_estimate b = ll_fit_derived(&saved.fit, loss_far_off, fit.law);
        assert_true(a.value == b.value && (isnan(a.lo) ? isnan(b.lo) : a.lo == b.lo && a.hi == b.hi));
        ll_saved_clear(&saved);
        ll_fit_clear(&fit);
    }
}

static void refused(const char *text, size_t size, const char *says) {
    char at[LL_PATH_MAX];
    ll_error err = { 0 };
    ll_saved_fit saved;
    support_write(folder, "bad.json", text, size, at);
    ll_status s = ll_saved_read(&saved, at, &err);
    if (s != LL_EFORMAT && s != LL_EINPUT) fail_msg("status %d for %.60s", (int)s, text);
    if (!strstr(err.msg, "bad.json") || !strstr(err.msg, says)) fail_msg("'%s' does not say '%s'", err.msg, says);
    assert_null(saved.fit.draws);
}

/* The document with one place written over: path of keys, then the value as JSON. */
static void spoilt(const ll_json *good, const char *group, const char *key, const char *value, const char *says) {
    ll_json *doc = ll_json_copy(good), *v;
    assert_ok(ll_json_parse(value, strlen(value), "value", &v, err));
    ll_json_drop(doc, "sum");
    ll_json_set(*group ? ll_json_group(doc, group) : doc, key, v);
    char *text = ll_json_text(doc, false);
    refused(text, strlen(text), says);
    free(text);
    ll_json_free(doc);
}

static void hostile(void **state) {
    (void)state;
    ll_fit fit;
    ll_json *good;
    char *text;
    size_t size;
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &(ll_fit_opts) { .n_boot = 3 }, err));
    write_fit(&fit, LL_VAR_C);
    ll_fit_clear(&fit);
    assert_ok(ll_file_read(path, 1 << 20, &text, &size, err));
    assert_ok(ll_json_parse(text, size, path, &good, err));
    for (size_t cut = 0; cut + 2 < size; cut += 1 + size / 200) refused(text, cut, "bad.json:");
    free(text);
    spoilt(good, "", "schema", "\"loglog.plan/1\"", "expected 'loglog.fit/1'");
    spoilt(good, "", "law", "\"nonsense\"", "law is 'nonsense'");
    spoilt(good, "", "law", "7", "law is ''");
    spoilt(good, "", "law", "\"power_floor\"", "x is ''");
    spoilt(good, "", "n", "15", "runs.loss");
    spoilt(good, "", "runs", "[]", "runs.loss");
    spoilt(good, "", "convention", "{}", "convention.loss_unit");
    spoilt(good, "runs", "params", "[1, 2, 3]", "runs.params");
    spoilt(good, "runs", "tokens", "null", "runs.tokens");
    spoilt(good, "runs", "cluster", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,1.5]", "runs.cluster[15]");
    spoilt(good, "runs", "weight", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,-1]", "weight");
    spoilt(good, "runs", "loss", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,-1]", "loss");
    spoilt(good, "params", "alpha", "{\"value\": -3, \"level\": 0.9}", "params.alpha.value");
    spoilt(good, "params", "beta", "{\"value\": 0.4, \"level\": 90}", "params.beta.level");
    spoilt(good, "", "draws", "[[1, 2], [1, 2], [1, 2]]", "draws[0]");
    spoilt(good, "", "draws", "[[1.7, 400, 400, 0.3, 0.3], [1.7, 400, 400, 0.3, null], 3]", "draws[1][4]");
    spoilt(good, "", "draws", "[[1.7, 400, 400, 0.3, 0.3]]", "resampling.draws");
    spoilt(good, "", "draws", "{}", "draws");
    spoilt(good, "resampling", "kind", "\"jackknife\"", "resampling.kind");
    spoilt(good, "resampling", "seed", "-4", "resampling.seed");
    spoilt(good, "objective", "name", "null", "objective.name");
    spoilt(good, "objective", "delta", "-1", "delta");
    ll_json_free(good);
}

/* One bit of any byte: the same fit, or none. */
static void rotten(void **state) {
    (void)state;
    ll_fit fit;
    ll_saved_fit saved;
    char *text, at[LL_PATH_MAX];
    size_t size;
    int taken = 0;
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &(ll_fit_opts) { .n_boot = 3 }, err));
    write_fit(&fit, LL_VAR_C);
    assert_ok(ll_file_read(path, 1 << 20, &text, &size, err));
    for (size_t i = 0; i < size; i += 7) {
        text[i] ^= (char)(1 << i % 7);
        support_write(folder, "rotten.json", text, size, at);
        if (ll_saved_read(&saved, at, NULL) == LL_OK) {
            taken++;
            same_fit(&fit, &saved.fit);
            ll_saved_clear(&saved);
        }
        text[i] ^= (char)(1 << i % 7);
    }
    assert_true(taken * 20 < (int)(size / 7)); /* the letters of "sum", a seventeenth digit */
    free(text);
    ll_fit_clear(&fit);
}

static void needs_a_convention(void **state) {
    (void)state;
    ll_error err = { 0 };
    ll_fit fit;
    char absent[LL_PATH_MAX];
    assert_ok(ll_file_join(absent, folder, "absent.json", err));
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &(ll_fit_opts) { .n_boot = -1 }, err));
    assert_int_equal(ll_saved_write(&fit, &(ll_fit_context) { 0 }, absent, &err), LL_EINPUT);
    const ll_fit_context c = { .convention = convention() };
    assert_int_equal(ll_saved_write(&fit, &c, "/nowhere/at/all.json", &err), LL_EINPUT);
    ll_saved_fit saved;
    assert_int_equal(ll_saved_read(&saved, absent, &err), LL_EINPUT);
    ll_fit_clear(&fit);
}

/* ---- the verbs ---- */

static ll_json *json_of(const char *arguments) {
    ll_json *doc;
    int code = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("%s exits %d: %s", arguments, code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

/* A plan from the saved fit is the plan from the runs, but for the name of its source. */
static void plan_from_saved(void **state) {
    (void)state;
    char text[1 << 14], runs[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,loss\n");
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", plant.N[i], plant.D[i],
                                 plant.L[i]);
    support_write(folder, "runs.csv", text, used, runs);
    ll_json_free(json_of("fit runs.csv --bootstrap 60 --level 0.8 --save s.json --json"));
    ll_json *fresh = json_of("plan runs.csv --bootstrap 60 --level 0.8 --flops 1e23 --loss 1.9 --json");
    ll_json *saved = json_of("plan --fit s.json --flops 1e23 --loss 1.9 --json");
    ll_json *law = json_of("plan --law s.json --flops 1e23 --loss 1.9 --json");
    assert_true(ll_json_equal(saved, law));
    assert_string_equal(ll_json_get_str(saved, "source"), "s.json");
    ll_json_set_str(saved, "source", "runs.csv");
    assert_true(ll_json_equal(fresh, saved));
    ll_json_free(fresh);
    ll_json_free(saved);
    ll_json_free(law);
}

static void verbs_refuse(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "fit runs.csv --law isoflop --save s.json", "--save" },
        { "fit runs.csv --bootstrap 0 --save runs.csv", "--save would overwrite" },
        { "plan --fit absent.json --flops 1e20", "absent.json" },
        { "plan runs.csv --fit s.json --flops 1e20", "fitted already" },
        { "plan --fit runs.csv --flops 1e20", "runs.csv:1:" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int code = support_run(folder, cases[k][0], out, sizeof out, err_text, sizeof err_text);
        if (code != 2 || !strstr(err_text, cases[k][1])) fail_msg("%s: %d %s", cases[k][0], code, err_text);
        assert_string_equal(out, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),        cmocka_unit_test(hostile),         cmocka_unit_test(rotten),
        cmocka_unit_test(needs_a_convention), cmocka_unit_test(plan_from_saved), cmocka_unit_test(verbs_refuse),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
