/* A smooth teacher on a d-dimensional manifold (Sharma and Kaplan 2020): points of a cube of d sides are bent into a
 * space of more, and the answer is a random smooth function of the d. A network of N parameters cuts the manifold into
 * about N pieces of size N^-1/d and is linear on each: what is left of the variance falls as N^-4/d. */
#include <math.h>
#include <stdlib.h>

#include "train/theory/lesson.h"

#define SQRT2 1.41421356237309504880
#define TWO_PI 6.28318530717958647693

enum { WAVES = 24, TESTS = 2048, MOST = 64 }; /* of the teacher; rows of the test; dimensions */
#define FREQUENCY 1.5                         /* of the waves, radians a unit: the teacher's roughness */

static double predicted(const ll_theory *t, ll_var along) {
    return along == LL_VAR_N ? 4 / (double)t->dimension : NAN;
}

static double guess(const ll_theory *t) {
    (void)t;
    return 1;
}

/* Of a wave or a coordinate: a direction [d] and a phase. */
static double turn(const double *wave, const double *z, int64_t d) {
    double sum = wave[d];
    for (int64_t i = 0; i < d; i++) sum += wave[i] * z[i];
    return sum;
}

/* The coordinates' waves, the teacher's waves, its amplitudes, then mean and deviation of what it says. */
static double *teacher(const ll_lesson *l) {
    return l->number + l->of->space * (l->of->dimension + 1);
}

static double *amplitude(const ll_lesson *l) {
    return teacher(l) + WAVES * (l->of->dimension + 1);
}

static double answer(const ll_lesson *l, const double *z) {
    const int64_t d = l->of->dimension;
    const double *wave = teacher(l), *a = amplitude(l);
    double sum = 0;
    for (int64_t j = 0; j < WAVES; j++) sum += a[j] * cos(turn(wave + j * (d + 1), z, d));
    return (sum - a[WAVES]) / a[WAVES + 1];
}

static void point(const ll_lesson *l, ll_rng *r, ll_real *x, ll_real *y) {
    const int64_t d = l->of->dimension;
    double z[MOST];
    for (int64_t i = 0; i < d; i++) z[i] = 2 * ll_rng_uniform(r) - 1;
    for (int64_t j = 0; j < l->of->space; j++) x[j] = (ll_real)(SQRT2 * sin(turn(l->number + j * (d + 1), z, d)));
    *y = (ll_real)answer(l, z);
}

static void sample(const ll_lesson *l, uint64_t number, ll_real *x, ll_real *y, int32_t *label) {
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY_SAMPLE, number);
    (void)label;
    point(l, &r, x, y);
}

static double test(const ll_lesson *l, int64_t row, ll_real *x, ll_real *y, int32_t *label) {
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY_TEST, (uint64_t)row);
    (void)label;
    point(l, &r, x, y);
    return 1.0 / TESTS;
}

/* So that a guess of the mean costs 1. */
static void scale(ll_lesson *l) {
    double sum = 0, squares = 0, *a = amplitude(l);
    ll_real x[MOST], y;
    int32_t none;
    a[WAVES] = 0;
    a[WAVES + 1] = 1;
    for (int64_t i = 0; i < TESTS; i++) {
        test(l, i, x, &y, &none);
        sum += y;
        squares += (double)y * y;
    }
    a[WAVES] = sum / TESTS;
    a[WAVES + 1] = sqrt(squares / TESTS - a[WAVES] * a[WAVES]);
}

static void waves(double *to, int64_t n, int64_t d, double frequency, ll_rng *r) {
    for (int64_t j = 0; j < n; j++, to += d + 1) {
        for (int64_t i = 0; i < d; i++) to[i] = frequency * ll_rng_normal(r);
        to[d] = TWO_PI * ll_rng_uniform(r);
    }
}

static ll_status open(ll_lesson *l, ll_error *err) {
    const int64_t d = l->of->dimension, n = (l->of->space + WAVES) * (d + 1) + WAVES + 2;
    l->inputs = l->of->space;
    l->outputs = 1;
    l->tests = TESTS;
    l->loss = LL_MLP_MSE;
    if (!(l->number = malloc((size_t)n * sizeof *l->number))) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_rng r = ll_rng_at(l->seed, LL_STREAM_THEORY, 0);
    waves(l->number, l->of->space, d, 1 / sqrt((double)d), &r);
    waves(teacher(l), WAVES, d, FREQUENCY, &r);
    for (double *a = amplitude(l), *end = a + WAVES; a < end; a++) *a = ll_rng_normal(&r);
    scale(l);
    return LL_OK;
}

static const ll_lesson_kind lesson = { open, sample, test };

const ll_theory_kind ll_theory_manifold = {
    .name = "manifold",
    .question = "a smooth teacher on a manifold of dimension d: does the error fall as N^-4/d?",
    .source = "Sharma and Kaplan 2020, arXiv:2004.10802",
    .preset = { .seeds = 5,
                .dimension = 4,
                .space = 16,
                .widths = { 4, { 8, 16, 32, 64 } },
                .samples = { 1, { 0 } },
                .depth = 1,
                .batch = 256,
                .steps = 6000,
                .lr = 0.01,
                .schedule = "cosine",
                .optimizer = "adam" },
    .guess = guess,
    .predicted = predicted,
    .lesson = &lesson,
};
