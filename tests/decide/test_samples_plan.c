/* Size and samples for a budget: a planted rule whose best is known, every choice within the budget, none of a finer
 * search better, nothing outside what was measured. */
#include "scratch_program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decide/plan/samples_plan.h"

enum { SIZES = 4, GRID = 5, ROWS = SIZES * GRID };

/* Sizes 1e4 to 1e7, samples 1 to 1e4. Coverage is linear in ln N and ln k, so that between rows it is exact. */
static double coverage_of(double N, double k) {
    return 0.1 + 0.03 * log(N / 1e4) + 0.04 * log(k);
}

static double cost_of(double N, double k, double questions) {
    return 6 * N * 20 * N + questions * 2 * N * 10 * k;
}

static void plant(ll_samples_row *rows) {
    for (int i = 0; i < ROWS; i++) {
        const double N = 1e4 * pow(10, i % SIZES), k = pow(10, i / SIZES);
        rows[i] = (ll_samples_row) { N, 20 * N, 120 * N * N, k, coverage_of(N, k), 0.01, 20 * N * k };
    }
}

static void the_best_is_found(void **state) {
    (void)state;
    ll_samples_row rows[ROWS];
    ll_samples_plan p;
    plant(rows);
    for (double questions = 10; questions < 1e9; questions *= 30) {
        const ll_samples_ask ask = { 1e14, questions };
        assert_ok(ll_samples_plan_make(&p, rows, ROWS, &ask, err));
        const ll_samples_choice *best = &p.choice[p.best];
        for (int64_t i = 0; i < p.n; i++) {
            const ll_samples_row *r = &p.choice[i].at;
            assert_true(p.choice[i].flops <= ask.budget * (1 + 1e-9));
            assert_true(fabs(p.choice[i].flops / cost_of(r->params, r->samples, questions) - 1) < 1e-9);
            assert_true(fabs(r->coverage - coverage_of(r->params, r->samples)) < 1e-9);
            assert_true(r->samples >= 1 && r->samples <= 1e4 * (1 + 1e-9));
            assert_true(r->coverage <= best->at.coverage);
        }
        double most = 0; /* of every size and number, finely */
        for (double N = 1e4; N <= 1e7; N *= 1.02)
            for (double k = 1; k <= 1e4; k *= 1.02)
                if (cost_of(N, k, questions) <= ask.budget) most = fmax(most, coverage_of(N, k));
        assert_true(best->at.coverage > most - 0.01);
        ll_samples_plan_free(&p);
    }
}

/* Two runs of a size count as their mean, as doubtful as each. */
static void runs_of_a_size_are_averaged(void **state) {
    (void)state;
    ll_samples_row rows[2 * ROWS];
    ll_samples_plan one, two;
    const ll_samples_ask ask = { 1e14, 1e4 };
    plant(rows);
    assert_ok(ll_samples_plan_make(&one, rows, ROWS, &ask, err));
    plant(rows + ROWS);
    for (int i = 0; i < ROWS; i++) rows[i].coverage -= 0.02, rows[ROWS + i].coverage += 0.02;
    assert_ok(ll_samples_plan_make(&two, rows, 2 * ROWS, &ask, err));
    assert_int_equal(one.n, two.n);
    assert_int_equal(two.n_sizes, SIZES);
    for (int64_t i = 0; i < one.n; i++)
        assert_true(fabs(one.choice[i].at.coverage - two.choice[i].at.coverage) < 1e-12 &&
                    fabs(two.choice[i].at.se - 0.01) < 1e-12);
    ll_samples_plan_free(&one);
    ll_samples_plan_free(&two);
}

static void refused(const ll_samples_row *rows, int64_t n, double budget, const char *words) {
    ll_samples_plan p;
    ll_error why = { 0 };
    assert_int_equal(ll_samples_plan_make(&p, rows, n, &(ll_samples_ask) { budget, 100 }, &why), LL_EINPUT);
    if (!strstr(why.msg, words)) fail_msg("expected '%s': %s", words, why.msg);
}

static void what_is_refused(void **state) {
    (void)state;
    ll_samples_row rows[ROWS];
    plant(rows);
    refused(rows, 0, 1e14, "no run");
    refused(rows, ROWS, 1e6, "the cheapest takes 1.202e+10");
    refused(rows, SIZES, 1e14, "one number of samples");
    rows[3].coverage = 1.5;
    refused(rows, ROWS, 1e14, "row 4");
    rows[3].coverage = NAN;
    refused(rows, ROWS, 1e14, "row 4");
}

static int setup(void **state) {
    (void)state;
    char text[1 << 13], path[LL_PATH_MAX];
    ll_samples_row rows[ROWS];
    size_t used = (size_t)snprintf(
        text, sizeof text, "run,params,tokens,train_flops,samples,coverage,coverage_se,flops_per_question\n");
    plant(rows);
    for (int i = 0; i < ROWS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n",
                                 i % SIZES, rows[i].params, rows[i].tokens, rows[i].train_flops, rows[i].samples,
                                 rows[i].coverage, rows[i].se, rows[i].question_flops);
    support_folder(folder);
    support_write(folder, "samples.csv", text, used, path);
    return 0;
}

static void the_verb(void **state) {
    (void)state;
    answers("plan samples.csv --samples auto --questions 1e4 --flops 1e14", 0, "best");
    answers("plan samples.csv --samples auto --questions 1e4 --flops 1e14 --json", 0, "loglog.plan-samples/1");
    answers("plan samples.csv --samples auto --questions 1e4 --flops 1e6", 2, "pay for none of the sizes");
    answers("plan samples.csv --samples auto --flops 1e14", 2, "--questions");
    answers("plan --samples auto --questions 1e4 --flops 1e14", 2, "probe samples --out");
    answers("plan --law hoffmann2022 --samples some --flops 1e20", 2, "expected auto or a number");
    answers("plan --law hoffmann2022 --samples 0.5 --flops 1e20", 2, "expected auto or a number");
    answers("plan --law hoffmann2022 --questions 5 --flops 1e20", 2, "--samples auto");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_found),
        cmocka_unit_test(runs_of_a_size_are_averaged),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(the_verb),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
