#include "stat/quantile.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ll_sort(double *v, int64_t n) {
    if (n > 1) qsort(v, (size_t)n, sizeof *v, ascending);
}

double ll_quantile(const double *sorted, int64_t n, double q) {
    if (n < 1) return NAN;
    double at = q * (double)(n - 1);
    int64_t i = (int64_t)at;
    if (i >= n - 1) return sorted[n - 1];
    return sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]);
}

double ll_residual_sd(double *v, int64_t n, int64_t p) {
    if (n <= p) return NAN;
    for (int64_t i = 0; i < n; i++) v[i] = fabs(v[i]);
    ll_sort(v, n);
    return 1.482602218505602 * ll_quantile(v + p, n - p, 0.5);
}
