#include "fit/mixing/blend.h"

#include <math.h>
#include <string.h>

#include "fit/mixing/mixing_law.h"

enum { STEPS = 400, HALVINGS = 60, SHARES = LL_MIXING_SHARES };

double ll_blend_loss(int shares, const double *theta, const double *r) {
    double sum = 0;
    for (int j = 0; j < shares; j++) sum += theta[1 + j] * r[j];
    return exp(theta[0]) + exp(sum);
}

static double mean(int losses, int shares, const double *theta, const double *r, double *grad) {
    double total = 0;
    if (grad) memset(grad, 0, (size_t)shares * sizeof *grad);
    for (int k = 0; k < losses; k++) {
        const double *law = theta + k * (1 + shares), L = ll_blend_loss(shares, law, r);
        total += L / losses;
        for (int j = 0; grad && j < shares; j++) grad[j] += law[1 + j] * (L - exp(law[0])) / losses;
    }
    return total;
}

/* The nearest point of the bounds whose proportions add up to one: each less the same amount, found by halving. */
static void project(int shares, const double *v, const double *lo, const double *hi, double *r) {
    double from = INFINITY, to = -INFINITY;
    for (int j = 0; j < shares; j++) {
        from = fmin(from, v[j] - hi[j]);
        to = fmax(to, v[j] - lo[j]);
    }
    for (int i = 0; i < HALVINGS; i++) {
        const double off = (from + to) / 2;
        double sum = 0;
        for (int j = 0; j < shares; j++) sum += r[j] = fmin(fmax(v[j] - off, lo[j]), hi[j]);
        *(sum > 1 ? &from : &to) = off;
    }
}

double ll_blend_best(int losses, int shares, const double *theta, const double *lo, const double *hi, double *r) {
    double grad[SHARES], trial[SHARES], v[SHARES], step = 1;
    for (int j = 0; j < shares; j++) v[j] = 1.0 / shares;
    project(shares, v, lo, hi, r);
    double at = mean(losses, shares, theta, r, grad);
    for (int i = 0; i < STEPS && step > 1e-12; i++) {
        double slope = 0;
        for (int j = 0; j < shares; j++) v[j] = r[j] - step * grad[j];
        project(shares, v, lo, hi, trial);
        for (int j = 0; j < shares; j++) slope += grad[j] * (trial[j] - r[j]);
        const double L = mean(losses, shares, theta, trial, NULL);
        if (!(L <= at + 1e-4 * slope)) {
            step /= 2;
            continue;
        }
        memcpy(r, trial, (size_t)shares * sizeof *r);
        if (-slope < 1e-13 * at) break;
        at = mean(losses, shares, theta, r, grad);
        step *= 2;
    }
    return at;
}
