/* Laws of mixtures: planted coefficients that come back, the best mixture against a grid, cover of what is
 * foretold, and bad input. */
#include "scratch_program.h"

#include <math.h>
#include <string.h>

#include "fit/mixing/blend.h"
#include "fit/mixing/mixing_law.h"
#include "loglog/random.h"

enum { SHARES = 3, LOSSES = 2, ROWS = 36 };

static const double c[LOSSES] = { 2.1, 1.4 };
static const double t[LOSSES][SHARES] = { { -3, 0.2, -0.4 }, { -0.5, -0.9, -2.2 } };
static double share[SHARES][ROWS], loss[LOSSES][ROWS];
static const ll_mixing_data data = { .n = ROWS,
                                     .shares = SHARES,
                                     .losses = LOSSES,
                                     .share = { share[0], share[1], share[2] },
                                     .loss = { loss[0], loss[1] },
                                     .source = "planted" };

static double truth(int k, const double *r) {
    double sum = 0;
    for (int j = 0; j < SHARES; j++) sum += t[k][j] * r[j];
    return c[k] + exp(sum);
}

/* Exponential variates over their sum: even over the simplex. */
static void plant(double sd, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, 0);
    for (int i = 0; i < ROWS; i++) {
        double r[SHARES], sum = 0;
        for (int j = 0; j < SHARES; j++) sum += r[j] = -log(1 - ll_rng_uniform(&rng));
        for (int j = 0; j < SHARES; j++) share[j][i] = r[j] /= sum;
        for (int k = 0; k < LOSSES; k++) loss[k][i] = truth(k, r) * exp(sd * ll_rng_normal(&rng));
    }
}

static void planted_laws_come_back(void **state) {
    (void)state;
    ll_mixing f;
    ll_error err;
    plant(0, 1);
    assert_int_equal(ll_mixing_run(&f, &data, &(ll_fit_opts) { .n_boot = -1 }, &err), LL_OK);
    for (int k = 0; k < LOSSES; k++) {
        assert_true(fabs(f.law[k].c.value - c[k]) < 1e-4);
        for (int j = 0; j < SHARES; j++) assert_true(fabs(f.law[k].t[j].value - t[k][j]) < 1e-3);
    }
    ll_mixing_clear(&f);
}

/* No point of a grid within the bounds is better, and the point itself is within them. */
static void best_of_a_grid(void **state) {
    (void)state;
    enum { SIDE = 400 };
    const double lo[] = { 0.1, 0.05, 0 }, hi[] = { 0.6, 0.7, 0.3 };
    double theta[LOSSES * (1 + SHARES)], r[SHARES], grid = INFINITY;
    for (int k = 0; k < LOSSES; k++) {
        theta[k * (1 + SHARES)] = log(c[k]);
        memcpy(theta + k * (1 + SHARES) + 1, t[k], sizeof t[k]);
    }
    const double best = ll_blend_best(LOSSES, SHARES, theta, lo, hi, r);
    for (int a = 0; a <= SIDE; a++)
        for (int b = 0; b <= SIDE - a; b++) {
            const double at[] = { (double)a / SIDE, (double)b / SIDE, (double)(SIDE - a - b) / SIDE };
            bool within = true;
            for (int j = 0; j < SHARES; j++) within = within && at[j] >= lo[j] && at[j] <= hi[j];
            if (within) grid = fmin(grid, (truth(0, at) + truth(1, at)) / 2);
        }
    assert_true(best <= grid + 1e-9 && best > grid - 1e-4);
    assert_true(fabs(r[0] + r[1] + r[2] - 1) < 1e-9);
    for (int j = 0; j < SHARES; j++) assert_true(r[j] >= lo[j] && r[j] <= hi[j]);
    assert_true(fabs((truth(0, r) + truth(1, r)) / 2 - best) < 1e-9);
}

/* Over 40 studies of 4 new runs each, 90 % intervals: 160 losses on each domain, standard error 2.4 points. */
static void intervals_cover(void **state) {
    (void)state;
    enum { STUDIES = 40, NEW = 4 };
    int inside = 0;
    for (uint64_t s = 1; s <= STUDIES; s++) {
        ll_mixing f;
        ll_error err;
        plant(0.01, s);
        assert_int_equal(
            ll_mixing_run(&f, &data, &(ll_fit_opts) { .objective = LL_OBJ_LS_LOG, .threads = 1 }, &err), LL_OK);
        ll_rng rng = ll_rng_at(s, LL_STREAM_SAMPLE, 0);
        for (int i = 0; i < NEW; i++) {
            double r[SHARES] = { ll_rng_uniform(&rng) };
            r[1] = (1 - r[0]) * ll_rng_uniform(&rng);
            r[2] = 1 - r[0] - r[1];
            for (int k = 0; k < LOSSES; k++) {
                const ll_estimate e = ll_mixing_at(&f, k, r);
                const double L = truth(k, r) * exp(0.01 * ll_rng_normal(&rng));
                inside += e.lo <= L && L <= e.hi;
            }
        }
        ll_mixing_clear(&f);
    }
    assert_in_range(inside, 0.84 * STUDIES * NEW * LOSSES, 0.96 * STUDIES * NEW * LOSSES);
}

static void bad_input(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    const char head[] = "a,b,la\n", few[] = "a,b,la\n0.5,0.5,2\n0.2,0.8,2.1\n",
               sum[] = "a,b,la\n0.5,0.5,2\n0.5,0.4,2\n0.1,0.9,3\n0.2,0.8,3\n0.3,0.7,3\n",
               below[] = "a,b,la\n1.5,-0.5,2\n", zero[] = "a,b,la\n0.5,0.5,0\n", gap[] = "a,b,la\n0.5,,2\n";
    support_write(folder, "head.csv", head, strlen(head), path);
    support_write(folder, "few.csv", few, strlen(few), path);
    support_write(folder, "sum.csv", sum, strlen(sum), path);
    support_write(folder, "below.csv", below, strlen(below), path);
    support_write(folder, "zero.csv", zero, strlen(zero), path);
    support_write(folder, "gap.csv", gap, strlen(gap), path);
    answers("fit few.csv --law mixture --losses la", 2, "--shares A,B,C");
    answers("fit few.csv --law mixture --shares a,b", 2, "--losses A,B");
    answers("fit few.csv --law mixture --shares a,z --losses la", 2, "'z'");
    answers("fit few.csv --law mixture --shares a,b --losses la", 2, "cannot fix");
    answers("fit head.csv --law mixture --shares a,b --losses la", 2, "");
    answers("fit sum.csv --law mixture --shares a,b --losses la", 2, "sum.csv:3: the shares add up to 0.9");
    answers("fit below.csv --law mixture --shares a,b --losses la", 2, "below.csv:2: share 1 is 1.5");
    answers("fit zero.csv --law mixture --shares a,b --losses la", 2, "zero.csv:2: loss 1 is 0");
    answers("fit gap.csv --law mixture --shares a,b --losses la", 2, "gap.csv:2: share 2 is");
    answers("fit few.csv --law chinchilla --shares a,b", 2, "is of --law mixture");
    answers("fit few.csv --law isoflop --judge 'a = 1'", 2, "foretells no losses");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_laws_come_back),
        cmocka_unit_test(best_of_a_grid),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
