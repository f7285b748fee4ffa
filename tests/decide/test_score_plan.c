/* A score as a plan's target, and the verbs of an ability through the real program, on planted tables. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "decide/plan/score_plan.h"
#include "forecast/trial/score_trial.h"
#include "loglog/random.h"
#include "scratch.h"
#include "support.h"

enum { SIDE = 6, ROWS = SIDE * SIDE };

static double N[ROWS], D[ROWS], L[ROWS], S[ROWS];

static void plant(double sd, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, 0);
    for (int i = 0; i < ROWS; i++) {
        N[i] = 1e6 * pow(10, 2.0 * (i % SIDE) / (SIDE - 1)), D[i] = 2e7 * pow(10, 2.0 * (i / SIDE) / (SIDE - 1));
        L[i] = (1.7 + 400 * pow(N[i], -0.34) + 400 * pow(D[i], -0.28)) * exp(sd / 4 * ll_rng_normal(&rng));
        S[i] = 0.25 + 0.7 / (1 + exp(2.5 * (L[i] - 3.6))) + sd * ll_rng_normal(&rng);
    }
}

/* The least budget for a score of 0.8, by the planted laws alone: its loss by the inverse, then by a search along N. */
static double least_flops(double score) {
    const double loss = 3.6 + log(0.7 / (score - 0.25) - 1) / 2.5;
    double best = INFINITY;
    for (double n = 1e5; n < 1e11; n *= 1.001) {
        const double left = loss - 1.7 - 400 * pow(n, -0.34);
        if (left > 0) best = fmin(best, 6 * n * pow(left / 400, -1 / 0.28));
    }
    return best;
}

static void test_plan(void **state) {
    (void)state;
    const ll_two_step_data d = { .n = ROWS, .N = N, .D = D, .via = L, .score = S };
    ll_two_step f;
    ll_score_plan p;
    ll_plan plan;
    ll_error err = { 0 };
    plant(0, 1);
    assert_ok(ll_two_step_run(&f, &d, &(ll_fit_opts) { .n_boot = 60 }, err));
    assert_ok(ll_score_plan_new(&p, &f, 0.8, err));
    assert_close(p.score.loss.value, 3.6 + log(0.7 / 0.55 - 1) / 2.5, 2e-3);
    assert_ok(ll_plan_make(&plan, &p.law, &(ll_plan_ask) { .loss = p.score.loss.value }, err));
    assert_close(plan.flops.value, least_flops(0.8), 2e-2);
    ll_score_plan_free(&p);
    assert_int_equal(ll_score_plan_new(&p, &f, 0.99, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "no run reaches a score of 0.99"));
    ll_two_step_clear(&f);
    plant(0.01, 2); /* with noise: both doubts are in the cost, so it is wider than with the target held */
    assert_ok(ll_two_step_run(&f, &d, &(ll_fit_opts) { .n_boot = 300 }, err));
    assert_ok(ll_score_plan_new(&p, &f, 0.8, err));
    assert_ok(ll_plan_make(&plan, &p.law, &(ll_plan_ask) { .loss = p.score.loss.value }, err));
    const double lo = plan.flops.lo, hi = plan.flops.hi;
    assert_true(lo <= least_flops(0.8) && least_flops(0.8) <= hi && p.score.loss.lo < p.score.loss.hi);
    p.law.target = NULL;
    assert_ok(ll_plan_make(&plan, &p.law, &(ll_plan_ask) { .loss = p.score.loss.value }, err));
    assert_true(hi / lo > 1.1 * plan.flops.hi / plan.flops.lo);
    ll_score_plan_free(&p);
    ll_two_step_clear(&f);
}

/* ---- the verbs ---- */

static void write_table(const char *name) {
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "params,tokens,loss,p.acc,p.logprob\n");
    for (int i = 0; i < ROWS; i++) fprintf(out, "%.9g,%.9g,%.9g,%.9g,%.9g\n", N[i], D[i], L[i], S[i], -L[i] / 2);
    fclose(out);
    free(path);
}

static ll_json *asked(const char *arguments) {
    static char out[1 << 17];
    char complaint[2048];
    ll_json *doc;
    if (support_run(folder, arguments, out, sizeof out, complaint, sizeof complaint))
        fail_msg("%s: %s", arguments, complaint);
    assert_ok(ll_json_parse(out, strlen(out), "answer", &doc, err));
    return doc;
}

static double value_at(const ll_json *doc, const char *group, const char *key) {
    const ll_json *at = group ? ll_json_get(doc, group) : doc;
    at = ll_json_get(at, key);
    assert_non_null(at);
    return ll_json_get_num(at, "value");
}

static void refused(const char *arguments, const char *says) {
    char out[64], complaint[4096];
    assert_int_equal(support_run(folder, arguments, out, sizeof out, complaint, sizeof complaint), 2);
    if (!strstr(complaint, says)) fail_msg("%s: no '%s' in: %s", arguments, says, complaint);
}

static void test_verbs(void **state) {
    (void)state;
    plant(0.005, 3);
    write_table("grid.csv");
    ll_json *doc = asked("fit grid.csv --law two_step --y p.acc --bootstrap 60 --json");
    assert_close(value_at(doc, "params", "k"), 2.5, 0.1);
    assert_close(value_at(doc, "params", "L0"), 3.6, 0.03);
    ll_json_free(doc);
    doc =
        asked("fit grid.csv --law two_step --y p.acc --via p.logprob --bootstrap 60 --json"); /* L is half of it */
    assert_close(value_at(doc, "params", "k"), 5, 0.1);
    assert_close(value_at(doc, "params", "L0"), 1.8, 0.03);
    ll_json_free(doc);
    doc = asked("forecast at grid.csv --law two_step --y p.acc --params 300M --tokens 6B --bootstrap 60 --json");
    const double loss = 1.7 + 400 * pow(3e8, -0.34) + 400 * pow(6e9, -0.28);
    assert_close(value_at(doc, "two_step", "law"), 0.25 + 0.7 / (1 + exp(2.5 * (loss - 3.6))), 0.03);
    assert_close(value_at(doc, "two_step", "via"), loss, 0.01);
    ll_json_free(doc);
    doc = asked("plan grid.csv --score p.acc=0.8 --bootstrap 60 --json");
    assert_string_equal(ll_json_get_str(ll_json_get(doc, "target"), "metric"), "p.acc");
    assert_close(value_at(doc, NULL, "flops"), least_flops(0.8), 0.3);
    ll_json_free(doc);
    doc = asked("backtest grid.csv --law two_step --y p.acc --bootstrap 60 --factor 10 --json");
    const ll_json *methods = ll_json_get(doc, "methods");
    const ll_json *two = ll_json_get(ll_json_get(methods, "two_step"), "10"),
                  *direct = ll_json_get(ll_json_get(methods, "direct"), "10");
    assert_true(ll_json_get_num(two, "median_abs_err") < 0.06);
    assert_true(ll_json_get_num(direct, "median_abs_err") > ll_json_get_num(two, "median_abs_err"));
    assert_string_equal(ll_json_get_str(doc, "better"), "two_step");
    ll_json_free(doc);
    doc = asked("compare grid.csv --metrics p.acc,p.logprob --x flops --bootstrap 40 --json");
    assert_non_null(ll_json_get_str(doc, "verdict"));
    assert_non_null(ll_json_get(ll_json_get(doc, "metrics"), "p.logprob"));
    ll_json_free(doc);
}

static void test_refusals(void **state) {
    (void)state;
    plant(0.005, 3);
    write_table("grid.csv");
    refused("fit grid.csv --law two_step", "name the score with --y");
    refused("fit grid.csv --law two_step --y p.acx", "p.acx");
    refused("fit grid.csv --law two_step --y p.acc --via p.acc", "asked for twice");
    refused("fit grid.csv --law two_step --y p.acc --save f.json", "--save");
    refused("plan grid.csv --score p.acc", "PROBE.METRIC=NUMBER");
    refused("plan grid.csv --score p.acc=high", "expected a number");
    refused("plan grid.csv --score 0.8", "of what?");
    refused("plan grid.csv --score p.acc=0.8 --flops 1e20", "--flops");
    refused("plan grid.csv --score p.acc=0.999", "no run reaches");
    refused("compare grid.csv --metrics p.acc --by family", "--by");
    static const char one[] = "params,p.acc,p.logprob\n1e6,0.1,-3\n";
    char path[LL_PATH_MAX];
    support_write(folder, "one.csv", one, sizeof one - 1, path);
    refused("compare one.csv --metrics p.acc,p.logprob", "1 run of 1 different scale, expected at least 6 scales");
    refused("compare grid.csv grid.csv --metrics p.acc", "one table");
    refused("compare grid.csv --metrics p.acc,,loss", "names of scores");
    refused("compare grid.csv --metrics p.acc --x width", "width");
    refused("compare grid.csv --metrics p.acc --sudden 0.5", "above 1");
    refused("backtest grid.csv --law two_step --y p.acc --methods loglog", "methods of its own");
    refused("backtest grid.csv --law two_step --y p.acc --factor 1e9", "factor 1e+09");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_plan), cmocka_unit_test(test_verbs),
                                        cmocka_unit_test(test_refusals) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
