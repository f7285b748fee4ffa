#include "stat/beta_binomial.h"

#include <math.h>

#include "stat/student.h"

enum { ROUNDS = 200 };
#define LEAST 1e-6 /* of a and b: beyond them there is no density to speak of */
#define MOST 1e7

static double ln_beta(double a, double b) {
    return ll_ln_gamma(a) + ll_ln_gamma(b) - ll_ln_gamma(a + b);
}

double ll_beta_coverage(double a, double b, double k) {
    return -expm1(ln_beta(a, b + k) - ln_beta(a, b));
}

typedef struct counts {
    const int64_t *c, *n;
    int64_t items;
} counts;

/* psi(x) and its derivative: moved up to 12 by the recurrence, and from there the asymptotic series. */
static double digamma(double x, double *derivative) {
    double shift = 0, slope = 0;
    for (; x < 12; x++) shift -= 1 / x, slope += 1 / (x * x);
    const double z = 1 / (x * x);
    *derivative = slope + 1 / x + z / 2 + z / x * (1. / 6 - z * (1. / 30 - z * (1. / 42 - z / 30)));
    return shift + log(x) - 0.5 / x - z * (1. / 12 - z * (1. / 120 - z * (1. / 252 - z / 240)));
}

static double loglik(const counts *t, double a, double b) {
    double sum = -(double)t->items * ln_beta(a, b);
    for (int64_t i = 0; i < t->items; i++) sum += ln_beta(a + (double)t->c[i], b + (double)(t->n[i] - t->c[i]));
    return sum;
}

/* Gradient and second derivatives by ln a and ln b. */
static void slopes(const counts *t, double a, double b, double g[2], double h[2][2]) {
    double da = 0, db = 0, daa = 0, dbb = 0, dab = 0, s;
    const double pa = digamma(a, &s), sa = s, pb = digamma(b, &s), sb = s, pab = digamma(a + b, &s), sab = s;
    for (int64_t i = 0; i < t->items; i++) {
        const double all = digamma(a + b + (double)t->n[i], &s) - pab, dall = s - sab;
        da += digamma(a + (double)t->c[i], &s) - pa - all, daa += s - sa - dall;
        db += digamma(b + (double)(t->n[i] - t->c[i]), &s) - pb - all, dbb += s - sb - dall;
        dab -= dall;
    }
    g[0] = a * da, g[1] = b * db;
    h[0][0] = a * a * daa + g[0], h[1][1] = b * b * dbb + g[1], h[0][1] = h[1][0] = a * b * dab;
}

/* A step uphill: Newton's where the surface is a hill, else along the gradient. */
static void direction(const double g[2], double h[2][2], double step[2]) {
    const double det = h[0][0] * h[1][1] - h[0][1] * h[1][0];
    const bool hill = h[0][0] < 0 && det > 0;
    step[0] = hill ? -(h[1][1] * g[0] - h[0][1] * g[1]) / det : g[0];
    step[1] = hill ? -(h[0][0] * g[1] - h[1][0] * g[0]) / det : g[1];
    const double size = hypot(step[0], step[1]);
    if (size > 2) step[0] *= 2 / size, step[1] *= 2 / size;
}

bool ll_beta_fit_counts(const int64_t *c, const int64_t *n, int64_t items, ll_beta_fit *out) {
    const counts t = { c, n, items };
    double x[2] = { log(0.5), log(0.5) }, g[2], h[2][2], step[2];
    double best = loglik(&t, exp(x[0]), exp(x[1]));
    if (items < 2) return false;
    for (int round = 0; round < ROUNDS; round++) {
        slopes(&t, exp(x[0]), exp(x[1]), g, h);
        direction(g, h, step);
        double part = 1, next = -INFINITY;
        for (; part > 1e-9 && !(next >= best); part /= 2)
            next = loglik(&t, exp(x[0] + part * step[0]), exp(x[1] + part * step[1]));
        if (!(next >= best)) break;
        x[0] += 2 * part * step[0], x[1] += 2 * part * step[1];
        best = next;
        if (hypot(step[0], step[1]) < 1e-9) break;
        if (fmin(x[0], x[1]) < log(LEAST) || fmax(x[0], x[1]) > log(MOST)) return false;
    }
    slopes(&t, exp(x[0]), exp(x[1]), g, h);
    const double det = h[0][0] * h[1][1] - h[0][1] * h[1][0];
    if (!(h[0][0] < 0 && det > 0) || hypot(g[0], g[1]) > 1e-3 * (double)items) return false;
    *out = (ll_beta_fit) { .a = exp(x[0]), .b = exp(x[1]), .loglik = best };
    out->cov[0][0] = -h[1][1] / det, out->cov[1][1] = -h[0][0] / det,
    out->cov[0][1] = out->cov[1][0] = h[0][1] / det;
    return true;
}
