/* The exponent of two tables of isoFLOP budgets: false alarms, a planted difference, its interval, the verb. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/json.h"
#include "fit/compare/isoflop_compare.h"
#include "loglog/random.h"

static char out[1 << 18], err_text[4096];

enum { ROWS = 64 };

/* Parabolas in ln N at budgets a factor of 3 apart, whose bottoms lie on N = G (C/6)^a but for a scatter of their
 * own, with noise of sd per loss. */
typedef struct table {
    int64_t n;
    double N[ROWS], D[ROWS], C[ROWS], L[ROWS];
} table;

typedef struct plan {
    int budgets, sizes;
    double a, sd, scatter;
} plan;

static void make(table *t, plan p, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, 0);
    t->n = 0;
    for (int b = 0; b < p.budgets; b++) {
        const double C = 1e18 * pow(3, b);
        const double ln_opt = log(4e8) + p.a * log(C / 1e19) + p.scatter * ll_rng_normal(&rng);
        for (int s = 0; s < p.sizes; s++) {
            const double u = 0.5 * (s - (p.sizes - 1) / 2.0);
            const int64_t i = t->n++;
            t->C[i] = C;
            t->N[i] = 4e8 * pow(C / 1e19, p.a) * exp(u);
            t->D[i] = C / (6 * t->N[i]);
            t->L[i] = (2 + 2 * pow(C / 1e18, -0.1) + 0.05 * pow(log(t->N[i]) - ln_opt, 2)) *
                      (1 + p.sd * ll_rng_normal(&rng));
        }
    }
}

static ll_isoflop_compare compared(plan one, plan two, int k, int boot) {
    table t[2];
    ll_isoflop_compare c;
    make(&t[0], one, 2 * (uint64_t)k + 1);
    make(&t[1], two, 2 * (uint64_t)k + 2);
    ll_isoflop_data d[2];
    for (int g = 0; g < 2; g++)
        d[g] =
            (ll_isoflop_data) { .n = t[g].n, .params = t[g].N, .tokens = t[g].D, .flops = t[g].C, .loss = t[g].L };
    const ll_compare_opts opts = { .fit = { .n_boot = boot, .seed = (uint64_t)k + 1, .threads = 1 } };
    assert_ok(ll_isoflop_compare_run(&c, &d[0], &d[1], &opts, err));
    return c;
}

/* At an alarm of 5 % at most 5 % and three standard errors of 300 comparisons: 26. Few budgets, unlike numbers of
 * them, unlike noise, and bottoms that scatter more than the runs' noise says. */
static void false_alarms(void **state) {
    (void)state;
    static const plan cases[][2] = {
        { { 5, 5, 0.5, 1e-3, 0 }, { 5, 5, 0.5, 1e-3, 0 } }, { { 3, 5, 0.5, 1e-3, 0 }, { 3, 5, 0.5, 1e-3, 0 } },
        { { 4, 5, 0.5, 1e-3, 0 }, { 4, 5, 0.5, 1e-3, 0 } }, { { 4, 5, 0.5, 1e-3, 0 }, { 8, 7, 0.5, 1e-3, 0 } },
        { { 6, 5, 0.5, 5e-4, 0 }, { 6, 5, 0.5, 2e-3, 0 } }, { { 6, 5, 0.5, 5e-4, 0.1 }, { 6, 5, 0.5, 5e-4, 0.1 } }
    };
    for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) {
        int alarms = 0;
        for (int k = 0; k < 300; k++) {
            ll_isoflop_compare c = compared(cases[j][0], cases[j][1], k, -1);
            alarms += c.answer == LL_ANSWER_EXPONENT;
            ll_isoflop_compare_clear(&c);
        }
        print_message("case %d: %d alarms in 300\n", (int)j, alarms);
        if (alarms > 26) fail_msg("case %d: %d alarms of 300", (int)j, alarms);
    }
}

static void a_difference_is_found(void **state) {
    (void)state;
    const plan one = { 6, 7, 0.5, 1e-3, 0 }, two = { 6, 7, 0.6, 1e-3, 0 };
    int found = 0, covered = 0;
    for (int k = 0; k < 100; k++) {
        ll_isoflop_compare c = compared(one, two, k, 200);
        found += c.answer == LL_ANSWER_EXPONENT && c.change.value > 0;
        covered += c.change.lo <= 0.1 && 0.1 <= c.change.hi;
        assert_close(c.change.value, c.fit[1].a.value - c.fit[0].a.value, 1e-12);
        ll_isoflop_compare_clear(&c);
    }
    print_message("found %d, covered %d of 100\n", found, covered);
    assert_true(found >= 90);
    assert_in_range(covered, 81, 98); /* of 90 %, three standard errors */
}

static void without_noise_it_is_exact(void **state) {
    (void)state;
    ll_isoflop_compare c = compared((plan) { 5, 5, 0.5, 0, 0 }, (plan) { 4, 7, 0.42, 0, 0 }, 0, 20);
    assert_true(fabs(c.change.value + 0.08) < 1e-9);
    ll_isoflop_compare_clear(&c);
    c = compared((plan) { 2, 5, 0.5, 1e-3, 0 }, (plan) { 5, 5, 0.5, 1e-3, 0 }, 0, 20);
    assert_int_equal(c.answer, LL_ANSWER_UNTESTED);
    assert_true(isnan(c.p));
    ll_isoflop_compare_clear(&c);
}

/* ---- the verb ---- */

static int setup(void **state) {
    (void)state;
    static const plan plans[] = { { 6, 7, 0.5, 1e-3, 0 }, { 6, 7, 0.6, 1e-3, 0 } };
    char text[1 << 14], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,flops,loss,recipe\n");
    support_folder(folder);
    for (int g = 0; g < 2; g++) {
        table t;
        make(&t, plans[g], (uint64_t)g + 5);
        for (int64_t i = 0; i < t.n; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%.10g,%.10g,%.10g,%.8g,%s\n", t.N[i], t.D[i],
                                     t.C[i], t.L[i], g ? "new" : "old");
    }
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

static void the_verb_says_so(void **state) {
    (void)state;
    ll_json *o;
    int code = support_run(folder, "compare runs.csv --by recipe=old,new --law isoflop --json", out, sizeof out,
                           err_text, sizeof err_text);
    if (code != 0) fail_msg("exit %d: %s", code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &o, err));
    const ll_json *a = ll_json_get(ll_json_get(o, "change"), "a");
    assert_string_equal(ll_json_get_str(o, "answer"), "exponent");
    assert_true(fabs(ll_json_get_num(a, "value") - 0.1) < 0.05);
    assert_true(ll_json_get_num(o, "p") <= 0.05);
    ll_json_free(o);
    code = support_run(folder, "compare runs.csv --by recipe --law isoflop", out, sizeof out, err_text,
                       sizeof err_text);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "a differs (p "));
    assert_non_null(strstr(out, "floor, offset and gain do not apply"));
    code =
        support_run(folder, "compare runs.csv runs.csv --law isoflop", out, sizeof out, err_text, sizeof err_text);
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "no difference of a is seen (p 1.000)"));
}

static void what_does_not_apply_is_refused(void **state) {
    (void)state;
    static const char *const flags[] = { "--out gain.svg", "--gain 2", "--power 0.9" };
    char line[256];
    for (size_t i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "compare runs.csv runs.csv --law isoflop %s", flags[i]);
        assert_int_equal(support_run(folder, line, out, sizeof out, err_text, sizeof err_text), 2);
        assert_non_null(strstr(err_text, "--law isoflop has none"));
        assert_string_equal(out, "");
    }
    snprintf(line, sizeof line, "compare runs.csv runs.csv --law isoflop --where 'flops < 2e18'");
    assert_int_equal(support_run(folder, line, out, sizeof out, err_text, sizeof err_text), 2);
    assert_non_null(strstr(err_text, "runs.csv: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms),
        cmocka_unit_test(a_difference_is_found),
        cmocka_unit_test(without_noise_it_is_exact),
        cmocka_unit_test(the_verb_says_so),
        cmocka_unit_test(what_does_not_apply_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
