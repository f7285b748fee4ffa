#include "stat/binomial.h"

#include <math.h>

#include "stat/student.h"

void ll_binomial_interval(int64_t k, int64_t n, double level, double *lo, double *hi) {
    const double trials = (double)n, share = (double)k / trials, z = ll_normal_quantile((1 + level) / 2);
    const double shrink = 1 + z * z / trials, centre = (share + z * z / (2 * trials)) / shrink;
    const double half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / shrink;
    *lo = k > 0 ? centre - half : n > 0 ? 0 : NAN;
    *hi = k < n ? centre + half : n > 0 ? 1 : NAN;
}

double ll_binomial_cdf(int64_t k, int64_t n, double p) {
    double sum = 0;
    for (int64_t i = 0; i <= k && i <= n; i++)
        sum += exp(ll_ln_gamma((double)n + 1) - ll_ln_gamma((double)i + 1) - ll_ln_gamma((double)(n - i) + 1) +
                   (double)i * log(p) + (double)(n - i) * log1p(-p));
    return fmin(sum, 1);
}
