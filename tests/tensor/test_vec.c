/* The vector functions against libm, four lanes wide: what every instruction set has. */
#include "support.h"

#include <math.h>

#define LL_LANES 4
#include "tensor/cpu/vec.h"

/* The largest relative error of f at lo, lo * step, ... up to hi. */
static double worst(vf (*f)(vf), double (*exact)(double), float lo, float hi, float step) {
    double most = 0;
    for (float x = lo; x <= hi; x *= step) {
        const double want = exact((double)x), error = fabs((double)f(vsplat(x))[L - 1] - want) / fabs(want);
        if (!(error <= most)) most = error; /* NaN counts */
    }
    return most;
}

static void logarithm(void **state) {
    (void)state;
    assert_true(worst(vlog, log, 1.17549435e-38f, 3.4028235e38f, 1.0001f) < 2e-7);
    assert_true(worst(vlog, log, 1.0000001f, 1.5f, 1.000003f) < 2e-7); /* a logarithm next to nothing */
    assert_true(worst(vlog, log, 0.6f, 0.9999999f, 1.000003f) < 2e-7);
    assert_true(vlog(vsplat(1))[0] == 0);
}

static void exponential(void **state) {
    (void)state;
    for (float x = -86; x < 87; x += 0.001f) {
        const double want = exp((double)x);
        assert_true(fabs((double)vexp(vsplat(x))[0] - want) <= (2e-7 + 1e-7 * fabs((double)x)) * want);
    }
}

/* Lane i of the answer is of v[i] alone: powers of two add up to what only these lanes can make. */
static void across_lanes(void **state) {
    (void)state;
    vf v[L];
    for (int i = 0; i < L; i++)
        for (int j = 0; j < L; j++) v[i][j] = (float)(1 << (i * L + j)) * ((i + j) % 2 ? 1.0f : -1.0f);
    const vf sum = vsums(v), top = vtops(v);
    for (int i = 0; i < L; i++) {
        float want = 0, most = -INFINITY;
        for (int j = 0; j < L; j++) want += v[i][j], most = v[i][j] > most ? v[i][j] : most;
        assert_true(sum[i] == want);
        assert_true(top[i] == most);
        assert_true(vsum(v[i]) == want);
        assert_true(vtop(v[i]) == most);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(logarithm), cmocka_unit_test(exponential),
                                        cmocka_unit_test(across_lanes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
