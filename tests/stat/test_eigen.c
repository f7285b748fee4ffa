/* Jacobi's eigenvalues: matrices whose are known, and what must hold of any. */
#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "stat/eigen.h"
#include "support.h"

enum { MOST = 16 };

static void test_known(void **state) {
    (void)state;
    double A[] = { 2, 1, 1, 2 }, value[3], v[9];
    ll_symmetric_eigen(2, A, value, v);
    assert_close(value[0], 3, 1e-15);
    assert_close(value[1], 1, 1e-15);
    assert_close(fabs(v[0]), sqrt(0.5), 1e-15);
    assert_close(v[0] * v[1], 0.5, 1e-14);          /* (1, 1) */
    assert_close(v[2] * v[3], -0.5, 1e-14);         /* (1, -1) */
    double B[] = { 2, -1, 0, -1, 2, -1, 0, -1, 2 }; /* 2 - 2 cos(k pi / 4) */
    ll_symmetric_eigen(3, B, value, v);
    assert_close(value[0], 2 + sqrt(2), 1e-14);
    assert_close(value[1], 2, 1e-14);
    assert_close(value[2], 2 - sqrt(2), 1e-14);
    double one = -7;
    ll_symmetric_eigen(1, &one, value, v);
    assert_close(value[0], -7, 0);
    assert_close(v[0], 1, 0);
}

/* Rank one has one eigenvalue that is not zero, and equal ones keep their vectors apart. */
static void test_degenerate(void **state) {
    (void)state;
    double A[16], value[4], v[16];
    for (int i = 0; i < 16; i++) A[i] = (i / 4 + 1.0) * (i % 4 + 1.0);
    ll_symmetric_eigen(4, A, value, v);
    assert_close(value[0], 30, 1e-14);
    for (int i = 1; i < 4; i++) assert_true(fabs(value[i]) < 1e-12);
    memset(A, 0, sizeof A);
    ll_symmetric_eigen(4, A, value, v);
    for (int i = 0; i < 4; i++) assert_true(value[i] == 0 && v[i * 5] == 1);
}

static void check_one(int n, double scale, uint64_t seed) {
    double A[MOST * MOST], work[MOST * MOST], value[MOST], v[MOST * MOST], trace = 0, square = 0, sum = 0,
                                                                           squares = 0;
    ll_rng rng = ll_rng_at(seed, LL_STREAM_STUDY, (uint64_t)n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) A[i * n + j] = A[j * n + i] = scale * ll_rng_normal(&rng);
    memcpy(work, A, sizeof work);
    ll_symmetric_eigen(n, work, value, v);
    for (int k = 0; k < n; k++) {
        assert_true(k == 0 || value[k] <= value[k - 1]);
        for (int i = 0; i < n; i++) {
            double Av = 0;
            for (int j = 0; j < n; j++) Av += A[i * n + j] * v[k * n + j];
            assert_true(fabs(Av - value[k] * v[k * n + i]) < 1e-12 * n * scale);
        }
        for (int l = 0; l <= k; l++) {
            double dot = 0;
            for (int j = 0; j < n; j++) dot += v[k * n + j] * v[l * n + j];
            assert_true(fabs(dot - (k == l)) < 1e-13 * n);
        }
        trace += A[k * n + k], sum += value[k], squares += value[k] * value[k];
    }
    for (int i = 0; i < n * n; i++) square += A[i] * A[i];
    assert_true(fabs(trace - sum) < 1e-12 * n * scale);
    assert_close(squares, square, 1e-12);
}

static void test_any(void **state) {
    (void)state;
    for (int n = 1; n <= MOST; n++)
        for (uint64_t seed = 1; seed <= 20; seed++) check_one(n, pow(10, (double)seed - 10), seed);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_known), cmocka_unit_test(test_degenerate),
                                        cmocka_unit_test(test_any) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
