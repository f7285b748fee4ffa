#define _DEFAULT_SOURCE /* lgamma_r */
#include "stat/student.h"

#include <math.h>

double ll_normal_cdf(double z) {
    return 0.5 * erfc(-z / 1.41421356237309504880);
}

/* The continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22). */
static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), step = 1;
        for (int k = 0; k < 2; k++) {
            double e = k ? odd : even;
            d = 1 + e * d;
            c = 1 + e / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            step = c * d;
            h *= step;
        }
        if (fabs(step - 1) < 1e-15) break;
    }
    return h;
}

double ll_ln_gamma(double x) {
    int sign;
    return lgamma_r(x, &sign);
}

static double beta_cdf(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(ll_ln_gamma(a + b) - ll_ln_gamma(a) - ll_ln_gamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double ll_student_cdf(double t, double freedom) {
    double tail = 0.5 * beta_cdf(freedom / 2, 0.5, freedom / (freedom + t * t));
    return t > 0 ? 1 - tail : tail;
}

double ll_fisher_cdf(double F, double above, double below) {
    return F > 0 ? beta_cdf(above / 2, below / 2, above * F / (above * F + below)) : 0;
}

/* Bisection on a bracket that grows: exact to the last bits, and rare enough not to matter. */
static double invert(double q, double freedom) {
    double lo = -1, hi = 1;
    while (lo > -1e15 && (freedom > 0 ? ll_student_cdf(lo, freedom) : ll_normal_cdf(lo)) > q) lo *= 2;
    while (hi < 1e15 && (freedom > 0 ? ll_student_cdf(hi, freedom) : ll_normal_cdf(hi)) < q) hi *= 2;
    for (double mid = 0.5 * (lo + hi); mid > lo && mid < hi; mid = 0.5 * (lo + hi)) {
        if ((freedom > 0 ? ll_student_cdf(mid, freedom) : ll_normal_cdf(mid)) < q) lo = mid;
        else hi = mid;
    }
    return 0.5 * (lo + hi);
}

double ll_student_quantile(double q, double freedom) {
    return invert(q, freedom);
}

double ll_normal_quantile(double q) {
    return invert(q, 0);
}
