#include "train/theory/zeta.h"

#include <math.h>

double ll_zeta(double s, double a) {
    /* B_2k / (2k)! */
    static const double bernoulli[] = { 1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160 };
    double sum = 0, rise = s;
    for (; a < 12; a++) sum += pow(a, -s);
    sum += pow(a, 1 - s) / (s - 1) + pow(a, -s) / 2;
    for (int k = 0; k < 5; k++) {
        sum += bernoulli[k] * rise * pow(a, -s - 2 * k - 1);
        rise *= (s + 2 * k + 1) * (s + 2 * k + 2);
    }
    return sum;
}

double ll_zipf(double s, double i) {
    return pow(i, -s) / ll_zeta(s, 1);
}

double ll_zipf_tail(double s, double m) {
    return ll_zeta(s, m + 1) / ll_zeta(s, 1);
}

/* Up to M term by term; beyond, where n theta is below 1/20, each power of the binomial is a zeta of its own. */
double ll_zipf_error(double s, double n) {
    const double c = 1 / ll_zeta(s, 1), M = ceil(pow(20 * n * c, 1 / s)) + 20;
    double sum = 0, of = c;
    for (double i = M; i >= 1; i--) {
        const double theta = c * pow(i, -s);
        sum += theta * exp(n * log1p(-theta));
    }
    for (int k = 0; k < 30; k++) { /* C(n, k) (-1)^k c^(k+1) */
        const double term = of * ll_zeta(s * (k + 1), M + 1);
        sum += term;
        if (fabs(term) < 1e-17 * sum) break;
        of *= -c * (n - k) / (k + 1);
    }
    return sum;
}

int64_t ll_zipf_draw(double s, ll_rng *r) {
    const double b = pow(2, s - 1), most = 9007199254740992.0;
    for (;;) {
        const double u = 1 - ll_rng_uniform(r), v = ll_rng_uniform(r);
        const double x = floor(pow(u, -1 / (s - 1)));
        if (!(x <= most)) continue;
        const double t = pow(1 + 1 / x, s - 1);
        if (v * x * (t - 1) / (b - 1) <= t / b) return (int64_t)x;
    }
}
