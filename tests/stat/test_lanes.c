/* Eight doubles at a time: their exponential and logarithm against the C library's long double, at the ends of their
 * ranges, and rows that are no multiple of eight. */
#include <math.h>

#include "loglog/random.h"
#include "stat/lanes.h"
#include "support.h"

LL_WIDE static void exp_all(double v[LL_LANES_N]) {
    const ll_lanes e = ll_lanes_exp(ll_lanes_load(v));
    memcpy(v, &e, sizeof e);
}

LL_WIDE static void log_all(double v[LL_LANES_N]) {
    const ll_lanes e = ll_lanes_log(ll_lanes_load(v));
    memcpy(v, &e, sizeof e);
}

/* In units of the last place of what was wanted. */
static double off(double got, long double wanted) {
    const double a = fabs((double)wanted);
    return (double)(fabsl((long double)got - wanted) / (long double)(nextafter(a, INFINITY) - a));
}

static void test_exp_and_log_are_within_a_unit(void **state) {
    (void)state;
    enum { MANY = 20000 };
    ll_rng rng = ll_rng_at(7, LL_STREAM_SAMPLE, 0);
    for (int k = 0; k < MANY; k++) {
        const double width = k % 2 ? 1400 : 2;
        double x[LL_LANES_N], e[LL_LANES_N], l[LL_LANES_N];
        for (int i = 0; i < LL_LANES_N; i++) e[i] = x[i] = width * (ll_rng_uniform(&rng) - 0.5);
        exp_all(e);
        for (int i = 0; i < LL_LANES_N; i++) {
            assert_true(off(e[i], expl(x[i])) < 1);
            l[i] = e[i];
        }
        log_all(l);
        for (int i = 0; i < LL_LANES_N; i++) assert_true(off(l[i], logl(e[i])) < 1);
    }
}

static void test_ends_of_the_ranges(void **state) {
    (void)state;
    double e[LL_LANES_N] = { 0, -708, 709.7, 710, INFINITY, -INFINITY, NAN, -0.0 };
    exp_all(e);
    assert_true(e[0] == 1 && e[1] == 0 && isfinite(e[2]) && e[3] == INFINITY && e[4] == INFINITY);
    assert_true(e[5] == 0 && isnan(e[6]) && e[7] == 1);
    double l[LL_LANES_N] = { 1, 0, DBL_MAX, DBL_MIN, INFINITY, -1, NAN, DBL_MIN / 2 };
    log_all(l);
    assert_true(l[0] == 0 && l[1] == -INFINITY && l[4] == INFINITY && isnan(l[5]) && isnan(l[6]));
    assert_true(off(l[2], logl(DBL_MAX)) < 1 && off(l[3], logl(DBL_MIN)) < 1 && l[7] == -INFINITY);
}

LL_WIDE static double sum_of(const double *x, int64_t n, double other) {
    ll_lanes sum = { 0 };
    for (int64_t i = 0; i < n; i += LL_LANES_N) sum += ll_lanes_some(x, i, n, other);
    return ll_lanes_sum(sum);
}

static void test_rows_beyond_the_last_are_what_is_said(void **state) {
    (void)state;
    const double x[11] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    for (int64_t n = 1; n <= 11; n++) {
        const int64_t beyond = (LL_LANES_N - n % LL_LANES_N) % LL_LANES_N;
        assert_true(sum_of(x, n, 0) == (double)(n * (n + 1) / 2));
        assert_true(sum_of(x, n, 100) == (double)(n * (n + 1) / 2 + 100 * beyond));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exp_and_log_are_within_a_unit),
        cmocka_unit_test(test_ends_of_the_ranges),
        cmocka_unit_test(test_rows_beyond_the_last_are_what_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
