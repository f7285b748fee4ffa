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
