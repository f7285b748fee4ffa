/* What samples are worth: against every choice of them, against planted shares, and intervals that cover. */
#include "support.h"

#include <math.h>

#include "stat/beta_binomial.h"
#include "stat/sampled_answers.h"

/* ---- against all choices ---- */

enum { N = 9 };

/* Over every k of N samples: the mean of what `value` says of a choice, a bit a sample. */
static double over_choices(int k, double (*value)(const void *ctx, unsigned chosen), const void *ctx) {
    double sum = 0;
    int choices = 0;
    for (unsigned chosen = 0; chosen < 1u << N; chosen++)
        if (__builtin_popcount(chosen) == k) sum += value(ctx, chosen), choices++;
    return sum / choices;
}

static double one_is_right(const void *ctx, unsigned chosen) {
    return (chosen & ((1u << *(const int *)ctx) - 1)) != 0;
}

static void pass_at_k_is_the_mean_over_choices(void **state) {
    (void)state;
    for (int c = 0; c <= N; c++)
        for (int k = 1; k <= N; k++) assert_close(ll_pass_at_k(N, c, k), over_choices(k, one_is_right, &c), 1e-14);
    assert_close(ll_pass_at_k(10, 3, 5), 1 - 21. / 252, 1e-15); /* C(7,5) = 21 of C(10,5) = 252 */
    assert_true(isnan(ll_pass_at_k(5, 1, 6)));
    assert_close(ll_pass_at_k(10000, 1, 10000), 1, 0);
    assert_close(ll_pass_at_k(10000, 1, 100), 0.01, 1e-12);
    assert_close(ll_pass_at_k(10000, 5000, 1), 0.5, 1e-12);
}

static const ll_sampled_answer answers[] = { { -1, 2, false }, { -2, 3, true }, { -3, 1, false }, { -4, 3, true } };

static int answer_of(int sample) {
    int a = 0;
    while (sample >= answers[a].count) sample -= (int)answers[a++].count;
    return a;
}

static double likeliest_is_right(const void *ctx, unsigned chosen) {
    (void)ctx;
    return answers[answer_of(__builtin_ctz(chosen))].right;
}

static void best_of_k_is_the_mean_over_choices(void **state) {
    (void)state;
    for (int k = 1; k <= N; k++)
        assert_close(ll_best_of_k(answers, 4, k), over_choices(k, likeliest_is_right, NULL), 1e-14);
    ll_sampled_answer mixed[] = { answers[2], answers[0], answers[3], answers[1] };
    ll_answers_sort(mixed, 4);
    for (int i = 0; i < 4; i++) assert_close(mixed[i].likelihood, answers[i].likelihood, 0);
}

/* Over all 9^3 draws with replacement. */
static void the_majority_is_what_all_draws_say(void **state) {
    (void)state;
    double exact = 0;
    for (int i = 0; i < N * N * N; i++) {
        const int a[3] = { answer_of(i % N), answer_of(i / N % N), answer_of(i / N / N) };
        double right = 0;
        if (a[0] == a[1] || a[0] == a[2]) right = answers[a[0]].right;
        else if (a[1] == a[2]) right = answers[a[1]].right;
        else right = (answers[a[0]].right + answers[a[1]].right + answers[a[2]].right) / 3.0;
        exact += right / (N * N * N);
    }
    ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, 0);
    enum { ROUNDS = 40000 };
    assert_close(ll_majority_of_k(answers, 4, 3, ROUNDS, &r), exact, 5 * sqrt(exact * (1 - exact) / ROUNDS));
    assert_close(ll_majority_of_k(answers, 4, N, 1, &r), 1, 0); /* both of the two given most often are right */
    const ll_sampled_answer tie[] = { { 0, 2, true }, { 0, 2, false } };
    assert_close(ll_majority_of_k(tie, 2, 4, 1, &r), 0.5, 0);
}

/* ---- planted shares ---- */

enum { ITEMS = 120, SAMPLES = 100, WORLDS = 300 };
static const double A = 0.4, B = 1.7;

static void draw_world(ll_rng *r, int64_t c[ITEMS], int64_t n[ITEMS]) {
    for (int i = 0; i < ITEMS; i++) {
        const double x = ll_rng_gamma(r, A), p = x / (x + ll_rng_gamma(r, B));
        c[i] = 0, n[i] = SAMPLES;
        for (int j = 0; j < SAMPLES; j++) c[i] += ll_rng_uniform(r) < p;
    }
}

static void coverage_is_a_product_of_ratios(void **state) {
    (void)state;
    double miss = 1;
    for (int k = 1; k <= 50; k++) {
        miss *= (B + k - 1) / (A + B + k - 1);
        assert_close(ll_beta_coverage(A, B, k), 1 - miss, 1e-12);
    }
    assert_close(log(1 - ll_beta_coverage(A, B, 1e6)) - log(1 - ll_beta_coverage(A, B, 1e5)), -A * log(10), 1e-5);
}

/* Within 3 standard deviations of how often 90 % should hold. */
static void assert_covers(int held, const char *what) {
    if (fabs(held - 0.9 * WORLDS) > 3 * sqrt(WORLDS * 0.09)) fail_msg("%s: %d of %d", what, held, WORLDS);
}

static void intervals_cover(void **state) {
    (void)state;
    int64_t c[ITEMS], n[ITEMS];
    int pass = 0, a = 0, b = 0;
    for (int w = 0; w < WORLDS; w++) {
        ll_rng r = ll_rng_at(11, LL_STREAM_NOISE, (uint64_t)w);
        ll_beta_fit f;
        double mean = 0, square = 0;
        draw_world(&r, c, n);
        for (int i = 0; i < ITEMS; i++) {
            const double v = ll_pass_at_k(n[i], c[i], 10);
            mean += v / ITEMS, square += v * v / ITEMS;
        }
        pass += fabs(mean - ll_beta_coverage(A, B, 10)) <= 1.645 * sqrt((square - mean * mean) / (ITEMS - 1));
        assert_true(ll_beta_fit_counts(c, n, ITEMS, &f));
        a += fabs(log(f.a / A)) <= 1.645 * sqrt(f.cov[0][0]);
        b += fabs(log(f.b / B)) <= 1.645 * sqrt(f.cov[1][1]);
    }
    assert_covers(pass, "pass@10");
    assert_covers(a, "a");
    assert_covers(b, "b");
}

/* No neighbour is likelier, by a likelihood that is a sum over every sample. */
static void the_fit_is_the_likeliest(void **state) {
    (void)state;
    int64_t c[ITEMS], n[ITEMS];
    ll_rng r = ll_rng_at(12, LL_STREAM_NOISE, 0);
    ll_beta_fit f;
    draw_world(&r, c, n);
    assert_true(ll_beta_fit_counts(c, n, ITEMS, &f));
    double at[9];
    for (int s = 0; s < 9; s++) {
        const double a = f.a * (1 + 0.01 * (s % 3 - 1)), b = f.b * (1 + 0.01 * (s / 3 - 1));
        at[s] = 0;
        for (int i = 0; i < ITEMS; i++) {
            for (int j = 0; j < c[i]; j++) at[s] += log(a + j);
            for (int j = 0; j < n[i] - c[i]; j++) at[s] += log(b + j);
            for (int j = 0; j < n[i]; j++) at[s] -= log(a + b + j);
        }
    }
    for (int s = 0; s < 9; s++) assert_true(s == 4 || at[s] < at[4]);
    assert_close(f.loglik, at[4], 1e-7 * fabs(at[4]));
}

static void what_has_no_beta_is_said(void **state) {
    (void)state;
    const int64_t none[3] = { 0 }, n[3] = { 10, 10, 10 }, same[3] = { 5, 5, 5 };
    ll_beta_fit f;
    assert_false(ll_beta_fit_counts(none, n, 3, &f));
    assert_false(ll_beta_fit_counts(n, n, 3, &f));
    assert_false(ll_beta_fit_counts(same, n, 3, &f));
    assert_false(ll_beta_fit_counts(same, n, 1, &f));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pass_at_k_is_the_mean_over_choices),
        cmocka_unit_test(best_of_k_is_the_mean_over_choices),
        cmocka_unit_test(the_majority_is_what_all_draws_say),
        cmocka_unit_test(coverage_is_a_product_of_ratios),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(the_fit_is_the_likeliest),
        cmocka_unit_test(what_has_no_beta_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
